package io.pnet.sim;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IpAddress;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.Invariants;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Requests in SYNs between two stacks, over a path that loses, repeats and reorders. */
final class FastOpenTransferTest
{
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int REQUESTS = 60;
    private static final int BYTES = 3_000;

    /** Sends a request and holds its echo against it. */
    private static final class Client implements TcpHandler
    {
        private final UnsafeBuffer request = new UnsafeBuffer(new byte[BYTES]);
        private final UnsafeBuffer block = new UnsafeBuffer(new byte[BYTES]);
        private int received;
        private CloseReason reason;

        private Client(final int salt)
        {
            for (int i = 0; i < BYTES; i++)
            {
                request.putByte(i, (byte)(i * 31 + salt >> 2));
            }
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            for (int i = 0; i < length; i++)
            {
                assertEquals(request.getByte(received + i), buffer.getByte(offset + i));
            }
            received += length;
            return length;
        }

        @Override
        public void onReadable(final Connection connection)
        {
            // What came out of order.
            onReceive(connection, block, 0, connection.read(block, 0, BYTES));
        }

        @Override
        public void onClosed(final Connection connection, final CloseReason reason)
        {
            this.reason = reason;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "delay=10ms", "delay=10ms,loss=20%", "delay=10ms,loss=5%,dup=10%,reorder=10%:3..20" })
    void everyRequestIsAnsweredToTheByte(final String path) throws IOException
    {
        final TcpSettings settings = new TcpSettings();
        settings.fastOpen = true;
        final UnsafeBuffer block = new UnsafeBuffer(new byte[BYTES]);
        try (Network network = new Network(path.length()))
        {
            final Network.Node server = network.node(
                "10.0.0.1/24", new MemoryLinkOptions(), settings, ImpairmentSpec.parse(path), link -> link);
            final Network.Node clients = network.node("10.0.0.2/24", new MemoryLinkOptions(), settings, null, l -> l);
            server.stack().tcp().listen(IpAddress.ANY, 80, 100, null, connection -> new TcpHandler()
            {
                @Override
                public int onReceive(
                    final Connection c, final UnsafeBuffer buffer, final int offset, final int length)
                {
                    assertEquals(length, c.write(buffer, offset, length));
                    return length;
                }

                @Override
                public void onReadable(final Connection c)
                {
                    final int n = c.read(block, 0, block.capacity());
                    assertEquals(n, c.write(block, 0, n));
                }

                @Override
                public void onPeerClosed(final Connection c)
                {
                    c.close();
                }
            });
            for (int i = 0; i < REQUESTS; i++)
            {
                final Client client = new Client(i);
                final Connection c = clients.stack().tcp().connect(
                    IpAddress.ANY, 0, server.address(), 80, null, client, network.nowNs());
                assertEquals(BYTES, c.write(client.request, 0, BYTES));
                network.runUntil(() -> client.received == BYTES || client.reason != null, 300 * SECOND_NS);
                assertEquals(BYTES, client.received, () -> "request ended " + client.reason + " " + c.info());
                for (final Network.Node node : network.nodes())
                {
                    node.stack().tcp().forEachConnection(Invariants::check);
                }
                c.close();
                // Where one was lost the server is left alone for an hour; its cookies are good for one, too.
                network.run(path.contains("loss") ? 1_000 * SECOND_NS : SECOND_NS);
            }
            final Counters counters = clients.stack().counters();
            final long taken = counters.get(Counter.TCP_FAST_OPENS_TAKEN);
            assertTrue(taken >= (path.contains("loss") ? 5 : REQUESTS - 1), () -> taken + " were taken");
            assertTrue(server.stack().counters().get(Counter.TCP_FAST_OPENS_ACCEPTED) >= taken);
            network.run(200 * SECOND_NS);
            assertEquals(0, server.stack().tcp().connectionCount());
            assertEquals(0, server.stack().largeChunks().inUse() + server.stack().smallChunks().inUse());
            assertEquals(0, clients.stack().largeChunks().inUse() + clients.stack().smallChunks().inUse());
        }
    }
}
