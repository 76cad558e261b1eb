package io.pnet.link;

import io.pnet.counters.Counters;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ImpairmentTest
{
    private static final long MS = 1_000_000L;

    private final LinkContext leftContext = LinkContext.standalone();
    private final LinkContext rightContext = LinkContext.standalone();
    private final ChunkPool smallChunks = new ChunkPool(ChunkPool.SMALL, 64L << 20);
    private final List<Impairment> made = new ArrayList<>();
    private Pipe.Pair pipe;

    @AfterEach
    void nothingVanishesUncounted()
    {
        for (final Impairment impairment : made)
        {
            for (final ImpairmentCounts counts : List.of(impairment.in(), impairment.out()))
            {
                assertEquals(counts.frames() + counts.duplicated(), counts.passed() + counts.lost() +
                    counts.burstLost() + counts.blackedOut() + counts.tooLarge() + counts.queueDrops() +
                    counts.noMemory() + counts.malformed() + counts.waiting(), counts.toString());
            }
            impairment.close();
        }
        if (pipe != null)
        {
            pipe.close();
        }
        assertEquals(0, leftContext.largeChunks().inUse());
        assertEquals(0, smallChunks.inUse());
    }

    @Test
    void withoutASpecificationFramesPassAsTheyAre()
    {
        final Impairment link = impair("", new MemoryLinkOptions().txOffload(true).rxGso(true));
        assertEquals(pipe.left().capabilities(), link.capabilities());
        Frames.sendTcp(link, Frames.payload(10_000), 1_448, TcpHeader.ACK);
        assertEquals(1, link.flush(0));
        assertEquals(RxFrame.GSO_TCPV4, Frames.receive(pipe.right(), 0).get(0).gsoType());
        Frames.sendTcp(pipe.right(), Frames.payload(10_000), 1_448, TcpHeader.ACK);
        pipe.right().flush(0);
        assertEquals(RxFrame.GSO_TCPV4, Frames.receive(link, 0).get(0).gsoType());
    }

    @Test
    void losesTheShareThatWasAskedFor()
    {
        final Impairment link = impair("out.loss=10%,seed=1", new MemoryLinkOptions());
        final int passed = send(link, 20_000).size();
        assertEquals(20_000, link.out().frames());
        assertEquals(20_000 - passed, link.out().lost());
        assertTrue(passed > 17_800 && passed < 18_200, "passed " + passed);
        assertEquals(0, link.in().frames());
    }

    @Test
    void losesReceivedFramesToo()
    {
        final Impairment link = impair("in.loss=50%,seed=1", new MemoryLinkOptions());
        for (int i = 0; i < 1_000; i++)
        {
            Frames.sendNumber(pipe.right(), 1, i, 10);
        }
        pipe.right().flush(0);
        final int passed = Frames.receive(link, 0).size();
        assertTrue(passed > 430 && passed < 570, "passed " + passed);
        assertEquals(1_000 - passed, link.in().lost());
        assertEquals(1_000, link.in().frames());
    }

    @Test
    void losesInBursts()
    {
        final Impairment link = impair("out.burst=1%:3..20,seed=4", new MemoryLinkOptions());
        final List<Integer> passed = Frames.numbers(send(link, 10_000));
        int bursts = 0;
        int longest = 0;
        for (int i = 1; i < passed.size(); i++)
        {
            final int gap = passed.get(i) - passed.get(i - 1) - 1;
            if (gap > 0)
            {
                bursts++;
                assertTrue(gap >= 3, "burst of " + gap);
                longest = Math.max(longest, gap);
            }
        }
        // Two bursts may touch, hence longer than 20.
        assertTrue(bursts > 50 && bursts < 130, bursts + " bursts");
        assertTrue(longest > 12 && longest <= 60, "longest " + longest);
        assertEquals(10_000 - passed.size(), link.out().burstLost());
    }

    @Test
    void duplicatesAreCopies()
    {
        final Impairment link = impair("out.dup=10%,seed=1", new MemoryLinkOptions());
        final List<Frames.Seen> seen = send(link, 2_000);
        assertEquals(2_000 + link.out().duplicated(), seen.size());
        assertTrue(link.out().duplicated() > 150 && link.out().duplicated() < 250);
        assertEquals(2_000, new HashSet<>(Frames.numbers(seen)).size());
        assertTrue(seen.stream().allMatch(frame -> Frames.isSound(frame.bytes())));
    }

    @Test
    void heldBackFramesAreOvertakenByAsManyAsAsked()
    {
        final Impairment link = impair("out.reorder=2%:3..50,seed=1", new MemoryLinkOptions());
        final List<Integer> order = new ArrayList<>(Frames.numbers(send(link, 5_000)));
        final long late = link.out().reordered();
        assertTrue(late > 60 && late < 140, late + " reordered");
        link.flush(1_000 * MS);
        order.addAll(Frames.numbers(Frames.receive(pipe.right(), 0)));
        assertEquals(IntStream.range(0, 5_000).boxed().toList(), order.stream().sorted().toList());
        int moved = 0;
        for (int i = 0; i < order.size(); i++)
        {
            final int number = order.get(i);
            // Those that were held back have larger ones before them; the others keep their order.
            final long overtakers = order.subList(Math.max(0, i - 120), i).stream().filter(n -> n > number).count();
            if (overtakers > 0)
            {
                moved++;
                assertTrue(overtakers >= 3 && overtakers <= 60, number + " overtaken by " + overtakers);
            }
        }
        assertTrue(moved >= late - 3 && moved <= late, moved + " moved of " + late);
    }

    @Test
    void aHeldFrameDoesNotWaitForEver()
    {
        final Impairment link = impair("out.reorder=100%:50,seed=1", new MemoryLinkOptions());
        Frames.sendNumber(link, 2, 1, 10);
        link.flush(5 * MS);
        assertEquals(0, Frames.receive(pipe.right(), 0).size());
        assertEquals(55 * MS, link.nextDeadlineNs());
        Frames.receive(link, 54 * MS);
        assertEquals(0, Frames.receive(pipe.right(), 0).size());
        Frames.receive(link, 55 * MS);
        assertEquals(1, Frames.receive(pipe.right(), 0).size());
        assertEquals(Link.NO_DEADLINE, link.nextDeadlineNs());
    }

    @Test
    void delaysByTheTimeAskedForInBothDirections()
    {
        final Impairment link = impair("delay=10ms", new MemoryLinkOptions());
        Frames.sendNumber(link, 2, 1, 10);
        link.flush(3 * MS);
        assertEquals(13 * MS, link.nextDeadlineNs());
        link.flush(13 * MS - 1);
        assertEquals(0, Frames.receive(pipe.right(), 0).size());
        link.flush(13 * MS);
        assertEquals(1, Frames.receive(pipe.right(), 0).size());

        Frames.sendNumber(pipe.right(), 1, 2, 10);
        pipe.right().flush(0);
        assertEquals(0, Frames.receive(link, 20 * MS).size());
        assertEquals(30 * MS, link.nextDeadlineNs());
        final List<Frames.Seen> seen = Frames.receive(link, 30 * MS);
        assertEquals(List.of(2), Frames.numbers(seen));
        assertTrue(seen.get(0).hadChunk());
        assertEquals(Link.NO_DEADLINE, link.nextDeadlineNs());
    }

    @Test
    void jitterSpreadsTheDelayAndKeepsTheOrder()
    {
        final Impairment link = impair("out.delay=10ms,out.jitter=5ms,seed=3", new MemoryLinkOptions());
        final List<Integer> order = new ArrayList<>();
        final List<Long> delays = new ArrayList<>();
        for (int i = 0; i < 200; i++)
        {
            final long sentNs = i * 20 * MS;
            Frames.sendNumber(link, 2, i, 10);
            link.flush(sentNs);
            delays.add(link.nextDeadlineNs() - sentNs);
            link.flush(link.nextDeadlineNs());
            order.addAll(Frames.numbers(Frames.receive(pipe.right(), 0)));
        }
        assertEquals(IntStream.range(0, 200).boxed().toList(), order);
        assertTrue(delays.stream().allMatch(delay -> delay >= 5 * MS && delay <= 15 * MS));
        assertTrue(delays.stream().anyMatch(delay -> delay < 7 * MS));
        assertTrue(delays.stream().anyMatch(delay -> delay > 13 * MS));

        for (int i = 0; i < 100; i++)
        {
            Frames.sendNumber(link, 2, i, 10);
            link.flush(10_000 * MS + i);
        }
        link.flush(20_000 * MS);
        assertEquals(IntStream.range(0, 100).boxed().toList(), Frames.numbers(Frames.receive(pipe.right(), 0)));
    }

    @Test
    void theRateCountsEthernetsOverhead()
    {
        final Impairment link = impair("out.rate=100mbit,out.queue=1MB", new MemoryLinkOptions());
        // 81,274 full frames of 1,538 bytes a second fit 1 Gbit/s, a tenth of that 100 Mbit/s.
        for (int i = 0; i < 500; i++)
        {
            Frames.sendNumber(link, 2, i, 1_472);
        }
        link.flush(0);
        int passed = 0;
        for (long nowNs = 0; nowNs <= 50 * MS; nowNs += MS)
        {
            link.flush(nowNs);
            passed += Frames.receive(pipe.right(), 0).size();
        }
        // 50 ms at 8,127.4 frames a second.
        assertEquals(406, passed);
        assertEquals(500 - 406, link.out().waiting());
    }

    @Test
    void aFullQueueDropsTheTail()
    {
        final Impairment link = impair("out.rate=1mbit,out.queue=16kB", new MemoryLinkOptions());
        for (int i = 0; i < 50; i++)
        {
            Frames.sendNumber(link, 2, i, 1_472);
        }
        link.flush(0);
        // 16,000 / 1,538 = 10.4
        assertEquals(40, link.out().queueDrops());
        link.flush(1_000 * MS);
        assertEquals(IntStream.range(0, 10).boxed().toList(), Frames.numbers(Frames.receive(pipe.right(), 0)));
        Frames.sendNumber(link, 2, 77, 1_472);
        link.flush(1_000 * MS);
        assertEquals(1_000 * MS + 12_304_000, link.nextDeadlineNs());
    }

    @Test
    void everyCorruptedFrameFailsItsChecksums()
    {
        final Impairment link = impair("out.corrupt=100%,seed=11", new MemoryLinkOptions().queueFrames(32_768));
        final List<Frames.Seen> seen = send(link, 20_000);
        assertEquals(20_000, seen.size());
        assertEquals(20_000, link.out().corrupted());
        final List<Frames.Seen> originals = send(pipe.left(), 20_000);
        int oneBit = 0;
        for (int i = 0; i < seen.size(); i++)
        {
            final Frames.Seen frame = seen.get(i);
            final byte[] original = originals.get(i).bytes();
            int first = -1;
            int last = -1;
            int flipped = 0;
            for (int bit = 0; bit < original.length * 8; bit++)
            {
                if (((original[bit / 8] ^ frame.bytes()[bit / 8]) & 0x80 >>> bit % 8) != 0)
                {
                    first = first < 0 ? bit : first;
                    last = bit;
                    flipped++;
                }
            }
            assertTrue(first >= 14 * 8 && last - first < 15, "bits " + first + " to " + last);
            oneBit += flipped == 1 ? 1 : 0;
            assertFalse(Frames.isSound(frame.bytes()));
        }
        assertTrue(oneBit > 7_000 && oneBit < 11_000, oneBit + " single bits");
    }

    @Test
    void largePacketsVanish()
    {
        final Impairment link = impair("out.mtu=1400", new MemoryLinkOptions());
        assertEquals(1_500, link.capabilities().mtu());
        Frames.sendNumber(link, 2, 1, 1_400 - 28);
        Frames.sendNumber(link, 2, 2, 1_401 - 28);
        link.flush(0);
        assertEquals(List.of(1), Frames.numbers(Frames.receive(pipe.right(), 0)));
        assertEquals(1, link.out().tooLarge());
    }

    /** Our own packets that do not fit are answered too, though nothing else happens to what we receive. */
    @Test
    void aNarrowPathAnswersOnRequest()
    {
        final Impairment link = impair("out.mtu=1280:icmp", new MemoryLinkOptions().txOffload(true));
        Frames.sendTcp(link, Frames.payload(1_300), 1_448, TcpHeader.ACK);
        link.flush(0);
        assertEquals(1, link.out().answered());
        assertEquals(0, link.nextDeadlineNs());
        final List<Frames.Seen> answers = Frames.receive(link, 0);
        assertEquals(1, answers.size());
        assertEquals(ProtocolNumber.ICMP, Ipv4Header.protocol(answers.get(0).buffer(), 14));
        Frames.sendTcp(pipe.right(), Frames.payload(1_300), 1_448, TcpHeader.ACK);
        pipe.right().flush(0);
        assertEquals(1, Frames.receive(link, 0).size());
        assertEquals(0, link.in().answered());
    }

    @Test
    void nothingPassesInABlackout()
    {
        final Impairment link = impair("out.blackout=5ms..7ms", new MemoryLinkOptions());
        for (int ms = 0; ms < 20; ms++)
        {
            Frames.sendNumber(link, 2, ms, 10);
            link.flush(100 * MS + ms * MS);
        }
        final List<Integer> passed = IntStream.range(0, 20).filter(ms -> ms != 5 && ms != 6).boxed().toList();
        assertEquals(passed, Frames.numbers(Frames.receive(pipe.right(), 0)));
        assertEquals(2, link.out().blackedOut());
    }

    @Test
    void gsoFramesAreImpairedSegmentBySegment()
    {
        final MemoryLinkOptions offloading = new MemoryLinkOptions().txOffload(true).rxGso(true);
        final Impairment link = impair("loss=10%,seed=2", offloading);
        assertFalse(link.capabilities().rxGso());
        assertTrue(link.capabilities().txChecksum());
        assertEquals(65_535, link.capabilities().txGsoMaxBytes());
        for (int i = 0; i < 100; i++)
        {
            Frames.sendTcp(link, Frames.payload(14_480), 1_448, TcpHeader.ACK);
            Frames.sendTcp(pipe.right(), Frames.payload(14_480), 1_448, TcpHeader.ACK);
        }
        link.flush(0);
        pipe.right().flush(0);
        final List<Frames.Seen> out = Frames.receive(pipe.right(), 0);
        final List<Frames.Seen> in = Frames.receive(link, 0);
        for (final List<Frames.Seen> seen : List.of(out, in))
        {
            assertTrue(seen.size() > 850 && seen.size() < 950, seen.size() + " segments");
            for (final Frames.Seen frame : seen)
            {
                assertTrue(Frames.isSound(frame.bytes()));
                assertEquals(RxFrame.CHECKSUM_UNKNOWN, frame.checksum());
                assertEquals(RxFrame.GSO_NONE, frame.gsoType());
            }
        }
        assertEquals(1_000, link.out().frames());
        assertEquals(1_000, link.in().frames());
    }

    @Test
    void offloadIsOfferedOverALinkThatHasNone()
    {
        final Impairment link = impair("out.delay=1ms", new MemoryLinkOptions());
        assertTrue(link.capabilities().txChecksum());
        Frames.sendTcp(link, Frames.payload(14_480), 1_448, TcpHeader.ACK);
        link.flush(0);
        link.flush(MS);
        final List<Frames.Seen> seen = Frames.receive(pipe.right(), 0);
        assertEquals(10, seen.size());
        assertTrue(seen.stream().allMatch(frame -> Frames.isSound(frame.bytes())));
    }

    @Test
    void malformedGsoFramesAreCounted()
    {
        final Impairment link = impair("out.delay=1ms", new MemoryLinkOptions());
        final TxFrame frame = link.claim(66, true);
        frame.buffer().setMemory(0, 66, (byte)0);
        link.commit(frame.gso(RxFrame.GSO_TCPV4, 1_448, 66));
        assertEquals(1, link.out().malformed());
        // Segments larger than the link's MTU.
        Frames.sendTcp(link, Frames.payload(8_000), 4_000, TcpHeader.ACK);
        assertEquals(3, link.out().malformed());
    }

    @Test
    void oneSeedGivesOneFateAndAnotherAnother()
    {
        final String spec = "loss=5%,burst=1%:2..5,dup=3%,reorder=3%:2..9,delay=5ms,jitter=2ms,corrupt=3%,rate=50mbit,";
        final List<String> first = fate(spec + "seed=1", 99);
        assertEquals(first, fate(spec + "seed=1", 98));
        assertNotEquals(first, fate(spec + "seed=2", 99));
        // Without a seed of its own the given generator decides.
        final String seedless = spec.substring(0, spec.length() - 1);
        assertEquals(fate(seedless, 5), fate(seedless, 5));
        assertNotEquals(fate(seedless, 5), fate(seedless, 6));
    }

    @Test
    void aFullLinkKeepsTheFrameThatDidNotFit()
    {
        pipe = Pipe.pair(new MemoryLinkOptions(), leftContext, rightContext);
        final boolean[] isFull = new boolean[1];
        final Link stubborn = new Delegate(pipe.left())
        {
            @Override
            public TxFrame claim(final int headLength, final boolean gathered)
            {
                return isFull[0] ? null : super.claim(headLength, gathered);
            }
        };
        final Impairment link = new Impairment(
            stubborn, ImpairmentSpec.parse("out.delay=1ms"), new SplittableRandom(1), leftContext, smallChunks);
        made.add(link);
        for (int i = 0; i < 3; i++)
        {
            Frames.sendNumber(link, 2, i, 10);
        }
        link.flush(0);
        isFull[0] = true;
        link.flush(MS);
        assertTrue(link.isCongested());
        assertEquals(0, Frames.receive(pipe.right(), 0).size());
        isFull[0] = false;
        link.flush(2 * MS);
        assertFalse(link.isCongested());
        assertEquals(List.of(0, 1, 2), Frames.numbers(Frames.receive(pipe.right(), 0)));
    }

    @Test
    void withoutMemoryFramesAreLostAndCounted()
    {
        final LinkContext poor = new LinkContext(new ChunkPool(ChunkPool.LARGE, 1), new Counters());
        pipe = Pipe.pair(new MemoryLinkOptions(), leftContext, rightContext);
        final Impairment link = new Impairment(pipe.left(), ImpairmentSpec.parse("out.delay=1ms,out.dup=100%"),
            new SplittableRandom(1), poor, new ChunkPool(ChunkPool.SMALL, 4 * ChunkPool.SMALL));
        made.add(link);
        for (int i = 0; i < 8; i++)
        {
            Frames.sendNumber(link, 2, i, 10);
        }
        link.flush(0);
        // Four small chunks and a large one take the first five frames, and leave nothing for copies.
        assertEquals(3 + 5, link.out().noMemory());
        link.flush(MS);
        assertEquals(List.of(0, 1, 2, 3, 4), Frames.numbers(Frames.receive(pipe.right(), 0)));
    }

    private List<String> fate(final String spec, final long randomSeed)
    {
        final List<String> fate = new ArrayList<>();
        final LinkContext context = LinkContext.standalone();
        try (Pipe.Pair wire = Pipe.pair(new MemoryLinkOptions(), context, rightContext);
            Impairment link = new Impairment(
                wire.left(), ImpairmentSpec.parse(spec), new SplittableRandom(randomSeed), context))
        {
            for (long nowNs = 0; nowNs < 1_000 * MS; nowNs += MS)
            {
                Frames.sendNumber(link, 2, (int)(nowNs / MS), 500);
                Frames.sendNumber(wire.right(), 2, (int)(nowNs / MS), 500);
                link.flush(nowNs);
                wire.right().flush(nowNs);
                for (final Frames.Seen frame : Frames.receive(wire.right(), nowNs))
                {
                    fate.add(nowNs + " out " + java.util.Arrays.hashCode(frame.bytes()));
                }
                for (final Frames.Seen frame : Frames.receive(link, nowNs))
                {
                    fate.add(nowNs + " in " + java.util.Arrays.hashCode(frame.bytes()));
                }
            }
            fate.add(link.in().toString());
            fate.add(link.out().toString());
        }
        return fate;
    }

    private Impairment impair(final String spec, final MemoryLinkOptions options)
    {
        pipe = Pipe.pair(options.queueFrames(32_768), leftContext, rightContext);
        final Impairment link =
            new Impairment(pipe.left(), ImpairmentSpec.parse(spec), new SplittableRandom(1), leftContext, smallChunks);
        made.add(link);
        return link;
    }

    private List<Frames.Seen> send(final Link link, final int count)
    {
        final List<Frames.Seen> seen = new ArrayList<>();
        for (int i = 0; i < count; i++)
        {
            Frames.sendNumber(link, 2, i, 30);
            link.flush(0);
            seen.addAll(Frames.receive(pipe.right(), 0));
        }
        return seen;
    }
}
