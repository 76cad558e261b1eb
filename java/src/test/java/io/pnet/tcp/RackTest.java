package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.link.MemoryLinkOptions;
import org.junit.jupiter.api.Test;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Loss detection by time (RFC 8985 section 6), and what the scoreboard believes and costs. */
final class RackTest
{
    private static final long RTT_MS = 20;

    private static TcpPeer measured()
    {
        return new TcpPeer().establishedWithSack().measured();
    }

    /** Everything leaves in frames of many segments. */
    private static TcpPeer large()
    {
        final TcpSettings settings = new TcpSettings();
        settings.sendBufferBytes = 4 << 20;
        final TcpPeer peer = new TcpPeer(settings, new MemoryLinkOptions().txOffload(true), false)
            .established(syn().mss(1_000).sackPermitted().scale(8).window(65_535)).measured();
        peer.send(ack(101).seq(1).window(65_535));
        peer.connection().window.cwnd = 8 << 20;
        return peer;
    }

    // ---- what is lost

    @Test
    void findsThatARetransmissionWasLostToo()
    {
        try (TcpPeer peer = measured())
        {
            peer.write(9_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(1_101, 4_101));
            peer.expect(data(101, 1_000));
            peer.write(4_000);
            peer.send(ack(101).seq(1).sack(1_101, 9_101));
            assertTrue(peer.all().stream().anyMatch(each -> each.seq == 9_101));
            peer.advanceMs(RTT_MS + 1);
            // Sent after the retransmission, and here before it.
            peer.send(ack(101).seq(1).sack(1_101, 10_101));
            peer.advanceMs(RTT_MS / 4 + 1);
            assertTrue(peer.all().stream().anyMatch(each -> each.seq == 101));
            assertEquals(0, peer.count(Counter.TCP_RTO_TIMEOUTS));
            assertEquals(1, peer.count(Counter.TCP_FAST_RECOVERIES));
        }
    }

    @Test
    void countsShortSegmentsAsSegments()
    {
        final TcpSettings settings = new TcpSettings();
        settings.noDelay = true;
        try (TcpPeer peer = new TcpPeer(settings).establishedWithSack().measured())
        {
            for (int i = 0; i < 4; i++)
            {
                peer.write(50);
            }
            assertEquals(4, peer.all().size());
            peer.advanceMs(RTT_MS);
            // Section 6.2 step 4: three are enough, however little is in them.
            peer.send(ack(101).seq(1).sack(151, 301));
            peer.expect(data(101, 50));
        }
    }

    @Test
    void waitsLongerWhereDuplicatesAreReported()
    {
        try (TcpPeer peer = measured())
        {
            final RecoveryState r = peer.connection().recovery;
            r.reorderingSeen = true;
            final long windowNs = Rack.reorderWindowNs(peer.connection());
            assertEquals(RTT_MS * TcpPeer.MS / 4, windowNs);
            peer.write(4_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(91, 101));
            assertEquals(2 * windowNs, Rack.reorderWindowNs(peer.connection()));
            // Once a round trip.
            peer.send(ack(101).seq(1).sack(81, 91));
            assertEquals(2 * windowNs, Rack.reorderWindowNs(peer.connection()));
            peer.send(ack(4_101).seq(1).sack(81, 91));
            assertEquals(3 * windowNs, Rack.reorderWindowNs(peer.connection()));
            // Never longer than a round trip.
            r.reoWndMultiplier = 200;
            assertEquals(peer.connection().rtt.srttNs(), Rack.reorderWindowNs(peer.connection()));
            for (int i = 0; i < 16; i++)
            {
                Rack.onRecovered(r);
            }
            assertEquals(windowNs, Rack.reorderWindowNs(peer.connection()));
        }
    }

