package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.Chunk;
import io.pnet.link.ChunkPool;
import io.pnet.link.RxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Puts fragments together (RFC 791 section 3.2, RFC 8200 section 4.5), within bounds: so many packets at a time, so
 * much work per fragment, so many seconds.
 *
 * <p>What has arrived of a packet is a short list of byte ranges that do not touch. A fragment that lies wholly in one
 * of them is a duplicate and ignored; one that overlaps in part condemns the whole packet (RFC 5722, and for IPv4 as
 * well, because overlaps serve attacks only). When all slots are taken the packet that has waited longest gives way.
 */
final class Reassembler
{
    static final long TIMEOUT_V4_NS = 30_000_000_000L;
    static final long TIMEOUT_V6_NS = 60_000_000_000L;
    /** Gaps a packet may have plus one; more come from attacks or from reordering that has no use for reassembly. */
    static final int MAX_RANGES = 64;

    /** Where data starts in a chunk; the IP header is put in front of it. */
    private static final int DATA_OFFSET = 128;
    private static final int MAX_PACKET = 65_535;
    private static final int ECN_MASK = 3;
    private static final int ECN_CE = 3;
    /** In a set of codepoints: packets that are not ECN-capable, and marked ones. */
    private static final int HAS_NOT_ECT = 1;
    private static final int HAS_CE = 1 << ECN_CE;

    /** One packet of which fragments have arrived. */
    private static final class Partial
    {
        final int[] starts = new int[MAX_RANGES];
        final int[] ends = new int[MAX_RANGES];
        long sourceHi;
        long sourceLo;
        long destinationHi;
        long destinationLo;
        int identification;
        int protocol;
        NetworkInterface networkInterface;
        Chunk chunk;
        int ranges;
        int fragments;
        /** Bytes of data altogether; -1: the last fragment has not come. */
        int totalLength;
        int headerLength;
        int trafficClass;
        int hopLimit;
        boolean hasFirst;
        boolean isUnicast;
        /** ECN codepoints seen, one bit each. */
        int codepoints;
        long deadlineNs;
        long receivedNs;
        /** Counts up from packet to packet. */
        long serial;
    }

    private final Ip ip;
    private final Counters counters;
    private final ChunkPool chunks;
    private final RxFrame reassembledFrame = new RxFrame();
    private Partial[] active = new Partial[8];
    private int size;
    private final int capacity;
    private int freeCount;
    private final Partial[] freeList;
    private long nextDeadlineNs = Long.MAX_VALUE;
    private int waiting;
    private long created;

    Reassembler(final Ip ip)
    {
        this.ip = ip;
        this.counters = ip.counters;
        this.chunks = new ChunkPool(ChunkPool.LARGE, ip.settings.reassemblyBytes);
        this.capacity = Math.max(1, ip.settings.reassemblyBytes / ChunkPool.LARGE);
        this.freeList = new Partial[capacity];
    }

