package io.pnet.tcp;

import io.pnet.link.ChunkPool;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** How large a send buffer grows by itself. */
class SendBufferTest
{
    private static final int LARGE = 56 << 20;

    private final SendBuffer buffer = new SendBuffer(
        new ChunkPool(ChunkPool.LARGE, 1 << 20), new ChunkPool(ChunkPool.SMALL, 1 << 20), new ReleaseQueue(),
        new TcpSettings(), new MemoryBudget(1 << 30));

    /** At most what 128 Gbit/s carry in a round trip, and never less than 2 MiB. */
    @ParameterizedTest
    @CsvSource({
        "20_000, 2097152", "131_072, 2097152", "200_000, 3200000", "1_000_000, 16000000", "10_000_000, 33554432",
        "3_000_000_000, 33554432", "9223372036854775807, 33554432"})
    void growsWithTheWindowsToWhatThePathCanUse(final String minRttNs, final int limit)
    {
        buffer.grow(LARGE, LARGE, Long.parseLong(minRttNs.replace("_", "")));
        assertEquals(limit, buffer.limit());
    }

    @ParameterizedTest
    @CsvSource({"300000, 56000000", "56000000, 300000"})
    void growsToTheSmallerWindowAndAsMuchAhead(final int cwnd, final int sndWnd)
    {
        buffer.grow(cwnd, sndWnd, Long.MAX_VALUE);
        assertEquals(2 * 300_000 + SendBuffer.INITIAL, buffer.limit());
        buffer.grow(1, 1, 1);
        assertEquals(2 * 300_000 + SendBuffer.INITIAL, buffer.limit());
    }
}
