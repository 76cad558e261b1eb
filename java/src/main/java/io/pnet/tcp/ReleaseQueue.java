package io.pnet.tcp;

import io.pnet.link.Chunk;

import java.util.Arrays;

/**
 * Chunks of send buffers that nobody needs any more, but that frames queued at a link may still refer to: they go back
 * to their pools once everything queued has left. Owned by the stack's owner.
 */
final class ReleaseQueue
{
    private Chunk[] chunks = new Chunk[64];
    private int count;

    void add(final Chunk chunk)
    {
        if (count == chunks.length)
        {
            chunks = Arrays.copyOf(chunks, count * 2);
        }
        chunks[count++] = chunk;
    }

    /** The links hold nothing of ours now. */
    void releaseAll()
    {
        for (int i = 0; i < count; i++)
        {
            chunks[i].release();
            chunks[i] = null;
        }
        count = 0;
    }
}
