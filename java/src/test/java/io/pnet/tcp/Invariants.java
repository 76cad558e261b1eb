package io.pnet.tcp;

import io.pnet.wire.SeqNumber;

/** What must hold for a connection between any two duty cycles. */
public final class Invariants
{
    private Invariants()
    {
    }

    /** Throws an {@link AssertionError} that says what does not hold. */
    public static void check(final Connection c)
    {
        final SentSegments sent = c.sent;
        final RecoveryState r = c.recovery;
        require(c, SeqNumber.leq(c.iss, c.sndUna) && SeqNumber.leq(c.sndUna, c.sndNxt), "sndUna or sndNxt");
        require(c, c.rcvAdv - c.rcvNxt >= 0 || !c.state.isSynchronized(), "right edge before rcvNxt");
        int sacked = 0;
        int lost = 0;
        int retransmitted = 0;
        int next = c.sndUna;
        for (int i = 0; i < sent.count(); i++)
        {
            require(c, sent.start(i) == next, "gap in the sent segments");
            require(c, sent.length(i) > 0, "empty sent segment");
            next = sent.end(i);
            final boolean isLost = sent.is(i, SentSegments.LOST);
            require(c, !isLost || !sent.is(i, SentSegments.SACKED), "lost and sacked");
            require(c, isLost || !sent.is(i, SentSegments.RETRANSMITTED), "retransmitted and not lost");
            sacked += sent.is(i, SentSegments.SACKED) ? sent.length(i) : 0;
            lost += isLost ? sent.length(i) : 0;
            retransmitted += sent.is(i, SentSegments.RETRANSMITTED) ? sent.length(i) : 0;
        }
        if (c.state != TcpState.CLOSED)
        {
            require(c, next == c.sndNxt, "sent segments do not end at sndNxt");
        }
        require(c, sacked == sent.sackedBytes(), "sacked bytes");
        require(c, lost == sent.lostBytes(), "lost bytes");
        require(c, retransmitted == sent.retransmittedBytes(), "retransmitted bytes");
        require(c, r.dupAckBytes >= 0, "negative duplicate bytes");
        require(c, c.inFlight() >= 0, "negative flight " + c.inFlight());
        require(c, c.window.smss == 0 || c.window.cwnd >= c.window.smss, "window below a segment");
        if (c.state.isSynchronized())
        {
            // Rounding the window up to its scale may promise a thirty-second more.
            final int limit = c.receiveWindow.limit(c);
            require(c, c.receiveQueue.unread() + c.reassembly.bytes() <= limit + Math.max(limit >> 5, 1 << 14),
                "more unread than the receive buffer allows");
            require(c, sent.isEmpty() || c.retransmitAtNs != Connection.NEVER || c.persistAtNs != Connection.NEVER ||
                c.isActive, "something in flight and no timer");
            require(c, c.isActive || c.deadlineNs() != Connection.NEVER || !canSendData(c) || !c.hasUnsent(),
                "something to send and no timer");
            require(c, c.isActive || earliestNs(c) >= c.deadlineNs(), "a deadline before the timer");
            checkAccounts(c);
        }
    }

    private static boolean canSendData(final Connection c)
    {
        return c.state == TcpState.ESTABLISHED || c.state == TcpState.CLOSE_WAIT;
    }

    private static long earliestNs(final Connection c)
    {
        return Math.min(
            Math.min(Math.min(c.retransmitAtNs, c.probeAtNs), Math.min(c.reorderAtNs, c.persistAtNs)),
            Math.min(Math.min(c.delayedAckAtNs, c.keepAliveAtNs), Math.min(c.closeAtNs, c.paceAtNs)));
    }

    /** What is counted in bytes agrees with the sequence numbers. */
    private static void checkAccounts(final Connection c)
    {
        final long acknowledged = Math.max(0, Math.min(c.sndUnaOffset, c.finOffset));
        final long sent = c.offsetOf(c.sndNxt) - (c.finSent ? 1 : 0);
        final long written = c.sendBuffer.written();
        require(c, c.state == TcpState.TIME_WAIT || c.sendBuffer.pending() == written - acknowledged,
            "unacknowledged bytes in the send buffer");
        require(c, sent <= written, "more sent than written");
        require(c, c.bytesSent == sent, "bytes sent");
        require(c, (int)c.bytesReceived == c.rcvNxt - c.irs - 1 - (c.finReceived ? 1 : 0), "bytes received");
    }

    /** What must hold for a connection from one look at it to the next. */
    public static final class Watch
    {
        private boolean hasSeen;
        private int sndUna;
        private int sndNxt;
        private int rcvNxt;
        private int rcvAdv;
        private int sndEdge;

        /** Throws an {@link AssertionError} that says what has gone backwards, or too far. */
        public void check(final Connection c)
        {
            Invariants.check(c);
            if (!c.state.isSynchronized())
            {
                return;
            }
            final int edge = c.sndUna + c.sndWnd;
            if (!hasSeen)
            {
                hasSeen = true;
                sndEdge = edge;
            }
            else
            {
                require(c, SeqNumber.leq(sndUna, c.sndUna), "sndUna went back");
                require(c, SeqNumber.leq(sndNxt, c.sndNxt), "sndNxt went back");
                require(c, SeqNumber.leq(rcvNxt, c.rcvNxt), "rcvNxt went back");
                require(c, SeqNumber.leq(rcvAdv, c.rcvAdv), "the right edge of the receive window went back");
                sndEdge = SeqNumber.max(sndEdge, edge);
            }
            // One byte, or the FIN, may go further: a window probe.
            require(c, SeqNumber.leq(c.sndNxt, sndEdge + 1), "sent beyond the peer's window");
            sndUna = c.sndUna;
            sndNxt = c.sndNxt;
            rcvNxt = c.rcvNxt;
            rcvAdv = c.rcvAdv;
        }
    }

    /** The sequence number with which it started, for tests that care about wrapping. */
    public static int initialSequenceNumber(final Connection c)
    {
        return c.iss;
    }

    /** The time stamp that it would send now. */
    public static int timestamp(final Connection c, final long nowNs)
    {
        return c.timestamp(nowNs);
    }

    private static void require(final Connection c, final boolean holds, final String what)
    {
        if (!holds)
        {
            throw new AssertionError(what + ": " + c + " " + c.info() + " una " + (c.sndUna - c.iss) + " nxt " +
                (c.sndNxt - c.iss) + " rcvNxt " + (c.rcvNxt - c.irs) + " phase " + c.recovery.phase +
                " sacked " + c.sent.sackedBytes() + " lost " + c.sent.lostBytes() + " retransmitted " +
                c.sent.retransmittedBytes() + " written " + c.sendBuffer.written() + " unacknowledged " +
                c.sendBuffer.pending() + " sent " + c.bytesSent + " received " + c.bytesReceived);
        }
    }
}
