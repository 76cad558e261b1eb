package io.pnet.link;

import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.KernelFrames;
import io.pnet.wire.TcpHeader;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SoftwareOffloadTest
{
    private static final int ALL_FLAGS =
        TcpHeader.ACK | TcpHeader.PSH | TcpHeader.FIN | TcpHeader.CWR | TcpHeader.ECE;

    private final SoftwareOffload offload = new SoftwareOffload();
    private final UnsafeBuffer head = new UnsafeBuffer(new byte[128]);

    @Test
    void completesAPartialChecksumToWhatLinuxComputed()
    {
        for (final String hex : new String[]{ KernelFrames.TCP_DATA, KernelFrames.UDP })
        {
            final UnsafeBuffer frame = KernelFrames.buffer(hex);
            final byte[] expected = frame.byteArray().clone();
            final Ipv4Header ip = new Ipv4Header().wrap(frame, 14);
            final int csumOffset = ip.protocol() == 6 ? 16 : 6;
            BigEndian.putUint16(frame, 34 + csumOffset, Checksum.fold(Checksum.pseudoHeaderV4(
                ip.source(), ip.destination(), ip.protocol(), ip.totalLength() - 20)));
            assertTrue(SoftwareOffload.completeChecksum(frame, 0, frame.capacity(), 34, csumOffset));
            assertArrayEquals(expected, frame.byteArray());
        }
    }

    @Test
    void refusesAChecksumFieldOutsideTheFrame()
    {
        final UnsafeBuffer frame = new UnsafeBuffer(new byte[64]);
        assertFalse(SoftwareOffload.completeChecksum(frame, 0, 50, 34, 15));
        assertTrue(SoftwareOffload.completeChecksum(frame, 0, 50, 34, 14));
        assertFalse(SoftwareOffload.completeChecksum(frame, 0, 50, -1, 14));
        assertFalse(offload.begin(new RxFrame().wrap(frame, 0, 50).checksumPartial(60, 0)));
    }

    @Test
    void cutsTcpOverIpv4()
    {
        final byte[] payload = Frames.payload(4_001);
        Frames.tcpHeaders(head, true, payload.length, ALL_FLAGS);
        final List<byte[]> segments = cut(tx(66, payload).gso(RxFrame.GSO_TCPV4, 1_000, 66).checksumPartial(34, 16));
        assertEquals(5, segments.size());
        for (int i = 0; i < 5; i++)
        {
            final UnsafeBuffer segment = new UnsafeBuffer(segments.get(i));
            assertEquals(i < 4 ? 1_066 : 67, segment.capacity());
            assertTrue(Frames.isSound(segments.get(i)), "segment " + i);
            assertEquals(0xFFFE + i & 0xFFFF, new Ipv4Header().wrap(segment, 14).identification());
            final TcpHeader tcp = new TcpHeader().wrap(segment, 34);
            assertEquals(Frames.SEQ + 1_000 * i, tcp.sequenceNumber());
            assertEquals(77, tcp.acknowledgmentNumber());
            int flags = TcpHeader.ACK | TcpHeader.ECE;
            flags |= i == 0 ? TcpHeader.CWR : 0;
            flags |= i == 4 ? TcpHeader.PSH | TcpHeader.FIN : 0;
            assertEquals(flags, tcp.flags(), "flags of segment " + i);
            assertEquals(5, BigEndian.getInt32(segment, 58));
        }
        assertArrayEquals(payload, joined(segments, 66));
    }

    @Test
    void cutsTcpOverIpv6()
    {
        final byte[] payload = Frames.payload(3_000);
        Frames.tcpHeaders(head, false, payload.length, TcpHeader.ACK);
        final List<byte[]> segments = cut(tx(86, payload).gso(RxFrame.GSO_TCPV6, 1_000, 86).checksumPartial(54, 16));
        assertEquals(3, segments.size());
        for (int i = 0; i < 3; i++)
        {
            assertTrue(Frames.isSound(segments.get(i)), "segment " + i);
            assertEquals(Frames.SEQ + 1_000 * i,
                new TcpHeader().wrap(new UnsafeBuffer(segments.get(i)), 54).sequenceNumber());
        }
        assertArrayEquals(payload, joined(segments, 86));
    }

    @Test
    void cutsUdpOverBoth()
    {
        for (final boolean isV4 : new boolean[]{ true, false })
        {
            final byte[] payload = Frames.payload(2_501);
            final int headers = Frames.udpHeaders(head, isV4, payload.length);
            final List<byte[]> segments =
                cut(tx(headers, payload).gso(RxFrame.GSO_UDP_L4, 1_200, headers).checksumPartial(headers - 8, 6));
            assertEquals(3, segments.size());
            for (final byte[] segment : segments)
            {
                assertTrue(Frames.isSound(segment));
            }
            assertEquals(headers + 101, segments.get(2).length);
            assertArrayEquals(payload, joined(segments, headers));
        }
    }

    @Test
    void gathersPayloadAcrossFragmentBorders()
    {
        final byte[] payload = Frames.payload(5_000);
        Frames.tcpHeaders(head, true, payload.length, TcpHeader.ACK);
        final UnsafeBuffer source = new UnsafeBuffer(payload);
        final TxFrame frame = new TxFrame().wrap(head, 0, 66)
            .append(source, 0, 1_499).append(source, 1_499, 2).append(source, 1_501, 3_499)
            .gso(RxFrame.GSO_TCPV4, 1_500, 66).checksumPartial(34, 16);
        final List<byte[]> segments = cut(frame);
        assertEquals(4, segments.size());
        for (final byte[] segment : segments)
        {
            assertTrue(Frames.isSound(segment));
        }
        assertArrayEquals(payload, joined(segments, 66));
    }

    @Test
    void aReceivedGsoFrameIsCutAlike()
    {
        final byte[] payload = Frames.payload(4_001);
        Frames.tcpHeaders(head, true, payload.length, ALL_FLAGS);
        final TxFrame sent = tx(66, payload).gso(RxFrame.GSO_TCPV4, 1_000, 66).checksumPartial(34, 16);
        final UnsafeBuffer whole = new UnsafeBuffer(new byte[5 + sent.length()]);
        sent.copyTo(whole, 5);
        final List<byte[]> expected = cut(sent);
        assertTrue(offload.begin(new RxFrame().wrap(whole, 5, sent.length())
            .gso(RxFrame.GSO_TCPV4, 1_000).checksumPartial(34, 16)));
        final List<byte[]> segments = drain();
        assertEquals(expected.size(), segments.size());
        for (int i = 0; i < expected.size(); i++)
        {
            assertArrayEquals(expected.get(i), segments.get(i));
        }
    }

    @Test
    void anOrdinaryFrameComesOutOnceAndComplete()
    {
        final byte[] payload = Frames.payload(333);
        Frames.tcpHeaders(head, true, payload.length, TcpHeader.ACK);
        final List<byte[]> segments = cut(tx(66, payload).checksumPartial(34, 16));
        assertEquals(1, segments.size());
        assertTrue(Frames.isSound(segments.get(0)));
    }

    @Test
    void aGsoFrameOfOneSegmentIsOne()
    {
        final byte[] payload = Frames.payload(100);
        Frames.tcpHeaders(head, true, payload.length, ALL_FLAGS);
        final List<byte[]> segments = cut(tx(66, payload).gso(RxFrame.GSO_TCPV4, 1_000, 66).checksumPartial(34, 16));
        assertEquals(1, segments.size());
        assertTrue(Frames.isSound(segments.get(0)));
        assertEquals(ALL_FLAGS, TcpHeader.flags(new UnsafeBuffer(segments.get(0)), 34));
    }

    @Test
    void refusesHeadersThatAreNotWhatTheyClaim()
    {
        final byte[] payload = Frames.payload(3_000);
        Frames.tcpHeaders(head, true, payload.length, TcpHeader.ACK);
        assertFalse(offload.begin(tx(66, payload).gso(RxFrame.GSO_TCPV6, 1_000, 66)));
        assertFalse(offload.begin(tx(66, payload).gso(RxFrame.GSO_UDP_L4, 1_000, 66)));
        assertFalse(offload.begin(tx(66, payload).gso(RxFrame.GSO_TCPV4, 0, 66)));
        assertFalse(offload.begin(tx(66, payload).gso(99, 1_000, 66)));
        assertFalse(offload.begin(tx(53, payload).gso(RxFrame.GSO_TCPV4, 1_000, 53)));
        head.putByte(46, (byte)0x10);
        assertFalse(offload.begin(tx(66, payload).gso(RxFrame.GSO_TCPV4, 1_000, 66)));
        head.putByte(46, (byte)0xF0);
        assertFalse(offload.begin(tx(66, payload).gso(RxFrame.GSO_TCPV4, 1_000, 66)));
        head.putByte(14, (byte)0x4F);
        assertFalse(offload.begin(tx(66, payload).gso(RxFrame.GSO_TCPV4, 1_000, 66)));
    }

    @Test
    void makesAWholeGsoFrameConsistent()
    {
        final byte[] payload = Frames.payload(40_001);
        Frames.udpHeaders(head, true, payload.length);
        final TxFrame frame = tx(42, payload).gso(RxFrame.GSO_UDP_L4, 1_000, 42).checksumPartial(34, 6);
        final UnsafeBuffer whole = new UnsafeBuffer(new byte[frame.length()]);
        frame.copyTo(whole, 0);
        BigEndian.putUint16(whole, 16, 0);
        assertFalse(Frames.isSound(whole.byteArray()));
        assertTrue(offload.completeWhole(whole, 0, whole.capacity()));
        assertTrue(Frames.isSound(whole.byteArray()));
    }

    private TxFrame tx(final int headLength, final byte[] payload)
    {
        return new TxFrame().wrap(head, 0, headLength).append(new UnsafeBuffer(payload), 0, payload.length);
    }

    private List<byte[]> cut(final TxFrame frame)
    {
        assertTrue(offload.begin(frame));
        return drain();
    }

    private List<byte[]> drain()
    {
        final List<byte[]> segments = new ArrayList<>();
        final int count = offload.segments();
        final UnsafeBuffer target = new UnsafeBuffer(new byte[70_000]);
        for (int length = offload.next(target, 3); length > 0; length = offload.next(target, 3))
        {
            final byte[] segment = new byte[length];
            target.getBytes(3, segment);
            segments.add(segment);
        }
        assertEquals(count, segments.size());
        return segments;
    }

    private static byte[] joined(final List<byte[]> segments, final int headers)
    {
        final ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (final byte[] segment : segments)
        {
            joined.write(segment, headers, segment.length - headers);
        }
        return joined.toByteArray();
    }
}
