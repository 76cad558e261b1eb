package io.pnet.udp;

import io.pnet.counters.Counter;
import io.pnet.ip.GroupMembership;
import io.pnet.ip.IcmpError;
import io.pnet.ip.IpAddress;
import io.pnet.ip.SourceFilter;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.udp.UdpNode.Heard;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.management.ManagementFactory;
import java.net.BindException;
import java.net.NoRouteToHostException;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class UdpTest
{
    private static final IpAddress A4 = IpAddress.parse("10.0.0.1");
    private static final IpAddress B4 = IpAddress.parse("10.0.0.2");
    private static final IpAddress A6 = IpAddress.parse("fd00::1");
    private static final IpAddress B6 = IpAddress.parse("fd00::2");

    private final LinkContext contextA = LinkContext.standalone();
    private final LinkContext contextB = LinkContext.standalone();
    private final Pipe.Pair pair =
        Pipe.pair(new MemoryLinkOptions(), contextA, new MemoryLinkOptions(), contextB);
    private final UdpNode a = new UdpNode(contextA, pair.left(), 1).address("10.0.0.1", 24).address("fd00::1", 64);
    private final UdpNode b = new UdpNode(contextB, pair.right(), 2).address("10.0.0.2", 24).address("fd00::2", 64);
    private final Heard heardByA = new Heard();
    private final Heard heardByB = new Heard();
    private long nowNs = 1_000_000_000L;

    @AfterEach
    void close()
    {
        assertEquals(0, a.counters.get(Counter.STACK_INTERNAL_ERRORS));
        assertEquals(0, b.counters.get(Counter.STACK_INTERNAL_ERRORS));
        pair.close();
    }

    private void run()
    {
        for (int i = 0; i < 20; i++)
        {
            nowNs += 1_000_000;
            a.cycle(nowNs);
            b.cycle(nowNs);
        }
    }

    private static UnsafeBuffer random(final int length)
    {
        final byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return new UnsafeBuffer(bytes);
    }

    private static int send(final UdpEndpoint from, final UnsafeBuffer data, final IpAddress to, final int port)
    {
        return from.send(data, 0, data.capacity(), to.hi(), to.lo(), port);
    }

    @Test
    void carriesDatagramsOfEverySizeOverBothVersions() throws Exception
    {
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardByA);
        b.udp.bind(IpAddress.ANY, 7, heardByB);
        final int[] sizes = {0, 1, 100, 1_472, 1_473, 8_000, 65_487, 65_507};
        for (final int size : sizes)
        {
            assertEquals(size, send(client, random(size), B4, 7));
            assertEquals(size, send(client, random(size), B6, 7));
            run();
        }
        assertEquals(65_527, send(client, random(65_527), B6, 7));
        run();
        assertEquals(sizes.length * 2 + 1, heardByB.datagrams.size());
        for (final byte[] datagram : heardByB.datagrams)
        {
            assertArrayEquals(random(datagram.length).byteArray(), datagram);
        }
        assertEquals("10.0.0.1 " + client.localPort(), heardByB.sources.get(0));
        assertEquals("fd00::1 " + client.localPort(), heardByB.sources.get(1));
        // All that was not for us are multicast listener reports, and announcements of addresses never asked for.
        assertEquals(
            b.counters.get(Counter.ETH_RX_DROP_NOT_FOR_US) + b.counters.get(Counter.NDP_RX_DROP_NOT_FOR_US) +
                b.counters.get(Counter.ARP_RX_DROP_NOT_FOR_US),
            b.counters.drops());
    }

    @Test
    void refusesWhatNoDatagramHolds() throws Exception
    {
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardByA);
        assertEquals(UdpEndpoint.TOO_LARGE, send(client, random(65_508), B4, 7));
        assertEquals(UdpEndpoint.TOO_LARGE, send(client, random(65_528), B6, 7));
    }

    @Test
    void answersWithPortUnreachableAndHearsIt() throws Exception
    {
        for (final IpAddress to : List.of(B4, B6))
        {
            final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardByA).connect(to, 9);
            assertEquals(10, client.send(random(10), 0, 10));
            run();
        }
        assertEquals(
            List.of(IcmpError.Kind.PORT_UNREACHABLE, IcmpError.Kind.PORT_UNREACHABLE), heardByA.errors);
        assertEquals(2, b.counters.get(Counter.UDP_RX_DROP_NO_PORT));
    }

    @Test
    void hearsOnlyItsPeerWhenConnected() throws Exception
    {
        final UdpEndpoint one = a.udp.bind(A4, 1000, heardByA);
        final UdpEndpoint other = a.udp.bind(A4, 1001, heardByA);
        final UdpEndpoint server = b.udp.bind(IpAddress.ANY, 7, heardByB).connect(A4, 1000);
        assertEquals(B4, server.localAddress());
        send(one, random(1), B4, 7);
        send(other, random(2), B4, 7);
        run();
        assertEquals(List.of("10.0.0.1 1000"), heardByB.sources);
        assertEquals(List.of(IcmpError.Kind.PORT_UNREACHABLE), heardByA.errors);

        server.disconnect();
        send(other, random(2), B4, 7);
        run();
        assertEquals(List.of("10.0.0.1 1000", "10.0.0.1 1001"), heardByB.sources);
    }

    @Test
    void prefersTheMoreSpecificEndpoint() throws Exception
    {
        final Heard all = new Heard();
        b.udp.bind(IpAddress.ANY_V4, 8, all);
        b.udp.bind(B6, 8, heardByB);
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardByA);
        send(client, random(4), B4, 8);
        send(client, random(6), B6, 8);
        run();
        assertEquals(4, all.datagrams.get(0).length);
        assertEquals(6, heardByB.datagrams.get(0).length);
    }

    @Test
    void sendsBroadcastsOnlyWhenAllowedTo() throws Exception
    {
        b.udp.bind(IpAddress.ANY, 67, heardByB);
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardByA);
        for (final IpAddress to : List.of(IpAddress.BROADCAST_V4, IpAddress.parse("10.0.0.255")))
        {
            client.broadcast(false);
            assertEquals(UdpEndpoint.BROADCAST_OFF, send(client, random(5), to, 67));
            client.broadcast(true);
            assertEquals(5, send(client, random(5), to, 67));
        }
        run();
        assertEquals(2, heardByB.datagrams.size());
    }

    @Test
    void neverAnswersABroadcastWithPortUnreachable() throws Exception
    {
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardByA).broadcast(true);
        send(client, random(5), IpAddress.BROADCAST_V4, 67);
        run();
        assertEquals(1, b.counters.get(Counter.UDP_RX_DROP_NO_PORT));
        assertEquals(0, b.counters.get(Counter.ICMP_TX));
        assertEquals(List.of(), heardByA.errors);
    }

    @Test
    void receivesMulticastOfGroupsThatWereJoined() throws Exception
    {
        final IpAddress group4 = IpAddress.parse("239.1.2.3");
        final IpAddress group6 = IpAddress.parse("ff02::1234");
        b.udp.bind(IpAddress.ANY, 5353, heardByB);
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardByA);
        run();
        final long notForUs = b.counters.get(Counter.ETH_RX_DROP_NOT_FOR_US);
        send(client, random(3), group4, 5353);
        send(client, random(4), group6, 5353);
        run();
        assertEquals(0, heardByB.datagrams.size());
        assertEquals(notForUs + 2, b.counters.get(Counter.ETH_RX_DROP_NOT_FOR_US));

        final GroupMembership membership = b.ip.joinGroup(b.networkInterface, group4, SourceFilter.ALL);
        b.ip.joinGroup(b.networkInterface, group6, SourceFilter.ALL);
        send(client, random(3), group4, 5353);
        send(client, random(4), group6, 5353);
        run();
        assertEquals(2, heardByB.datagrams.size());

        membership.filter(SourceFilter.NONE);
        send(client, random(3), group4, 5353);
        run();
        assertEquals(2, heardByB.datagrams.size());
    }

    @Test
    void reachesItsOwnAddressesInside() throws Exception
    {
        a.udp.bind(IpAddress.ANY, 7, heardByA);
        final Heard heardBack = new Heard();
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardBack);
        for (final String own : List.of("10.0.0.1", "127.0.0.1", "fd00::1", "::1"))
        {
            assertEquals(9, send(client, random(9), IpAddress.parse(own), 7));
        }
        assertEquals(65_507, send(client, random(65_507), A4, 7));
        assertEquals(65_527, send(client, random(65_527), A6, 7));
        run();
        assertEquals(6, heardByA.datagrams.size());
        assertEquals("10.0.0.1 " + client.localPort(), heardByA.sources.get(0));
        assertEquals("::1 " + client.localPort(), heardByA.sources.get(3));
        assertEquals(0, a.counters.get(Counter.IP_RX_DROP_MARTIAN));
    }

    @Test
    void reportsAnUnreachableNeighbour() throws Exception
    {
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardByA);
        send(client, random(9), IpAddress.parse("10.0.0.77"), 7);
        nowNs += 1_000_000_000L;
        run();
        nowNs += 1_000_000_000L;
        run();
        nowNs += 1_000_000_000L;
        run();
        assertEquals(List.of(IcmpError.Kind.HOST_UNREACHABLE), heardByA.errors);
    }

    @Test
    void saysInOneLineWhatIsWrongWithABinding() throws Exception
    {
        a.udp.bind(A4, 53, heardByA);
        assertEquals(
            "Address already in use: UDP port 53 on 10.0.0.1, choose another or 0 for any",
            assertThrows(BindException.class, () -> a.udp.bind(A4, 53, heardByA)).getMessage());
        assertEquals(
            "Cannot assign requested address: 10.0.0.9 is not one of this process, or not ready yet",
            assertThrows(
                BindException.class, () -> a.udp.bind(IpAddress.parse("10.0.0.9"), 53, heardByA)).getMessage());
        assertEquals(
            "no route to 192.0.2.1 from ::: add an address on its network or a gateway",
            assertThrows(
                NoRouteToHostException.class,
                () -> a.udp.bind(IpAddress.ANY, 0, heardByA).connect(IpAddress.parse("192.0.2.1"), 1)).getMessage());
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardByA);
        assertEquals(UdpEndpoint.NO_ROUTE, send(client, random(1), IpAddress.parse("192.0.2.1"), 1));
        assertEquals(UdpEndpoint.NOT_CONNECTED, client.send(random(1), 0, 1));
        client.close();
        assertEquals(UdpEndpoint.CLOSED, send(client, random(1), B4, 1));
    }

    @Test
    void givesThePortBackWhenClosed() throws Exception
    {
        final UdpEndpoint first = b.udp.bind(B4, 53, heardByB);
        first.connect(A4, 1);
        first.close();
        first.close();
        b.udp.bind(B4, 53, heardByB);
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardByA);
        send(client, random(3), B4, 53);
        run();
        assertEquals(1, heardByB.datagrams.size());
    }

    @Test
    void survivesAHandlerThatThrows() throws Exception
    {
        final RuntimeException thrown = new IllegalStateException("on purpose");
        b.udp.bind(B4, 53, new UdpHandler()
        {
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
                throw thrown;
            }

            @Override
            public void onError(final UdpEndpoint endpoint, final IcmpError.Kind kind)
            {
            }
        });
        send(a.udp.bind(IpAddress.ANY, 0, heardByA), random(3), B4, 53);
        run();
        assertEquals(List.of(thrown), b.handlerErrors);
        assertEquals(1, b.counters.get(Counter.STACK_HANDLER_ERRORS));
    }

    @Test
    void cutsToThePathMtuThatARouterReports() throws Exception
    {
        b.udp.bind(B4, 7, heardByB);
        final UdpEndpoint client = a.udp.bind(A4, 0, heardByA);
        send(client, random(1400), B4, 7);
        run();
        final long fragments = a.counters.get(Counter.IP_FRAGMENTS_TX);
        final UnsafeBuffer quote = new UnsafeBuffer(new byte[8]);
        quote.putShort(0, (short)client.localPort(), ByteOrder.BIG_ENDIAN);
        quote.putShort(2, (short)7, ByteOrder.BIG_ENDIAN);
        final IcmpError error = new IcmpError();
        // About a port that nobody has: a forgery.
        quote.putShort(0, (short)1, ByteOrder.BIG_ENDIAN);
        a.udp.onIcmpError(error.set(IcmpError.Kind.PACKET_TOO_BIG, A4, B4, 1000, quote, 0, 8), nowNs);
        send(client, random(1400), B4, 7);
        assertEquals(fragments, a.counters.get(Counter.IP_FRAGMENTS_TX));
        quote.putShort(0, (short)client.localPort(), ByteOrder.BIG_ENDIAN);
        a.udp.onIcmpError(error.set(IcmpError.Kind.PACKET_TOO_BIG, A4, B4, 1000, quote, 0, 8), nowNs);
        send(client, random(1400), B4, 7);
        assertEquals(fragments + 2, a.counters.get(Counter.IP_FRAGMENTS_TX));
        run();
        assertEquals(3, heardByB.datagrams.size());
        assertEquals(List.of(IcmpError.Kind.PACKET_TOO_BIG), heardByA.errors);
    }

    @Test
    void writesInPlaceWhatIsClaimed() throws Exception
    {
        b.udp.bind(B4, 7, heardByB);
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, heardByA).connect(B4, 7);
        final int at = client.claim(8);
        assertTrue(at > 0);
        client.buffer().putLong(at, 0x0102030405060708L);
        client.commit();
        run();
        assertEquals(0x0102030405060708L, new UnsafeBuffer(heardByB.datagrams.get(0)).getLong(0));
    }

    @Test
    void echoesWithoutAllocating() throws Exception
    {
        final long[] count = new long[2];
        final UdpHandler echo = new UdpHandler()
        {
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
                count[endpoint.localPort() == 7 ? 1 : 0]++;
                endpoint.send(buffer, offset, length, sourceHi, sourceLo, sourcePort);
            }

            @Override
            public void onError(final UdpEndpoint endpoint, final IcmpError.Kind kind)
            {
                throw new AssertionError(kind);
            }
        };
        final UdpEndpoint client = a.udp.bind(IpAddress.ANY, 0, echo);
        b.udp.bind(IpAddress.ANY, 7, echo);
        send(client, random(512), B4, 7);
        send(client, random(512), B6, 7);

        final com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean)ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().getId();
        for (int i = 0; i < 20_000; i++)
        {
            nowNs += 1_000;
            a.cycle(nowNs);
            b.cycle(nowNs);
        }
        final long countBefore = count[0];
        threads.getThreadAllocatedBytes(thread);
        final long before = threads.getThreadAllocatedBytes(thread);
        for (int i = 0; i < 10_000; i++)
        {
            nowNs += 1_000;
            a.cycle(nowNs);
            b.cycle(nowNs);
        }
        final long allocated = threads.getThreadAllocatedBytes(thread) - before;
        final long echoed = count[0] - countBefore;
        assertTrue(echoed >= 20_000, "echoed only " + echoed);
        // The measuring itself costs a little; one object per datagram would be 16 bytes at least.
        assertTrue(allocated < echoed, allocated + " bytes allocated for " + echoed + " echoes");
    }
}
