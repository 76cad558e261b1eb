package io.pnet.link;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Pools on huge pages: the same chunks, in other memory. */
class HugePagesTest
{
    @Test
    void aPoolOnHugePagesGivesEveryChunkOnce()
    {
        Assumptions.assumeTrue(NativeLibrary.isAvailable(), "no native library");
        final int bound = 300;
        final ChunkPool pool = new ChunkPool(ChunkPool.LARGE, (long)bound * ChunkPool.LARGE, true);
        final List<Chunk> chunks = new ArrayList<>();
        for (int i = 0; i < bound; i++)
        {
            final Chunk chunk = pool.acquire();
            assertEquals(ChunkPool.LARGE, chunk.capacity());
            chunk.buffer().setMemory(0, chunk.capacity(), (byte)i);
            chunks.add(chunk);
        }
        assertNull(pool.acquire());
        assertTrue(chunks.get(0).buffer().addressOffset() % HugePages.PAGE_BYTES == 0, "not on a huge page");
        for (int i = 0; i < bound; i++)
        {
            final Chunk chunk = chunks.get(i);
            assertEquals((byte)i, chunk.buffer().getByte(0));
            assertEquals((byte)i, chunk.buffer().getByte(chunk.capacity() - 1));
            chunk.release();
        }
        assertEquals(0, pool.inUse());
        assertEquals(bound, pool.available());
    }

    @Test
    void saysInOneLineWhyThereAreNone()
    {
        Assumptions.assumeTrue(NativeLibrary.isAvailable(), "no native library");
        assertNull(HugePages.refusal(1));
        assertEquals(
            "no huge pages for the buffers, small ones take their place: " +
                "/sys/kernel/mm/transparent_hugepage/enabled says never; write madvise there",
            HugePages.refusal(0));
        assertEquals(
            "no huge pages for the buffers, small ones take their place: this kernel has none (ENOENT)",
            HugePages.refusal(-Errno.ENOENT));
    }
}
