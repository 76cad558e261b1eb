package io.pnet.hostile;

import io.pnet.ip.Packets;

import java.util.List;

import static io.pnet.ip.Packets.arp;
import static io.pnet.ip.Packets.bytes;
import static io.pnet.ip.Packets.fragment6;
import static io.pnet.ip.Packets.icmp4;
import static io.pnet.ip.Packets.icmp6Packet;
import static io.pnet.ip.Packets.pattern;
import static io.pnet.ip.Packets.target;
import static io.pnet.ip.Packets.v4;
import static io.pnet.ip.Packets.v6;

/** One good frame of every kind, from 10.0.0.2 or fd00::2 to 10.0.0.1 or fd00::1. */
public final class Seeds
{
    /** Where a UDP endpoint should be for {@link #udp} to arrive. */
    public static final int UDP_PORT = 9_000;

    private Seeds()
    {
    }

    /** A frame and its name. */
    public record Seed(String name, byte[] frame)
    {
        @Override
        public String toString()
        {
            return name;
        }
    }

    /** A datagram to {@link #UDP_PORT}. */
    public static byte[] udp(final int length)
    {
        final byte[] bytes = new byte[8 + length];
        bytes[0] = (byte)0x9C;
        bytes[1] = 0x40;
        bytes[2] = (byte)(UDP_PORT >>> 8);
        bytes[3] = (byte)UDP_PORT;
        bytes[4] = (byte)(bytes.length >>> 8);
        bytes[5] = (byte)bytes.length;
        return bytes;
    }

    public static List<Seed> all()
    {
        final byte[] ours4 = v4(17, udp(20)).from("10.0.0.1").to("10.0.0.2").packet();
        final byte[] ours6 = v6(17, udp(20)).from("fd00::1").to("fd00::2").packet();
        final byte[] tcp4 = v4(6, bytes(0, 80, 0x9C, 0x40, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 16, 9, 9, 0, 0, 0, 0))
            .from("10.0.0.1").to("10.0.0.2").packet();
        return List.of(
            seed("udp4", v4(17, udp(40)).frame()),
            seed("udp4 with options", v4(17, udp(40)).options(1, 1, 7, 3, 4, 0, 0, 0).frame()),
            seed("udp4 closed port", v4(17, bytes(1, 1, 2, 2, 0, 8, 0, 0)).frame()),
            seed("udp4 broadcast", v4(17, udp(8)).to("10.0.0.255").toMac(0xFFFF_FFFF_FFFFL).frame()),
            seed("echo4", v4(1, icmp4(8, 0, 0x1234_0001, pattern(30))).frame()),
            seed("unreachable4", v4(1, icmp4(3, 3, 0, ours4)).frame()),
            seed("too big4", v4(1, icmp4(3, 4, 1_000, tcp4)).frame()),
            seed("time exceeded4", v4(1, icmp4(11, 0, 0, ours4)).frame()),
            seed("redirect4", v4(1, icmp4(5, 1, 0x0A00_0003, ours4)).frame()),
            seed("first fragment4", v4(17, udp(48)).fragment(5, 0, true).frame()),
            seed("last fragment4", v4(17, pattern(40)).fragment(5, 56, false).frame()),
            seed("arp request", arp(1, 0x0250_4E00_0003L, "10.0.0.3", 0, "10.0.0.1")),
            seed("arp reply", arp(2, Packets.PEER_MAC, "10.0.0.2", Packets.OUR_MAC, "10.0.0.1")),
            seed("udp6", v6(17, udp(40)).frame()),
            seed("echo6", icmp6Packet("fd00::2", "fd00::1", 128, 0, 0x1234_0001, pattern(30)).frame()),
            seed("hop-by-hop", v6(0, join(bytes(17, 0, 5, 2, 0, 0, 1, 0), udp(8))).frame()),
            seed("destination options", v6(60, join(bytes(17, 0, 0x1E, 4, 0, 0, 0, 0), udp(8))).frame()),
            seed("routing", v6(43, join(bytes(17, 2, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8),
                udp(8))).frame()),
            seed("all extensions", v6(0, join(
                bytes(43, 0, 1, 4, 0, 0, 0, 0), bytes(60, 0, 0, 0, 0, 0, 0, 0),
                bytes(44, 0, 1, 4, 0, 0, 0, 0), bytes(17, 0, 0, 0, 0, 0, 0, 9), udp(8))).frame()),
            seed("first fragment6", fragment6(9, 17, 0, true, udp(48)).frame()),
            seed("last fragment6", fragment6(9, 17, 56, false, pattern(40)).frame()),
            seed("unreachable6", icmp6Packet("fd00::2", "fd00::1", 1, 4, 0, ours6).frame()),
            seed("too big6", icmp6Packet("fd00::2", "fd00::1", 2, 0, 1_400, ours6).frame()),
            seed("parameter problem6", icmp6Packet("fd00::2", "fd00::1", 4, 1, 40, ours6).frame()),
            seed("solicitation",
                icmp6Packet("fd00::2", "fd00::1", 135, 0, 0, target("fd00::1", 1, 7)).hopLimit(255).frame()),
            seed("advertisement", icmp6Packet(
                "fd00::2", "fd00::1", 136, 0, 0x6000_0000, target("fd00::2", 2, Packets.PEER_MAC))
                .hopLimit(255).frame()),
            seed("router advertisement", icmp6Packet("fe80::2", "ff02::1", 134, 0, 0x4000_0708, join(
                new byte[8], bytes(1, 1, 2, 0x50, 0x4E, 0, 0, 2, 5, 1, 0, 0, 0, 0, 5, 0xDC),
                bytes(3, 4, 64, 0xC0), new byte[28])).toMac(0x3333_0000_0001L).hopLimit(255).frame()),
            seed("redirect6", icmp6Packet("fe80::2", "fd00::1", 137, 0, 0, join(
                target("fd00::3", 2, 7), new byte[16])).hopLimit(255).frame()),
            seed("mld query", icmp6Packet("fe80::2", "ff02::1", 130, 0, 100 << 16, new byte[20])
                .toMac(0x3333_0000_0001L).hopLimit(1).frame()),
            seed("unknown protocol4", v4(200, pattern(20)).frame()),
            seed("unknown protocol6", v6(200, pattern(20)).frame()),
            seed("vlan", Packets.ethernet(Packets.OUR_MAC, 0x8100, pattern(50))),
            seed("unknown type", Packets.ethernet(Packets.OUR_MAC, 0x1234, pattern(50))));
    }

    static byte[] join(final byte[]... parts)
    {
        final java.io.ByteArrayOutputStream whole = new java.io.ByteArrayOutputStream();
        for (final byte[] each : parts)
        {
            whole.writeBytes(each);
        }
        return whole.toByteArray();
    }

    private static Seed seed(final String name, final byte[] frame)
    {
        return new Seed(name, Repair.checksums(frame));
    }
}
