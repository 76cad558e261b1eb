package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Reads the kernel's frames, and writes them again byte for byte. */
class HeadersTest
{
    private static final long MAC_1 = 0x22A0_48BD_730BL;
    private static final long MAC_2 = 0xAE3E_4A4A_D9B3L;
    private static final int IP_1 = 0x0A09_0001;
    private static final int IP_2 = 0x0A09_0002;
    private static final long LINK_LOCAL = 0xFE80_0000_0000_0000L;
    private static final long ID_1 = 0x20A0_48FF_FEBD_730BL;
    private static final long ID_2 = 0xAC3E_4AFF_FE4A_D9B3L;

    @Test
    void readsAndWritesArp()
    {
        final UnsafeBuffer frame = KernelFrames.buffer(KernelFrames.ARP_REPLY);
        final EthernetHeader ethernet = new EthernetHeader().wrap(frame, 0);
        assertEquals(MAC_1, ethernet.destination());
        assertEquals(MAC_2, ethernet.source());
        assertEquals(EthernetHeader.TYPE_ARP, ethernet.type());
        final ArpPacket arp = new ArpPacket().wrap(frame, 14);
        assertTrue(arp.isEthernetIpv4());
        assertEquals(ArpPacket.OPERATION_REPLY, arp.operation());
        assertEquals(MAC_2, arp.senderMac());
        assertEquals(IP_2, arp.senderIp());
        assertEquals(MAC_1, arp.targetMac());
        assertEquals(IP_1, arp.targetIp());

        final UnsafeBuffer ours = new UnsafeBuffer(new byte[frame.capacity()]);
        ethernet.wrap(ours, 0).destination(MAC_1).source(MAC_2).type(EthernetHeader.TYPE_ARP);
        arp.wrap(ours, 14).ethernetIpv4().operation(ArpPacket.OPERATION_REPLY)
            .senderMac(MAC_2).senderIp(IP_2).targetMac(MAC_1).targetIp(IP_1);
        assertArrayEquals(frame.byteArray(), ours.byteArray());
    }

    @Test
    void putsAnEthernetHeaderAtOnce()
    {
        final UnsafeBuffer ours = new UnsafeBuffer(new byte[16]);
        EthernetHeader.put(ours, 1, MAC_2, MAC_1, EthernetHeader.TYPE_IPV6);
        assertEquals(MAC_2, EthernetHeader.destination(ours, 1));
        assertEquals(MAC_1, EthernetHeader.source(ours, 1));
        assertEquals(EthernetHeader.TYPE_IPV6, EthernetHeader.type(ours, 1));
        assertEquals(0, ours.getByte(0));
        assertEquals(0, ours.getByte(15));
    }

    @Test
    void mapsMulticastGroupsToMacAddresses()
    {
        assertEquals(0x3333_FF4A_D9B3L, EthernetHeader.multicastV6(0x0000_0001_FF4A_D9B3L));
        assertEquals(0x0100_5E7F_FFFAL, EthernetHeader.multicastV4(0xEFFF_FFFA));
        assertTrue(EthernetHeader.isGroup(EthernetHeader.BROADCAST));
        assertTrue(EthernetHeader.isGroup(0x3333_0000_0001L));
        assertFalse(EthernetHeader.isGroup(MAC_1));
    }

