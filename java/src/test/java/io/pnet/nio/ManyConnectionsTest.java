package io.pnet.nio;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.net.InetSocketAddress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Ten thousand connections through selectors on one stack, and back to none. */
@Timeout(120)
@SuppressWarnings("try")
final class ManyConnectionsTest
{
    private static final int CONNECTIONS = Integer.getInteger("pnet.nio.connections", 10_000);
    private static final int STEP = 500;
    private static final long PATIENCE_NS = 60_000_000_000L;

    @Test
    void tenThousandConnectionsOnOneStack() throws Exception
    {
        try (TwoProcesses processes = new TwoProcesses();
            EchoLoops server = new EchoLoops(
                processes.serverProvider(), new InetSocketAddress(TwoProcesses.SERVER, 7), 1024, 4);
            EchoClients clients = new EchoClients(processes.clientProvider(), CONNECTIONS, 64))
        {
            clients.connect(server.address(), 512, PATIENCE_NS);
            final int rounds = clients.run(100_000_000L, PATIENCE_NS);
            assertTrue(rounds >= CONNECTIONS, () -> "every one was answered, " + rounds);
            assertEquals(CONNECTIONS, server.connections.get());
            assertEquals(CONNECTIONS + 1, server.keys());
            final long deadlineNs = System.nanoTime() + PATIENCE_NS;
            for (int closed = 0; closed < CONNECTIONS; closed += STEP)
            {
                // Step by step: more than so many orphans at a time are reset, and a reset may be lost.
                final int left = Math.max(0, CONNECTIONS - closed - STEP);
                clients.close(closed, CONNECTIONS - left);
                while (server.connections.get() > left && System.nanoTime() < deadlineNs)
                {
                    Thread.sleep(1);
                }
                assertEquals(left, server.connections.get());
            }
            assertEquals(0, clients.keys());
            server.awaitKeys(1, deadlineNs);
            // The last of them still waits for the acknowledgement of its FIN.
            while (open(processes) > 0 && System.nanoTime() < deadlineNs)
            {
                Thread.sleep(1);
            }
            assertEquals(0, open(processes));
            assertTrue(server.failures.isEmpty(), () -> "failures: " + server.failures);
        }
    }

    private static int open(final TwoProcesses processes)
    {
        return processes.server.exclusively(() -> processes.server.stack().tcp().connectionCount());
    }
}
