package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.TxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Icmpv6Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.NdpOptions;
import io.pnet.wire.NeighbourAdvertisement;
import io.pnet.wire.NeighbourSolicitation;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Neighbour Discovery (RFC 4861) as a host with static addresses needs it: solicitations and advertisements, for
 * resolution, unreachability detection, duplicate address detection (RFC 4862) and announcements.
 *
 * <p>Router advertisements are where address autoconfiguration will come in; today they and redirects are checked,
 * counted and let go.
 */
final class Ndp
{
    private static final int HOP_LIMIT = 255;
    private static final int ADDRESS_OPTION = NdpOptions.LINK_LAYER_ADDRESS_LENGTH;
    private static final long ALL_NODES_HI = 0xFF02L << 48;
    private static final long ALL_NODES_LO = 1;

    private final Ip ip;
    private final Counters counters;
    private final NeighbourSolicitation solicitation = new NeighbourSolicitation();
    private final NeighbourAdvertisement advertisement = new NeighbourAdvertisement();
    private final NdpOptions options = new NdpOptions();

    Ndp(final Ip ip)
    {
        this.ip = ip;
        this.counters = ip.counters;
    }

    /** One message of types 133 to 137; its checksum has been verified. */
    void onMessage(final IpPacket packet, final int type, final int code)
    {
        // A router would have lowered the hop limit: whoever says 255 is on our link (RFC 4861 section 3.1).
        if (packet.hopLimit != HOP_LIMIT)
        {
            counters.increment(Counter.NDP_RX_DROP_HOP_LIMIT);
            return;
        }
        if (code != 0 || packet.isReassembled)
        {
            counters.increment(Counter.NDP_RX_DROP_MALFORMED);
            return;
        }
        switch (type)
        {
            case Icmpv6Header.TYPE_NEIGHBOUR_SOLICITATION:
                onSolicitation(packet);
                break;

            case Icmpv6Header.TYPE_NEIGHBOUR_ADVERTISEMENT:
                if (ip.siblings != null && ip.siblings.isLeader())
                {
                    ip.siblings.share(packet);
                }
                onAdvertisement(packet);
                break;

            default:
                counters.increment(Counter.NDP_RX_DROP_IGNORED);
                break;
        }
    }

    private void onSolicitation(final IpPacket packet)
    {
        if (packet.length < NeighbourSolicitation.MIN_LENGTH || !options.parse(
            packet.buffer,
            packet.offset + NeighbourSolicitation.OPTIONS_OFFSET,
            packet.length - NeighbourSolicitation.OPTIONS_OFFSET))
        {
            counters.increment(Counter.NDP_RX_DROP_MALFORMED);
            return;
        }
        solicitation.wrap(packet.buffer, packet.offset);
        final long targetHi = solicitation.targetHi();
        final long targetLo = solicitation.targetLo();
        final boolean isDetection = IpAddress.isUnspecified(packet.sourceHi, packet.sourceLo);
        if (IpAddress.isMulticast(targetHi, targetLo) || isDetection &&
            (options.sourceMac() != NdpOptions.NO_ADDRESS || !IpAddress.isMulticast(
                packet.destinationHi, packet.destinationLo)) ||
            options.sourceMac() != NdpOptions.NO_ADDRESS && EthernetHeader.isGroup(options.sourceMac()))
        {
            counters.increment(Counter.NDP_RX_DROP_MALFORMED);
            return;
        }
        final LocalAddress target = ip.addresses.find(targetHi, targetLo);
        final NetworkInterface over = packet.networkInterface;
        if (target == null || target.networkInterface != over || target.state == LocalAddress.State.LOST ||
            !ip.isLeader())
        {
            counters.increment(Counter.NDP_RX_DROP_NOT_FOR_US);
            return;
        }
        counters.increment(Counter.NDP_RX);
        final long senderMac = EthernetHeader.source(packet.buffer, packet.networkOffset - EthernetHeader.LENGTH);
        if (!target.isReady())
        {
            // Somebody else detects duplicates of the same address, unless it is our own solicitation come back.
            if (isDetection && senderMac != over.macAddress)
            {
                counters.increment(Counter.NDP_CONFLICTS);
                ip.detection.onConflict(target, senderMac);
            }
            return;
        }
        if (isDetection)
        {
            advertise(target, ALL_NODES_HI, ALL_NODES_LO, EthernetHeader.multicastV6(ALL_NODES_LO), false);
            return;
        }
        long mac = senderMac;
        if (options.sourceMac() != NdpOptions.NO_ADDRESS)
        {
            mac = options.sourceMac();
            final Neighbour neighbour = ip.neighbours.findOrMeet(over, packet.sourceHi, packet.sourceLo);
            ip.neighbours.onAddress(neighbour, mac, false, true, ip.nowNs);
        }
        advertise(target, packet.sourceHi, packet.sourceLo, mac, true);
    }

