package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A piece of pooled off-heap memory with exactly one owner at a time. Ownership moves by handing over the reference;
 * the last owner {@linkplain #release() releases} it to its pool, from any thread.
 */
public final class Chunk
{
    private final ChunkPool pool;
    private final UnsafeBuffer buffer;
    boolean isPooled = true;

    Chunk(final ChunkPool pool, final UnsafeBuffer buffer)
    {
        this.pool = pool;
        this.buffer = buffer;
    }

    /** The memory. Its content is undefined when the chunk is acquired. */
    public UnsafeBuffer buffer()
    {
        return buffer;
    }

    /** Bytes it holds. */
    public int capacity()
    {
        return buffer.capacity();
    }

    /** Gives the chunk back. The caller must not touch it afterwards; releasing twice throws. */
    public void release()
    {
        pool.release(this);
    }
}
