package io.pnet.tcp;

import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpOptions;

/**
 * How much a connection offers to receive: the window to advertise (RFC 9293 section 3.8.6), and the buffer behind it,
 * which grows with what the application takes.
 *
 * <p>Dynamic right-sizing: in a round trip, as the receiver sees it, the reader takes what the sender may have in
 * flight. Twice that lets the sender double its window in the next round (slow start), plus a little for a reader that
 * is late. A reader that does not keep up takes little, and gets no larger buffer. A buffer never becomes smaller, and
 * neither does a window that was advertised: its right edge never moves left.
 *
 * <p>One per connection; owned by the stack's owner.
 */
final class ReceiveWindow
{
    /** What every connection is offered at first: all that a SYN can say. */
    static final int INITIAL = 65_535;

    private static final long MS = 1_000_000L;
    /** Time stamps, and readers' threads, are no finer. */
    private static final long MIN_ROUND_NS = MS;
    /** Before anything was measured: too long makes a window too large, too short one that never grows. */
    private static final long UNKNOWN_RTT_NS = 200 * MS;
    private static final int LATE_SEGMENTS = 16;
    private static final int INITIAL_SEGMENTS = 10;
    /** While memory is tight. */
    private static final int TIGHT_SEGMENTS = 4;

    private final MemoryBudget budget;
    private final int max;
    private int limit;
    private boolean isOpen = true;

    private long rttNs = UNKNOWN_RTT_NS;
    private int lastEcho;
    private int measureSeq;
    private long measureNs;

    private long roundStartNs;
    private long roundStart;
    private long takenPerRound;

    ReceiveWindow(final MemoryBudget budget, final TcpSettings settings)
    {
        this.budget = budget;
        max = max(settings);
        limit = budget.open(settings.receiveBufferBytes > 0 ? max : INITIAL);
    }

    private static int max(final TcpSettings settings)
    {
        return settings.receiveBufferBytes > 0 ?
            settings.receiveBufferBytes : Math.max(INITIAL, settings.maxReceiveBufferBytes);
    }

    /** The window of a SYN or SYN,ACK. */
    static int initial(final TcpSettings settings)
    {
        return Math.min(INITIAL, max(settings));
    }

    /**
     * The smallest window scale that can say the largest window there may ever be, but for what a field of ones lacks
     * (RFC 7323 section 2).
     */
    static int shift(final TcpSettings settings)
    {
        if (settings.compatibility.windowShift >= 0)
        {
            return settings.compatibility.windowShift;
        }
        int shift = 0;
        while (shift < TcpOptions.MAX_WINDOW_SCALE && 0x1_0000L << shift < max(settings))
        {
            shift++;
        }
        return shift;
    }

    /** Bytes that may be held, unread and out of order: what was set (which may be at any time), or what it grew to. */
    int buffer(final Connection c)
    {
        return c.settings.receiveBufferBytes > 0 ? c.settings.receiveBufferBytes : limit;
    }

    /** As much of that as the window field can say. */
    int limit(final Connection c)
    {
        return Math.min(buffer(c), 0xFFFF << c.rcvWndShift);
    }

    void close()
    {
        if (isOpen)
        {
            isOpen = false;
            budget.close(limit);
        }
    }

    // ---- the buffer

    void onEstablished(final Connection c, final long nowNs)
    {
        roundStartNs = nowNs;
        // Segments may be as large as the first window (a loopback's): it has to grow for them, too.
        takenPerRound = Math.min(INITIAL_SEGMENTS * c.rcvMss, limit / 2);
        measureSeq = c.rcvAdv;
        measureNs = nowNs;
    }

