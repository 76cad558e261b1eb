package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The IPv6 header (RFC 8200, section 3), 40 bytes. An address is two longs, its first and its last 64 bits.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |Version| Traffic Class |              Flow Label               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |        Payload Length         |  Next Header  |   Hop Limit   |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                                                               |
 *  +                                                               +
 *  |                        Source Address                         |
 *  +                                                               +
 *  |                                                               |
 *  +                                                               +
 *  |                                                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                                                               |
 *  +                                                               +
 *  |                      Destination Address                      |
 *  +                                                               +
 *  |                                                               |
 *  +                                                               +
 *  |                                                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class Ipv6Header
{
    public static final int LENGTH = 40;

    public static final int VERSION_CLASS_FLOW_OFFSET = 0;
    public static final int PAYLOAD_LENGTH_OFFSET = 4;
    public static final int NEXT_HEADER_OFFSET = 6;
    public static final int HOP_LIMIT_OFFSET = 7;
    public static final int SOURCE_OFFSET = 8;
    public static final int DESTINATION_OFFSET = 24;

    private UnsafeBuffer buffer;
    private int offset;

    public Ipv6Header wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    public int version()
    {
        return BigEndian.getUint8(buffer, offset) >>> 4;
    }

    /** DSCP and ECN together. */
    public int trafficClass()
    {
        return BigEndian.getInt32(buffer, offset) >>> 20 & 0xFF;
    }

    public int dscp()
    {
        return trafficClass() >>> 2;
    }

    public int ecn()
    {
        return trafficClass() & 3;
    }

    public int flowLabel()
    {
        return BigEndian.getInt32(buffer, offset) & 0xF_FFFF;
    }

    /** Writes version 6, the traffic class and the flow label. */
    public Ipv6Header versionClassFlow(final int trafficClass, final int flowLabel)
    {
        BigEndian.putInt32(buffer, offset, 6 << 28 | (trafficClass & 0xFF) << 20 | (flowLabel & 0xF_FFFF));
        return this;
    }

    /** Bytes behind the header, extension headers included. */
    public int payloadLength()
    {
        return BigEndian.getUint16(buffer, offset + PAYLOAD_LENGTH_OFFSET);
    }

    public Ipv6Header payloadLength(final int length)
    {
        BigEndian.putUint16(buffer, offset + PAYLOAD_LENGTH_OFFSET, length);
        return this;
    }

    public int nextHeader()
    {
        return BigEndian.getUint8(buffer, offset + NEXT_HEADER_OFFSET);
    }

    public Ipv6Header nextHeader(final int protocol)
    {
        BigEndian.putUint8(buffer, offset + NEXT_HEADER_OFFSET, protocol);
        return this;
    }

    public int hopLimit()
    {
        return BigEndian.getUint8(buffer, offset + HOP_LIMIT_OFFSET);
    }

    public Ipv6Header hopLimit(final int hops)
    {
        BigEndian.putUint8(buffer, offset + HOP_LIMIT_OFFSET, hops);
        return this;
    }

    public long sourceHi()
    {
        return BigEndian.getInt64(buffer, offset + SOURCE_OFFSET);
    }

    public long sourceLo()
    {
        return BigEndian.getInt64(buffer, offset + SOURCE_OFFSET + 8);
    }

    public Ipv6Header source(final long hi, final long lo)
    {
        BigEndian.putInt64(buffer, offset + SOURCE_OFFSET, hi);
        BigEndian.putInt64(buffer, offset + SOURCE_OFFSET + 8, lo);
        return this;
    }

    public long destinationHi()
    {
        return BigEndian.getInt64(buffer, offset + DESTINATION_OFFSET);
    }

    public long destinationLo()
    {
        return BigEndian.getInt64(buffer, offset + DESTINATION_OFFSET + 8);
    }

    public Ipv6Header destination(final long hi, final long lo)
    {
        BigEndian.putInt64(buffer, offset + DESTINATION_OFFSET, hi);
        BigEndian.putInt64(buffer, offset + DESTINATION_OFFSET + 8, lo);
        return this;
    }

    public static int payloadLength(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint16(buffer, offset + PAYLOAD_LENGTH_OFFSET);
    }

    public static int nextHeader(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint8(buffer, offset + NEXT_HEADER_OFFSET);
    }
}