    /**
     * Takes one fragment.
     *
     * @param packet the fragment, its {@code offset} and {@code length} being the fragment's data. When the fragment
     *               completes its packet this is re-pointed at the whole, which is to be {@link #release() released}.
     * @return whether the packet is complete.
     */
    boolean onFragment(
        final IpPacket packet, final int identification, final int fragmentOffset, final boolean isMore)
    {
        final int end = fragmentOffset + packet.length;
        final int headerLength = packet.isV4() ? Ipv4Header.headerLength(packet.buffer, packet.networkOffset) : 0;
        if (packet.length <= 0 || (isMore && (packet.length & 7) != 0) || end + headerLength > MAX_PACKET)
        {
            counters.increment(Counter.IP_RX_DROP_FRAGMENT_MALFORMED);
            return false;
        }
        int index = find(packet, identification);
        if (index < 0)
        {
            index = create(packet, identification);
            if (index < 0)
            {
                counters.increment(Counter.IP_RX_DROP_FRAGMENT_NO_MEMORY);
                return false;
            }
        }
        final Partial partial = active[index];
        if (partial.totalLength >= 0 && (end > partial.totalLength || (!isMore && end != partial.totalLength)) ||
            !isMore && partial.ranges > 0 && partial.ends[partial.ranges - 1] > end)
        {
            // Two ends of one packet, or data behind its end.
            counters.increment(Counter.IP_RX_DROP_FRAGMENT_OVERLAP);
            drop(index, Counter.IP_RX_DROP_FRAGMENT_OVERLAP);
            return false;
        }

        final Counter refusal = insert(partial, fragmentOffset, end);
        if (refusal != null)
        {
            counters.increment(refusal);
            if (refusal != Counter.IP_RX_DROP_FRAGMENT_DUPLICATE)
            {
                drop(index, refusal);
            }
            return false;
        }
        counters.increment(Counter.IP_FRAGMENTS_RX);
        take(partial, packet, fragmentOffset, isMore, end);
        if (partial.totalLength < 0 || partial.ranges != 1 || partial.ends[0] != partial.totalLength ||
            partial.starts[0] != 0)
        {
            counters.set(Counter.IP_FRAGMENTS_WAITING, ++waiting);
            return false;
        }
        if ((partial.codepoints & (HAS_NOT_ECT | HAS_CE)) == (HAS_NOT_ECT | HAS_CE))
        {
            // Neither may the mark be lost, nor set on what is not ECN-capable (RFC 3168 section 5.3).
            waiting++;
            drop(index, Counter.IP_RX_DROP_FRAGMENT_ECN);
            return false;
        }
        complete(index, partial, packet);
        return true;
    }

    /** The packet that was completed has been delivered; what nobody took over is free again. */
    void release()
    {
        final Chunk chunk = reassembledFrame.takeChunk();
        if (chunk != null)
        {
            chunk.release();
        }
    }

    /** Packets that wait for fragments: as many as there may be, each of at most {@value #MAX_RANGES} ranges. */
    int packets()
    {
        return size;
    }

    int capacity()
    {
        return capacity;
    }

    int chunksInUse()
    {
        return chunks.inUse();
    }

    long nextDeadlineNs()
    {
        return nextDeadlineNs;
    }

    int onTimers(final long nowNs)
    {
        if (nowNs < nextDeadlineNs)
        {
            return 0;
        }
        int expired = 0;
        nextDeadlineNs = Long.MAX_VALUE;
        for (int i = size - 1; i >= 0; i--)
        {
            final Partial partial = active[i];
            if (partial.deadlineNs <= nowNs)
            {
                expired++;
                if (partial.hasFirst && partial.isUnicast)
                {
                    sendTimeExceeded(partial);
                }
                drop(i, Counter.IP_RX_DROP_FRAGMENT_TIMEOUT);
            }
            else
            {
                nextDeadlineNs = Math.min(nextDeadlineNs, partial.deadlineNs);
            }
        }
        return expired;
    }

    private int find(final IpPacket packet, final int identification)
    {
        for (int i = 0; i < size; i++)
        {
            final Partial partial = active[i];
            if (partial.identification == identification &&
                partial.sourceLo == packet.sourceLo && partial.sourceHi == packet.sourceHi &&
                partial.destinationLo == packet.destinationLo && partial.destinationHi == packet.destinationHi &&
                // RFC 8200: the protocol is not part of IPv6's key.
                (partial.protocol == packet.protocol || !packet.isV4()) &&
                partial.networkInterface == packet.networkInterface)
            {
                return i;
            }
        }
        return -1;
    }

