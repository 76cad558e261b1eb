package io.pnet.hostile;

import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.UdpHeader;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Puts checksums right after a mutation, as far as the frame's own lengths make sense; otherwise nearly every mutated
 * frame would end at its checksum and show nothing of what lies behind.
 */
public final class Repair
{
    private static final int MAX_EXTENSIONS = 10;
    private static final int FRAGMENT = 0x3FFF;

    private Repair()
    {
    }

    /** A frame whose checksums are all right. */
    public static byte[] checksums(final byte[] frame)
    {
        checksums(new UnsafeBuffer(frame), 0, frame.length);
        return frame;
    }

    /** Whether every checksum of a frame is right already. */
    public static boolean isRight(final byte[] frame)
    {
        return java.util.Arrays.equals(checksums(frame.clone()), frame);
    }

    public static void checksums(final UnsafeBuffer buffer, final int offset, final int length)
    {
        if (length < EthernetHeader.LENGTH)
        {
            return;
        }
        final int network = offset + EthernetHeader.LENGTH;
        final int available = length - EthernetHeader.LENGTH;
        switch (EthernetHeader.type(buffer, offset))
        {
            case EthernetHeader.TYPE_IPV4:
                ipv4(buffer, network, available);
                break;
            case EthernetHeader.TYPE_IPV6:
                ipv6(buffer, network, available);
                break;
            default:
                break;
        }
    }

    private static void ipv4(final UnsafeBuffer buffer, final int at, final int available)
    {
        if (available < Ipv4Header.MIN_LENGTH)
        {
            return;
        }
        final int headerLength = Ipv4Header.headerLength(buffer, at);
        if (headerLength < Ipv4Header.MIN_LENGTH || headerLength > available)
        {
            return;
        }
        BigEndian.putUint16(buffer, at + Ipv4Header.HEADER_CHECKSUM_OFFSET, 0);
        BigEndian.putUint16(
            buffer, at + Ipv4Header.HEADER_CHECKSUM_OFFSET, Checksum.of(buffer, at, headerLength));
        final int length = Math.min(available, Ipv4Header.totalLength(buffer, at)) - headerLength;
        if (length < 0 || (BigEndian.getUint16(buffer, at + Ipv4Header.FLAGS_FRAGMENT_OFFSET) & FRAGMENT) != 0)
        {
            return;
        }
        final int protocol = Ipv4Header.protocol(buffer, at);
        final long pseudoHeader = Checksum.pseudoHeaderV4(
            BigEndian.getInt32(buffer, at + Ipv4Header.SOURCE_OFFSET),
            BigEndian.getInt32(buffer, at + Ipv4Header.DESTINATION_OFFSET), protocol, 0);
        transport(buffer, at + headerLength, length, protocol, pseudoHeader);
    }

    private static void ipv6(final UnsafeBuffer buffer, final int network, final int available)
    {
        if (available < Ipv6Header.LENGTH)
        {
            return;
        }
        final int end = network +
            Math.min(available, Ipv6Header.LENGTH + Ipv6Header.payloadLength(buffer, network));
        int at = network + Ipv6Header.LENGTH;
        int protocol = Ipv6Header.nextHeader(buffer, network);
        for (int i = 0; i < MAX_EXTENSIONS && end - at >= 8; i++)
        {
            if (protocol == ProtocolNumber.FRAGMENT)
            {
                if ((BigEndian.getUint16(buffer, at + 2) & ~6) != 0)
                {
                    return;
                }
                protocol = BigEndian.getUint8(buffer, at);
                at += 8;
            }
            else if (protocol == 0 || protocol == 43 || protocol == 60)
            {
                protocol = BigEndian.getUint8(buffer, at);
                at += BigEndian.getUint8(buffer, at + 1) + 1 << 3;
            }
            else
            {
                break;
            }
        }
        if (at <= end)
        {
            final long pseudoHeader = Checksum.pseudoHeader(
                BigEndian.getInt64(buffer, network + Ipv6Header.SOURCE_OFFSET),
                BigEndian.getInt64(buffer, network + Ipv6Header.SOURCE_OFFSET + 8),
                BigEndian.getInt64(buffer, network + Ipv6Header.DESTINATION_OFFSET),
                BigEndian.getInt64(buffer, network + Ipv6Header.DESTINATION_OFFSET + 8), protocol, 0);
            transport(buffer, at, end - at, protocol, pseudoHeader);
        }
    }

    private static void transport(
        final UnsafeBuffer buffer, final int at, final int length, final int protocol, final long pseudoHeader)
    {
        switch (protocol)
        {
            case ProtocolNumber.TCP:
                if (length >= TcpHeader.MIN_LENGTH)
                {
                    put(buffer, at, length, TcpHeader.CHECKSUM_OFFSET, pseudoHeader + length);
                }
                break;
            case ProtocolNumber.UDP:
                if (length >= UdpHeader.LENGTH)
                {
                    final int said = BigEndian.getUint16(buffer, at + UdpHeader.LENGTH_OFFSET);
                    final int covered = said >= UdpHeader.LENGTH && said <= length ? said : length;
                    put(buffer, at, covered, UdpHeader.CHECKSUM_OFFSET, pseudoHeader + covered);
                }
                break;
            case ProtocolNumber.ICMP:
                if (length >= 4)
                {
                    put(buffer, at, length, 2, 0);
                }
                break;
            case ProtocolNumber.ICMPV6:
                if (length >= 4)
                {
                    put(buffer, at, length, 2, pseudoHeader + length);
                }
                break;
            default:
                break;
        }
    }

    private static void put(
        final UnsafeBuffer buffer, final int at, final int length, final int field, final long pseudoHeader)
    {
        BigEndian.putUint16(buffer, at + field, 0);
        BigEndian.putUint16(
            buffer, at + field, Checksum.finishUdp(pseudoHeader + Checksum.sum(buffer, at, length)));
    }
}
