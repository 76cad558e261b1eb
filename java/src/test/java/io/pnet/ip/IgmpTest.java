package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import static io.pnet.ip.Packets.bytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The host's side of IGMP, byte by byte; and what MLD has in common with it. */
class IgmpTest extends IpFixture
{
    private static final IpAddress GROUP = IpAddress.parse("239.1.2.3");
    private static final String GROUP_HEX = "ef010203";
    private static final IpAddress S1 = IpAddress.parse("10.0.0.8");
    private static final IpAddress S2 = IpAddress.parse("10.0.0.9");
    private static final String S1_HEX = "0a000008";
    private static final String S2_HEX = "0a000009";
    private static final int IGMP = 2;

    @BeforeEach
    void openLink()
    {
        openWithAddresses();
    }

    @Test
    void reportsAJoinTwiceWithinASecondAndThenALeave()
    {
        final GroupMembership membership = ip.joinGroup(networkInterface, GROUP, SourceFilter.ALL);
        run(1);
        final Sent report = sentOne().toMac(0x0100_5E00_0016L).v4(IGMP, "10.0.0.1", "224.0.0.22").hopLimit(1);
        assertArrayEquals(bytes(0x94, 4, 0, 0), Packets.slice(report.bytes, 34, 38), "router alert");
        assertEquals(0xC0, report.bytes[15] & 0xFF, "precedence of internetwork control");
        assertEquals("22000000" + "00000001" + "04000000" + GROUP_HEX, message(report));
        run(SECOND);
        assertEquals(List.of("04000000" + GROUP_HEX), records());
        run(10 * SECOND);
        sentNothing();

        membership.filter(SourceFilter.NONE);
        run(2 * SECOND);
        assertEquals(List.of("03000000" + GROUP_HEX, "03000000" + GROUP_HEX), records());
        assertEquals(1, ip.groups.all.length, "the solicited-node group is left");
        assertEquals(Long.MAX_VALUE, ip.igmp.nextDeadlineNs());
    }

    @Test
    void severalListenersAreOneToTheRouter()
    {
        final GroupMembership one = ip.joinGroup(networkInterface, GROUP, SourceFilter.ALL);
        run(2 * SECOND);
        sent();
        final GroupMembership other = ip.joinGroup(networkInterface, GROUP, SourceFilter.ALL);
        one.filter(SourceFilter.NONE);
        run(2 * SECOND);
        sentNothing();
        assertTrue(ip.groups.isJoined(networkInterface, GROUP.hi(), GROUP.lo()));
        other.filter(SourceFilter.NONE);
        run(2 * SECOND);
        assertEquals(2, records().size());
    }

    @Test
    void reportsSourcesThatAreAllowedAndBlocked()
    {
        final GroupMembership membership = ip.joinGroup(networkInterface, GROUP, SourceFilter.only(S1));
        run(2 * SECOND);
        final String allow = "05000001" + GROUP_HEX + S1_HEX;
        assertEquals(List.of(allow, allow), records());
        membership.filter(membership.filter().allow(S2));
        run(1);
        assertEquals(List.of("05000001" + GROUP_HEX + S2_HEX), records());
        // Before that was repeated another source goes: the next report says both.
        membership.filter(membership.filter().block(S1));
        run(1);
        assertEquals(List.of("05000001" + GROUP_HEX + S2_HEX, "06000001" + GROUP_HEX + S1_HEX), records());
        run(2 * SECOND);
        sent();
        // From some to all but one: the mode changes.
        ip.joinGroup(networkInterface, GROUP, SourceFilter.ALL.block(S1));
        run(1);
        assertEquals(List.of("04000001" + GROUP_HEX + S1_HEX), records());
    }

    @Test
    void mergesWhatListenersWantAsTheRfcSays()
    {
        final SourceFilter allButBoth = SourceFilter.ALL.block(S1).block(S2);
        assertEquals("all but {10.0.0.9}", allButBoth.or(SourceFilter.only(S1)).toString());
        assertEquals("all but {10.0.0.9}", SourceFilter.only(S1).or(allButBoth).toString());
        assertEquals("all but {10.0.0.8}", allButBoth.or(SourceFilter.ALL.block(S1)).toString());
        assertEquals("all but {}", allButBoth.or(SourceFilter.ALL).toString());
        assertEquals("only {10.0.0.8, 10.0.0.9}", SourceFilter.only(S1).or(SourceFilter.only(S2)).toString());
        assertEquals("only {10.0.0.8}", SourceFilter.NONE.or(SourceFilter.only(S1)).toString());
        SourceFilter full = SourceFilter.NONE;
        for (int i = 0; i < SourceFilter.MAX_SOURCES; i++)
        {
            full = full.allow(IpAddress.v4(0x0A01_0000 + i));
        }
        final SourceFilter tooMany = full;
        assertThrows(IllegalStateException.class, () -> tooMany.allow(S1));
    }

