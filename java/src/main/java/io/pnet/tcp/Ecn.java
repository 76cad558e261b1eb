package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpHeader;

/**
 * Explicit congestion notification of one connection (RFC 3168 section 6.1): agreed on by the SYNs; new data is sent as
 * ECN-capable (ECT); a receiver whose network has marked a segment (CE) says so with ECE until the sender answers with
 * CWR that it has slowed down, which it does once a window.
 *
 * <p>What is neither new nor data never carries ECT: SYNs, pure acknowledgements, retransmissions, window probes,
 * resets (sections 6.1.1, 6.1.4 to 6.1.6). Owned by the stack's owner.
 */
final class Ecn
{
    /** The field in the IP header and its codepoints (section 5). */
    static final int MASK = 3;
    private static final int ECT_0 = 2;
    private static final int CE = 3;
    /** An ECN-setup SYN; in an ECN-setup SYN,ACK only ECE is set, so that what merely mirrors our bits is not one. */
    static final int SETUP = TcpHeader.ECE | TcpHeader.CWR;

    private boolean hasOffered;
    private boolean hasSentPlainSyn;
    private boolean isEchoing;
    private boolean isMarking;
    private boolean isEceDue;
    private boolean isCwrDue;
    /** The window was reduced, and not all that was in flight then has been acknowledged. */
    private boolean isReduced;
    private boolean isReducedByEcho;
    private int reducedUpTo;
    private long marks;
    private long reductions;

    /** Both sides have agreed on it. */
    boolean isAgreed()
    {
        return isEchoing;
    }

    /** Segments that arrived with a congestion mark. */
    long marks()
    {
        return marks;
    }

    /** How often the window was reduced because the peer reported one. */
    long reductions()
    {
        return reductions;
    }

    // ---- SYNs (section 6.1.1)

    /**
     * What to set in our SYN or SYN,ACK. Only the first SYN asks: where one was not answered, a middlebox may have
     * taken offence at the flags (section 6.1.1.1).
     */
    int synFlags(final Connection c, final boolean isFirst)
    {
        if (c.state == TcpState.SYN_RECEIVED)
        {
            return isEchoing ? TcpHeader.ECE : 0;
        }
        final boolean mayAsk = isFirst ||
            !hasSentPlainSyn && c.synRetransmits <= c.settings.compatibility.ecnSynRetries;
        if (mayAsk && c.settings.ecn == EcnMode.REQUEST)
        {
            hasOffered = true;
            return SETUP;
        }
        hasSentPlainSyn = true;
        return 0;
    }

    /**
     * Whether a SYN of the peer's asks for ECN, and our settings agree. One that is itself marked has met somebody who
     * writes over the field: no ECN.
     */
    static boolean isAskedFor(final TcpSettings settings, final Segment syn)
    {
        return settings.ecn != EcnMode.OFF && (syn.flags & SETUP) == SETUP && (syn.packet.trafficClass() & MASK) == 0;
    }

    /** The peer's SYN, or SYN,ACK. */
    void negotiate(final Connection c, final Segment syn)
    {
        final int flags = syn.flags & SETUP;
        isEchoing = syn.isAck() ?
            hasOffered && flags == TcpHeader.ECE :
            isAskedFor(c.settings, syn);
        // Who has sent a SYN without the flags may answer marks, but must not ask for them.
        isMarking = isEchoing && !hasSentPlainSyn;
        if (isEchoing)
        {
            c.tcp.counters.increment(Counter.TCP_ECN_CONNECTIONS);
        }
    }

    // ---- receiving (section 6.1.3)

    /** Payload within the window has arrived, in order or not. */
    void onPayload(final Connection c, final Segment s)
    {
        if (!isEchoing)
        {
            return;
        }
        if (s.is(TcpHeader.CWR))
        {
            // Its window may be down to a segment: do not have it wait.
            isEceDue = false;
            c.quickAcks = Math.max(c.quickAcks, 1);
        }
        if ((s.packet.trafficClass() & MASK) == CE)
        {
            marks++;
            c.tcp.counters.increment(Counter.TCP_ECN_CE);
            if (!isEceDue)
            {
                isEceDue = true;
                c.quickAcks = Math.max(c.quickAcks, 2);
            }
        }
    }

    /** What to set in whatever acknowledges. */
    int ackFlags()
    {
        return isEceDue ? TcpHeader.ECE : 0;
    }

    // ---- sending (section 6.1.2)

    /** The codepoint for a data segment. */
    int codepoint(final boolean isNew)
    {
        return isMarking && isNew ? ECT_0 : 0;
    }

    /** Whether new data is to say that the window was reduced. */
    boolean isCwrDue()
    {
        return isCwrDue;
    }

    void onCwrSent()
    {
        isCwrDue = false;
    }

    /**
     * An acknowledgement, after the scoreboard has it.
     *
     * @param isReacting false during loss recovery, which has reduced the window for everything that is in flight.
     * @return whether it reports congestion: then the window must not grow by it.
     */
    boolean onAck(final Connection c, final Segment s, final boolean isReacting, final long nowNs)
    {
        if (isReduced && SeqNumber.gt(c.sndUna, reducedUpTo))
        {
            isReduced = false;
        }
        if (!isMarking || !s.is(TcpHeader.ECE) || s.isSyn())
        {
            return false;
        }
        if (isReacting && !isReduced)
        {
            reductions++;
            c.tcp.counters.increment(Counter.TCP_ECN_REDUCTIONS);
            CongestionEvents.onEcnEcho(c, nowNs);
            onReduced(c);
            isReducedByEcho = true;
        }
        return true;
    }

    /** Whether an echo has reduced the window already for what is in flight: a loss does not do it again. */
    boolean hasReduced()
    {
        return isReduced && isReducedByEcho;
    }

    /** The window was reduced, for whatever reason: say so, and let no echo of what is in flight do it again. */
    void onReduced(final Connection c)
    {
        if (isMarking)
        {
            isReduced = true;
            isReducedByEcho = false;
            reducedUpTo = c.sndNxt;
            isCwrDue = true;
        }
    }

    /** The reduction was taken back. */
    void onUndone()
    {
        isReduced = false;
        isCwrDue = false;
    }
}
