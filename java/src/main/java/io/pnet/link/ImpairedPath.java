package io.pnet.link;

import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.SplittableRandom;

/**
 * One direction of an {@link Impairment}: single MTU-sized, checksum-complete frames go in at a time, and come out when
 * they are due, or never.
 *
 * <p>A frame meets, in this order: black-out, MTU, burst, loss, duplication, corruption, rate and queue, delay and
 * jitter (which keep the order, so the line is a ring), reordering. The decisions are drawn before time and queue have
 * a say, so with one seed the same frames are lost, doubled, damaged and held back whatever the timing.
 */
final class ImpairedPath
{
    /** How long a frame is held back at most when nothing follows that could overtake it. */
    static final long MAX_HOLD_NS = 50_000_000L;

    private static final long LATE_NS = 1_000_000L;
    private static final int WIRE_OVERHEAD = 24;
    private static final int MIN_FRAME = 60;
    private static final int MAX_BURST_BITS = 15;

    /** A frame inside. */
    private static final class Entry
    {
        Chunk chunk;
        int length;
        int vlanTci;
        long dueNs;
        /** How many frames it lets pass, and until when at most. */
        int behind;
        long holdUntilNs;
    }

    private final ImpairmentSpec.Direction spec;
    private final SplittableRandom random;
    private final ChunkPool smallChunks;
    private final ChunkPool largeChunks;
    private final ImpairmentCounts counts = new ImpairmentCounts();
    private Entry[] line = entries(256);
    private int head;
    private int size;
    private Entry[] held = entries(64);
    private int heldCount;
    private int burstLeft;
    private ImpairedPath reverse;
    private long beganNs = Long.MIN_VALUE;
    private long busyUntilNs = Long.MIN_VALUE;
    /** What the last serialisation time lost by rounding, in ns times bits a second. */
    private long remainder;
    private long lastDueNs = Long.MIN_VALUE;
    private long lastReleaseNs;
    private int outLength;
    private int outVlanTci;

    ImpairedPath(
        final ImpairmentSpec.Direction spec,
        final SplittableRandom random,
        final ChunkPool smallChunks,
        final ChunkPool largeChunks)
    {
        this.spec = spec;
        this.random = random;
        this.smallChunks = smallChunks;
        this.largeChunks = largeChunks;
    }

    /** Joins the two directions of one wire: answers to what is too large go back by the other. */
    static void join(final ImpairedPath a, final ImpairedPath b)
    {
        a.reverse = b;
        b.reverse = a;
    }

    /** Whether frames are to be put through this path: for what is done to them, or for the other's answers. */
    boolean isActive()
    {
        return spec.isActive() || reverse.spec.mtuIcmp();
    }

    ImpairmentCounts counts()
    {
        return counts;
    }

    /** Memory for one frame; null when there is none. */
    Chunk acquire(final int length)
    {
        Chunk chunk = length <= smallChunks.chunkCapacity() ? smallChunks.acquire() : null;
        if (chunk == null && length <= largeChunks.chunkCapacity())
        {
            chunk = largeChunks.acquire();
        }
        return chunk;
    }

    void countMalformed(final int frames)
    {
        counts.frames += frames;
        counts.malformed += frames;
    }

    void countNoMemory(final int frames)
    {
        counts.frames += frames;
        counts.noMemory += frames;
    }

    /** Takes one frame, in a chunk that is the path's from now on. */
    void offer(final Chunk chunk, final int length, final int vlanTci, final long nowNs)
    {
        counts.frames++;
        final boolean isLost = random.nextDouble() < spec.loss();
        final boolean startsBurst = random.nextDouble() < spec.burst();
        final boolean isDuplicated = random.nextDouble() < spec.dup();

        if (beganNs == Long.MIN_VALUE)
        {
            beganNs = nowNs;
            reverse.beganNs = nowNs;
        }
        if (spec.blackout().isAt(nowNs - beganNs))
        {
            counts.blackedOut++;
            chunk.release();
            return;
        }
        if (spec.mtu() != 0 && length - EthernetHeader.LENGTH > spec.mtu())
        {
            counts.tooLarge++;
            if (spec.mtuIcmp())
            {
                answer(chunk.buffer(), length, vlanTci, nowNs);
            }
            chunk.release();
            return;
        }
        if (startsBurst && burstLeft == 0)
        {
            burstLeft = random.nextInt(spec.burstMin(), spec.burstMax() + 1);
        }
        if (burstLeft > 0)
        {
            burstLeft--;
            counts.burstLost++;
            chunk.release();
            return;
        }
        if (isLost)
        {
            counts.lost++;
            chunk.release();
            return;
        }

        Chunk copy = null;
        if (isDuplicated)
        {
            counts.duplicated++;
            copy = acquire(length);
            if (copy == null)
            {
                counts.noMemory++;
            }
            else
            {
                copy.buffer().putBytes(0, chunk.buffer(), 0, length);
            }
        }
        enqueue(chunk, length, vlanTci, nowNs);
        if (copy != null)
        {
            enqueue(copy, length, vlanTci, nowNs);
        }
    }

