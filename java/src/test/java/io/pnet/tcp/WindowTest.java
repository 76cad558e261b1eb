package io.pnet.tcp;

import io.pnet.Must;
import io.pnet.counters.Counter;
import io.pnet.link.Chunk;
import io.pnet.link.ChunkPool;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static io.pnet.tcp.Tcp.ACK;
import static io.pnet.tcp.Tcp.FIN;
import static io.pnet.tcp.Tcp.RST;
import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static io.pnet.tcp.Tcp.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Windows, both sides: closed, opened, shrunk, silly ones; Nagle's algorithm; keepalive (RFC 9293 section 3.8). */
final class WindowTest
{
    @Must({35, 36, 37})
    @Test
    void probesAClosedWindowForEver()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(ack(1).seq(1).window(0));
            peer.write(5_000);
            peer.nothingMore();
            long lastNs = peer.nowNs;
            long lastGapNs = 0;
            final long endNs = peer.nowNs + 3_600_000 * TcpPeer.MS;
            int probes = 0;
            while (peer.nowNs < endNs)
            {
                peer.advanceMs(1_000);
                for (final Tcp.Seen probe : peer.all())
                {
                    assertTrue(probe.matches(data(1, 1)), probe::toString);
                    final long gapNs = probe.atNs - lastNs;
                    assertTrue(gapNs >= lastGapNs, () -> "probes come faster: " + gapNs);
                    assertTrue(gapNs <= 61_000 * TcpPeer.MS, () -> "probe after " + gapNs);
                    lastNs = probe.atNs;
                    lastGapNs = gapNs;
                    probes++;
                    // The peer lives, and its window stays shut (MUST-37).
                    peer.send(ack(1).seq(1).window(0));
                }
            }
            assertTrue(probes > 50, "probes: " + probes);
            assertEquals(probes, peer.count(Counter.TCP_ZERO_WINDOW_PROBES));
            assertEquals(TcpState.ESTABLISHED, peer.state());
            peer.send(ack(1).seq(1).window(10_000));
            peer.expect(data(1, 1), data(2, 1_000), data(1_002, 1_000), data(2_002, 1_000), data(3_002, 1_000));
            peer.nothingMore();
            peer.send(ack(4_002).seq(1).window(10_000));
            peer.expect(data(4_002, 999));
        }
    }

    @Test
    void goesOnWhenTheWindowOpensAfterTheProbeWasTaken()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(ack(1).seq(1).window(0));
            peer.write(3_000);
            peer.advanceMs(250);
            peer.expect(data(1, 1));
            peer.send(ack(2).seq(1).window(10_000));
            peer.expect(data(2, 1_000), data(1_002, 1_000));
            peer.nothingMore();
            peer.send(ack(2_002).seq(1).window(10_000));
            peer.expect(data(2_002, 999));
            peer.send(ack(3_001).seq(1).window(10_000));
            peer.advanceMs(100_000);
            peer.nothingMore();
        }
    }

    @Test
    void givesUpAPeerThatDoesNotAnswerProbes()
    {
        final TcpSettings settings = new TcpSettings();
        settings.userTimeoutNs = 60_000 * TcpPeer.MS;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            peer.send(ack(1).seq(1).window(0));
            peer.write(100);
            peer.advanceMs(300_000);
            assertEquals(CloseReason.TIMED_OUT, peer.user.reason);
        }
    }

    @Test
    void probesWithTheFinAlone()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(ack(1).seq(1).window(0));
            peer.shutdown();
            peer.nothingMore();
            peer.advanceMs(2_000);
            peer.expect(tcp(FIN | ACK).seq(1));
            peer.send(ack(2).seq(1).window(0));
            assertEquals(TcpState.FIN_WAIT_2, peer.state());
        }
    }

    @Must(34)
    @Test
    void survivesAWindowThatShrinks()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(4_000);
            peer.forget();
            // MUST-34: the right edge moves left over what is in flight.
            peer.send(ack(1_001).seq(1).window(500));
            peer.write(1_000);
            peer.nothingMore();
            peer.send(ack(4_001).seq(1).window(5_000));
            peer.expect(data(4_001, 1_000));
        }
    }

    @Test
    void ignoresTheWindowOfAnOldSegment()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(data(1, 100).acks(1).window(10_000));
            peer.send(data(101, 100).acks(1).window(20_000));
            assertEquals(20_000, peer.connection().sndWnd);
            // RFC 9293 section 3.10.7.4: SND.WL1 and SND.WL2 keep old windows out.
            peer.send(ack(1).seq(101).window(3_000));
            assertEquals(20_000, peer.connection().sndWnd);
        }
    }

    @Must(38)
    @Test
    void doesNotSendSillySegments()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(ack(1).seq(1).window(4_000));
            peer.write(10_000);
            assertEquals(4, peer.all().size());
            // MUST-38: 300 bytes of room are neither a segment nor half the largest window.
            peer.send(ack(4_001).seq(1).window(300));
            peer.nothingMore();
            peer.advanceMs(5_000);
            final List<Tcp.Seen> overridden = peer.all();
            assertTrue(!overridden.isEmpty() && overridden.get(0).length == 300, overridden::toString);
            peer.send(ack(4_301).seq(1).window(4_000));
            assertEquals(4, peer.all().size());
        }
    }

    @Test
    void sendsHalfOfASmallWindow()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_000).window(600)))
        {
            peer.write(5_000);
            peer.expect(data(1, 600));
            peer.send(ack(601).seq(1).window(300));
            peer.expect(data(601, 300));
            peer.nothingMore();
        }
    }

    @Must(39)
    @Test
    void doesNotOfferSillyWindows()
    {
        final TcpSettings settings = new TcpSettings();
        settings.receiveBufferBytes = 10_000;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            peer.user.isReadingInPlace = false;
            for (int i = 0; i < 10; i++)
            {
                peer.send(data(1 + 1_000 * i, 1_000).acks(1));
            }
            peer.advanceMs(100);
            final List<Tcp.Seen> acks = peer.all();
            assertEquals(0, acks.get(acks.size() - 1).window);
            // MUST-39: a few bytes read are not worth a word.
            assertEquals(700, peer.user.read(700));
            peer.nothingMore();
            assertEquals(1_800, peer.user.read(1_800));
            peer.expect(ack(10_001).window(2_500));
            peer.nothingMore();
            assertEquals(7_500, peer.user.read(100_000));
            peer.expect(ack(10_001).window(10_000));
        }
    }

    @Test
    void neverTakesMoreThanItsBufferHoweverSmallTheSegments()
    {
        final TcpSettings settings = new TcpSettings();
        settings.receiveBufferBytes = 300_000;
        try (TcpPeer peer = new TcpPeer(settings).established(syn().mss(1_000).scale(7)))
        {
            peer.user.isReadingInPlace = false;
            int at = 1;
            int edge = at;
            while (at < 299_001)
            {
                peer.send(data(at, 1_000).acks(1));
                at += 1_000;
            }
            for (int i = 0; i < 5_000; i++)
            {
                peer.send(data(at, 1).acks(1));
                for (final Tcp.Seen each : peer.all())
                {
                    edge = each.ack + (each.window << peer.connection().rcvWndShift);
                    at = each.ack;
                }
            }
            assertTrue(edge <= 310_000, "right edge at " + edge);
            assertTrue(peer.connection().readable() <= 310_000, () -> "unread " + peer.connection().readable());
        }
    }

    @Test
    void neverMovesTheRightEdgeBack()
    {
        final TcpSettings settings = new TcpSettings();
        settings.receiveBufferBytes = 300_000;
        try (TcpPeer peer = new TcpPeer(settings).established(syn().mss(1_000).scale(7)))
        {
            peer.user.isReadingInPlace = false;
            int edge = 0;
            int at = 1;
            for (int i = 0; i < 290; i++)
            {
                peer.send(data(at, 777).acks(1));
                at += 777;
                for (final Tcp.Seen each : peer.all())
                {
                    final int next = each.ack + (each.window << peer.connection().rcvWndShift);
                    assertTrue(next >= edge, "right edge moved back");
                    edge = next;
                }
            }
        }
    }

    @Test
    void offersTheBufferThatWasSetAndNoOther()
    {
        final TcpSettings settings = new TcpSettings();
        settings.receiveBufferBytes = 40_000;
        settings.sendBufferBytes = 30_000;
        try (TcpPeer peer = new TcpPeer(settings).established(syn().mss(1_000).scale(7)))
        {
            for (int i = 0; i < 200; i++)
            {
                peer.send(data(1 + 1_000 * i, 1_000).acks(1));
                peer.advanceMs(10);
            }
            assertEquals(40_000, peer.connection().receiveBufferBytes());
            peer.write(30_000);
            peer.send(ack(10_001).seq(200_001).window(60_000));
            peer.send(ack(30_001).seq(200_001).window(60_000));
            assertEquals(30_000, peer.connection().sendBufferBytes());
        }
    }

    @Test
    void offersMoreToAReaderThatTakesMore()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_000).scale(7)))
        {
            assertEquals(65_535, peer.connection().receiveBufferBytes());
            int at = 1;
            // The round trip is 20 ms, and in each of them more is taken.
            for (int round = 1; round <= 5; round++)
            {
                for (int i = 0; i < 10 << round; i++)
                {
                    peer.send(data(at, 1_000).acks(1));
                    at += 1_000;
                }
                peer.advanceMs(20);
            }
            peer.send(data(at, 1_000).acks(1));
            final int limit = peer.connection().receiveBufferBytes();
            assertTrue(limit >= 640_000 && limit <= 2_000_000, () -> "offers " + limit);
            // And never less again.
            for (int i = 0; i < 50; i++)
            {
                at += 1_000;
                peer.send(data(at, 1_000).acks(1));
                peer.advanceMs(20);
            }
            assertTrue(peer.connection().receiveBufferBytes() >= limit);
        }
    }

    @Test
    void opensNoWindowWhileMemoryIsTight()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final ChunkPool pool = peer.stack.largeChunks();
            final List<Chunk> taken = new ArrayList<>();
            while (pool.available() > pool.capacity() / 10)
            {
                taken.add(pool.acquire());
            }
            int at = 1;
            int edge = 65_536;
            for (int i = 0; i < 80; i++)
            {
                peer.send(data(at, 1_000).acks(1));
                at += 1_000;
                for (final Tcp.Seen each : peer.all())
                {
                    assertTrue(each.ack + each.window >= edge, "right edge moved back");
                    edge = each.ack + each.window;
                    // What was promised before stays so, and then it is four segments (of the largest we take).
                    assertTrue(each.window <= Math.max(65_536 - each.ack, 4 * 1_460), each::toString);
                }
            }
            assertEquals(80_000, peer.user.received.size());
            taken.forEach(Chunk::release);
            peer.send(data(at, 1_000).acks(1));
            peer.send(data(at + 1_000, 1_000).acks(1));
            final List<Tcp.Seen> acks = peer.all();
            assertEquals(65_535, acks.get(acks.size() - 1).window);
        }
    }

    @Test
    void tellsAWriterThatFoundNoMemoryWhenThereIsSome()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final ChunkPool pool = peer.stack.sendChunks();
            final List<Chunk> taken = new ArrayList<>();
            for (Chunk chunk = pool.acquire(); chunk != null; chunk = pool.acquire())
            {
                taken.add(chunk);
            }
            peer.user.writableCalls = 0;
            assertEquals(0, peer.connection().write(new UnsafeBuffer(new byte[3_000]), 0, 3_000));
            peer.advanceMs(1_000);
            assertEquals(0, peer.user.writableCalls);
            // Receiving goes on all the same, in order and not.
            peer.user.isReadingInPlace = false;
            peer.send(data(1_001, 1_000).acks(1));
            peer.send(data(1, 1_000).acks(1));
            peer.expect(ack(1), ack(2_001));
            taken.remove(0).release();
            peer.cycle();
            peer.advanceMs(1);
            assertEquals(1, peer.user.writableCalls);
            peer.write(1_000);
            peer.expect(data(1, 1_000));
            taken.forEach(Chunk::release);
        }
    }

    @Test
    void sharesWhatMayBePromisedAndLeavesSomeForTheNext()
    {
        final MemoryBudget budget = new MemoryBudget(96 << 20);
        final int[] limits = new int[10];
        for (int i = 0; i < limits.length; i++)
        {
            limits[i] = budget.grow(budget.open(65_535), 32 << 20);
            assertTrue(limits[i] >= (i == 0 ? 32 << 20 : 65_535), "connection " + i + " gets " + limits[i]);
            assertTrue(i == 0 || limits[i] <= limits[i - 1]);
            assertTrue(budget.granted() <= 96 << 20);
        }
        assertTrue(limits[3] >= 8 << 20, () -> "the fourth gets " + limits[3]);
        for (final int limit : limits)
        {
            budget.close(limit);
        }
        assertEquals(0, budget.granted());
    }

    @Test
    void holdsAShortSegmentBackWhileSomethingIsInFlight()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(10);
            peer.expect(data(1, 10));
            // RFC 9293 section 3.7.4.
            peer.write(10);
            peer.write(10);
            peer.nothingMore();
            peer.send(ack(11).seq(1));
            peer.expect(data(11, 20));
            peer.write(2_500);
            peer.expect(data(31, 1_000), data(1_031, 1_000));
            peer.nothingMore();
            peer.send(ack(2_031).seq(1));
            peer.expect(data(2_031, 500));
        }
    }

    @Must(17)
    @Test
    void sendsShortSegmentsAtOnceWithoutNagle()
    {
        final TcpSettings settings = new TcpSettings();
        settings.noDelay = true;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            peer.write(10);
            peer.write(10);
            peer.expect(data(1, 10), data(11, 10));
        }
    }

    @Must(25)
    @Test
    void asksNoIdlePeerUnlessTold()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.advanceMs(100_000_000);
            peer.nothingMore();
        }
    }

    @Must({24, 26, 27, 28, 29})
    @Test
    void keepsAlive()
    {
        final TcpSettings settings = new TcpSettings();
        settings.keepAlive = true;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            // MUST-28: two hours by default.
            peer.advanceMs(7_199_000);
            peer.nothingMore();
            peer.advanceMs(2_000);
            peer.expect(ack(1).seq(0).length(0));
            peer.send(ack(1).seq(1));
            peer.advanceMs(7_190_000);
            peer.nothingMore();
            peer.advanceMs(11_000);
            peer.expect(ack(1).seq(0));
            // MUST-29: a lost answer or eight are no reason to give up.
            for (int i = 0; i < 8; i++)
            {
                peer.advanceMs(75_000);
                peer.expect(ack(1).seq(0));
            }
            peer.advanceMs(75_000);
            peer.expect(tcp(RST | ACK).seq(1));
            assertEquals(CloseReason.TIMED_OUT, peer.user.reason);
        }
    }

    @Test
    void blindJunkDoesNotMakeADeadPeerLookAlive()
    {
        final TcpSettings settings = new TcpSettings();
        settings.keepAlive = true;
        settings.keepAliveIdleNs = 10_000 * TcpPeer.MS;
        settings.keepAliveIntervalNs = 5_000 * TcpPeer.MS;
        settings.keepAliveProbes = 3;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            final Tcp[] junk =
            {
                ack(1).seq(-5_000), data(10_000_000, 10).acks(1), tcp(RST).seq(500), Tcp.syn().seq(500),
                tcp(Tcp.PSH).seq(1), ack(100_000).seq(1), ack(-100_000).seq(1),
            };
            for (int i = 0; i < junk.length; i++)
            {
                peer.advanceMs(1_000);
                peer.send(junk[i]);
            }
            peer.forget();
            peer.advanceMs(4_000);
            // Ten seconds after the peer's own last word, whatever came in between; and nothing of it is an answer.
            peer.expect(ack(1).seq(0));
            for (int i = 1; i < settings.keepAliveProbes; i++)
            {
                peer.advanceMs(2_000);
                peer.send(junk[i]);
                peer.forget();
                peer.advanceMs(3_000);
                peer.expect(ack(1).seq(0));
            }
            peer.advanceMs(5_000);
            peer.expect(tcp(RST | ACK).seq(1));
            assertEquals(CloseReason.TIMED_OUT, peer.user.reason);
        }
    }

    @Test
    void answersAPeersKeepAlive()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(ack(1).seq(0));
            peer.expect(ack(1).seq(1));
            peer.nothingMore();
        }
    }

    @Test
    void tellsOfRoomOncePerDutyCycle()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(3_000);
            peer.forget();
            peer.user.writableCalls = 0;
            peer.send(ack(1_001).seq(1));
            assertEquals(1, peer.user.writableCalls);
            peer.send(ack(3_001).seq(1));
            assertEquals(2, peer.user.writableCalls);
        }
    }
}
