package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.Chunk;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkCapabilities;
import io.pnet.link.RxFrame;
import io.pnet.link.TxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Extension;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Output: link and IP headers around what transports write, fragments of what is too large, and a place to wait for
 * what has no link-layer address yet.
 *
 * <p>A packet that fits and whose next hop is known is written straight into the link's frame. Any other is staged in a
 * chunk; its commit completes the checksum over all of it, and cuts it, or queues the chunk at its neighbour.
 */
final class IpOutput
{
    private static final int MAX_PACKET = 65_535;
    private static final int STAGING_BYTES = 8 << 20;

    private final Ip ip;
    private final Counters counters;
    private final ChunkPool smallChunks = new ChunkPool(ChunkPool.SMALL, 1 << 20);
    private final ChunkPool largeChunks = new ChunkPool(ChunkPool.LARGE, STAGING_BYTES);
    private final TxFrame stagedFrame = new TxFrame();
    private Chunk stagedChunk;

    private Destination destination;
    private int protocol;
    private int trafficClass;
    private int transportOffset;
    private boolean isStaged;

    IpOutput(final Ip ip)
    {
        this.ip = ip;
        this.counters = ip.counters;
    }

    TxFrame claim(
        final Destination to,
        final int protocolNumber,
        final int trafficClassBits,
        final int transportLength,
        final boolean gathered)
    {
        if (to.generation != ip.generation && !ip.refresh(to))
        {
            counters.increment(Counter.IP_TX_DROP_NO_ROUTE);
            return null;
        }
        final Neighbour neighbour = to.neighbour;
        if (neighbour.usableUntilNs < ip.nowNs)
        {
            ip.neighbours.onUse(neighbour, to);
        }

        final int headers = EthernetHeader.LENGTH + to.headerLength();
        final int head = headers + transportLength;
        final NetworkInterface over = to.networkInterface;
        final boolean fits =
            gathered || protocolNumber == ProtocolNumber.TCP || head - EthernetHeader.LENGTH <= to.pathMtu;
        final TxFrame frame;
        if (neighbour.isResolved && fits)
        {
            if (head > over.capabilities().maxFrame())
            {
                counters.increment(Counter.IP_TX_DROP_TOO_BIG);
                return null;
            }
            frame = over.link().claim(head, gathered);
            isStaged = false;
        }
        else
        {
            frame = stage(to, head, gathered);
        }
        if (frame != null)
        {
            destination = to;
            protocol = protocolNumber;
            trafficClass = trafficClassBits;
            transportOffset = frame.offset() + headers;
        }
        return frame;
    }

    int transportOffset()
    {
        return transportOffset;
    }

    void commit(final TxFrame frame, final int checksumOffset, final int gsoSize, final int transportHeaderLength)
    {
        final Destination to = destination;
        final NetworkInterface over = to.networkInterface;
        final int headers = EthernetHeader.LENGTH + to.headerLength();
        final int transportLength = frame.length() - headers;
        final int ipLength = frame.length() - EthernetHeader.LENGTH;
        final boolean isGso = gsoSize > 0 && transportLength - transportHeaderLength > gsoSize;
        if (ipLength > maxPacket(to) || !isStaged && !isGso && ipLength > over.mtu)
        {
            counters.increment(Counter.IP_TX_DROP_TOO_BIG);
            return;
        }

        final UnsafeBuffer buffer = frame.buffer();
        final boolean mayFragment = isStaged && ipLength > to.pathMtu;
        putHeaders(to, buffer, frame.offset(), ipLength, mayFragment);
        if (isStaged)
        {
            commitStaged(to, frame, checksumOffset, isGso);
            return;
        }

        final LinkCapabilities capabilities = over.capabilities();
        if (isGso)
        {
            if (frame.length() > capabilities.txGsoMaxBytes())
            {
                counters.increment(Counter.IP_TX_DROP_TOO_BIG);
                return;
            }
            frame.gso(gsoType(to.isV4), gsoSize, headers + transportHeaderLength);
        }
        if (checksumOffset >= 0)
        {
            final long pseudoSum = to.addressSum + protocol + transportLength;
            final int field = transportOffset + checksumOffset;
            if (isGso || capabilities.txChecksum())
            {
                BigEndian.putUint16(buffer, field, Checksum.fold(pseudoSum));
                frame.checksumPartial(headers, checksumOffset);
            }
            else
            {
                putChecksum(frame, headers, field, pseudoSum);
            }
        }
        counters.increment(Counter.IP_TX_PACKETS);
        over.link().commit(frame);
    }

