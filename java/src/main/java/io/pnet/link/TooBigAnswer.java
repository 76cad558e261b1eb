package io.pnet.link;

import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.IcmpHeader;
import io.pnet.wire.Icmpv6Header;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a router on a narrow path answers to a packet that does not fit: "fragmentation needed" with the next hop's MTU
 * (RFC 1191, section 4) or "packet too big" (RFC 4443, section 3.2). A wire has no address, so it speaks in the name of
 * the packet's destination.
 */
final class TooBigAnswer
{
    /** The largest answer, headers included: RFC 1812, section 4.3.2.3, and RFC 4443, section 2.4 (c). */
    private static final int MAX_V4 = 576;
    private static final int MAX_V6 = 1_280;
    private static final int TTL = 64;
    private static final int ADDRESSES_V6 = 32;

    private TooBigAnswer()
    {
    }

    /** Bytes of the answer to a frame; 0 when it gets none: no IP, may be fragmented, an ICMP error, or for a group. */
    static int length(final UnsafeBuffer frame, final int length)
    {
        final int ip = EthernetHeader.LENGTH;
        if (length < ip + Ipv6Header.LENGTH || EthernetHeader.isGroup(EthernetHeader.destination(frame, 0)))
        {
            return 0;
        }
        final int packet = length - ip;
        switch (EthernetHeader.type(frame, 0))
        {
            case EthernetHeader.TYPE_IPV4:
                final int fragment = BigEndian.getUint16(frame, ip + Ipv4Header.FLAGS_FRAGMENT_OFFSET);
                return (fragment & Ipv4Header.FLAG_DF) == 0 || (fragment & Ipv4Header.FRAGMENT_OFFSET_MASK) != 0 ||
                    Ipv4Header.protocol(frame, ip) == ProtocolNumber.ICMP &&
                        BigEndian.getUint8(frame, ip + Ipv4Header.headerLength(frame, ip)) !=
                            IcmpHeader.TYPE_ECHO_REQUEST ?
                    0 : ip + Math.min(MAX_V4, Ipv4Header.MIN_LENGTH + IcmpHeader.LENGTH + packet);

            case EthernetHeader.TYPE_IPV6:
                return Ipv6Header.nextHeader(frame, ip) == ProtocolNumber.ICMPV6 &&
                    BigEndian.getUint8(frame, ip + Ipv6Header.LENGTH) < Icmpv6Header.TYPE_FIRST_INFORMATIONAL ?
                    0 : ip + Math.min(MAX_V6, Ipv6Header.LENGTH + Icmpv6Header.LENGTH + packet);

            default:
                return 0;
        }
    }

    /** Writes the answer of that {@link #length}. */
    static void write(final UnsafeBuffer frame, final int mtu, final UnsafeBuffer target, final int length)
    {
        final boolean isV4 = EthernetHeader.type(frame, 0) == EthernetHeader.TYPE_IPV4;
        EthernetHeader.put(
            target, 0, EthernetHeader.source(frame, 0), EthernetHeader.destination(frame, 0),
            EthernetHeader.type(frame, 0));
        final int ip = EthernetHeader.LENGTH;
        final int icmp = ip + (isV4 ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH);
        final int icmpLength = length - icmp;
        target.putBytes(icmp + IcmpHeader.LENGTH, frame, ip, icmpLength - IcmpHeader.LENGTH);
        BigEndian.putInt32(target, icmp + IcmpHeader.REST_OFFSET, mtu);
        BigEndian.putUint16(target, icmp + IcmpHeader.CHECKSUM_OFFSET, 0);
        if (isV4)
        {
            BigEndian.putUint8(target, icmp + IcmpHeader.TYPE_OFFSET, IcmpHeader.TYPE_DESTINATION_UNREACHABLE);
            BigEndian.putUint8(target, icmp + IcmpHeader.CODE_OFFSET, IcmpHeader.CODE_FRAGMENTATION_NEEDED);
            BigEndian.putUint16(
                target, icmp + IcmpHeader.CHECKSUM_OFFSET, Checksum.of(target, icmp, icmpLength));
            target.setMemory(ip, Ipv4Header.MIN_LENGTH, (byte)0);
            BigEndian.putUint8(target, ip, 4 << 4 | Ipv4Header.MIN_LENGTH / 4);
            BigEndian.putUint16(target, ip + Ipv4Header.TOTAL_LENGTH_OFFSET, length - ip);
            BigEndian.putUint8(target, ip + Ipv4Header.TTL_OFFSET, TTL);
            BigEndian.putUint8(target, ip + Ipv4Header.PROTOCOL_OFFSET, ProtocolNumber.ICMP);
            target.putBytes(ip + Ipv4Header.SOURCE_OFFSET, frame, ip + Ipv4Header.DESTINATION_OFFSET, 4);
            target.putBytes(ip + Ipv4Header.DESTINATION_OFFSET, frame, ip + Ipv4Header.SOURCE_OFFSET, 4);
            BigEndian.putUint16(
                target, ip + Ipv4Header.HEADER_CHECKSUM_OFFSET, Checksum.of(target, ip, Ipv4Header.MIN_LENGTH));
            return;
        }
        BigEndian.putUint8(target, icmp + Icmpv6Header.TYPE_OFFSET, Icmpv6Header.TYPE_PACKET_TOO_BIG);
        BigEndian.putUint8(target, icmp + Icmpv6Header.CODE_OFFSET, 0);
        BigEndian.putInt32(target, ip + Ipv6Header.VERSION_CLASS_FLOW_OFFSET, 6 << 28);
        BigEndian.putUint16(target, ip + Ipv6Header.PAYLOAD_LENGTH_OFFSET, icmpLength);
        BigEndian.putUint8(target, ip + Ipv6Header.NEXT_HEADER_OFFSET, ProtocolNumber.ICMPV6);
        BigEndian.putUint8(target, ip + Ipv6Header.HOP_LIMIT_OFFSET, TTL);
        target.putBytes(ip + Ipv6Header.SOURCE_OFFSET, frame, ip + Ipv6Header.DESTINATION_OFFSET, 16);
        target.putBytes(ip + Ipv6Header.DESTINATION_OFFSET, frame, ip + Ipv6Header.SOURCE_OFFSET, 16);
        final long sum = Checksum.sum(target, ip + Ipv6Header.SOURCE_OFFSET, ADDRESSES_V6) +
            ProtocolNumber.ICMPV6 + icmpLength + Checksum.sum(target, icmp, icmpLength);
        BigEndian.putUint16(target, icmp + Icmpv6Header.CHECKSUM_OFFSET, Checksum.finish(sum));
    }
}
