package io.pnet.tcp;

/**
 * What the RFCs leave open, or have left behind, and other stacks do otherwise than this one does by default: for being
 * compared with them, and for the rare peer that needs it. Plain values, as {@link TcpSettings}.
 */
public final class TcpCompatibility
{
    /** What becomes of a segment with both SYN and FIN. */
    public enum SynFin
    {
        /** A listener drops it (as Linux does), a connection looks at it. */
        DROP_IN_LISTEN,
        /** It is dropped wherever it arrives. */
        DROP,
        /** A listener takes the SYN and leaves the FIN. */
        TAKE
    }

    /** Segments of a new connection that are acknowledged at once, to help the peer's slow start. */
    public int quickAcks = 16;
    /** How often a SYN that asks for ECN is sent again as it was (RFC 3168 section 6.1.1.1). */
    public int ecnSynRetries;
    /** What is added to every retransmission time-out but the first, ns. */
    public long rtoSlopNs;
    /** A SYN carries no options, and the peer's are not taken. */
    public boolean noOptions;
    /** The window shift to offer, or -1 for what the receive buffer needs. */
    public int windowShift = -1;
    /**
     * The receive buffer is a whole number of the peer's segments, and what lies in it is acceptable also beyond the
     * window that 16 bits could say.
     */
    public boolean receivesIntoBuffer;
    /** Segments with SYN and FIN. */
    public SynFin synFin = SynFin.DROP_IN_LISTEN;
    /** Whether a hard ICMP error ends a connection that is being opened. */
    public boolean icmpMayReset = true;
    /**
     * Whether an unreachable host or network is a soft error also while a connection is being opened (RFC 9293 MUST-56
     * to the letter); else the opening fails at once, as on Linux (RFC 5461 section 4.1).
     */
    public boolean softErrorsInHandshake;
    /**
     * Whether a SYN that an older connection of the peer's has answered follows the RST of that at once, as on Linux;
     * else when its time-out is over.
     */
    public boolean repeatsRejectedSyn = true;
    /** A RST anywhere in the window resets, as before RFC 5961. */
    public boolean insecureReset;
    /** A SYN in the window resets, as before RFC 5961. */
    public boolean insecureSyn;

    TcpCompatibility copy()
    {
        final TcpCompatibility copy = new TcpCompatibility();
        copy.quickAcks = quickAcks;
        copy.ecnSynRetries = ecnSynRetries;
        copy.rtoSlopNs = rtoSlopNs;
        copy.noOptions = noOptions;
        copy.windowShift = windowShift;
        copy.receivesIntoBuffer = receivesIntoBuffer;
        copy.synFin = synFin;
        copy.icmpMayReset = icmpMayReset;
        copy.softErrorsInHandshake = softErrorsInHandshake;
        copy.repeatsRejectedSyn = repeatsRejectedSyn;
        copy.insecureReset = insecureReset;
        copy.insecureSyn = insecureSyn;
        return copy;
    }

    /** Whether every value is the same. */
    boolean isSameAs(final TcpCompatibility other)
    {
        return quickAcks == other.quickAcks && ecnSynRetries == other.ecnSynRetries &&
            rtoSlopNs == other.rtoSlopNs && noOptions == other.noOptions && windowShift == other.windowShift &&
            receivesIntoBuffer == other.receivesIntoBuffer && synFin == other.synFin &&
            icmpMayReset == other.icmpMayReset && softErrorsInHandshake == other.softErrorsInHandshake &&
            repeatsRejectedSyn == other.repeatsRejectedSyn && insecureReset == other.insecureReset &&
            insecureSyn == other.insecureSyn;
    }
}