    private int create(final IpPacket packet, final int identification)
    {
        if (size == capacity)
        {
            drop(oldest(), Counter.IP_RX_DROP_FRAGMENT_NO_MEMORY);
        }
        final Chunk chunk = chunks.acquire();
        if (chunk == null)
        {
            return -1;
        }
        final Partial partial = freeCount > 0 ? freeList[--freeCount] : new Partial();
        partial.sourceHi = packet.sourceHi;
        partial.sourceLo = packet.sourceLo;
        partial.destinationHi = packet.destinationHi;
        partial.destinationLo = packet.destinationLo;
        partial.identification = identification;
        partial.protocol = packet.protocol;
        partial.networkInterface = packet.networkInterface;
        partial.chunk = chunk;
        partial.ranges = 0;
        partial.fragments = 0;
        partial.totalLength = -1;
        partial.hasFirst = false;
        partial.isUnicast = packet.isUnicast;
        partial.codepoints = 0;
        partial.serial = created++;
        partial.deadlineNs = ip.nowNs + (packet.isV4() ? TIMEOUT_V4_NS : TIMEOUT_V6_NS);
        nextDeadlineNs = Math.min(nextDeadlineNs, partial.deadlineNs);
        if (size == active.length)
        {
            active = java.util.Arrays.copyOf(active, size * 2);
        }
        active[size] = partial;
        return size++;
    }

    /** Adds a range, merging it with those it touches; returns the reason if it must not be added. */
    private static Counter insert(final Partial partial, final int start, final int end)
    {
        final int[] starts = partial.starts;
        final int[] ends = partial.ends;
        int at = partial.ranges;
        // From the back: fragments mostly come in order.
        while (at > 0 && starts[at - 1] > start)
        {
            at--;
        }
        // Now the range before "at" starts at or below us, the one at "at" above us.
        if (at > 0 && ends[at - 1] > start)
        {
            return ends[at - 1] >= end ? Counter.IP_RX_DROP_FRAGMENT_DUPLICATE : Counter.IP_RX_DROP_FRAGMENT_OVERLAP;
        }
        if (at < partial.ranges && starts[at] < end)
        {
            return Counter.IP_RX_DROP_FRAGMENT_OVERLAP;
        }
        final boolean touchesBefore = at > 0 && ends[at - 1] == start;
        final boolean touchesAfter = at < partial.ranges && starts[at] == end;
        if (touchesBefore && touchesAfter)
        {
            ends[at - 1] = ends[at];
            System.arraycopy(starts, at + 1, starts, at, partial.ranges - at - 1);
            System.arraycopy(ends, at + 1, ends, at, partial.ranges - at - 1);
            partial.ranges--;
        }
        else if (touchesBefore)
        {
            ends[at - 1] = end;
        }
        else if (touchesAfter)
        {
            starts[at] = start;
        }
        else
        {
            if (partial.ranges == MAX_RANGES)
            {
                return Counter.IP_RX_DROP_FRAGMENT_NO_MEMORY;
            }
            System.arraycopy(starts, at, starts, at + 1, partial.ranges - at);
            System.arraycopy(ends, at, ends, at + 1, partial.ranges - at);
            starts[at] = start;
            ends[at] = end;
            partial.ranges++;
        }
        return null;
    }

    private static void take(
        final Partial partial,
        final IpPacket packet,
        final int fragmentOffset,
        final boolean isMore,
        final int end)
    {
        final UnsafeBuffer data = partial.chunk.buffer();
        data.putBytes(DATA_OFFSET + fragmentOffset, packet.buffer, packet.offset, packet.length);
        partial.fragments++;
        partial.codepoints |= 1 << (packet.trafficClass & ECN_MASK);
        partial.isUnicast &= packet.isUnicast;
        partial.receivedNs = packet.receivedNs;
        if (!isMore)
        {
            partial.totalLength = end;
        }
        if (fragmentOffset == 0)
        {
            partial.hasFirst = true;
            partial.protocol = packet.protocol;
            partial.trafficClass = packet.trafficClass;
            partial.hopLimit = packet.hopLimit;
            partial.headerLength = packet.isV4() ?
                Ipv4Header.headerLength(packet.buffer, packet.networkOffset) : Ipv6Header.LENGTH;
            data.putBytes(
                DATA_OFFSET - partial.headerLength, packet.buffer, packet.networkOffset, partial.headerLength);
            if (!packet.isV4())
            {
                // No Fragment header is kept, nor what came before it: the header names what follows it here.
                data.putByte(
                    DATA_OFFSET - Ipv6Header.LENGTH + Ipv6Header.NEXT_HEADER_OFFSET, (byte)packet.protocol);
            }
        }
    }