    @Test
    void readsAndWritesTcpOverIpv4()
    {
        final UnsafeBuffer frame = KernelFrames.buffer(KernelFrames.TCP_SYN);
        final Ipv4Header ip = new Ipv4Header().wrap(frame, 14);
        assertEquals(4, ip.version());
        assertEquals(20, ip.headerLength());
        assertEquals(0, ip.optionsLength());
        assertEquals(60, ip.totalLength());
        assertEquals(0x8273, ip.identification());
        assertTrue(ip.isDontFragment());
        assertFalse(ip.isMoreFragments());
        assertFalse(ip.isFragment());
        assertEquals(64, ip.ttl());
        assertEquals(ProtocolNumber.TCP, ip.protocol());
        assertEquals(0xA434, ip.headerChecksum());
        assertEquals(IP_1, ip.source());
        assertEquals(IP_2, ip.destination());
        final TcpHeader tcp = new TcpHeader().wrap(frame, 34);
        assertEquals(56_474, tcp.sourcePort());
        assertEquals(7_777, tcp.destinationPort());
        assertEquals(2_008_016_258, tcp.sequenceNumber());
        assertEquals(0, tcp.acknowledgmentNumber());
        assertEquals(40, tcp.headerLength());
        assertEquals(20, tcp.optionsLength());
        assertEquals(TcpHeader.SYN, tcp.flags());
        assertEquals(64_240, tcp.window());
        assertEquals(0x5178, tcp.checksum());
        assertEquals(0, tcp.urgentPointer());

        final UnsafeBuffer ours = new UnsafeBuffer(new byte[frame.capacity()]);
        EthernetHeader.put(ours, 0, MAC_2, MAC_1, EthernetHeader.TYPE_IPV4);
        ip.wrap(ours, 14).headerLength(20).typeOfService(0).totalLength(60).identification(0x8273)
            .flagsAndFragment(Ipv4Header.FLAG_DF).ttl(64).protocol(ProtocolNumber.TCP)
            .source(IP_1).destination(IP_2).updateHeaderChecksum();
        tcp.wrap(ours, 34).sourcePort(56_474).destinationPort(7_777).sequenceNumber(2_008_016_258)
            .acknowledgmentNumber(0).headerLength(40).flags(TcpHeader.SYN).window(64_240).urgentPointer(0);
        ours.putBytes(54, frame, 54, 20);
        tcp.checksum(Checksum.finish(Checksum.sum(ours, 34, 40) +
            Checksum.pseudoHeaderV4(IP_1, IP_2, ProtocolNumber.TCP, 40)));
        assertArrayEquals(frame.byteArray(), ours.byteArray());
    }

    @Test
    void fragmentFieldsAreBytes()
    {
        final Ipv4Header ip = new Ipv4Header().wrap(new UnsafeBuffer(new byte[20]), 0);
        ip.flagsAndFragment(Ipv4Header.FLAG_MF | 185);
        assertTrue(ip.isMoreFragments());
        assertTrue(ip.isFragment());
        assertEquals(1_480, ip.fragmentOffset());
        ip.flagsAndFragment(185);
        assertTrue(ip.isFragment());
        assertEquals(46, ip.typeOfService(0xBB).dscp());
        assertEquals(3, ip.ecn());
    }

    @Test
    void readsAndWritesUdpOverIpv6()
    {
        final UnsafeBuffer frame = KernelFrames.buffer(KernelFrames.UDP_V6);
        final Ipv6Header ip = new Ipv6Header().wrap(frame, 14);
        assertEquals(6, ip.version());
        assertEquals(0, ip.trafficClass());
        assertEquals(0xAFFAA, ip.flowLabel());
        assertEquals(17, ip.payloadLength());
        assertEquals(ProtocolNumber.UDP, ip.nextHeader());
        assertEquals(64, ip.hopLimit());
        assertEquals(LINK_LOCAL, ip.sourceHi());
        assertEquals(ID_1, ip.sourceLo());
        assertEquals(LINK_LOCAL, ip.destinationHi());
        assertEquals(ID_2, ip.destinationLo());
        final UdpHeader udp = new UdpHeader().wrap(frame, 54);
        assertEquals(37_094, udp.sourcePort());
        assertEquals(7_778, udp.destinationPort());
        assertEquals(17, udp.length());

        final UnsafeBuffer ours = new UnsafeBuffer(new byte[frame.capacity()]);
        EthernetHeader.put(ours, 0, MAC_2, MAC_1, EthernetHeader.TYPE_IPV6);
        ip.wrap(ours, 14).versionClassFlow(0, 0xAFFAA).payloadLength(17).nextHeader(ProtocolNumber.UDP).hopLimit(64)
            .source(LINK_LOCAL, ID_1).destination(LINK_LOCAL, ID_2);
        udp.wrap(ours, 54).sourcePort(37_094).destinationPort(7_778).length(17);
        ours.putStringWithoutLengthAscii(62, "datagram6");
        udp.checksum(Checksum.finishUdp(Checksum.sum(ours, 54, 17) +
            Checksum.pseudoHeader(LINK_LOCAL, ID_1, LINK_LOCAL, ID_2, ProtocolNumber.UDP, 17)));
        assertArrayEquals(frame.byteArray(), ours.byteArray());
    }

