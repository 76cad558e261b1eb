package io.pnet.hostile;

import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;

/** Real frames to start from: some that stay, and the last ones that were seen on the wire. */
final class Corpus
{
    private static final int RECENT = 128;

    private final UnsafeBuffer memory;
    private final int[] lengths;
    private final int fixed;
    private int next;
    private int size;

    Corpus(final Iterable<byte[]> seeds)
    {
        int count = 0;
        for (final byte[] each : seeds)
        {
            assert each.length > 0;
            count++;
        }
        fixed = count;
        memory = new UnsafeBuffer(ByteBuffer.allocateDirect((fixed + RECENT) * FrameLink.SLOT));
        lengths = new int[fixed + RECENT];
        for (final byte[] each : seeds)
        {
            memory.putBytes(size * FrameLink.SLOT, each);
            lengths[size++] = each.length;
        }
    }

    void add(final UnsafeBuffer buffer, final int offset, final int length)
    {
        final int index = fixed + next;
        next = next + 1 & RECENT - 1;
        memory.putBytes(index * FrameLink.SLOT, buffer, offset, length);
        lengths[index] = length;
        size = Math.max(size, index + 1);
    }

    int fixed()
    {
        return fixed;
    }

    int size()
    {
        return size;
    }

    int length(final int index)
    {
        return lengths[index];
    }

    /** Copies a frame; returns its length. */
    int copy(final int index, final UnsafeBuffer target)
    {
        target.putBytes(0, memory, index * FrameLink.SLOT, lengths[index]);
        return lengths[index];
    }

    UnsafeBuffer memory()
    {
        return memory;
    }

    int offset(final int index)
    {
        return index * FrameLink.SLOT;
    }
}
