package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A Neighbour Solicitation from its ICMPv6 header on (RFC 4861, section 4.3), 24 bytes and {@linkplain NdpOptions
 * options}.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Type = 135   |   Code = 0    |           Checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                           Reserved                            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                  Target Address (16 bytes)                    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Options ...
 *  +-+-+-+-+-+-+-+-
 * </pre>
 */
public final class NeighbourSolicitation
{
    public static final int MIN_LENGTH = 24;

    public static final int RESERVED_OFFSET = 4;
    public static final int TARGET_OFFSET = 8;
    public static final int OPTIONS_OFFSET = 24;

    private UnsafeBuffer buffer;
    private int offset;

    public NeighbourSolicitation wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** Writes type and code, and zeroes checksum and reserved bits. */
    public NeighbourSolicitation init()
    {
        BigEndian.putInt64(buffer, offset, (long)Icmpv6Header.TYPE_NEIGHBOUR_SOLICITATION << 56);
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

    public NeighbourSolicitation target(final long hi, final long lo)
    {
        BigEndian.putInt64(buffer, offset + TARGET_OFFSET, hi);
        BigEndian.putInt64(buffer, offset + TARGET_OFFSET + 8, lo);
        return this;
    }
}
