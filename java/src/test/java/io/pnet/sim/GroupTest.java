package io.pnet.sim;

import io.pnet.counters.Counter;
import io.pnet.ip.EchoHandler;
import io.pnet.ip.IcmpError;
import io.pnet.ip.IpAddress;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import io.pnet.udp.UdpEndpoint;
import io.pnet.udp.UdpHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Sixteen stacks behind one pair of addresses, and a peer that does not know. */
final class GroupTest
{
    private static final long MS = 1_000_000L;
    private static final int STACKS = 16;
    private static final int CONNECTIONS = 4_000;
    private static final String GROUP = "10.0.0.1/24 fd00::1/64";
    private static final String PEER = "10.0.0.2/24 fd00::2/64";
    private static final int MESSAGE = 3_000;

    /** What became of some clients. */
    private static final class Totals
    {
        private long received;
        private int closed;
    }

    /** Sends a message when it is connected, and closes when that has come back. */
    private static final class Client implements TcpHandler
    {
        private final Totals totals;
        private int received;

        private Client(final Totals totals)
        {
            this.totals = totals;
        }

        @Override
        public void onConnected(final Connection connection)
        {
            connection.write(new UnsafeBuffer(new byte[MESSAGE]), 0, MESSAGE);
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            received += length;
            totals.received += length;
            if (received == MESSAGE)
            {
                connection.close();
            }
            return length;
        }

        @Override
        public void onClosed(final Connection connection, final CloseReason reason)
        {
            totals.closed += reason == CloseReason.CLOSED ? 1 : 0;
        }
    }

    private static final class Echo implements TcpHandler
    {
        @Override
        public int onReceive(final Connection c, final UnsafeBuffer buffer, final int offset, final int length)
        {
            return c.write(buffer, offset, length);
        }

        @Override
        public void onPeerClosed(final Connection c)
        {
            c.close();
        }
    }

    private static final class Inbox implements UdpHandler
    {
        private int datagrams;
        private int lastLength;
        private IcmpError.Kind error;

        @Override
        public void onDatagram(
            final UdpEndpoint endpoint,
            final UnsafeBuffer buffer,
            final int offset,
            final int length,
            final long sourceHi,
            final long sourceLo,
            final int sourcePort)
        {
            datagrams++;
            lastLength = length;
        }

        @Override
        public void onError(final UdpEndpoint endpoint, final IcmpError.Kind kind)
        {
            error = kind;
        }
    }

    private static List<Network.Node> group(final Network network)
    {
        final List<Network.Node> group = network.group(GROUP, STACKS, new MemoryLinkOptions(), new TcpSettings());
        // The first stack's word that the addresses are ours.
        network.run(MS);
        return group;
    }

    private static Network.Node peer(final Network network, final ImpairmentSpec impairment)
    {
        return network.node(PEER, new MemoryLinkOptions(), new TcpSettings(), impairment, link -> link);
    }

    private static void listen(final Network.Node node) throws IOException
    {
        node.stack().tcp().listen(IpAddress.ANY, 80, CONNECTIONS, null, connection -> new Echo());
    }

    private static void connect(
        final Network network, final Network.Node from, final IpAddress to, final Totals totals) throws IOException
    {
        from.stack().tcp().connect(IpAddress.ANY, 0, to, 80, null, new Client(totals), network.nowNs());
    }

    private static long sum(final List<Network.Node> group, final Counter counter)
    {
        return group.stream().mapToLong(node -> node.stack().counters().get(counter)).sum();
    }

    /** Every frame of every stack has met one end, and the stacks have given each other as many as they have taken. */
    private static void assertBooks(final Network network)
    {
        for (final Network.Node node : network.nodes())
        {
            assertEquals(0, node.stack().counters().unaccounted(), node.toString());
            assertEquals(0, node.stack().counters().get(Counter.STACK_INTERNAL_ERRORS), node.toString());
        }
    }

