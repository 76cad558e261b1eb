package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.link.RxFrame;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static io.pnet.ip.Packets.OUR_MAC;
import static io.pnet.ip.Packets.arp;
import static io.pnet.ip.Packets.bytes;
import static io.pnet.ip.Packets.fragment6;
import static io.pnet.ip.Packets.icmp4;
import static io.pnet.ip.Packets.icmp6Packet;
import static io.pnet.ip.Packets.pattern;
import static io.pnet.ip.Packets.target;
import static io.pnet.ip.Packets.v4;
import static io.pnet.ip.Packets.v6;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Frames that were good once, then cut, stretched, flipped and spliced, by the hundred thousand: nothing escapes, and
 * the books balance (see {@link IpFixture#assertBooksBalance}).
 */
class FrameMutationTest extends IpFixture
{
    private static final int FRAMES = 200_000;

    @BeforeEach
    void open()
    {
        openWithAddresses();
        ip.register(recorder(17));
        ip.register(recorder(6));
    }

    private static List<byte[]> seeds()
    {
        final byte[] ours4 = v4(PROTOCOL, pattern(20)).from("10.0.0.1").to("10.0.0.2").packet();
        final byte[] ours6 = v6(PROTOCOL, pattern(20)).from("fd00::1").to("fd00::2").packet();
        final List<byte[]> seeds = new ArrayList<>(List.of(
            v4(PROTOCOL, pattern(40)).frame(),
            v4(17, pattern(40)).options(1, 1, 7, 3, 4, 0, 0, 0).frame(),
            v4(1, icmp4(8, 0, 1, pattern(30))).frame(),
            v4(1, icmp4(3, 3, 0, ours4)).frame(),
            v4(1, icmp4(3, 4, 1000, ours4)).frame(),
            v4(6, pattern(40)).fragment(5, 0, true).frame(),
            v4(6, pattern(40)).fragment(5, 40, false).frame(),
            arp(1, 0x0250_4E00_0003L, "10.0.0.3", 0, "10.0.0.1"),
            arp(2, 0x0250_4E00_0002L, "10.0.0.2", OUR_MAC, "10.0.0.1"),
            v6(PROTOCOL, pattern(40)).frame(),
            v6(0, bytes(60, 0, 5, 2, 0, 0, 1, 0, PROTOCOL, 0, 1, 4, 0, 0, 0, 0, 9)).frame(),
            v6(43, bytes(17, 2, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1)).frame(),
            fragment6(9, 17, 0, true, pattern(40)).frame(),
            fragment6(9, 17, 40, false, pattern(40)).frame(),
            icmp6Packet("fd00::2", "fd00::1", 128, 0, 1, pattern(30)).frame(),
            icmp6Packet("fd00::2", "fd00::1", 1, 4, 0, ours6).frame(),
            icmp6Packet("fd00::2", "fd00::1", 2, 0, 1400, ours6).frame(),
            icmp6Packet("fd00::2", "fd00::1", 135, 0, 0, target("fd00::1", 1, 7)).hopLimit(255).frame(),
            icmp6Packet("fd00::2", "fd00::1", 136, 0, 0x6000_0000, target("fd00::2", 2, 7)).hopLimit(255).frame(),
            icmp6Packet("fe80::2", "ff02::1", 130, 0, 100 << 16, new byte[20])
                .toMac(0x3333_0000_0001L).hopLimit(1).frame()));
        return seeds;
    }

    private static byte[] mutate(final byte[] seed, final List<byte[]> seeds, final Random random)
    {
        byte[] frame = seed.clone();
        final int changes = random.nextInt(4);
        for (int i = 0; i < changes && frame.length > 0; i++)
        {
            // Mostly behind the Ethernet header, which would only say "not for us".
            final int at = Math.min(
                frame.length - 1, random.nextInt(10) == 0 ? random.nextInt(14) : 14 + random.nextInt(60));
            switch (random.nextInt(6))
            {
                case 0:
                    frame[at] ^= (byte)(1 << random.nextInt(8));
                    break;

                case 1:
                    frame[at] = (byte)random.nextInt(256);
                    break;

                case 2:
                    frame[at] = random.nextBoolean() ? 0 : (byte)0xFF;
                    break;

                case 3:
                    frame = java.util.Arrays.copyOf(frame, random.nextInt(frame.length + 1));
                    break;

                case 4:
                    frame = java.util.Arrays.copyOf(frame, frame.length + random.nextInt(64));
                    break;

                default:
                    final byte[] other = seeds.get(random.nextInt(seeds.size()));
                    for (int j = at; j < Math.min(frame.length, other.length); j++)
                    {
                        frame[j] = other[j];
                    }
                    break;
            }
        }
        // A wrong header checksum would hide everything behind it.
        if (frame.length >= 34 && frame[12] == 8 && frame[13] == 0 && random.nextInt(10) != 0)
        {
            final UnsafeBuffer buffer = new UnsafeBuffer(frame);
            final Ipv4Header header = new Ipv4Header().wrap(buffer, EthernetHeader.LENGTH);
            if (header.headerLength() >= 20 && 14 + header.headerLength() <= frame.length)
            {
                header.updateHeaderChecksum();
            }
        }
        return frame;
    }

    @Test
    void survivesAnythingAndAccountsForAllOfIt()
    {
        final List<byte[]> seeds = seeds();
        final Random random = new Random(20_240_607);
        for (int i = 0; i < FRAMES; i++)
        {
            final byte[] frame = mutate(seeds.get(random.nextInt(seeds.size())), seeds, random);
            final boolean isTrusted = random.nextInt(3) == 0;
            receive(frame, (state) -> state.checksum(isTrusted ? RxFrame.CHECKSUM_VALID : RxFrame.CHECKSUM_UNKNOWN));
            if (random.nextInt(50) == 0)
            {
                nowNs += random.nextInt(1_000_000_000);
                ip.onTimers(nowNs);
                ip.flush(nowNs);
                link.outbound.clear();
                received.clear();
                reported.clear();
            }
            if (i % 1000 == 0)
            {
                assertBooksBalance();
            }
        }
        // It reached every layer.
        for (final Counter counter : List.of(
            Counter.IP_RX_DELIVERED, Counter.IP_REASSEMBLED,
            Counter.ICMP_RX_ERRORS, Counter.NDP_RX,
            Counter.ARP_RX, Counter.MLD_RX))
        {
            assertTrue(counters.get(counter) > 20, counter + " " + counters.get(counter));
        }
    }
}
