package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.RxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Icmpv6Header;
import io.pnet.wire.Ipv6Extension;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

/** IPv6 input: the header's checks, whom the packet is for, extension headers (RFC 8200). */
final class Ipv6Input
{
    private final Ip ip;
    private final Counters counters;
    private final Ipv6Extension extensions = new Ipv6Extension();

    Ipv6Input(final Ip ip)
    {
        this.ip = ip;
        this.counters = ip.counters;
    }

    void onPacket(
        final NetworkInterface over,
        final RxFrame frame,
        final int offset,
        final int available,
        final boolean isUnicastFrame)
    {
        final UnsafeBuffer buffer = frame.buffer();
        counters.increment(Counter.IP_RX_PACKETS);
        if (available < Ipv6Header.LENGTH)
        {
            counters.increment(Counter.IP_RX_DROP_SHORT);
            return;
        }
        final int first = BigEndian.getInt32(buffer, offset);
        if (first >>> 28 != 6)
        {
            counters.increment(Counter.IP_RX_DROP_VERSION);
            return;
        }
        final int payloadLength = Ipv6Header.payloadLength(buffer, offset);
        if (payloadLength > available - Ipv6Header.LENGTH)
        {
            counters.increment(Counter.IP_RX_DROP_TOTAL_LENGTH);
            return;
        }

        final int nextHeader = Ipv6Header.nextHeader(buffer, offset);
        final IpPacket packet = ip.packet;
        describe(packet, frame, offset);
        packet.networkInterface = over;
        final boolean isOurs = ip.addresses.isReady(packet.destinationHi, packet.destinationLo);
        packet.isUnicast = isOurs && isUnicastFrame;
        if (isMartian(over, packet))
        {
            counters.increment(Counter.IP_RX_DROP_MARTIAN);
            return;
        }
        if (!isOurs && !ip.groups.isJoined(over, packet.destinationHi, packet.destinationLo))
        {
            counters.increment(Counter.IP_RX_DROP_NOT_FOR_US);
            return;
        }
        if (Ipv6Extension.isExtension(nextHeader) || nextHeader == ProtocolNumber.NO_NEXT_HEADER)
        {
            walk(packet);
        }
        else
        {
            deliver(packet, offset + Ipv6Header.NEXT_HEADER_OFFSET);
        }
    }

    /** What the header says by itself. */
    private void describe(final IpPacket packet, final RxFrame frame, final int offset)
    {
        final UnsafeBuffer buffer = frame.buffer();
        packet.buffer = buffer;
        packet.networkOffset = offset;
        packet.offset = offset + Ipv6Header.LENGTH;
        packet.length = Ipv6Header.payloadLength(buffer, offset);
        packet.protocol = Ipv6Header.nextHeader(buffer, offset);
        packet.sourceHi = BigEndian.getInt64(buffer, offset + Ipv6Header.SOURCE_OFFSET);
        packet.sourceLo = BigEndian.getInt64(buffer, offset + Ipv6Header.SOURCE_OFFSET + 8);
        packet.destinationHi = BigEndian.getInt64(buffer, offset + Ipv6Header.DESTINATION_OFFSET);
        packet.destinationLo = BigEndian.getInt64(buffer, offset + Ipv6Header.DESTINATION_OFFSET + 8);
        packet.trafficClass = BigEndian.getInt32(buffer, offset) >>> 20 & 0xFF;
        packet.hopLimit = BigEndian.getUint8(buffer, offset + Ipv6Header.HOP_LIMIT_OFFSET);
        packet.checksum = frame.checksum();
        packet.gsoSize = frame.gsoType() == RxFrame.GSO_NONE ? 0 : frame.gsoSize();
        packet.receivedNs = ip.receivedNs(frame.timestampNs());
        packet.isReassembled = false;
        packet.frame = frame;
    }

