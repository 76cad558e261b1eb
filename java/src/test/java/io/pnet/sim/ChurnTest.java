package io.pnet.sim;

import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.io.IOException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Many short connections from one address to one port: more than there are ephemeral ports in a TIME_WAIT. */
final class ChurnTest
{
    private static final long MS = 1_000_000L;
    private static final int CONNECTIONS = 40_000;
    /** 20,000 a second. */
    private static final int PER_MS = 20;
    private static final int EPHEMERAL_PORTS = 28_232;

    /** Sends a request, takes the response, and closes first. */
    private static final class Client implements TcpHandler
    {
        private final UnsafeBuffer request = new UnsafeBuffer(new byte[100]);
        private int received;
        private int closed;

        @Override
        public void onConnected(final Connection connection)
        {
            connection.write(request, 0, request.capacity());
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            received += length;
            connection.close();
            return length;
        }

        @Override
        public void onClosed(final Connection connection, final CloseReason reason)
        {
            closed += reason == CloseReason.CLOSED ? 1 : 0;
        }
    }

    @Test
    void connectsTwentyThousandTimesASecondWithoutRunningOutOfPorts() throws IOException
    {
        try (Network network = new Network(3))
        {
            final Network.Node server = network.node("10.0.0.1/24");
            final Network.Node clients = network.node("10.0.0.2/24");
            server.stack().tcp().listen(IpAddress.ANY, 80, 1_000, null, connection -> new TcpHandler()
            {
                @Override
                public int onReceive(
                    final Connection c, final UnsafeBuffer buffer, final int offset, final int length)
                {
                    assertEquals(length, c.write(buffer, offset, length));
                    return length;
                }

                @Override
                public void onPeerClosed(final Connection c)
                {
                    c.close();
                }
            });
            final Client client = new Client();
            int mostWaiting = 0;
            for (int i = 0; i < CONNECTIONS; i += PER_MS)
            {
                for (int j = 0; j < PER_MS; j++)
                {
                    clients.stack().tcp().connect(
                        IpAddress.ANY, 0, server.address(), 80, null, client, network.nowNs());
                }
                network.run(MS);
                mostWaiting = Math.max(mostWaiting, clients.stack().tcp().timeWaitCount());
            }
            network.run(10 * MS);
            assertEquals(CONNECTIONS, client.closed);
            assertEquals(100 * CONNECTIONS, client.received);
            assertEquals(CONNECTIONS, server.stack().counters().get(Counter.TCP_ACCEPTS));
            assertTrue(mostWaiting > EPHEMERAL_PORTS / 2 && mostWaiting <= EPHEMERAL_PORTS);
            assertTrue(clients.stack().counters().get(Counter.TCP_TIME_WAIT_REUSED) >= CONNECTIONS - EPHEMERAL_PORTS);
            assertEquals(0, server.stack().tcp().connectionCount());
            network.run(61_000 * MS);
            assertEquals(0, clients.stack().tcp().connectionCount());
            assertEquals(0, clients.stack().largeChunks().inUse() + clients.stack().smallChunks().inUse());
            assertEquals(0, server.stack().largeChunks().inUse() + server.stack().smallChunks().inUse());
        }
    }
}
