package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.link.RxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import org.agrona.BufferUtil;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * One stack's place in a group of stacks behind one set of addresses, and its door to the others.
 *
 * <p>Nothing is shared but the inboxes: bounded rings without locks, into which the others copy. What comes there:
 * <ul>
 * <li>frames whose home is here: what stack 0 has put together from fragments, ICMP errors about our flows, and
 * whatever a link has given to the wrong stack;
 * <li>copies of what everybody should hear: ARP, neighbour advertisements, queries for group members;
 * <li>what stack 0 has found out about the group's addresses, and anybody about a path's MTU.
 * </ul>
 * Each stack keeps neighbours and path MTUs of its own and asks for neighbours itself; stack 0 alone answers for the
 * addresses. A full inbox drops a frame, counted by its sender, as a full ring would; what else is lost there is asked
 * again, or learnt anew.
 *
 * <p>Owned by its stack's owner, but for the inbox, which every stack of the group writes to.
 */
public final class Siblings
{
    private static final int INBOX_BYTES = 1 << 20;
    private static final int TYPE_FRAME = 1;
    private static final int TYPE_PATH_MTU = 2;
    private static final int TYPE_ADDRESS_READY = 3;
    private static final int TYPE_ADDRESS_LOST = 4;

    // A frame's message; the frame's IP header is aligned.
    private static final int TIMESTAMP_OFFSET = 0;
    private static final int IS_LOOPBACK_OFFSET = 8;
    private static final int CHECKSUM_OFFSET = 12;
    private static final int CSUM_START_OFFSET = 16;
    private static final int CSUM_OFFSET_OFFSET = 20;
    private static final int GSO_TYPE_OFFSET = 24;
    private static final int GSO_SIZE_OFFSET = 28;
    private static final int FRAME_OFFSET = 34;

    // Every other message.
    private static final int HI_OFFSET = 0;
    private static final int LO_OFFSET = 8;
    private static final int MTU_OFFSET = 16;
    private static final int FACT_LENGTH = 24;

    private final FlowHash hash;
    private final int index;
    private final Siblings[] all;
    private final UnsafeBuffer memory =
        new UnsafeBuffer(BufferUtil.allocateDirectAligned(INBOX_BYTES + RingBufferDescriptor.TRAILER_LENGTH, 64));
    private final ManyToOneRingBuffer inbox = new ManyToOneRingBuffer(memory);
    private final RxFrame frame = new RxFrame();
    private final MessageHandler handler = this::onMessage;
    private Runnable wakeup;
    private Ip ip;

    private Siblings(final FlowHash hash, final int index, final Siblings[] all)
    {
        this.hash = hash;
        this.index = index;
        this.all = all;
    }

    /** The places of a whole group, one for each stack. */
    public static Siblings[] group(final FlowHash hash)
    {
        final Siblings[] all = new Siblings[hash.stacks()];
        for (int i = 0; i < all.length; i++)
        {
            all[i] = new Siblings(hash, i, all);
        }
        return all;
    }

    /** The group's hash. */
    public FlowHash hash()
    {
        return hash;
    }

    /** This stack's number; 0 is the one that answers for the addresses. */
    public int index()
    {
        return index;
    }

    /** Gives the place to its stack. To be done for every stack before the first duty cycle of any. */
    void join(final Ip layer, final Runnable onWork)
    {
        ip = layer;
        wakeup = onWork;
    }

    boolean isLeader()
    {
        return index == 0;
    }

    boolean isHomeOfTcp(final Destination destination, final int localPort, final int remotePort)
    {
        return destination.networkInterface.isLoopback || index == hash.tcp(
            destination.sourceHi, destination.sourceLo, destination.remoteHi, destination.remoteLo,
            localPort, remotePort);
    }

    boolean isHomeOfUdp(final int localPort)
    {
        return index == hash.udp(localPort);
    }

    /** Gives the packet to its home, if that is elsewhere. */
    boolean isElsewhere(final IpPacket packet)
    {
        final int home = homeOf(packet);
        if (home == index)
        {
            return false;
        }
        handOver(packet, home);
        return true;
    }

