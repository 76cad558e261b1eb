package io.pnet.tcp;

import io.pnet.counters.Counter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Whether a retransmission time-out was right, without time stamps to tell (RFC 5682). */
final class FRtoTest
{
    private static TcpPeer measured(final boolean hasSack)
    {
        return (hasSack ? new TcpPeer().establishedWithSack() : new TcpPeer().established()).measured();
    }

    /** Five segments are out, and the timer has sent the first of them again; four more wait. */
    private static TcpPeer timedOut(final boolean hasSack)
    {
        final TcpPeer peer = measured(hasSack);
        peer.write(5_000);
        assertEquals(5, peer.all().size());
        peer.advanceMs(500);
        peer.forget();
        assertEquals(1, peer.count(Counter.TCP_RTO_TIMEOUTS));
        assertEquals(1_000, peer.connection().window.cwnd);
        peer.write(4_000);
        peer.nothingMore();
        return peer;
    }

    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void takesATimeoutBackThatWasTooFast(final boolean hasSack)
    {
        try (TcpPeer peer = timedOut(hasSack))
        {
            final int cwnd = peer.connection().recovery.undoCwnd;
            // Section 2.1 step 2b: new data instead of what may be on its way.
            peer.send(ack(1_101).seq(1));
            peer.expect(data(5_101, 1_000), data(6_101, 1_000));
            peer.nothingMore();
            // Step 3b: a segment that was sent once has arrived. Nothing was lost.
            peer.send(ack(2_101).seq(1));
            peer.expect(data(7_101, 1_000), data(8_101, 1_000));
            peer.nothingMore();
            assertEquals(RecoveryState.Phase.OPEN, peer.connection().recovery.phase);
            assertTrue(peer.connection().window.cwnd >= cwnd, () -> "cwnd " + peer.connection().window.cwnd);
            assertEquals(1, peer.count(Counter.TCP_SPURIOUS_TIMEOUTS));
            assertEquals(0, peer.connection().sent.lostBytes());
        }
    }

    @Test
    void repairsWhenDuplicatesSayThatTheTimeoutWasRight()
    {
        try (TcpPeer peer = timedOut(false))
        {
            peer.send(ack(1_101).seq(1));
            peer.expect(data(5_101, 1_000), data(6_101, 1_000));
            // Step 3a: what is new has arrived, and what is old has not.
            peer.send(ack(1_101).seq(1));
            peer.expect(data(1_101, 1_000));
            assertEquals(RecoveryState.Phase.LOSS, peer.connection().recovery.phase);
            assertEquals(0, peer.count(Counter.TCP_SPURIOUS_TIMEOUTS));
        }
    }

    @Test
    void repairsWhenBlocksSayThatTheTimeoutWasRight()
    {
        try (TcpPeer peer = timedOut(true))
        {
            peer.send(ack(1_101).seq(1));
            peer.expect(data(5_101, 1_000), data(6_101, 1_000));
            peer.send(ack(1_101).seq(1).sack(5_101, 6_101));
            peer.expect(data(1_101, 1_000));
            assertEquals(RecoveryState.Phase.LOSS, peer.connection().recovery.phase);
            assertEquals(0, peer.count(Counter.TCP_SPURIOUS_TIMEOUTS));
        }
    }

    @Test
    void believesABlockOfWhatWasSentBeforeTheTimeout()
    {
        try (TcpPeer peer = timedOut(true))
        {
            // Section 3.1: the segments behind the first arrive late, and were not sent again.
            peer.send(ack(101).seq(1).sack(1_101, 2_101));
            assertEquals(1, peer.count(Counter.TCP_SPURIOUS_TIMEOUTS));
            assertEquals(RecoveryState.Phase.OPEN, peer.connection().recovery.phase);
            assertTrue(peer.all().stream().allMatch(each -> each.seq >= 5_101 || each.length == 0));
        }
    }

    @Test
    void doesNotBelieveWhatHadArrivedBefore()
    {
        try (TcpPeer peer = timedOut(false))
        {
            // The first was lost, the second and third have waited for it.
            peer.send(ack(3_101).seq(1));
            assertEquals(0, peer.count(Counter.TCP_SPURIOUS_TIMEOUTS));
            peer.expect(data(5_101, 1_000), data(6_101, 1_000));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void goesOnWithRepairWhereThereIsNothingNewToSend(final boolean hasSack)
    {
        try (TcpPeer peer = measured(hasSack))
        {
            peer.write(5_000);
            peer.forget();
            peer.advanceMs(500);
            peer.forget();
            peer.send(ack(1_101).seq(1));
            peer.expect(data(1_101, 1_000), data(2_101, 1_000));
            peer.nothingMore();
        }
    }

    @Test
    void goesOnWithRepairWhereTheWindowTakesNothingNew()
    {
        try (TcpPeer peer = timedOut(false))
        {
            peer.send(ack(1_101).seq(1).window(4_000));
            peer.expect(data(1_101, 1_000), data(2_101, 1_000));
            peer.nothingMore();
        }
    }

    @Test
    void doubtsTheSecondTimeoutOfASegmentToo()
    {
        try (TcpPeer peer = timedOut(false))
        {
            peer.advanceMs(600);
            peer.expect(data(101, 1_000));
            assertEquals(2, peer.count(Counter.TCP_RTO_TIMEOUTS));
            peer.send(ack(1_101).seq(1));
            peer.expect(data(5_101, 1_000), data(6_101, 1_000));
            peer.send(ack(2_101).seq(1));
            assertEquals(1, peer.count(Counter.TCP_SPURIOUS_TIMEOUTS));
        }
    }

    @Test
    void doesNotDoubtATimeoutInTheMiddleOfRepair()
    {
        try (TcpPeer peer = timedOut(false))
        {
            peer.send(ack(1_101).seq(1));
            peer.send(ack(1_101).seq(1));
            peer.forget();
            peer.advanceMs(300);
            // What came in between was real: section 2.1 step 1.
            peer.forget();
            peer.send(ack(2_101).seq(1));
            assertEquals(2_101, peer.next().seq);
            assertEquals(0, peer.count(Counter.TCP_SPURIOUS_TIMEOUTS));
        }
    }
}
