package io.pnet.sim;

import io.pnet.ip.IpAddress;
import io.pnet.link.ChunkPool;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A hundred thousand connections on one stack: what each of them keeps once it has been used and is idle, the objects
 * that stand for it and its share of the table counted, and that all of it comes back. Both ends are here, over the
 * stack's loopback. Heap in use after a collection, over so many connections, is exact to some bytes.
 */
final class ConnectionMemoryTest
{
    private static final int CONNECTIONS = 100_000;
    private static final int PORTS = 4;
    private static final int BURST = 500;
    private static final long LIMIT_BYTES = 2_048;
    /** The table of connections does not shrink, and some of what busy ones need is kept for the next. */
    private static final long LEFT_BYTES = 64;
    private static final long SECOND_NS = 1_000_000_000L;

    /** Sends back what it gets, or counts it. One for all connections, so that it weighs nothing. */
    private static final class Talker implements TcpHandler
    {
        private final boolean isEcho;
        private final UnsafeBuffer message = new UnsafeBuffer(new byte[1_000]);
        private final List<Connection> connections = new ArrayList<>(CONNECTIONS / 2);
        private long received;
        private long closed;

        private Talker(final boolean isEcho)
        {
            this.isEcho = isEcho;
        }

        @Override
        public void onConnected(final Connection connection)
        {
            connections.add(connection);
            if (!isEcho)
            {
                connection.write(message, 0, message.capacity());
            }
        }

        @Override
        public int onReceive(final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            // Through the receive queue, as a channel's bytes go.
            return 0;
        }

        @Override
        public void onReadable(final Connection connection)
        {
            final int n = connection.read(message, 0, message.capacity());
            received += n;
            if (isEcho)
            {
                connection.write(message, 0, n);
            }
        }

        @Override
        public void onPeerClosed(final Connection connection)
        {
            connection.close();
        }

        @Override
        public void onClosed(final Connection connection, final CloseReason reason)
        {
            closed++;
        }
    }

    @Test
    void hundredThousandIdleConnectionsKeepLittleEach() throws IOException
    {
        final TcpSettings settings = new TcpSettings();
        settings.maxTimeWaits = 1;
        try (Network network = new Network(1))
        {
            final Network.Node node =
                network.node("10.0.0.1/24", new MemoryLinkOptions(), settings, null, link -> link);
            final Talker server = new Talker(true);
            final Talker client = new Talker(false);
            for (int port = 1; port <= PORTS; port++)
            {
                node.stack().tcp().listen(IpAddress.ANY, port, BURST, null, connection -> server);
            }
            final long before = usedHeap();
            for (int i = 0; i < CONNECTIONS / 2; i += BURST)
            {
                for (int k = 0; k < BURST; k++)
                {
                    node.stack().tcp().connect(IpAddress.ANY, 0, node.address(), 1 + (i + k) % PORTS, null, client,
                        network.nowNs());
                }
                final long expected = 1_000L * (i + BURST);
                assertTrue(network.runUntil(() -> client.received == expected, SECOND_NS));
            }
            network.run(10 * SECOND_NS);
            assertEquals(CONNECTIONS, node.stack().tcp().connectionCount());
            assertEquals(0, server.closed + client.closed);
            final long each = (usedHeap() - before) / CONNECTIONS;
            assertTrue(each <= LIMIT_BYTES, () -> "an idle connection keeps " + each + " bytes of heap");
            assertIdle(node.stack().smallChunks());
            assertIdle(node.stack().largeChunks());
            assertIdle(node.stack().sendChunks());

            // By degrees: a reset that finds the queue full is lost.
            for (int i = 0; i < CONNECTIONS / 2; i += BURST)
            {
                client.connections.subList(i, i + BURST).forEach(Connection::abort);
                network.run(SECOND_NS / 1_000);
            }
            assertEquals(0, node.stack().tcp().connectionCount());
            assertEquals(CONNECTIONS, server.closed + client.closed);
            server.connections.clear();
            client.connections.clear();
            final long left = (usedHeap() - before) / CONNECTIONS;
            assertTrue(left <= LEFT_BYTES, () -> "a connection that is over leaves " + left + " bytes of heap");
        }
    }

    private static void assertIdle(final ChunkPool pool)
    {
        assertEquals(pool.capacity(), pool.available());
    }

    private static long usedHeap()
    {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++)
        {
            System.gc();
            least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }
}
