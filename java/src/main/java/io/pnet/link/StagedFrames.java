package io.pnet.link;

import java.util.Arrays;

/** Frames in chunks, in order, between their commit and their flush. Grows as needed and is reused. */
final class StagedFrames
{
    private Chunk[] chunks = new Chunk[64];
    private int[] lengths = new int[64];
    private int size;

    void add(final Chunk chunk, final int length)
    {
        if (size == chunks.length)
        {
            chunks = Arrays.copyOf(chunks, 2 * size);
            lengths = Arrays.copyOf(lengths, 2 * size);
        }
        chunks[size] = chunk;
        lengths[size++] = length;
    }

    int size()
    {
        return size;
    }

    Chunk chunk(final int index)
    {
        return chunks[index];
    }

    int length(final int index)
    {
        return lengths[index];
    }

    /** Forgets all; whoever took the chunks owns them. */
    void clear()
    {
        Arrays.fill(chunks, 0, size, null);
        size = 0;
    }
}
