package io.pnet.ip;

import io.pnet.wire.ArpPacket;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Extension;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.NdpOptions;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.Arrays;

/** Frames that tests put in: well-formed, until a test says otherwise. */
public final class Packets
{
    public static final long OUR_MAC = TestLink.MAC;
    public static final long PEER_MAC = 0x0250_4E00_0002L;
    public static final IpAddress US4 = IpAddress.parse("10.0.0.1");
    public static final IpAddress PEER4 = IpAddress.parse("10.0.0.2");
    public static final IpAddress US6 = IpAddress.parse("fd00::1");
    public static final IpAddress PEER6 = IpAddress.parse("fd00::2");

    private Packets()
    {
    }

    /** An IPv4 packet in a frame. */
    public static final class V4
    {
        private final byte[] payload;
        private final int protocol;
        private long toMac = OUR_MAC;
        private IpAddress source = PEER4;
        private IpAddress destination = US4;
        private byte[] options = {};
        private int flagsAndFragment;
        private int identification = 1;
        private int ttl = 64;
        private int tos;
        private int totalLength = -1;
        private int padding;
        private boolean isChecksumRight = true;

        V4(final int protocol, final byte... payload)
        {
            this.protocol = protocol;
            this.payload = payload;
        }

        public V4 toMac(final long mac)
        {
            toMac = mac;
            return this;
        }

        public V4 from(final String address)
        {
            source = IpAddress.parse(address);
            return this;
        }

        public V4 to(final String address)
        {
            destination = IpAddress.parse(address);
            return this;
        }

        public V4 options(final int... bytes)
        {
            options = bytes(bytes);
            return this;
        }

        public V4 fragment(final int identificationValue, final int offset, final boolean isMore)
        {
            identification = identificationValue;
            flagsAndFragment = offset >>> 3 | (isMore ? Ipv4Header.FLAG_MF : 0);
            return this;
        }

        public V4 ttl(final int value)
        {
            ttl = value;
            return this;
        }

        public V4 tos(final int value)
        {
            tos = value;
            return this;
        }

        public V4 totalLength(final int value)
        {
            totalLength = value;
            return this;
        }

        public V4 padding(final int bytes)
        {
            padding = bytes;
            return this;
        }

        public V4 wrongChecksum()
        {
            isChecksumRight = false;
            return this;
        }

        public byte[] packet()
        {
            final int headerLength = Ipv4Header.MIN_LENGTH + options.length;
            final byte[] bytes = new byte[headerLength + payload.length + padding];
            final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
            final Ipv4Header header = new Ipv4Header().wrap(buffer, 0);
            header.headerLength(headerLength).typeOfService(tos)
                .totalLength(totalLength < 0 ? headerLength + payload.length : totalLength)
                .identification(identification).flagsAndFragment(flagsAndFragment).ttl(ttl).protocol(protocol)
                .source(source.v4Bits()).destination(destination.v4Bits());
            buffer.putBytes(Ipv4Header.OPTIONS_OFFSET, options);
            header.updateHeaderChecksum();
            if (!isChecksumRight)
            {
                header.headerChecksum(header.headerChecksum() ^ 0x0100);
            }
            buffer.putBytes(headerLength, payload);
            return bytes;
        }

        public byte[] frame()
        {
            return ethernet(toMac, EthernetHeader.TYPE_IPV4, packet());
        }
    }

    /** An IPv6 packet in a frame. */
    public static final class V6
    {
        private final byte[] payload;
        private final int nextHeader;
        private long toMac = OUR_MAC;
        private IpAddress source = PEER6;
        private IpAddress destination = US6;
        private int hopLimit = 64;
        private int payloadLength = -1;
        private int version = 6;
        private int trafficClass;

        V6(final int nextHeader, final byte... payload)
        {
            this.nextHeader = nextHeader;
            this.payload = payload;
        }

        public V6 toMac(final long mac)
        {
            toMac = mac;
            return this;
        }

        public V6 from(final String address)
        {
            source = IpAddress.parse(address);
            return this;
        }

        /** Mapped addresses cannot be written as literals. */
        public V6 from(final long hi, final long lo)
        {
            source = new IpAddress(hi, lo);
            return this;
        }

        public V6 to(final String address)
        {
            destination = IpAddress.parse(address);
            return this;
        }

        public V6 hopLimit(final int value)
        {
            hopLimit = value;
            return this;
        }

        public V6 trafficClass(final int value)
        {
            trafficClass = value;
            return this;
        }

        public V6 payloadLength(final int value)
        {
            payloadLength = value;
            return this;
        }

        public V6 version(final int value)
        {
            version = value;
            return this;
        }

        public byte[] packet()
        {
            final byte[] bytes = new byte[Ipv6Header.LENGTH + payload.length];
            final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
            new Ipv6Header().wrap(buffer, 0).versionClassFlow(trafficClass, 0)
                .payloadLength(payloadLength < 0 ? payload.length : payloadLength)
                .nextHeader(nextHeader).hopLimit(hopLimit)
                .source(source.hi(), source.lo()).destination(destination.hi(), destination.lo());
            buffer.putByte(0, (byte)(version << 4 | trafficClass >>> 4));
            buffer.putBytes(Ipv6Header.LENGTH, payload);
            return bytes;
        }

