package io.pnet.ip;

import io.pnet.Must;
import io.pnet.counters.Counter;
import io.pnet.link.LinkCapabilities;
import io.pnet.link.RxFrame;
import io.pnet.link.TxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.util.List;

import static io.pnet.ip.Packets.PEER4;
import static io.pnet.ip.Packets.PEER6;
import static io.pnet.ip.Packets.PEER_MAC;
import static io.pnet.ip.Packets.US4;
import static io.pnet.ip.Packets.US6;
import static io.pnet.ip.Packets.pattern;
import static io.pnet.ip.Packets.slice;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class OutputTest extends IpFixture
{
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final LinkCapabilities OFFLOADS =
        new LinkCapabilities(TestLink.MAC, 1500, 1514, 256, true, 65_535, true, true, true);

    private static long pseudoSum(final IpAddress from, final IpAddress to, final int protocol, final int length)
    {
        return Checksum.pseudoHeader(from.hi(), from.lo(), to.hi(), to.lo(), protocol, length);
    }

    @Must(2)
    @Test
    void completesChecksumsOverGatheredPiecesOfOddLength()
    {
        openWithAddresses();
        for (final IpAddress to : List.of(PEER4, PEER6))
        {
            final TxFrame frame = ip.claim(destination(to), TCP, 0x0A, 20, true);
            frame.buffer().putBytes(ip.transportOffset(), pattern(20));
            frame.append(new UnsafeBuffer(pattern(100)), 3, 33);
            frame.append(new UnsafeBuffer(pattern(100)), 40, 1);
            frame.append(new UnsafeBuffer(pattern(100)), 50, 17);
            ip.commit(frame, 16, 0, 20);
            final Sent sent = sentOne().toMac(PEER_MAC);
            final boolean isV4 = to.isV4();
            if (isV4)
            {
                sent.v4(TCP, "10.0.0.1", "10.0.0.2");
                assertTrue(sent.isDontFragment());
                assertEquals(0x0A, sent.bytes[15]);
            }
            else
            {
                sent.v6(TCP, "fd00::1", "fd00::2");
                assertEquals(0x60A0, BigEndian.getUint16(sent.buffer, 14));
            }
            assertEquals(71, sent.rest().length);
            assertTrue(Checksum.isValid(
                pseudoSum(isV4 ? US4 : US6, to, TCP, 71) + Checksum.sum(sent.buffer, sent.at, 71)));
        }
    }

    @Test
    void leavesChecksumsToALinkThatCompletesThem()
    {
        openWithAddresses(OFFLOADS);
        final TxFrame frame = ip.claim(destination(PEER4), UDP, 0, 30, false);
        final int at = ip.transportOffset();
        frame.buffer().putBytes(at, pattern(30));
        ip.commit(frame, 6, 0, 8);
        assertTrue(frame.isChecksumPartial());
        assertEquals(34, frame.csumStart());
        assertEquals(6, frame.csumOffset());
        assertEquals(
            Checksum.fold(pseudoSum(US4, PEER4, UDP, 30)), BigEndian.getUint16(frame.buffer(), at + 6));
    }

    @Test
    void handsOverGsoFramesOnlyWhenThereIsMoreThanOneSegment()
    {
        openWithAddresses(OFFLOADS);
        final UnsafeBuffer data = new UnsafeBuffer(pattern(5000));
        final TxFrame whole = ip.claim(destination(PEER6), TCP, 0, 32, true);
        whole.append(data, 0, 5000);
        ip.commit(whole, 16, 1428, 32);
        assertEquals(RxFrame.GSO_TCPV6, whole.gsoType());
        assertEquals(1428, whole.gsoSize());
        assertEquals(14 + 40 + 32, whole.gsoHeaderLength());
        assertEquals(54, whole.csumStart());
        assertEquals(
            Checksum.fold(pseudoSum(US6, PEER6, TCP, 5032)),
            BigEndian.getUint16(whole.buffer(), ip.transportOffset() + 16));

        final TxFrame single = ip.claim(destination(PEER4), TCP, 0, 32, true);
        single.append(data, 0, 1428);
        ip.commit(single, 16, 1428, 32);
        assertEquals(RxFrame.GSO_NONE, single.gsoType());
        assertEquals(2, sent().size());
    }

    @Test
    void dropsWhatNeitherFitsNorMayBeCut()
    {
        openWithAddresses();
        final TxFrame frame = ip.claim(destination(PEER4), TCP, 0, 20, true);
        frame.append(new UnsafeBuffer(pattern(1461)), 0, 1461);
        ip.commit(frame, 16, 0, 20);
        assertNull(ip.claim(destination(PEER4), TCP, 0, 1481, false));
        final TxFrame gso = ip.claim(destination(PEER4), TCP, 0, 20, true);
        gso.append(new UnsafeBuffer(pattern(4000)), 0, 4000);
        ip.commit(gso, 16, 1460, 20);
        assertNull(ip.claim(destination(PEER4), UDP, 0, 65_516, false));
        assertEquals(4, counters.get(Counter.IP_TX_DROP_TOO_BIG));
        sentNothing();
    }

    @Test
    void cutsWhatIsLargerThanThePathMtu()
    {
        openWithAddresses();
        assertTrue(send(destination(PEER4), pattern(3000)));
        final List<Sent> four = sent();
        assertEquals(3, four.size());
        final int[] offsets = {0, 1480, 2960, 3000};
        for (int i = 0; i < 3; i++)
        {
            final Sent fragment = four.get(i).toMac(PEER_MAC).v4(PROTOCOL, "10.0.0.1", "10.0.0.2")
                .fragment4(offsets[i], i < 2);
            assertArrayEquals(slice(pattern(3000), offsets[i], offsets[i + 1]), fragment.rest());
            assertEquals(four.get(0).identification4(), fragment.identification4());
        }
        assertTrue(send(destination(PEER6), pattern(3000)));
        final List<Sent> six = sent();
        assertEquals(3, six.size());
        final int[] offsets6 = {0, 1448, 2896, 3000};
        for (int i = 0; i < 3; i++)
        {
            final Sent fragment = six.get(i).v6(44, "fd00::1", "fd00::2").fragment6(PROTOCOL, offsets6[i], i < 2);
            assertArrayEquals(slice(pattern(3000), offsets6[i], offsets6[i + 1]), fragment.rest());
        }

        final Destination destination = destination(PEER4);
        ip.updatePathMtu(destination, 600);
        assertTrue(send(destination, pattern(1000)));
        final List<Sent> small = sent();
        assertEquals(2, small.size());
        assertEquals(576, small.get(0).v4(PROTOCOL, "10.0.0.1", "10.0.0.2").rest().length);
        assertTrue(send(destination, pattern(1000)));
        assertNotEquals(small.get(0).identification4(), sent().get(0).identification4());
    }

    @Test
    void sendsWhatFitsWholeAndUnfragmentable()
    {
        openWithAddresses();
        assertTrue(send(destination(PEER4), pattern(1480)));
        final Sent sent = sentOne().v4(PROTOCOL, "10.0.0.1", "10.0.0.2").hopLimit(64);
        assertTrue(sent.isDontFragment());
        assertEquals(0, sent.identification4());
        assertTrue(send(destination(PEER4).hopLimit(3), pattern(1)));
        sentOne().hopLimit(3);
    }

    @Test
    void tellsTheSenderWhenTheLinkIsFull()
    {
        openWithAddresses();
        link.room = 0;
        assertFalse(send(destination(PEER4), pattern(10)));
        // Staged first, so the link's state shows only when it is cut.
        link.room = 1;
        assertTrue(send(destination(PEER4), pattern(3000)));
        assertEquals(1, counters.get(Counter.IP_TX_DROP_LINK_FULL));
    }

    @Test
    void prefersTheLongestPrefixAndAmongEqualsTheLater()
    {
        openWithAddresses();
        final IpAddress remote = IpAddress.parse("192.0.2.9");
        assertNull(ip.route(0, 0, remote.hi(), remote.lo()));
        ip.addRoute(IpAddress.ANY_V4, 0, IpAddress.parse("10.0.0.2"), networkInterface);
        assertEquals(PEER4.lo(), destination(remote).neighbour.lo);
        final Destination destination = destination(remote);
        ip.addRoute(IpAddress.parse("192.0.2.0"), 24, IpAddress.parse("10.0.0.3"), networkInterface);
        ip.addRoute(IpAddress.parse("192.0.2.0"), 24, IpAddress.parse("10.0.0.4"), networkInterface);
        ip.addRoute(IpAddress.parse("192.0.0.0"), 16, IpAddress.parse("10.0.0.5"), networkInterface);
        assertEquals("10.0.0.4", IpAddress.v4((int)destination(remote).neighbour.lo).toString());
        assertTrue(destination.isUsable());
        assertEquals("10.0.0.4", IpAddress.v4((int)destination.neighbour.lo).toString());
        // A default route of one version is none for the other.
        final IpAddress six = IpAddress.parse("2001:db8::1");
        assertNull(ip.route(0, 0, six.hi(), six.lo()));
        assertThrows(
            IllegalArgumentException.class,
            () -> ip.addRoute(IpAddress.ANY, 0, IpAddress.parse("10.0.0.2"), networkInterface));
    }

    @Test
    void choosesTheSourceThatIsClosestToTheDestination()
    {
        openWithAddresses();
        ip.addAddress(networkInterface, IpAddress.parse("2001:db8::1"), 64);
        ip.addAddress(networkInterface, IpAddress.parse("10.0.1.1"), 24);
        ip.addRoute(IpAddress.ANY, 0, PEER6, networkInterface);
        final String[][] pairs = {
            {"fd00::9", "fd00::1"}, {"2001:db8::9", "2001:db8::1"}, {"2001:db8:1::1", "2001:db8::1"},
            {"fe80::9", "fe80::50:4eff:fe00:1"}, {"ff02::1", "fe80::50:4eff:fe00:1"},
            {"10.0.0.9", "10.0.0.1"}, {"10.0.1.9", "10.0.1.1"}};
        for (final String[] pair : pairs)
        {
            final Destination destination = destination(IpAddress.parse(pair[0]));
            assertEquals(
                pair[1], new IpAddress(destination.sourceHi(), destination.sourceLo()).toString(), "to " + pair[0]);
        }
        assertNull(ip.route(US4.hi(), US4.lo(), PEER6.hi(), PEER6.lo()));
        final IpAddress foreign = IpAddress.parse("10.0.0.77");
        assertNull(ip.route(foreign.hi(), foreign.lo(), PEER4.hi(), PEER4.lo()));
    }

    @Test
    void remembersDestinationsUntilSomethingChanges()
    {
        openWithAddresses();
        final DestinationCache cache = new DestinationCache(ip, 16);
        final Destination first = cache.get(0, 0, PEER4.hi(), PEER4.lo());
        assertSame(first, cache.get(0, 0, PEER4.hi(), PEER4.lo()));
        ip.addAddress(networkInterface, IpAddress.parse("10.0.0.3"), 24);
        assertEquals(US4.lo(), cache.get(0, 0, PEER4.hi(), PEER4.lo()).sourceLo());
        ip.removeAddress(US4);
        assertNull(cache.get(US4.hi(), US4.lo(), PEER4.hi(), PEER4.lo()));
    }

    @Test
    void boundsTheNeighbourCache()
    {
        openWithAddresses();
        ip.addAddress(networkInterface, IpAddress.parse("172.16.0.1"), 16);
        for (int i = 2; i < NeighbourCache.CAPACITY + 500; i++)
        {
            nowNs += 1000;
            ip.poll(1, nowNs, 0);
            send(destination(IpAddress.v4(0xAC10_0000 + i)), pattern(1));
        }
        // As many packets wait as may, and what was resolved long ago made room.
        assertEquals(
            NeighbourCache.CAPACITY + 498L,
            256 + counters.get(Counter.NEIGHBOUR_TX_DROP_QUEUE_FULL) +
                counters.get(Counter.NEIGHBOUR_TX_DROP_UNREACHABLE));
    }

    @Test
    void refusesAddressesThatCannotBeOurs()
    {
        openWithAddresses();
        for (final String address : List.of("0.0.0.0", "224.0.0.5", "255.255.255.255", "127.0.0.1", "::", "ff02::5"))
        {
            assertThrows(
                IllegalArgumentException.class,
                () -> ip.addAddress(networkInterface, IpAddress.parse(address), 24));
        }
        assertThrows(IllegalArgumentException.class, () -> ip.addAddress(networkInterface, US4, 24));
        assertThrows(
            IllegalArgumentException.class,
            () -> ip.addAddress(networkInterface, IpAddress.parse("10.9.0.1"), 33));
    }
}