    private void onAdvertisement(final IpPacket packet)
    {
        if (packet.length < NeighbourAdvertisement.MIN_LENGTH || !options.parse(
            packet.buffer,
            packet.offset + NeighbourAdvertisement.OPTIONS_OFFSET,
            packet.length - NeighbourAdvertisement.OPTIONS_OFFSET))
        {
            counters.increment(Counter.NDP_RX_DROP_MALFORMED);
            return;
        }
        advertisement.wrap(packet.buffer, packet.offset);
        final long targetHi = advertisement.targetHi();
        final long targetLo = advertisement.targetLo();
        final int flags = advertisement.flags();
        final boolean isSolicited = (flags & NeighbourAdvertisement.FLAG_SOLICITED) != 0;
        final long mac = options.targetMac();
        if (IpAddress.isMulticast(targetHi, targetLo) ||
            isSolicited && IpAddress.isMulticast(packet.destinationHi, packet.destinationLo) ||
            mac != NdpOptions.NO_ADDRESS && EthernetHeader.isGroup(mac))
        {
            counters.increment(Counter.NDP_RX_DROP_MALFORMED);
            return;
        }
        final NetworkInterface over = packet.networkInterface;
        final LocalAddress ours = ip.addresses.find(targetHi, targetLo);
        if (ours != null && ours.networkInterface == over)
        {
            counters.increment(Counter.NDP_RX);
            final long senderMac = mac != NdpOptions.NO_ADDRESS ?
                mac : EthernetHeader.source(packet.buffer, packet.networkOffset - EthernetHeader.LENGTH);
            if (senderMac != over.macAddress && ip.isLeader())
            {
                counters.increment(Counter.NDP_CONFLICTS);
                ip.detection.onConflict(ours, senderMac);
            }
            return;
        }
        final Neighbour neighbour = ip.neighbours.find(over, targetHi, targetLo);
        if (neighbour == null || mac == NdpOptions.NO_ADDRESS && !neighbour.isResolved)
        {
            counters.increment(Counter.NDP_RX_DROP_NOT_FOR_US);
            return;
        }
        counters.increment(Counter.NDP_RX);
        ip.neighbours.onAddress(
            neighbour,
            mac == NdpOptions.NO_ADDRESS ? neighbour.macAddress : mac,
            isSolicited,
            (flags & NeighbourAdvertisement.FLAG_OVERRIDE) != 0,
            ip.nowNs);
        neighbour.isRouter = (flags & NeighbourAdvertisement.FLAG_ROUTER) != 0;
    }

    /** Asks for a neighbour: its solicited-node group, or while it is probed itself. */
    void solicit(final Neighbour neighbour)
    {
        final NetworkInterface over = neighbour.networkInterface;
        if (neighbour.isResolved)
        {
            solicit(
                over, neighbour.hi, neighbour.lo, neighbour.macAddress, neighbour.sourceHi, neighbour.sourceLo,
                neighbour.hi, neighbour.lo);
        }
        else
        {
            final long groupLo = Groups.solicitedNodeLo(neighbour.lo);
            solicit(
                over, Groups.SOLICITED_NODE_HI, groupLo, EthernetHeader.multicastV6(groupLo),
                neighbour.sourceHi, neighbour.sourceLo, neighbour.hi, neighbour.lo);
        }
    }

    /** Asks whether anybody has an address that is to become ours (RFC 4862 section 5.4.2). */
    void probe(final LocalAddress address)
    {
        final long groupLo = Groups.solicitedNodeLo(address.lo);
        solicit(
            address.networkInterface, Groups.SOLICITED_NODE_HI, groupLo, EthernetHeader.multicastV6(groupLo),
            0, 0, address.hi, address.lo);
    }