        public byte[] frame()
        {
            return ethernet(toMac, EthernetHeader.TYPE_IPV6, packet());
        }
    }

    public static V4 v4(final int protocol, final byte... payload)
    {
        return new V4(protocol, payload);
    }

    public static V6 v6(final int nextHeader, final byte... payload)
    {
        return new V6(nextHeader, payload);
    }

    /** A fragment over IPv6: the Fragment header in front of a piece. */
    public static V6 fragment6(
        final int identification, final int nextHeader, final int offset, final boolean isMore, final byte... piece)
    {
        final byte[] bytes = new byte[Ipv6Extension.FRAGMENT_HEADER_LENGTH + piece.length];
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        buffer.putBytes(
            Ipv6Extension.putFragment(buffer, 0, nextHeader, offset, isMore, identification), piece);
        return new V6(ProtocolNumber.FRAGMENT, bytes);
    }

    public static byte[] ethernet(final long toMac, final int type, final byte... payload)
    {
        final byte[] bytes = new byte[EthernetHeader.LENGTH + payload.length];
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        EthernetHeader.put(buffer, 0, toMac, PEER_MAC, type);
        buffer.putBytes(EthernetHeader.LENGTH, payload);
        return bytes;
    }

    public static byte[] arp(
        final int operation,
        final long senderMac,
        final String sender,
        final long targetMac,
        final String target)
    {
        final byte[] bytes = new byte[ArpPacket.LENGTH];
        new ArpPacket().wrap(new UnsafeBuffer(bytes), 0).ethernetIpv4().operation(operation)
            .senderMac(senderMac).senderIp(IpAddress.parse(sender).v4Bits())
            .targetMac(targetMac).targetIp(IpAddress.parse(target).v4Bits());
        return ethernet(EthernetHeader.BROADCAST, EthernetHeader.TYPE_ARP, bytes);
    }

    /** An ICMP message with its checksum. */
    public static byte[] icmp4(final int type, final int code, final int rest, final byte... body)
    {
        final byte[] bytes = message(type, code, rest, body);
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        BigEndian.putUint16(buffer, 2, Checksum.of(buffer, 0, bytes.length));
        return bytes;
    }

    /** An ICMPv6 message with its checksum. */
    public static byte[] icmp6(
        final String source,
        final String destination,
        final int type,
        final int code,
        final int rest,
        final byte... body)
    {
        final byte[] bytes = message(type, code, rest, body);
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        final IpAddress from = IpAddress.parse(source);
        final IpAddress to = IpAddress.parse(destination);
        final long pseudoSum = Checksum.pseudoHeader(
            from.hi(), from.lo(), to.hi(), to.lo(), ProtocolNumber.ICMPV6, bytes.length);
        BigEndian.putUint16(buffer, 2, Checksum.finish(pseudoSum + Checksum.sum(buffer, 0, bytes.length)));
        return bytes;
    }

    /** A whole ICMPv6 frame. */
    public static V6 icmp6Packet(
        final String source,
        final String destination,
        final int type,
        final int code,
        final int rest,
        final byte... body)
    {
        return v6(ProtocolNumber.ICMPV6, icmp6(source, destination, type, code, rest, body))
            .from(source).to(destination);
    }

    /** A target address and a link-layer address option behind it; no option when the address is 0. */
    public static byte[] target(final String address, final int optionType, final long mac)
    {
        final byte[] bytes = new byte[16 + (mac == 0 ? 0 : NdpOptions.LINK_LAYER_ADDRESS_LENGTH)];
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        final IpAddress target = IpAddress.parse(address);
        BigEndian.putInt64(buffer, 0, target.hi());
        BigEndian.putInt64(buffer, 8, target.lo());
        if (mac != 0)
        {
            NdpOptions.putLinkLayerAddress(buffer, 16, optionType, mac);
        }
        return bytes;
    }

    public static byte[] bytes(final int... values)
    {
        final byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++)
        {
            bytes[i] = (byte)values[i];
        }
        return bytes;
    }

    /** Bytes that tell where they belong. */
    public static byte[] pattern(final int length)
    {
        final byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)(i * 31 + (i >>> 8));
        }
        return bytes;
    }

    public static byte[] slice(final byte[] bytes, final int from, final int to)
    {
        return Arrays.copyOfRange(bytes, from, to);
    }

    private static byte[] message(final int type, final int code, final int rest, final byte... body)
    {
        final byte[] bytes = new byte[8 + body.length];
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        BigEndian.putUint8(buffer, 0, type);
        BigEndian.putUint8(buffer, 1, code);
        BigEndian.putInt32(buffer, 4, rest);
        buffer.putBytes(8, body);
        return bytes;
    }
}
