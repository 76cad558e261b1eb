package io.pnet.wire;

/** Protocol numbers of IPv4's Protocol and IPv6's Next Header field (IANA, RFC 8200). */
public final class ProtocolNumber
{
    /** IPv6 Hop-by-Hop Options, RFC 8200. */
    public static final int HOP_BY_HOP = 0;
    /** ICMP for IPv4, RFC 792. */
    public static final int ICMP = 1;
    /** IGMP, RFC 3376. */
    public static final int IGMP = 2;
    /** TCP, RFC 9293. */
    public static final int TCP = 6;
    /** UDP, RFC 768. */
    public static final int UDP = 17;
    /** IPv6 Routing header, RFC 8200. */
    public static final int ROUTING = 43;
    /** IPv6 Fragment header, RFC 8200. */
    public static final int FRAGMENT = 44;
    /** ICMPv6, RFC 4443. */
    public static final int ICMPV6 = 58;
    /** No Next Header, RFC 8200. */
    public static final int NO_NEXT_HEADER = 59;
    /** IPv6 Destination Options, RFC 8200. */
    public static final int DESTINATION_OPTIONS = 60;

    private ProtocolNumber()
    {
    }
}
