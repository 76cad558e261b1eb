package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The ICMP header (RFC 792; next-hop MTU of RFC 1191), 8 bytes; an error carries the start of the
 * offending packet behind it.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |     Type      |     Code      |           Checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |      Identifier, unused       | Sequence Number, Next-Hop MTU |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class IcmpHeader
{
    public static final int LENGTH = 8;

    public static final int TYPE_OFFSET = 0;
    public static final int CODE_OFFSET = 1;
    public static final int CHECKSUM_OFFSET = 2;
    public static final int REST_OFFSET = 4;
    public static final int IDENTIFIER_OFFSET = 4;
    public static final int POINTER_OFFSET = 4;
    public static final int SEQUENCE_NUMBER_OFFSET = 6;
    public static final int NEXT_HOP_MTU_OFFSET = 6;

    public static final int TYPE_ECHO_REPLY = 0;
    public static final int TYPE_DESTINATION_UNREACHABLE = 3;
    public static final int TYPE_SOURCE_QUENCH = 4;
    public static final int TYPE_REDIRECT = 5;
    public static final int TYPE_ECHO_REQUEST = 8;
    public static final int TYPE_TIME_EXCEEDED = 11;
    public static final int TYPE_PARAMETER_PROBLEM = 12;

    public static final int CODE_NET_UNREACHABLE = 0;
    public static final int CODE_HOST_UNREACHABLE = 1;
    public static final int CODE_PROTOCOL_UNREACHABLE = 2;
    public static final int CODE_PORT_UNREACHABLE = 3;
    public static final int CODE_FRAGMENTATION_NEEDED = 4;
    public static final int CODE_SOURCE_ROUTE_FAILED = 5;
    public static final int CODE_ADMINISTRATIVELY_PROHIBITED = 13;
    public static final int CODE_TTL_EXCEEDED = 0;
    public static final int CODE_REASSEMBLY_TIME_EXCEEDED = 1;

    private UnsafeBuffer buffer;
    private int offset;

    public IcmpHeader wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    public int type()
    {
        return BigEndian.getUint8(buffer, offset + TYPE_OFFSET);
    }

    public IcmpHeader type(final int type)
    {
        BigEndian.putUint8(buffer, offset + TYPE_OFFSET, type);
        return this;
    }

    public int code()
    {
        return BigEndian.getUint8(buffer, offset + CODE_OFFSET);
    }

    public IcmpHeader code(final int code)
    {
        BigEndian.putUint8(buffer, offset + CODE_OFFSET, code);
        return this;
    }

    public int checksum()
    {
        return BigEndian.getUint16(buffer, offset + CHECKSUM_OFFSET);
    }

    public IcmpHeader checksum(final int checksum)
    {
        BigEndian.putUint16(buffer, offset + CHECKSUM_OFFSET, checksum);
        return this;
    }

    /** The second word as it stands; set it to 0 where nothing else is said. */
    public int rest()
    {
        return BigEndian.getInt32(buffer, offset + REST_OFFSET);
    }

    public IcmpHeader rest(final int value)
    {
        BigEndian.putInt32(buffer, offset + REST_OFFSET, value);
        return this;
    }

    /** Of an echo. */
    public int identifier()
    {
        return BigEndian.getUint16(buffer, offset + IDENTIFIER_OFFSET);
    }

    public IcmpHeader identifier(final int identifier)
    {
        BigEndian.putUint16(buffer, offset + IDENTIFIER_OFFSET, identifier);
        return this;
    }

    /** Of an echo. */
    public int sequenceNumber()
    {
        return BigEndian.getUint16(buffer, offset + SEQUENCE_NUMBER_OFFSET);
    }

    public IcmpHeader sequenceNumber(final int number)
    {
        BigEndian.putUint16(buffer, offset + SEQUENCE_NUMBER_OFFSET, number);
        return this;
    }

    /** Of "fragmentation needed" (RFC 1191); 0 from routers older than that. */
    public int nextHopMtu()
    {
        return BigEndian.getUint16(buffer, offset + NEXT_HOP_MTU_OFFSET);
    }

    public IcmpHeader nextHopMtu(final int mtu)
    {
        BigEndian.putUint16(buffer, offset + NEXT_HOP_MTU_OFFSET, mtu);
        return this;
    }

    /** Of a parameter problem: the offending byte's position in the packet. */
    public int pointer()
    {
        return BigEndian.getUint8(buffer, offset + POINTER_OFFSET);
    }

    public IcmpHeader pointer(final int position)
    {
        BigEndian.putUint8(buffer, offset + POINTER_OFFSET, position);
        return this;
    }
}
