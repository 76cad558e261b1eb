package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * IPv6's extension headers (RFC 8200, section 4): a reusable walker from the fixed header to the transport, as a
 * destination has to process them, and static accessors of the Fragment header.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Next Header  |  Hdr Ext Len  |                               |  Hop-by-Hop Options,
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+            Options            +  Destination Options
 *  |                                                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Next Header  |  Hdr Ext Len  |  Routing Type | Segments Left |  Routing
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                   type-specific data ...
 *
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|  Fragment
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                        Identification                         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>The walk ends at the transport header, or at the Fragment header of a packet that has to be reassembled first. An
 * atomic fragment (offset 0, none to follow) is walked through (RFC 6946). The walk is bounded by
 * {@link #MAX_HEADERS} and {@link #MAX_OPTIONS} (RFC 8504, section 5.3).
 */
public final class Ipv6Extension
{
    /** {@link #walk}: {@link #protocol()} and {@link #transportOffset()} are the transport's. */
    public static final int TRANSPORT = 0;
    /** {@link #walk}: the packet is a fragment; see {@link #fragmentHeaderOffset()}. */
    public static final int FRAGMENT = 1;
    /** {@link #walk}: drop it silently: truncated, over the limits, without a payload, or an option wants it so. */
    public static final int MALFORMED = 2;
    /**
     * {@link #walk}: drop it and answer with ICMPv6 Parameter Problem {@link #problemCode()} at
     * {@link #problemOffset()}, if ICMPv6's rules allow.
     */
    public static final int PARAMETER_PROBLEM = 3;

    public static final int FRAGMENT_HEADER_LENGTH = 8;
    public static final int NEXT_HEADER_OFFSET = 0;
    public static final int LENGTH_OFFSET = 1;
    public static final int ROUTING_TYPE_OFFSET = 2;
    public static final int SEGMENTS_LEFT_OFFSET = 3;
    public static final int FRAGMENT_OFFSET_OFFSET = 2;
    public static final int IDENTIFICATION_OFFSET = 4;

    /** Extension headers that a packet may have. */
    public static final int MAX_HEADERS = 8;
    /** Options that one header may have, padding included. */
    public static final int MAX_OPTIONS = 16;

    private static final int OPTION_PAD1 = 0;
    private static final int OPTION_PADN = 1;

    private int protocol;
    private int transportOffset;
    private int fragmentHeaderOffset;
    private int nextHeaderOffset;
    private int problemCode;
    private int problemOffset;
    private boolean isProblemForUnicastOnly;

    /**
     * Walks one packet's headers.
     *
     * @param packetOffset where the IPv6 header starts.
     * @param packetLength bytes of the packet: 40 and its payload length; they must be in the buffer.
     * @return {@link #TRANSPORT}, {@link #FRAGMENT}, {@link #MALFORMED} or {@link #PARAMETER_PROBLEM}.
     */
    public int walk(final UnsafeBuffer buffer, final int packetOffset, final int packetLength)
    {
        final int end = packetOffset + packetLength;
        int at = packetOffset + Ipv6Header.LENGTH;
        nextHeaderOffset = packetOffset + Ipv6Header.NEXT_HEADER_OFFSET;
        protocol = BigEndian.getUint8(buffer, nextHeaderOffset);
        fragmentHeaderOffset = -1;
        problemCode = 0;
        problemOffset = 0;
        isProblemForUnicastOnly = true;

        for (int headers = 0; isExtension(protocol); headers++)
        {
            if (headers == MAX_HEADERS || end - at < 8)
            {
                transportOffset = at;
                return MALFORMED;
            }
            if (protocol == ProtocolNumber.HOP_BY_HOP && headers > 0)
            {
                transportOffset = at;
                return problem(Icmpv6Header.CODE_UNKNOWN_NEXT_HEADER, nextHeaderOffset - packetOffset, true);
            }
            final int length = protocol == ProtocolNumber.FRAGMENT ?
                FRAGMENT_HEADER_LENGTH : (BigEndian.getUint8(buffer, at + LENGTH_OFFSET) + 1) << 3;
            if (length > end - at)
            {
                transportOffset = at;
                return MALFORMED;
            }
            final int result = header(buffer, packetOffset, at, length);
            if (result != TRANSPORT)
            {
                transportOffset = at;
                return result;
            }
            nextHeaderOffset = at;
            protocol = BigEndian.getUint8(buffer, at);
            at += length;
        }

        transportOffset = at;
        return protocol == ProtocolNumber.NO_NEXT_HEADER ? MALFORMED : TRANSPORT;
    }

    /** The transport's protocol number; of a fragment {@link ProtocolNumber#FRAGMENT}. */
    public int protocol()
    {
        return protocol;
    }

    /** Where the transport header starts in the buffer; of any other result where the walk ended. */
    public int transportOffset()
    {
        return transportOffset;
    }

    /** Where the Fragment header starts in the buffer; -1 when there is none. */
    public int fragmentHeaderOffset()
    {
        return fragmentHeaderOffset;
    }

    /** Where in the buffer the field stands that names the header at which the walk ended. */
    public int nextHeaderOffset()
    {
        return nextHeaderOffset;
    }

    /** ICMPv6 code of the parameter problem. */
    public int problemCode()
    {
        return problemCode;
    }

    /** The offending byte's position, counted from the IPv6 header: ICMPv6's pointer. */
    public int problemOffset()
    {
        return problemOffset;
    }

    /** Whether a packet to a multicast address must not be answered (option type 11xxxxxx; RFC 8200, section 4.2). */
    public boolean isProblemForUnicastOnly()
    {
        return isProblemForUnicastOnly;
    }

    /** Whether a next header value is one of the extension headers that the walk knows. */
    public static boolean isExtension(final int nextHeader)
    {
        return nextHeader == ProtocolNumber.HOP_BY_HOP ||
            nextHeader == ProtocolNumber.ROUTING ||
            nextHeader == ProtocolNumber.FRAGMENT ||
            nextHeader == ProtocolNumber.DESTINATION_OPTIONS;
    }

    /** Of a Fragment header: what follows it in the reassembled packet. */
    public static int fragmentNextHeader(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint8(buffer, offset + NEXT_HEADER_OFFSET);
    }

    /** Of a Fragment header: where its payload belongs, in bytes. */
    public static int fragmentOffset(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint16(buffer, offset + FRAGMENT_OFFSET_OFFSET) & 0xFFF8;
    }

    /** Of a Fragment header: whether more follow. */
    public static boolean isMoreFragments(final UnsafeBuffer buffer, final int offset)
    {
        return (BigEndian.getUint16(buffer, offset + FRAGMENT_OFFSET_OFFSET) & 1) != 0;
    }

    /** Of a Fragment header. */
    public static int identification(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getInt32(buffer, offset + IDENTIFICATION_OFFSET);
    }

    /** Writes a Fragment header; {@code fragmentOffset} in bytes, a multiple of 8. Returns the offset behind it. */
    public static int putFragment(
        final UnsafeBuffer buffer,
        final int offset,
        final int nextHeader,
        final int fragmentOffset,
        final boolean isMoreFragments,
        final int identification)
    {
        BigEndian.putInt32(
            buffer, offset, nextHeader << 24 | (fragmentOffset & 0xFFF8) | (isMoreFragments ? 1 : 0));
        BigEndian.putInt32(buffer, offset + IDENTIFICATION_OFFSET, identification);
        return offset + FRAGMENT_HEADER_LENGTH;
    }

    /** Writes a Hop-by-Hop header with Router Alert for MLD (RFC 2711), 8 bytes. Returns the offset behind it. */
    public static int putRouterAlert(final UnsafeBuffer buffer, final int offset, final int nextHeader)
    {
        BigEndian.putInt64(buffer, offset, (long)nextHeader << 56 | 0x0000_0502_0000_0100L);
        return offset + 8;
    }

    private int header(final UnsafeBuffer buffer, final int packetOffset, final int at, final int length)
    {
        switch (protocol)
        {
            case ProtocolNumber.FRAGMENT:
                fragmentHeaderOffset = at;
                return (BigEndian.getUint16(buffer, at + FRAGMENT_OFFSET_OFFSET) & 0xFFF9) == 0 ? TRANSPORT : FRAGMENT;

            case ProtocolNumber.ROUTING:
                // No routing type is implemented (type 0 is dead, RFC 5095): with no segments left it is passed over.
                return BigEndian.getUint8(buffer, at + SEGMENTS_LEFT_OFFSET) == 0 ? TRANSPORT :
                    problem(Icmpv6Header.CODE_ERRONEOUS_FIELD, at + ROUTING_TYPE_OFFSET - packetOffset, true);

            default:
                return options(buffer, packetOffset, at + 2, at + length);
        }
    }

    private int options(final UnsafeBuffer buffer, final int packetOffset, final int start, final int end)
    {
        int at = start;
        for (int count = 0; at < end; count++)
        {
            if (count == MAX_OPTIONS)
            {
                return MALFORMED;
            }
            final int type = BigEndian.getUint8(buffer, at);
            if (type == OPTION_PAD1)
            {
                at++;
                continue;
            }
            if (end - at < 2)
            {
                return MALFORMED;
            }
            final int length = 2 + BigEndian.getUint8(buffer, at + 1);
            if (length > end - at)
            {
                return MALFORMED;
            }
            // The two high bits say what to do with an option that is not known; here only padding is.
            if (type != OPTION_PADN && type >>> 6 != 0)
            {
                return type >>> 6 == 1 ? MALFORMED :
                    problem(Icmpv6Header.CODE_UNKNOWN_OPTION, at - packetOffset, type >>> 6 == 3);
            }
            at += length;
        }
        return TRANSPORT;
    }

    private int problem(final int code, final int position, final boolean forUnicastOnly)
    {
        problemCode = code;
        problemOffset = position;
        isProblemForUnicastOnly = forUnicastOnly;
        return PARAMETER_PROBLEM;
    }
}
