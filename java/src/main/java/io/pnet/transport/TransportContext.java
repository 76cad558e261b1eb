package io.pnet.transport;

import io.pnet.counters.Counters;
import io.pnet.ip.Ip;
import io.pnet.link.ChunkPool;

import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * What a stack gives each of its transports.
 *
 * @param ip           the layer below.
 * @param timers       the stack's timers.
 * @param counters     the stack's counters.
 * @param random       the stack's only source of randomness; secrets and ports come from it.
 * @param largeChunks  chunks of {@link ChunkPool#LARGE} bytes.
 * @param sendChunks   as many more of them, for what is to be sent: however full, it leaves receiving alone.
 * @param smallChunks  chunks of {@link ChunkPool#SMALL} bytes.
 * @param errorHandler gets what users' handlers throw.
 * @param wakeup       any thread calls it after it has left work for the owner: the owner looks again soon.
 */
public record TransportContext(
    Ip ip,
    TimerWheel timers,
    Counters counters,
    RandomGenerator random,
    ChunkPool largeChunks,
    ChunkPool sendChunks,
    ChunkPool smallChunks,
    Consumer<Throwable> errorHandler,
    Runnable wakeup)
{
}
