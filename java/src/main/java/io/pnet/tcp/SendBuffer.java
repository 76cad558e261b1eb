package io.pnet.tcp;

import io.pnet.link.Chunk;
import io.pnet.link.ChunkPool;
import io.pnet.link.TxFrame;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * The bytes a connection has been given to send, in pooled chunks, until they are acknowledged. Bytes are addressed by
 * their stream offset, which starts at 0 and never wraps.
 *
 * <p>One producer (whoever writes to the connection) and one consumer (the stack's owner), which may be different
 * threads. Chunks are filled in order; the producer publishes with a release store of {@code written}, the consumer
 * frees what is acknowledged and publishes {@code acknowledged}. The chunk that is being filled belongs to the producer
 * while it writes, and goes back to the pool when everything is acknowledged, so that an idle connection holds none.
 */
final class SendBuffer
{
    /** What every connection may write at first. */
    static final int INITIAL = 256 << 10;
    /** Beyond what may be in flight: enough for a writer that is some milliseconds late, no more to wander over. */
    private static final int MAX_AHEAD = 2 << 20;
    /** One small chunk in so many is left for what arrives. */
    private static final int RESERVE_FRACTION = 4;

    /** A peer however near gets as much as keeps it busy while the writer does not run for a moment. */
    private static final long NEAR = 2 << 20;
    /** No path carries more than 128 Gbit/s. */
    private static final long MAX_BYTES_PER_NS = 16;
    /** {@link #claim} when there is no room now. */
    static final int NO_ROOM = -1;

    private static final VarHandle WRITTEN;
    private static final VarHandle ACKNOWLEDGED;
    private static final VarHandle HEAD;
    private static final VarHandle TAIL;
    private static final VarHandle TAIL_OWNED;

    static
    {
        try
        {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            WRITTEN = lookup.findVarHandle(SendBuffer.class, "written", long.class);
            ACKNOWLEDGED = lookup.findVarHandle(SendBuffer.class, "acknowledged", long.class);
            HEAD = lookup.findVarHandle(SendBuffer.class, "head", int.class);
            TAIL = lookup.findVarHandle(SendBuffer.class, "tail", int.class);
            TAIL_OWNED = lookup.findVarHandle(SendBuffer.class, "tailOwned", int.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    /**
     * The chunks by number; replaced by a larger one when full. Entries are written once, before they are published.
     */
    private static final class Ring
    {
        final Chunk[] chunks;
        final long[] starts;

        Ring(final int capacity)
        {
            chunks = new Chunk[capacity];
            starts = new long[capacity];
        }
    }

    private final ChunkPool largeChunks;
    private final ChunkPool smallChunks;
    private final ReleaseQueue released;
    private final MemoryBudget budget;
    private int max;
    private volatile int limit;
    private volatile boolean isStarved;
    private volatile Ring ring = new Ring(2);

    // Producer's. The consumer reads the tail before the ring: a ring holds all entries that its tail promises.
    private int tail;
    private Chunk tailChunk;
    private int tailPosition;
    private int claimed;
    private volatile Thread claimant;
    @SuppressWarnings("unused")
    private long written;

    // Consumer's.
    @SuppressWarnings("unused")
    private int head;
    @SuppressWarnings("unused")
    private long acknowledged;
    private int cursor;
    private volatile boolean isReleased;

    // 1 while the producer fills the tail chunk, or the consumer takes it away.
    @SuppressWarnings("unused")
    private int tailOwned;

    /**
     * An empty buffer.
     *
     * @param released where chunks go that frames on their way out may still refer to.
     */
    SendBuffer(
        final ChunkPool largeChunks,
        final ChunkPool smallChunks,
        final ReleaseQueue released,
        final TcpSettings settings,
        final MemoryBudget budget)
    {
        this.largeChunks = largeChunks;
        this.smallChunks = smallChunks;
        this.released = released;
        this.budget = budget;
        final boolean isFixed = settings.sendBufferBytes > 0;
        max = isFixed ? settings.sendBufferBytes : settings.maxSendBufferBytes;
        limit = budget.open(isFixed ? max : Math.min(max, INITIAL));
    }

    /** Bytes that were ever written. Any thread. */
    long written()
    {
        return (long)WRITTEN.getAcquire(this);
    }

    /** Bytes that could be written now. Any thread; exact for the producer, who only sees it grow. */
    int room()
    {
        return (int)Math.max(0, limit - (written() - (long)ACKNOWLEDGED.getAcquire(this)));
    }

    /** Bytes that are written and not yet acknowledged. */
    int pending()
    {
        return isReleased ? 0 : (int)(written() - (long)ACKNOWLEDGED.getAcquire(this));
    }

    int limit()
    {
        return limit;
    }

    // ---- producer

    /** Copies in as much as there is room for. Producer. */
    int write(final DirectBuffer source, final int offset, final int length)
    {
        int done = 0;
        lockTail();
        try
        {
            while (done < length)
            {
                final int n = Math.min(length - done, roomInTail(length - done));
                if (n <= 0)
                {
                    break;
                }
                tailChunk.buffer().putBytes(tailPosition, source, offset + done, n);
                publish(n);
                done += n;
            }
        }
        finally
        {
            unlockTail();
        }
        return done;
    }

    /** Copies in as much as there is room for and moves the source's position. Producer. */
    int write(final ByteBuffer source)
    {
        int done = 0;
        lockTail();
        try
        {
            while (source.hasRemaining())
            {
                final int n = Math.min(source.remaining(), roomInTail(source.remaining()));
                if (n <= 0)
                {
                    break;
                }
                tailChunk.buffer().putBytes(tailPosition, source, source.position(), n);
                source.position(source.position() + n);
                publish(n);
                done += n;
            }
        }
        finally
        {
            unlockTail();
        }
        return done;
    }

    /**
     * Claims contiguous room to encode into, at the returned offset of {@link #claimBuffer()}. Every successful claim
     * is followed by {@link #commit}, before anything else is done with the connection. Producer.
     *
     * @param length at most a chunk's capacity.
     */
    int claim(final int length)
    {
        if (length > largeChunks.chunkCapacity())
        {
            throw new IllegalArgumentException(
                "cannot claim " + length + " bytes: at most " + largeChunks.chunkCapacity() + " are contiguous");
        }
        if (room() < length)
        {
            return NO_ROOM;
        }
        lockTail();
        // Looked at again: the connection may have ended, and its buffer with it, before the lock.
        if (room() < length ||
            (tailChunk == null || tailChunk.capacity() - tailPosition < length) && !openChunk(length))
        {
            unlockTail();
            return NO_ROOM;
        }
        claimed = length;
        claimant = Thread.currentThread();
        return tailPosition;
    }

    UnsafeBuffer claimBuffer()
    {
        return tailChunk.buffer();
    }

    /** Publishes the first {@code length} bytes of what was claimed; 0 gives it all back. Producer. */
    void commit(final int length)
    {
        if (length > claimed)
        {
            throw new IllegalArgumentException("commit of " + length + " bytes after a claim of " + claimed);
        }
        claimed = 0;
        claimant = null;
        publish(length);
        unlockTail();
    }

    /** Gives back what this thread has claimed and, having failed in between, will never commit. */
    void abandonClaim()
    {
        if (claimant == Thread.currentThread())
        {
            commit(0);
        }
    }

    private void publish(final int length)
    {
        tailPosition += length;
        WRITTEN.setRelease(this, written + length);
    }

    private int roomInTail(final int wanted)
    {
        final int room = room();
        if (room == 0)
        {
            return 0;
        }
        if ((tailChunk == null || tailPosition == tailChunk.capacity()) && !openChunk(wanted))
        {
            return 0;
        }
        return Math.min(room, tailChunk.capacity() - tailPosition);
    }

    private boolean openChunk(final int wanted)
    {
        // A short message on an otherwise idle connection does not need 64 KiB.
        Chunk chunk = null;
        if (tailChunk == null && wanted <= smallChunks.chunkCapacity())
        {
            chunk = smallChunks.acquire(smallChunks.capacity() / RESERVE_FRACTION);
        }
        if (chunk == null)
        {
            chunk = largeChunks.acquire();
        }
        if (chunk == null)
        {
            isStarved = true;
            return false;
        }
        Ring current = ring;
        final int first = (int)HEAD.getAcquire(this);
        if (tail - first == current.chunks.length)
        {
            final Ring larger = new Ring(current.chunks.length * 2);
            for (int i = first; i != tail; i++)
            {
                larger.chunks[i & (larger.chunks.length - 1)] = current.chunks[i & (current.chunks.length - 1)];
                larger.starts[i & (larger.chunks.length - 1)] = current.starts[i & (current.chunks.length - 1)];
            }
            current = larger;
            ring = larger;
        }
        final int index = tail & (current.chunks.length - 1);
        current.chunks[index] = chunk;
        current.starts[index] = written;
        TAIL.setRelease(this, tail + 1);
        tailChunk = chunk;
        tailPosition = 0;
        return true;
    }

    private void lockTail()
    {
        while (!TAIL_OWNED.compareAndSet(this, 0, 1))
        {
            Thread.onSpinWait();
        }
    }

    private void unlockTail()
    {
        TAIL_OWNED.setRelease(this, 0);
    }

    /** Whether the producer found no memory since {@link #clearStarved()}. */
    boolean isStarved()
    {
        return isStarved;
    }

    // ---- consumer

    void clearStarved()
    {
        isStarved = false;
    }

    /** Takes a size that was set for a running connection; what lies beyond a smaller one is still sent. Consumer. */
    void resize(final TcpSettings settings)
    {
        if (settings.sendBufferBytes > 0 && settings.sendBufferBytes != limit && !isReleased)
        {
            max = settings.sendBufferBytes;
            budget.close(limit);
            limit = budget.open(max);
        }
    }

    /**
     * Grows, unless its size was set, to what may be in flight and as much again for the next round trip, or what a
     * writer needs to keep ahead. It never becomes smaller.
     *
     * <p>The window of a near peer that loses nothing grows with the bursts that a larger buffer allows, and what was
     * written long before it is sent is no longer in the cache: out to a kernel on the same machine through claimed
     * buffers it was 19 to 26 Gbit/s with tens of MiB, and 30 to 36 with 0.5 to 2 ({@code pnet iperf3 -c} over
     * {@code ci/net up}, with {@code --handlers}; through {@code write} 21 to 28, and 27 to 32).
     *
     * @param minRttNs the shortest round trip of the last minutes; {@link Long#MAX_VALUE} for none yet.
     */
    void grow(final int cwnd, final int sndWnd, final long minRttNs)
    {
        final int usable = Math.min(cwnd, sndWnd);
        if (limit < max && !isReleased)
        {
            final long wanted =
                Math.min((long)usable + Math.min(usable, MAX_AHEAD) + INITIAL, Math.min(max, most(minRttNs)));
            if (wanted > limit)
            {
                limit = budget.grow(limit, wanted);
            }
        }
    }

    /** What a path of that length could use, in bytes. */
    private static long most(final long minRttNs)
    {
        return Math.max(NEAR, Math.min(minRttNs, Integer.MAX_VALUE) * MAX_BYTES_PER_NS);
    }

    /**
     * Appends up to {@code length} bytes from a stream offset on to a frame, by reference. Consumer.
     *
     * @return bytes appended: less than asked for when they lie in more pieces than a frame takes.
     */
    int appendTo(final TxFrame frame, final long offset, final int length)
    {
        final long end = written();
        final int tail = (int)TAIL.getAcquire(this);
        final Ring ring = this.ring;
        final int mask = ring.chunks.length - 1;
        int index = locate(ring, tail, offset, end);
        int done = 0;
        while (done < length && frame.fragments() < TxFrame.MAX_FRAGMENTS)
        {
            final long chunkEnd = endOf(ring, tail, index, end);
            final int n = (int)Math.min(length - done, chunkEnd - (offset + done));
            frame.append(
                ring.chunks[index & mask].buffer(), (int)(offset + done - ring.starts[index & mask]), n);
            done += n;
            index++;
        }
        return done;
    }

    /** Copies bytes from a stream offset on, next to their headers. Consumer. */
    void copyTo(final UnsafeBuffer target, final int targetOffset, final long offset, final int length)
    {
        final long end = written();
        final int tail = (int)TAIL.getAcquire(this);
        final Ring ring = this.ring;
        final int mask = ring.chunks.length - 1;
        int index = locate(ring, tail, offset, end);
        int done = 0;
        while (done < length)
        {
            final long chunkEnd = endOf(ring, tail, index, end);
            final int n = (int)Math.min(length - done, chunkEnd - (offset + done));
            target.putBytes(
                targetOffset + done,
                ring.chunks[index & mask].buffer(),
                (int)(offset + done - ring.starts[index & mask]),
                n);
            done += n;
            index++;
        }
    }

    /** Frees everything before a stream offset. Consumer. */
    void acknowledge(final long offset)
    {
        final long end = written();
        final int tail = (int)TAIL.getAcquire(this);
        final Ring ring = this.ring;
        final int mask = ring.chunks.length - 1;
        int first = head;
        while (first != tail && endOf(ring, tail, first, Long.MAX_VALUE) <= offset)
        {
            released.add(ring.chunks[first & mask]);
            first++;
        }
        if (cursor - first < 0)
        {
            cursor = first;
        }
        HEAD.setRelease(this, first);
        ACKNOWLEDGED.setRelease(this, offset);
        if (offset == end && first != tail)
        {
            releaseTail(offset);
        }
    }

    /** Everything goes back to the pools; nothing may be written or sent afterwards. Consumer, producer stopped. */
    void release()
    {
        lockTail();
        final Ring ring = this.ring;
        for (int i = head; i != tail; i++)
        {
            released.add(ring.chunks[i & (ring.chunks.length - 1)]);
        }
        HEAD.setRelease(this, tail);
        tailChunk = null;
        final boolean wasReleased = isReleased;
        isReleased = true;
        // Whoever still writes finds no room.
        ACKNOWLEDGED.setRelease(this, written - limit);
        unlockTail();
        if (!wasReleased)
        {
            budget.close(limit);
        }
    }

    private void releaseTail(final long offset)
    {
        if (!TAIL_OWNED.compareAndSet(this, 0, 1))
        {
            return;
        }
        if (offset == written && tailChunk != null)
        {
            final Ring ring = this.ring;
            for (int i = head; i != tail; i++)
            {
                released.add(ring.chunks[i & (ring.chunks.length - 1)]);
            }
            tailChunk = null;
            cursor = tail;
            HEAD.setRelease(this, tail);
        }
        unlockTail();
    }

    private int locate(final Ring ring, final int tail, final long offset, final long end)
    {
        final int mask = ring.chunks.length - 1;
        int index = cursor;
        if (index - head < 0 || index - tail >= 0 || ring.starts[index & mask] > offset)
        {
            index = head;
        }
        while (endOf(ring, tail, index, end) <= offset)
        {
            index++;
        }
        cursor = index;
        return index;
    }

    private static long endOf(final Ring ring, final int tail, final int index, final long end)
    {
        return index + 1 - tail < 0 ? ring.starts[(index + 1) & (ring.chunks.length - 1)] : end;
    }
}
