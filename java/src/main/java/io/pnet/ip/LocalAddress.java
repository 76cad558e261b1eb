package io.pnet.ip;

/** One of our addresses, and where it stands between being probed and being given up. */
final class LocalAddress
{
    enum State
    {
        /** Probed for conflicts; receives nothing and sends nothing but probes. */
        TENTATIVE,
        READY,
        /** Somebody else has it. */
        LOST
    }

    /** No step of detection or announcement is pending. */
    static final long NO_DEADLINE = Long.MAX_VALUE;

    final IpAddress address;
    final long hi;
    final long lo;
    final boolean isV4;
    /** Of the 128-bit form: an IPv4 /24 is 120. */
    final int prefixLength;
    final NetworkInterface networkInterface;
    /** The route to its on-link prefix; null on a loopback interface. */
    RouteTable.Route route;
    /** Of an IPv6 address on a real interface: the group through which neighbours ask for it. */
    GroupMembership solicitedNode;
    State state = State.TENTATIVE;
    int probesLeft;
    int announcementsLeft;
    long deadlineNs = NO_DEADLINE;
    long lastConflictNs;
    boolean hadConflict;

    LocalAddress(final NetworkInterface networkInterface, final IpAddress address, final int prefixLength)
    {
        this.networkInterface = networkInterface;
        this.address = address;
        this.hi = address.hi();
        this.lo = address.lo();
        this.isV4 = address.isV4();
        this.prefixLength = isV4 ? prefixLength + 96 : prefixLength;
    }

    boolean isReady()
    {
        return state == State.READY;
    }

    boolean isOnLink(final long otherHi, final long otherLo)
    {
        return ((hi ^ otherHi) & Prefix.maskHi(prefixLength)) == 0 &&
            ((lo ^ otherLo) & Prefix.maskLo(prefixLength)) == 0;
    }
}
