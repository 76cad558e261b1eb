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

/** Reductions that were a mistake are taken back (RFC 3522, 4015, 3708; D-SACK of RFC 2883). */
final class UndoTest
{
    private static final long RTT_MS = 20;

    private static TcpPeer measured(final boolean hasTimestamps)
    {
        final Tcp syn = syn().mss(hasTimestamps ? 1_012 : 1_000).sackPermitted();
        return new TcpPeer().established(hasTimestamps ? syn.timestamps(1, 0) : syn).measured();
    }

    /** Six segments are out; the first is late, and so was sent again. */
    private static int sendTheFirstAgain(final TcpPeer peer)
    {
        peer.write(6_000);
        final int original = peer.all().get(0).tsVal;
        peer.advanceMs(RTT_MS);
        final Tcp gap = ack(101).seq(1).sack(1_101, 4_101);
        peer.send(peer.hasTimestamps ? gap.echoing(original) : gap);
        peer.expect(data(101, 1_000));
        assertEquals(RecoveryState.Phase.RECOVERY, peer.connection().recovery.phase);
        return original;
    }

    private static void assertTakenBack(final TcpPeer peer)
    {
        final Connection c = peer.connection();
        assertEquals(RecoveryState.Phase.OPEN, c.recovery.phase);
        assertTrue(c.window.cwnd >= c.recovery.undoCwnd, () -> c.window.cwnd + " was " + c.recovery.undoCwnd);
        assertTrue(c.window.ssthresh >= c.recovery.undoSsthresh);
        assertEquals(1, peer.count(Counter.TCP_SPURIOUS_RECOVERIES));
        assertEquals(0, c.sent.lostBytes());
    }

    private static void assertStaysReduced(final TcpPeer peer)
    {
        final Connection c = peer.connection();
        assertTrue(c.window.cwnd < c.recovery.undoCwnd, () -> c.window.cwnd + " was " + c.recovery.undoCwnd);
        assertEquals(0, peer.count(Counter.TCP_SPURIOUS_RECOVERIES));
    }

    @Test
    void takesBackAFastRetransmitWhoseOriginalIsEchoed()
    {
        try (TcpPeer peer = measured(true))
        {
            final int original = sendTheFirstAgain(peer);
            peer.advanceMs(5);
            peer.send(ack(6_101).seq(1).echoing(original));
            assertTakenBack(peer);
            // Such a path reorders: from now on there is a time to wait.
            assertTrue(peer.connection().recovery.reorderingSeen);
        }
    }

    @Test
    void keepsAReductionWhoseRetransmissionIsEchoed()
    {
        try (TcpPeer peer = measured(true))
        {
            sendTheFirstAgain(peer);
            peer.advanceMs(RTT_MS);
            peer.send(ack(6_101).seq(1).echoing(peer.lastTsVal));
            assertStaysReduced(peer);
        }
    }

    @Test
    void takesBackWhatIsReportedToHaveArrivedTwiceAfterTheRecovery()
    {
        try (TcpPeer peer = measured(false))
        {
            sendTheFirstAgain(peer);
            peer.advanceMs(5);
            peer.send(ack(6_101).seq(1));
            assertStaysReduced(peer);
            peer.advanceMs(RTT_MS);
            // The report comes with the retransmission's arrival, when nothing is in flight any more.
            peer.send(ack(6_101).seq(1).sack(101, 1_101));
            assertTakenBack(peer);
        }
    }

    @Test
    void takesBackWhatIsReportedToHaveArrivedTwiceDuringTheRecovery()
    {
        try (TcpPeer peer = measured(false))
        {
            sendTheFirstAgain(peer);
            peer.advanceMs(RTT_MS);
            peer.send(ack(4_101).seq(1).sack(101, 1_101));
            assertTakenBack(peer);
        }
    }

    @Test
    void keepsAReductionOfWhichOnlyAPartWasForNothing()
    {
        try (TcpPeer peer = measured(false))
        {
            peer.write(8_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(2_101, 6_101));
            peer.advanceMs(2);
            peer.send(ack(101).seq(1).sack(2_101, 8_101));
            assertEquals(2, peer.all().stream().filter(each -> each.seq < 2_101).count());
            peer.advanceMs(RTT_MS);
            peer.send(ack(8_101).seq(1));
            peer.send(ack(8_101).seq(1).sack(101, 1_101));
            assertStaysReduced(peer);
            peer.send(ack(8_101).seq(1).sack(1_101, 2_101));
            assertTakenBack(peer);
        }
    }