    /** When the next frame leaves, or {@link Link#NO_DEADLINE}. */
    long nextDueNs()
    {
        long dueNs = size > 0 ? line[head].dueNs : Link.NO_DEADLINE;
        for (int i = 0; i < heldCount; i++)
        {
            dueNs = Math.min(dueNs, held[i].behind <= 0 ? Long.MIN_VALUE : held[i].holdUntilNs);
        }
        return dueNs == Long.MIN_VALUE ? lastReleaseNs : dueNs;
    }

    /** Takes out the next frame that is due; null when there is none. The chunk is the caller's. */
    Chunk release(final long nowNs)
    {
        lastReleaseNs = nowNs;
        for (int i = 0; i < heldCount; i++)
        {
            if (held[i].behind <= 0 || held[i].holdUntilNs <= nowNs)
            {
                return releaseHeld(i);
            }
        }
        while (size > 0 && line[head].dueNs <= nowNs)
        {
            final Entry entry = line[head];
            if (entry.behind == 0)
            {
                for (int i = 0; i < heldCount; i++)
                {
                    held[i].behind--;
                }
                countLate(nowNs - entry.dueNs);
                return out(pop());
            }
            hold(pop());
        }
        return null;
    }

    /** Length of the frame that {@link #release} gave last. */
    int releasedLength()
    {
        return outLength;
    }

    /** VLAN tag of the frame that {@link #release} gave last; -1: none. */
    int releasedVlanTci()
    {
        return outVlanTci;
    }

    /** Throws away what waits. */
    void close()
    {
        while (size > 0)
        {
            final Entry entry = pop();
            entry.chunk.release();
            entry.chunk = null;
        }
        for (int i = 0; i < heldCount; i++)
        {
            held[i].chunk.release();
            held[i].chunk = null;
        }
        heldCount = 0;
    }

    private void enqueue(final Chunk chunk, final int length, final int vlanTci, final long nowNs)
    {
        final boolean isCorrupted = random.nextDouble() < spec.corrupt();
        final boolean isReordered = random.nextDouble() < spec.reorder();
        if (isCorrupted)
        {
            counts.corrupted++;
            corrupt(chunk.buffer(), length);
        }
        int behind = 0;
        long holdNs = 0;
        if (isReordered)
        {
            final boolean isTimed = spec.holdMaxNs() != 0;
            behind = isTimed ? Integer.MAX_VALUE : random.nextInt(spec.reorderMin(), spec.reorderMax() + 1);
            holdNs = isTimed ? random.nextLong(spec.holdMinNs(), spec.holdMaxNs() + 1) : MAX_HOLD_NS;
        }
        final long jitterNs = spec.jitterNs() == 0 ? 0 : random.nextLong(-spec.jitterNs(), spec.jitterNs() + 1);

        long departureNs = nowNs;
        if (spec.rate() != 0)
        {
            final long startNs = Math.max(nowNs, busyUntilNs);
            final double waitingBytes = (startNs - nowNs) * (double)spec.rate() / 8e9;
            final int wireBytes = Math.max(length, MIN_FRAME) + WIRE_OVERHEAD;
            if (waitingBytes + wireBytes > spec.queue())
            {
                counts.queueDrops++;
                chunk.release();
                return;
            }
            final long scaledNs = wireBytes * 8_000_000_000L + (startNs > nowNs ? remainder : 0);
            departureNs = startNs + scaledNs / spec.rate();
            remainder = scaledNs % spec.rate();
            busyUntilNs = departureNs;
        }
        if (isReordered)
        {
            counts.reordered++;
        }
        lastDueNs = Math.max(lastDueNs, departureNs + Math.max(0, spec.delayNs() + jitterNs));

        if (size == line.length)
        {
            grow();
        }
        final Entry entry = line[(head + size++) & line.length - 1];
        entry.chunk = chunk;
        entry.length = length;
        entry.vlanTci = vlanTci;
        entry.dueNs = lastDueNs;
        entry.behind = behind;
        entry.holdUntilNs = lastDueNs + holdNs;
        counts.waiting++;
    }

