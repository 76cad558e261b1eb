package io.pnet.packetdrill;

import io.pnet.ip.IpAddress;
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

import java.io.ByteArrayOutputStream;

/** Builds the packets that a script injects. */
final class PacketWriter
{
    private static final int HOP_LIMIT = 64;
    /** Bytes of the quoted transport header: ports and sequence number (RFC 792). */
    private static final int QUOTE = 8;
    private static final int[] EXPERIMENT = {0xF9, 0x89};

    private final IpAddress local;
    private final IpAddress remote;

    PacketWriter(final IpAddress local, final IpAddress remote)
    {
        this.local = local;
        this.remote = remote;
    }

    /** An IP packet of the script's side, with its numbers as they are on the wire. */
    byte[] inbound(final PacketSpec spec, final Flow flow, final int line)
    {
        final int source = spec.sourcePort >= 0 ? spec.sourcePort : flow.remotePort;
        final int destination = spec.destinationPort >= 0 ? spec.destinationPort : flow.localPort;
        switch (spec.protocol)
        {
            case TCP:
                return ip(spec, remote, local, ProtocolNumber.TCP, tcp(spec, flow, source, destination, line));
            case UDP:
                return ip(spec, remote, local, ProtocolNumber.UDP, udp(spec.length, source, destination));
            default:
                return ip(
                    spec,
                    remote,
                    local,
                    local.isV4() ? ProtocolNumber.ICMP : ProtocolNumber.ICMPV6,
                    icmp(spec, flow, line));
        }
    }

    // ---- IP

    private static byte[] ip(
        final PacketSpec spec,
        final IpAddress from,
        final IpAddress to,
        final int protocol,
        final byte[] payload)
    {
        final int trafficClass = spec.tos != PacketSpec.UNSET ? (int)spec.tos :
            spec.ecn != PacketSpec.UNSET ? (int)spec.ecn : 0;
        final int ttl = spec.ttl != PacketSpec.UNSET ? (int)spec.ttl : HOP_LIMIT;
        final int header = from.isV4() ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH;
        final byte[] packet = new byte[header + payload.length];
        System.arraycopy(payload, 0, packet, header, payload.length);
        final UnsafeBuffer buffer = new UnsafeBuffer(packet);
        final long pseudo;
        if (from.isV4())
        {
            new Ipv4Header().wrap(buffer, 0)
                .headerLength(header).typeOfService(trafficClass).totalLength(packet.length).identification(0)
                .flagsAndFragment(Ipv4Header.FLAG_DF).ttl(ttl).protocol(protocol)
                .source(from.v4Bits()).destination(to.v4Bits()).updateHeaderChecksum();
            pseudo = Checksum.pseudoHeaderV4(from.v4Bits(), to.v4Bits(), protocol, payload.length);
        }
        else
        {
            new Ipv6Header().wrap(buffer, 0)
                .versionClassFlow(trafficClass, spec.flowLabel != PacketSpec.UNSET ? (int)spec.flowLabel : 0)
                .payloadLength(payload.length).nextHeader(protocol).hopLimit(ttl)
                .source(from.hi(), from.lo()).destination(to.hi(), to.lo());
            pseudo = Checksum.pseudoHeader(from.hi(), from.lo(), to.hi(), to.lo(), protocol, payload.length);
        }
        final long sum = Checksum.sum(buffer, header, payload.length);
        switch (protocol)
        {
            case ProtocolNumber.TCP:
                BigEndian.putUint16(buffer, header + TcpHeader.CHECKSUM_OFFSET, Checksum.finish(pseudo + sum));
                break;
            case ProtocolNumber.UDP:
                BigEndian.putUint16(buffer, header + UdpHeader.CHECKSUM_OFFSET, Checksum.finishUdp(pseudo + sum));
                break;
            case ProtocolNumber.ICMP:
                BigEndian.putUint16(buffer, header + IcmpHeader.CHECKSUM_OFFSET, Checksum.finish(sum));
                break;
            default:
                BigEndian.putUint16(buffer, header + IcmpHeader.CHECKSUM_OFFSET, Checksum.finish(pseudo + sum));
                break;
        }
        return packet;
    }

    // ---- transports

    private static byte[] tcp(
        final PacketSpec spec, final Flow flow, final int source, final int destination, final int line)
    {
        final byte[] options = options(spec, flow, line);
        final int headerLength = TcpHeader.MIN_LENGTH + options.length;
        final byte[] bytes = new byte[headerLength + spec.length];
        System.arraycopy(options, 0, bytes, TcpHeader.MIN_LENGTH, options.length);
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        new TcpHeader().wrap(buffer, 0)
            .sourcePort(source).destinationPort(destination).sequenceNumber((int)spec.seq)
            .acknowledgmentNumber(spec.ack == PacketSpec.UNSET ? 0 : flow.toWire(spec.ack))
            .headerLength(headerLength).flags(spec.flags & 0xFF)
            .window(spec.window == PacketSpec.UNSET ? 0 : (int)spec.window)
            .checksum(0).urgentPointer(spec.urgent == PacketSpec.UNSET ? 0 : (int)spec.urgent);
        if ((spec.flags & PacketParser.FLAG_AE) != 0)
        {
            bytes[TcpHeader.DATA_OFFSET_OFFSET] |= 1;
        }
        return bytes;
    }

