package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A Neighbour Advertisement from its ICMPv6 header on (RFC 4861, section 4.4), 24 bytes and {@linkplain NdpOptions
 * options}.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Type = 136   |   Code = 0    |           Checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |R|S|O|                     Reserved                            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                  Target Address (16 bytes)                    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Options ...
 *  +-+-+-+-+-+-+-+-
 * </pre>
 */
public final class NeighbourAdvertisement
{
    public static final int MIN_LENGTH = 24;

    public static final int FLAGS_OFFSET = 4;
    public static final int TARGET_OFFSET = 8;
    public static final int OPTIONS_OFFSET = 24;

    public static final int FLAG_ROUTER = 0x80;
    public static final int FLAG_SOLICITED = 0x40;
    public static final int FLAG_OVERRIDE = 0x20;

    private UnsafeBuffer buffer;
    private int offset;

    public NeighbourAdvertisement wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** Writes type and code, and zeroes checksum, flags and reserved bits. */
    public NeighbourAdvertisement init()
    {
        BigEndian.putInt64(buffer, offset, (long)Icmpv6Header.TYPE_NEIGHBOUR_ADVERTISEMENT << 56);
        return this;
    }

    /** The FLAG constants. */
    public int flags()
    {
        return BigEndian.getUint8(buffer, offset + FLAGS_OFFSET);
    }

    public NeighbourAdvertisement flags(final int flags)
    {
        BigEndian.putUint8(buffer, offset + FLAGS_OFFSET, flags);
        return this;
    }

    public long targetHi()
    {
        return BigEndian.getInt64(buffer, offset + TARGET_OFFSET);
    }

    public long targetLo()
    {
        return BigEndian.getInt64(buffer, offset + TARGET_OFFSET + 8);
    }

    public NeighbourAdvertisement target(final long hi, final long lo)
    {
        BigEndian.putInt64(buffer, offset + TARGET_OFFSET, hi);
        BigEndian.putInt64(buffer, offset + TARGET_OFFSET + 8, lo);
        return this;
    }
}
