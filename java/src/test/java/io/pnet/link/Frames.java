package io.pnet.link;

import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;
import io.pnet.wire.UdpHeader;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.ArrayList;
import java.util.List;

/** Builds frames for tests of links, and takes apart what comes out of them. */
final class Frames
{
    static final int SEQ = 0xFFFF_F000;
    static final int IP_1 = 0x0A09_0001;
    static final int IP_2 = 0x0A09_0002;
    static final long HI = 0xFE80_0000_0000_0000L;

    /** A frame that a link showed, copied. */
    record Seen(byte[] bytes, int checksum, int csumStart, int gsoType, int gsoSize, boolean hadChunk, long timestampNs)
    {
        UnsafeBuffer buffer()
        {
            return new UnsafeBuffer(bytes);
        }
    }

    private Frames()
    {
    }

    static byte[] payload(final int length)
    {
        final byte[] payload = new byte[length];
        for (int i = 0; i < length; i++)
        {
            payload[i] = (byte)(i * 31 + (i >>> 8) * 17 + 1);
        }
        return payload;
    }

    /** Headers of a GSO frame, checksum partial, as a stack writes them. */
    static int tcpHeaders(final UnsafeBuffer buffer, final boolean isV4, final int payloadLength, final int flags)
    {
        final int transport = ip(buffer, isV4, ProtocolNumber.TCP, 32 + payloadLength);
        new TcpHeader().wrap(buffer, transport).sourcePort(1_000).destinationPort(2_000).sequenceNumber(SEQ)
            .acknowledgmentNumber(77).headerLength(32).flags(flags).window(500).urgentPointer(0)
            .checksum(Checksum.fold(pseudo(isV4, ProtocolNumber.TCP, 32 + payloadLength)));
        TcpOptions.putTimestamps(buffer, transport + 20, 5, 6);
        return transport + 32;
    }

    static int udpHeaders(final UnsafeBuffer buffer, final boolean isV4, final int payloadLength)
    {
        final int transport = ip(buffer, isV4, ProtocolNumber.UDP, 8 + payloadLength);
        new UdpHeader().wrap(buffer, transport).sourcePort(1_000).destinationPort(2_000).length(8 + payloadLength)
            .checksum(Checksum.fold(pseudo(isV4, ProtocolNumber.UDP, 8 + payloadLength)));
        return transport + 8;
    }

    /** Claims, fills and commits a TCP frame over IPv4: a GSO frame when it has more than {@code gsoSize} payload. */
    static boolean sendTcp(final Link link, final byte[] payload, final int gsoSize, final int flags)
    {
        final TxFrame frame = link.claim(66, true);
        if (frame == null)
        {
            return false;
        }
        final UnsafeBuffer view = new UnsafeBuffer(frame.buffer(), frame.offset(), 66);
        tcpHeaders(view, true, payload.length, flags);
        if (payload.length > 0)
        {
            frame.append(new UnsafeBuffer(payload), 0, payload.length);
        }
        frame.checksumPartial(34, 16);
        if (payload.length > gsoSize)
        {
            frame.gso(RxFrame.GSO_TCPV4, gsoSize, 66);
        }
        link.commit(frame);
        return true;
    }

    /** Claims, fills and commits a complete UDP frame whose payload starts with {@code number}. */
    static boolean sendNumber(
        final Link link, final long destination, final int number, final int payloadLength)
    {
        final int length = 42 + payloadLength;
        final TxFrame frame = link.claim(length, false);
        if (frame == null)
        {
            return false;
        }
        final UnsafeBuffer view = new UnsafeBuffer(frame.buffer(), frame.offset(), length);
        view.setMemory(0, length, (byte)0);
        udpHeaders(view, true, payloadLength);
        EthernetHeader.put(view, 0, destination, link.capabilities().macAddress(), EthernetHeader.TYPE_IPV4);
        view.putInt(42, number);
        SoftwareOffload.completeChecksum(view, 0, length, 34, 6);
        link.commit(frame);
        return true;
    }

    static int number(final Seen frame)
    {
        return frame.buffer().getInt(42);
    }

    static List<Integer> numbers(final List<Seen> frames)
    {
        return frames.stream().map(Frames::number).toList();
    }

    /** Everything that waits on the link. */
    static List<Seen> receive(final Link link, final long nowNs)
    {
        final List<Seen> seen = new ArrayList<>();
        while (link.poll(frame -> seen.add(copy(frame)), 64, nowNs) > 0)
        {
            continue;
        }
        return seen;
    }

    static Seen copy(final RxFrame frame)
    {
        final byte[] bytes = new byte[frame.length()];
        frame.buffer().getBytes(frame.offset(), bytes);
        return new Seen(bytes, frame.checksum(), frame.csumStart(), frame.gsoType(), frame.gsoSize(), frame.hasChunk(),
            frame.timestampNs());
    }

    /** Whether lengths, the IPv4 header and the transport checksum of a frame are right, checked from its bytes. */
    static boolean isSound(final byte[] bytes)
    {
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        final long pseudo;
        final int transport;
        final int protocol;
        if (EthernetHeader.type(buffer, 0) == EthernetHeader.TYPE_IPV4)
        {
            final Ipv4Header ip = new Ipv4Header().wrap(buffer, 14);
            if (ip.headerLength() > bytes.length - 14 ||
                !ip.isHeaderChecksumValid() ||
                ip.totalLength() != bytes.length - 14)
            {
                return false;
            }
            transport = 14 + ip.headerLength();
            protocol = ip.protocol();
            pseudo = Checksum.pseudoHeaderV4(ip.source(), ip.destination(), protocol, bytes.length - transport);
        }
        else
        {
            final Ipv6Header ip = new Ipv6Header().wrap(buffer, 14);
            if (ip.payloadLength() != bytes.length - 54)
            {
                return false;
            }
            transport = 54;
            protocol = ip.nextHeader();
            pseudo = Checksum.pseudoHeader(ip.sourceHi(), ip.sourceLo(), ip.destinationHi(), ip.destinationLo(),
                protocol, bytes.length - transport);
        }
        if (protocol == ProtocolNumber.UDP &&
            new UdpHeader().wrap(buffer, transport).length() != bytes.length - transport)
        {
            return false;
        }
        return Checksum.isValid(pseudo + Checksum.sum(buffer, transport, bytes.length - transport));
    }

    private static int ip(
        final UnsafeBuffer buffer, final boolean isV4, final int protocol, final int transportLength)
    {
        EthernetHeader.put(buffer, 0, 0x0250_4E00_0002L, 0x0250_4E00_0001L,
            isV4 ? EthernetHeader.TYPE_IPV4 : EthernetHeader.TYPE_IPV6);
        if (isV4)
        {
            new Ipv4Header().wrap(buffer, 14).headerLength(20).typeOfService(2).totalLength(20 + transportLength)
                .identification(0xFFFE).flagsAndFragment(Ipv4Header.FLAG_DF).ttl(64).protocol(protocol)
                .source(IP_1).destination(IP_2).updateHeaderChecksum();
            return 34;
        }
        new Ipv6Header().wrap(buffer, 14).versionClassFlow(2, 0x12345).payloadLength(transportLength)
            .nextHeader(protocol).hopLimit(64).source(HI, 1).destination(HI, 2);
        return 54;
    }

    private static long pseudo(final boolean isV4, final int protocol, final int length)
    {
        return isV4 ? Checksum.pseudoHeaderV4(IP_1, IP_2, protocol, length) :
            Checksum.pseudoHeader(HI, 1, HI, 2, protocol, length);
    }
}