    @Test
    void anAnswerThatIsTooFastIsNotTheRetransmissions()
    {
        try (TcpPeer peer = measured())
        {
            peer.write(6_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(2_101, 5_101));
            assertTrue(peer.all().stream().anyMatch(each -> each.seq == 101));
            final long rackSentNs = peer.connection().recovery.rackSentNs;
            peer.advanceMs(1);
            peer.send(ack(1_101).seq(1).sack(2_101, 5_101));
            // Section 6.2 step 2: it says nothing about what was sent before the retransmission.
            assertEquals(rackSentNs, peer.connection().recovery.rackSentNs);
        }
    }

    @Test
    void aPauseOfOursIsNoLoss()
    {
        try (TcpPeer peer = measured())
        {
            peer.write(6_000);
            peer.forget();
            // More has arrived meanwhile than one duty cycle takes, and what counts is behind it.
            for (int i = 0; i < 100; i++)
            {
                peer.queue(ack(101).seq(1));
            }
            peer.queue(ack(6_101).seq(1));
            peer.nowNs += 1_000 * TcpPeer.MS;
            peer.cycle();
            assertEquals(0, peer.count(Counter.TCP_RTO_TIMEOUTS));
            assertEquals(0, peer.count(Counter.TCP_TAIL_LOSS_PROBES));
            assertEquals(0, peer.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
        }
    }

    @Test
    void theTimerComesAllTheSameWhereFramesNeverEnd()
    {
        try (TcpPeer peer = measured())
        {
            peer.write(1_000);
            peer.forget();
            for (int ms = 0; ms < 300; ms++)
            {
                for (int i = 0; i < 40; i++)
                {
                    peer.queue(ack(101).seq(1));
                }
                peer.nowNs += TcpPeer.MS;
                peer.stack.doWork(peer.nowNs);
            }
            peer.cycle();
            assertTrue(peer.count(Counter.TCP_TAIL_LOSS_PROBES) + peer.count(Counter.TCP_RTO_TIMEOUTS) > 0);
        }
    }

    @Test
    void aTimeoutLeavesAloneWhatWasSentJustNow()
    {
        try (TcpPeer peer = measured())
        {
            peer.write(2_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(1_101, 2_101));
            peer.advanceMs(230);
            peer.forget();
            // Section 6.3: the first is lost, for so the timer says; what is younger than a round trip is not.
            final Connection c = peer.connection();
            c.window.cwnd = 10_000;
            peer.write(3_000);
            final int young = peer.all().size();
            assertTrue(young > 0);
            c.retransmitAtNs = peer.nowNs + TcpPeer.MS;
            c.tcp.timers.arm(c);
            peer.advanceMs(2);
            assertEquals(101, peer.next().seq);
            peer.nothingMore();
            assertFalse(c.sent.is(c.sent.count() - 1, SentSegments.LOST));
        }
    }

    // ---- large frames

    @Test
    void sendsTheLostSegmentsOfALargeFrameWhole()
    {
        try (TcpPeer peer = large())
        {
            peer.write(20_000);
            assertEquals(20, peer.all().size());
            assertEquals(1, peer.connection().sent.count());
            peer.advanceMs(RTT_MS);
            // The third and the fifth to seventh are missing; one edge is none of a segment.
            peer.send(ack(2_101).seq(1).sack(3_101, 4_101, 7_150, 20_101).window(65_535));
            peer.expect(data(2_101, 1_000), data(4_101, 1_000), data(5_101, 1_000), data(6_101, 1_000));
            // The half of a segment is not had.
            peer.expect(data(7_101, 1_000));
            peer.nothingMore();
        }
    }

    @Test
    void sendsAtTheNewSizeWhatWasLostAtTheOld()
    {
        try (TcpPeer peer = large())
        {
            peer.write(10_000);
            peer.forget();
            peer.connection().sndMss = 600;
            peer.connection().window.smss = 600;
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(3_101, 10_101).window(65_535));
            peer.expect(data(101, 600), data(701, 600), data(1_301, 600), data(1_901, 600), data(2_501, 600));
            peer.nothingMore();
        }
    }