    /**
     * In-order data: a measure of the round trip as its receiver sees it. With time stamps, since we sent what it
     * echoes. Without, since the window was offered that it now fills; that is a round trip at least, and the least of
     * them is taken.
     */
    void onData(final Connection c, final Segment s, final long nowNs)
    {
        if (limit == max)
        {
            return;
        }
        if (rttNs == UNKNOWN_RTT_NS && c.rtt.isMeasured())
        {
            // That of the handshake.
            rttNs = c.rtt.srttNs();
        }
        if (c.timestamps)
        {
            final int echo = s.options.tsEcr();
            if (echo != lastEcho)
            {
                lastEcho = echo;
                final long sampleNs = (c.timestamp(nowNs) - echo) * MS;
                // An echo may be old because the peer had nothing to send.
                rttNs += (Math.max(0, Math.min(sampleNs, 2 * rttNs + MIN_ROUND_NS)) - rttNs) / 8;
            }
        }
        else if (SeqNumber.geq(c.rcvNxt, measureSeq))
        {
            rttNs = Math.min(rttNs, nowNs - measureNs);
            measureSeq = c.rcvAdv;
            measureNs = nowNs;
        }
    }

    private void resize(final Connection c, final long nowNs)
    {
        final long elapsedNs = nowNs - roundStartNs;
        final long roundNs = Math.max(MIN_ROUND_NS, rttNs);
        if (limit == max || elapsedNs < roundNs)
        {
            return;
        }
        final long position = c.bytesReceived - c.receiveQueue.unread();
        // A closed window has us look more seldom than that.
        final long taken = (long)((double)(position - roundStart) * roundNs / elapsedNs);
        if (taken > takenPerRound)
        {
            long wanted = 2 * taken + (long)LATE_SEGMENTS * c.rcvMss;
            // It is about to take that much more again, and once more before the sender can know.
            wanted += 2 * wanted * Math.min(taken - takenPerRound, takenPerRound) / takenPerRound;
            limit = budget.grow(limit, Math.min(wanted, max));
            takenPerRound = taken;
        }
        roundStartNs = nowNs;
        roundStart = position;
    }

    // ---- the window

    /** Moves the advertised right edge as far as it may go, and gives the window field for it. */
    int advertise(final Connection c, final long nowNs)
    {
        resize(c, nowNs);
        // Read first: a reader that moves on from here is noticed by updateWindowAt.
        final long consumed = c.receiveQueue.consumed();
        final int unread = c.receiveQueue.unread();
        final int limit = limit(c);
        final int free = free(c, limit, unread);
        final int current = Math.max(0, c.rcvAdv - c.rcvNxt);
        final int shift = c.rcvWndShift;
        int window = current;
        // RFC 9293 section 3.8.6.2.2: never shrink, and grow in steps that are worth it.
        if (free - current >= Math.min(limit / 2, c.rcvMss))
        {
            window = free >>> shift << shift;
        }
        // A right edge that rounding would pull back is rounded up instead, as long as there is memory behind it: else
        // a peer that sends byte by byte would push it ahead for ever. What was promised before is still taken.
        int field = (window + (1 << shift) - 1) >>> shift;
        if (field << shift > free + limit / 32)
        {
            field = window >>> shift;
        }
        if (field > 0xFFFF)
        {
            field = 0xFFFF;
        }
        c.rcvAdv = SeqNumber.max(c.rcvAdv, c.rcvNxt + (field << shift));
        final int step = c.tcp.isMemoryTight() ? Math.min(unread, limit / 4) : limit / 4;
        c.updateWindowAt(unread == 0 ? Long.MAX_VALUE : consumed + Math.max(1, step));
        return field;
    }

    /** Whether what was read since the last acknowledgement opens the window enough to say so. */
    boolean isUpdateDue(final Connection c)
    {
        final int limit = limit(c);
        final int free = free(c, limit, c.receiveQueue.unread());
        final int current = Math.max(0, c.rcvAdv - c.rcvNxt);
        return free - current >= limit / 4 || current < c.rcvMss && free - current >= Math.min(limit / 2, c.rcvMss);
    }

    /**
     * Room behind {@code rcvNxt}, less than none where rounding has promised too much; while the pool is nearly empty
     * only some segments, whatever the limit.
     */
    private static int free(final Connection c, final int limit, final int unread)
    {
        final int most = c.tcp.isMemoryTight() ? Math.min(limit, TIGHT_SEGMENTS * c.rcvMss) : limit;
        return most - unread;
    }
}
