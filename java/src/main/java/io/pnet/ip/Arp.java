package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.TxFrame;
import io.pnet.wire.ArpPacket;
import io.pnet.wire.EthernetHeader;
import org.agrona.concurrent.UnsafeBuffer;

/** The Address Resolution Protocol (RFC 826), with the probes and announcements of RFC 5227. */
final class Arp
{
    private final Ip ip;
    private final Counters counters;
    private final ArpPacket in = new ArpPacket();
    private final ArpPacket out = new ArpPacket();

    Arp(final Ip ip)
    {
        this.ip = ip;
        this.counters = ip.counters;
    }

    void onPacket(final NetworkInterface over, final UnsafeBuffer buffer, final int offset, final int length)
    {
        if (length < ArpPacket.LENGTH || !in.wrap(buffer, offset).isEthernetIpv4())
        {
            counters.increment(Counter.ARP_RX_DROP_MALFORMED);
            return;
        }
        final int operation = in.operation();
        final int sender = in.senderIp();
        final int target = in.targetIp();
        final long senderMac = in.senderMac();
        if (operation != ArpPacket.OPERATION_REQUEST && operation != ArpPacket.OPERATION_REPLY ||
            EthernetHeader.isGroup(senderMac) || senderMac == 0 || sender >>> 28 >= 0xE || sender >>> 24 == 127)
        {
            counters.increment(Counter.ARP_RX_DROP_MALFORMED);
            return;
        }

        if (senderMac == over.macAddress)
        {
            // What we sent, come back.
            counters.increment(Counter.ARP_RX_DROP_NOT_FOR_US);
            return;
        }

        if (ip.siblings != null && ip.siblings.isLeader())
        {
            ip.siblings.share(buffer, offset - EthernetHeader.LENGTH, length + EthernetHeader.LENGTH);
        }
        final LocalAddress ours = ip.addresses.find(0, IpAddress.mapped(sender == 0 ? target : sender));
        final boolean isConflict = ours != null && ours.networkInterface == over &&
            // A probe (no sender address) collides only with ours that is itself being probed: a used one is defended.
            (sender != 0 || !ours.isReady());
        if (isConflict && !ip.isLeader())
        {
            counters.increment(Counter.ARP_RX_DROP_NOT_FOR_US);
            return;
        }
        if (isConflict)
        {
            counters.increment(Counter.ARP_RX);
            counters.increment(Counter.ARP_CONFLICTS);
            ip.detection.onConflict(ours, senderMac);
            return;
        }

        final LocalAddress targetAddress = ip.addresses.find(0, IpAddress.mapped(target));
        final boolean isForUs =
            targetAddress != null && targetAddress.isReady() && targetAddress.networkInterface == over;
        Neighbour neighbour = null;
        if (sender != 0)
        {
            // RFC 826: an entry is updated whoever is asked, and made only when we are.
            neighbour = isForUs ? ip.neighbours.findOrMeet(over, 0, IpAddress.mapped(sender)) :
                ip.neighbours.find(over, 0, IpAddress.mapped(sender));
        }
        if (neighbour == null && !isForUs)
        {
            counters.increment(Counter.ARP_RX_DROP_NOT_FOR_US);
            return;
        }
        counters.increment(Counter.ARP_RX);
        if (neighbour != null)
        {
            final boolean isAnswer = isForUs && operation == ArpPacket.OPERATION_REPLY;
            ip.neighbours.onAddress(neighbour, senderMac, isAnswer, true, ip.nowNs);
        }
        if (isForUs && operation == ArpPacket.OPERATION_REQUEST && ip.isLeader())
        {
            send(over, senderMac, ArpPacket.OPERATION_REPLY, target, senderMac, sender);
        }
    }

    /** Asks for a neighbour: of everybody, or while it is probed of itself. */
    void request(final Neighbour neighbour)
    {
        final NetworkInterface over = neighbour.networkInterface;
        final long to = neighbour.isResolved ? neighbour.macAddress : EthernetHeader.BROADCAST;
        send(over, to, ArpPacket.OPERATION_REQUEST, (int)neighbour.sourceLo, 0, (int)neighbour.lo);
    }

    /** Asks whether anybody has an address that is to become ours (RFC 5227 section 2.1.1). */
    void probe(final LocalAddress address)
    {
        send(
            address.networkInterface, EthernetHeader.BROADCAST, ArpPacket.OPERATION_REQUEST, 0, 0, (int)address.lo);
    }

    /** Tells everybody that an address is ours (RFC 5227 section 2.3). */
    void announce(final LocalAddress address)
    {
        final int bits = (int)address.lo;
        send(address.networkInterface, EthernetHeader.BROADCAST, ArpPacket.OPERATION_REQUEST, bits, 0, bits);
    }

    private void send(
        final NetworkInterface over,
        final long to,
        final int operation,
        final int senderIp,
        final long targetMac,
        final int targetIp)
    {
        final TxFrame frame = over.link().claim(EthernetHeader.LENGTH + ArpPacket.LENGTH, false);
        if (frame == null)
        {
            return;
        }
        EthernetHeader.put(frame.buffer(), frame.offset(), to, over.macAddress, EthernetHeader.TYPE_ARP);
        out.wrap(frame.buffer(), frame.offset() + EthernetHeader.LENGTH)
            .ethernetIpv4()
            .operation(operation)
            .senderMac(over.macAddress)
            .senderIp(senderIp)
            .targetMac(targetMac)
            .targetIp(targetIp);
        over.link().commit(frame);
        counters.increment(Counter.ARP_TX);
    }
}