    // ---- what hostile blocks cost

    @Test
    void blocksOfSingleBytesMakeNoPieces()
    {
        try (TcpPeer peer = large())
        {
            peer.write(1_000_000);
            peer.forget();
            final SentSegments sent = peer.connection().sent;
            final int count = sent.count();
            for (int i = 0; i < 2_000; i++)
            {
                final int at = 101 + 480 * i;
                peer.send(ack(101).seq(1).sack(at + 1, at + 2, at + 100, at + 300).window(65_535));
            }
            assertEquals(count, sent.count());
            assertEquals(0, sent.sackedBytes());
        }
    }

    @Test
    void everySecondSegmentCostsAsMuchAsItChanges()
    {
        try (TcpPeer peer = large())
        {
            peer.write(1_000_000);
            peer.forget();
            final SentSegments sent = peer.connection().sent;
            final int rounds = 490;
            for (int i = 0; i < rounds; i++)
            {
                final int at = 1_101 + 2_000 * i;
                peer.send(ack(101).seq(1).sack(at, at + 1_000).window(65_535));
            }
            peer.forget();
            assertTrue(sent.count() <= 2 * rounds + 40, () -> "entries " + sent.count());
            final long moves = sent.moves();
            assertTrue(moves <= 100L * rounds, () -> "moves " + moves);
            // Again what is known, also of the whole: nothing is looked through.
            for (int i = 0; i < 1_000; i++)
            {
                final int at = 1_101 + 2_000 * (i % rounds);
                peer.send(ack(101).seq(1).sack(at, at + 1_000).window(65_535));
            }
            assertTrue(sent.moves() - moves <= 10_000, () -> "moves " + (sent.moves() - moves));
        }
    }

    @Test
    void piecesGrowTogether()
    {
        try (TcpPeer peer = large())
        {
            peer.write(500_000);
            peer.forget();
            final SentSegments sent = peer.connection().sent;
            final int count = sent.count();
            for (int i = 1; i < 300; i++)
            {
                peer.send(ack(101).seq(1).sack(1_101, 1_101 + 1_000 * i).window(65_535));
                peer.forget();
                assertTrue(sent.count() <= count + 2, () -> "entries " + sent.count());
            }
        }
    }

    @Test
    void piecesAreBounded()
    {
        final TcpSettings settings = new TcpSettings();
        settings.sendBufferBytes = 4 << 20;
        try (TcpPeer peer = new TcpPeer(settings, new MemoryLinkOptions().txOffload(true), false)
            .established(syn().mss(64).sackPermitted().scale(8).window(65_535)).measured())
        {
            peer.send(ack(101).seq(1).window(65_535));
            peer.connection().window.cwnd = 8 << 20;
            peer.write(2_000_000);
            peer.forget();
            final SentSegments sent = peer.connection().sent;
            for (int i = 0; i < 15_000; i++)
            {
                final int at = 101 + 64 + 128 * i;
                peer.queue(ack(101).seq(1).sack(at, at + 64).window(65_535));
                peer.stack.doWork(peer.nowNs);
            }
            peer.forget();
            assertTrue(sent.count() <= 8_192 + 100, () -> "entries " + sent.count());
        }
    }

    // ---- a peer that forgets

    @Test
    void doesNotWaitLongForAPeerThatHasReneged()
    {
        try (TcpPeer peer = measured())
        {
            peer.write(4_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(1_101, 4_101));
            peer.expect(data(101, 1_000));
            peer.advanceMs(RTT_MS);
            // It acknowledges the first, and not what it has told of behind it (RFC 2018 section 8).
            peer.send(ack(1_101).seq(1));
            peer.advanceMs(15);
            assertEquals(1_101, peer.next().seq);
            peer.send(ack(2_101).seq(1));
            assertEquals(2_101, peer.next().seq);
        }
    }
}
