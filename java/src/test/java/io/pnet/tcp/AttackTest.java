package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.link.ChunkPool;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Attacks that others are known for, and what they may cost: state and memory that are bounded, answers that are
 * counted, and a connection that goes on. Nothing here looks at a clock.
 *
 * <p>{@code -Dpnet.hostile.guesses=1000000} has so many blind guesses made in every state.
 */
class AttackTest
{
    private static final int GUESSES = Integer.getInteger("pnet.hostile.guesses", 10_000);
    private static final int CHALLENGES_PER_SECOND = 10;
    /** Nothing times out by itself in so long. */
    private static final long MAX_NS = 40_000_000_000L;
    private static final int PEERS = 10_000;
    private static final int BATCH = 100;
    /** All objects of a connection, those of the test's user among them. */
    private static final int MAX_HEAP_EACH = 8_192;

    /** The states that a blind attacker may meet. */
    enum Victim
    {
        LISTEN(TcpPeer::listen),
        COOKIES(peer ->
        {
            peer.settings.synCookies = SynCookieUse.ALWAYS;
            peer.listen().send(Tcp.syn().mss(1_000));
        }),
        SYN_RECEIVED(peer -> peer.listen().send(Tcp.syn().mss(1_000))),
        SYN_SENT(TcpPeer::connect),
        ESTABLISHED(TcpPeer::established),
        FIN_WAIT_1(peer -> peer.established().shutdown()),
        FIN_WAIT_2(peer ->
        {
            peer.established().shutdown();
            peer.send(Tcp.ack(2).seq(1));
        }),
        CLOSE_WAIT(peer -> peer.established().send(Tcp.tcp(Tcp.FIN | Tcp.ACK).seq(1).acks(1))),
        CLOSING(peer ->
        {
            peer.established().shutdown();
            peer.send(Tcp.tcp(Tcp.FIN | Tcp.ACK).seq(1).acks(1));
        }),
        LAST_ACK(peer ->
        {
            peer.established().send(Tcp.tcp(Tcp.FIN | Tcp.ACK).seq(1).acks(1));
            peer.shutdown();
        }),
        TIME_WAIT(peer ->
        {
            peer.established().shutdown();
            peer.send(Tcp.tcp(Tcp.FIN | Tcp.ACK).seq(1).acks(2));
            assertEquals(TcpState.TIME_WAIT, peer.state());
        });

        private final Consumer<TcpPeer> setUp;

        Victim(final Consumer<TcpPeer> setUp)
        {
            this.setUp = setUp;
        }

        /**
         * A SYN alone in SYN-SENT is a simultaneous open, from whomever (RFC 9293 section 3.10.7.3); to a listener, and
         * in TIME_WAIT where it is newer (MAY-2), it opens a connection.
         */
        boolean isOpenTo(final int flags)
        {
            return flags == Tcp.SYN && (this == SYN_SENT || this == LISTEN || this == COOKIES || this == TIME_WAIT);
        }
    }

    @ParameterizedTest
    @EnumSource
    void blindGuessesNeitherResetNorInjectNorConnect(final Victim victim)
    {
        try (TcpPeer peer = new TcpPeer())
        {
            victim.setUp.accept(peer);
            peer.forget();
            final Connection c = peer.connection();
            final int rcvNxt = c == null ? peer.peerIss + 1 : c.rcvNxt;
            final int sndNxt = c == null ? peer.stackIss + 1 : c.sndNxt;
            final String before = look(peer);
            final long startNs = peer.nowNs;
            final SplittableRandom random = new SplittableRandom(victim.ordinal());
            final int[] flags = {Tcp.RST, Tcp.RST | Tcp.ACK, Tcp.SYN, Tcp.ACK, Tcp.FIN | Tcp.ACK, Tcp.SYN | Tcp.ACK};
            for (int i = 0; i < GUESSES; i++)
            {
                // What is right is no guess: 2^32 to one.
                int seq = random.nextInt();
                seq = peer.peerIss + seq == rcvNxt ? seq + 1 : seq;
                int ack = random.nextInt();
                ack = peer.stackIss + ack == sndNxt ? ack - 2 : ack;
                final int drawn = flags[random.nextInt(flags.length)];
                final int kind = victim.isOpenTo(drawn) ? Tcp.RST : drawn;
                peer.nowNs += Math.min(100_000, MAX_NS / GUESSES);
                peer.send(Tcp.tcp(kind).seq(seq).acks(ack).length(kind == Tcp.ACK ? random.nextInt(3) : 0));
                if (i % 256 == 0)
                {
                    peer.forget();
                    assertEquals(before, look(peer), "after " + i + " guesses");
                }
            }
            assertEquals(before, look(peer));
            assertEquals(0, peer.counters.unaccounted());
            final long seconds = (peer.nowNs - startNs) / 1_000_000_000L + 2;
            assertTrue(peer.count(Counter.TCP_TX_CHALLENGE_ACKS) <= CHALLENGES_PER_SECOND * seconds,
                () -> peer.count(Counter.TCP_TX_CHALLENGE_ACKS) + " challenges in " + seconds + " s");
        }
    }