    private static byte[] udp(final int length, final int source, final int destination)
    {
        final byte[] bytes = new byte[UdpHeader.LENGTH + length];
        new UdpHeader().wrap(new UnsafeBuffer(bytes), 0)
            .sourcePort(source).destinationPort(destination).length(bytes.length).checksum(0);
        return bytes;
    }

    private byte[] icmp(final PacketSpec spec, final Flow flow, final int line)
    {
        final boolean isV4 = local.isV4();
        final int type = IcmpNames.type(isV4, spec.icmpType);
        final int code = IcmpNames.code(isV4, spec.icmpCode);
        if (type < 0 || code < 0)
        {
            throw ScriptException.malformed(
                line, "no such message of " + (isV4 ? "ICMP: " : "ICMPv6: ") + spec.icmpType +
                (spec.icmpCode == null ? "" : " " + spec.icmpCode));
        }
        final byte[] quote = spec.quoted == null ? new byte[0] : quote(spec.quoted, flow);
        final byte[] bytes = new byte[IcmpHeader.LENGTH + quote.length];
        System.arraycopy(quote, 0, bytes, IcmpHeader.LENGTH, quote.length);
        bytes[0] = (byte)type;
        bytes[1] = (byte)code;
        final int rest = spec.mtu != PacketSpec.UNSET ? (int)spec.mtu : (int)spec.seq << 16;
        BigEndian.putInt32(new UnsafeBuffer(bytes), IcmpHeader.REST_OFFSET, isV4 ? rest & mask(spec) : rest);
        return bytes;
    }

    /** Of an MTU, ICMP has the lower half of the word; of an echo, the identifier stands in the upper. */
    private static int mask(final PacketSpec spec)
    {
        return spec.mtu != PacketSpec.UNSET ? 0xFFFF : -1;
    }

    /** The head of a packet of ours, as a router on the way would quote it. */
    private byte[] quote(final PacketSpec quoted, final Flow flow)
    {
        final int transport = quoted.protocol == Protocol.UDP ? UdpHeader.LENGTH : TcpHeader.MIN_LENGTH;
        final byte[] payload = new byte[transport + quoted.length];
        final UnsafeBuffer buffer = new UnsafeBuffer(payload);
        BigEndian.putUint16(buffer, 0, flow.localPort);
        BigEndian.putUint16(buffer, 2, flow.remotePort);
        if (quoted.protocol == Protocol.UDP)
        {
            BigEndian.putUint16(buffer, UdpHeader.LENGTH_OFFSET, payload.length);
        }
        else
        {
            BigEndian.putInt32(buffer, TcpHeader.SEQUENCE_NUMBER_OFFSET, flow.toWire(quoted.seq));
        }
        final byte[] whole = ip(
            new PacketSpec(),
            local,
            remote,
            quoted.protocol == Protocol.UDP ? ProtocolNumber.UDP : ProtocolNumber.TCP,
            payload);
        final byte[] head = new byte[(local.isV4() ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH) + QUOTE];
        System.arraycopy(whole, 0, head, 0, head.length);
        return head;
    }

    // ---- options

    private static byte[] options(final PacketSpec spec, final Flow flow, final int line)
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (spec.options == null)
        {
            throw ScriptException.malformed(line, "<...> stands for options that are expected, not for ones to send");
        }
        for (final OptionSpec option : spec.options)
        {
            put(out, option, flow);
        }
        while (out.size() % 4 != 0)
        {
            out.write(0);
        }
        if (out.size() > TcpHeader.MAX_LENGTH - TcpHeader.MIN_LENGTH)
        {
            throw ScriptException.malformed(line, out.size() + " bytes of TCP options do not fit into a header");
        }
        return out.toByteArray();
    }

    private static void put(final ByteArrayOutputStream out, final OptionSpec option, final Flow flow)
    {
        switch (option.name())
        {
            case "eol":
                bytes(out, 0);
                break;
            case "nop":
                bytes(out, 1);
                break;
            case "mss":
                bytes(out, 2, 4, (int)option.value(0) >>> 8, (int)option.value(0));
                break;
            case "wscale":
                bytes(out, 3, 3, (int)option.value(0));
                break;
            case "sackOK":
                bytes(out, 4, 2);
                break;
            case "sack":
                bytes(out, 5, 2 + 4 * option.values().size());
                option.values().forEach(edge -> word(out, flow.toWire(edge)));
                break;
            case "TS":
                bytes(out, 8, 10);
                word(out, (int)option.value(0));
                word(out, flow.timestampToWire(option.value(1)));
                break;
            case "FO":
                bytes(out, 34, 2 + option.bytes().length);
                out.writeBytes(option.bytes());
                break;
            case "FOEXP":
                bytes(out, 254, 4 + option.bytes().length);
                bytes(out, EXPERIMENT);
                out.writeBytes(option.bytes());
                break;
            case "md5":
                bytes(out, 19, 18);
                out.writeBytes(java.util.Arrays.copyOf(option.bytes(), 16));
                break;
            default:
                option.values().forEach(value -> bytes(out, value.intValue()));
                break;
        }
    }

    private static void bytes(final ByteArrayOutputStream out, final int... values)
    {
        for (final int value : values)
        {
            out.write(value);
        }
    }

    private static void word(final ByteArrayOutputStream out, final int value)
    {
        bytes(out, value >>> 24, value >>> 16, value >>> 8, value);
    }
}
