package io.pnet.ip;

import io.pnet.Must;
import io.pnet.counters.Counter;
import io.pnet.wire.EthernetHeader;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static io.pnet.ip.Packets.PEER4;
import static io.pnet.ip.Packets.PEER6;
import static io.pnet.ip.Packets.icmp4;
import static io.pnet.ip.Packets.icmp6Packet;
import static io.pnet.ip.Packets.pattern;
import static io.pnet.ip.Packets.slice;
import static io.pnet.ip.Packets.v4;
import static io.pnet.ip.Packets.v6;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class IcmpTest extends IpFixture
{
    private static final int ECHO = 0x1234_0005;

    @BeforeEach
    void open()
    {
        openWithAddresses();
    }

    /** An error from a router, quoting a packet that we sent. */
    private static byte[] error4(final int type, final int code, final int rest, final byte[] quoted)
    {
        return v4(1, icmp4(type, code, rest, quoted)).from("192.0.2.1").frame();
    }

    private static byte[] error6(final int type, final int code, final int rest, final byte[] quoted)
    {
        return icmp6Packet("2001:db8::1", "fd00::1", type, code, rest, quoted).frame();
    }

    private static byte[] ours4(final int protocol)
    {
        return v4(protocol, pattern(20)).from("10.0.0.1").to("10.0.0.2").packet();
    }

    private static byte[] ours6(final int protocol)
    {
        return v6(protocol, pattern(20)).from("fd00::1").to("fd00::2").packet();
    }

    @Test
    void answersEchoRequests()
    {
        receive(v4(1, icmp4(8, 0, ECHO, pattern(56))).frame());
        assertArrayEquals(
            pattern(56), sentOne().toMac(Packets.PEER_MAC).v4(1, "10.0.0.1", "10.0.0.2").icmp4(0, 0, ECHO).rest());
        receive(icmp6Packet("fd00::2", "fd00::1", 128, 0, ECHO, pattern(56)).frame());
        assertArrayEquals(
            pattern(56), sentOne().v6(58, "fd00::1", "fd00::2").icmp6(129, 0, ECHO).rest());
        assertEquals(2, counters.get(Counter.ICMP_RX_ECHO_REQUESTS));
    }

    @Test
    void keepsQuietToGroupsAndWhenToldTo()
    {
        expectDrop(
            Counter.ICMP_RX_DROP_IGNORED,
            v4(1, icmp4(8, 0, ECHO)).to("10.0.0.255").toMac(EthernetHeader.BROADCAST).frame());
        expectDrop(
            Counter.ICMP_RX_DROP_IGNORED,
            icmp6Packet("fd00::2", "ff02::1", 128, 0, ECHO).toMac(0x3333_0000_0001L).frame());
        settings.answerEcho = false;
        expectDrop(Counter.ICMP_RX_DROP_IGNORED, v4(1, icmp4(8, 0, ECHO)).frame());
        sentNothing();
    }

    @Test
    void dropsWhatIsMalformedCorruptOrUnknown()
    {
        expectDrop(Counter.ICMP_RX_DROP_MALFORMED, v4(1, pattern(7)).frame());
        expectDrop(Counter.ICMP_RX_DROP_MALFORMED, v6(58, pattern(7)).frame());
        final byte[] corrupt4 = v4(1, icmp4(8, 0, ECHO, pattern(9))).frame();
        corrupt4[corrupt4.length - 1] ^= 1;
        expectDrop(Counter.ICMP_RX_DROP_CHECKSUM, corrupt4);
        final byte[] corrupt6 = icmp6Packet("fd00::2", "fd00::1", 128, 0, ECHO, pattern(9)).frame();
        corrupt6[corrupt6.length - 1] ^= 1;
        expectDrop(Counter.ICMP_RX_DROP_CHECKSUM, corrupt6);
        expectDrop(Counter.ICMP_RX_DROP_UNKNOWN_TYPE, v4(1, icmp4(42, 0, 0)).frame());
        expectDrop(Counter.ICMP_RX_DROP_UNKNOWN_TYPE, icmp6Packet("fd00::2", "fd00::1", 200, 0, 0).frame());
        expectDrop(Counter.ICMP_RX_DROP_IGNORED, v4(1, icmp4(5, 1, 0, ours4(PROTOCOL))).frame());
        expectDrop(Counter.ICMP_RX_DROP_UNMATCHED, v4(1, icmp4(0, 0, ECHO)).frame());
        sentNothing();
    }

    @Must(54)
    @Test
    void tellsProtocolsOfErrorsThatQuoteThem()
    {
        final Object[][] cases4 = {
            {3, 0, IcmpError.Kind.NETWORK_UNREACHABLE}, {3, 1, IcmpError.Kind.HOST_UNREACHABLE},
            {3, 2, IcmpError.Kind.PROTOCOL_UNREACHABLE}, {3, 3, IcmpError.Kind.PORT_UNREACHABLE},
            {3, 13, IcmpError.Kind.ADMINISTRATIVELY_PROHIBITED}, {3, 4, IcmpError.Kind.PACKET_TOO_BIG},
            {11, 0, IcmpError.Kind.TIME_EXCEEDED}, {12, 0, IcmpError.Kind.PARAMETER_PROBLEM}};
        for (final Object[] one : cases4)
        {
            reported.clear();
            receive(error4((int)one[0], (int)one[1], 1400, ours4(PROTOCOL)));
            final Reported report = reported.get(0);
            assertEquals(one[2], report.kind());
            assertEquals("10.0.0.1", report.local());
            assertEquals("10.0.0.2", report.remote());
            assertEquals(one[2] == IcmpError.Kind.PACKET_TOO_BIG ? 1400 : 0, report.mtu());
            assertArrayEquals(pattern(20), report.quote());
        }
        final Object[][] cases6 = {
            {1, 0, IcmpError.Kind.NETWORK_UNREACHABLE}, {1, 1, IcmpError.Kind.ADMINISTRATIVELY_PROHIBITED},
            {1, 3, IcmpError.Kind.HOST_UNREACHABLE}, {1, 4, IcmpError.Kind.PORT_UNREACHABLE},
            {2, 0, IcmpError.Kind.PACKET_TOO_BIG}, {3, 0, IcmpError.Kind.TIME_EXCEEDED},
            {4, 0, IcmpError.Kind.PARAMETER_PROBLEM}, {4, 1, IcmpError.Kind.PROTOCOL_UNREACHABLE}};
        for (final Object[] one : cases6)
        {
            reported.clear();
            receive(error6((int)one[0], (int)one[1], 1400, ours6(PROTOCOL)));
            final Reported report = reported.get(0);
            assertEquals(one[2], report.kind());
            assertEquals("fd00::1", report.local());
            assertEquals("fd00::2", report.remote());
            assertEquals(one[2] == IcmpError.Kind.PACKET_TOO_BIG ? 1400 : 0, report.mtu());
            assertArrayEquals(pattern(20), report.quote());
        }
        assertEquals(cases4.length + cases6.length, counters.get(Counter.ICMP_RX_ERRORS));
    }

    @Test
    void believesNoErrorAboutWhatWeCannotHaveSent()
    {
        final byte[] notOurs = v4(PROTOCOL, pattern(20)).from("10.0.0.9").to("10.0.0.2").packet();
        expectDrop(Counter.ICMP_RX_DROP_UNMATCHED, error4(3, 3, 0, notOurs));
        expectDrop(Counter.ICMP_RX_DROP_UNMATCHED, error4(3, 3, 0, ours4(200)));
        expectDrop(Counter.ICMP_RX_DROP_MALFORMED, error4(3, 3, 0, slice(ours4(PROTOCOL), 0, 27)));
        expectDrop(Counter.ICMP_RX_DROP_MALFORMED, error4(3, 3, 0, ours6(PROTOCOL)));
        final byte[] laterFragment =
            v4(PROTOCOL, pattern(20)).from("10.0.0.1").to("10.0.0.2").fragment(1, 8, false).packet();
        expectDrop(Counter.ICMP_RX_DROP_MALFORMED, error4(11, 1, 0, laterFragment));
        expectDrop(
            Counter.ICMP_RX_DROP_UNMATCHED,
            error6(1, 4, 0, v6(PROTOCOL, pattern(20)).from("fd00::9").to("fd00::2").packet()));
        expectDrop(Counter.ICMP_RX_DROP_MALFORMED, error6(1, 4, 0, slice(ours6(PROTOCOL), 0, 47)));
        assertEquals(List.of(), reported);
    }

    @Test
    void tellsTheAskerOfRepliesAndErrors()
    {
        final List<String> heard = new ArrayList<>();
        final int identifier = ip.echo().open(new EchoHandler()
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
                heard.add(sequence + " from " + new IpAddress(sourceHi, sourceLo) + ": " + length);
            }

            @Override
            public void onError(final int id, final int sequence, final IcmpError error)
            {
                heard.add(sequence + " " + error.kind());
            }
        });
        final Destination destination = destination(PEER4);
        assertTrue(ip.echo().send(destination, identifier, 7, new UnsafeBuffer(pattern(30)), 0, 30));
        final Sent request = sentOne();
        final byte[] packet = slice(request.bytes, 14, request.bytes.length);
        request.v4(1, "10.0.0.1", "10.0.0.2").icmp4(8, 0, identifier << 16 | 7);
        receive(v4(1, icmp4(0, 0, identifier << 16 | 7, pattern(30))).frame());
        receive(error4(11, 0, 0, packet));
        receive(error4(3, 4, 1300, packet));
        assertEquals(List.of("7 from 10.0.0.2: 30", "7 TIME_EXCEEDED", "7 PACKET_TOO_BIG"), heard);
        assertEquals(1300, destination.pathMtu());

        ip.echo().close(identifier);
        expectDrop(Counter.ICMP_RX_DROP_UNMATCHED, v4(1, icmp4(0, 0, identifier << 16 | 7)).frame());
        assertTrue(ip.echo().send(destination(PEER6), identifier, 8, new UnsafeBuffer(pattern(9)), 0, 9));
        assertArrayEquals(
            pattern(9), sentOne().v6(58, "fd00::1", "fd00::2").icmp6(128, 0, identifier << 16 | 8).rest());
    }

    @Test
    void neverAnswersWhatMustNotBeAnswered()
    {
        // To a group, in a broadcast frame, about an error, about a later fragment.
        receive(v4(200, pattern(8)).to("10.0.0.255").toMac(EthernetHeader.BROADCAST).frame());
        receive(v4(200, pattern(8)).to("224.0.0.1").toMac(0x0100_5E00_0001L).frame());
        receive(v4(200, pattern(8)).toMac(EthernetHeader.BROADCAST).frame());
        receive(v6(200, pattern(8)).to("ff02::1").toMac(0x3333_0000_0001L).frame());
        assertEquals(4, counters.get(Counter.IP_RX_DROP_UNKNOWN_PROTOCOL));
        receive(error4(3, 3, 0, ours4(200)));
        receive(error6(1, 4, 0, ours6(200)));
        sentNothing();
    }

    @Test
    void quotesAsMuchAsAnErrorHolds()
    {
        receive(v4(200, pattern(1000)).frame());
        final byte[] quote4 = sentOne().v4(1, "10.0.0.1", "10.0.0.2").icmp4(3, 2, 0).rest();
        assertEquals(576 - 28, quote4.length);
        assertArrayEquals(slice(v4(200, pattern(1000)).packet(), 0, 548), quote4);
        receive(v6(200, pattern(1400)).frame());
        assertEquals(1280 - 48, sentOne().v6(58, "fd00::1", "fd00::2").icmp6(4, 1, 6).rest().length);
    }

    @Test
    void limitsItsErrorsToATokenBucket()
    {
        for (int i = 0; i < settings.icmpErrorBurst + 10; i++)
        {
            receive(v4(200, pattern(8)).frame());
        }
        assertEquals(settings.icmpErrorBurst, sent().size());
        assertEquals(10, counters.get(Counter.ICMP_TX_RATE_LIMITED));
        nowNs += SECOND / settings.icmpErrorsPerSecond * 3;
        for (int i = 0; i < 10; i++)
        {
            receive(v4(200, pattern(8)).frame());
        }
        assertEquals(3, sent().size());
    }

    @Test
    void remembersPathMtusForTenMinutesWithAFloor()
    {
        final Destination destination = destination(PEER4);
        final Destination other = destination(PEER4);
        assertEquals(1500, destination.pathMtu());
        ip.updatePathMtu(destination, 1400);
        assertEquals(1400, destination.pathMtu());
        assertEquals(1400, other.pathMtu());
        ip.updatePathMtu(destination, 1450);
        assertEquals(1400, destination.pathMtu());
        ip.updatePathMtu(destination, 0);
        assertEquals(1006, destination.pathMtu());
        ip.updatePathMtu(destination, 68);
        assertEquals(552, destination.pathMtu());
        assertEquals(3, counters.get(Counter.PATH_MTU_UPDATES));
        final Destination six = destination(PEER6);
        ip.updatePathMtu(six, 1279);
        assertEquals(1500, six.pathMtu());
        ip.updatePathMtu(six, 1280);
        assertEquals(1280, six.pathMtu());
        run(600 * SECOND);
        assertEquals(1500, destination.pathMtu());
        assertEquals(1500, six.pathMtu());
    }
}
