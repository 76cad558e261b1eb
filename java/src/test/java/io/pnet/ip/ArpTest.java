package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.link.LinkCapabilities;
import io.pnet.wire.ArpPacket;
import io.pnet.wire.EthernetHeader;
import org.junit.jupiter.api.Test;

import java.util.List;

import static io.pnet.ip.Packets.OUR_MAC;
import static io.pnet.ip.Packets.PEER_MAC;
import static io.pnet.ip.Packets.arp;
import static io.pnet.ip.Packets.ethernet;
import static io.pnet.ip.Packets.pattern;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ArpTest extends IpFixture
{
    private static final int REQUEST = ArpPacket.OPERATION_REQUEST;
    private static final int REPLY = ArpPacket.OPERATION_REPLY;
    private static final long THIRD_MAC = 0x0250_4E00_0003L;
    private static final IpAddress THIRD = IpAddress.parse("10.0.0.3");

    private Neighbour third()
    {
        return ip.neighbours.find(networkInterface, THIRD.hi(), THIRD.lo());
    }

    @Test
    void answersRequestsForOurAddressAndLearnsWhoAsked()
    {
        openWithAddresses();
        receive(arp(REQUEST, THIRD_MAC, "10.0.0.3", 0, "10.0.0.1"));
        sentOne().toMac(THIRD_MAC).arp(REPLY, "10.0.0.1", THIRD_MAC, "10.0.0.3");
        assertEquals(THIRD_MAC, third().macAddress);
        assertEquals(Neighbour.State.STALE, third().state);
    }

    @Test
    void learnsNothingFromTheTalkOfOthers()
    {
        openWithAddresses();
        expectDrop(Counter.ARP_RX_DROP_NOT_FOR_US, arp(REQUEST, THIRD_MAC, "10.0.0.3", 0, "10.0.0.9"));
        expectDrop(Counter.ARP_RX_DROP_NOT_FOR_US, arp(REQUEST, THIRD_MAC, "10.0.0.3", 0, "10.0.0.3"));
        assertNull(third());
        sentNothing();
        // But who is known already may move (RFC 826's merge flag).
        receive(arp(REQUEST, THIRD_MAC, "10.0.0.2", 0, "10.0.0.9"));
        assertEquals(
            THIRD_MAC, ip.neighbours.find(networkInterface, 0, Packets.PEER4.lo()).macAddress);
    }

    @Test
    void dropsMalformedPackets()
    {
        openWithAddresses();
        expectDrop(Counter.ARP_RX_DROP_MALFORMED, ethernet(OUR_MAC, EthernetHeader.TYPE_ARP, new byte[27]));
        expectDrop(Counter.ARP_RX_DROP_MALFORMED, ethernet(OUR_MAC, EthernetHeader.TYPE_ARP, new byte[28]));
        expectDrop(Counter.ARP_RX_DROP_MALFORMED, arp(3, THIRD_MAC, "10.0.0.3", 0, "10.0.0.1"));
        expectDrop(Counter.ARP_RX_DROP_MALFORMED, arp(REQUEST, EthernetHeader.BROADCAST, "10.0.0.3", 0, "10.0.0.1"));
        expectDrop(Counter.ARP_RX_DROP_MALFORMED, arp(REPLY, THIRD_MAC, "224.0.0.1", 0, "10.0.0.1"));
        expectDrop(Counter.ARP_RX_DROP_NOT_FOR_US, arp(REQUEST, OUR_MAC, "10.0.0.1", 0, "10.0.0.1"));
    }

    @Test
    void asksOncePerSecondAndSendsWhatWaitedInOrder()
    {
        openWithAddresses();
        final Destination destination = destination(THIRD);
        assertTrue(send(destination, pattern(11)));
        assertTrue(send(destination, pattern(12)));
        sentOne().toMac(EthernetHeader.BROADCAST).arp(REQUEST, "10.0.0.1", 0, "10.0.0.3");
        run(SECOND);
        sentOne().toMac(EthernetHeader.BROADCAST).arp(REQUEST, "10.0.0.1", 0, "10.0.0.3");
        receive(arp(REPLY, THIRD_MAC, "10.0.0.3", OUR_MAC, "10.0.0.1"));
        final List<Sent> frames = sent();
        assertEquals(2, frames.size());
        frames.get(0).toMac(THIRD_MAC).v4(PROTOCOL, "10.0.0.1", "10.0.0.3");
        assertEquals(11, frames.get(0).rest().length);
        frames.get(1).toMac(THIRD_MAC).v4(PROTOCOL, "10.0.0.1", "10.0.0.3");
        assertEquals(12, frames.get(1).rest().length);
        assertEquals(Neighbour.State.REACHABLE, third().state);
        run(10 * SECOND);
        sentNothing();
    }

    @Test
    void keepsTheNewestPacketsWhileItWaits()
    {
        openWithAddresses();
        final Destination destination = destination(THIRD);
        for (int i = 1; i <= NeighbourCache.MAX_WAITING + 3; i++)
        {
            assertTrue(send(destination, pattern(i)));
        }
        assertEquals(3, counters.get(Counter.NEIGHBOUR_TX_DROP_QUEUE_FULL));
        sent();
        receive(arp(REPLY, THIRD_MAC, "10.0.0.3", OUR_MAC, "10.0.0.1"));
        final List<Sent> frames = sent();
        assertEquals(NeighbourCache.MAX_WAITING, frames.size());
        assertEquals(4, frames.get(0).v4(PROTOCOL, "10.0.0.1", "10.0.0.3").rest().length);
    }

    @Test
    void bringsWaitingPacketsOutWhenAFullLinkHasRoomAgain()
    {
        openWithAddresses();
        final Destination destination = destination(THIRD);
        send(destination, pattern(1));
        send(destination, pattern(2));
        sent();
        link.room = 1;
        receive(arp(REPLY, THIRD_MAC, "10.0.0.3", OUR_MAC, "10.0.0.1"));
        assertEquals(1, sent().size());
        link.room = 10;
        ip.flush(nowNs);
        assertEquals(1, sent().size());
        ip.flush(nowNs);
        sentNothing();
    }

    @Test
    void givesUpAfterThreeQuestionsAndReportsEachPacket()
    {
        openWithAddresses();
        final Destination destination = destination(THIRD);
        send(destination, pattern(20));
        send(destination, pattern(21));
        run(3 * SECOND - 1);
        assertEquals(3, sent().size());
        assertEquals(List.of(), reported);
        run(1);
        assertEquals(2, reported.size());
        assertEquals(IcmpError.Kind.HOST_UNREACHABLE, reported.get(0).kind());
        assertEquals("10.0.0.1", reported.get(0).local());
        assertEquals("10.0.0.3", reported.get(0).remote());
        assertEquals(20, reported.get(0).quote().length);
        assertEquals(2, counters.get(Counter.NEIGHBOUR_TX_DROP_UNREACHABLE));
        assertEquals(1, counters.get(Counter.NEIGHBOUR_FAILED));
        run(10 * SECOND);
        sentNothing();
        send(destination, pattern(22));
        sentOne().arp(REQUEST, "10.0.0.1", 0, "10.0.0.3");
    }

    @Test
    void probesANeighbourThatWasNotHeardOfForLongAndFollowsItToANewAddress()
    {
        openWithAddresses();
        final Destination destination = destination(Packets.PEER4);
        run(60 * SECOND);
        sent();
        send(destination, pattern(1));
        sentOne().toMac(PEER_MAC);
        run(5 * SECOND);
        sentOne().toMac(PEER_MAC).arp(REQUEST, "10.0.0.1", 0, "10.0.0.2");
        send(destination, pattern(1));
        sentOne().toMac(PEER_MAC);
        run(3 * SECOND);
        assertEquals(2, sent().size());
        assertEquals(1, counters.get(Counter.NEIGHBOUR_FAILED));
        send(destination, pattern(1));
        sentOne().toMac(EthernetHeader.BROADCAST).arp(REQUEST, "10.0.0.1", 0, "10.0.0.2");
        receive(arp(REPLY, THIRD_MAC, "10.0.0.2", OUR_MAC, "10.0.0.1"));
        sentOne().toMac(THIRD_MAC).v4(PROTOCOL, "10.0.0.1", "10.0.0.2");
    }

    @Test
    void doesNotProbeWhileATransportMakesProgress()
    {
        openWithAddresses();
        final Destination destination = destination(Packets.PEER4);
        run(60 * SECOND);
        send(destination, pattern(1));
        sent();
        run(4 * SECOND);
        ip.confirmReachable(destination, nowNs);
        run(10 * SECOND);
        sentNothing();
    }

    @Test
    void probesThenAnnouncesANewAddress()
    {
        open(LinkCapabilities.plain(OUR_MAC, 1500));
        ip.addAddress(networkInterface, Packets.US4, 24);
        assertFalse(ip.isLocal(0, Packets.US4.lo()));
        assertNull(ip.route(0, 0, 0, Packets.PEER4.lo()));
        run(1);
        sentOne().toMac(EthernetHeader.BROADCAST).arp(REQUEST, "0.0.0.0", 0, "10.0.0.1");
        run(2 * settings.probeIntervalNs);
        sent().forEach((frame) -> frame.arp(REQUEST, "0.0.0.0", 0, "10.0.0.1"));
        assertEquals(List.of(), addressEvents);
        run(settings.probeIntervalNs);
        sentOne().toMac(EthernetHeader.BROADCAST).arp(REQUEST, "10.0.0.1", 0, "10.0.0.1");
        assertEquals(List.of("ready 10.0.0.1"), addressEvents);
        assertTrue(ip.isLocal(0, Packets.US4.lo()));
        run(2 * SECOND);
        sentOne().arp(REQUEST, "10.0.0.1", 0, "10.0.0.1");
        run(20 * SECOND);
        sentNothing();
    }

    @Test
    void givesUpATentativeAddressThatSomebodyUsesOrProbes()
    {
        final byte[][] conflicts = {
            arp(REPLY, THIRD_MAC, "10.0.0.1", OUR_MAC, "0.0.0.0"),
            arp(REQUEST, THIRD_MAC, "10.0.0.1", 0, "10.0.0.9"),
            arp(REQUEST, THIRD_MAC, "0.0.0.0", 0, "10.0.0.1")};
        open(LinkCapabilities.plain(OUR_MAC, 1500));
        for (final byte[] conflict : conflicts)
        {
            addressEvents.clear();
            ip.addAddress(networkInterface, Packets.US4, 24);
            run(settings.probeIntervalNs);
            sent();
            receive(conflict);
            assertEquals(List.of("lost 10.0.0.1 against 2504e000003"), addressEvents);
            run(10 * SECOND);
            sentNothing();
            assertFalse(ip.isLocal(0, Packets.US4.lo()));
        }
        assertEquals(3, counters.get(Counter.ARP_CONFLICTS));
    }

    @Test
    void defendsItsAddressOnceAndThenYields()
    {
        openWithAddresses();
        receive(arp(REPLY, THIRD_MAC, "10.0.0.1", PEER_MAC, "10.0.0.2"));
        sentOne().toMac(EthernetHeader.BROADCAST).arp(REQUEST, "10.0.0.1", 0, "10.0.0.1");
        assertEquals(List.of("defended 10.0.0.1 against 2504e000003"), addressEvents);
        run(11 * SECOND);
        receive(arp(REPLY, THIRD_MAC, "10.0.0.1", PEER_MAC, "10.0.0.2"));
        assertTrue(ip.isLocal(0, Packets.US4.lo()));
        assertEquals(1, sent().size());
        final Destination destination = destination(Packets.PEER4);
        run(9 * SECOND);
        receive(arp(REPLY, THIRD_MAC, "10.0.0.1", PEER_MAC, "10.0.0.2"));
        assertFalse(ip.isLocal(0, Packets.US4.lo()));
        assertEquals("lost 10.0.0.1 against 2504e000003", addressEvents.get(2));
        assertFalse(send(destination, pattern(1)));
        assertEquals(1, counters.get(Counter.IP_TX_DROP_NO_ROUTE));
    }

    @Test
    void answersAProbeForAnAddressInUse()
    {
        openWithAddresses();
        receive(arp(REQUEST, THIRD_MAC, "0.0.0.0", 0, "10.0.0.1"));
        sentOne().toMac(THIRD_MAC).arp(REPLY, "10.0.0.1", THIRD_MAC, "0.0.0.0");
        assertEquals(List.of(), addressEvents);
    }
}
