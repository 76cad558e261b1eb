package io.pnet.tcp;

import io.pnet.link.ChunkPool;
import io.pnet.link.TxFrame;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The stores of a connection against plain models, and the ones that two threads share with two threads. */
final class StoresTest
{
    private final ChunkPool large = new ChunkPool(ChunkPool.LARGE, 64L << 20);
    private final ChunkPool small = new ChunkPool(ChunkPool.SMALL, 16L << 20);

    private final ReleaseQueue released = new ReleaseQueue();

    private static byte byteAt(final long offset)
    {
        return (byte)(offset * 0x9E3779B97F4A7C15L >>> 56);
    }

    private static UnsafeBuffer stream(final long offset, final int length)
    {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Math.max(1, length)]);
        for (int i = 0; i < length; i++)
        {
            buffer.putByte(i, byteAt(offset + i));
        }
        return buffer;
    }

    private static void check(final UnsafeBuffer buffer, final int at, final long offset, final int length)
    {
        for (int i = 0; i < length; i++)
        {
            if (buffer.getByte(at + i) != byteAt(offset + i))
            {
                throw new AssertionError("wrong byte at " + (offset + i));
            }
        }
    }

    private void assertPoolsAreFull()
    {
        released.releaseAll();
        assertEquals(0, large.inUse());
        assertEquals(0, small.inUse());
    }

    private SendBuffer sendBuffer(final ChunkPool large, final ChunkPool small, final int limit)
    {
        final TcpSettings settings = new TcpSettings();
        settings.sendBufferBytes = limit;
        return new SendBuffer(large, small, released, settings, new MemoryBudget(1L << 40));
    }

    // ---- send buffer

    @ParameterizedTest
    @ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 })
    void theSendBufferGivesBackWhatWasWritten(final long seed)
    {
        final SplittableRandom random = new SplittableRandom(seed);
        final int limit = 1 << random.nextInt(10, 21);
        final SendBuffer buffer = sendBuffer(large, small, limit);
        final UnsafeBuffer target = new UnsafeBuffer(new byte[1 << 17]);
        final TxFrame frame = new TxFrame();
        long written = 0;
        long acknowledged = 0;
        for (int step = 0; step < 5_000; step++)
        {
            switch (random.nextInt(5))
            {
                case 0:
                    final int length = random.nextInt(1 << random.nextInt(1, 17));
                    final int expected = (int)Math.min(length, limit - (written - acknowledged));
                    assertEquals(expected, buffer.write(stream(written, length), 0, length));
                    written += expected;
                    break;
                case 1:
                    final int claimed = 1 + random.nextInt(1 << random.nextInt(1, 17)) % 65_000;
                    final int at = buffer.claim(claimed);
                    assertEquals(claimed > limit - (written - acknowledged), at == SendBuffer.NO_ROOM);
                    if (at >= 0)
                    {
                        final int committed = random.nextInt(claimed + 1);
                        buffer.claimBuffer().putBytes(at, stream(written, committed), 0, committed);
                        buffer.commit(committed);
                        written += committed;
                    }
                    break;
                case 2:
                case 3:
                    if (written > acknowledged)
                    {
                        final long from = acknowledged + random.nextLong(written - acknowledged);
                        final int n = (int)Math.min(random.nextInt(1, 1 << 16), written - from);
                        buffer.copyTo(target, 5, from, n);
                        check(target, 5, from, n);
                        frame.wrap(target, 0, 0);
                        final int appended = buffer.appendTo(frame, from, n);
                        assertEquals(n, appended, "a frame of 64 KiB never lies in more pieces than it takes");
                        frame.copyTo(target, 0);
                        check(target, 0, from, n);
                    }
                    break;
                default:
                    acknowledged += random.nextBoolean() ? written - acknowledged :
                        random.nextLong(written - acknowledged + 1);
                    buffer.acknowledge(acknowledged);
                    if (acknowledged == written)
                    {
                        assertPoolsAreFull();
                    }
                    break;
            }
            assertEquals(written - acknowledged, buffer.pending());
            assertEquals(limit - (written - acknowledged), buffer.room());
        }
        buffer.release();
        assertPoolsAreFull();
        assertEquals(0, buffer.write(stream(0, 10), 0, 10));
    }

    @Test
    void aSendBufferWithoutMemoryTakesNothing()
    {
        final SendBuffer buffer = sendBuffer(
            new ChunkPool(ChunkPool.LARGE, 1), new ChunkPool(ChunkPool.SMALL, 1), 1 << 20);
        final int taken = buffer.write(stream(0, 200_000), 0, 200_000);
        assertTrue(taken > 0 && taken < 70_000, () -> "took " + taken);
        assertEquals(0, buffer.write(stream(0, 10), 0, 10) > 10 ? 1 : 0);
        buffer.acknowledge(taken);
    }

    @Test
    @Timeout(60)
    void theSendBufferCarriesBytesFromThreadToThread() throws InterruptedException
    {
        final long total = 64L << 20;
        final SendBuffer buffer = sendBuffer(large, small, 300_000);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread producer = new Thread(() ->
        {
            final SplittableRandom random = new SplittableRandom(1);
            final UnsafeBuffer block = new UnsafeBuffer(new byte[1 << 16]);
            long at = 0;
            while (at < total && failure.get() == null)
            {
                final int n = (int)Math.min(total - at, random.nextInt(1, 1 << random.nextInt(1, 17)));
                if (random.nextInt(4) == 0)
                {
                    final int claimed = buffer.claim(Math.min(n, 60_000));
                    if (claimed >= 0)
                    {
                        fill(buffer.claimBuffer(), claimed, at, Math.min(n, 60_000));
                        buffer.commit(Math.min(n, 60_000));
                        at += Math.min(n, 60_000);
                    }
                }
                else
                {
                    final int m = Math.min(n, block.capacity());
                    fill(block, 0, at, m);
                    at += buffer.write(block, 0, m);
                }
            }
        });
        producer.start();
        try
        {
            final SplittableRandom random = new SplittableRandom(2);
            final UnsafeBuffer target = new UnsafeBuffer(new byte[1 << 16]);
            long acknowledged = 0;
            while (acknowledged < total)
            {
                final int n = (int)Math.min(buffer.written() - acknowledged, target.capacity());
                if (n > 0)
                {
                    buffer.copyTo(target, 0, acknowledged, n);
                    checkLongs(target, acknowledged, n);
                    acknowledged += random.nextInt(4) == 0 ? random.nextInt(n + 1) : n;
                    buffer.acknowledge(acknowledged);
                    released.releaseAll();
                }
            }
        }
        catch (final Throwable ex)
        {
            failure.set(ex);
            throw ex;
        }
        finally
        {
            producer.join();
        }
        buffer.release();
        assertPoolsAreFull();
    }

    private static void fill(final UnsafeBuffer buffer, final int at, final long offset, final int length)
    {
        for (int i = 0; i < length; i++)
        {
            buffer.putByte(at + i, (byte)(offset + i ^ offset + i >>> 8 ^ offset + i >>> 16));
        }
    }

    private static void checkLongs(final UnsafeBuffer buffer, final long offset, final int length)
    {
        for (int i = 0; i < length; i++)
        {
            if (buffer.getByte(i) != (byte)(offset + i ^ offset + i >>> 8 ^ offset + i >>> 16))
            {
                throw new AssertionError("wrong byte at " + (offset + i));
            }
        }
    }

    // ---- receive queue

    @ParameterizedTest
    @ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 })
    void theReceiveQueueGivesBackWhatWasAppended(final long seed)
    {
        final SplittableRandom random = new SplittableRandom(seed);
        final ReceiveQueue queue = new ReceiveQueue(large, small);
        final UnsafeBuffer target = new UnsafeBuffer(new byte[1 << 17]);
        long received = 0;
        long consumed = 0;
        for (int step = 0; step < 5_000; step++)
        {
            switch (random.nextInt(4))
            {
                case 0:
                    final int copied = 1 + random.nextInt(1 << random.nextInt(1, 16));
                    assertTrue(queue.appendCopy(stream(received, copied), 0, copied));
                    received += copied;
                    break;
                case 1:
                    final int kept = 1 + random.nextInt(60_000);
                    final io.pnet.link.Chunk chunk = large.acquire();
                    chunk.buffer().putBytes(77, stream(received, kept), 0, kept);
                    queue.append(chunk, 77, kept);
                    received += kept;
                    break;
                case 2:
                    final int wanted = random.nextInt(1 << 17);
                    final int n;
                    if (random.nextBoolean())
                    {
                        n = queue.read(target, 0, wanted);
                    }
                    else
                    {
                        n = queue.read(ByteBuffer.wrap(target.byteArray(), 0, wanted));
                    }
                    assertEquals(Math.min(wanted, received - consumed), n);
                    check(target, 0, consumed, n);
                    consumed += n;
                    break;
                default:
                    final long from = consumed;
                    final int limit = random.nextInt(1 << 17);
                    final long[] at = { from };
                    consumed += queue.visit((buffer, offset, length) ->
                    {
                        final int taken = (int)Math.min(length, from + limit - at[0]);
                        check(buffer, offset, at[0], taken);
                        at[0] += taken;
                        return taken;
                    });
                    assertEquals(Math.min(limit, received - from), consumed - from);
                    break;
            }
            assertEquals(received - consumed, queue.unread());
            if (random.nextBoolean())
            {
                queue.trim();
                if (received == consumed)
                {
                    // The reader releases what lies behind it when it looks again.
                    assertEquals(0, queue.read(target, 0, 1));
                }
            }
        }
        queue.release();
        assertPoolsAreFull();
    }

    @Test
    @Timeout(60)
    void theReceiveQueueCarriesBytesFromThreadToThread() throws InterruptedException
    {
        final long total = 64L << 20;
        final ReceiveQueue queue = new ReceiveQueue(large, small);
        final AtomicLong failed = new AtomicLong(-1);
        final Thread consumer = new Thread(() ->
        {
            final UnsafeBuffer target = new UnsafeBuffer(new byte[1 << 16]);
            final SplittableRandom random = new SplittableRandom(3);
            long at = 0;
            try
            {
                while (at < total)
                {
                    final int n = queue.read(target, 0, random.nextInt(1, target.capacity()));
                    checkLongs(target, at, n);
                    at += n;
                }
            }
            catch (final Throwable ex)
            {
                failed.set(at);
            }
        });
        consumer.start();
        final SplittableRandom random = new SplittableRandom(4);
        final UnsafeBuffer block = new UnsafeBuffer(new byte[1 << 16]);
        long at = 0;
        while (at < total && failed.get() < 0)
        {
            queue.trim();
            if (queue.unread() > 2 << 20)
            {
                Thread.onSpinWait();
                continue;
            }
            final int n = (int)Math.min(total - at, random.nextInt(1, 1 << random.nextInt(1, 16)));
            if (random.nextInt(3) == 0)
            {
                final io.pnet.link.Chunk chunk = large.acquire();
                fill(chunk.buffer(), 40, at, n);
                queue.append(chunk, 40, n);
            }
            else
            {
                fill(block, 0, at, n);
                assertTrue(queue.appendCopy(block, 0, n));
            }
            at += n;
        }
        consumer.join();
        assertEquals(-1, failed.get());
        queue.release();
        assertPoolsAreFull();
    }

    // ---- reassembly

    @ParameterizedTest
    @ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 })
    void reassemblyPutsTogetherWhatArrivesInAnyOrder(final long seed)
    {
        final SplittableRandom random = new SplittableRandom(seed);
        final Reassembly reassembly = new Reassembly(large, small);
        final ReceiveQueue queue = new ReceiveQueue(large, small);
        final int length = 60_000;
        // Close to where sequence numbers wrap.
        final int base = -30_000;
        final int window = seed % 2 == 0 ? 65_535 : 1 << 20;
        final boolean[] has = new boolean[length];
        final UnsafeBuffer whole = stream(0, length);
        final UnsafeBuffer target = new UnsafeBuffer(new byte[length]);
        int next = 0;
        int held = 0;
        while (next < length)
        {
            final int start = Math.min(length - 1, next + random.nextInt(15_000));
            final int n = Math.min(length - start, 1 + random.nextInt(random.nextInt(10) == 0 ? 30_000 : 1_500));
            if (start == next)
            {
                // In order: as Input does, delivered by itself.
                assertTrue(queue.appendCopy(new UnsafeBuffer(whole, start, n), 0, n));
                for (int i = start; i < start + n; i++)
                {
                    held -= has[i] ? 1 : 0;
                    has[i] = true;
                }
                next = reassembly.drain(base + start + n, queue) - base;
                while (next < length && has[next])
                {
                    throw new AssertionError("not drained at " + next);
                }
                held = 0;
                for (int i = next; i < length; i++)
                {
                    held += has[i] ? 1 : 0;
                }
            }
            else
            {
                int fresh = 0;
                for (int i = start; i < start + n; i++)
                {
                    fresh += has[i] ? 0 : 1;
                    has[i] = true;
                }
                assertEquals(fresh, reassembly.insert(base + start, whole, start, n, window));
                assertEquals(0, reassembly.refused());
                held += fresh;
                checkBlocks(reassembly, base, has, start, fresh > 0);
            }
            assertEquals(held, reassembly.bytes());
        }
        assertEquals(length, queue.read(target, 0, length));
        check(target, 0, 0, length);
        assertTrue(reassembly.isEmpty());
        assertEquals(0, reassembly.blocks());
        queue.release();
        assertPoolsAreFull();
    }

    /** SACK blocks cover what is held, exactly, and the newest comes first. */
    private static void checkBlocks(
        final Reassembly reassembly, final int base, final boolean[] has, final int start, final boolean isNew)
    {
        for (int i = 0; i < reassembly.blocks(); i++)
        {
            final int left = reassembly.blockLeft(i) - base;
            final int right = reassembly.blockRight(i) - base;
            assertTrue(left < right);
            for (int at = left; at < right; at++)
            {
                assertTrue(has[at], "a block covers what is not there");
            }
            assertTrue(right == has.length || !has[right], "a block ends too early");
        }
        if (isNew)
        {
            assertTrue(reassembly.blockLeft(0) - base <= start && start < reassembly.blockRight(0) - base);
        }
    }

    @Test
    void reassemblyRefusesWhatItHasNoMemoryFor()
    {
        final Reassembly reassembly = new Reassembly(
            new ChunkPool(ChunkPool.LARGE, 1), new ChunkPool(ChunkPool.SMALL, 1));
        assertEquals(10, reassembly.insert(100, stream(0, 10), 0, 10, 65_535));
        assertEquals(10, reassembly.insert(200, stream(0, 10), 0, 10, 65_535));
        assertEquals(0, reassembly.insert(4_000, stream(0, 10), 0, 10, 65_535));
        assertEquals(10, reassembly.refused());
        assertEquals(48, reassembly.insert(2_000, stream(0, 100), 0, 100, 65_535));
        assertEquals(52, reassembly.refused());
        reassembly.release();
        assertTrue(reassembly.isEmpty());
    }

    @Test
    void reassemblyLeavesChunksForWhatArrivesInOrder()
    {
        final Reassembly reassembly = new Reassembly(large, new ChunkPool(ChunkPool.SMALL, 16 * ChunkPool.SMALL));
        int stored = 0;
        for (int i = 0; i < 32; i++)
        {
            stored += reassembly.insert(2_048 * i, stream(0, 2_048), 0, 2_048, 65_535);
        }
        assertEquals(14 * 2_048, stored);
        reassembly.release();
    }

    @Test
    void reassemblyHoldsAWholeWindowOfSegmentsWithGaps()
    {
        final Reassembly reassembly = new Reassembly(large, small);
        final ReceiveQueue queue = new ReceiveQueue(large, small);
        final UnsafeBuffer segment = stream(0, 1_448);
        final int segments = (24 << 20) / 1_448;
        for (int i = 1; i < segments; i++)
        {
            if (i % 10 != 0)
            {
                assertEquals(1_448, reassembly.insert(1_448 * i, segment, 0, 1_448, 32 << 20), "segment " + i);
            }
        }
        assertEquals((segments + 9) / 10, reassembly.ranges());
        // Packed: all of it in little more than it takes.
        assertTrue(reassembly.memory() <= (25 << 20), () -> "takes " + reassembly.memory());
        final UnsafeBuffer target = new UnsafeBuffer(new byte[16 * 1_448]);
        int next = 0;
        for (int i = 0; i < segments; i += 10)
        {
            assertEquals(1_448 * i, next);
            assertTrue(queue.appendCopy(segment, 0, 1_448));
            next = reassembly.drain(1_448 * (i + 1), queue);
            final int n = queue.read(target, 0, target.capacity());
            assertEquals(Math.min(10, segments - i) * 1_448, n);
            for (int j = 0; j < n; j += 1_448)
            {
                check(target, j, 0, 1_448);
            }
        }
        assertTrue(reassembly.isEmpty());
        assertEquals(0, reassembly.memory());
        queue.trim();
        queue.release();
        assertPoolsAreFull();
    }

    @Test
    void reassemblyIsBoundedInRangesAndInMemory()
    {
        final Reassembly reassembly = new Reassembly(large, small);
        // SegmentSmack: single bytes, each apart from all others, in the worst order, all over a large window.
        int stored = 0;
        for (int i = 100_000; i > 0; i--)
        {
            stored += reassembly.insert(300 * i, stream(0, 1), 0, 1, 32 << 20);
            assertTrue(reassembly.memory() <= Reassembly.FREE_BYTES + Reassembly.MEMORY_FACTOR * stored);
        }
        assertEquals(stored, reassembly.ranges());
        assertTrue(stored <= Reassembly.MAX_RANGES, () -> "ranges: " + reassembly.ranges());
        reassembly.release();
        stored = 0;
        for (int i = 0; i < 100_000; i++)
        {
            stored += reassembly.insert(2 * i, stream(0, 1), 0, 1, 32 << 20);
        }
        assertEquals(Reassembly.MAX_RANGES, reassembly.ranges());
        assertEquals(Reassembly.MAX_RANGES, stored);
        // What closes a gap is still welcome, and makes room.
        assertEquals(1, reassembly.insert(1, stream(0, 1), 0, 1, 32 << 20));
        assertEquals(Reassembly.MAX_RANGES - 1, reassembly.ranges());
        reassembly.release();
        assertPoolsAreFull();
    }

    @Test
    void smallWindowsAreReassembledInSmallPages()
    {
        final Reassembly reassembly = new Reassembly(large, small);
        reassembly.insert(30_000, stream(0, 1), 0, 1, 65_535);
        assertEquals(2_048, reassembly.memory());
        reassembly.release();
        assertPoolsAreFull();
    }

    // ---- sent segments

    @ParameterizedTest
    @ValueSource(longs = { 1, 2, 3, 4, 5 })
    void sentSegmentsBehaveLikeAList(final long seed)
    {
        final SplittableRandom random = new SplittableRandom(seed);
        final SentSegments sent = new SentSegments();
        // Start, length, time of sending, flags; and in the order of sending what is on its way.
        final List<long[]> model = new ArrayList<>();
        final List<long[]> onItsWay = new ArrayList<>();
        int next = Integer.MAX_VALUE - 50_000;
        for (int step = 0; step < 20_000; step++)
        {
            final int i = model.isEmpty() ? -1 : random.nextInt(model.size());
            final long[] entry = i < 0 ? null : model.get(i);
            switch (i < 0 ? 0 : random.nextInt(10))
            {
                case 0:
                case 1:
                    if (model.size() < 200)
                    {
                        final int n = 1 + random.nextInt(3_000);
                        sent.add(next, next + n, 1_000, step);
                        model.add(new long[]{ next, n, step, 0 });
                        onItsWay.add(model.get(model.size() - 1));
                        next += n;
                    }
                    break;
                case 2:
                    sent.removeFirst();
                    onItsWay.remove(model.remove(0));
                    break;
                case 3:
                    if (entry[1] > 1)
                    {
                        final int cut = 1 + random.nextInt((int)entry[1] - 1);
                        sent.split(i, (int)entry[0] + cut);
                        final long[] second = { (int)entry[0] + cut, entry[1] - cut, entry[2], entry[3] };
                        model.add(i + 1, second);
                        entry[1] = cut;
                        if (onItsWay.contains(entry))
                        {
                            onItsWay.add(onItsWay.indexOf(entry) + 1, second);
                        }
                    }
                    break;
                case 4:
                    sent.markLost(i);
                    entry[3] = entry[3] & SentSegments.EVER_RETRANSMITTED | SentSegments.LOST;
                    onItsWay.remove(entry);
                    break;
                case 5:
                    sent.markSacked(i);
                    entry[3] = entry[3] & SentSegments.EVER_RETRANSMITTED | SentSegments.SACKED;
                    onItsWay.remove(entry);
                    break;
                case 6:
                    if ((entry[3] & SentSegments.SACKED) == 0)
                    {
                        sent.resent(i, 1_000, step);
                        final boolean isLost = (entry[3] & SentSegments.LOST) != 0;
                        entry[3] |= SentSegments.EVER_RETRANSMITTED | (isLost ? SentSegments.RETRANSMITTED : 0);
                        entry[2] = step;
                        onItsWay.remove(entry);
                        onItsWay.add(entry);
                    }
                    break;
                case 7:
                    sent.unmarkLost(i);
                    if ((entry[3] & SentSegments.LOST) != 0)
                    {
                        entry[3] &= SentSegments.EVER_RETRANSMITTED | SentSegments.SACKED;
                        if (!onItsWay.contains(entry))
                        {
                            onItsWay.add(0, entry);
                        }
                    }
                    break;
                case 8:
                    if (i + 1 < model.size() && model.get(i + 1)[3] == entry[3])
                    {
                        sent.mergeWithNext(i);
                        final long[] second = model.remove(i + 1);
                        entry[1] += second[1];
                        entry[2] = Math.max(entry[2], second[2]);
                        onItsWay.remove(second);
                    }
                    break;
                default:
                    if (model.get(0)[1] > 1)
                    {
                        sent.trimFirst((int)model.get(0)[0] + 1);
                        model.get(0)[0] = (int)model.get(0)[0] + 1;
                        model.get(0)[1]--;
                    }
                    break;
            }
            compare(model, onItsWay, sent, step % 100 == 0);
        }
    }

    private static void compare(
        final List<long[]> model, final List<long[]> onItsWay, final SentSegments sent, final boolean isThorough)
    {
        assertEquals(model.size(), sent.count());
        long sacked = 0;
        long lost = 0;
        long retransmitted = 0;
        int firstLost = -1;
        for (int i = 0; i < model.size(); i++)
        {
            final long[] entry = model.get(i);
            assertEquals((int)entry[0], sent.start(i));
            assertEquals(entry[1], sent.length(i));
            assertEquals(entry[2], sent.sentNs(i));
            assertEquals((byte)entry[3], sent.flags(i));
            final boolean isLost = (entry[3] & SentSegments.LOST) != 0;
            final boolean isRetransmitted = (entry[3] & SentSegments.RETRANSMITTED) != 0;
            sacked += (entry[3] & SentSegments.SACKED) != 0 ? entry[1] : 0;
            lost += isLost ? entry[1] : 0;
            retransmitted += isRetransmitted ? entry[1] : 0;
            firstLost = firstLost < 0 && isLost && !isRetransmitted ? i : firstLost;
            if (isThorough)
            {
                assertEquals(i, sent.find((int)entry[0]));
                assertEquals(i, sent.find((int)entry[0] + (int)entry[1] - 1));
            }
        }
        assertEquals(sacked, sent.sackedBytes());
        assertEquals(sacked == 0, sent.sackedSegments() == 0);
        assertEquals(lost, sent.lostBytes());
        assertEquals(retransmitted, sent.retransmittedBytes());
        assertEquals(firstLost, sent.firstLost());
        assertEquals(onItsWay.isEmpty() ? -1 : model.indexOf(onItsWay.get(0)), sent.earliest());
    }

    // ---- connection table

    @ParameterizedTest
    @ValueSource(longs = { 1, 2, 3, 4, 5 })
    void theTableFindsExactlyWhatIsInIt(final long seed)
    {
        final SplittableRandom random = new SplittableRandom(seed);
        final FlowTable table = new FlowTable();
        try (TcpPeer peer = new TcpPeer().established())
        {
            final Connection like = peer.connection();
            final Connection[] all = new Connection[3_000];
            final int[] hashes = new int[all.length];
            final boolean[] isIn = new boolean[all.length];
            for (int i = 0; i < all.length; i++)
            {
                all[i] = new Connection(
                    like.tcp, like.settings, like.destination, 1 + i, 80, null, null);
                // Few different hashes: long runs, and runs that wrap round the end.
                hashes[i] = random.nextBoolean() ? random.nextInt() : -1 - random.nextInt(4);
            }
            int size = 0;
            for (int step = 0; step < 30_000; step++)
            {
                final int i = random.nextInt(step < 15_000 ? all.length : 300);
                if (isIn[i])
                {
                    table.remove(all[i]);
                    size--;
                }
                else
                {
                    table.add(hashes[i], all[i]);
                    size++;
                }
                isIn[i] = !isIn[i];
                assertEquals(size, table.size());
                final int j = random.nextInt(all.length);
                final Connection c = all[j];
                final Flow found = table.find(
                    hashes[j], c.localHi, c.localLo, c.remoteHi, c.remoteLo, c.localPort << 16 | c.remotePort);
                assertEquals(isIn[j] ? c : null, found);
                assertNull(table.find(
                    hashes[j], c.localHi, c.localLo, c.remoteHi, c.remoteLo + 1, c.localPort << 16 | c.remotePort));
            }
        }
    }
}
