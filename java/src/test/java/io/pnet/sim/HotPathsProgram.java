package io.pnet.sim;

import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.TcpSettings;

import java.io.IOException;

/** Bulk transfers that have every hot path of the stack compiled: with GSO and without, over either IP version. */
final class HotPathsProgram
{
    private static final long CYCLE_NS = 50_000;
    private static final int CYCLES = 40_000;
    private static final long MIN_BYTES = 256L << 20;

    private HotPathsProgram()
    {
    }

    public static void main(final String[] args) throws IOException
    {
        final TcpSettings settings = new TcpSettings();
        settings.sendBufferBytes = 256 << 10;
        settings.receiveBufferBytes = 256 << 10;
        for (final String addresses : new String[]{"10.0.0.%d/24", "fd00::%d/64"})
        {
            for (final boolean gso : new boolean[]{false, true})
            {
                transfer(addresses, new MemoryLinkOptions().txOffload(gso).rxGso(gso).queueFrames(8_192), settings);
            }
        }
    }

    private static void transfer(
        final String addresses, final MemoryLinkOptions options, final TcpSettings settings) throws IOException
    {
        try (Network network = new Network(7))
        {
            final Network.Node a = network.node(addresses.formatted(1), options, settings, null, link -> link);
            final Network.Node b = network.node(addresses.formatted(2), options, settings, null, link -> link);
            final Bulk bulk = new Bulk(network, a, b, 80, settings, Long.MAX_VALUE);
            long nowNs = network.nowNs();
            for (int i = 0; i < CYCLES; i++)
            {
                a.stack().doWork(nowNs);
                b.stack().doWork(nowNs);
                a.stack().nextDeadlineNs();
                b.stack().nextDeadlineNs();
                nowNs += CYCLE_NS;
            }
            if (bulk.received < MIN_BYTES)
            {
                throw new AssertionError("received " + bulk.received + " bytes");
            }
        }
    }
}
