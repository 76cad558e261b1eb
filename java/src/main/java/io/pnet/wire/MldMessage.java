package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A Multicast Listener Discovery message of version 1 from its ICMPv6 header on (RFC 2710), 24 bytes: query, report or
 * done. A version 2 query (RFC 3810, section 5.1) starts the same and is longer.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |     Type      |   Code = 0    |           Checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |    Maximum Response Delay     |           Reserved            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                 Multicast Address (16 bytes)                  |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class MldMessage
{
    public static final int LENGTH = 24;
    /** A query at least this long is of version 2 (RFC 3810, section 8.1). */
    public static final int V2_QUERY_MIN_LENGTH = 28;

    public static final int MAXIMUM_RESPONSE_DELAY_OFFSET = 4;
    public static final int MULTICAST_ADDRESS_OFFSET = 8;
    public static final int V2_QRV_OFFSET = 24;
    public static final int V2_SOURCES_OFFSET = 26;
    public static final int V2_FIRST_SOURCE_OFFSET = 28;

    private UnsafeBuffer buffer;
    private int offset;

    public MldMessage wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** Writes the type, and zeroes code, checksum, delay and reserved bits. */
    public MldMessage init(final int type)
    {
        BigEndian.putInt64(buffer, offset, (long)type << 56);
        return this;
    }

    public int type()
    {
        return BigEndian.getUint8(buffer, offset);
    }

    /** Milliseconds; of a version 2 query the Maximum Response Code as it stands. */
    public int maximumResponseDelay()
    {
        return BigEndian.getUint16(buffer, offset + MAXIMUM_RESPONSE_DELAY_OFFSET);
    }

    public MldMessage maximumResponseDelay(final int milliseconds)
    {
        BigEndian.putUint16(buffer, offset + MAXIMUM_RESPONSE_DELAY_OFFSET, milliseconds);
        return this;
    }

    public long multicastAddressHi()
    {
        return BigEndian.getInt64(buffer, offset + MULTICAST_ADDRESS_OFFSET);
    }

    public long multicastAddressLo()
    {
        return BigEndian.getInt64(buffer, offset + MULTICAST_ADDRESS_OFFSET + 8);
    }

    public MldMessage multicastAddress(final long hi, final long lo)
    {
        BigEndian.putInt64(buffer, offset + MULTICAST_ADDRESS_OFFSET, hi);
        BigEndian.putInt64(buffer, offset + MULTICAST_ADDRESS_OFFSET + 8, lo);
        return this;
    }

    /** The querier's robustness, of a version 2 query; 0: more than 7. */
    public int robustness()
    {
        return BigEndian.getUint8(buffer, offset + V2_QRV_OFFSET) & 7;
    }

    /** Number of sources of a version 2 query. */
    public int sources()
    {
        return BigEndian.getUint16(buffer, offset + V2_SOURCES_OFFSET);
    }

    /** The first 8 bytes of source {@code index} of a version 2 query. */
    public long sourceHi(final int index)
    {
        return BigEndian.getInt64(buffer, offset + V2_FIRST_SOURCE_OFFSET + index * 16);
    }

    /** The last 8 bytes of source {@code index} of a version 2 query. */
    public long sourceLo(final int index)
    {
        return BigEndian.getInt64(buffer, offset + V2_FIRST_SOURCE_OFFSET + index * 16 + 8);
    }

    /**
     * Milliseconds that a version 2 query's Maximum Response Code stands for (RFC 3810, section 5.1.3): itself below
     * 32,768, a floating-point number above.
     */
    public static long v2ResponseDelayMs(final int code)
    {
        return code < 0x8000 ? code : (code & 0xFFFL | 0x1000L) << ((code >>> 12 & 7) + 3);
    }
}