    /**
     * Sends a complete packet to a neighbour whose address is known, cut to fragments if it is larger than the MTU.
     *
     * @param offset where the Ethernet header goes; its destination is filled in here.
     * @param length from the Ethernet header on.
     * @return false when the link was full before anything was sent.
     */
    boolean transmit(
        final Neighbour neighbour, final UnsafeBuffer buffer, final int offset, final int length, final int mtu)
    {
        BigEndian.putUint48(buffer, offset, neighbour.macAddress);
        final NetworkInterface over = neighbour.networkInterface;
        if (length - EthernetHeader.LENGTH > mtu)
        {
            return EthernetHeader.type(buffer, offset) == EthernetHeader.TYPE_IPV4 ?
                fragmentV4(over, buffer, offset, length, mtu) : fragmentV6(over, buffer, offset, length, mtu);
        }
        final TxFrame frame = over.link().claim(length, false);
        if (frame == null)
        {
            return false;
        }
        frame.buffer().putBytes(frame.offset(), buffer, offset, length);
        over.link().commit(frame);
        counters.increment(Counter.IP_TX_PACKETS);
        return true;
    }

    private void putHeaders(
        final Destination to,
        final UnsafeBuffer buffer,
        final int offset,
        final int ipLength,
        final boolean mayFragment)
    {
        final int at = offset + EthernetHeader.LENGTH;
        final NetworkInterface over = to.networkInterface;
        if (to.isV4)
        {
            EthernetHeader.put(buffer, offset, to.neighbour.macAddress, over.macAddress, EthernetHeader.TYPE_IPV4);
            // An atomic datagram needs no identification (RFC 6864); one that will be cut gets an unpredictable one.
            final int identificationAndFlags =
                mayFragment ? to.nextIdentification() << 16 : Ipv4Header.FLAG_DF;
            putHeaderV4(
                buffer, at, trafficClass, ipLength, identificationAndFlags, to.hopLimit << 8 | protocol,
                (int)to.sourceLo, (int)to.remoteLo);
        }
        else
        {
            EthernetHeader.put(buffer, offset, to.neighbour.macAddress, over.macAddress, EthernetHeader.TYPE_IPV6);
            putHeaderV6(
                buffer, at, trafficClass, ipLength - Ipv6Header.LENGTH, protocol, to.hopLimit,
                to.sourceHi, to.sourceLo, to.remoteHi, to.remoteLo);
        }
    }

    private static void putHeaderV4(
        final UnsafeBuffer buffer,
        final int at,
        final int typeOfService,
        final int totalLength,
        final int identificationAndFlags,
        final int ttlAndProtocol,
        final int source,
        final int remote)
    {
        final int first = 0x4500_0000 | (typeOfService & 0xFF) << 16 | totalLength;
        final long sum = (first & 0xFFFF_FFFFL) + (identificationAndFlags & 0xFFFF_FFFFL) +
            ((long)ttlAndProtocol << 16) + (source & 0xFFFF_FFFFL) + (remote & 0xFFFF_FFFFL);
        BigEndian.putInt32(buffer, at, first);
        BigEndian.putInt32(buffer, at + Ipv4Header.IDENTIFICATION_OFFSET, identificationAndFlags);
        BigEndian.putInt32(buffer, at + Ipv4Header.TTL_OFFSET, ttlAndProtocol << 16 | Checksum.finish(sum));
        BigEndian.putInt32(buffer, at + Ipv4Header.SOURCE_OFFSET, source);
        BigEndian.putInt32(buffer, at + Ipv4Header.DESTINATION_OFFSET, remote);
    }

