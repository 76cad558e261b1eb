package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.link.ChunkPool;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

import static io.pnet.ip.Packets.bytes;
import static io.pnet.ip.Packets.fragment6;
import static io.pnet.ip.Packets.pattern;
import static io.pnet.ip.Packets.slice;
import static io.pnet.ip.Packets.v4;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ReassemblyTest extends IpFixture
{
    private static final byte[] WHOLE = pattern(40);

    @BeforeEach
    void open()
    {
        openWithAddresses();
    }

    /** Piece of {@link #WHOLE} over the one or the other version. */
    private static byte[] piece(final boolean isV4, final int identification, final int from, final int to)
    {
        return piece(isV4, identification, from, to, to < WHOLE.length);
    }

    private static byte[] piece(
        final boolean isV4, final int identification, final int from, final int to, final boolean isMore)
    {
        final byte[] data = slice(WHOLE, from, to);
        return isV4 ?
            v4(PROTOCOL, data).fragment(identification, from, isMore).frame() :
            fragment6(identification, PROTOCOL, from, isMore, data).frame();
    }

    @Test
    void putsFragmentsTogetherInAnyOrder()
    {
        for (final boolean isV4 : new boolean[]{true, false})
        {
            for (int seed = 0; seed < 120; seed++)
            {
                received.clear();
                final List<byte[]> pieces = new ArrayList<>();
                for (int from = 0; from < WHOLE.length; from += 8)
                {
                    pieces.add(piece(isV4, seed, from, from + 8));
                }
                Collections.shuffle(pieces, new Random(seed));
                pieces.forEach(this::receive);
                assertEquals(1, received.size());
                assertArrayEquals(WHOLE, received.get(0).payload());
                assertTrue(received.get(0).isReassembled());
                assertTrue(received.get(0).hasChunk());
                assertTrue(received.get(0).isUnicast());
            }
        }
        assertEquals(240, counters.get(Counter.IP_REASSEMBLED));
        assertEquals(240 * 5, counters.get(Counter.IP_FRAGMENTS_RX));
        assertEquals(0, counters.get(Counter.IP_FRAGMENTS_WAITING));
    }

    @Test
    void keepsPacketsApart()
    {
        receive(piece(true, 1, 0, 16));
        receive(piece(true, 2, 16, 40));
        receive(v4(PROTOCOL, slice(WHOLE, 16, 40)).from("10.0.0.3").fragment(1, 16, false).frame());
        receive(v4(PROTOCOL - 1, slice(WHOLE, 16, 40)).fragment(1, 16, false).frame());
        assertEquals(0, received.size());
        assertEquals(4, counters.get(Counter.IP_FRAGMENTS_WAITING));
    }

    @Test
    void ignoresDuplicates()
    {
        for (final boolean isV4 : new boolean[]{true, false})
        {
            receive(piece(isV4, 1, 0, 16));
            expectDrop(Counter.IP_RX_DROP_FRAGMENT_DUPLICATE, piece(isV4, 1, 0, 16));
            receive(piece(isV4, 1, 16, 32));
            expectDrop(Counter.IP_RX_DROP_FRAGMENT_DUPLICATE, piece(isV4, 1, 8, 24));
            receive(piece(isV4, 1, 32, 40));
        }
        assertEquals(2, received.size());
    }

    @Test
    void dropsAPacketWhoseFragmentsOverlap()
    {
        for (final boolean isV4 : new boolean[]{true, false})
        {
            final long before = counters.get(Counter.IP_RX_DROP_FRAGMENT_OVERLAP);
            receive(piece(isV4, 1, 0, 16));
            receive(piece(isV4, 1, 24, 40));
            receive(piece(isV4, 1, 8, 24));
            assertEquals(before + 3, counters.get(Counter.IP_RX_DROP_FRAGMENT_OVERLAP));
            // What comes later starts anew, and never completes.
            receive(piece(isV4, 1, 16, 24));
            assertEquals(0, received.size());
        }
    }

    /** Two fragments with these codepoints; what the whole one has, or -1: there is none. */
    private int reassembled(final boolean isV4, final int identification, final int first, final int second)
    {
        received.clear();
        final byte[] head = slice(WHOLE, 0, 16);
        final byte[] tail = slice(WHOLE, 16, 40);
        if (isV4)
        {
            receive(v4(PROTOCOL, head).fragment(identification, 0, true).tos(0xB8 | first).frame());
            receive(v4(PROTOCOL, tail).fragment(identification, 16, false).tos(0xB8 | second).frame());
        }
        else
        {
            receive(fragment6(identification, PROTOCOL, 0, true, head).trafficClass(0xB8 | first).frame());
            receive(fragment6(identification, PROTOCOL, 16, false, tail).trafficClass(0xB8 | second).frame());
        }
        return received.isEmpty() ? -1 : received.get(0).trafficClass() - 0xB8;
    }

    @Test
    void keepsACongestionMarkOfAnyFragment()
    {
        // RFC 3168 section 5.3.
        for (final boolean isV4 : new boolean[]{true, false})
        {
            int identification = 100;
            for (int codepoint = 0; codepoint < 4; codepoint++)
            {
                assertEquals(codepoint, reassembled(isV4, identification++, codepoint, codepoint));
            }
            for (int capable = 1; capable < 3; capable++)
            {
                assertEquals(3, reassembled(isV4, identification++, capable, 3));
                assertEquals(3, reassembled(isV4, identification++, 3, capable));
            }
        }
        assertEquals(0, counters.get(Counter.IP_RX_DROP_FRAGMENT_ECN));
    }

    @Test
    void dropsAPacketThatIsMarkedAndNotEcnCapableAtOnce()
    {
        for (final boolean isV4 : new boolean[]{true, false})
        {
            final long before = counters.get(Counter.IP_RX_DROP_FRAGMENT_ECN);
            assertEquals(-1, reassembled(isV4, 1, 0, 3));
            assertEquals(-1, reassembled(isV4, 2, 3, 0));
            assertEquals(before + 4, counters.get(Counter.IP_RX_DROP_FRAGMENT_ECN));
            assertEquals(0, counters.get(Counter.IP_FRAGMENTS_WAITING));
        }
    }

    @Test
    void dropsAPacketWithTwoEnds()
    {
        for (final boolean isV4 : new boolean[]{true, false})
        {
            receive(piece(isV4, 1, 32, 40));
            receive(piece(isV4, 1, 16, 24, false));
            assertEquals(0, counters.get(Counter.IP_FRAGMENTS_WAITING));
            receive(piece(isV4, 2, 16, 24, false));
            receive(piece(isV4, 2, 24, 32, true));
            assertEquals(0, counters.get(Counter.IP_FRAGMENTS_WAITING));
        }
        assertEquals(8, counters.get(Counter.IP_RX_DROP_FRAGMENT_OVERLAP));
        assertEquals(0, received.size());
    }

    @Test
    void dropsMalformedFragments()
    {
        expectDrop(Counter.IP_RX_DROP_FRAGMENT_MALFORMED, v4(PROTOCOL, pattern(12)).fragment(1, 0, true).frame());
        expectDrop(Counter.IP_RX_DROP_FRAGMENT_MALFORMED, v4(PROTOCOL).fragment(1, 8, false).frame());
        // The ping of death: behind the end of the largest packet.
        expectDrop(
            Counter.IP_RX_DROP_FRAGMENT_MALFORMED, v4(PROTOCOL, pattern(100)).fragment(1, 65_528, false).frame());
        sentNothing();
        expectDrop(Counter.IP_RX_DROP_FRAGMENT_MALFORMED, fragment6(1, PROTOCOL, 0, true, pattern(12)).frame());
        sentOne().v6(58, "fd00::1", "fd00::2").icmp6(4, 0, 4);
        expectDrop(
            Counter.IP_RX_DROP_FRAGMENT_MALFORMED, fragment6(1, PROTOCOL, 65_528, false, pattern(100)).frame());
    }

    @Test
    void givesUpAfterTheTimeoutAndSaysSo()
    {
        receive(piece(true, 1, 0, 16));
        receive(piece(true, 1, 24, 40));
        receive(piece(false, 1, 0, 16));
        // Without its first fragment nobody could be told what it was about.
        receive(piece(true, 2, 24, 40));
        run(30 * SECOND - 1);
        sentNothing();
        assertEquals(4, counters.get(Counter.IP_FRAGMENTS_WAITING));
        run(1);
        sentOne().v4(1, "10.0.0.1", "10.0.0.2").icmp4(11, 1, 0);
        assertEquals(3, counters.get(Counter.IP_RX_DROP_FRAGMENT_TIMEOUT));
        know(Packets.PEER6);
        run(30 * SECOND);
        sentOne().v6(58, "fd00::1", "fd00::2").icmp6(3, 1, 0);
        assertEquals(4, counters.get(Counter.IP_RX_DROP_FRAGMENT_TIMEOUT));
        assertEquals(0, counters.get(Counter.IP_FRAGMENTS_WAITING));
    }

    @Test
    void boundsItsMemoryAndForgetsTheOldest()
    {
        final int capacity = settings.reassemblyBytes / ChunkPool.LARGE;
        for (int i = 0; i < capacity; i++)
        {
            nowNs++;
            receive(piece(true, i, 0, 16));
        }
        assertEquals(0, counters.get(Counter.IP_RX_DROP_FRAGMENT_NO_MEMORY));
        receive(piece(true, capacity, 0, 16));
        assertEquals(1, counters.get(Counter.IP_RX_DROP_FRAGMENT_NO_MEMORY));
        receive(piece(true, 1, 16, 40));
        assertEquals(1, received.size());
        receive(piece(true, 0, 16, 40));
        assertEquals(1, received.size(), "the oldest was forgotten");
    }

    @Test
    void boundsTheGapsOfOnePacket()
    {
        for (int i = 0; i < Reassembler.MAX_RANGES; i++)
        {
            receive(v4(PROTOCOL, pattern(8)).fragment(1, i * 16, true).frame());
        }
        assertEquals(Reassembler.MAX_RANGES, counters.get(Counter.IP_FRAGMENTS_WAITING));
        receive(v4(PROTOCOL, pattern(8)).fragment(1, 16_000, true).frame());
        assertEquals(0, counters.get(Counter.IP_FRAGMENTS_WAITING));
        assertEquals(Reassembler.MAX_RANGES + 1, counters.get(Counter.IP_RX_DROP_FRAGMENT_NO_MEMORY));
    }

    @Test
    void carriesCongestionMarksOver()
    {
        receive(v4(PROTOCOL, slice(WHOLE, 0, 16)).fragment(1, 0, true).tos(2).frame());
        receive(v4(PROTOCOL, slice(WHOLE, 16, 40)).fragment(1, 16, false).tos(3).frame());
        assertEquals(3, received.get(0).trafficClass());
    }

    @Test
    void walksExtensionHeadersBehindTheFragmentHeader()
    {
        final byte[] first = bytes(PROTOCOL, 0, 1, 4, 0, 0, 0, 0);
        receive(fragment6(1, 60, 0, true, first).frame());
        receive(fragment6(1, 60, 8, false, pattern(9)).frame());
        assertArrayEquals(pattern(9), received.get(0).payload());
        // A fragment inside a fragment.
        receive(fragment6(2, 44, 0, true, bytes(PROTOCOL, 0, 0, 1, 0, 0, 0, 9)).frame());
        receive(fragment6(2, 44, 8, false, pattern(8)).frame());
        assertEquals(1, received.size());
        assertEquals(1, counters.get(Counter.IP_RX_DROP_EXTENSION_HEADER));
    }

    @Test
    void marksABroadcastPacketAsNotUnicastEvenWhenReassembled()
    {
        final long all = 0xFFFF_FFFF_FFFFL;
        receive(v4(PROTOCOL, slice(WHOLE, 0, 16)).to("10.0.0.255").toMac(all).fragment(1, 0, true).frame());
        receive(v4(PROTOCOL, slice(WHOLE, 16, 40)).to("10.0.0.255").toMac(all).fragment(1, 16, false).frame());
        assertFalse(received.get(0).isUnicast());
    }
}
