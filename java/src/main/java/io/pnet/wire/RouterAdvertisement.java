package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A Router Advertisement from its ICMPv6 header on (RFC 4861, section 4.2), 16 bytes and {@linkplain NdpOptions
 * options}.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Type = 134   |   Code = 0    |           Checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Cur Hop Limit |M|O|  Reserved |        Router Lifetime        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                        Reachable Time                         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                         Retrans Timer                         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Options ...
 *  +-+-+-+-+-+-+-+-
 * </pre>
 */
public final class RouterAdvertisement
{
    public static final int MIN_LENGTH = 16;

    public static final int CUR_HOP_LIMIT_OFFSET = 4;
    public static final int FLAGS_OFFSET = 5;
    public static final int ROUTER_LIFETIME_OFFSET = 6;
    public static final int REACHABLE_TIME_OFFSET = 8;
    public static final int RETRANS_TIMER_OFFSET = 12;
    public static final int OPTIONS_OFFSET = 16;

    public static final int FLAG_MANAGED = 0x80;
    public static final int FLAG_OTHER = 0x40;

    private UnsafeBuffer buffer;
    private int offset;

    public RouterAdvertisement wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** Writes type and code, and zeroes everything else. */
    public RouterAdvertisement init()
    {
        BigEndian.putInt64(buffer, offset, (long)Icmpv6Header.TYPE_ROUTER_ADVERTISEMENT << 56);
        BigEndian.putInt64(buffer, offset + 8, 0);
        return this;
    }

    /** 0: unspecified by this router. */
    public int curHopLimit()
    {
        return BigEndian.getUint8(buffer, offset + CUR_HOP_LIMIT_OFFSET);
    }

    public RouterAdvertisement curHopLimit(final int hops)
    {
        BigEndian.putUint8(buffer, offset + CUR_HOP_LIMIT_OFFSET, hops);
        return this;
    }

    /** The FLAG constants. */
    public int flags()
    {
        return BigEndian.getUint8(buffer, offset + FLAGS_OFFSET);
    }

    public RouterAdvertisement flags(final int flags)
    {
        BigEndian.putUint8(buffer, offset + FLAGS_OFFSET, flags);
        return this;
    }

    /** Seconds; 0: not a default router. */
    public int routerLifetime()
    {
        return BigEndian.getUint16(buffer, offset + ROUTER_LIFETIME_OFFSET);
    }

    public RouterAdvertisement routerLifetime(final int seconds)
    {
        BigEndian.putUint16(buffer, offset + ROUTER_LIFETIME_OFFSET, seconds);
        return this;
    }

    /** Milliseconds; 0: unspecified. */
    public long reachableTime()
    {
        return BigEndian.getUint32(buffer, offset + REACHABLE_TIME_OFFSET);
    }

    public RouterAdvertisement reachableTime(final int milliseconds)
    {
        BigEndian.putInt32(buffer, offset + REACHABLE_TIME_OFFSET, milliseconds);
        return this;
    }

    /** Milliseconds; 0: unspecified. */
    public long retransTimer()
    {
        return BigEndian.getUint32(buffer, offset + RETRANS_TIMER_OFFSET);
    }

    public RouterAdvertisement retransTimer(final int milliseconds)
    {
        BigEndian.putInt32(buffer, offset + RETRANS_TIMER_OFFSET, milliseconds);
        return this;
    }
}