    @Test
    void answersAGeneralQueryWithinItsTime()
    {
        join();
        // 1 s; robustness 2.
        receive(query("224.0.0.1", 1, 10, 0, 0x0200_0000));
        run(SECOND);
        assertEquals(List.of("02000000" + GROUP_HEX), records());
        run(10 * SECOND);
        sentNothing();
        assertEquals(1, counters.get(Counter.IGMP_RX));
    }

    @Test
    void answersAQueryForAGroupAndForSourcesOfIt()
    {
        join();
        final byte[] sources = ByteBuffer.allocate(12).putInt(0x0200_0002).putInt(0x0A00_0008).putInt(0x0A00_0009)
            .array();
        receive(query("239.1.2.3", 1, 10, GROUP.v4Bits(), sources));
        run(SECOND);
        assertEquals(List.of("01000002" + GROUP_HEX + S1_HEX + S2_HEX), records());
        // Once for the sources, once for all of the group before that was answered: one answer for all of it.
        receive(query("239.1.2.3", 1, 10, GROUP.v4Bits(), sources));
        receive(query("239.1.2.3", 1, 10, GROUP.v4Bits(), 0x0200_0000));
        run(SECOND);
        assertEquals(List.of("02000000" + GROUP_HEX), records());
        // Of a group that nobody is in there is nothing to say.
        receive(query("224.0.0.1", 1, 10, 0xEF01_0204, 0x0200_0000));
        run(SECOND);
        sentNothing();
    }

    @Test
    void speaksVersion2WhereAQuerierDoesAndVersion3AgainAfterItIsGone()
    {
        final GroupMembership membership = join();
        receive(query("224.0.0.1", 1, 10, 0));
        run(SECOND);
        final Sent report = sentOne().toMac(0x0100_5E01_0203L).v4(IGMP, "10.0.0.1", "239.1.2.3").hopLimit(1);
        assertEquals("16000000" + GROUP_HEX, message(report));
        // Another host's report will do.
        receive(query("224.0.0.1", 1, 100, 0));
        receive(message("10.0.0.2", "239.1.2.3", 1, 0x1600_0000, GROUP.v4Bits()));
        run(20 * SECOND);
        sentNothing();

        final IpAddress other = IpAddress.parse("239.1.2.4");
        final GroupMembership second = ip.joinGroup(networkInterface, other, SourceFilter.only(S1));
        run(2 * SECOND);
        assertEquals(List.of("16000000ef010204", "16000000ef010204"), messages());
        second.filter(SourceFilter.NONE);
        run(2 * SECOND);
        assertEquals("17000000ef010204", message(sentOne().v4(IGMP, "10.0.0.1", "224.0.0.2")));

        run(261 * SECOND);
        membership.filter(SourceFilter.NONE);
        run(1);
        assertEquals(List.of("03000000" + GROUP_HEX), records());
    }

    @Test
    void speaksVersion1WhereAQuerierDoes()
    {
        final GroupMembership membership = join();
        receive(query("224.0.0.1", 1, 0, 0));
        run(10 * SECOND);
        assertEquals("12000000" + GROUP_HEX, message(sentOne().v4(IGMP, "10.0.0.1", "239.1.2.3")));
        membership.filter(SourceFilter.NONE);
        run(2 * SECOND);
        sentNothing();
    }

    @Test
    void saysNothingOfTheGroupThatEveryHostIsIn()
    {
        final GroupMembership membership =
            ip.joinGroup(networkInterface, IpAddress.parse("224.0.0.1"), SourceFilter.ALL);
        run(2 * SECOND);
        sentNothing();
        membership.filter(SourceFilter.NONE);
        assertEquals(1, ip.groups.all.length, "the solicited-node group is left");
    }

    @Test
    void dropsWhatIsNoQuery()
    {
        expectDrop(Counter.IGMP_RX_DROP_MALFORMED, query("224.0.0.1", 2, 10, 0, 0x0200_0000));
        expectDrop(Counter.IGMP_RX_DROP_MALFORMED, query("224.0.0.1", 1, 10, 0x0A00_0001, 0x0200_0000));
        expectDrop(Counter.IGMP_RX_DROP_MALFORMED, query("224.0.0.1", 1, 10, 0, 0x0200_0001));
        expectDrop(Counter.IGMP_RX_DROP_MALFORMED, query("224.0.0.1", 1, 10, 0, new byte[2]));
        expectDrop(Counter.IGMP_RX_DROP_MALFORMED, message("10.0.0.2", "224.0.0.1", 1, 0x1100_0000));
        expectDrop(Counter.IGMP_RX_DROP_IGNORED, message("10.0.0.2", "224.0.0.1", 1, 0x2200_0000, 0));
        expectDrop(Counter.IGMP_RX_DROP_IGNORED, message("10.0.0.2", "224.0.0.1", 1, 0x9900_0000, 0));
        final byte[] wrong = query("224.0.0.1", 1, 10, 0);
        wrong[wrong.length - 1]++;
        expectDrop(Counter.IGMP_RX_DROP_CHECKSUM, wrong);
        run(20 * SECOND);
        sentNothing();
    }

