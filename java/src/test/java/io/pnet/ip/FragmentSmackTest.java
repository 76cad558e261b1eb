package io.pnet.ip;

import com.sun.management.ThreadMXBean;
import io.pnet.counters.Counter;
import io.pnet.link.RxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;

import static io.pnet.ip.Packets.fragment6;
import static io.pnet.ip.Packets.pattern;
import static io.pnet.ip.Packets.slice;
import static io.pnet.ip.Packets.v4;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Fragments sent to hurt (FragmentSmack, CVE-2018-5391, and its like): tiny, overlapping, never to be complete. They
 * take so many slots and ranges at most, which bounds the work that one of them makes; nothing is allocated for them;
 * each has its counter; and an honest packet whose fragments come together still arrives.
 */
class FragmentSmackTest extends IpFixture
{
    private static final int WARM_UP = 30_000;
    private static final int FRAGMENTS = 100_000;
    private static final byte[] HONEST = pattern(2_400);

    private final SplittableRandom random = new SplittableRandom(5391);

    @BeforeEach
    void open()
    {
        openWithAddresses();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFloodOfFragmentsTakesBoundedMemoryAndAllocatesNothing(final boolean isV4)
    {
        final byte[] tiny = isV4 ?
            v4(PROTOCOL, pattern(8)).fragment(0, 0, true).frame() :
            fragment6(0, PROTOCOL, 0, true, pattern(8)).frame();
        final UnsafeBuffer buffer = new UnsafeBuffer(tiny);
        final RxFrame frame = new RxFrame();
        final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
        final FrameInput input = new FrameInput(ip, networkInterface);
        long before = 0;
        for (int i = 0; i < WARM_UP + FRAGMENTS; i++)
        {
            if (i == WARM_UP)
            {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            // As many packets as do not fit, places all over them: gaps, neighbours, duplicates and overlaps.
            change(buffer, isV4, random.nextInt(256), 8 * random.nextInt(1, 4_096));
            counters.increment(Counter.LINK_RX_FRAMES);
            input.onFrame(frame.wrap(buffer, 0, tiny.length));
            if (i % 1_024 == 0)
            {
                nowNs += SECOND;
                ip.onTimers(nowNs);
            }
        }
        final long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(ip.reassembler.packets() <= ip.reassembler.capacity());
        assertEquals(ip.reassembler.packets(), ip.reassembler.chunksInUse());
        assertTrue(allocated <= 64 << 10, allocated + " bytes for " + FRAGMENTS + " fragments");
        assertTrue(counters.get(Counter.IP_RX_DROP_FRAGMENT_NO_MEMORY) > 0, "no packet gave way");
        assertBooksBalance();
        assertTrue(received.isEmpty());
        run(61 * SECOND);
        assertEquals(0, ip.reassembler.packets());
        assertEquals(0, ip.reassembler.chunksInUse());
        assertEquals(0, counters.get(Counter.IP_FRAGMENTS_WAITING));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyOtherEightBytesEndWithTheRangesOfOnePacket(final boolean isV4)
    {
        for (int i = 4_095; i > 0; i--)
        {
            // From the far end, so that each has to go in front of all there are.
            receive(fragment(isV4, 1, 16 * i, pattern(8), true));
            assertTrue(counters.get(Counter.IP_FRAGMENTS_WAITING) <= Reassembler.MAX_RANGES);
            assertTrue(ip.reassembler.packets() <= 1);
        }
        assertEquals(4_095, counters.get(Counter.IP_RX_DROP_FRAGMENT_NO_MEMORY) +
            counters.get(Counter.IP_FRAGMENTS_WAITING) + counters.get(Counter.IP_RX_DROP_FRAGMENT_MALFORMED));
    }

    @Test
    void whatNeverCompletesIsAnsweredAFewTimesOnly()
    {
        for (int i = 0; i < 1_000; i++)
        {
            receive(v4(PROTOCOL, pattern(8)).fragment(i, 0, true).frame());
            nowNs++;
        }
        run(31 * SECOND);
        assertTrue(sent().size() <= settings.icmpErrorBurst + 1, "too many errors");
        assertEquals(1_000, counters.get(Counter.IP_RX_DROP_FRAGMENT_TIMEOUT) +
            counters.get(Counter.IP_RX_DROP_FRAGMENT_NO_MEMORY));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anHonestPacketArrivesInTheMidstOfAFloodOverTheOtherVersion(final boolean isV4)
    {
        arrivesInTheMidstOfAFlood(isV4, !isV4);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anHonestPacketArrivesInTheMidstOfAFloodOverItsOwnVersion(final boolean isV4)
    {
        arrivesInTheMidstOfAFlood(isV4, isV4);
    }

    private void arrivesInTheMidstOfAFlood(final boolean isV4, final boolean isFloodV4)
    {
        final int between = ip.reassembler.capacity() / 2 - 1;
        int identification = 1_000;
        for (int round = 0; round < 20; round++)
        {
            for (int from = 0; from < HONEST.length; from += 1_200)
            {
                receive(fragment(
                    isV4, round, from, slice(HONEST, from, from + 1_200), from + 1_200 < HONEST.length));
                for (int i = 0; i < between; i++)
                {
                    receive(fragment(isFloodV4, identification++, 8 * random.nextInt(100), pattern(8), true));
                }
            }
            assertEquals(round + 1, received.size(), "lost in the flood");
            assertArrayEquals(HONEST, received.get(round).payload());
        }
    }

    private static byte[] fragment(
        final boolean isV4, final int identification, final int from, final byte[] data, final boolean isMore)
    {
        return isV4 ?
            v4(PROTOCOL, data).fragment(identification, from, isMore).frame() :
            fragment6(identification, PROTOCOL, from, isMore, data).frame();
    }

    private static void change(
        final UnsafeBuffer buffer, final boolean isV4, final int identification, final int fragmentOffset)
    {
        final int at = EthernetHeader.LENGTH;
        if (isV4)
        {
            BigEndian.putUint16(buffer, at + Ipv4Header.IDENTIFICATION_OFFSET, identification);
            BigEndian.putUint16(
                buffer, at + Ipv4Header.FLAGS_FRAGMENT_OFFSET, Ipv4Header.FLAG_MF | fragmentOffset >>> 3);
            BigEndian.putUint16(buffer, at + Ipv4Header.HEADER_CHECKSUM_OFFSET, 0);
            BigEndian.putUint16(buffer, at + Ipv4Header.HEADER_CHECKSUM_OFFSET,
                io.pnet.wire.Checksum.of(buffer, at, Ipv4Header.MIN_LENGTH));
        }
        else
        {
            BigEndian.putUint16(buffer, at + Ipv6Header.LENGTH + 2, fragmentOffset | 1);
            BigEndian.putInt32(buffer, at + Ipv6Header.LENGTH + 4, identification);
        }
    }
}
