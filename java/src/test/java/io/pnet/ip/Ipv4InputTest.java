package io.pnet.ip;

import io.pnet.Must;
import io.pnet.counters.Counter;
import io.pnet.link.RxFrame;
import io.pnet.wire.EthernetHeader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static io.pnet.ip.Packets.OUR_MAC;
import static io.pnet.ip.Packets.PEER_MAC;
import static io.pnet.ip.Packets.ethernet;
import static io.pnet.ip.Packets.pattern;
import static io.pnet.ip.Packets.v4;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class Ipv4InputTest extends IpFixture
{
    @BeforeEach
    void open()
    {
        openWithAddresses();
    }

    @Test
    void deliversWhatIsForUs()
    {
        receive(v4(PROTOCOL, pattern(100)).ttl(17).tos(0xB9).frame());
        final Received packet = received.get(0);
        assertArrayEquals(pattern(100), packet.payload());
        assertEquals("10.0.0.2", packet.source());
        assertEquals("10.0.0.1", packet.destination());
        assertEquals(17, packet.hopLimit());
        assertEquals(0xB9, packet.trafficClass());
        assertTrue(packet.isUnicast());
        assertFalse(packet.isReassembled());
        assertEquals(nowNs, packet.receivedNs());
        sentNothing();
    }

    @Test
    void ignoresWhatFollowsThePacketInItsFrame()
    {
        receive(v4(PROTOCOL, pattern(10)).padding(30).frame());
        assertArrayEquals(pattern(10), received.get(0).payload());
    }

    @Test
    void dropsFramesThatAreNoneOfOurBusiness()
    {
        expectDrop(Counter.ETH_RX_DROP_SHORT, new byte[13]);
        expectDrop(Counter.ETH_RX_DROP_NOT_FOR_US, v4(PROTOCOL, pattern(8)).toMac(PEER_MAC).frame());
        expectDrop(Counter.ETH_RX_DROP_NOT_FOR_US, v4(PROTOCOL, pattern(8)).toMac(0x0100_5E01_0203L).frame());
        expectDrop(Counter.ETH_RX_DROP_UNKNOWN_TYPE, ethernet(OUR_MAC, 0x88CC, new byte[50]));
        expectDrop(Counter.ETH_RX_DROP_VLAN, ethernet(OUR_MAC, EthernetHeader.TYPE_VLAN, new byte[50]));
        expectDrop(Counter.ETH_RX_DROP_VLAN, v4(PROTOCOL, pattern(8)).frame(), (frame) -> frame.vlanTci(7));
        receive(v4(PROTOCOL, pattern(8)).frame(), (frame) -> frame.vlanTci(0x6000));
        assertEquals(1, received.size(), "a priority tag without a VLAN is no VLAN");
    }

    @Test
    void dropsHeadersThatDoNotAddUp()
    {
        expectDrop(Counter.IP_RX_DROP_SHORT, ethernet(OUR_MAC, EthernetHeader.TYPE_IPV4, new byte[19]));
        final byte[] version = v4(PROTOCOL, pattern(8)).frame();
        version[14] = 0x65;
        expectDrop(Counter.IP_RX_DROP_VERSION, version);
        final byte[] tiny = v4(PROTOCOL, pattern(8)).frame();
        tiny[14] = 0x44;
        expectDrop(Counter.IP_RX_DROP_HEADER_LENGTH, tiny);
        final byte[] huge = v4(PROTOCOL, pattern(8)).frame();
        huge[14] = 0x4F;
        expectDrop(Counter.IP_RX_DROP_HEADER_LENGTH, huge);
        expectDrop(Counter.IP_RX_DROP_TOTAL_LENGTH, v4(PROTOCOL, pattern(8)).totalLength(19).frame());
        expectDrop(Counter.IP_RX_DROP_TOTAL_LENGTH, v4(PROTOCOL, pattern(8)).totalLength(29).frame());
        expectDrop(Counter.IP_RX_DROP_HEADER_CHECKSUM, v4(PROTOCOL, pattern(8)).wrongChecksum().frame());
    }

    @Must(63)
    @Test
    void dropsMartians()
    {
        final String[] sources = {
            "0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
            "10.0.0.255", "10.0.0.1"};
        for (final String source : sources)
        {
            expectDrop(Counter.IP_RX_DROP_MARTIAN, v4(PROTOCOL, pattern(8)).from(source).frame());
        }
        expectDrop(Counter.IP_RX_DROP_MARTIAN, v4(PROTOCOL, pattern(8)).to("127.0.0.1").frame());
        expectDrop(Counter.IP_RX_DROP_MARTIAN, v4(PROTOCOL, pattern(8)).to("0.0.0.0").frame());
        sentNothing();
    }

    @Test
    void doesNotForward()
    {
        expectDrop(Counter.IP_RX_DROP_NOT_FOR_US, v4(PROTOCOL, pattern(8)).to("10.0.0.7").frame());
        expectDrop(Counter.IP_RX_DROP_NOT_FOR_US, v4(PROTOCOL, pattern(8)).to("192.0.2.255").frame());
        sentNothing();
    }

    @Test
    void marksBroadcastsAndGroupsAsNotUnicast()
    {
        receive(v4(PROTOCOL, pattern(8)).to("255.255.255.255").toMac(EthernetHeader.BROADCAST).frame());
        receive(v4(PROTOCOL, pattern(8)).to("10.0.0.255").toMac(EthernetHeader.BROADCAST).frame());
        receive(v4(PROTOCOL, pattern(8)).to("224.0.0.1").toMac(0x0100_5E00_0001L).frame());
        receive(v4(PROTOCOL, pattern(8)).to("10.0.0.1").toMac(EthernetHeader.BROADCAST).frame());
        assertEquals(4, received.size());
        received.forEach((packet) -> assertFalse(packet.isUnicast()));
    }

    @Must(50)
    @Test
    void skipsOptionsButRefusesSourceRoutes()
    {
        receive(v4(PROTOCOL, pattern(8)).options(1, 1, 148, 4, 0, 0, 0, 0).frame());
        assertArrayEquals(pattern(8), received.get(0).payload());
        expectDrop(
            Counter.IP_RX_DROP_OPTIONS, v4(PROTOCOL, pattern(8)).options(131, 7, 4, 10, 0, 0, 9, 0).frame());
        expectDrop(
            Counter.IP_RX_DROP_OPTIONS, v4(PROTOCOL, pattern(8)).options(1, 137, 7, 4, 10, 0, 0, 9).frame());
        expectDrop(Counter.IP_RX_DROP_OPTIONS, v4(PROTOCOL, pattern(8)).options(68, 0, 0, 0).frame());
        expectDrop(Counter.IP_RX_DROP_OPTIONS, v4(PROTOCOL, pattern(8)).options(68, 9, 0, 0).frame());
        expectDrop(Counter.IP_RX_DROP_OPTIONS, v4(PROTOCOL, pattern(8)).options(1, 1, 1, 68).frame());
    }

    @Test
    void answersAnUnknownProtocolWithProtocolUnreachable()
    {
        final byte[] packet = v4(200, pattern(8)).packet();
        expectDrop(Counter.IP_RX_DROP_UNKNOWN_PROTOCOL, v4(200, pattern(8)).frame());
        final Sent sent = sentOne().toMac(PEER_MAC).v4(1, "10.0.0.1", "10.0.0.2").icmp4(3, 2, 0);
        assertArrayEquals(packet, sent.rest());
    }

    @Test
    void passesOnWhatTheLinkKnows()
    {
        receive(v4(PROTOCOL, pattern(8)).frame());
        assertFalse(received.get(0).isChecksumValid());
        receive(v4(PROTOCOL, pattern(8)).frame(), (frame) -> frame.checksum(RxFrame.CHECKSUM_VALID));
        assertTrue(received.get(1).isChecksumValid());
        receive(
            v4(PROTOCOL, pattern(80)).frame(),
            (frame) -> frame.checksumPartial(34, 0).gso(RxFrame.GSO_TCPV4, 20));
        assertTrue(received.get(2).isChecksumValid());
        assertEquals(20, received.get(2).gsoSize());
    }

    @Test
    void putsTimeStampsOnItsOwnClockBetweenThePollsBeforeAndNow()
    {
        final long offsetNs = -500;
        final long previousNs = nowNs + 1000;
        ip.poll(1, previousNs, offsetNs);
        nowNs = previousNs + 1000;
        final long[] stamps = {previousNs + 400 + 500, previousNs - 1 + 500, nowNs + 1 + 500, RxFrame.NO_TIMESTAMP};
        for (final long stamp : stamps)
        {
            final TestLink.Inbound inbound = new TestLink.Inbound(v4(PROTOCOL, pattern(8)).frame());
            inbound.state = (frame) -> frame.timestampNs(stamp);
            link.inbound.add(inbound);
        }
        ip.poll(64, nowNs, offsetNs);
        assertEquals(previousNs + 400, received.get(0).receivedNs());
        assertEquals(previousNs, received.get(1).receivedNs());
        assertEquals(nowNs, received.get(2).receivedNs());
        assertEquals(nowNs, received.get(3).receivedNs());
    }
}
