package io.pnet.link;

import org.agrona.BitUtil;
import org.agrona.concurrent.UnsafeBuffer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A bounded pool of equal {@linkplain Chunk chunks}, allocated in slabs when first needed and never given back to the
 * operating system. Last in, first out, so that a chunk is reused while it is still in the cache: the footprint decides
 * more about throughput than the mechanism does.
 *
 * <p>Any thread may acquire and release; a spin lock guards a few instructions.
 */
public final class ChunkPool
{
    /** Capacity of a chunk that holds a whole 64 KiB frame with its headers. */
    public static final int LARGE = 65_536 + 256;
    /** Capacity of a chunk that holds one MTU-sized segment. */
    public static final int SMALL = 2_048;

    private static final int SLAB_BYTES = 2 << 20;
    /** More, since the last page of a slab is never full. */
    private static final int HUGE_SLAB_BYTES = 8 * HugePages.PAGE_BYTES;
    private static final VarHandle LOCK;

    static
    {
        try
        {
            LOCK = MethodHandles.lookup().findVarHandle(ChunkPool.class, "lock", int.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final int chunkCapacity;
    private final int maxChunks;
    private final boolean hugePages;
    private Chunk[] free = new Chunk[64];
    private int freeCount;
    private int allocated;
    @SuppressWarnings("unused")
    private volatile int lock;

    /**
     * A pool that allocates nothing yet.
     *
     * @param chunkCapacity bytes a chunk, rounded up to a cache line.
     * @param maxBytes      upper bound of the memory, at least one chunk.
     */
    public ChunkPool(final int chunkCapacity, final long maxBytes)
    {
        this(chunkCapacity, maxBytes, false);
    }

    /**
     * As {@link #ChunkPool(int, long)}.
     *
     * @param hugePages whether the memory is to lie on {@linkplain HugePages huge pages}, which takes the native
     *                  library.
     */
    public ChunkPool(final int chunkCapacity, final long maxBytes, final boolean hugePages)
    {
        this.hugePages = hugePages;
        this.chunkCapacity = BitUtil.align(chunkCapacity, BitUtil.CACHE_LINE_LENGTH);
        this.maxChunks = (int)Math.max(1, Math.min(Integer.MAX_VALUE, maxBytes / this.chunkCapacity));
    }

    /** A chunk, owned by the caller; null when the bound is reached. */
    public Chunk acquire()
    {
        return acquire(0);
    }

    /** As {@link #acquire()}, but null already when no more than {@code reserve} chunks could still be acquired. */
    public Chunk acquire(final int reserve)
    {
        lock();
        try
        {
            if (reserve > 0 && freeCount + maxChunks - allocated <= reserve || freeCount == 0 && !grow())
            {
                return null;
            }
            final Chunk chunk = free[--freeCount];
            chunk.isPooled = false;
            return chunk;
        }
        finally
        {
            unlock();
        }
    }

    void release(final Chunk chunk)
    {
        lock();
        try
        {
            if (chunk.isPooled)
            {
                throw new IllegalStateException("chunk was released twice");
            }
            chunk.isPooled = true;
            free[freeCount++] = chunk;
        }
        finally
        {
            unlock();
        }
    }

    /** Bytes a chunk. */
    public int chunkCapacity()
    {
        return chunkCapacity;
    }

    /** Whether the memory is to lie on huge pages. */
    public boolean hugePages()
    {
        return hugePages;
    }

    /** Chunks that there are at most. */
    public int capacity()
    {
        return maxChunks;
    }

    /** Chunks that could still be acquired. */
    public int available()
    {
        lock();
        try
        {
            return freeCount + maxChunks - allocated;
        }
        finally
        {
            unlock();
        }
    }

    /** Chunks that are acquired and not yet released. */
    public int inUse()
    {
        lock();
        try
        {
            return allocated - freeCount;
        }
        finally
        {
            unlock();
        }
    }

    private boolean grow()
    {
        final int slabBytes = hugePages ? HUGE_SLAB_BYTES : SLAB_BYTES;
        final int count = Math.min(maxChunks - allocated, Math.max(1, slabBytes / chunkCapacity));
        if (count <= 0)
        {
            return false;
        }
        final UnsafeBuffer slab = hugePages ? HugePages.allocate(count * chunkCapacity) :
            new UnsafeBuffer(Messages.allocate(count * chunkCapacity));
        allocated += count;
        if (free.length < allocated)
        {
            free = java.util.Arrays.copyOf(free, Math.max(allocated, free.length * 2));
        }
        for (int i = count - 1; i >= 0; i--)
        {
            free[freeCount++] = new Chunk(this, new UnsafeBuffer(slab, i * chunkCapacity, chunkCapacity));
        }
        return true;
    }

    private void lock()
    {
        while (!LOCK.compareAndSet(this, 0, 1))
        {
            Thread.onSpinWait();
        }
    }

    private void unlock()
    {
        LOCK.setRelease(this, 0);
    }
}
