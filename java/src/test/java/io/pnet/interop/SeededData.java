package io.pnet.interop;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A stream of bytes in which every eight say where they stand: what was lost, doubled or moved shows at its offset. */
final class SeededData
{
    private final long seed;

    SeededData(final long seed)
    {
        this.seed = seed;
    }

    /** Fills a whole buffer, whose length is a multiple of 8, with what stands at an offset that is one too. */
    void fill(final ByteBuffer buffer, final long offset)
    {
        buffer.clear().order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i + 8 <= buffer.capacity(); i += 8)
        {
            buffer.putLong(i, at((offset + i) / 8));
        }
    }

    /** The offset of the first wrong byte in a buffer that begins at an offset, or -1. Any offset will do. */
    long firstWrong(final ByteBuffer buffer, final long offset)
    {
        buffer.order(ByteOrder.LITTLE_ENDIAN);
        int i = buffer.position();
        while (i < buffer.limit())
        {
            final long position = offset + i - buffer.position();
            if (position % 8 == 0 && buffer.limit() - i >= 8)
            {
                if (buffer.getLong(i) != at(position / 8))
                {
                    return position;
                }
                i += 8;
            }
            else
            {
                if (buffer.get(i) != (byte)(at(position / 8) >> position % 8 * 8))
                {
                    return position;
                }
                i++;
            }
        }
        return -1;
    }

    private long at(final long index)
    {
        // SplitMix64's finaliser: any two indices differ in about half of their bits.
        long z = seed + index * 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