    @Test
    void countsTheSegmentsOfALargeRetransmissionOneByOne()
    {
        try (TcpPeer peer = new TcpPeer(new TcpSettings(), new MemoryLinkOptions().txOffload(true), false)
            .establishedWithSack().measured())
        {
            peer.connection().window.cwnd = 200_000;
            // To a peer this near frames are as large as they can be.
            final long srttNs = peer.connection().window.srttNs;
            peer.connection().window.srttNs = 100_000;
            peer.write(3_000);
            peer.write(4_000);
            peer.connection().window.srttNs = srttNs;
            assertEquals(7, peer.all().size());
            assertEquals(2, peer.connection().sent.count());
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(3_101, 7_101));
            peer.advanceMs(2);
            assertEquals(3_000, peer.connection().sent.retransmittedBytes());
            peer.forget();
            peer.send(ack(7_101).seq(1));
            peer.send(ack(7_101).seq(1).sack(101, 1_101));
            peer.send(ack(7_101).seq(1).sack(1_101, 2_101));
            assertEquals(0, peer.count(Counter.TCP_SPURIOUS_RECOVERIES));
            peer.send(ack(7_101).seq(1).sack(2_101, 3_101));
            assertEquals(1, peer.count(Counter.TCP_SPURIOUS_RECOVERIES));
        }
    }

    @Test
    void duplicatesThatTheNetworkMadeTakeNothingBack()
    {
        try (TcpPeer peer = measured(false))
        {
            sendTheFirstAgain(peer);
            peer.advanceMs(RTT_MS);
            peer.send(ack(6_101).seq(1));
            peer.write(1_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(ack(7_101).seq(1));
            // Of what was sent after the episode, and of what was before it.
            peer.send(ack(7_101).seq(1).sack(6_101, 7_101));
            peer.send(ack(7_101).seq(1).sack(91, 101));
            assertStaysReduced(peer);
        }
    }

    @Test
    void believesNoReportOfWhatWasNeverSent()
    {
        try (TcpPeer peer = measured(false))
        {
            sendTheFirstAgain(peer);
            peer.send(ack(101).seq(1).sack(50, 90_000));
            peer.send(ack(101).seq(1).sack(90, 80));
            assertEquals(0, peer.count(Counter.TCP_RX_DSACKS));
            assertStaysReduced(peer);
        }
    }

    @Test
    void takesBackATimeoutWhoseRetransmissionIsReportedToHaveArrivedTwice()
    {
        try (TcpPeer peer = measured(false))
        {
            // A lone segment: nothing that F-RTO could look at.
            peer.write(1_000);
            peer.forget();
            peer.advanceMs(500);
            peer.forget();
            assertEquals(1, peer.count(Counter.TCP_RTO_TIMEOUTS));
            final int cwnd = peer.connection().recovery.undoCwnd;
            peer.send(ack(1_101).seq(1));
            // The probe and the retransmission.
            peer.send(ack(1_101).seq(1).sack(101, 1_101));
            peer.send(ack(1_101).seq(1).sack(101, 1_101));
            assertTrue(peer.connection().window.cwnd >= cwnd);
            assertEquals(1, peer.count(Counter.TCP_SPURIOUS_RECOVERIES));
        }
    }

    @Test
    void anOriginalThatCameFirstDoesNotStopOtherRepairs()
    {
        try (TcpPeer peer = measured(true))
        {
            peer.write(8_000);
            final int original = peer.all().get(0).tsVal;
            peer.advanceMs(RTT_MS);
            peer.send(ack(101).seq(1).sack(2_101, 6_101).echoing(original));
            peer.send(ack(101).seq(1).sack(2_101, 8_101).echoing(original));
            assertEquals(2, peer.all().stream().filter(each -> each.seq < 2_101).count());
            peer.advanceMs(2);
            peer.send(ack(1_101).seq(1).sack(2_101, 8_101).echoing(original));
            assertEquals(RecoveryState.Phase.RECOVERY, peer.connection().recovery.phase);
            // The second one came late as well.
            peer.send(ack(8_101).seq(1).echoing(original));
            assertTakenBack(peer);
            assertFalse(peer.connection().recovery.canUndo);
        }
    }
}