    /** All that a guess could have changed. */
    private static String look(final TcpPeer peer)
    {
        final Connection c = peer.connection();
        return peer.accepted.size() + " accepted, " + peer.stack.tcp().connectionCount() + " connections, " +
            peer.stack.tcp().halfOpenCount() + " half open" + (c == null ? "" : ", " + peer.state() +
            " rcvNxt " + c.rcvNxt + " sndUna " + c.sndUna + " sndWnd " + c.sndWnd + " received " + c.bytesReceived);
    }

    @Test
    void resetsWithinTheWindowAreChallengedAFewTimesASecond()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            for (int i = 0; i < 5_000; i++)
            {
                peer.send(Tcp.tcp(Tcp.RST).seq(2 + i));
            }
            assertEquals(CHALLENGES_PER_SECOND, peer.all().size());
            assertEquals(TcpState.ESTABLISHED, peer.state());
            peer.send(Tcp.tcp(Tcp.RST).seq(1));
            assertEquals(TcpState.CLOSED, peer.state());
        }
    }

    @Test
    void challengesOfOneConnectionSayNothingOfAnother()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final Connection first = peer.connection();
            peer.peerPort++;
            peer.send(Tcp.syn().mss(1_000));
            peer.next();
            peer.send(Tcp.ack(1).seq(1));
            peer.forget();
            for (int i = 0; i < 100; i++)
            {
                peer.send(Tcp.tcp(Tcp.RST).seq(2 + i));
            }
            assertEquals(CHALLENGES_PER_SECOND, peer.all().size());
            // CVE-2016-5696: with one counter for all, the first connection would now be silent.
            peer.peerPort--;
            peer.stackIss = first.iss;
            for (int i = 0; i < 100; i++)
            {
                peer.send(Tcp.tcp(Tcp.RST).seq(2 + i));
            }
            assertEquals(CHALLENGES_PER_SECOND, peer.all().size());
        }
    }

    @Test
    void segmentSmackFillsABoundedListAndTheConnectionGoesOn()
    {
        try (TcpPeer peer = new TcpPeer().establishedWithSack())
        {
            final Connection c = peer.connection();
            for (int i = 0; i < 20_000; i++)
            {
                // Every other byte, from the far end, so that nothing grows together.
                peer.send(Tcp.data(2 + 2 * ((i * 7_919) % 20_000), 1).acks(1));
            }
            assertTrue(c.reassembly.ranges() <= Reassembly.MAX_RANGES, "ranges " + c.reassembly.ranges());
            final long memory = memory(peer);
            assertTrue(memory <= 1 << 20, "20,000 bytes took " + memory);
            peer.forget();
            for (int at = 1; at < 41_000; at += 1_000)
            {
                peer.send(Tcp.data(at, 1_000).acks(1));
            }
            assertEquals(41_000, c.bytesReceived);
            assertEquals(0, c.reassembly.ranges());
        }
    }

    @Test
    void acknowledgementsInSplintersGrowTheWindowByBytes()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final Connection c = peer.connection();
            peer.write(9_000);
            peer.forget();
            final int before = c.window.cwnd;
            for (int i = 1; i <= 1_000; i++)
            {
                peer.send(Tcp.ack(1 + i).seq(1));
            }
            // RFC 3465: what was acknowledged counts, not how often.
            assertTrue(c.window.cwnd - before <= 1_000, "grew by " + (c.window.cwnd - before));
        }
    }

    @Test
    void whatWasNotSentCannotBeAcknowledged()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final Connection c = peer.connection();
            peer.write(5_000);
            peer.forget();
            final int before = c.window.cwnd;
            for (int i = 0; i < 1_000; i++)
            {
                peer.send(Tcp.ack(5_002 + i * 1_000).seq(1));
            }
            assertEquals(before, c.window.cwnd);
            assertEquals(1_000, peer.count(Counter.TCP_RX_DROP_BAD_ACK));
            assertTrue(peer.all().size() <= CHALLENGES_PER_SECOND);
        }
    }

    @Test
    void holesWithTheSmallestSegmentsAreBounded()
    {
        final TcpSettings settings = new TcpSettings();
        try (TcpPeer peer = new TcpPeer(settings).established(Tcp.syn().mss(1).sackPermitted().scale(8)))
        {
            final Connection c = peer.connection();
            c.window.cwnd(1 << 20);
            // CVE-2019-11479: the peer asks for the smallest segments there are.
            assertTrue(c.sndMss >= 32, "segments of " + c.sndMss);
            peer.write(200_000);
            final int segments = c.sent.count();
            assertTrue(segments >= 3_000, "only " + segments + " segments to make holes in");
            final SplittableRandom random = new SplittableRandom(7);
            for (int i = 0; i < 2_000; i++)
            {
                final int sent = c.sndNxt - c.iss;
                final int left = 1 + random.nextInt(Math.max(1, sent - 1));
                peer.send(Tcp.ack(1).seq(1).sack(left, Math.min(sent, left + 1 + random.nextInt(8))));
                // Blocks that cut segments in two are worth nothing.
                assertTrue(c.sent.count() <= 2 * segments, "entries " + c.sent.count());
            }
            final int all = c.sndNxt - c.iss;
            peer.forget();
            peer.send(Tcp.ack(all).seq(1));
            assertTrue(c.sndUna - c.iss >= all, "not acknowledged");
        }
    }

    @Test
    void scansWithOddFlagsGetWhatTheStandardSaysAndLeaveNothing()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            for (int flags = 0; flags < 64; flags++)
            {
                for (final int port : new int[] {TcpPeer.PORT, 81})
                {
                    peer.stackPort = port;
                    peer.peerPort = 1_024 + flags;
                    peer.send(Tcp.tcp(flags).seq(0).acks(1));
                    final List<Tcp.Seen> replies = peer.all();
                    final boolean isRst = (flags & Tcp.RST) != 0;
                    final boolean isAck = (flags & Tcp.ACK) != 0;
                    final boolean isSyn = (flags & Tcp.SYN) != 0;
                    final String name = Tcp.flagText(flags) + " to " + port + ": " + replies;
                    if (isRst)
                    {
                        assertEquals(0, replies.size(), name);
                    }
                    else if (port == 81 || isAck)
                    {
                        assertEquals(1, replies.size(), name);
                        assertTrue((replies.get(0).flags & Tcp.RST) != 0, name);
                    }
                    else if (!isSyn)
                    {
                        assertEquals(0, replies.size(), name);
                    }
                    else if ((flags & Tcp.FIN) == 0)
                    {
                        assertEquals(Tcp.SYN | Tcp.ACK, replies.get(0).flags & (Tcp.SYN | Tcp.ACK), name);
                        // As a scanner does it.
                        peer.send(Tcp.tcp(Tcp.RST).seq(1));
                        peer.forget();
                    }
                }
            }
            peer.advanceMs(70_000);
            assertEquals(0, peer.stack.tcp().connectionCount());
            assertEquals(0, peer.counters.unaccounted());
        }
    }

    @Test
    void peersWithWindowsOfOneByteHoldSoMuchEachAndNoMore()
    {
        try (TcpPeer peer = new TcpPeer())
        {
            peer.backlog = PEERS + 1;
            peer.isPayloadChecked = false;
            peer.listen();
            final long heapBefore = heap();
            for (int first = 0; first < PEERS; first += BATCH)
            {
                for (int i = first; i < first + BATCH; i++)
                {
                    peer.peerPort = 2_000 + i;
                    peer.queue(Tcp.syn().mss(1_000).window(1));
                }
                peer.forget();
                peer.stack.tcp().forEachHalfOpen(each ->
                {
                    peer.peerPort = each.remotePort;
                    peer.stackIss = each.iss;
                    peer.queue(Tcp.ack(1).seq(1).window(1));
                });
                peer.cycle();
            }
            assertEquals(PEERS, peer.accepted.size());
            final long heapEach = (heap() - heapBefore) / PEERS;
            final UnsafeBuffer bytes = new UnsafeBuffer(new byte[100]);
            for (final TcpPeer.User user : peer.accepted)
            {
                user.connection.write(bytes, 0, bytes.capacity());
            }
            // Nothing is read of theirs, and hardly anything taken: a small chunk for what they do not fetch, no more.
            final long sentBefore = peer.count(Counter.TCP_TX_SEGMENTS);
            for (int second = 0; second < 30; second++)
            {
                peer.nowNs += 1_000_000_000L;
                peer.forget();
            }
            final long each = memory(peer) / PEERS;
            final long segmentsEach = (peer.count(Counter.TCP_TX_SEGMENTS) - sentBefore) / PEERS;
            System.out.println(PEERS + " peers with windows of one byte hold " + each + " bytes of chunks and " +
                heapEach + " of heap each, and got " + segmentsEach + " segments in 30 s");
            assertTrue(each <= ChunkPool.SMALL, each + " bytes each");
            assertTrue(heapEach <= MAX_HEAP_EACH, heapEach + " bytes of heap each");
            assertTrue(segmentsEach <= 8, segmentsEach + " segments each");
        }
    }

    private static long heap()
    {
        System.gc();
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void initialSequenceNumbersShowNoPattern()
    {
        final IsnGenerator generator = new IsnGenerator(new SipHash(new java.util.Random(1)));
        final int samples = 100_000;
        final Set<Integer> seen = new HashSet<>();
        final int[][] buckets = new int[4][256];
        final int[] differences = new int[256];
        int previous = 0;
        for (int i = 0; i < samples; i++)
        {
            final int isn = generator.initialSequenceNumber(
                0, 1, 80, 0, 2 + (i >> 14), 40_000 + (i & 0x3FFF), 1_000_000_000L + i * 1_000L);
            seen.add(isn);
            for (int b = 0; b < 4; b++)
            {
                buckets[b][isn >>> (8 * b) & 0xFF]++;
            }
            differences[isn - previous >>> 24]++;
            previous = isn;
        }
        // Of 10^5 draws from 2^32 about one pair coincides.
        assertTrue(samples - seen.size() <= 8, samples - seen.size() + " collisions");
        for (final int[] each : buckets)
        {
            assertEven(each, samples);
        }
        assertEven(differences, samples);
    }

    @Test
    void ephemeralPortsShowNoPattern() throws java.io.IOException
    {
        try (TcpPeer peer = new TcpPeer())
        {
            final int samples = 20_000;
            final int[] buckets = new int[256];
            final int[] differences = new int[256];
            int previous = 0;
            for (int i = 0; i < samples; i++)
            {
                final Connection c = peer.stack.tcp().connect(
                    IpAddress.ANY, 0, TcpPeer.PEER_V4, TcpPeer.PEER_PORT, null, peer.user, peer.nowNs);
                final int port = c.localPort;
                assertTrue(port >= 1_024, "port " + port);
                buckets[(port - 32_768) * 256 / (61_000 - 32_768)]++;
                differences[(port - previous & 0xFFFF) % 251 % 256]++;
                previous = port;
                peer.stack.tcp().closed(c, CloseReason.ABORTED);
            }
            assertEven(buckets, samples);
            assertEven(java.util.Arrays.copyOf(differences, 251), samples);
        }
    }

    /** Chi square: at 255 degrees of freedom 350 is passed once in some 25,000 honest draws. */
    private static void assertEven(final int[] buckets, final int samples)
    {
        final double expected = samples / (double)buckets.length;
        double sum = 0;
        for (final int each : buckets)
        {
            sum += (each - expected) * (each - expected) / expected;
        }
        assertTrue(sum < 350, "chi square " + sum);
    }

    private static long memory(final TcpPeer peer)
    {
        return (long)peer.stack.largeChunks().inUse() * ChunkPool.LARGE +
            (long)peer.stack.smallChunks().inUse() * ChunkPool.SMALL;
    }
}
