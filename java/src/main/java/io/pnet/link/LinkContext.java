package io.pnet.link;

import io.pnet.counters.Counters;

/**
 * What a link needs from the stack it will serve.
 *
 * @param largeChunks chunks for frames that do not fit a ring slot ({@link ChunkPool#LARGE}).
 * @param counters    where frames and drops are counted.
 */
public record LinkContext(ChunkPool largeChunks, Counters counters)
{
    /** A context of its own: 64 MiB of chunks and fresh counters. */
    public static LinkContext standalone()
    {
        return new LinkContext(new ChunkPool(ChunkPool.LARGE, 64L << 20), new Counters());
    }
}