    private static void assertBalanced(final List<Network.Node> group, final Counter counter, final int total)
    {
        for (final Network.Node node : group)
        {
            // Five standard deviations of a fair choice.
            final double mean = (double)total / STACKS;
            assertEquals(mean, node.stack().counters().get(counter), 5 * Math.sqrt(mean), node.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void everyFlowStaysAtItsHomeAndHomesShareTheWork(final int version) throws IOException
    {
        try (Network network = new Network(16))
        {
            final List<Network.Node> group = group(network);
            final Network.Node peer = peer(network, null);
            for (final Network.Node node : network.nodes())
            {
                listen(node);
            }
            final IpAddress ours = group.get(0).addresses().get(version);
            final IpAddress theirs = peer.addresses().get(version);
            final Totals incoming = new Totals();
            final Totals outgoing = new Totals();
            for (int i = 0; i < CONNECTIONS; i++)
            {
                connect(network, peer, ours, incoming);
                connect(network, group.get(i % STACKS), theirs, outgoing);
                if (i % 20 == 0)
                {
                    network.run(MS);
                }
            }
            network.run(3_000 * MS);
            assertEquals(CONNECTIONS, incoming.closed);
            assertEquals(CONNECTIONS, outgoing.closed);
            assertEquals((long)CONNECTIONS * MESSAGE, incoming.received);
            assertEquals((long)CONNECTIONS * MESSAGE, outgoing.received);
            assertEquals(CONNECTIONS, sum(group, Counter.TCP_ACCEPTS));
            assertBalanced(group, Counter.TCP_ACCEPTS, CONNECTIONS);
            assertBalanced(group, Counter.TCP_CONNECTS, CONNECTIONS);
            // No segment was anywhere but at its home, where it found its connection.
            assertEquals(0, sum(group, Counter.GROUP_TX_FRAMES));
            assertEquals(0, sum(group, Counter.TCP_RX_DROP_NO_CONNECTION));
            assertEquals(0, sum(group, Counter.TCP_TX_RESETS));
            assertEquals(
                peer.stack().counters().get(Counter.TCP_TX_SEGMENTS), sum(group, Counter.TCP_RX_SEGMENTS));
            assertBooks(network);
        }
    }

    @Test
    void datagramsGoToTheEndpointsHomeAlsoInFragments() throws IOException
    {
        try (Network network = new Network(17))
        {
            final List<Network.Node> group = group(network);
            final Network.Node peer = peer(network, null);
            int sent = 0;
            for (final Network.Node node : group)
            {
                final Inbox inbox = new Inbox();
                final UdpEndpoint endpoint = node.stack().udp().bind(IpAddress.ANY, 0, inbox);
                for (final Network.Node other : group)
                {
                    if (other != node)
                    {
                        assertThrows(IOException.class, () -> other.stack().udp().bind(
                            IpAddress.ANY, endpoint.localPort(), new Inbox()));
                    }
                }
                final UdpEndpoint from = peer.stack().udp().bind(IpAddress.ANY, 0, new Inbox());
                for (int version = 0; version < 2; version++)
                {
                    from.connect(group.get(0).addresses().get(version), endpoint.localPort());
                    assertEquals(100, from.send(new UnsafeBuffer(new byte[100]), 0, 100));
                    network.run(20 * MS);
                    assertEquals(100, inbox.lastLength);
                    assertEquals(9_000, from.send(new UnsafeBuffer(new byte[9_000]), 0, 9_000));
                    network.run(20 * MS);
                    assertEquals(9_000, inbox.lastLength);
                    sent++;
                }
                assertEquals(4, inbox.datagrams);
            }
            // What was put together at stack 0 went on to its home, but for stack 0's own.
            assertEquals(sent - 2, sum(group, Counter.GROUP_TX_FRAMES));
            assertBooks(network);
        }
    }

    @Test
    void datagramsToOurselvesFindTheirHome() throws IOException
    {
        try (Network network = new Network(18))
        {
            final List<Network.Node> group = group(network);
            for (int i = 0; i < STACKS; i++)
            {
                final Inbox inbox = new Inbox();
                final UdpEndpoint to = group.get(i).stack().udp().bind(IpAddress.ANY, 0, inbox);
                final UdpEndpoint from =
                    group.get((i + 1) % STACKS).stack().udp().bind(IpAddress.ANY, 0, new Inbox());
                from.connect(group.get(0).address(), to.localPort());
                from.send(new UnsafeBuffer(new byte[20_000]), 0, 20_000);
                network.run(MS);
                assertEquals(20_000, inbox.lastLength);
            }
            assertBooks(network);
        }
    }

    @Test
    void connectionsToOurselvesStayWhereTheyWereMade() throws IOException
    {
        try (Network network = new Network(19))
        {
            final List<Network.Node> group = group(network);
            final Totals client = new Totals();
            for (final Network.Node node : group)
            {
                listen(node);
                connect(network, node, node.address(), client);
            }
            network.run(10 * MS);
            assertEquals(STACKS, client.closed);
            assertEquals(0, sum(group, Counter.GROUP_TX_FRAMES));
            assertBooks(network);
        }
    }

    @Test
    void anIcmpErrorReachesTheFlowItIsAbout() throws IOException
    {
        try (Network network = new Network(20))
        {
            final List<Network.Node> group = group(network);
            final Network.Node peer = peer(network, null);
            for (final Network.Node node : group)
            {
                final Inbox inbox = new Inbox();
                final UdpEndpoint endpoint = node.stack().udp().bind(IpAddress.ANY, 0, inbox);
                endpoint.connect(peer.address(), 9);
                endpoint.send(new UnsafeBuffer(new byte[10]), 0, 10);
                // Within what the peer's token bucket gives.
                network.run(100 * MS);
                assertEquals(IcmpError.Kind.PORT_UNREACHABLE, inbox.error, node.toString());
            }
            assertBooks(network);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aNarrowPathThatOneFindsIsKnownToAll(final int version) throws IOException
    {
        try (Network network = new Network(21))
        {
            final List<Network.Node> group = group(network);
            final Network.Node peer = peer(network, ImpairmentSpec.parse("mtu=1400:icmp"));
            listen(peer);
            final IpAddress theirs = peer.addresses().get(version);
            final Totals client = new Totals();
            connect(network, group.get(5), theirs, client);
            network.run(500 * MS);
            assertEquals(1, client.closed);
            assertEquals(
                group.get(5).stack().counters().get(Counter.ICMP_RX_ERRORS), sum(group, Counter.GROUP_TX_FRAMES));
            for (final Network.Node node : group)
            {
                assertEquals(
                    1_400,
                    node.stack().ip().route(0, 0, theirs.hi(), theirs.lo()).pathMtu(), node.toString());
            }
            assertBooks(network);
        }
    }

    @Test
    void theFirstAloneAnswersForTheAddresses() throws IOException
    {
        try (Network network = new Network(22))
        {
            final List<Network.Node> group = group(network);
            final Network.Node peer = peer(network, null);
            final int[] replies = new int[1];
            final int identifier = peer.stack().ip().echo().open(new EchoHandler()
            {
                @Override
                public void onReply(
                    final int id,
                    final int sequence,
                    final long sourceHi,
                    final long sourceLo,
                    final UnsafeBuffer buffer,
                    final int offset,
                    final int length,
                    final int hopLimit,
                    final long receivedNs)
                {
                    replies[0]++;
                }

                @Override
                public void onError(final int id, final int sequence, final IcmpError error)
                {
                }
            });
            network.run(10_000 * MS);
            assertEquals(0, sum(group.subList(1, STACKS), Counter.LINK_TX_FRAMES));
            for (final IpAddress address : group.get(0).addresses())
            {
                peer.stack().ip().echo().send(
                    peer.stack().ip().route(0, 0, address.hi(), address.lo()), identifier, 1,
                    new UnsafeBuffer(new byte[2_000]), 0, 2_000);
                network.run(100 * MS);
            }
            assertEquals(2, replies[0]);
            assertEquals(2, sum(group, Counter.ICMP_RX_ECHO_REQUESTS));
            assertEquals(0, sum(group.subList(1, STACKS), Counter.LINK_TX_FRAMES));
            assertBooks(network);
        }
    }
}
