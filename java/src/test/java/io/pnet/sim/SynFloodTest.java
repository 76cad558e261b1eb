package io.pnet.sim;

import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.link.Link;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.TxFrame;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.TcpState;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A flood of SYNs from addresses that do not exist, and clients that connect all the same. */
final class SynFloodTest
{
    private static final long MS = 1_000_000L;
    private static final int SYNS = 200_000;
    private static final int SYNS_PER_MS = 100;
    private static final int CLIENTS = 100;
    private static final int PORT = 80;
    private static final int ECHO_BYTES = 5_000;

    private final SplittableRandom random = new SplittableRandom(7);
    private final Network network = new Network(7);
    private final Link[] wire = new Link[1];
    private final UnsafeBuffer syn = new UnsafeBuffer(ByteBuffer.allocateDirect(60));
    private int mostHalfOpen;

    /** Connects, sends, and waits for its echo. */
    private static final class Client implements TcpHandler
    {
        private final UnsafeBuffer block = new UnsafeBuffer(ByteBuffer.allocateDirect(ECHO_BYTES));
        private final long startedNs;
        private Connection connection;
        private long connectedNs;
        private int received;
        private CloseReason reason;

        private Client(final long startedNs)
        {
            this.startedNs = startedNs;
        }

        @Override
        public void onConnected(final Connection connection)
        {
            assertEquals(ECHO_BYTES, connection.write(block, 0, ECHO_BYTES));
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            received += length;
            return length;
        }

        @Override
        public void onClosed(final Connection connection, final CloseReason reason)
        {
            this.reason = reason;
        }
    }

    @Test
    void everyClientConnectsUnderAFloodAndNothingGrows() throws IOException
    {
        final TcpSettings settings = new TcpSettings();
        settings.maxHalfOpen = 512;
        final MemoryLinkOptions options = new MemoryLinkOptions();
        final Network.Node server = network.node("10.0.0.1/24", options, settings, null, link -> link);
        final Network.Node clients = network.node("10.0.0.2/24");
        final Network.Node router = network.node("10.0.0.3/24", options, settings, null, link ->
        {
            wire[0] = link;
            return link;
        });
        server.stack().ip().addRoute(
            IpAddress.ANY_V4, 0, IpAddress.parse("10.0.0.3"), server.networkInterface());
        server.stack().tcp().listen(IpAddress.ANY, PORT, 1_000, null, connection ->
            (TcpHandler)(c, buffer, offset, length) ->
            {
                assertEquals(length, c.write(buffer, offset, length));
                return length;
            });
        network.run(MS);
        final List<Client> all = new ArrayList<>();
        for (int ms = 0; ms < SYNS / SYNS_PER_MS; ms++)
        {
            for (int i = 0; i < SYNS_PER_MS; i++)
            {
                sendSyn(server);
            }
            wire[0].flush(network.nowNs());
            if (ms % (SYNS / SYNS_PER_MS / CLIENTS) == 0)
            {
                final Client client = new Client(network.nowNs());
                client.connection = clients.stack().tcp().connect(
                    IpAddress.ANY, 0, server.address(), PORT, null, client, network.nowNs());
                all.add(client);
            }
            network.run(MS);
            mostHalfOpen = Math.max(mostHalfOpen, server.stack().tcp().halfOpenCount());
            assertTrue(server.stack().tcp().connectionCount() <= settings.maxHalfOpen + all.size());
            for (final Client client : all)
            {
                if (client.connectedNs == 0 && client.connection.state() == TcpState.ESTABLISHED)
                {
                    client.connectedNs = network.nowNs();
                }
            }
        }
        network.run(500 * MS);
        for (final Client client : all)
        {
            assertNull(client.reason);
            assertEquals(ECHO_BYTES, client.received);
            assertTrue(client.connectedNs - client.startedNs <= 3_000 * MS);
        }
        assertEquals(settings.maxHalfOpen, mostHalfOpen);
        assertEquals(CLIENTS, server.stack().counters().get(Counter.TCP_ACCEPTS));
        assertTrue(server.stack().counters().get(Counter.TCP_SYN_COOKIES_ACCEPTED) >= CLIENTS - 5);
        assertTrue(server.stack().counters().get(Counter.TCP_SYN_COOKIES_SENT) > SYNS / 2);
        assertTrue(router.stack().counters().get(Counter.IP_RX_DROP_NOT_FOR_US) > SYNS / 2);
        // A minute later nothing is left of it.
        network.run(64_000 * MS);
        assertEquals(0, server.stack().tcp().halfOpenCount());
        assertEquals(CLIENTS, server.stack().tcp().connectionCount());
        assertEquals(0, server.stack().counters().get(Counter.TCP_RX_DROP_SYN_QUEUE_FULL));
        network.close();
    }

    private void sendSyn(final Network.Node server)
    {
        final int length = TcpHeader.MIN_LENGTH + TcpOptions.MSS_LENGTH;
        final TxFrame frame = wire[0].claim(EthernetHeader.LENGTH + Ipv4Header.MIN_LENGTH + length, false);
        final UnsafeBuffer buffer = frame.buffer();
        int at = frame.offset();
        new EthernetHeader().wrap(buffer, at)
            .destination(server.link().capabilities().macAddress())
            .source(wire[0].capabilities().macAddress())
            .type(EthernetHeader.TYPE_IPV4);
        at += EthernetHeader.LENGTH;
        // From everywhere but our own networks.
        final int source = 0xC600_0000 | random.nextInt(1 << 24);
        final int destination = server.address().v4Bits();
        new Ipv4Header().wrap(buffer, at)
            .headerLength(Ipv4Header.MIN_LENGTH).typeOfService(0).totalLength(Ipv4Header.MIN_LENGTH + length)
            .identification(0).flagsAndFragment(Ipv4Header.FLAG_DF).ttl(64).protocol(ProtocolNumber.TCP)
            .source(source).destination(destination).updateHeaderChecksum();
        new TcpHeader().wrap(syn, 0)
            .sourcePort(1_024 + random.nextInt(60_000)).destinationPort(PORT)
            .sequenceNumber(random.nextInt()).acknowledgmentNumber(0)
            .headerLength(length).flags(TcpHeader.SYN).window(65_535).checksum(0).urgentPointer(0);
        TcpOptions.putMss(syn, TcpHeader.MIN_LENGTH, 1_460);
        final long sum = Checksum.pseudoHeaderV4(source, destination, ProtocolNumber.TCP, length) +
            Checksum.sum(syn, 0, length);
        new TcpHeader().wrap(syn, 0).checksum(Checksum.finish(sum));
        buffer.putBytes(at + Ipv4Header.MIN_LENGTH, syn, 0, length);
        wire[0].commit(frame);
    }
}
