package io.pnet.link;

import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.IcmpHeader;
import io.pnet.wire.Icmpv6Header;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RelayTest
{
    private static final long MS = 1_000_000L;
    private static final int QUEUE = 4_096;

    private final LinkContext context = LinkContext.standalone();
    private final ChunkPool smallChunks = new ChunkPool(ChunkPool.SMALL, 64L << 20);
    private final ChunkPool largeChunks = new ChunkPool(ChunkPool.LARGE, 8L << 20);
    private final List<AutoCloseable> made = new ArrayList<>();
    /** Whoever talks through the relay. */
    private Link left;
    private Link right;
    private Relay relay;
    private int leftMtu = 1_500;
    /** What the first link says as time of arrival. */
    private long stampNs = RxFrame.NO_TIMESTAMP;

    @AfterEach
    void nothingVanishesUncounted() throws Exception
    {
        for (final ImpairmentCounts counts : List.of(relay.forward(), relay.backward()))
        {
            assertEquals(counts.frames() + counts.duplicated(), counts.passed() + counts.lost() +
                counts.burstLost() + counts.blackedOut() + counts.tooLarge() + counts.queueDrops() +
                counts.noMemory() + counts.malformed() + counts.waiting(), counts.toString());
        }
        relay.close();
        for (final AutoCloseable each : made)
        {
            each.close();
        }
        assertEquals(0, smallChunks.inUse());
        assertEquals(0, largeChunks.inUse());
    }

    @Test
    void aPlainWireHandsEverythingOverInOrder()
    {
        join("", true);
        for (int i = 0; i < 500; i++)
        {
            Frames.sendNumber(left, 2, i, 100);
            Frames.sendNumber(right, 1, 1_000 + i, 100);
        }
        assertEquals(IntStream.range(0, 500).boxed().toList(), Frames.numbers(passLeftToRight(0)));
        assertEquals(IntStream.range(1_000, 1_500).boxed().toList(), Frames.numbers(Frames.receive(left, 0)));
        assertEquals(500, relay.forward().passed());
        assertEquals(500, relay.backward().passed());
    }

    @Test
    void eachDirectionHasItsOwnFaults()
    {
        join("in.loss=10%,out.delay=3ms,seed=1", true);
        for (int i = 0; i < 2_000; i++)
        {
            Frames.sendNumber(left, 2, i, 10);
            Frames.sendNumber(right, 1, i, 10);
        }
        final int passed = passLeftToRight(MS).size();
        // 10 % of 2,000, give or take four standard deviations.
        assertTrue(passed > 1_800 - 54 && passed < 1_800 + 54, passed + " passed");
        assertEquals(2_000 - passed, relay.forward().lost());
        assertEquals(0, Frames.receive(left, MS).size());
        assertEquals(4 * MS, relay.nextDeadlineNs());
        work(4 * MS);
        assertEquals(2_000, Frames.receive(left, 4 * MS).size());
        assertEquals(Link.NO_DEADLINE, relay.nextDeadlineNs());
    }

    @Test
    void oneSeedGivesOneFateWhateverTheTiming()
    {
        final String spec = "loss=5%,burst=1%:2..5,dup=3%,corrupt=3%,delay=5ms,jitter=2ms,seed=";
        final List<Integer> first = fate(spec + 1, MS);
        assertEquals(first, fate(spec + 1, 3 * MS));
        assertNotEquals(first, fate(spec + 2, MS));
    }

    /** The fate of a transfer must not hang on how often somebody asked for an address. */
    @Test
    void neighboursAreSparedAndDrawNoRandomNumber()
    {
        join("loss=30%,seed=3", true);
        final List<Integer> without = new ArrayList<>();
        final List<Integer> with = new ArrayList<>();
        for (int i = 0; i < 300; i++)
        {
            Frames.sendNumber(left, 2, i, 10);
        }
        passLeftToRight(0).forEach(frame -> without.add(Frames.number(frame)));
        relay.close();
        join("loss=30%,seed=3", true);
        int asked = 0;
        for (int i = 0; i < 300; i++)
        {
            ask(left, i % 2 == 0);
            Frames.sendNumber(left, 2, i, 10);
        }
        for (final Frames.Seen frame : passLeftToRight(0))
        {
            if (EthernetHeader.type(frame.buffer(), 0) == EthernetHeader.TYPE_IPV4)
            {
                with.add(Frames.number(frame));
            }
            else
            {
                asked++;
            }
        }
        assertEquals(without, with);
        assertEquals(300, asked);
        assertEquals(300, relay.spared());
        assertEquals(300, relay.forward().frames());
    }

    @Test
    void neighboursAreImpairedOnRequest()
    {
        join("loss=100%", false);
        ask(left, true);
        ask(left, false);
        assertEquals(0, passLeftToRight(0).size());
        assertEquals(2, relay.forward().lost());
        assertEquals(0, relay.spared());
    }

    @Test
    void largeFramesAreCutAndSoundBeforeAnythingHappensToThem()
    {
        join("loss=10%,seed=2", true);
        for (int i = 0; i < 100; i++)
        {
            Frames.sendTcp(left, Frames.payload(14_480), 1_448, TcpHeader.ACK);
        }
        final List<Frames.Seen> seen = passLeftToRight(0);
        assertEquals(1_000, relay.forward().frames());
        assertEquals(1_000 - relay.forward().lost(), seen.size());
        assertTrue(seen.stream().allMatch(frame ->
            frame.gsoType() == RxFrame.GSO_NONE && frame.bytes().length == 1_514 && Frames.isSound(frame.bytes())));
    }

    @Test
    void delayAndRateCountFromWhenTheLinkSaysThatAFrameCame()
    {
        join("in.delay=5ms,in.rate=100mbit,in.queue=1MB", true);
        stampNs = 1_000 * MS + 2 * MS;
        relay.doWork(0, -1_000 * MS);
        Frames.sendNumber(left, 2, 1, 1_472);
        Frames.sendNumber(left, 2, 2, 1_472);
        left.flush(0);
        // Polled at 6 ms, arrived at 2 ms: 5 ms later, and 123 us on the wire each.
        relay.doWork(6 * MS, -1_000 * MS);
        assertEquals(7 * MS + 123_040, relay.nextDeadlineNs());
        relay.doWork(7 * MS + 123_040, -1_000 * MS);
        assertEquals(List.of(1), Frames.numbers(Frames.receive(right, 0)));
        assertEquals(7 * MS + 246_080, relay.nextDeadlineNs());
        // A stamp from before the last poll, or from the future, is not believed.
        relay.doWork(20 * MS, -1_000 * MS);
        Frames.sendNumber(left, 2, 3, 1_472);
        left.flush(0);
        relay.doWork(21 * MS, -1_000 * MS);
        assertEquals(25 * MS + 123_040, relay.nextDeadlineNs());
        stampNs = 9_000 * MS;
        Frames.sendNumber(left, 2, 4, 1_472);
        left.flush(0);
        relay.doWork(40 * MS, -1_000 * MS);
        assertEquals(45 * MS + 123_040, relay.nextDeadlineNs());
    }

    /** Its owner looked at the clock, was put aside, and then found frames that had come meanwhile. */
    @Test
    void delayCountsFromWhenAFrameCameAlsoIfThatWasAfterTheLookAtTheClock()
    {
        join("in.delay=5ms", true);
        stampNs = 1_000 * MS + 3 * MS;
        Frames.sendNumber(left, 2, 1, 100);
        left.flush(0);
        relay.doWork(2 * MS, -1_000 * MS);
        assertEquals(8 * MS, relay.nextDeadlineNs());
        // The next one came later, whatever its stamp: it does not overtake.
        stampNs = 1_000 * MS + 2 * MS + MS / 2;
        Frames.sendNumber(left, 2, 2, 100);
        left.flush(0);
        relay.doWork(2 * MS + MS / 2, -1_000 * MS);
        relay.doWork(8 * MS - 1, -1_000 * MS);
        assertEquals(List.of(), Frames.numbers(Frames.receive(right, 0)));
        relay.doWork(8 * MS, -1_000 * MS);
        assertEquals(List.of(1, 2), Frames.numbers(Frames.receive(right, 0)));
    }

    @Test
    void aBlackoutTakesBothDirectionsAtOnceAndComesAgain()
    {
        join("blackout=10ms..20ms/50ms", true);
        final List<Integer> there = new ArrayList<>();
        final List<Integer> back = new ArrayList<>();
        for (int ms = 0; ms < 120; ms++)
        {
            // The first frame comes after 7 ms; the clock of the black-outs begins then.
            final long nowNs = (7 + ms) * MS;
            Frames.sendNumber(left, 2, ms, 10);
            Frames.sendNumber(right, 1, ms, 10);
            there.addAll(Frames.numbers(passLeftToRight(nowNs)));
            back.addAll(Frames.numbers(Frames.receive(left, nowNs)));
        }
        final List<Integer> expected =
            IntStream.range(0, 120).filter(ms -> ms % 50 < 10 || ms % 50 >= 20).boxed().toList();
        assertEquals(expected, there);
        assertEquals(expected, back);
        assertEquals(30, relay.forward().blackedOut());
        assertEquals(30, relay.backward().blackedOut());
    }

    @Test
    void aNarrowPathSaysNothingUnlessAsked()
    {
        join("mtu=1400", true);
        Frames.sendTcp(left, Frames.payload(1_348), 1_448, TcpHeader.ACK);
        Frames.sendTcp(left, Frames.payload(1_349), 1_448, TcpHeader.ACK);
        assertEquals(1, passLeftToRight(0).size());
        assertEquals(1, relay.forward().tooLarge());
        assertEquals(0, relay.forward().answered());
        assertEquals(0, Frames.receive(left, 0).size());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aNarrowPathTellsTheSenderOnRequest(final boolean isV4)
    {
        join("in.mtu=1400:icmp,out.delay=2ms", true);
        final byte[] sent = large(isV4);
        send(left, sent);
        assertEquals(0, passLeftToRight(0).size());
        assertEquals(1, relay.forward().answered());
        // The answer is a frame of the way back like any other.
        work(2 * MS);
        final List<Frames.Seen> answers = Frames.receive(left, 2 * MS);
        assertEquals(1, answers.size());
        final UnsafeBuffer answer = answers.get(0).buffer();
        final int length = answers.get(0).bytes().length;
        assertEquals(EthernetHeader.source(new UnsafeBuffer(sent), 0), EthernetHeader.destination(answer, 0));
        assertEquals(EthernetHeader.destination(new UnsafeBuffer(sent), 0), EthernetHeader.source(answer, 0));
        final int icmp;
        if (isV4)
        {
            final Ipv4Header ip = new Ipv4Header().wrap(answer, 14);
            assertTrue(ip.isHeaderChecksumValid());
            assertEquals(576, ip.totalLength());
            assertEquals(576, length - 14);
            assertEquals(Frames.IP_2, ip.source());
            assertEquals(Frames.IP_1, ip.destination());
            assertEquals(ProtocolNumber.ICMP, ip.protocol());
            icmp = 34;
            final IcmpHeader header = new IcmpHeader().wrap(answer, icmp);
            assertEquals(IcmpHeader.TYPE_DESTINATION_UNREACHABLE, header.type());
            assertEquals(IcmpHeader.CODE_FRAGMENTATION_NEEDED, header.code());
            assertEquals(1_400, header.nextHopMtu());
            assertTrue(Checksum.isValid(Checksum.sum(answer, icmp, length - icmp)));
        }
        else
        {
            final Ipv6Header ip = new Ipv6Header().wrap(answer, 14);
            assertEquals(1_280, length - 14);
            assertEquals(1_240, ip.payloadLength());
            assertEquals(2, ip.sourceLo());
            assertEquals(1, ip.destinationLo());
            assertEquals(ProtocolNumber.ICMPV6, ip.nextHeader());
            icmp = 54;
            assertEquals(Icmpv6Header.TYPE_PACKET_TOO_BIG, BigEndian.getUint8(answer, icmp));
            assertEquals(0, BigEndian.getUint8(answer, icmp + 1));
            assertEquals(1_400, BigEndian.getInt32(answer, icmp + Icmpv6Header.MTU_OFFSET));
            assertTrue(Checksum.isValid(Checksum.pseudoHeader(ip.sourceHi(), ip.sourceLo(), ip.destinationHi(),
                ip.destinationLo(), ProtocolNumber.ICMPV6, length - icmp) + Checksum.sum(answer, icmp, length - icmp)));
        }
        final byte[] quoted = Arrays.copyOfRange(answers.get(0).bytes(), icmp + 8, length);
        assertArrayEquals(Arrays.copyOfRange(sent, 14, 14 + quoted.length), quoted);
    }

    @Test
    void noAnswerToWhatMayBeFragmentedNorToAnErrorNorToAGroup()
    {
        join("mtu=1280:icmp", true);
        final byte[] fragmentable = large(true);
        fragmentable[14 + Ipv4Header.FLAGS_FRAGMENT_OFFSET] = 0;
        final byte[] error = large(true);
        error[14 + Ipv4Header.PROTOCOL_OFFSET] = ProtocolNumber.ICMP;
        error[34] = IcmpHeader.TYPE_DESTINATION_UNREACHABLE;
        final byte[] error6 = large(false);
        error6[14 + Ipv6Header.NEXT_HEADER_OFFSET] = ProtocolNumber.ICMPV6;
        error6[54] = Icmpv6Header.TYPE_PACKET_TOO_BIG;
        final byte[] group = large(true);
        group[0] = 1;
        final byte[] other = large(true);
        other[12] = 0x12;
        for (final byte[] frame : List.of(fragmentable, error, error6, group, other))
        {
            send(left, frame);
        }
        assertEquals(0, passLeftToRight(0).size());
        assertEquals(0, Frames.receive(left, 0).size());
        assertEquals(5, relay.forward().tooLarge());
        assertEquals(0, relay.forward().answered());
    }

    @Test
    void framesHeldBackForATimeAreOvertakenMeanwhile()
    {
        join("in.reorder=10%:3ms..5ms,seed=6", true);
        final List<Integer> order = new ArrayList<>();
        final long[] cameNs = new long[1_000];
        for (int i = 0; i < 1_000; i++)
        {
            Frames.sendNumber(left, 2, i, 10);
            for (final int number : Frames.numbers(passLeftToRight(i * MS / 2)))
            {
                order.add(number);
                cameNs[number] = i * MS / 2;
            }
        }
        final long late = relay.forward().reordered();
        assertTrue(late > 60 && late < 140, late + " reordered");
        int moved = 0;
        for (final int number : order)
        {
            final long heldNs = cameNs[number] - number * MS / 2;
            if (heldNs > 0)
            {
                moved++;
                assertTrue(heldNs >= 3 * MS && heldNs <= 5 * MS + MS / 2, number + " held " + heldNs);
            }
        }
        assertEquals(late - relay.forward().waiting(), moved);
    }

    @Test
    void aFrameThatDoesNotFitTheFullLinkWaitsForRoom()
    {
        final boolean[] isFull = {true};
        join("in.delay=1ms", true, inner -> new Delegate(inner)
        {
            @Override
            public TxFrame claim(final int headLength, final boolean gathered)
            {
                return isFull[0] ? null : super.claim(headLength, gathered);
            }
        });
        for (int i = 0; i < 3; i++)
        {
            Frames.sendNumber(left, 2, i, 10);
        }
        assertEquals(0, passLeftToRight(0).size());
        work(MS);
        // The link's descriptor says when, no deadline does.
        assertEquals(Link.NO_DEADLINE, relay.nextDeadlineNs());
        ask(left, true);
        left.flush(MS);
        work(MS);
        assertEquals(1, relay.sparedLost());
        isFull[0] = false;
        work(2 * MS);
        assertEquals(List.of(0, 1, 2), Frames.numbers(Frames.receive(right, 0)));
    }

    @Test
    void whatIsLargerThanTheSecondLinkTakesIsCountedAsTheRelaysOwnLoss()
    {
        leftMtu = 9_000;
        join("", true);
        Frames.sendTcp(left, Frames.payload(8_000), 4_000, TcpHeader.ACK);
        assertEquals(0, passLeftToRight(0).size());
        assertEquals(2, relay.forward().malformed());
    }

    @Test
    void framesThatComeByLateAreToldSo()
    {
        join("in.delay=1ms", true);
        Frames.sendNumber(left, 2, 1, 10);
        Frames.sendNumber(left, 2, 2, 10);
        assertEquals(0, passLeftToRight(0).size());
        work(4 * MS);
        assertEquals(2, relay.forward().late());
        assertEquals(3 * MS, relay.forward().maxLateNs());
    }

    private List<Integer> fate(final String spec, final long stepNs)
    {
        join(spec, true);
        final List<Integer> fate = new ArrayList<>();
        for (int i = 0; i < 500; i++)
        {
            Frames.sendNumber(left, 2, i, 200);
            Frames.sendNumber(right, 1, i, 200);
            passLeftToRight(i * stepNs).forEach(frame -> fate.add(Arrays.hashCode(frame.bytes())));
        }
        work(10_000 * MS);
        Frames.receive(right, 0).forEach(frame -> fate.add(Arrays.hashCode(frame.bytes())));
        Frames.receive(left, 0).forEach(frame -> fate.add(Arrays.hashCode(frame.bytes())));
        relay.close();
        return fate;
    }

    private static byte[] large(final boolean isV4)
    {
        final byte[] bytes = new byte[1_514];
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        final int payload = 1_500 - (isV4 ? 20 : 40) - 32;
        final int at = Frames.tcpHeaders(buffer, isV4, payload, TcpHeader.ACK);
        buffer.putBytes(at, Frames.payload(payload));
        SoftwareOffload.completeChecksum(buffer, 0, bytes.length, at - 32, 16);
        assertTrue(Frames.isSound(bytes));
        return bytes;
    }

    private static void send(final Link link, final byte[] bytes)
    {
        final TxFrame frame = link.claim(bytes.length, false);
        frame.buffer().putBytes(frame.offset(), bytes);
        link.commit(frame);
    }

    /** A question of ARP or NDP. */
    private static void ask(final Link link, final boolean isArp)
    {
        final byte[] bytes = new byte[86];
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        EthernetHeader.put(buffer, 0, EthernetHeader.BROADCAST, link.capabilities().macAddress(),
            isArp ? EthernetHeader.TYPE_ARP : EthernetHeader.TYPE_IPV6);
        if (!isArp)
        {
            bytes[14 + Ipv6Header.NEXT_HEADER_OFFSET] = ProtocolNumber.ICMPV6;
            bytes[54] = (byte)Icmpv6Header.TYPE_NEIGHBOUR_SOLICITATION;
        }
        send(link, bytes);
    }

    private List<Frames.Seen> passLeftToRight(final long nowNs)
    {
        left.flush(nowNs);
        right.flush(nowNs);
        work(nowNs);
        return Frames.receive(right, nowNs);
    }

    private void work(final long nowNs)
    {
        while (relay.doWork(nowNs, 0) > 0)
        {
            continue;
        }
    }

    private void join(final String spec, final boolean sparesNeighbours)
    {
        join(spec, sparesNeighbours, link -> link);
    }

    private void join(
        final String spec, final boolean sparesNeighbours, final java.util.function.UnaryOperator<Link> second)
    {
        final MemoryLinkOptions options = new MemoryLinkOptions().queueFrames(QUEUE).txOffload(true).rxGso(true);
        final Pipe.Pair b = Pipe.pair(options, context, context);
        final Pipe.Pair a = Pipe.pair(options.mtu(leftMtu), context, context);
        made.add(a);
        made.add(b);
        left = a.left();
        right = b.right();
        relay = new Relay(
            new Stamping(a.right()), second.apply(b.left()), ImpairmentSpec.parse(spec), new SplittableRandom(1),
            smallChunks, largeChunks, sparesNeighbours);
    }

    /** A link that stamps frames. */
    private final class Stamping extends Delegate
    {
        Stamping(final Link link)
        {
            super(link);
        }

        @Override
        public int poll(final FrameHandler handler, final int limit, final long nowNs)
        {
            return super.poll(frame -> handler.onFrame(frame.timestampNs(stampNs)), limit, nowNs);
        }
    }
}
