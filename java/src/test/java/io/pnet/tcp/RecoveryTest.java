package io.pnet.tcp;

import io.pnet.Must;
import io.pnet.counters.Counter;
import io.pnet.tcp.congestion.NewReno;
import org.junit.jupiter.api.Test;

import java.util.List;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What is sent, and sent again, when things get lost (RFC 5681, 6298, 6582, 6928, 8985). */
final class RecoveryTest
{
    private static final long RTT_MS = 20;

    private static int bytes(final List<Tcp.Seen> segments)
    {
        return segments.stream().mapToInt(each -> each.length).sum();
    }

    @Test
    void startsWithTenSegments()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            // RFC 6928.
            peer.write(50_000);
            final List<Tcp.Seen> sent = peer.all();
            assertEquals(10, sent.size());
            assertEquals(10_000, bytes(sent));
        }
    }

    @Test
    void startsWithLessWhereSegmentsAreLarge()
    {
        try (TcpPeer peer = new TcpPeer(new TcpSettings(), new io.pnet.link.MemoryLinkOptions().mtu(9_000), false)
            .established(syn().mss(8_960)))
        {
            // RFC 6928 section 2: min(10 MSS, max(2 MSS, 14600)).
            peer.write(100_000);
            assertEquals(2, peer.all().size());
        }
    }

    @Test
    void startsWithOneSegmentWhenTheSynWasLost()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            peer.advanceMs(1_100);
            peer.expect(syn());
            peer.send(Tcp.tcp(Tcp.SYN | Tcp.ACK).seq(0).acks(1).mss(1_000));
            peer.expect(ack(1));
            peer.write(5_000);
            peer.expect(data(1, 1_000));
            peer.nothingMore();
        }
    }

    @Must(19)
    @Test
    void growsBySegmentsAcknowledgedInSlowStart()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(60_000);
            assertEquals(10, peer.all().size());
            peer.advanceMs(RTT_MS);
            peer.send(ack(2_001).seq(1));
            assertEquals(4, peer.all().size());
        }
    }

    @Must(19)
    @Test
    void backsTheTimeoutOffAndKeepsItUntilAMeasurement()
    {
        try (TcpPeer peer = new TcpPeer().established().measured())
        {
            peer.write(100);
            long lastNs = peer.next().atNs;
            long expectedMs = RTT_MS + 200;
            for (int i = 0; i < 8; i++)
            {
                peer.advanceMs(expectedMs + 5);
                final List<Tcp.Seen> sent = peer.all();
                assertEquals(1, sent.size());
                assertTrue(sent.get(0).matches(data(101, 100)), sent::toString);
                assertEquals(expectedMs, (sent.get(0).atNs - lastNs) / TcpPeer.MS, 2);
                lastNs = sent.get(0).atNs;
                // MUST-19, RFC 6298 section 5.5.
                expectedMs = Math.min(2 * expectedMs, 120_000);
            }
            // RFC 6298 section 5.7 and Karn: what comes next still has the backed-off time-out.
            peer.send(ack(201).seq(1));
            peer.write(100);
            peer.expect(data(201, 100));
            peer.advanceMs(3_500);
            peer.nothingMore();
            peer.advanceMs(50);
            peer.expect(data(201, 100));
        }
    }

    @Must(18)
    @Test
    void doesNotMeasureWhatWasSentTwice()
    {
        try (TcpPeer peer = new TcpPeer().established().measured())
        {
            final long srttNs = peer.connection().rtt.srttNs();
            peer.write(3_000);
            assertEquals(3, peer.all().size());
            peer.advanceMs(1_000);
            peer.forget();
            // The first was lost, the others waited for it: none of the three says anything about the path (MUST-18).
            peer.send(ack(3_101).seq(1));
            assertEquals(srttNs, peer.connection().rtt.srttNs());
        }
    }

    @Test
    void measuresARetransmissionThatIsEchoed()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_012).timestamps(1, 0)))
        {
            peer.write(1_000);
            peer.forget();
            peer.advanceMs(1_100);
            final Tcp.Seen again = peer.all().get(0);
            peer.advanceMs(30);
            final long before = peer.connection().rtt.srttNs();
            peer.send(ack(1_001).seq(1).timestamps((int)(peer.nowNs / TcpPeer.MS), again.tsVal));
            assertTrue(peer.connection().rtt.latestNs() <= 150 * TcpPeer.MS,
                () -> before + " then " + peer.connection().rtt.latestNs());
        }
    }

    @Must({20, 21})
    @Test
    void givesUpAfterTheUserTimeout()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(100);
            // R2 is at least 100 s (RFC 9293 section 3.8.3).
            peer.advanceMs(100_000);
            assertEquals(TcpState.ESTABLISHED, peer.state());
            peer.advanceMs(1_200_000);
            assertEquals(CloseReason.TIMED_OUT, peer.user.reason);
            assertEquals(0, peer.stack.tcp().connectionCount());
        }
    }

    @Test
    void retransmitsOnThirdDuplicateAck()
    {
        final TcpSettings settings = new TcpSettings();
        settings.congestionControl = NewReno::new;
        try (TcpPeer peer = new TcpPeer(settings).established().measured())
        {
            peer.write(20_000);
            assertEquals(10, peer.all().size());
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1));
            peer.send(ack(101).seq(1));
            // Limited transmit (RFC 3042): each of the first two brings one new segment.
            peer.expect(data(10_101, 1_000), data(11_101, 1_000));
            peer.nothingMore();
            peer.send(ack(101).seq(1));
            peer.expect(data(101, 1_000));
            assertEquals(1, peer.count(Counter.TCP_FAST_RECOVERIES));
            assertEquals(0, peer.count(Counter.TCP_RTO_TIMEOUTS));
        }
    }

    @Test
    void repairsOneHolePerRoundTripWithoutSack()
    {
        final TcpSettings settings = new TcpSettings();
        settings.congestionControl = NewReno::new;
        try (TcpPeer peer = new TcpPeer(settings).established().measured())
        {
            peer.write(10_000);
            assertEquals(10, peer.all().size());
            peer.advanceMs(RTT_MS);
            for (int i = 0; i < 8; i++)
            {
                peer.send(ack(101).seq(1));
            }
            peer.expect(data(101, 1_000));
            peer.nothingMore();
            peer.advanceMs(RTT_MS);
            // RFC 6582: a partial acknowledgement says that the next one is missing as well.
            peer.send(ack(4_101).seq(1));
            peer.expect(data(4_101, 1_000));
            peer.advanceMs(RTT_MS);
            peer.send(ack(10_101).seq(1));
            assertEquals(RecoveryState.Phase.OPEN, peer.connection().recovery.phase);
            assertEquals(0, peer.count(Counter.TCP_RTO_TIMEOUTS));
        }
    }

    @Test
    void repairsTheHoleOfAPartialAcknowledgementEvenWhenNothingElseComes()
    {
        final TcpSettings settings = new TcpSettings();
        settings.congestionControl = NewReno::new;
        try (TcpPeer peer = new TcpPeer(settings).established().measured())
        {
            peer.write(10_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            for (int i = 0; i < 3; i++)
            {
                peer.send(ack(101).seq(1));
            }
            peer.expect(data(101, 1_000));
            // The other duplicates are lost. RFC 6582 section 3.2 step 3: whatever the window says.
            for (int at = 2_101; at < 10_000; at += 2_000)
            {
                peer.advanceMs(RTT_MS);
                peer.send(ack(at).seq(1));
                peer.expect(data(at, 1_000));
                peer.nothingMore();
            }
            peer.advanceMs(RTT_MS);
            peer.send(ack(10_101).seq(1));
            assertEquals(RecoveryState.Phase.OPEN, peer.connection().recovery.phase);
            assertEquals(0, peer.count(Counter.TCP_RTO_TIMEOUTS));
        }
    }

    @Test
    void doesNotRepairForLongOneHoleAtATimeWithoutSack()
    {
        try (TcpPeer peer = new TcpPeer().established().measured())
        {
            peer.write(10_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            for (int i = 0; i < 3; i++)
            {
                peer.send(ack(101).seq(1));
            }
            for (int i = 1; i <= 9; i++)
            {
                peer.advanceMs(30);
                peer.send(ack(101 + 1_000 * i).seq(1));
            }
            // RFC 6582 section 3.2 step 3: only the first partial acknowledgement starts the timer anew.
            assertEquals(1, peer.count(Counter.TCP_RTO_TIMEOUTS));
        }
    }

    @Test
    void duplicatesOfWhatWasSentForNothingStartNoRecovery()
    {
        final TcpSettings settings = new TcpSettings();
        settings.congestionControl = NewReno::new;
        try (TcpPeer peer = new TcpPeer(settings).established().measured())
        {
            peer.write(10_000);
            peer.forget();
            peer.advanceMs(250);
            peer.forget();
            peer.send(ack(10_101).seq(1));
            peer.write(2_000);
            peer.forget();
            for (int i = 0; i < 5; i++)
            {
                peer.send(ack(10_101).seq(1));
            }
            // RFC 6582 section 3.2 step 2.
            assertEquals(0, peer.count(Counter.TCP_FAST_RECOVERIES));
            assertTrue(peer.all().stream().noneMatch(each -> each.seq == 10_101));
        }
    }

    /** Eight segments were lost, and have been sent again after a time-out, one acknowledgement for each. */
    private static void repairAfterTimeout(final TcpPeer peer)
    {
        peer.write(14_000);
        int at = 101;
        for (int size = 2; size <= 4; size *= 2)
        {
            assertEquals(size * 1_000, bytes(peer.all()));
            at += size * 1_000;
            peer.advanceMs(RTT_MS);
            peer.send(ack(at).seq(1));
        }
        assertEquals(8_000, bytes(peer.all()));
        peer.advanceMs(400);
        peer.forget();
        assertEquals(RecoveryState.Phase.LOSS, peer.connection().recovery.phase);
        for (int i = 1; i <= 8; i++)
        {
            peer.send(ack(at + 1_000 * i).seq(1));
            peer.forget();
            peer.advanceMs(RTT_MS);
        }
        assertEquals(RecoveryState.Phase.OPEN, peer.connection().recovery.phase);
        assertEquals(0, peer.connection().inFlight());
    }

    private static TcpSettings twoSegmentsAtFirst()
    {
        final TcpSettings settings = new TcpSettings();
        settings.congestionControl = NewReno::new;
        settings.initialWindowSegments = 2;
        return settings;
    }

    @Test
    void whatIsBeingRepairedIsNotIdle()
    {
        try (TcpPeer peer = new TcpPeer(twoSegmentsAtFirst()).establishedWithSack().measured())
        {
            repairAfterTimeout(peer);
            final int cwnd = peer.connection().window.cwnd;
            assertTrue(cwnd >= 4_000, () -> "cwnd " + cwnd);
            // A time-out after the last new segment, but not after the last that was sent again (RFC 5681 section 4.1).
            peer.write(20_000);
            assertEquals(cwnd / 1_000 * 1_000, bytes(peer.all()));
        }
    }

    @Test
    void sendsNoBurstWhereARepairLeavesNothingInFlightWithoutSack()
    {
        try (TcpPeer peer = new TcpPeer(twoSegmentsAtFirst()).established().measured())
        {
            repairAfterTimeout(peer);
            peer.write(20_000);
            // What a connection starts with, and slow start goes on: the last acknowledgement has made two of it three.
            assertEquals(3_000, bytes(peer.all()));
            assertTrue(peer.connection().window.ssthresh >= 4_000);
        }
    }

    @Test
    void retransmitsWhatSackShowsToBeMissing()
    {
        try (TcpPeer peer = new TcpPeer().establishedWithSack().measured())
        {
            peer.write(10_000);
            assertEquals(10, peer.all().size());
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(1_101, 2_101));
            peer.send(ack(101).seq(1).sack(1_101, 3_101));
            assertTrue(peer.all().stream().noneMatch(each -> each.seq == 101));
            peer.send(ack(101).seq(1).sack(1_101, 4_101));
            peer.expect(data(101, 1_000));
            // And nothing that is not.
            peer.send(ack(101).seq(1).sack(1_101, 10_101));
            peer.nothingMore();
            peer.advanceMs(RTT_MS);
            peer.send(ack(10_101).seq(1));
            assertEquals(RecoveryState.Phase.OPEN, peer.connection().recovery.phase);
            assertEquals(1, peer.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
        }
    }

    @Test
    void waitsAQuarterOfTheRoundTripForReordering()
    {
        try (TcpPeer peer = new TcpPeer().establishedWithSack().measured())
        {
            peer.write(2_000);
            assertEquals(2, peer.all().size());
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(1_101, 2_101));
            peer.nothingMore();
            peer.advanceMs(3);
            peer.nothingMore();
            // RFC 8985 section 6.2: the reordering timer.
            peer.advanceMs(3);
            peer.expect(data(101, 1_000));
        }
    }

    @Test
    void learnsThatThePathReorders()
    {
        try (TcpPeer peer = new TcpPeer().establishedWithSack().measured())
        {
            peer.write(6_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(1_101, 2_101));
            peer.send(ack(2_101).seq(1));
            assertTrue(peer.connection().recovery.reorderingSeen);
            assertEquals(0, peer.count(Counter.TCP_FAST_RECOVERIES));
        }
    }

    @Test
    void aLateReportOfBlocksIsNoReordering()
    {
        try (TcpPeer peer = new TcpPeer().establishedWithSack().measured())
        {
            peer.write(6_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            // The acknowledgement that told of the second block first was lost.
            peer.send(ack(101).seq(1).sack(3_101, 4_101, 1_101, 2_101));
            assertEquals(false, peer.connection().recovery.reorderingSeen);
        }
    }

    @Test
    void probesTheTailAfterTwoRoundTrips()
    {
        try (TcpPeer peer = new TcpPeer().establishedWithSack().measured())
        {
            peer.write(3_000);
            final long sentNs = peer.all().get(2).atNs;
            peer.advanceMs(60);
            final Tcp.Seen probe = peer.next();
            // RFC 8985 section 7: the last segment again, long before the time-out.
            assertTrue(probe.matches(data(2_101, 1_000)), probe::toString);
            assertEquals(2 * peer.connection().rtt.srttNs(), probe.atNs - sentNs, 5 * TcpPeer.MS);
            assertEquals(1, peer.count(Counter.TCP_TAIL_LOSS_PROBES));
            peer.nothingMore();
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(2_101, 3_101));
            peer.advanceMs(10);
            peer.expect(data(101, 1_000));
            peer.advanceMs(RTT_MS);
            peer.send(ack(1_101).seq(1).sack(2_101, 3_101));
            peer.expect(data(1_101, 1_000));
            assertEquals(0, peer.count(Counter.TCP_RTO_TIMEOUTS));
        }
    }

    @Test
    void theAnswerToTheOriginalOfAProbeIsNoLoss()
    {
        try (TcpPeer peer = new TcpPeer().establishedWithSack().measured())
        {
            final int cwnd = peer.connection().window.cwnd;
            peer.write(3_000);
            peer.forget();
            peer.advanceMs(50);
            assertEquals(1, peer.all().size());
            peer.send(ack(3_101).seq(1));
            peer.send(ack(3_101).seq(1).sack(2_101, 3_101));
            assertTrue(peer.connection().window.cwnd >= cwnd, () -> "cwnd " + peer.connection().window.cwnd);
        }
    }

    @Test
    void retransmitsEverythingAfterATimeoutOneWindowAtATime()
    {
        try (TcpPeer peer = new TcpPeer().established().measured())
        {
            peer.write(8_000);
            assertEquals(8, peer.all().size());
            peer.advanceMs(250);
            peer.expect(data(101, 1_000));
            peer.nothingMore();
            assertEquals(1, peer.count(Counter.TCP_RTO_TIMEOUTS));
            peer.send(ack(1_101).seq(1));
            // RFC 5681 section 3.1: slow start from one segment.
            peer.expect(data(1_101, 1_000), data(2_101, 1_000));
            peer.nothingMore();
            peer.send(ack(8_101).seq(1));
            peer.nothingMore();
        }
    }

    @Test
    void takesBackWhatASpuriousTimeoutDid()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_012).timestamps(1, 0)))
        {
            peer.write(8_000);
            final int original = peer.all().get(0).tsVal;
            final int cwnd = peer.connection().window.cwnd;
            peer.advanceMs(1_100);
            peer.forget();
            assertEquals(1_000, peer.connection().window.cwnd);
            // The echo says that the original arrived (RFC 3522).
            peer.send(ack(1_001).seq(1).timestamps((int)(peer.nowNs / TcpPeer.MS), original));
            assertTrue(peer.connection().window.cwnd >= cwnd);
            assertEquals(1, peer.count(Counter.TCP_SPURIOUS_RECOVERIES));
            assertTrue(peer.all().stream().noneMatch(each -> each.seq < 8_001 && each.length > 0));
        }
    }

    @Test
    void startsAnewAfterAnIdleTime()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            int at = 1;
            for (int round = 0; round < 4; round++)
            {
                peer.write(40_000);
                while (at < 1 + 40_000 * (round + 1))
                {
                    peer.advanceMs(RTT_MS);
                    for (final Tcp.Seen each : peer.all())
                    {
                        at = Math.max(at, each.seq + each.length);
                    }
                    peer.send(ack(at).seq(1));
                }
            }
            peer.forget();
            assertTrue(peer.connection().window.cwnd > 20_000);
            peer.advanceMs(10_000);
            peer.write(40_000);
            // RFC 5681 section 4.1.
            assertEquals(10, peer.all().size());
        }
    }

    @Test
    void believesNoSackOfWhatWasNeverSent()
    {
        try (TcpPeer peer = new TcpPeer().establishedWithSack().measured())
        {
            peer.write(2_000);
            peer.forget();
            peer.send(ack(101).seq(1).sack(1_101, 9_000));
            peer.send(ack(101).seq(1).sack(5_000, 4_000));
            peer.send(ack(101).seq(1).sack(-50_000, 1_500));
            assertEquals(0, peer.connection().sent.sackedBytes());
        }
    }

    @Test
    void survivesAPeerThatForgetsWhatItHasReported()
    {
        try (TcpPeer peer = new TcpPeer().establishedWithSack().measured())
        {
            peer.write(3_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(1_101, 3_101));
            peer.advanceMs(10);
            peer.expect(data(101, 1_000));
            // RFC 2018 section 8: it has thrown the rest away, and acknowledges only the first.
            peer.send(ack(1_101).seq(1));
            peer.advanceMs(2_000);
            assertTrue(peer.all().stream().anyMatch(each -> each.seq == 1_101));
        }
    }
}
