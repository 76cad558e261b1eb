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
            require(c, next == c.sndNxt, "sent segments end at " + (next - c.iss) + ", not sndNxt");
        }
        require(c, sacked == sent.sackedBytes(), "sacked bytes are " + sacked + ", not " + sent.sackedBytes());
        require(c, lost == sent.lostBytes(), "lost bytes are " + lost + ", not " + sent.lostBytes());
        require(c, retransmitted == sent.retransmittedBytes(),
            "retransmitted bytes are " + retransmitted + ", not " + sent.retransmittedBytes());
        require(c, r.dupAckBytes >= 0, "negative duplicate bytes");
        require(c, c.inFlight() >= 0, "negative flight " + c.inFlight());
        require(c, c.window.smss == 0 || c.window.cwnd >= c.window.smss, "window below a segment");
        if (c.state.isSynchronized())
        {
            require(c, c.receiveQueue.unread() + c.reassembly.bytes() <= c.settings.receiveBufferBytes + (1 << 14),
                "more unread than the receive buffer allows");
            require(c, sent.isEmpty() || c.retransmitAtNs != Connection.NEVER || c.persistAtNs != Connection.NEVER ||
                c.isActive, "something in flight and no timer");
        }
    }

    private static void require(final Connection c, final boolean holds, final String what)
    {
        if (!holds)
        {
            throw new AssertionError(what + ": " + c + " " + c.info() + " una " + (c.sndUna - c.iss) + " nxt " +
                (c.sndNxt - c.iss) + " rcvNxt " + (c.rcvNxt - c.irs) + " phase " + c.recovery.phase);
        }
    }
}
