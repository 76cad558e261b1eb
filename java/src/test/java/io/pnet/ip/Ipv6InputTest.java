package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.wire.EthernetHeader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static io.pnet.ip.Packets.OUR_MAC;
import static io.pnet.ip.Packets.PEER_MAC;
import static io.pnet.ip.Packets.bytes;
import static io.pnet.ip.Packets.ethernet;
import static io.pnet.ip.Packets.fragment6;
import static io.pnet.ip.Packets.icmp6;
import static io.pnet.ip.Packets.pattern;
import static io.pnet.ip.Packets.v6;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class Ipv6InputTest extends IpFixture
{
    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int NO_NEXT_HEADER = 59;
    private static final int DESTINATION_OPTIONS = 60;

    @BeforeEach
    void open()
    {
        openWithAddresses();
    }

    @Test
    void deliversWhatIsForUs()
    {
        receive(v6(PROTOCOL, pattern(100)).hopLimit(9).frame());
        final Received packet = received.get(0);
        assertArrayEquals(pattern(100), packet.payload());
        assertEquals("fd00::2", packet.source());
        assertEquals("fd00::1", packet.destination());
        assertEquals(9, packet.hopLimit());
        assertTrue(packet.isUnicast());
        sentNothing();
    }

    @Test
    void hearsAllNodesAndItsSolicitedNodeGroupsOnly()
    {
        receive(v6(PROTOCOL, pattern(8)).to("ff02::1").toMac(0x3333_0000_0001L).frame());
        receive(v6(PROTOCOL, pattern(8)).to("ff02::1:ff00:1").toMac(0x3333_FF00_0001L).frame());
        assertEquals(2, received.size());
        assertFalse(received.get(0).isUnicast());
        expectDrop(
            Counter.ETH_RX_DROP_NOT_FOR_US,
            v6(PROTOCOL, pattern(8)).to("ff02::1:ff00:9").toMac(0x3333_FF00_0009L).frame());
        // Another group behind the same MAC address.
        expectDrop(
            Counter.IP_RX_DROP_NOT_FOR_US,
            v6(PROTOCOL, pattern(8)).to("ff05::1:ff00:1").toMac(0x3333_FF00_0001L).frame());
        expectDrop(Counter.IP_RX_DROP_NOT_FOR_US, v6(PROTOCOL, pattern(8)).to("fd00::7").frame());
    }

    @Test
    void dropsHeadersThatDoNotAddUp()
    {
        expectDrop(Counter.IP_RX_DROP_SHORT, ethernet(OUR_MAC, EthernetHeader.TYPE_IPV6, new byte[39]));
        expectDrop(Counter.IP_RX_DROP_VERSION, v6(PROTOCOL, pattern(8)).version(4).frame());
        expectDrop(Counter.IP_RX_DROP_TOTAL_LENGTH, v6(PROTOCOL, pattern(8)).payloadLength(9).frame());
        receive(v6(PROTOCOL, pattern(8)).payloadLength(5).frame());
        assertEquals(5, received.get(0).payload().length);
    }

    @Test
    void dropsMartians()
    {
        expectDrop(Counter.IP_RX_DROP_MARTIAN, v6(PROTOCOL, pattern(8)).from("ff02::1").frame());
        expectDrop(Counter.IP_RX_DROP_MARTIAN, v6(PROTOCOL, pattern(8)).from("::1").frame());
        expectDrop(Counter.IP_RX_DROP_MARTIAN, v6(PROTOCOL, pattern(8)).to("::1").frame());
        expectDrop(Counter.IP_RX_DROP_MARTIAN, v6(PROTOCOL, pattern(8)).from("::").frame());
        expectDrop(Counter.IP_RX_DROP_MARTIAN, v6(PROTOCOL, pattern(8)).from("fd00::1").frame());
        expectDrop(
            Counter.IP_RX_DROP_MARTIAN,
            v6(PROTOCOL, pattern(8)).from(0, IpAddress.mapped(0x0A00_0002)).frame());
    }

    @Test
    void walksThroughExtensionHeadersToTheTransport()
    {
        final byte[] payload = bytes(
            DESTINATION_OPTIONS, 0, 1, 4, 0, 0, 0, 0,
            ROUTING, 0, 1, 4, 0, 0, 0, 0,
            PROTOCOL, 0, 4, 0, 0, 0, 0, 0,
            1, 2, 3);
        receive(v6(HOP_BY_HOP, payload).frame());
        assertArrayEquals(bytes(1, 2, 3), received.get(0).payload());
    }

    @Test
    void answersAnUnknownNextHeaderWithItsPlace()
    {
        final byte[] plain = v6(200, pattern(8)).packet();
        expectDrop(Counter.IP_RX_DROP_UNKNOWN_PROTOCOL, v6(200, pattern(8)).frame());
        assertArrayEquals(
            plain, sentOne().toMac(PEER_MAC).v6(58, "fd00::1", "fd00::2").icmp6(4, 1, 6).rest());

        expectDrop(
            Counter.IP_RX_DROP_UNKNOWN_PROTOCOL,
            v6(DESTINATION_OPTIONS, bytes(200, 0, 1, 4, 0, 0, 0, 0, 9, 9)).frame());
        sentOne().v6(58, "fd00::1", "fd00::2").icmp6(4, 1, 40);
    }

    @Test
    void treatsUnknownOptionsAsTheirTypeWants()
    {
        final byte[] skipped = bytes(PROTOCOL, 0, 0x1E, 4, 0, 0, 0, 0, 1);
        receive(v6(DESTINATION_OPTIONS, skipped).frame());
        assertEquals(1, received.size());

        final byte[] silent = bytes(PROTOCOL, 0, 0x5E, 4, 0, 0, 0, 0, 1);
        expectDrop(Counter.IP_RX_DROP_EXTENSION_HEADER, v6(DESTINATION_OPTIONS, silent).frame());
        sentNothing();

        final byte[] reported = bytes(PROTOCOL, 0, 0x9E, 4, 0, 0, 0, 0, 1);
        expectDrop(Counter.IP_RX_DROP_EXTENSION_HEADER, v6(DESTINATION_OPTIONS, reported).frame());
        sentOne().v6(58, "fd00::1", "fd00::2").icmp6(4, 2, 42);
        // Even when sent to a group, unlike type 11.
        expectDrop(
            Counter.IP_RX_DROP_EXTENSION_HEADER,
            v6(DESTINATION_OPTIONS, reported).to("ff02::1").toMac(0x3333_0000_0001L).frame());
        sentOne().v6(58, "fd00::1", "fd00::2").icmp6(4, 2, 42);
        final byte[] unicastOnly = bytes(PROTOCOL, 0, 0xDE, 4, 0, 0, 0, 0, 1);
        expectDrop(
            Counter.IP_RX_DROP_EXTENSION_HEADER,
            v6(DESTINATION_OPTIONS, unicastOnly).to("ff02::1").toMac(0x3333_0000_0001L).frame());
        sentNothing();
    }

    @Test
    void dropsHeadersThatCannotBeWalked()
    {
        expectDrop(Counter.IP_RX_DROP_EXTENSION_HEADER, v6(NO_NEXT_HEADER, pattern(8)).frame());
        expectDrop(Counter.IP_RX_DROP_EXTENSION_HEADER, v6(DESTINATION_OPTIONS, bytes(6, 1, 0, 0, 0, 0, 0, 0)).frame());
        expectDrop(Counter.IP_RX_DROP_EXTENSION_HEADER, v6(DESTINATION_OPTIONS, bytes(6, 0, 5)).frame());
        sentNothing();
        // Segments left: we route for nobody.
        expectDrop(Counter.IP_RX_DROP_EXTENSION_HEADER, v6(ROUTING, bytes(6, 0, 0, 1, 0, 0, 0, 0, 9)).frame());
        sentOne().v6(58, "fd00::1", "fd00::2").icmp6(4, 0, 42);
    }

    @Test
    void neverAnswersAnIcmpErrorBehindABadHeader()
    {
        final byte[] error = icmp6("fd00::2", "fd00::1", 1, 4, 0, pattern(48));
        final byte[] payload = new byte[8 + error.length];
        System.arraycopy(bytes(58, 0, 0x9E, 4, 0, 0, 0, 0), 0, payload, 0, 8);
        System.arraycopy(error, 0, payload, 8, error.length);
        expectDrop(Counter.IP_RX_DROP_EXTENSION_HEADER, v6(DESTINATION_OPTIONS, payload).frame());
        sentNothing();
    }

    @Test
    void takesAnAtomicFragmentForTheWholeThatItIs()
    {
        receive(fragment6(1, PROTOCOL, 0, false, pattern(20)).frame());
        assertArrayEquals(pattern(20), received.get(0).payload());
        assertEquals(0, counters.get(Counter.IP_FRAGMENTS_RX));
    }
}