    /** Gives an ICMP error to the home of the packet that it quotes, if that is elsewhere. */
    boolean isElsewhere(final IpPacket packet, final IcmpError error, final int protocol)
    {
        final int ports = BigEndian.getInt32(error.buffer, error.offset);
        int home = index;
        if (protocol == ProtocolNumber.UDP)
        {
            home = hash.udp(ports >>> 16);
        }
        else if (protocol == ProtocolNumber.TCP && !packet.networkInterface.isLoopback)
        {
            home = hash.tcp(
                error.localHi, error.localLo, error.remoteHi, error.remoteLo, ports >>> 16, ports & 0xFFFF);
        }
        if (home == index)
        {
            return false;
        }
        handOver(packet, home);
        return true;
    }

    private int homeOf(final IpPacket packet)
    {
        if (packet.protocol == ProtocolNumber.TCP)
        {
            // Both ends of a connection to ourselves are where it was made.
            return packet.networkInterface.isLoopback || packet.length < 4 ? index : hash.tcp(
                packet.destinationHi, packet.destinationLo, packet.sourceHi, packet.sourceLo,
                BigEndian.getUint16(packet.buffer, packet.offset + 2),
                BigEndian.getUint16(packet.buffer, packet.offset));
        }
        if (packet.protocol == ProtocolNumber.UDP)
        {
            return packet.length < 4 ? index : hash.udp(BigEndian.getUint16(packet.buffer, packet.offset + 2));
        }
        return 0;
    }

    private void handOver(final IpPacket packet, final int home)
    {
        final boolean isSent = packet.isReassembled ? sendWhole(packet, all[home]) : send(packet, all[home]);
        ip.counters.increment(isSent ? Counter.GROUP_TX_FRAMES : Counter.GROUP_TX_DROP_FULL);
    }

    /** Has every other stack hear of a packet as well. */
    void share(final IpPacket packet)
    {
        for (final Siblings other : all)
        {
            if (other != this)
            {
                send(packet, other);
            }
        }
    }

    /** Has every other stack hear of a frame that came from a link; {@code offset} is where its Ethernet header is. */
    void share(final UnsafeBuffer buffer, final int offset, final int length)
    {
        frame.wrap(buffer, offset, length);
        for (final Siblings other : all)
        {
            if (other != this)
            {
                send(frame, false, other);
            }
        }
    }

    void sharePathMtu(final long hi, final long lo, final int mtu)
    {
        shareFact(TYPE_PATH_MTU, hi, lo, mtu);
    }

    void shareAddress(final LocalAddress address, final boolean isReady)
    {
        shareFact(isReady ? TYPE_ADDRESS_READY : TYPE_ADDRESS_LOST, address.hi, address.lo, 0);
    }

    private void shareFact(final int type, final long hi, final long lo, final int mtu)
    {
        for (final Siblings other : all)
        {
            if (other != this)
            {
                final int at = other.inbox.tryClaim(type, FACT_LENGTH);
                if (at > 0)
                {
                    other.memory.putLong(at + HI_OFFSET, hi);
                    other.memory.putLong(at + LO_OFFSET, lo);
                    other.memory.putInt(at + MTU_OFFSET, mtu);
                    other.inbox.commit(at);
                    other.wakeUp();
                }
            }
        }
    }

    private static boolean send(final IpPacket packet, final Siblings to)
    {
        return send(packet.frame, packet.networkInterface.isLoopback, to);
    }

    private static boolean send(final RxFrame from, final boolean isLoopback, final Siblings to)
    {
        final int length = from.length();
        final int at = to.inbox.tryClaim(TYPE_FRAME, FRAME_OFFSET + length);
        if (at <= 0)
        {
            return false;
        }
        final UnsafeBuffer target = to.memory;
        target.putLong(at + TIMESTAMP_OFFSET, from.timestampNs());
        target.putInt(at + IS_LOOPBACK_OFFSET, isLoopback ? 1 : 0);
        target.putInt(at + CHECKSUM_OFFSET, from.checksum());
        target.putInt(at + CSUM_START_OFFSET, from.csumStart());
        target.putInt(at + CSUM_OFFSET_OFFSET, from.csumOffset());
        target.putInt(at + GSO_TYPE_OFFSET, from.gsoType());
        target.putInt(at + GSO_SIZE_OFFSET, from.gsoSize());
        target.putBytes(at + FRAME_OFFSET, from.buffer(), from.offset(), length);
        to.inbox.commit(at);
        to.wakeUp();
        return true;
    }

