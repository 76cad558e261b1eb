package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.link.LinkCapabilities;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Icmpv6Header;
import io.pnet.wire.NdpOptions;
import io.pnet.wire.NeighbourAdvertisement;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static io.pnet.ip.Packets.OUR_MAC;
import static io.pnet.ip.Packets.PEER_MAC;
import static io.pnet.ip.Packets.bytes;
import static io.pnet.ip.Packets.fragment6;
import static io.pnet.ip.Packets.icmp6;
import static io.pnet.ip.Packets.icmp6Packet;
import static io.pnet.ip.Packets.pattern;
import static io.pnet.ip.Packets.target;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class NdpTest extends IpFixture
{
    private static final int SOLICITATION = Icmpv6Header.TYPE_NEIGHBOUR_SOLICITATION;
    private static final int ADVERTISEMENT = Icmpv6Header.TYPE_NEIGHBOUR_ADVERTISEMENT;
    private static final int SOURCE_ADDRESS = NdpOptions.TYPE_SOURCE_LINK_LAYER_ADDRESS;
    private static final int TARGET_ADDRESS = NdpOptions.TYPE_TARGET_LINK_LAYER_ADDRESS;
    private static final int SOLICITED = NeighbourAdvertisement.FLAG_SOLICITED << 24;
    private static final int OVERRIDE = NeighbourAdvertisement.FLAG_OVERRIDE << 24;
    private static final long THIRD_MAC = 0x0250_4E00_0003L;
    private static final long GROUP_MAC = 0x3333_FF00_0001L;
    private static final String GROUP = "ff02::1:ff00:1";
    private static final String LINK_LOCAL = "fe80::50:4eff:fe00:1";
    private static final IpAddress THIRD = IpAddress.parse("fd00::3");

    private Neighbour third()
    {
        return ip.neighbours.find(networkInterface, THIRD.hi(), THIRD.lo());
    }

    private static byte[] solicitation(final String from, final long mac, final String to, final String target)
    {
        return icmp6Packet(from, to, SOLICITATION, 0, 0, target(target, SOURCE_ADDRESS, mac))
            .hopLimit(255).toMac(to.startsWith("ff") ? GROUP_MAC : OUR_MAC).frame();
    }

    private static byte[] advertisement(final int flags, final String target, final long mac)
    {
        return icmp6Packet(target, "fd00::1", ADVERTISEMENT, 0, flags, target(target, TARGET_ADDRESS, mac))
            .hopLimit(255).frame();
    }

    @Test
    void answersSolicitationsForOurAddressAndLearnsWhoAsked()
    {
        openWithAddresses();
        receive(solicitation("fd00::3", THIRD_MAC, GROUP, "fd00::1"));
        final Sent sent = sentOne().toMac(THIRD_MAC).v6(58, "fd00::1", "fd00::3").hopLimit(255)
            .icmp6(ADVERTISEMENT, 0, SOLICITED | OVERRIDE);
        assertArrayEquals(target("fd00::1", TARGET_ADDRESS, OUR_MAC), sent.rest());
        assertEquals(Neighbour.State.STALE, third().state);
        assertEquals(THIRD_MAC, third().macAddress);
    }

    @Test
    void answersAUnicastProbeWithoutAnAddressOption()
    {
        openWithAddresses();
        receive(solicitation("fd00::2", 0, "fd00::1", "fd00::1"));
        sentOne().toMac(PEER_MAC).v6(58, "fd00::1", "fd00::2").icmp6(ADVERTISEMENT, 0, SOLICITED | OVERRIDE);
    }

    @Test
    void defendsItsAddressAgainstDuplicateDetection()
    {
        openWithAddresses();
        receive(solicitation("::", 0, GROUP, "fd00::1"));
        sentOne().toMac(0x3333_0000_0001L).v6(58, "fd00::1", "ff02::1").icmp6(ADVERTISEMENT, 0, OVERRIDE);
        assertTrue(ip.isLocal(Packets.US6.hi(), Packets.US6.lo()));
    }

    @Test
    void listensOnlyToTheOwnLink()
    {
        openWithAddresses();
        expectDrop(
            Counter.NDP_RX_DROP_HOP_LIMIT,
            icmp6Packet("fd00::3", "fd00::1", SOLICITATION, 0, 0, target("fd00::1", SOURCE_ADDRESS, THIRD_MAC))
                .hopLimit(254).frame());
        for (final int type : new int[]{133, 134, 137})
        {
            expectDrop(
                Counter.NDP_RX_DROP_HOP_LIMIT, icmp6Packet("fe80::2", "fd00::1", type, 0, 0, pattern(32)).frame());
            expectDrop(
                Counter.NDP_RX_DROP_IGNORED,
                icmp6Packet("fe80::2", "fd00::1", type, 0, 0, pattern(32)).hopLimit(255).frame());
        }
        sentNothing();
        assertNull(third());
    }

    @Test
    void dropsMalformedMessages()
    {
        openWithAddresses();
        final byte[] good = target("fd00::1", SOURCE_ADDRESS, THIRD_MAC);
        final byte[][] frames = {
            icmp6Packet("fd00::3", "fd00::1", SOLICITATION, 1, 0, good).hopLimit(255).frame(),
            icmp6Packet("fd00::3", "fd00::1", SOLICITATION, 0, 0, pattern(15)).hopLimit(255).frame(),
            icmp6Packet("fd00::3", "fd00::1", SOLICITATION, 0, 0, target("ff02::1", SOURCE_ADDRESS, 0))
                .hopLimit(255).frame(),
            // Duplicate detection with an address option, or not to the group.
            solicitation("::", THIRD_MAC, GROUP, "fd00::1"),
            solicitation("::", 0, "fd00::1", "fd00::1"),
            // A multicast link-layer address.
            solicitation("fd00::3", GROUP_MAC, GROUP, "fd00::1"),
            icmp6Packet("fd00::3", "fd00::1", ADVERTISEMENT, 0, 0, pattern(15)).hopLimit(255).frame(),
            icmp6Packet("fd00::3", "ff02::1", ADVERTISEMENT, 0, SOLICITED, target("fd00::3", TARGET_ADDRESS, THIRD_MAC))
                .toMac(0x3333_0000_0001L).hopLimit(255).frame(),
            advertisement(0, "fd00::3", GROUP_MAC)};
        for (final byte[] frame : frames)
        {
            expectDrop(Counter.NDP_RX_DROP_MALFORMED, frame);
        }
        final byte[] withOptionOfNoLength = good.clone();
        withOptionOfNoLength[17] = 0;
        expectDrop(
            Counter.NDP_RX_DROP_MALFORMED,
            icmp6Packet("fd00::3", "fd00::1", SOLICITATION, 0, 0, withOptionOfNoLength).hopLimit(255).frame());
        // In a fragment, even one that is whole (RFC 6980).
        expectDrop(
            Counter.NDP_RX_DROP_MALFORMED,
            fragment6(1, 58, 0, false, icmp6("fd00::3", "fd00::1", SOLICITATION, 0, 0, good))
                .from("fd00::3").hopLimit(255).frame());
        sentNothing();
        expectDrop(Counter.NDP_RX_DROP_NOT_FOR_US, solicitation("fd00::3", THIRD_MAC, GROUP, "fd00::9"));
        expectDrop(Counter.NDP_RX_DROP_NOT_FOR_US, advertisement(OVERRIDE, "fd00::3", THIRD_MAC));
        assertNull(third());
    }

    @Test
    void asksTheGroupAndSendsWhatWaited()
    {
        openWithAddresses();
        final Destination destination = destination(THIRD);
        send(destination, pattern(11));
        final Sent question = sentOne().toMac(0x3333_FF00_0003L).v6(58, "fd00::1", "ff02::1:ff00:3").hopLimit(255)
            .icmp6(SOLICITATION, 0, 0);
        assertArrayEquals(target("fd00::3", SOURCE_ADDRESS, OUR_MAC), question.rest());
        receive(advertisement(SOLICITED | OVERRIDE, "fd00::3", THIRD_MAC));
        assertEquals(11, sentOne().toMac(THIRD_MAC).v6(PROTOCOL, "fd00::1", "fd00::3").rest().length);
        assertEquals(Neighbour.State.REACHABLE, third().state);
    }

    @Test
    void followsTheFlagsOfAdvertisements()
    {
        openWithAddresses();
        send(destination(THIRD), pattern(1));
        receive(advertisement(0, "fd00::3", THIRD_MAC));
        assertEquals(Neighbour.State.STALE, third().state, "unsolicited: known, not reachable");
        receive(advertisement(SOLICITED, "fd00::3", 0));
        assertEquals(Neighbour.State.REACHABLE, third().state, "solicited without an address confirms");
        receive(advertisement(0, "fd00::3", PEER_MAC));
        assertEquals(THIRD_MAC, third().macAddress, "without override nothing changes");
        assertEquals(Neighbour.State.STALE, third().state, "but it is looked at again");
        receive(advertisement(OVERRIDE, "fd00::3", PEER_MAC));
        assertEquals(PEER_MAC, third().macAddress);
        assertEquals(Neighbour.State.STALE, third().state);
        sent();
    }

    @Test
    void probesAStaleNeighbourAfterADelay()
    {
        openWithAddresses();
        final Destination destination = destination(Packets.PEER6);
        run(60 * SECOND);
        sent();
        send(destination, pattern(1));
        sentOne().toMac(PEER_MAC);
        run(5 * SECOND);
        sentOne().toMac(PEER_MAC).v6(58, "fd00::1", "fd00::2").icmp6(SOLICITATION, 0, 0);
        receive(advertisement(SOLICITED, "fd00::2", 0));
        run(10 * SECOND);
        sentNothing();
    }

    @Test
    void probesAnnouncesAndReportsANewAddressWithItsLinkLocalOne()
    {
        open(LinkCapabilities.plain(OUR_MAC, 1500));
        ip.addAddress(networkInterface, Packets.US6, 64);
        run(1);
        final List<String> targets = new ArrayList<>();
        int reports = 0;
        for (final Sent sent : sent())
        {
            final int nextHeader = sent.bytes[14 + 6];
            if (nextHeader == 0)
            {
                reports++;
                sent.toMac(0x3333_0000_0016L).v6(0, "::", "ff02::16").hopLimit(1);
                assertArrayEquals(bytes(58, 0, 5, 2, 0, 0, 1, 0), Packets.slice(sent.rest(), 0, 8));
                sent.at += 8;
                // Both addresses end alike, so one group serves both.
                sent.icmp6(143, 0, 1);
                assertEquals(4, sent.buffer.getByte(sent.at), "change to exclude mode");
                assertEquals(GROUP, new IpAddress(
                    BigEndian.getInt64(sent.buffer, sent.at + 4),
                    BigEndian.getInt64(sent.buffer, sent.at + 12)).toString());
            }
            else
            {
                sent.icmp6Target(targets);
            }
        }
        assertEquals(1, reports);
        targets.sort(null);
        assertEquals(List.of("fd00::1", LINK_LOCAL), targets);
        assertEquals(List.of(), addressEvents);
        run(3 * settings.probeIntervalNs);
        assertEquals(List.of("ready " + LINK_LOCAL, "ready fd00::1"), addressEvents);
        assertTrue(ip.isLocal(Packets.US6.hi(), Packets.US6.lo()));
        final List<Sent> announcements = sent();
        assertEquals(2, announcements.size());
        announcements.get(1).toMac(0x3333_0000_0001L).v6(58, "fd00::1", "ff02::1")
            .icmp6(ADVERTISEMENT, 0, OVERRIDE);
    }

    @Test
    void givesUpATentativeAddressThatSomebodyHasOrProbes()
    {
        final byte[][] conflicts = {
            solicitation("::", 0, GROUP, "fd00::1"),
            icmp6Packet("fd00::1", "ff02::1", ADVERTISEMENT, 0, OVERRIDE, target("fd00::1", TARGET_ADDRESS, THIRD_MAC))
                .toMac(0x3333_0000_0001L).hopLimit(255).frame()};
        open(LinkCapabilities.plain(OUR_MAC, 1500));
        for (final byte[] conflict : conflicts)
        {
            addressEvents.clear();
            ip.addAddress(networkInterface, Packets.US6, 64);
            run(1);
            receive(conflict);
            assertEquals("lost fd00::1", addressEvents.get(0).substring(0, 12));
            assertFalse(ip.isLocal(Packets.US6.hi(), Packets.US6.lo()));
        }
        assertEquals(2, counters.get(Counter.NDP_CONFLICTS));
    }

    @Test
    void answersAListenerQueryWithinItsTime()
    {
        openWithAddresses();
        run(5 * SECOND);
        sent();
        final byte[] query = new byte[20];
        receive(icmp6Packet("fe80::2", "ff02::1", 130, 0, 1000 << 16, query)
            .toMac(0x3333_0000_0001L).hopLimit(1).frame());
        assertEquals(1, counters.get(Counter.MLD_RX));
        run(SECOND);
        sentOne().v6(0, LINK_LOCAL, "ff02::16");
        run(5 * SECOND);
        sentNothing();
        expectDrop(
            Counter.MLD_RX_DROP_MALFORMED,
            icmp6Packet("fd00::2", "ff02::1", 130, 0, 0, query).toMac(0x3333_0000_0001L).hopLimit(1).frame());
        expectDrop(
            Counter.MLD_RX_DROP_MALFORMED,
            icmp6Packet("fe80::2", "ff02::1", 130, 0, 0, query).toMac(0x3333_0000_0001L).hopLimit(2).frame());
    }
}
