package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The ICMPv6 header (RFC 4443), 8 bytes with the word that most messages give a meaning; the checksum covers the
 * pseudo-header.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |     Type      |     Code      |           Checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |         MTU, Pointer, or Identifier | Sequence Number         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class Icmpv6Header
{
    public static final int LENGTH = 8;

    public static final int TYPE_OFFSET = 0;
    public static final int CODE_OFFSET = 1;
    public static final int CHECKSUM_OFFSET = 2;
    public static final int REST_OFFSET = 4;
    public static final int MTU_OFFSET = 4;
    public static final int POINTER_OFFSET = 4;
    public static final int IDENTIFIER_OFFSET = 4;
    public static final int SEQUENCE_NUMBER_OFFSET = 6;

    public static final int TYPE_DESTINATION_UNREACHABLE = 1;
    public static final int TYPE_PACKET_TOO_BIG = 2;
    public static final int TYPE_TIME_EXCEEDED = 3;
    public static final int TYPE_PARAMETER_PROBLEM = 4;
    /** Types from here on inform, those below report errors. */
    public static final int TYPE_FIRST_INFORMATIONAL = 128;
    public static final int TYPE_ECHO_REQUEST = 128;
    public static final int TYPE_ECHO_REPLY = 129;
    public static final int TYPE_MLD_QUERY = 130;
    public static final int TYPE_MLD_REPORT = 131;
    public static final int TYPE_MLD_DONE = 132;
    public static final int TYPE_ROUTER_SOLICITATION = 133;
    public static final int TYPE_ROUTER_ADVERTISEMENT = 134;
    public static final int TYPE_NEIGHBOUR_SOLICITATION = 135;
    public static final int TYPE_NEIGHBOUR_ADVERTISEMENT = 136;
    public static final int TYPE_REDIRECT = 137;
    public static final int TYPE_MLD_V2_REPORT = 143;

    public static final int CODE_NO_ROUTE = 0;
    public static final int CODE_ADMINISTRATIVELY_PROHIBITED = 1;
    public static final int CODE_ADDRESS_UNREACHABLE = 3;
    public static final int CODE_PORT_UNREACHABLE = 4;
    public static final int CODE_HOP_LIMIT_EXCEEDED = 0;
    public static final int CODE_REASSEMBLY_TIME_EXCEEDED = 1;
    public static final int CODE_ERRONEOUS_FIELD = 0;
    public static final int CODE_UNKNOWN_NEXT_HEADER = 1;
    public static final int CODE_UNKNOWN_OPTION = 2;

    private UnsafeBuffer buffer;
    private int offset;

    public Icmpv6Header wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    public int type()
    {
        return BigEndian.getUint8(buffer, offset + TYPE_OFFSET);
    }

    public Icmpv6Header type(final int type)
    {
        BigEndian.putUint8(buffer, offset + TYPE_OFFSET, type);
        return this;
    }

    public int code()
    {
        return BigEndian.getUint8(buffer, offset + CODE_OFFSET);
    }

    public Icmpv6Header code(final int code)
    {
        BigEndian.putUint8(buffer, offset + CODE_OFFSET, code);
        return this;
    }

    public int checksum()
    {
        return BigEndian.getUint16(buffer, offset + CHECKSUM_OFFSET);
    }

    public Icmpv6Header checksum(final int checksum)
    {
        BigEndian.putUint16(buffer, offset + CHECKSUM_OFFSET, checksum);
        return this;
    }

    /** The second word as it stands; set it to 0 where nothing else is said. */
    public int rest()
    {
        return BigEndian.getInt32(buffer, offset + REST_OFFSET);
    }

    public Icmpv6Header rest(final int value)
    {
        BigEndian.putInt32(buffer, offset + REST_OFFSET, value);
        return this;
    }

    /** Of "packet too big". */
    public long mtu()
    {
        return BigEndian.getUint32(buffer, offset + MTU_OFFSET);
    }

    public Icmpv6Header mtu(final int mtu)
    {
        BigEndian.putInt32(buffer, offset + MTU_OFFSET, mtu);
        return this;
    }

    /** Of a parameter problem: the offending byte's position in the packet. */
    public long pointer()
    {
        return BigEndian.getUint32(buffer, offset + POINTER_OFFSET);
    }

    public Icmpv6Header pointer(final int position)
    {
        BigEndian.putInt32(buffer, offset + POINTER_OFFSET, position);
        return this;
    }

    /** Of an echo. */
    public int identifier()
    {
        return BigEndian.getUint16(buffer, offset + IDENTIFIER_OFFSET);
    }

    public Icmpv6Header identifier(final int identifier)
    {
        BigEndian.putUint16(buffer, offset + IDENTIFIER_OFFSET, identifier);
        return this;
    }

    /** Of an echo. */
    public int sequenceNumber()
    {
        return BigEndian.getUint16(buffer, offset + SEQUENCE_NUMBER_OFFSET);
    }

    public Icmpv6Header sequenceNumber(final int number)
    {
        BigEndian.putUint16(buffer, offset + SEQUENCE_NUMBER_OFFSET, number);
        return this;
    }
}