    /** A packet that was put together here travels as one that never was in pieces. */
    private static boolean sendWhole(final IpPacket packet, final Siblings to)
    {
        final int header = packet.offset - packet.networkOffset;
        final int length = EthernetHeader.LENGTH + header + packet.length;
        final int at = to.inbox.tryClaim(TYPE_FRAME, FRAME_OFFSET + length);
        if (at <= 0)
        {
            return false;
        }
        final UnsafeBuffer target = to.memory;
        target.setMemory(at, FRAME_OFFSET, (byte)0);
        target.putLong(at + TIMESTAMP_OFFSET, RxFrame.NO_TIMESTAMP);
        target.putInt(at + IS_LOOPBACK_OFFSET, packet.networkInterface.isLoopback ? 1 : 0);
        final boolean isV4 = packet.isV4();
        final long macAddress = packet.networkInterface.macAddress;
        EthernetHeader.put(
            target, at + FRAME_OFFSET, packet.isUnicast ? macAddress : groupMac(packet), macAddress,
            isV4 ? EthernetHeader.TYPE_IPV4 : EthernetHeader.TYPE_IPV6);
        final int network = at + FRAME_OFFSET + EthernetHeader.LENGTH;
        target.putBytes(network, packet.buffer, packet.networkOffset, header + packet.length);
        if (isV4)
        {
            BigEndian.putUint16(target, network + Ipv4Header.TOTAL_LENGTH_OFFSET, header + packet.length);
            BigEndian.putUint16(target, network + Ipv4Header.FLAGS_FRAGMENT_OFFSET, 0);
            target.putByte(network + Ipv4Header.TYPE_OF_SERVICE_OFFSET, (byte)packet.trafficClass);
            BigEndian.putUint16(target, network + Ipv4Header.HEADER_CHECKSUM_OFFSET, 0);
            BigEndian.putUint16(
                target, network + Ipv4Header.HEADER_CHECKSUM_OFFSET, Checksum.of(target, network, header));
        }
        else
        {
            final int flow = BigEndian.getInt32(target, network) & 0x000F_FFFF;
            BigEndian.putInt32(target, network, 6 << 28 | packet.trafficClass << 20 | flow);
            BigEndian.putUint16(target, network + Ipv6Header.PAYLOAD_LENGTH_OFFSET, packet.length);
        }
        to.inbox.commit(at);
        to.wakeUp();
        return true;
    }

    private static long groupMac(final IpPacket packet)
    {
        return IpAddress.isMulticast(packet.destinationHi, packet.destinationLo) ?
            NetworkInterface.groupMac(packet.destinationHi, packet.destinationLo) : EthernetHeader.BROADCAST;
    }

    private void wakeUp()
    {
        wakeup.run();
    }

    /** Takes what the others have left; returns how much that was. */
    int receive(final int limit)
    {
        return inbox.read(handler, limit);
    }

    boolean hasWork()
    {
        return inbox.consumerPosition() != inbox.producerPosition();
    }

    private void onMessage(final int type, final MutableDirectBuffer buffer, final int at, final int length)
    {
        if (type == TYPE_FRAME)
        {
            frame.wrap(memory, at + FRAME_OFFSET, length - FRAME_OFFSET)
                .timestampNs(memory.getLong(at + TIMESTAMP_OFFSET))
                .checksumPartial(memory.getInt(at + CSUM_START_OFFSET), memory.getInt(at + CSUM_OFFSET_OFFSET))
                .checksum(memory.getInt(at + CHECKSUM_OFFSET))
                .gso(memory.getInt(at + GSO_TYPE_OFFSET), memory.getInt(at + GSO_SIZE_OFFSET));
            ip.counters.increment(Counter.GROUP_RX_FRAMES);
            final NetworkInterface over = ip.interfaceOf(memory.getInt(at + IS_LOOPBACK_OFFSET) != 0);
            over.input.onFrame(frame);
            return;
        }
        final long hi = memory.getLong(at + HI_OFFSET);
        final long lo = memory.getLong(at + LO_OFFSET);
        switch (type)
        {
            case TYPE_PATH_MTU:
                ip.learnPathMtu(hi, lo, memory.getInt(at + MTU_OFFSET));
                break;

            case TYPE_ADDRESS_READY:
                ip.detection.onLeaderReady(ip.addresses.find(hi, lo));
                break;

            default:
                ip.detection.onLeaderLost(ip.addresses.find(hi, lo));
                break;
        }
    }
}
