package io.pnet.ip;

import io.pnet.wire.ArpPacket;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Extension;
import io.pnet.wire.Ipv6Header;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** One frame that came out, and what a test claims of it. Checksums are verified with what they cover. */
final class Sent
{
    final byte[] bytes;
    final UnsafeBuffer buffer;
    /** Where the last claim left off: the header behind those that were checked. */
    int at;

    Sent(final byte[] bytes)
    {
        this.bytes = bytes;
        this.buffer = new UnsafeBuffer(bytes);
        this.at = EthernetHeader.LENGTH;
    }

    Sent toMac(final long mac)
    {
        assertEquals(Long.toHexString(mac), Long.toHexString(EthernetHeader.destination(buffer, 0)));
        assertEquals(Long.toHexString(TestLink.MAC), Long.toHexString(EthernetHeader.source(buffer, 0)));
        return this;
    }

    Sent arp(final int operation, final String sender, final long targetMac, final String target)
    {
        assertEquals(EthernetHeader.TYPE_ARP, EthernetHeader.type(buffer, 0));
        final ArpPacket arp = new ArpPacket().wrap(buffer, at);
        assertTrue(arp.isEthernetIpv4());
        assertEquals(operation, arp.operation());
        assertEquals(TestLink.MAC, arp.senderMac());
        assertEquals(sender, IpAddress.v4(arp.senderIp()).toString());
        assertEquals(targetMac, arp.targetMac());
        assertEquals(target, IpAddress.v4(arp.targetIp()).toString());
        return this;
    }

    Sent v4(final int protocol, final String source, final String destination)
    {
        assertEquals(EthernetHeader.TYPE_IPV4, EthernetHeader.type(buffer, 0));
        final Ipv4Header header = new Ipv4Header().wrap(buffer, at);
        assertEquals(4, header.version());
        assertTrue(header.isHeaderChecksumValid(), "IPv4 header checksum");
        assertEquals(bytes.length - at, header.totalLength());
        assertEquals(protocol, header.protocol());
        assertEquals(source, IpAddress.v4(header.source()).toString());
        assertEquals(destination, IpAddress.v4(header.destination()).toString());
        at += header.headerLength();
        return this;
    }

    Sent v6(final int nextHeader, final String source, final String destination)
    {
        assertEquals(EthernetHeader.TYPE_IPV6, EthernetHeader.type(buffer, 0));
        final Ipv6Header header = new Ipv6Header().wrap(buffer, at);
        assertEquals(6, header.version());
        assertEquals(bytes.length - at - Ipv6Header.LENGTH, header.payloadLength());
        assertEquals(nextHeader, header.nextHeader());
        assertEquals(source, new IpAddress(header.sourceHi(), header.sourceLo()).toString());
        assertEquals(destination, new IpAddress(header.destinationHi(), header.destinationLo()).toString());
        at += Ipv6Header.LENGTH;
        return this;
    }

    Sent hopLimit(final int expected)
    {
        final boolean isV4 = EthernetHeader.type(buffer, 0) == EthernetHeader.TYPE_IPV4;
        final int field = EthernetHeader.LENGTH + (isV4 ? Ipv4Header.TTL_OFFSET : Ipv6Header.HOP_LIMIT_OFFSET);
        assertEquals(expected, BigEndian.getUint8(buffer, field));
        return this;
    }

    /** Flags and offset of an IPv4 fragment. */
    Sent fragment4(final int offset, final boolean isMore)
    {
        final int word =
            BigEndian.getUint16(buffer, EthernetHeader.LENGTH + Ipv4Header.FLAGS_FRAGMENT_OFFSET);
        assertEquals(offset >>> 3 | (isMore ? Ipv4Header.FLAG_MF : 0), word);
        return this;
    }

    int identification4()
    {
        return BigEndian.getUint16(buffer, EthernetHeader.LENGTH + Ipv4Header.IDENTIFICATION_OFFSET);
    }

    boolean isDontFragment()
    {
        return (BigEndian.getUint16(buffer, EthernetHeader.LENGTH + Ipv4Header.FLAGS_FRAGMENT_OFFSET) &
            Ipv4Header.FLAG_DF) != 0;
    }

    /** The Fragment header behind the IPv6 header. */
    Sent fragment6(final int nextHeader, final int offset, final boolean isMore)
    {
        assertEquals(nextHeader, Ipv6Extension.fragmentNextHeader(buffer, at));
        assertEquals(offset, Ipv6Extension.fragmentOffset(buffer, at));
        assertEquals(isMore, Ipv6Extension.isMoreFragments(buffer, at));
        at += Ipv6Extension.FRAGMENT_HEADER_LENGTH;
        return this;
    }

    /** An ICMP message: type, code, and the four bytes behind the checksum. */
    Sent icmp4(final int type, final int code, final int rest)
    {
        assertTrue(Checksum.isValid(Checksum.sum(buffer, at, bytes.length - at)), "ICMP checksum");
        return message(type, code, rest);
    }

    Sent icmp6(final int type, final int code, final int rest)
    {
        final int network = EthernetHeader.LENGTH;
        final long pseudoSum = Checksum.sum(buffer, network + Ipv6Header.SOURCE_OFFSET, 32) + 58 + bytes.length - at;
        assertTrue(Checksum.isValid(pseudoSum + Checksum.sum(buffer, at, bytes.length - at)), "ICMPv6 checksum");
        return message(type, code, rest);
    }

    /** A neighbour solicitation from no address: adds whom it asks for. */
    void icmp6Target(final List<String> targets)
    {
        assertEquals(EthernetHeader.TYPE_IPV6, EthernetHeader.type(buffer, 0));
        at += Ipv6Header.LENGTH;
        icmp6(135, 0, 0);
        assertEquals(16, bytes.length - at, "no options");
        targets.add(new IpAddress(BigEndian.getInt64(buffer, at), BigEndian.getInt64(buffer, at + 8)).toString());
    }

    byte[] rest()
    {
        return Packets.slice(bytes, at, bytes.length);
    }

    private Sent message(final int type, final int code, final int rest)
    {
        assertEquals(type + "/" + code, BigEndian.getUint8(buffer, at) + "/" + BigEndian.getUint8(buffer, at + 1));
        assertEquals(Integer.toHexString(rest), Integer.toHexString(BigEndian.getInt32(buffer, at + 4)));
        at += 8;
        return this;
    }
}
