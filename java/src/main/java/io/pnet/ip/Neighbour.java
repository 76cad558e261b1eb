package io.pnet.ip;

/**
 * A neighbour cache entry: an on-link address and how it is reached (RFC 4861 section 7.3 for both versions; ARP takes
 * the place of solicitations on IPv4).
 */
final class Neighbour
{
    /** RFC 4861 section 5.1, and NONE for an entry that is not being resolved. */
    enum State
    {
        NONE,
        INCOMPLETE,
        REACHABLE,
        STALE,
        DELAY,
        PROBE,
        PERMANENT
    }

    final NetworkInterface networkInterface;
    final long hi;
    final long lo;
    final boolean isV4;
    State state = State.NONE;
    boolean isResolved;
    boolean isRouter;
    long macAddress;
    /** Until then it may be used without a second look; the packet path compares nothing else. */
    long usableUntilNs = Long.MIN_VALUE;
    /** When the state machine next has to act; {@link Long#MAX_VALUE}: never. */
    long deadlineNs = Long.MAX_VALUE;
    long lastUsedNs;
    int solicitations;
    /** Source of the packet that asked for the resolution, which solicitations come from (RFC 4861 section 7.2.2). */
    long sourceHi;
    long sourceLo;
    WaitingPacket firstWaiting;
    WaitingPacket lastWaiting;
    int waiting;
    Neighbour nextInBucket;

    Neighbour(final NetworkInterface networkInterface, final long hi, final long lo)
    {
        this.networkInterface = networkInterface;
        this.hi = hi;
        this.lo = lo;
        this.isV4 = IpAddress.isV4(hi, lo);
    }

    static Neighbour permanent(
        final NetworkInterface networkInterface, final long hi, final long lo, final long macAddress)
    {
        final Neighbour neighbour = new Neighbour(networkInterface, hi, lo);
        neighbour.state = State.PERMANENT;
        neighbour.isResolved = true;
        neighbour.macAddress = macAddress;
        neighbour.usableUntilNs = Long.MAX_VALUE;
        return neighbour;
    }
}
