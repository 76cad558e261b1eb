package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.LinkCapabilities;
import io.pnet.link.TxFrame;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Two layers, each at one end of a wire. */
class IpExchangeTest
{
    private static final int PROTOCOL = 253;
    private static final IpAddress A4 = IpAddress.parse("10.0.0.1");
    private static final IpAddress B4 = IpAddress.parse("10.0.0.2");
    private static final IpAddress A6 = IpAddress.parse("fd00::1");
    private static final IpAddress B6 = IpAddress.parse("fd00::2");

    /** One layer, its link, and what arrived. */
    private static final class Node
    {
        final Counters counters = new Counters();
        final IpSettings settings = new IpSettings();
        final Ip ip;
        final TestLink link;
        final NetworkInterface networkInterface;
        final List<byte[]> received = new ArrayList<>();
        final List<IcmpError.Kind> errors = new ArrayList<>();
        final List<IpAddress> ready = new ArrayList<>();

        Node(final long mac, final boolean detection)
        {
            settings.addressDetection = detection;
            ip = new Ip(settings, counters, new Random(mac));
            link = new TestLink(LinkCapabilities.plain(mac, 1500), counters);
            networkInterface = ip.addInterface(link);
            ip.addressListener(new AddressListener()
            {
                @Override
                public void onReady(final IpAddress address)
                {
                    ready.add(address);
                }

                @Override
                public void onConflict(final IpAddress address, final long macAddress, final boolean isLost)
                {
                    throw new AssertionError("conflict on " + address);
                }
            });
            ip.register(new IpProtocol()
            {
                @Override
                public int protocol()
                {
                    return PROTOCOL;
                }

                @Override
                public void onPacket(final IpPacket packet, final long nowNs)
                {
                    final byte[] bytes = new byte[packet.length()];
                    packet.buffer().getBytes(packet.offset(), bytes);
                    received.add(bytes);
                    assertTrue(packet.isChecksumValid());
                }

                @Override
                public void onIcmpError(final IcmpError error, final long nowNs)
                {
                    errors.add(error.kind());
                }
            });
        }

        void send(final IpAddress to, final byte[] payload)
        {
            final Destination destination = ip.route(0, 0, to.hi(), to.lo());
            assertNotNull(destination, "no route to " + to);
            final TxFrame frame = ip.claim(destination, PROTOCOL, 0, payload.length, false);
            frame.buffer().putBytes(ip.transportOffset(), payload);
            ip.commit(frame, 0, 0, 0);
        }
    }

    private long nowNs;

    private void run(final long forNs, final Node... nodes)
    {
        final long untilNs = nowNs + forNs;
        while (nowNs <= untilNs)
        {
            for (final Node node : nodes)
            {
                node.ip.poll(64, nowNs, 0);
                node.ip.onTimers(nowNs);
                node.ip.flush(nowNs);
            }
            nowNs += 10_000_000;
        }
    }

    private static byte[] payload(final int length, final int seed)
    {
        final byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        // The two bytes of the checksum, which is at offset 0.
        bytes[0] = 0;
        bytes[1] = 0;
        return bytes;
    }

    private static void assertSame(final byte[] sent, final byte[] received)
    {
        final byte[] copy = received.clone();
        copy[0] = 0;
        copy[1] = 0;
        assertArrayEquals(sent, copy);
    }

    private static void exchange(final IpExchangeTest test, final boolean detection)
    {
        final Node a = new Node(0x0250_4E00_0001L, detection);
        final Node b = new Node(0x0250_4E00_0002L, detection);
        TestLink.connect(a.link, b.link);
        a.ip.addAddress(a.networkInterface, A4, 24);
        a.ip.addAddress(a.networkInterface, A6, 64);
        b.ip.addAddress(b.networkInterface, B4, 24);
        b.ip.addAddress(b.networkInterface, B6, 64);
        test.run(3_000_000_000L, a, b);
        assertEquals(3, a.ready.size());

        final byte[] small = payload(100, 1);
        final byte[] large = payload(65_000, 2);
        a.send(B4, small);
        a.send(B6, small);
        a.send(B4, large);
        a.send(B6, large);
        test.run(100_000_000L, a, b);
        assertEquals(4, b.received.size());
        b.received.sort((one, other) -> one.length - other.length);
        assertSame(small, b.received.get(0));
        assertSame(small, b.received.get(1));
        assertSame(large, b.received.get(2));
        assertSame(large, b.received.get(3));
        assertEquals(0, b.counters.get(Counter.STACK_INTERNAL_ERRORS));
        assertEquals(2, b.counters.get(Counter.IP_REASSEMBLED));
    }

    @Test
    void carriesPacketsOfBothVersionsAfterResolvingNeighbours()
    {
        exchange(this, false);
    }

    @Test
    void carriesPacketsOfBothVersionsAfterProbingItsAddresses()
    {
        exchange(this, true);
    }

    @Test
    void tellsTheProtocolWhenTheNeighbourDoesNotAnswer()
    {
        final Node a = new Node(0x0250_4E00_0001L, false);
        a.ip.addAddress(a.networkInterface, A4, 24);
        a.ip.addAddress(a.networkInterface, A6, 64);
        a.send(B4, payload(100, 1));
        a.send(B6, payload(100, 1));
        run(2_900_000_000L, a);
        assertTrue(a.errors.isEmpty());
        run(300_000_000L, a);
        assertEquals(List.of(IcmpError.Kind.HOST_UNREACHABLE, IcmpError.Kind.HOST_UNREACHABLE), a.errors);
        assertEquals(2, a.counters.get(Counter.NEIGHBOUR_TX_DROP_UNREACHABLE));
    }

    @Test
    void answersEchoRequestsOfBothVersionsAndSizes()
    {
        final Node a = new Node(0x0250_4E00_0001L, false);
        final Node b = new Node(0x0250_4E00_0002L, false);
        TestLink.connect(a.link, b.link);
        a.ip.addAddress(a.networkInterface, A4, 24);
        a.ip.addAddress(a.networkInterface, A6, 64);
        b.ip.addAddress(b.networkInterface, B4, 24);
        b.ip.addAddress(b.networkInterface, B6, 64);
        final List<String> replies = new ArrayList<>();
        final int identifier = a.ip.echo().open(new EchoHandler()
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
                replies.add(sequence + " " + new IpAddress(sourceHi, sourceLo) + " " + length + " " + hopLimit);
            }

            @Override
            public void onError(final int id, final int sequence, final IcmpError error)
            {
                replies.add("error " + error.kind());
            }
        });
        final UnsafeBuffer data = new UnsafeBuffer(new byte[60_000]);
        for (final IpAddress to : new IpAddress[]{B4, B6})
        {
            final Destination destination = a.ip.route(0, 0, to.hi(), to.lo());
            assertTrue(a.ip.echo().send(destination, identifier, 1, data, 0, 56));
            assertTrue(a.ip.echo().send(destination, identifier, 2, data, 0, 60_000));
        }
        run(100_000_000L, a, b);
        replies.sort(null);
        assertEquals(
            List.of("1 10.0.0.2 56 64", "1 fd00::2 56 64", "2 10.0.0.2 60000 64", "2 fd00::2 60000 64"), replies);
    }
}
