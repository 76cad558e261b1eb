package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A Router Solicitation from its ICMPv6 header on (RFC 4861, section 4.1), 8 bytes and {@linkplain NdpOptions options}.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Type = 133   |   Code = 0    |           Checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                           Reserved                            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Options ...
 *  +-+-+-+-+-+-+-+-
 * </pre>
 */
public final class RouterSolicitation
{
    public static final int MIN_LENGTH = 8;

    public static final int RESERVED_OFFSET = 4;
    public static final int OPTIONS_OFFSET = 8;

    private UnsafeBuffer buffer;
    private int offset;

    public RouterSolicitation wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** Writes type and code, and zeroes checksum and reserved bits. */
    public RouterSolicitation init()
    {
        BigEndian.putInt64(buffer, offset, (long)Icmpv6Header.TYPE_ROUTER_SOLICITATION << 56);
        return this;
    }
}
