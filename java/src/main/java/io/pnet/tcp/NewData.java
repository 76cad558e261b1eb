package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;

/**
 * Sends what was never sent, and the FIN behind it, as far as it may go now: the peer's window (RFC 9293 section
 * 3.8.6.2.1), the congestion window (RFC 5681 section 3.1), pacing, Nagle's algorithm (RFC 9293 section 3.7.4), and
 * that a frame should be worth its way.
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class NewData
{
    private final Counters counters;
    private final TcpTimers timers;
    private final OutgoingSegments segments;

    NewData(final Counters counters, final TcpTimers timers, final OutgoingSegments segments)
    {
        this.counters = counters;
        this.timers = timers;
        this.segments = segments;
    }

    /**
     * Sends what may go.
     *
     * @return false when the link was full, or would be: there is more, to be tried again.
     */
    boolean send(final Connection c, final long nowNs)
    {
        boolean sentAny = false;
        boolean complete = true;
        boolean isHeldBack = false;
        SendTime.State state = SendTime.State.BUSY;
        while (true)
        {
            isHeldBack = false;
            final long offset = c.offsetOf(c.sndNxt);
            final long available = Math.min(c.sendBuffer.written(), c.finOffset) - offset;
            final boolean finDue =
                c.finOffset != Long.MAX_VALUE && !c.finSent && c.state != TcpState.SYN_RECEIVED;
            if (available <= 0 && !(finDue && available == 0))
            {
                state = emptyState(c);
                break;
            }
            final int inFlight = c.inFlight();
            if (c.sndNxt == c.sndUna && c.lastSendNs != 0 && nowNs != c.lastSendNs)
            {
                CongestionEvents.onIdle(c, nowNs);
            }
            if (Pacer.holds(c, nowNs))
            {
                break;
            }
            final int windowRoom = c.sndUna + c.sndWnd - c.sndNxt;
            final int cwndRoom = c.window.cwnd - inFlight;
            final int goal = (int)Math.min(available, Math.min(Math.max(0, windowRoom), FrameSize.goal(c)));
            int n = goal;
            state = windowRoom < Math.min(available, c.sndMss) ? SendTime.State.RWND_LIMITED : SendTime.State.BUSY;
            if (cwndRoom < n)
            {
                isHeldBack = true;
                n = Math.max(0, cwndRoom - cwndRoom % c.sndMss);
            }
            final boolean isLast = n == available;
            if (n > c.sndMss && n % c.sndMss != 0 && !(isLast && mayPush(c, finDue)))
            {
                n -= n % c.sndMss;
            }
            else if (n < c.sndMss && !(isLast && mayPush(c, finDue)) && (n == 0 || n < c.maxSndWnd / 2))
            {
                // Nothing that may go now: Nagle, silly window avoidance, or one of the windows.
                if (c.sndNxt == c.sndUna && n < available && windowRoom < c.sndMss)
                {
                    timers.startPersist(c, nowNs);
                }
                break;
            }
            if (n < goal && shouldDefer(c, n, isHeldBack || goal < available, inFlight))
            {
                break;
            }
            if (mayGrow(c, n, finDue, inFlight))
            {
                complete = false;
                break;
            }
            final int probe = c.path.probe(c, nowNs);
            if (probe > c.sndMss && probe <= Math.min(available - c.sndMss, Math.min(windowRoom, cwndRoom)))
            {
                if (!probeMtu(c, probe, nowNs))
                {
                    complete = false;
                    break;
                }
                sentAny = true;
                continue;
            }
            final boolean fin = finDue && n == available && windowRoom > n;
            if (n == 0 && !fin)
            {
                if (c.sndNxt == c.sndUna)
                {
                    timers.startPersist(c, nowNs);
                }
                break;
            }
            if (!sendNext(c, n, fin, nowNs))
            {
                complete = false;
                break;
            }
            sentAny = true;
        }
        if (sentAny)
        {
            onSent(c, nowNs);
        }
        c.windowUse.onOutput(c, isHeldBack);
        if (complete)
        {
            c.sendTime.become(state, nowNs);
        }
        return complete;
    }

    private static void onSent(final Connection c, final long nowNs)
    {
        c.lastSendNs = nowNs;
        QuickAcks.onSent(c, nowNs);
        c.persistAtNs = Connection.NEVER;
        if (c.retransmitAtNs == Connection.NEVER)
        {
            c.retransmitAtNs = nowNs + c.rtt.rtoNs();
        }
        TailLossProbe.schedule(c, nowNs);
    }

    // ---- what may go

    /** Whether a last, short segment may go: Nagle's algorithm (RFC 9293 section 3.7.4). */
    private static boolean mayPush(final Connection c, final boolean finDue)
    {
        return c.settings.noDelay || finDue || c.sndNxt == c.sndUna || c.isFastOpen && c.sndNxt == c.iss + 1;
    }

    /**
     * Rather than a sliver now, a large frame when the acknowledgements that are on their way open the window. Where it
     * is only the last, short segment that is held back (RFC 9293 section 3.7.4), full ones before it wait for what is
     * written meanwhile if that is a matter of a millisecond: the peer is near, and has two segments in flight, which
     * it acknowledges at once. Streams of short writes live by it.
     */
    private static boolean shouldDefer(
        final Connection c, final int n, final boolean isWindowSmall, final int inFlight)
    {
        return inFlight > 0 && c.recovery.phase == RecoveryState.Phase.OPEN &&
            n < Math.min(c.window.cwnd, c.sndWnd) / 4 &&
            (isWindowSmall || inFlight >= 2 * c.sndMss && c.window.minRttNs < FrameSize.GSO_TIME_NS);
    }

    /** A short segment of a stream would wait below a full link; here, what is written meanwhile joins it. */
    private static boolean mayGrow(final Connection c, final int n, final boolean finDue, final int inFlight)
    {
        return n > 0 && n < c.sndMss && inFlight > 0 && !finDue && c.destination.isCongested();
    }

    /** There is nothing to send: what the sending side waits for now. */
    private static SendTime.State emptyState(final Connection c)
    {
        if (c.inFlight() < c.window.cwnd && c.sent.lostBytes() == c.sent.retransmittedBytes())
        {
            c.rate.onAppLimited(c);
        }
        return c.sendBuffer.pending() == 0 ? SendTime.State.IDLE :
            c.sendBuffer.room() == 0 ? SendTime.State.SNDBUF_LIMITED : SendTime.State.BUSY;
    }

    // ---- one frame

    /**
     * Sends one new segment, the congestion window and Nagle's algorithm notwithstanding: a tail loss probe (RFC 8985
     * section 7.3).
     *
     * @return false when there is none, or the peer's window or the link has no room for it.
     */
    boolean sendOne(final Connection c, final long nowNs)
    {
        final long available = Math.min(c.sendBuffer.written(), c.finOffset) - c.offsetOf(c.sndNxt);
        final int windowRoom = c.sndUna + c.sndWnd - c.sndNxt;
        final int n = (int)Math.min(available, Math.min(c.sndMss, windowRoom));
        final boolean fin = c.finOffset != Long.MAX_VALUE && !c.finSent && n == available && windowRoom > n;
        if (c.finSent || n < 0 || n == 0 && !fin || !sendNext(c, n, fin, nowNs))
        {
            return false;
        }
        c.lastSendNs = nowNs;
        return true;
    }

    /** Sends one segment that is larger than the others, to see whether it arrives (RFC 4821 section 7). */
    private boolean probeMtu(final Connection c, final int payload, final long nowNs)
    {
        final int mss = c.sndMss;
        final int start = c.sndNxt;
        c.sndMss = payload;
        final boolean sent = sendNext(c, payload, false, nowNs);
        c.sndMss = mss;
        if (sent)
        {
            c.path.onProbeSent(c, start);
            counters.increment(Counter.TCP_MTU_PROBES);
        }
        return sent;
    }

    /**
     * Sends so many bytes that were never sent, or what one frame takes of them, and the FIN behind the last.
     *
     * @return false when the link was full.
     */
    boolean sendNext(final Connection c, final int n, final boolean fin, final long nowNs)
    {
        c.rate.beforeSend(c, nowNs);
        final int sentBytes = segments.transmit(c, c.sndNxt, n, fin, false, nowNs);
        if (sentBytes < 0)
        {
            return false;
        }
        final boolean finWent = fin && sentBytes == n;
        if (c.sent.isEmpty())
        {
            c.progressNs = nowNs;
        }
        final int next = c.sndNxt + sentBytes + (finWent ? 1 : 0);
        c.sending().add(c.sndNxt, next, c.sndMss, nowNs);
        c.rate.onSent(c, c.sent.count() - 1);
        c.sndNxt = next;
        c.finSent |= finWent;
        c.bytesSent += sentBytes;
        c.recovery.prrOut += sentBytes;
        counters.add(Counter.TCP_TX_BYTES, sentBytes);
        if (finWent)
        {
            onFinSent(c);
        }
        return true;
    }

    private static void onFinSent(final Connection c)
    {
        if (c.state == TcpState.ESTABLISHED)
        {
            c.state = TcpState.FIN_WAIT_1;
        }
        else if (c.state == TcpState.CLOSE_WAIT)
        {
            c.state = TcpState.LAST_ACK;
        }
    }
}
