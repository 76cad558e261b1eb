package io.pnet.tcp;

import io.pnet.link.Chunk;
import io.pnet.link.ChunkPool;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * In-order bytes that a connection has received and its reader has not taken: slices of chunks, either whole large
 * frames that were kept where they lie, or small payloads copied one behind the other.
 *
 * <p>One producer (the stack's owner) and one consumer (the reader), which may be different threads. The consumer
 * releases a slice when it has moved past it to the next; the last slice belongs to the producer, which may still
 * append to it and {@linkplain #trim() trims} it when everything is read.
 */
final class ReceiveQueue
{
    private static final VarHandle RECEIVED;
    private static final VarHandle CONSUMED;
    private static final VarHandle HEAD;
    private static final VarHandle TAIL;

    static
    {
        try
        {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            RECEIVED = lookup.findVarHandle(ReceiveQueue.class, "received", long.class);
            CONSUMED = lookup.findVarHandle(ReceiveQueue.class, "consumed", long.class);
            HEAD = lookup.findVarHandle(ReceiveQueue.class, "head", int.class);
            TAIL = lookup.findVarHandle(ReceiveQueue.class, "tail", int.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    /** Sees slices in place. */
    interface Visitor
    {
        /** Returns how many of the bytes it has consumed. */
        int onSlice(UnsafeBuffer buffer, int offset, int length);
    }

    private static final class Ring
    {
        final Chunk[] chunks;
        final int[] offsets;
        final long[] starts;

        Ring(final int capacity)
        {
            chunks = new Chunk[capacity];
            offsets = new int[capacity];
            starts = new long[capacity];
        }
    }

    private final ChunkPool largeChunks;
    private final ChunkPool smallChunks;
    private volatile Ring ring = new Ring(2);

    // Producer's.
    private int tail;
    private Chunk copyChunk;
    private int copyPosition;
    @SuppressWarnings("unused")
    private long received;

    // Consumer's.
    @SuppressWarnings("unused")
    private int head;
    @SuppressWarnings("unused")
    private long consumed;

    ReceiveQueue(final ChunkPool largeChunks, final ChunkPool smallChunks)
    {
        this.largeChunks = largeChunks;
        this.smallChunks = smallChunks;
    }

    /** Bytes that wait to be read. Any thread. */
    int unread()
    {
        final long consumed = (long)CONSUMED.getAcquire(this);
        return (int)((long)RECEIVED.getAcquire(this) - consumed);
    }

    /** Bytes ever read. Any thread. */
    long consumed()
    {
        return (long)CONSUMED.getAcquire(this);
    }

    // ---- producer

    /** Appends a slice and takes over its chunk. */
    void append(final Chunk chunk, final int offset, final int length)
    {
        push(chunk, offset);
        copyChunk = null;
        RECEIVED.setRelease(this, received + length);
    }

    /**
     * Appends by copying.
     *
     * @return false when there was no memory; then nothing was appended.
     */
    boolean appendCopy(final UnsafeBuffer source, final int offset, final int length)
    {
        int done = 0;
        int at = offset;
        final int room = copyChunk == null ? 0 : copyChunk.capacity() - copyPosition;
        Chunk fresh = null;
        if (length > room)
        {
            final boolean small = length <= smallChunks.chunkCapacity() && unread() < smallChunks.chunkCapacity();
            fresh = small ? smallChunks.acquire() : largeChunks.acquire();
            if (fresh == null)
            {
                return false;
            }
            if (length - room > fresh.capacity())
            {
                fresh.release();
                return false;
            }
        }
        if (room > 0)
        {
            done = Math.min(room, length);
            copyChunk.buffer().putBytes(copyPosition, source, at, done);
            copyPosition += done;
            at += done;
            RECEIVED.setRelease(this, received + done);
        }
        if (fresh != null)
        {
            final int rest = length - done;
            fresh.buffer().putBytes(0, source, at, rest);
            push(fresh, 0);
            copyChunk = fresh;
            copyPosition = rest;
            RECEIVED.setRelease(this, received + rest);
        }
        return true;
    }

    /** Gives the last slice's chunk back when everything in it has been read. */
    void trim()
    {
        if (tail == 0 || unread() != 0)
        {
            return;
        }
        final Ring ring = this.ring;
        final int last = (tail - 1) & (ring.chunks.length - 1);
        // The reader is past all earlier slices but may not have released them; the last one it never touches.
        final Chunk chunk = ring.chunks[last];
        if (chunk != null)
        {
            ring.chunks[last] = null;
            copyChunk = null;
            chunk.release();
        }
    }

    /** Releases what is left. The reader has stopped, or is the caller. */
    void release()
    {
        final Ring ring = this.ring;
        for (int i = head; i != tail; i++)
        {
            final int index = i & (ring.chunks.length - 1);
            if (ring.chunks[index] != null)
            {
                ring.chunks[index].release();
                ring.chunks[index] = null;
            }
        }
        head = tail;
        copyChunk = null;
        CONSUMED.setRelease(this, received);
    }

    private void push(final Chunk chunk, final int offset)
    {
        Ring current = ring;
        final int first = (int)HEAD.getAcquire(this);
        if (tail - first == current.chunks.length)
        {
            final Ring larger = new Ring(current.chunks.length * 2);
            for (int i = first; i != tail; i++)
            {
                final int from = i & (current.chunks.length - 1);
                final int to = i & (larger.chunks.length - 1);
                larger.chunks[to] = current.chunks[from];
                larger.offsets[to] = current.offsets[from];
                larger.starts[to] = current.starts[from];
            }
            current = larger;
            ring = larger;
        }
        final int index = tail & (current.chunks.length - 1);
        current.chunks[index] = chunk;
        current.offsets[index] = offset;
        current.starts[index] = received;
        TAIL.setRelease(this, tail + 1);
    }

    // ---- consumer

    /** Copies out what is there, up to what fits, and moves the target's position. */
    int read(final ByteBuffer target)
    {
        int done = 0;
        while (target.hasRemaining())
        {
            final int n = available(target.remaining());
            if (n == 0)
            {
                break;
            }
            current.getBytes(currentOffset, target, n);
            advance(n);
            done += n;
        }
        return done;
    }

    /** Copies out what is there, up to {@code length} bytes. */
    int read(final MutableDirectBuffer target, final int offset, final int length)
    {
        int done = 0;
        while (done < length)
        {
            final int n = available(length - done);
            if (n == 0)
            {
                break;
            }
            target.putBytes(offset + done, current, currentOffset, n);
            advance(n);
            done += n;
        }
        return done;
    }

    /** Shows what is there in place, until the visitor consumes less than it is shown. */
    int visit(final Visitor visitor)
    {
        int done = 0;
        while (true)
        {
            final int n = available(Integer.MAX_VALUE);
            if (n == 0)
            {
                return done;
            }
            final int taken = visitor.onSlice(current, currentOffset, n);
            advance(taken);
            done += taken;
            if (taken < n)
            {
                return done;
            }
        }
    }

    private UnsafeBuffer current;
    private int currentOffset;

    /** Points {@code current} at the next unread bytes; returns how many are contiguous, at most {@code wanted}. */
    private int available(final int wanted)
    {
        final long end = (long)RECEIVED.getAcquire(this);
        if (end == consumed)
        {
            return 0;
        }
        final int tail = (int)TAIL.getAcquire(this);
        final Ring ring = this.ring;
        final int mask = ring.chunks.length - 1;
        int first = head;
        while (first + 1 - tail < 0 && ring.starts[(first + 1) & mask] <= consumed)
        {
            final Chunk done = ring.chunks[first & mask];
            if (done != null)
            {
                ring.chunks[first & mask] = null;
                done.release();
            }
            first++;
        }
        HEAD.setRelease(this, first);
        final int index = first & mask;
        final long sliceEnd = first + 1 - tail < 0 ? ring.starts[(first + 1) & mask] : end;
        current = ring.chunks[index].buffer();
        currentOffset = ring.offsets[index] + (int)(consumed - ring.starts[index]);
        return (int)Math.min(wanted, Math.min(end, sliceEnd) - consumed);
    }

    private void advance(final int length)
    {
        CONSUMED.setRelease(this, consumed + length);
    }
}
