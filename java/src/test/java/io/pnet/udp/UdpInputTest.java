package io.pnet.udp;

import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.ip.IpPacket;
import io.pnet.link.Link;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.link.RxFrame;
import io.pnet.udp.UdpNode.Heard;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.UdpHeader;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.net.BindException;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** Datagrams as they come off the wire, good and bad. */
class UdpInputTest
{
    private static final IpAddress US4 = IpAddress.parse("10.0.0.1");
    private static final IpAddress PEER4 = IpAddress.parse("10.0.0.2");
    private static final IpAddress US6 = IpAddress.parse("fd00::1");
    private static final IpAddress PEER6 = IpAddress.parse("fd00::2");

    private final LinkContext context = LinkContext.standalone();
    private final Pipe.Pair pair = Pipe.pair(new MemoryLinkOptions(), context, LinkContext.standalone());
    private final UdpNode node = new UdpNode(context, pair.left(), 1).address("10.0.0.1", 24).address("fd00::1", 64);
    private final Heard heard = new Heard();

    @BeforeEach
    void bind() throws Exception
    {
        node.udp.bind(IpAddress.ANY, 7, heard);
    }

    @AfterEach
    void close()
    {
        pair.close();
    }

    /** A datagram from the peer to port 7, its checksum right, before the test changes it. */
    private static UnsafeBuffer datagram(final boolean isV4, final int payload)
    {
        final int length = UdpHeader.LENGTH + payload;
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[length]);
        for (int i = UdpHeader.LENGTH; i < length; i++)
        {
            buffer.putByte(i, (byte)i);
        }
        new UdpHeader().wrap(buffer, 0).sourcePort(1000).destinationPort(7).length(length);
        putChecksum(buffer, isV4, length);
        return buffer;
    }

    private static void putChecksum(final UnsafeBuffer buffer, final boolean isV4, final int length)
    {
        BigEndian.putUint16(buffer, UdpHeader.CHECKSUM_OFFSET, 0);
        final IpAddress from = isV4 ? PEER4 : PEER6;
        final IpAddress to = isV4 ? US4 : US6;
        final long sum = Checksum.pseudoHeader(from.hi(), from.lo(), to.hi(), to.lo(), 17, length);
        BigEndian.putUint16(
            buffer, UdpHeader.CHECKSUM_OFFSET, Checksum.finishUdp(sum + Checksum.sum(buffer, 0, length)));
    }

    private void receive(final boolean isV4, final UnsafeBuffer datagram)
    {
        node.udp.onPacket(
            new IpPacket().wrap(
                datagram, 0, datagram.capacity(), 17, isV4 ? PEER4 : PEER6, isV4 ? US4 : US6),
            1);
    }

    private void expectDrop(
        final Counter reason, final boolean isV4, final int payload, final Consumer<UnsafeBuffer> change)
    {
        final UnsafeBuffer datagram = datagram(isV4, payload);
        change.accept(datagram);
        final long before = node.counters.get(reason);
        final long drops = node.counters.drops();
        receive(isV4, datagram);
        assertEquals(before + 1, node.counters.get(reason));
        assertEquals(drops + 1, node.counters.drops());
        assertEquals(0, heard.datagrams.size());
    }

    @Test
    void dropsMalformedDatagrams()
    {
        receive(true, new UnsafeBuffer(new byte[7]));
        assertEquals(1, node.counters.get(Counter.UDP_RX_DROP_MALFORMED));
        expectDrop(Counter.UDP_RX_DROP_MALFORMED, true, 10, (bytes) -> BigEndian.putUint16(bytes, 4, 7));
        expectDrop(Counter.UDP_RX_DROP_MALFORMED, false, 10, (bytes) -> BigEndian.putUint16(bytes, 4, 19));
        expectDrop(Counter.UDP_RX_DROP_MALFORMED, false, 10, (bytes) -> BigEndian.putUint16(bytes, 4, 0));
        expectDrop(Counter.UDP_RX_DROP_MALFORMED, true, 10, (bytes) -> BigEndian.putUint16(bytes, 2, 0));
    }

    @Test
    void tellsTheClassOfEachDatagram() throws Exception
    {
        final int[] seen = new int[1];
        node.udp.bind(IpAddress.ANY, 8, new UdpHandler()
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
                seen[0] = endpoint.receivedTrafficClass();
            }

            @Override
            public void onError(final UdpEndpoint endpoint, final io.pnet.ip.IcmpError.Kind kind)
            {
            }
        });
        final UdpNode peer = new UdpNode(LinkContext.standalone(), pair.right(), 2).address("10.0.0.2", 24);
        final UdpEndpoint sender = peer.udp.bind(IpAddress.ANY, 9, heard).trafficClass(0xB8 | 3);
        sender.connect(US4, 8).send(new UnsafeBuffer(new byte[10]), 0, 10);
        for (int i = 1; i < 5; i++)
        {
            peer.cycle(i);
            node.cycle(i);
        }
        assertEquals(0xB8 | 3, seen[0]);
    }

    @Test
    void dropsDatagramsWithAWrongChecksum()
    {
        for (final boolean isV4 : new boolean[]{true, false})
        {
            expectDrop(Counter.UDP_RX_DROP_CHECKSUM, isV4, 10, (bytes) -> bytes.putByte(12, (byte)99));
        }
    }

    @Test
    void takesZeroForNoChecksumOverIpv4Only()
    {
        expectDrop(Counter.UDP_RX_DROP_CHECKSUM, false, 10, (bytes) -> BigEndian.putUint16(bytes, 6, 0));
        final UnsafeBuffer datagram = datagram(true, 10);
        BigEndian.putUint16(datagram, 6, 0);
        receive(true, datagram);
        assertEquals(1, heard.datagrams.size());
    }

    @Test
    void ignoresWhatFollowsTheDatagramInItsPacket()
    {
        for (final boolean isV4 : new boolean[]{true, false})
        {
            final UnsafeBuffer whole = new UnsafeBuffer(new byte[40]);
            whole.putBytes(0, datagram(isV4, 10), 0, 18);
            whole.setMemory(18, 22, (byte)0x5A);
            receive(isV4, whole);
        }
        assertEquals(2, heard.datagrams.size());
        assertEquals(10, heard.datagrams.get(1).length);
        assertEquals("fd00::2 1000", heard.sources.get(1));
    }

    @Test
    void splitsAFrameOfSeveralDatagrams()
    {
        // 2500 bytes in pieces of 1000, as the kernel hands a burst over (USO); its checksum is the kernel's business.
        final int ipLength = Ipv4Header.MIN_LENGTH + UdpHeader.LENGTH + 2500;
        final UnsafeBuffer frame = new UnsafeBuffer(new byte[EthernetHeader.LENGTH + ipLength]);
        EthernetHeader.put(
            frame, 0, pair.left().capabilities().macAddress(), 0x0250_4E00_0009L, EthernetHeader.TYPE_IPV4);
        new Ipv4Header().wrap(frame, EthernetHeader.LENGTH).headerLength(20).totalLength(ipLength).ttl(64).protocol(17)
            .source(PEER4.v4Bits()).destination(US4.v4Bits()).updateHeaderChecksum();
        frame.putBytes(34, datagram(true, 2500), 0, 2508);

        final RxFrame rx = new RxFrame().wrap(frame, 0, frame.capacity())
            .gso(RxFrame.GSO_UDP_L4, 1000).checksumPartial(34, 6);
        final Link link = new SingleFrameLink(pair.left(), rx);
        final UdpNode other = new UdpNode(LinkContext.standalone(), link, 3).address("10.0.0.1", 24);
        try
        {
            other.udp.bind(IpAddress.ANY, 7, heard);
        }
        catch (final BindException ex)
        {
            throw new AssertionError(ex);
        }
        other.cycle(1);
        assertEquals(3, heard.datagrams.size());
        assertEquals(1000, heard.datagrams.get(0).length);
        assertEquals(500, heard.datagrams.get(2).length);
        final byte[] last = new byte[500];
        frame.getBytes(34 + 8 + 2000, last);
        assertArrayEquals(last, heard.datagrams.get(2));
        assertEquals(3, other.counters.get(Counter.UDP_RX_DATAGRAMS));
        assertEquals(1, other.counters.get(Counter.IP_RX_DELIVERED));
    }
}
