package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.RxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

/** IPv4 input: the header's checks in the order of RFC 1122 section 3.2.1, then whom the packet is for. */
final class Ipv4Input
{
    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;
    private static final int OPTION_LOOSE_SOURCE_ROUTE = 131;
    private static final int OPTION_STRICT_SOURCE_ROUTE = 137;
    private static final int ALL_HOSTS = 0xE000_0001;

    private final Ip ip;
    private final Counters counters;

    Ipv4Input(final Ip ip)
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
        counters.increment(Counter.IP_RX_PACKETS);
        final UnsafeBuffer buffer = frame.buffer();
        if (!isHeaderSound(buffer, offset, available))
        {
            return;
        }
        final int headerLength = Ipv4Header.headerLength(buffer, offset);
        final int source = BigEndian.getInt32(buffer, offset + Ipv4Header.SOURCE_OFFSET);
        final int destination = BigEndian.getInt32(buffer, offset + Ipv4Header.DESTINATION_OFFSET);
        if (isMartian(over, source, destination))
        {
            counters.increment(Counter.IP_RX_DROP_MARTIAN);
            return;
        }
        final boolean isOurs = ip.addresses.isReady(0, IpAddress.mapped(destination));
        if (!isOurs && destination != ALL_HOSTS && !ip.addresses.isBroadcast(destination) &&
            !ip.groups.isJoined(over, 0, IpAddress.mapped(destination)))
        {
            counters.increment(Counter.IP_RX_DROP_NOT_FOR_US);
            return;
        }
        if (headerLength > Ipv4Header.MIN_LENGTH && !areOptionsAcceptable(buffer, offset, headerLength))
        {
            counters.increment(Counter.IP_RX_DROP_OPTIONS);
            return;
        }

        final IpPacket packet = ip.packet;
        describe(packet, frame, offset, headerLength);
        packet.sourceLo = IpAddress.mapped(source);
        packet.destinationLo = IpAddress.mapped(destination);
        packet.isUnicast = isOurs && isUnicastFrame;
        packet.networkInterface = over;
        final int flagsAndFragment = BigEndian.getUint16(buffer, offset + Ipv4Header.FLAGS_FRAGMENT_OFFSET);
        if ((flagsAndFragment & (Ipv4Header.FLAG_MF | Ipv4Header.FRAGMENT_OFFSET_MASK)) == 0)
        {
            deliver(packet);
        }
        else
        {
            onFragment(packet, flagsAndFragment);
        }
    }

    /** The header's checks, which need nothing but the packet. */
    private boolean isHeaderSound(final UnsafeBuffer buffer, final int offset, final int available)
    {
        if (available < Ipv4Header.MIN_LENGTH)
        {
            return drop(Counter.IP_RX_DROP_SHORT);
        }
        final int versionIhl = BigEndian.getUint8(buffer, offset);
        if (versionIhl >>> 4 != 4)
        {
            return drop(Counter.IP_RX_DROP_VERSION);
        }
        final int headerLength = (versionIhl & 0xF) << 2;
        if (headerLength < Ipv4Header.MIN_LENGTH || headerLength > available)
        {
            return drop(Counter.IP_RX_DROP_HEADER_LENGTH);
        }
        final int totalLength = Ipv4Header.totalLength(buffer, offset);
        if (totalLength < headerLength || totalLength > available)
        {
            return drop(Counter.IP_RX_DROP_TOTAL_LENGTH);
        }
        return Checksum.isValid(Checksum.sum(buffer, offset, headerLength)) || drop(Counter.IP_RX_DROP_HEADER_CHECKSUM);
    }

    private boolean drop(final Counter reason)
    {
        counters.increment(reason);
        return false;
    }

    /** What the header says by itself. */
    private void describe(final IpPacket packet, final RxFrame frame, final int offset, final int headerLength)
    {
        final UnsafeBuffer buffer = frame.buffer();
        packet.buffer = buffer;
        packet.networkOffset = offset;
        packet.offset = offset + headerLength;
        packet.length = Ipv4Header.totalLength(buffer, offset) - headerLength;
        packet.protocol = BigEndian.getUint8(buffer, offset + Ipv4Header.PROTOCOL_OFFSET);
        packet.sourceHi = 0;
        packet.destinationHi = 0;
        packet.trafficClass = BigEndian.getUint8(buffer, offset + Ipv4Header.TYPE_OF_SERVICE_OFFSET);
        packet.hopLimit = BigEndian.getUint8(buffer, offset + Ipv4Header.TTL_OFFSET);
        packet.checksum = frame.checksum();
        packet.gsoSize = frame.gsoType() == RxFrame.GSO_NONE ? 0 : frame.gsoSize();
        packet.receivedNs = ip.receivedNs(frame.timestampNs());
        packet.isReassembled = false;
        packet.frame = frame;
    }

    private void onFragment(final IpPacket packet, final int flagsAndFragment)
    {
        final int identification = BigEndian.getUint16(
            packet.buffer, packet.networkOffset + Ipv4Header.IDENTIFICATION_OFFSET);
        if (ip.reassembler.onFragment(
            packet,
            identification,
            (flagsAndFragment & Ipv4Header.FRAGMENT_OFFSET_MASK) << 3,
            (flagsAndFragment & Ipv4Header.FLAG_MF) != 0))
        {
            deliver(packet);
            ip.reassembler.release();
        }
    }

    private void deliver(final IpPacket packet)
    {
        if (packet.protocol == ProtocolNumber.ICMP)
        {
            ip.icmp.onPacketV4(packet);
        }
        else if (packet.protocol == ProtocolNumber.IGMP)
        {
            ip.igmp.onPacket(packet);
        }
        else
        {
            ip.deliver(packet);
        }
    }

    private boolean isMartian(final NetworkInterface over, final int source, final int destination)
    {
        final int network = source >>> 24;
        if (network == 0 || network >= 224 || destination >>> 24 == 0 || ip.addresses.isBroadcast(source))
        {
            return true;
        }
        // Our own address, or the loopback network, as a source is honest only when we sent the packet ourselves.
        return over.isLoopback ?
            !ip.addresses.isReady(0, IpAddress.mapped(source)) :
            network == 127 || destination >>> 24 == 127 || ip.addresses.isReady(0, IpAddress.mapped(source));
    }

    /** Options are skipped; but nobody routes through us, and a list that cannot be walked is no list of options. */
    private static boolean areOptionsAcceptable(final UnsafeBuffer buffer, final int offset, final int headerLength)
    {
        final int end = offset + headerLength;
        int at = offset + Ipv4Header.OPTIONS_OFFSET;
        while (at < end)
        {
            final int kind = BigEndian.getUint8(buffer, at);
            if (kind == OPTION_END)
            {
                return true;
            }
            if (kind == OPTION_NOP)
            {
                at++;
                continue;
            }
            if (kind == OPTION_LOOSE_SOURCE_ROUTE || kind == OPTION_STRICT_SOURCE_ROUTE || end - at < 2)
            {
                return false;
            }
            final int length = BigEndian.getUint8(buffer, at + 1);
            if (length < 2 || length > end - at)
            {
                return false;
            }
            at += length;
        }
        return true;
    }
}
