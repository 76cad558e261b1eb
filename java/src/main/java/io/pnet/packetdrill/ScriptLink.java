package io.pnet.packetdrill;

import io.pnet.ip.IpAddress;
import io.pnet.link.FrameHandler;
import io.pnet.link.ImmediateLink;
import io.pnet.link.LinkCapabilities;
import io.pnet.link.RxFrame;
import io.pnet.link.TxFrame;
import io.pnet.wire.ArpPacket;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Icmpv6Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.NeighbourAdvertisement;
import io.pnet.wire.NeighbourSolicitation;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The link of the stack under test, with the script at its other end: IP packets go in and come out, and every
 * neighbour that is asked for is there. Whatever concerns no transport (MLD, neighbour discovery) stays in here.
 */
final class ScriptLink extends ImmediateLink
{
    private static final long OUR_MAC = 0x0250_4E00_0001L;
    private static final long PEER_MAC = 0x0250_4E00_0002L;
    private static final int ADVERTISEMENT_LENGTH = 32;

    private final UnsafeBuffer head;
    private final TxFrame txFrame = new TxFrame();
    private final RxFrame rxFrame = new RxFrame();
    private final Deque<byte[]> inbound = new ArrayDeque<>();
    private final Deque<byte[]> outbound = new ArrayDeque<>();
    private long lastNowNs;

    ScriptLink(final int mtu)
    {
        super(LinkCapabilities.plain(OUR_MAC, mtu));
        head = new UnsafeBuffer(ByteBuffer.allocateDirect(capabilities().maxFrame() + 256));
    }

    /** An IP packet for the stack. */
    void inject(final byte[] packet)
    {
        final int type = (packet[0] & 0xF0) == 0x40 ? EthernetHeader.TYPE_IPV4 : EthernetHeader.TYPE_IPV6;
        final byte[] bytes = new byte[EthernetHeader.LENGTH + packet.length];
        new EthernetHeader().wrap(new UnsafeBuffer(bytes), 0).destination(OUR_MAC).source(PEER_MAC).type(type);
        System.arraycopy(packet, 0, bytes, EthernetHeader.LENGTH, packet.length);
        inbound.add(bytes);
    }

    /** The next IP packet that the stack has sent, or null. */
    byte[] next()
    {
        return outbound.poll();
    }

    // ---- Link

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        lastNowNs = nowNs;
        int count = 0;
        while (count < limit && !inbound.isEmpty())
        {
            final byte[] frame = inbound.poll();
            final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(frame.length + 8));
            buffer.putBytes(0, frame);
            handler.onFrame(rxFrame.wrap(buffer, 0, frame.length));
            count++;
        }
        return count;
    }

    @Override
    public TxFrame claim(final int headLength, final boolean gathered)
    {
        return txFrame.wrap(head, 0, headLength);
    }

    @Override
    public void commit(final TxFrame frame)
    {
        final byte[] bytes = new byte[frame.length()];
        frame.copyTo(new UnsafeBuffer(bytes), 0);
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        final int type = EthernetHeader.type(buffer, 0);
        if (type == EthernetHeader.TYPE_ARP)
        {
            onArp(new ArpPacket().wrap(buffer, EthernetHeader.LENGTH));
            return;
        }
        if (type == EthernetHeader.TYPE_IPV6 && isNeighbourDiscovery(buffer))
        {
            return;
        }
        final byte[] packet = new byte[bytes.length - EthernetHeader.LENGTH];
        System.arraycopy(bytes, EthernetHeader.LENGTH, packet, 0, packet.length);
        outbound.add(packet);
    }

    @Override
    public long nextDeadlineNs()
    {
        return inbound.isEmpty() ? NO_DEADLINE : lastNowNs;
    }

    @Override
    public void close()
    {
        inbound.clear();
    }

    // ---- neighbours

    private void onArp(final ArpPacket request)
    {
        if (request.operation() != ArpPacket.OPERATION_REQUEST || request.targetIp() == request.senderIp())
        {
            return;
        }
        final byte[] bytes = new byte[EthernetHeader.LENGTH + ArpPacket.LENGTH];
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        new EthernetHeader().wrap(buffer, 0)
            .destination(OUR_MAC).source(PEER_MAC).type(EthernetHeader.TYPE_ARP);
        new ArpPacket().wrap(buffer, EthernetHeader.LENGTH)
            .ethernetIpv4().operation(ArpPacket.OPERATION_REPLY)
            .senderMac(PEER_MAC).senderIp(request.targetIp())
            .targetMac(request.senderMac()).targetIp(request.senderIp());
        inbound.add(bytes);
    }

    private boolean isNeighbourDiscovery(final UnsafeBuffer buffer)
    {
        final int at = EthernetHeader.LENGTH;
        final int next = Ipv6Header.nextHeader(buffer, at);
        if (next != ProtocolNumber.ICMPV6)
        {
            // MLD stands behind a hop-by-hop option.
            return next == 0;
        }
        final int type = new Icmpv6Header().wrap(buffer, at + Ipv6Header.LENGTH).type();
        if (type == Icmpv6Header.TYPE_NEIGHBOUR_SOLICITATION)
        {
            advertise(buffer, at);
        }
        return type >= Icmpv6Header.TYPE_MLD_QUERY;
    }

    private void advertise(final UnsafeBuffer solicitation, final int at)
    {
        final Ipv6Header from = new Ipv6Header().wrap(solicitation, at);
        final NeighbourSolicitation asked = new NeighbourSolicitation().wrap(solicitation, at + Ipv6Header.LENGTH);
        final IpAddress target = new IpAddress(asked.targetHi(), asked.targetLo());
        final byte[] bytes = new byte[EthernetHeader.LENGTH + Ipv6Header.LENGTH + ADVERTISEMENT_LENGTH];
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        new EthernetHeader().wrap(buffer, 0)
            .destination(OUR_MAC).source(PEER_MAC).type(EthernetHeader.TYPE_IPV6);
        new Ipv6Header().wrap(buffer, at)
            .versionClassFlow(0, 0).payloadLength(ADVERTISEMENT_LENGTH).nextHeader(ProtocolNumber.ICMPV6)
            .hopLimit(255).source(target.hi(), target.lo()).destination(from.sourceHi(), from.sourceLo());
        final int reply = at + Ipv6Header.LENGTH;
        new NeighbourAdvertisement().wrap(buffer, reply).init()
            .flags(NeighbourAdvertisement.FLAG_SOLICITED | NeighbourAdvertisement.FLAG_OVERRIDE)
            .target(target.hi(), target.lo());
        final int option = reply + NeighbourAdvertisement.OPTIONS_OFFSET;
        buffer.putByte(option, (byte)2);
        buffer.putByte(option + 1, (byte)1);
        for (int i = 0; i < 6; i++)
        {
            buffer.putByte(option + 2 + i, (byte)(PEER_MAC >>> (40 - 8 * i)));
        }
        final long sum = Checksum.pseudoHeader(
            target.hi(), target.lo(), from.sourceHi(), from.sourceLo(), ProtocolNumber.ICMPV6, ADVERTISEMENT_LENGTH) +
            Checksum.sum(buffer, reply, ADVERTISEMENT_LENGTH);
        new Icmpv6Header().wrap(buffer, reply).checksum(Checksum.finish(sum));
        inbound.add(bytes);
    }
}
