package io.pnet.nio;

import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * How selector threads get along on one stack: echo servers of 1, 2, 4 and 16 loops, over Pnet and, where the program
 * is told, over the kernel's loopback. A program of its own, for numbers: round trips a second, and their latencies.
 *
 * <pre>{@code java -cp ... io.pnet.nio.LoopMeasure [pnet|kernel] [CONNECTIONS [SECONDS]]}</pre>
 */
@SuppressWarnings("try")
public final class LoopMeasure
{
    private static final int MESSAGE_BYTES = 64;
    private static final long PATIENCE_NS = 30_000_000_000L;

    private LoopMeasure()
    {
    }

    public static void main(final String[] args) throws Exception
    {
        final boolean isKernel = args.length > 0 && args[0].equals("kernel");
        final int connections = args.length > 1 ? Integer.parseInt(args[1]) : 64;
        final long seconds = args.length > 2 ? Long.parseLong(args[2]) : 3;
        for (final int loops : new int[]{1, 2, 4, 16})
        {
            try (TwoProcesses processes = new TwoProcesses())
            {
                measure(processes, isKernel, loops, connections, Duration.ofSeconds(seconds).toNanos());
            }
        }
    }

    private static void measure(
        final TwoProcesses processes,
        final boolean isKernel,
        final int loops,
        final int connections,
        final long durationNs) throws Exception
    {
        final PnetSelectorProvider serving = processes.serverProvider();
        final PnetSelectorProvider asking = processes.clientProvider();
        try (EchoLoops server = isKernel ?
                new EchoLoops(serving.kernel(), new InetSocketAddress("127.0.0.1", 0), 1024, loops) :
                new EchoLoops(serving, new InetSocketAddress(TwoProcesses.SERVER, 7), 1024, loops);
            EchoClients clients = new EchoClients(isKernel ? asking.kernel() : asking, connections, MESSAGE_BYTES))
        {
            clients.connect(server.address(), 256, PATIENCE_NS);
            clients.run(durationNs, PATIENCE_NS);
            final int rounds = clients.run(durationNs, PATIENCE_NS);
            System.out.printf(
                "%s, %d loops, %d connections: %.0f round trips/s, p50 %.0f us, p99 %.0f us, p99.9 %.0f us%n",
                isKernel ? "kernel" : "pnet", loops, connections, rounds * 1e9 / durationNs,
                clients.latencyNs(0.5) / 1e3, clients.latencyNs(0.99) / 1e3, clients.latencyNs(0.999) / 1e3);
        }
    }
}
