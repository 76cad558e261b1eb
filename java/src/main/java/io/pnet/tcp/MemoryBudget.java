package io.pnet.tcp;

/**
 * What the connections of a stack may promise to hold together: the sum of their buffers' limits, in bytes. A promise
 * may grow to half of what is not promised to others, so that one connection alone gets a lot, each further one less,
 * and there is always something left for the next. Nobody gets less than the least he asks for: where even that is more
 * than there is, the pool says no in the end, and not this.
 *
 * <p>Owned by the stack's owner.
 */
final class MemoryBudget
{
    private final long total;
    private long granted;

    MemoryBudget(final long total)
    {
        this.total = total;
    }

    /** Bytes promised now. */
    long granted()
    {
        return granted;
    }

    /** A first promise, always kept. */
    int open(final int bytes)
    {
        granted += bytes;
        return bytes;
    }

    /** Makes a promise of {@code current} bytes larger; returns what it is now. */
    int grow(final int current, final long wanted)
    {
        final long most = (total - granted + current) / 2;
        final int next = (int)Math.max(current, Math.min(wanted, most));
        granted += next - current;
        return next;
    }

    /** Takes a promise back. */
    void close(final int bytes)
    {
        granted -= bytes;
    }
}