    static void putHeaderV6(
        final UnsafeBuffer buffer,
        final int at,
        final int trafficClass,
        final int payloadLength,
        final int nextHeader,
        final int hopLimit,
        final long sourceHi,
        final long sourceLo,
        final long remoteHi,
        final long remoteLo)
    {
        BigEndian.putInt64(
            buffer, at,
            (6L << 28 | (trafficClass & 0xFFL) << 20) << 32 | (long)payloadLength << 16 | nextHeader << 8 | hopLimit);
        BigEndian.putInt64(buffer, at + Ipv6Header.SOURCE_OFFSET, sourceHi);
        BigEndian.putInt64(buffer, at + Ipv6Header.SOURCE_OFFSET + 8, sourceLo);
        BigEndian.putInt64(buffer, at + Ipv6Header.DESTINATION_OFFSET, remoteHi);
        BigEndian.putInt64(buffer, at + Ipv6Header.DESTINATION_OFFSET + 8, remoteLo);
    }

    private void putChecksum(final TxFrame frame, final int headers, final int field, final long pseudoSum)
    {
        final UnsafeBuffer buffer = frame.buffer();
        BigEndian.putUint16(buffer, field, 0);
        int position = frame.headLength() - headers;
        long sum = pseudoSum + Checksum.sum(buffer, frame.offset() + headers, position);
        for (int i = 0; i < frame.fragments(); i++)
        {
            final int length = frame.fragmentLength(i);
            final long part = Checksum.sum(frame.fragmentBuffer(i), frame.fragmentOffset(i), length);
            sum += Checksum.atPosition(part, position);
            position += length;
        }
        BigEndian.putUint16(
            buffer, field, protocol == ProtocolNumber.UDP ? Checksum.finishUdp(sum) : Checksum.finish(sum));
    }

    private TxFrame stage(final Destination to, final int head, final boolean gathered)
    {
        if (head > maxPacket(to) + EthernetHeader.LENGTH)
        {
            counters.increment(Counter.IP_TX_DROP_TOO_BIG);
            return null;
        }
        final boolean isLarge = gathered || head + WaitingPacket.OFFSET > ChunkPool.SMALL;
        if (stagedChunk != null && stagedChunk.capacity() > ChunkPool.SMALL != isLarge)
        {
            stagedChunk.release();
            stagedChunk = null;
        }
        if (stagedChunk == null)
        {
            stagedChunk = (isLarge ? largeChunks : smallChunks).acquire();
            if (stagedChunk == null)
            {
                counters.increment(Counter.NEIGHBOUR_TX_DROP_QUEUE_FULL);
                return null;
            }
        }
        isStaged = true;
        return stagedFrame.wrap(stagedChunk.buffer(), WaitingPacket.OFFSET, head);
    }

    private void commitStaged(
        final Destination to, final TxFrame frame, final int checksumOffset, final boolean isGso)
    {
        final UnsafeBuffer buffer = frame.buffer();
        final int length = frame.length();
        final Neighbour neighbour = to.neighbour;
        if (isGso)
        {
            // What waits is sent as plain frames. A connection that loses its next hop retransmits this anyway.
            counters.increment(Counter.NEIGHBOUR_TX_DROP_QUEUE_FULL);
            return;
        }
        if (protocol == ProtocolNumber.TCP && length - EthernetHeader.LENGTH > to.networkInterface.mtu)
        {
            counters.increment(Counter.IP_TX_DROP_TOO_BIG);
            return;
        }
        if (checksumOffset >= 0)
        {
            final int headers = EthernetHeader.LENGTH + to.headerLength();
            putChecksum(
                frame, headers, transportOffset + checksumOffset, to.addressSum + protocol + length - headers);
        }
        int at = frame.offset() + frame.headLength();
        for (int i = 0; i < frame.fragments(); i++)
        {
            buffer.putBytes(at, frame.fragmentBuffer(i), frame.fragmentOffset(i), frame.fragmentLength(i));
            at += frame.fragmentLength(i);
        }

        final int mtu = protocol == ProtocolNumber.TCP ? to.networkInterface.mtu : to.pathMtu;
        if (!neighbour.isResolved)
        {
            final Chunk chunk = stagedChunk;
            stagedChunk = null;
            ip.neighbours.enqueue(neighbour, chunk, length, mtu);
        }
        else if (!transmit(neighbour, buffer, frame.offset(), length, mtu))
        {
            counters.increment(Counter.IP_TX_DROP_LINK_FULL);
        }
    }

