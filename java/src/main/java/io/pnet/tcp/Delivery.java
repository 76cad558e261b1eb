package io.pnet.tcp;

/**
 * What one acknowledgement has brought: the bytes that the peer is now known to have, and what follows from it. One per
 * transport, filled by {@link Recovery} and read by the parts of loss recovery; owned by the stack's owner.
 */
final class Delivery
{
    /** When the acknowledgement reached this host, which may be well before it is looked at. */
    long receivedNs;
    /** Bytes by which SND.UNA has advanced, the SYN not counted. */
    int acknowledged;
    /** Bytes newly known to be delivered, cumulatively or selectively. */
    int delivered;
    boolean advanced;
    /** A duplicate in the sense of RFC 5681 section 2; without SACK only. */
    boolean isDuplicate;
    /** Blocks have told of something new. */
    boolean hasNewlySacked;
    /** Something that was sent only once, before the phase's recovery point. */
    boolean hasOriginal;
    /** Something that was sent more than once is among what is cumulatively acknowledged. */
    boolean hasRetransmitted;
    /** When the latest of that was sent. */
    long retransmittedSentNs;
    /** The peer's echo of our clock. */
    boolean hasEcho;
    int echo;
    /** A report that something arrived twice (RFC 2883). */
    boolean hasDsack;
    int dsackLeft;
    int dsackRight;
    /** Something was deemed lost because of this. */
    boolean newlyLost;
    /** The highest sequence number the peer was known to have before. */
    int priorFack;
    /** From the oldest that was sent once: covers the peer's delay too, which the time-out must. */
    long rttNs;
    /** From the newest that was sent once: the path's. */
    long latestRttNs;

    void start(final Connection c, final Segment s, final boolean isDuplicate)
    {
        receivedNs = s.packet.receivedNs();
        acknowledged = 0;
        delivered = 0;
        advanced = s.ack - c.sndUna > 0;
        this.isDuplicate = isDuplicate;
        hasNewlySacked = false;
        hasOriginal = false;
        hasRetransmitted = false;
        retransmittedSentNs = 0;
        hasEcho = c.timestamps && s.hasTimestamps;
        echo = hasEcho ? s.options.tsEcr() : 0;
        hasDsack = false;
        dsackLeft = 0;
        dsackRight = 0;
        newlyLost = false;
        priorFack = c.recovery.fack;
        rttNs = 0;
        latestRttNs = 0;
    }
}