    @Test
    void manyGroupsTakeSeveralReports()
    {
        for (int i = 0; i < 400; i++)
        {
            ip.joinGroup(networkInterface, IpAddress.v4(0xEF02_0000 + i), SourceFilter.ALL);
        }
        run(1);
        final List<Sent> reports = sent();
        assertEquals(3, reports.size());
        int records = 0;
        for (final Sent report : reports)
        {
            assertTrue(report.bytes.length <= EthernetHeader.LENGTH + 1500);
            report.v4(IGMP, "10.0.0.1", "224.0.0.22");
            records += HexFormat.fromHexDigits(message(report), 8, 16);
        }
        assertEquals(400, records);
    }

    @Test
    void multicastListenersOfIpv6AreReportedWithTheirSourcesAndInVersion1()
    {
        final IpAddress group = IpAddress.parse("ff15::42");
        ip.joinGroup(networkInterface, group, SourceFilter.only(Packets.PEER6));
        run(1);
        final Sent report = sentOne().toMac(0x3333_0000_0016L);
        report.v6(0, "fe80::50:4eff:fe00:1", "ff02::16").hopLimit(1);
        report.at += 8;
        report.icmp6(143, 0, 1);
        assertEquals(
            "05000001" + "ff150000000000000000000000000042" + "fd000000000000000000000000000002",
            HexFormat.of().formatHex(report.rest()));
        run(2 * SECOND);
        sent();

        // A query of version 1 for just this group, and our answer.
        final byte[] query = new byte[16];
        ByteBuffer.wrap(query).putLong(group.hi()).putLong(group.lo());
        receive(Packets.icmp6Packet("fe80::2", "ff15::42", 130, 0, 1000 << 16, query)
            .toMac(0x3333_0000_0042L).hopLimit(1).frame());
        run(SECOND);
        final Sent answer = sentOne().toMac(0x3333_0000_0042L).v6(0, "fe80::50:4eff:fe00:1", "ff15::42").hopLimit(1);
        answer.at += 8;
        answer.icmp6(131, 0, 0);
        assertArrayEquals(query, answer.rest());
    }

    private GroupMembership join()
    {
        final GroupMembership membership = ip.joinGroup(networkInterface, GROUP, SourceFilter.ALL);
        run(2 * SECOND);
        sent();
        return membership;
    }

    /** A query: version 3 if there are four bytes behind the group, version 2 (or 1: no time) without. */
    private static byte[] query(
        final String to, final int ttl, final int responseTime, final int group, final int... behind)
    {
        final ByteBuffer rest = ByteBuffer.allocate(behind.length * 4);
        rest.asIntBuffer().put(behind);
        return query(to, ttl, responseTime, group, rest.array());
    }

    private static byte[] query(
        final String to, final int ttl, final int responseTime, final int group, final byte[] behind)
    {
        final ByteBuffer body = ByteBuffer.allocate(8 + behind.length)
            .putInt(0x1100_0000 | responseTime << 16).putInt(group).put(behind);
        return frame("10.0.0.2", to, ttl, body.array());
    }

    private static byte[] message(final String from, final String to, final int ttl, final int... words)
    {
        final ByteBuffer body = ByteBuffer.allocate(words.length * 4);
        body.asIntBuffer().put(words);
        return frame(from, to, ttl, body.array());
    }

    private static byte[] frame(final String from, final String to, final int ttl, final byte[] body)
    {
        final int sum = Checksum.of(new org.agrona.concurrent.UnsafeBuffer(body), 0, body.length);
        ByteBuffer.wrap(body).putShort(2, (short)sum);
        return Packets.v4(IGMP, body).toMac(EthernetHeader.multicastV4(IpAddress.parse(to).v4Bits()))
            .from(from).to(to).ttl(ttl).frame();
    }

    /** The message in hex with its checksum, which must be right, as zeros. */
    private static String message(final Sent sent)
    {
        final byte[] message = sent.rest();
        assertTrue(Checksum.isValid(Checksum.sum(sent.buffer, sent.at, message.length)), "IGMP checksum");
        message[2] = 0;
        message[3] = 0;
        return HexFormat.of().formatHex(message);
    }

    /** Whole messages of older versions that came out. */
    private List<String> messages()
    {
        final List<String> all = new ArrayList<>();
        for (final Sent each : sent())
        {
            each.at += 24;
            all.add(message(each));
        }
        return all;
    }

    /** The records of the version 3 reports that came out. */
    private List<String> records()
    {
        final List<String> records = new ArrayList<>();
        for (final Sent each : sent())
        {
            final String text = message(each.v4(IGMP, "10.0.0.1", "224.0.0.22"));
            int at = 16;
            for (int count = HexFormat.fromHexDigits(text, 8, 16); count > 0; count--)
            {
                final int sources = HexFormat.fromHexDigits(text, at + 4, at + 8);
                records.add(text.substring(at, at + 16 + sources * 8));
                at += 16 + sources * 8;
            }
            assertEquals(text.length(), at);
        }
        return records;
    }
}