    private boolean fragmentV4(
        final NetworkInterface over, final UnsafeBuffer buffer, final int offset, final int length, final int mtu)
    {
        final int headers = EthernetHeader.LENGTH + Ipv4Header.MIN_LENGTH;
        final int header = offset + EthernetHeader.LENGTH;
        final int payload = length - headers;
        final int room = mtu - Ipv4Header.MIN_LENGTH & ~7;
        final int identification = BigEndian.getInt32(buffer, header + Ipv4Header.IDENTIFICATION_OFFSET) & 0xFFFF_0000;
        for (int at = 0; at < payload; at += room)
        {
            final int piece = Math.min(room, payload - at);
            final TxFrame frame = over.link().claim(headers + piece, false);
            if (frame == null)
            {
                return isGivenUp(at);
            }
            final UnsafeBuffer target = frame.buffer();
            target.putBytes(frame.offset(), buffer, offset, EthernetHeader.LENGTH);
            putHeaderV4(
                target,
                frame.offset() + EthernetHeader.LENGTH,
                BigEndian.getUint8(buffer, header + Ipv4Header.TYPE_OF_SERVICE_OFFSET),
                Ipv4Header.MIN_LENGTH + piece,
                identification | (at + piece < payload ? Ipv4Header.FLAG_MF : 0) | at >>> 3,
                BigEndian.getUint16(buffer, header + Ipv4Header.TTL_OFFSET),
                BigEndian.getInt32(buffer, header + Ipv4Header.SOURCE_OFFSET),
                BigEndian.getInt32(buffer, header + Ipv4Header.DESTINATION_OFFSET));
            target.putBytes(frame.offset() + headers, buffer, offset + headers + at, piece);
            over.link().commit(frame);
            counters.increment(Counter.IP_FRAGMENTS_TX);
        }
        counters.increment(Counter.IP_TX_PACKETS);
        return true;
    }

    private boolean fragmentV6(
        final NetworkInterface over, final UnsafeBuffer buffer, final int offset, final int length, final int mtu)
    {
        final int unfragmentable = EthernetHeader.LENGTH + Ipv6Header.LENGTH;
        final int headers = unfragmentable + Ipv6Extension.FRAGMENT_HEADER_LENGTH;
        final int payload = length - unfragmentable;
        final int room = mtu - Ipv6Header.LENGTH - Ipv6Extension.FRAGMENT_HEADER_LENGTH & ~7;
        final int nextHeader = Ipv6Header.nextHeader(buffer, offset + EthernetHeader.LENGTH);
        final int identification = ip.random.nextInt();
        for (int at = 0; at < payload; at += room)
        {
            final int piece = Math.min(room, payload - at);
            final TxFrame frame = over.link().claim(headers + piece, false);
            if (frame == null)
            {
                return isGivenUp(at);
            }
            final UnsafeBuffer target = frame.buffer();
            final int header = frame.offset() + EthernetHeader.LENGTH;
            target.putBytes(frame.offset(), buffer, offset, unfragmentable);
            BigEndian.putUint16(
                target, header + Ipv6Header.PAYLOAD_LENGTH_OFFSET, Ipv6Extension.FRAGMENT_HEADER_LENGTH + piece);
            BigEndian.putUint8(target, header + Ipv6Header.NEXT_HEADER_OFFSET, ProtocolNumber.FRAGMENT);
            Ipv6Extension.putFragment(
                target, header + Ipv6Header.LENGTH, nextHeader, at, at + piece < payload, identification);
            target.putBytes(frame.offset() + headers, buffer, offset + unfragmentable + at, piece);
            over.link().commit(frame);
            counters.increment(Counter.IP_FRAGMENTS_TX);
        }
        counters.increment(Counter.IP_TX_PACKETS);
        return true;
    }

    /** The link was full. Without its first fragments the rest is useless; before them the packet can still wait. */
    private boolean isGivenUp(final int sent)
    {
        if (sent > 0)
        {
            counters.increment(Counter.IP_TX_DROP_LINK_FULL);
        }
        return sent > 0;
    }

    /** IPv4's length field counts the header, IPv6's does not. */
    private static int maxPacket(final Destination to)
    {
        return to.isV4 ? MAX_PACKET : MAX_PACKET + Ipv6Header.LENGTH;
    }

    private static int gsoType(final boolean isV4)
    {
        return isV4 ? RxFrame.GSO_TCPV4 : RxFrame.GSO_TCPV6;
    }
}