    @Test
    void trafficClassHoldsDscpAndEcn()
    {
        final Ipv6Header ip = new Ipv6Header().wrap(new UnsafeBuffer(new byte[40]), 0);
        ip.versionClassFlow(0xBB, 0xFFFFF);
        assertEquals(6, ip.version());
        assertEquals(0xBB, ip.trafficClass());
        assertEquals(46, ip.dscp());
        assertEquals(3, ip.ecn());
        assertEquals(0xFFFFF, ip.flowLabel());
    }

    @Test
    void readsPingAndPortUnreachable()
    {
        final UnsafeBuffer ping = KernelFrames.buffer(KernelFrames.PING);
        final IcmpHeader icmp = new IcmpHeader().wrap(ping, 34);
        assertEquals(IcmpHeader.TYPE_ECHO_REQUEST, icmp.type());
        assertEquals(0, icmp.code());
        assertEquals(0x1743, icmp.identifier());
        assertEquals(1, icmp.sequenceNumber());
        assertTrue(Checksum.isValid(Checksum.sum(ping, 34, 64)));

        final UnsafeBuffer error = KernelFrames.buffer(KernelFrames.PORT_UNREACHABLE);
        icmp.wrap(error, 34);
        assertEquals(IcmpHeader.TYPE_DESTINATION_UNREACHABLE, icmp.type());
        assertEquals(IcmpHeader.CODE_PORT_UNREACHABLE, icmp.code());
        assertEquals(0, icmp.rest());
        assertEquals(ProtocolNumber.UDP, Ipv4Header.protocol(error, 42));
    }

