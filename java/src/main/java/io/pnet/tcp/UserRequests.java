package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What users' threads ask of connections (SEND, CLOSE and ABORT of RFC 9293 section 3.10): each leaves its connection
 * here, once until it is served, and the stack's owner serves them in the order they came.
 *
 * <p>Owned by the stack's owner, but for {@link #push}, which any thread calls.
 */
final class UserRequests
{
    private static final VarHandle DIRTY_HEAD;

    static
    {
        try
        {
            DIRTY_HEAD = MethodHandles.lookup().findVarHandle(UserRequests.class, "dirtyHead", Connection.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final TcpTransport tcp;
    private final Counters counters;
    private final TimeWaits timeWaits;
    private final StarvedWriters starved;
    private final Runnable wakeup;
    @SuppressWarnings("unused")
    private Connection dirtyHead;
    /** Connections that their users have closed and that are not over. */
    private int orphans;

    UserRequests(
        final TcpTransport tcp,
        final Counters counters,
        final TimeWaits timeWaits,
        final StarvedWriters starved,
        final Runnable wakeup)
    {
        this.tcp = tcp;
        this.counters = counters;
        this.timeWaits = timeWaits;
        this.starved = starved;
        this.wakeup = wakeup;
    }

    /** Leaves a connection for the owner; any thread. */
    void push(final Connection c)
    {
        Connection head;
        do
        {
            head = (Connection)DIRTY_HEAD.getAcquire(this);
            c.nextDirty = head;
        }
        while (!DIRTY_HEAD.compareAndSet(this, head, c));
        wakeup.run();
    }

    /** Serves those left since the last time; returns how many. */
    int doWork(final long nowNs)
    {
        if (DIRTY_HEAD.getAcquire(this) == null)
        {
            return 0;
        }
        Connection c = (Connection)DIRTY_HEAD.getAndSet(this, null);
        // Last in, first out: turned round, so that the first to ask is the first to be served.
        Connection first = null;
        while (c != null)
        {
            final Connection next = c.nextDirty;
            c.nextDirty = first;
            first = c;
            c = next;
        }
        int work = 0;
        while (first != null)
        {
            final Connection next = first.nextDirty;
            first.nextDirty = null;
            first.clearDirty();
            try
            {
                serve(first, nowNs);
            }
            catch (final Throwable ex)
            {
                tcp.onDefect(first, ex);
            }
            work++;
            first = next;
        }
        return work;
    }

    /** What the user's threads have asked for. */
    private void serve(final Connection c, final long nowNs)
    {
        c.makeWantedChanges();
        if (c.state == TcpState.CLOSED)
        {
            releaseBuffers(c);
            return;
        }
        if (c.isAbortRequested())
        {
            if (c.state == TcpState.TIME_WAIT)
            {
                c.isClosedByUser = true;
                timeWaits.release(c, tcp.flowOf(c), CloseReason.ABORTED);
                return;
            }
            if (c.state != TcpState.SYN_SENT)
            {
                tcp.output.sendReset(c, nowNs);
            }
            c.isClosedByUser = true;
            tcp.closed(c, CloseReason.ABORTED);
            return;
        }
        if (c.isShutdownRequested() && c.finOffset == Long.MAX_VALUE)
        {
            c.finOffset = c.sendBuffer.written();
        }
        if (c.sendBuffer.isStarved())
        {
            starved.add(c);
        }
        if (c.isCloseRequested() && !c.isClosedByUser && !close(c, nowNs))
        {
            return;
        }
        if (c.state.canReceive() && c.receiveWindow.isUpdateDue(c))
        {
            c.ackNow = true;
        }
        tcp.activate(c);
    }

    /** CLOSE (RFC 9293 section 3.10.4); returns whether the connection has anything left to do. */
    private boolean close(final Connection c, final long nowNs)
    {
        c.isClosedByUser = true;
        if (c.state == TcpState.SYN_SENT)
        {
            tcp.closed(c, CloseReason.ABORTED);
            return false;
        }
        if (c.state == TcpState.TIME_WAIT)
        {
            // Everything is said: only our memory is left to give back.
            timeWaits.release(c, tcp.flowOf(c), CloseReason.CLOSED);
            return false;
        }
        if (c.receiveQueue.unread() > 0)
        {
            // RFC 9293 section 3.6.1 and RFC 2525 section 2.17: the peer must learn that its bytes were not read.
            tcp.output.sendReset(c, nowNs);
            tcp.closed(c, CloseReason.ABORTED);
            return false;
        }
        if (orphans >= tcp.settings().maxOrphans)
        {
            counters.increment(Counter.TCP_ORPHANS_RESET);
            tcp.output.sendReset(c, nowNs);
            tcp.closed(c, CloseReason.ABORTED);
            return false;
        }
        c.isOrphan = true;
        orphans++;
        if (c.state == TcpState.FIN_WAIT_2)
        {
            tcp.timers.startFinWait2(c, nowNs);
        }
        return true;
    }

    /** The user has closed a connection that was over already: what it had not read goes back. */
    private static void releaseBuffers(final Connection c)
    {
        if (c.isCloseRequested() || c.isAbortRequested())
        {
            c.receiveQueue.release();
        }
    }

    void orphanEnded()
    {
        orphans--;
    }
}
