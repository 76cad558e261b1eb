package io.pnet.packetdrill;

import io.pnet.packetdrill.PacketSpec.OptionSpec;
import io.pnet.packetdrill.PacketSpec.Protocol;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.IcmpHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.UdpHeader;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A packet that the stack has sent, its numbers as they are on the wire. */
final class SeenPacket
{
    final long atNs;
    final boolean isV4;
    final Protocol protocol;
    final int trafficClass;
    final int ttl;
    final int flowLabel;
    final int sourcePort;
    final int destinationPort;
    int flags;
    final int seq;
    final int ack;
    final int window;
    final int urgent;
    int length;
    /** It stands for several segments. */
    boolean isJoined;
    final List<OptionSpec> options = new ArrayList<>();
    final int icmpType;
    final int icmpCode;
    final int icmpRest;
    final boolean isChecksumValid;

    SeenPacket(final Host.Sent sent)
    {
        atNs = sent.atNs();
        final UnsafeBuffer buffer = new UnsafeBuffer(sent.packet());
        isV4 = (sent.packet()[0] & 0xF0) == 0x40;
        final int at;
        final int number;
        final int end;
        final long pseudo;
        if (isV4)
        {
            final Ipv4Header header = new Ipv4Header().wrap(buffer, 0);
            at = header.headerLength();
            number = header.protocol();
            end = header.totalLength();
            trafficClass = header.typeOfService();
            ttl = header.ttl();
            flowLabel = 0;
            pseudo = Checksum.pseudoHeaderV4(header.source(), header.destination(), number, end - at);
        }
        else
        {
            final Ipv6Header header = new Ipv6Header().wrap(buffer, 0);
            at = Ipv6Header.LENGTH;
            number = header.nextHeader();
            end = at + header.payloadLength();
            trafficClass = header.trafficClass();
            ttl = header.hopLimit();
            flowLabel = header.flowLabel();
            pseudo = Checksum.pseudoHeader(
                header.sourceHi(), header.sourceLo(), header.destinationHi(), header.destinationLo(), number, end - at);
        }
        final long sum = Checksum.sum(buffer, at, end - at);
        isChecksumValid = Checksum.isValid(number == ProtocolNumber.ICMP ? sum : pseudo + sum);
        switch (number)
        {
            case ProtocolNumber.TCP:
                final TcpHeader tcp = new TcpHeader().wrap(buffer, at);
                protocol = Protocol.TCP;
                sourcePort = tcp.sourcePort();
                destinationPort = tcp.destinationPort();
                flags = tcp.flags() | ((sent.packet()[at + TcpHeader.DATA_OFFSET_OFFSET] & 1) != 0 ?
                    PacketParser.FLAG_AE : 0);
                seq = tcp.sequenceNumber();
                ack = tcp.acknowledgmentNumber();
                window = tcp.window();
                urgent = tcp.urgentPointer();
                length = end - at - tcp.headerLength();
                icmpType = 0;
                icmpCode = 0;
                icmpRest = 0;
                readOptions(buffer, at + TcpHeader.MIN_LENGTH, at + tcp.headerLength());
                break;
            case ProtocolNumber.UDP:
                protocol = Protocol.UDP;
                sourcePort = BigEndian.getUint16(buffer, at + UdpHeader.SOURCE_PORT_OFFSET);
                destinationPort = BigEndian.getUint16(buffer, at + UdpHeader.DESTINATION_PORT_OFFSET);
                flags = 0;
                seq = 0;
                ack = 0;
                window = 0;
                urgent = 0;
                length = BigEndian.getUint16(buffer, at + UdpHeader.LENGTH_OFFSET) - UdpHeader.LENGTH;
                icmpType = 0;
                icmpCode = 0;
                icmpRest = 0;
                break;
            default:
                protocol = Protocol.ICMP;
                sourcePort = 0;
                destinationPort = 0;
                flags = 0;
                seq = 0;
                ack = 0;
                window = 0;
                urgent = 0;
                length = end - at - IcmpHeader.LENGTH;
                icmpType = BigEndian.getUint8(buffer, at);
                icmpCode = BigEndian.getUint8(buffer, at + 1);
                icmpRest = BigEndian.getInt32(buffer, at + IcmpHeader.REST_OFFSET);
                break;
        }
    }

    private void readOptions(final UnsafeBuffer buffer, final int start, final int end)
    {
        int at = start;
        while (at < end)
        {
            final int kind = BigEndian.getUint8(buffer, at);
            if (kind <= 1)
            {
                options.add(OptionSpec.of(kind == 0 ? "eol" : "nop"));
                at++;
                continue;
            }
            final int length = at + 1 < end ? BigEndian.getUint8(buffer, at + 1) : 0;
            if (length < 2 || at + length > end)
            {
                options.add(new OptionSpec("malformed", List.of((long)kind), null));
                return;
            }
            options.add(option(buffer, at, kind, length));
            at += length;
        }
    }

    private static OptionSpec option(final UnsafeBuffer buffer, final int at, final int kind, final int length)
    {
        final byte[] bytes = new byte[length - 2];
        buffer.getBytes(at + 2, bytes);
        switch (kind)
        {
            case 2:
                return OptionSpec.of("mss", (long)BigEndian.getUint16(buffer, at + 2));
            case 3:
                return OptionSpec.of("wscale", (long)BigEndian.getUint8(buffer, at + 2));
            case 4:
                return OptionSpec.of("sackOK");
            case 5:
                final List<Long> edges = new ArrayList<>();
                for (int i = 2; i + 4 <= length; i += 4)
                {
                    edges.add(BigEndian.getUint32(buffer, at + i));
                }
                return new OptionSpec("sack", edges, null);
            case 8:
                return OptionSpec.of(
                    "TS", BigEndian.getUint32(buffer, at + 2), BigEndian.getUint32(buffer, at + 6));
            case 34:
                return new OptionSpec("FO", List.of(), bytes);
            case 254:
                return length >= 4 && BigEndian.getUint16(buffer, at + 2) == 0xF989 ?
                    new OptionSpec("FOEXP", List.of(), Arrays.copyOfRange(bytes, 2, bytes.length)) :
                    new OptionSpec("raw", List.of((long)kind), bytes);
            case 19:
                return new OptionSpec("md5", List.of(), bytes);
            default:
                return new OptionSpec("raw", List.of((long)kind), bytes);
        }
    }

    /** Whether it belongs to a flow. */
    boolean isOf(final Flow flow)
    {
        return protocol == Protocol.ICMP || sourcePort == flow.localPort && destinationPort == flow.remotePort;
    }

    /** Takes the segment that follows into this one, as if they had been one. */
    void join(final SeenPacket next)
    {
        isJoined = true;
        length += next.length;
        flags |= next.flags & (TcpHeader.PSH | TcpHeader.FIN);
    }
}