    private void walk(final IpPacket packet)
    {
        final int total = Ipv6Header.LENGTH + packet.length;
        switch (extensions.walk(packet.buffer, packet.networkOffset, total))
        {
            case Ipv6Extension.TRANSPORT:
                packet.offset = extensions.transportOffset();
                packet.length = packet.networkOffset + total - packet.offset;
                packet.protocol = extensions.protocol();
                // NDP forbids the Fragment header, also the atomic one (RFC 6980).
                packet.isReassembled |= extensions.fragmentHeaderOffset() >= 0;
                deliver(packet, extensions.nextHeaderOffset());
                break;

            case Ipv6Extension.FRAGMENT:
                if (packet.isReassembled)
                {
                    // Fragments of a fragment are nothing that a sender makes.
                    counters.increment(Counter.IP_RX_DROP_EXTENSION_HEADER);
                }
                else
                {
                    onFragment(packet, total);
                }
                break;

            case Ipv6Extension.PARAMETER_PROBLEM:
                counters.increment(Counter.IP_RX_DROP_EXTENSION_HEADER);
                ip.icmpErrors.sendParameterProblem(
                    packet,
                    extensions.problemCode(),
                    extensions.problemOffset(),
                    !extensions.isProblemForUnicastOnly());
                break;

            default:
                counters.increment(Counter.IP_RX_DROP_EXTENSION_HEADER);
                break;
        }
    }

    private void onFragment(final IpPacket packet, final int total)
    {
        final UnsafeBuffer buffer = packet.buffer;
        final int header = extensions.fragmentHeaderOffset();
        final int end = packet.networkOffset + total;
        final int fragmentOffset = Ipv6Extension.fragmentOffset(buffer, header);
        final boolean isMore = Ipv6Extension.isMoreFragments(buffer, header);
        packet.protocol = Ipv6Extension.fragmentNextHeader(buffer, header);
        packet.offset = header + Ipv6Extension.FRAGMENT_HEADER_LENGTH;
        packet.length = end - packet.offset;
        if (isMore && (packet.length & 7) != 0)
        {
            counters.increment(Counter.IP_RX_DROP_FRAGMENT_MALFORMED);
            ip.icmpErrors.sendParameterProblem(
                packet, Icmpv6Header.CODE_ERRONEOUS_FIELD, Ipv6Header.PAYLOAD_LENGTH_OFFSET, false);
            return;
        }
        if (ip.reassembler.onFragment(packet, Ipv6Extension.identification(buffer, header), fragmentOffset, isMore))
        {
            if (Ipv6Extension.isExtension(packet.protocol) || packet.protocol == ProtocolNumber.NO_NEXT_HEADER)
            {
                walk(packet);
            }
            else
            {
                deliver(packet, packet.networkOffset + Ipv6Header.NEXT_HEADER_OFFSET);
            }
            ip.reassembler.release();
        }
    }

    private void deliver(final IpPacket packet, final int nextHeaderOffset)
    {
        if (packet.protocol == ProtocolNumber.ICMPV6)
        {
            ip.icmp.onPacketV6(packet);
        }
        else if (IpAddress.isUnspecified(packet.sourceHi, packet.sourceLo))
        {
            // Only duplicate address detection and MLD speak from no address.
            counters.increment(Counter.IP_RX_DROP_MARTIAN);
        }
        else
        {
            packet.nextHeaderPosition = nextHeaderOffset - packet.networkOffset;
            ip.deliver(packet);
        }
    }

    private boolean isMartian(final NetworkInterface over, final IpPacket packet)
    {
        final long hi = packet.sourceHi;
        final long lo = packet.sourceLo;
        // Mapped addresses never travel (RFC 4291 section 2.5.5.2): here they would pass for IPv4.
        if (IpAddress.isMulticast(hi, lo) || IpAddress.isV4(hi, lo) ||
            IpAddress.isV4(packet.destinationHi, packet.destinationLo))
        {
            return true;
        }
        return over.isLoopback ?
            !ip.addresses.isReady(hi, lo) :
            IpAddress.isLoopback(hi, lo) || IpAddress.isLoopback(packet.destinationHi, packet.destinationLo) ||
                ip.addresses.isReady(hi, lo);
    }
}