    private void complete(final int index, final Partial partial, final IpPacket packet)
    {
        final UnsafeBuffer buffer = partial.chunk.buffer();
        final int header = DATA_OFFSET - partial.headerLength;
        if (packet.isV4())
        {
            BigEndian.putUint16(
                buffer, header + Ipv4Header.TOTAL_LENGTH_OFFSET, partial.headerLength + partial.totalLength);
            BigEndian.putUint16(buffer, header + Ipv4Header.FLAGS_FRAGMENT_OFFSET, 0);
        }
        else
        {
            BigEndian.putUint16(buffer, header + Ipv6Header.PAYLOAD_LENGTH_OFFSET, partial.totalLength);
        }
        packet.buffer = buffer;
        packet.networkOffset = header;
        packet.offset = DATA_OFFSET;
        packet.length = partial.totalLength;
        packet.protocol = partial.protocol;
        packet.hopLimit = partial.hopLimit;
        packet.trafficClass = partial.trafficClass | ((partial.codepoints & HAS_CE) != 0 ? ECN_CE : 0);
        packet.checksum = RxFrame.CHECKSUM_UNKNOWN;
        packet.gsoSize = 0;
        packet.isUnicast = partial.isUnicast;
        packet.isReassembled = true;
        packet.receivedNs = partial.receivedNs;
        packet.frame = reassembledFrame
            .wrap(buffer, header, partial.headerLength + partial.totalLength)
            .chunk(partial.chunk);

        counters.increment(Counter.IP_REASSEMBLED);
        counters.add(Counter.IP_FRAGMENTS_MERGED, partial.fragments - 1);
        waiting -= partial.fragments - 1;
        counters.set(Counter.IP_FRAGMENTS_WAITING, waiting);
        partial.chunk = null;
        remove(index);
    }

    /** Every fragment that was held is counted as dropped for this reason. */
    private void drop(final int index, final Counter reason)
    {
        final Partial partial = active[index];
        counters.add(reason, partial.fragments);
        waiting -= partial.fragments;
        counters.set(Counter.IP_FRAGMENTS_WAITING, waiting);
        partial.chunk.release();
        partial.chunk = null;
        remove(index);
    }

    private void remove(final int index)
    {
        freeList[freeCount++] = active[index];
        size--;
        active[index] = active[size];
        active[size] = null;
    }

    /** Not by the deadline, which is nearer for IPv4: a flood over IPv6 would have every IPv4 packet given up first. */
    private int oldest()
    {
        int oldest = 0;
        for (int i = 1; i < size; i++)
        {
            if (active[i].serial < active[oldest].serial)
            {
                oldest = i;
            }
        }
        return oldest;
    }

    /** Fragment reassembly time exceeded (RFC 792, RFC 4443 section 3.3), quoting the first fragment. */
    private void sendTimeExceeded(final Partial partial)
    {
        final IpPacket packet = ip.packet;
        packet.buffer = partial.chunk.buffer();
        packet.networkOffset = DATA_OFFSET - partial.headerLength;
        packet.offset = DATA_OFFSET;
        packet.length = partial.ends[0];
        packet.protocol = partial.protocol;
        packet.sourceHi = partial.sourceHi;
        packet.sourceLo = partial.sourceLo;
        packet.destinationHi = partial.destinationHi;
        packet.destinationLo = partial.destinationLo;
        packet.isUnicast = true;
        packet.networkInterface = partial.networkInterface;
        ip.icmpErrors.sendReassemblyTimeExceeded(packet);
    }
}