    /** Tells everybody that an address is ours (RFC 4861 section 7.2.6). */
    void announce(final LocalAddress address)
    {
        advertise(address, ALL_NODES_HI, ALL_NODES_LO, EthernetHeader.multicastV6(ALL_NODES_LO), false);
    }

    private void solicit(
        final NetworkInterface over,
        final long toHi,
        final long toLo,
        final long toMac,
        final long fromHi,
        final long fromLo,
        final long targetHi,
        final long targetLo)
    {
        final boolean isDetection = fromHi == 0 && fromLo == 0;
        final int length = NeighbourSolicitation.MIN_LENGTH + (isDetection ? 0 : ADDRESS_OPTION);
        final TxFrame frame = claim(over, toMac, fromHi, fromLo, toHi, toLo, length);
        if (frame == null)
        {
            return;
        }
        final UnsafeBuffer buffer = frame.buffer();
        final int at = frame.offset() + EthernetHeader.LENGTH + Ipv6Header.LENGTH;
        solicitation.wrap(buffer, at).init().target(targetHi, targetLo);
        if (!isDetection)
        {
            NdpOptions.putLinkLayerAddress(
                buffer, at + NeighbourSolicitation.OPTIONS_OFFSET,
                NdpOptions.TYPE_SOURCE_LINK_LAYER_ADDRESS, over.macAddress);
        }
        commit(over, frame, fromHi, fromLo, toHi, toLo, length);
    }

    private void advertise(
        final LocalAddress address, final long toHi, final long toLo, final long toMac, final boolean isSolicited)
    {
        final NetworkInterface over = address.networkInterface;
        final int length = NeighbourAdvertisement.MIN_LENGTH + ADDRESS_OPTION;
        final TxFrame frame = claim(over, toMac, address.hi, address.lo, toHi, toLo, length);
        if (frame == null)
        {
            return;
        }
        final int at = frame.offset() + EthernetHeader.LENGTH + Ipv6Header.LENGTH;
        advertisement.wrap(frame.buffer(), at)
            .init()
            .flags(NeighbourAdvertisement.FLAG_OVERRIDE | (isSolicited ? NeighbourAdvertisement.FLAG_SOLICITED : 0))
            .target(address.hi, address.lo);
        NdpOptions.putLinkLayerAddress(
            frame.buffer(), at + NeighbourAdvertisement.OPTIONS_OFFSET,
            NdpOptions.TYPE_TARGET_LINK_LAYER_ADDRESS, over.macAddress);
        commit(over, frame, address.hi, address.lo, toHi, toLo, length);
    }

    private static TxFrame claim(
        final NetworkInterface over,
        final long toMac,
        final long fromHi,
        final long fromLo,
        final long toHi,
        final long toLo,
        final int length)
    {
        final int headers = EthernetHeader.LENGTH + Ipv6Header.LENGTH;
        final TxFrame frame = over.link().claim(headers + length, false);
        if (frame != null)
        {
            EthernetHeader.put(frame.buffer(), frame.offset(), toMac, over.macAddress, EthernetHeader.TYPE_IPV6);
            IpOutput.putHeaderV6(
                frame.buffer(), frame.offset() + EthernetHeader.LENGTH, 0, length, ProtocolNumber.ICMPV6, HOP_LIMIT,
                fromHi, fromLo, toHi, toLo);
        }
        return frame;
    }

    private void commit(
        final NetworkInterface over,
        final TxFrame frame,
        final long fromHi,
        final long fromLo,
        final long toHi,
        final long toLo,
        final int length)
    {
        final int at = frame.offset() + EthernetHeader.LENGTH + Ipv6Header.LENGTH;
        final long pseudoSum = Checksum.pseudoHeader(fromHi, fromLo, toHi, toLo, ProtocolNumber.ICMPV6, length);
        BigEndian.putUint16(
            frame.buffer(), at + Icmpv6Header.CHECKSUM_OFFSET,
            Checksum.finish(pseudoSum + Checksum.sum(frame.buffer(), at, length)));
        over.link().commit(frame);
        counters.increment(Counter.NDP_TX);
        counters.increment(Counter.IP_TX_PACKETS);
    }
}