    /** Tells the sender what fits; the answer is a frame of the other direction like any other. */
    private void answer(final UnsafeBuffer frame, final int length, final int vlanTci, final long nowNs)
    {
        final int answerLength = TooBigAnswer.length(frame, length);
        if (answerLength > 0)
        {
            final Chunk answer = reverse.acquire(answerLength);
            if (answer == null)
            {
                reverse.countNoMemory(1);
                return;
            }
            counts.answered++;
            TooBigAnswer.write(frame, spec.mtu(), answer.buffer(), answerLength);
            reverse.offer(answer, answerLength, vlanTci, nowNs);
        }
    }

    /** Flips one bit, or a burst of 2 to 15 bits of which the first and the last are flipped, in the IP packet. */
    private void corrupt(final UnsafeBuffer buffer, final int length)
    {
        final int bits = (packetEnd(buffer, length) - EthernetHeader.LENGTH) * 8;
        final int wanted = random.nextBoolean() ? 1 : random.nextInt(2, MAX_BURST_BITS + 1);
        final int pattern = random.nextInt(1 << MAX_BURST_BITS);
        final int burst = Math.min(wanted, bits);
        if (burst <= 0)
        {
            return;
        }
        final int first = random.nextInt(bits - burst + 1);
        for (int i = 0; i < burst; i++)
        {
            if (i == 0 || i == burst - 1 || (pattern >>> i & 1) != 0)
            {
                final int bit = first + i;
                final int at = EthernetHeader.LENGTH + (bit >>> 3);
                buffer.putByte(at, (byte)(buffer.getByte(at) ^ 0x80 >>> (bit & 7)));
            }
        }
    }

    /** Where the packet ends that the frame carries: padding behind it is nobody's loss. */
    private static int packetEnd(final UnsafeBuffer buffer, final int length)
    {
        if (length < EthernetHeader.LENGTH + Ipv4Header.MIN_LENGTH)
        {
            return length;
        }
        switch (EthernetHeader.type(buffer, 0))
        {
            case EthernetHeader.TYPE_IPV4:
                return Math.min(length, EthernetHeader.LENGTH + Ipv4Header.totalLength(buffer, EthernetHeader.LENGTH));

            case EthernetHeader.TYPE_IPV6:
                return Math.min(length, EthernetHeader.LENGTH + Ipv6Header.LENGTH +
                    Ipv6Header.payloadLength(buffer, EthernetHeader.LENGTH));

            default:
                return length;
        }
    }

    private void hold(final Entry entry)
    {
        if (heldCount == held.length)
        {
            final Entry[] larger = entries(2 * heldCount);
            System.arraycopy(held, 0, larger, 0, heldCount);
            held = larger;
        }
        final Entry slot = held[heldCount++];
        slot.chunk = entry.chunk;
        slot.length = entry.length;
        slot.vlanTci = entry.vlanTci;
        slot.dueNs = entry.dueNs;
        slot.behind = entry.behind;
        slot.holdUntilNs = entry.holdUntilNs;
        entry.chunk = null;
    }

    private Chunk releaseHeld(final int index)
    {
        final Entry entry = held[index];
        System.arraycopy(held, index + 1, held, index, --heldCount - index);
        held[heldCount] = entry;
        return out(entry);
    }

    private Entry pop()
    {
        final Entry entry = line[head];
        head = head + 1 & line.length - 1;
        size--;
        return entry;
    }

    private void countLate(final long lateNs)
    {
        counts.maxLateNs = Math.max(counts.maxLateNs, lateNs);
        if (lateNs > LATE_NS)
        {
            counts.late++;
        }
    }

    private Chunk out(final Entry entry)
    {
        final Chunk chunk = entry.chunk;
        entry.chunk = null;
        outLength = entry.length;
        outVlanTci = entry.vlanTci;
        counts.passed++;
        counts.waiting--;
        return chunk;
    }

    private void grow()
    {
        final Entry[] larger = entries(2 * size);
        for (int i = 0; i < size; i++)
        {
            larger[i] = line[(head + i) & line.length - 1];
        }
        line = larger;
        head = 0;
    }

    private static Entry[] entries(final int count)
    {
        final Entry[] entries = new Entry[count];
        for (int i = 0; i < count; i++)
        {
            entries[i] = new Entry();
        }
        return entries;
    }
}