    @Test
    void icmpFieldsShareTheSecondWord()
    {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[8]);
        final IcmpHeader icmp = new IcmpHeader().wrap(buffer, 0).rest(0).nextHopMtu(1_400);
        assertEquals(1_400, icmp.nextHopMtu());
        assertEquals(1_400, icmp.rest());
        assertEquals(9, icmp.rest(0).pointer(9).pointer());
        assertEquals(9 << 24, icmp.rest());
        final Icmpv6Header icmpv6 = new Icmpv6Header().wrap(buffer, 0).mtu(1_280);
        assertEquals(1_280, icmpv6.mtu());
        assertEquals(42, icmpv6.pointer(42).pointer());
    }

    @Test
    void writesTheNeighbourAdvertisementOfLinux()
    {
        final UnsafeBuffer frame = KernelFrames.buffer(KernelFrames.NEIGHBOUR_ADVERTISEMENT);
        final NeighbourAdvertisement na = new NeighbourAdvertisement().wrap(frame, 54);
        final NdpOptions options = new NdpOptions();
        assertEquals(NeighbourAdvertisement.FLAG_SOLICITED | NeighbourAdvertisement.FLAG_OVERRIDE, na.flags());
        assertEquals(LINK_LOCAL, na.targetHi());
        assertEquals(ID_2, na.targetLo());
        assertTrue(options.parse(frame, 54 + NeighbourAdvertisement.OPTIONS_OFFSET, 8));
        assertEquals(MAC_2, options.targetMac());
        assertEquals(NdpOptions.NO_ADDRESS, options.sourceMac());

        final UnsafeBuffer ours = new UnsafeBuffer(new byte[frame.capacity()]);
        ours.putBytes(0, frame, 0, 54);
        na.wrap(ours, 54).init().target(LINK_LOCAL, ID_2)
            .flags(NeighbourAdvertisement.FLAG_SOLICITED | NeighbourAdvertisement.FLAG_OVERRIDE);
        NdpOptions.putLinkLayerAddress(ours, 78, NdpOptions.TYPE_TARGET_LINK_LAYER_ADDRESS, MAC_2);
        new Icmpv6Header().wrap(ours, 54).checksum(Checksum.finish(Checksum.sum(ours, 54, 32) +
            Checksum.pseudoHeader(LINK_LOCAL, ID_2, LINK_LOCAL, ID_1, ProtocolNumber.ICMPV6, 32)));
        assertArrayEquals(frame.byteArray(), ours.byteArray());
    }

    @Test
    void readsAndWritesSolicitations()
    {
        final UnsafeBuffer frame = KernelFrames.buffer(KernelFrames.NEIGHBOUR_SOLICITATION);
        final NeighbourSolicitation ns = new NeighbourSolicitation().wrap(frame, 54);
        assertEquals(LINK_LOCAL, ns.targetHi());
        assertEquals(ID_2, ns.targetLo());
        // Linux sends the nonce option (RFC 7527), which is unknown here.
        assertTrue(new NdpOptions().parse(frame, 78, 8));

        final UnsafeBuffer rs = KernelFrames.buffer(KernelFrames.ROUTER_SOLICITATION);
        final UnsafeBuffer ours = new UnsafeBuffer(new byte[rs.capacity()]);
        ours.putBytes(0, rs, 0, 54);
        new RouterSolicitation().wrap(ours, 54).init();
        NdpOptions.putLinkLayerAddress(ours, 62, NdpOptions.TYPE_SOURCE_LINK_LAYER_ADDRESS, MAC_2);
        new Icmpv6Header().wrap(ours, 54).checksum(Checksum.finish(Checksum.sum(ours, 54, 16) +
            Checksum.pseudoHeader(LINK_LOCAL, ID_2, 0xFF02_0000_0000_0000L, 2, ProtocolNumber.ICMPV6, 16)));
        assertArrayEquals(rs.byteArray(), ours.byteArray());
    }

    @Test
    void writesTheMldReportOfLinux()
    {
        final UnsafeBuffer frame = KernelFrames.buffer(KernelFrames.MLD_V2_REPORT);
        final Mldv2Report report = new Mldv2Report().wrap(frame, 62);
        assertEquals(1, report.records());
        assertEquals(Mldv2Report.CHANGE_TO_EXCLUDE, report.recordType(0));
        assertEquals(0xFF02_0000_0000_0000L, report.groupHi(0));
        assertEquals(0x0000_0001_FF4A_D9B3L, report.groupLo(0));

        final UnsafeBuffer ours = new UnsafeBuffer(new byte[frame.capacity()]);
        ours.putBytes(0, frame, 0, 54);
        assertEquals(62, Ipv6Extension.putRouterAlert(ours, 54, ProtocolNumber.ICMPV6));
        report.wrap(ours, 62).init(1)
            .record(0, Mldv2Report.CHANGE_TO_EXCLUDE, 0xFF02_0000_0000_0000L, 0x0000_0001_FF4A_D9B3L);
        assertEquals(28, Mldv2Report.length(1));
        new Icmpv6Header().wrap(ours, 62).checksum(Checksum.finish(Checksum.sum(ours, 62, 28) +
            Checksum.pseudoHeader(LINK_LOCAL, ID_2, 0xFF02_0000_0000_0000L, 0x16, ProtocolNumber.ICMPV6, 28)));
        assertArrayEquals(frame.byteArray(), ours.byteArray());
    }

    @Test
    void readsAndWritesMldOfVersionOne()
    {
        final UnsafeBuffer buffer = KernelFrames.buffer("82000000" + "27100000" + "ff0200000000000000000001ff000001");
        final MldMessage mld = new MldMessage().wrap(buffer, 0);
        assertEquals(Icmpv6Header.TYPE_MLD_QUERY, mld.type());
        assertEquals(10_000, mld.maximumResponseDelay());
        final UnsafeBuffer ours = new UnsafeBuffer(new byte[24]);
        new MldMessage().wrap(ours, 0).init(Icmpv6Header.TYPE_MLD_QUERY).maximumResponseDelay(10_000)
            .multicastAddress(mld.multicastAddressHi(), mld.multicastAddressLo());
        assertArrayEquals(buffer.byteArray(), ours.byteArray());
        assertEquals(10_000, MldMessage.v2ResponseDelayMs(10_000));
        assertEquals(32_768, MldMessage.v2ResponseDelayMs(0x8000));
        assertEquals(0x1FFFL << 10, MldMessage.v2ResponseDelayMs(0xFFFF));
    }

    @Test
    void readsARouterAdvertisement()
    {
        final UnsafeBuffer buffer = KernelFrames.buffer(
            "8600abcd" + "40c00708" + "00007530" + "000003e8" +
            "0101020000000001" +
            "0501000000000578" +
            "030440c0" + "00278d00" + "00093a80" + "00000000" + "20010db8000000010000000000000000" +
            "1903000000000e10" + "20010db8000000000000000000000053");
        final RouterAdvertisement ra = new RouterAdvertisement().wrap(buffer, 0);
        assertEquals(64, ra.curHopLimit());
        assertEquals(RouterAdvertisement.FLAG_MANAGED | RouterAdvertisement.FLAG_OTHER, ra.flags());
        assertEquals(1_800, ra.routerLifetime());
        assertEquals(30_000, ra.reachableTime());
        assertEquals(1_000, ra.retransTimer());
        final NdpOptions options = new NdpOptions();
        assertTrue(options.parse(buffer, RouterAdvertisement.OPTIONS_OFFSET, buffer.capacity() - 16));
        assertEquals(0x0200_0000_0001L, options.sourceMac());
        assertEquals(1_400, options.mtu());
        assertEquals(1, options.prefixes());
        assertEquals(64, options.prefixLength(0));
        assertEquals(NdpOptions.FLAG_ON_LINK | NdpOptions.FLAG_AUTONOMOUS, options.prefixFlags(0));
        assertEquals(2_592_000, options.prefixValidLifetime(0));
        assertEquals(604_800, options.prefixPreferredLifetime(0));
        assertEquals(0x2001_0DB8_0000_0001L, options.prefixHi(0));
        assertEquals(0, options.prefixLo(0));

        final UnsafeBuffer ours = new UnsafeBuffer(new byte[buffer.capacity()]);
        ra.wrap(ours, 0).init().curHopLimit(64).flags(0xC0).routerLifetime(1_800).reachableTime(30_000)
            .retransTimer(1_000);
        new Icmpv6Header().wrap(ours, 0).checksum(0xABCD);
        int at = NdpOptions.putLinkLayerAddress(ours, 16, NdpOptions.TYPE_SOURCE_LINK_LAYER_ADDRESS, 0x0200_0000_0001L);
        at = NdpOptions.putMtu(ours, at, 1_400);
        at = NdpOptions.putPrefixInformation(ours, at, 0x2001_0DB8_0000_0001L, 0, 64, 0xC0, 2_592_000, 604_800);
        ours.putBytes(at, buffer, at, buffer.capacity() - at);
        assertArrayEquals(buffer.byteArray(), ours.byteArray());
    }

    @Test
    void malformedNdpOptionsAreRefused()
    {
        final NdpOptions options = new NdpOptions();
        assertFalse(options.parse(KernelFrames.buffer("0100020000000001"), 0, 8));
        assertFalse(options.parse(KernelFrames.buffer("0102020000000001"), 0, 8));
        assertFalse(options.parse(KernelFrames.buffer("0101020000000001" + "0501"), 0, 10));
        assertTrue(options.parse(KernelFrames.buffer(""), 0, 0));
        assertEquals(0, options.prefixes());
    }
}
