package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.link.MemoryLinkOptions;
import org.junit.jupiter.api.Test;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tail loss probes (RFC 8985 section 7): what is lost where nothing follows that would show it. */
final class TailLossTest
{
    private static final long RTT_MS = 20;
    /** Two round trips and what is added to them. */
    private static final long PROBE_MS = 45;
    /** The same for a lone segment, whose acknowledgement may be delayed: but not behind the retransmission timer. */
    private static final long LONE_PROBE_MS = 225;

    private static TcpPeer measured()
    {
        return new TcpPeer().establishedWithSack().measured();
    }

    @Test
    void prefersNewDataBeyondTheCongestionWindow()
    {
        try (TcpPeer peer = measured())
        {
            peer.connection().window.cwnd = 3_000;
            peer.write(5_000);
            assertEquals(3, peer.all().size());
            peer.advanceMs(PROBE_MS);
            // Section 7.3.
            peer.expect(data(3_101, 1_000));
            peer.nothingMore();
            assertEquals(1, peer.count(Counter.TCP_TAIL_LOSS_PROBES));
            assertEquals(0, peer.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
            peer.send(ack(4_101).seq(1));
            assertEquals(0, peer.count(Counter.TCP_TAIL_LOSS_REPAIRS));
        }
    }

    @Test
    void sendsTheLastSegmentAgainWhereTheWindowTakesNothingNew()
    {
        try (TcpPeer peer = measured())
        {
            peer.send(ack(101).seq(1).window(3_000));
            peer.write(5_000);
            assertEquals(3, peer.all().size());
            peer.advanceMs(PROBE_MS);
            peer.expect(data(2_101, 1_000));
        }
    }

    @Test
    void probesWithWhatNagleHoldsBack()
    {
        try (TcpPeer peer = measured())
        {
            peer.write(1_300);
            peer.expect(data(101, 1_000));
            peer.nothingMore();
            peer.advanceMs(LONE_PROBE_MS);
            peer.expect(data(1_101, 300));
        }
    }

    @Test
    void probesOnceAndThenLeavesItToTheTimer()
    {
        try (TcpPeer peer = measured())
        {
            peer.write(3_000);
            peer.forget();
            peer.advanceMs(PROBE_MS);
            peer.expect(data(2_101, 1_000));
            peer.advanceMs(200);
            peer.nothingMore();
            peer.advanceMs(50);
            peer.expect(data(101, 1_000));
            assertEquals(1, peer.count(Counter.TCP_RTO_TIMEOUTS));
            assertEquals(1, peer.count(Counter.TCP_TAIL_LOSS_PROBES));
        }
    }

    @Test
    void probesInPlaceOfATimerThatWouldBeFirst()
    {
        try (TcpPeer peer = measured())
        {
            final int cwnd = peer.connection().window.cwnd;
            peer.write(500);
            peer.forget();
            // Section 7.2: two round trips and the longest delay of an acknowledgement are more than the time-out.
            peer.advanceMs(LONE_PROBE_MS);
            peer.expect(data(101, 500));
            assertEquals(0, peer.count(Counter.TCP_RTO_TIMEOUTS));
            assertEquals(cwnd, peer.connection().window.cwnd);
            // And the time-out starts anew.
            peer.advanceMs(LONE_PROBE_MS);
            peer.expect(data(101, 500));
            assertEquals(1, peer.count(Counter.TCP_RTO_TIMEOUTS));
        }
    }

    @Test
    void repairsALossWithOneReduction()
    {
        try (TcpPeer peer = measured())
        {
            final int cwnd = peer.connection().window.cwnd;
            peer.write(3_000);
            peer.forget();
            peer.advanceMs(PROBE_MS);
            peer.expect(data(2_101, 1_000));
            peer.advanceMs(RTT_MS);
            peer.send(ack(3_101).seq(1));
            assertEquals(0, peer.count(Counter.TCP_TAIL_LOSS_REPAIRS));
            peer.write(1_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            // Section 7.4.2: nothing was reported twice, so that the probe was needed.
            peer.send(ack(4_101).seq(1));
            assertEquals(1, peer.count(Counter.TCP_TAIL_LOSS_REPAIRS));
            assertTrue(peer.connection().window.cwnd < cwnd, () -> "cwnd " + peer.connection().window.cwnd);
        }
    }

    @Test
    void aReportOfTheProbeAsADuplicateIsNoLoss()
    {
        try (TcpPeer peer = measured())
        {
            peer.write(3_000);
            peer.forget();
            peer.advanceMs(PROBE_MS);
            peer.forget();
            peer.send(ack(3_101).seq(1));
            peer.send(ack(3_101).seq(1).sack(2_101, 3_101));
            peer.write(1_000);
            peer.forget();
            peer.send(ack(4_101).seq(1));
            assertEquals(0, peer.count(Counter.TCP_TAIL_LOSS_REPAIRS));
        }
    }

    @Test
    void aReportOfAnotherDuplicateSaysNothingAboutTheProbe()
    {
        try (TcpPeer peer = measured())
        {
            peer.write(3_000);
            peer.forget();
            peer.advanceMs(PROBE_MS);
            peer.forget();
            peer.send(ack(3_101).seq(1));
            peer.send(ack(3_101).seq(1).sack(101, 1_101));
            peer.write(1_000);
            peer.forget();
            peer.send(ack(4_101).seq(1));
            assertEquals(1, peer.count(Counter.TCP_TAIL_LOSS_REPAIRS));
        }
    }

    @Test
    void aDuplicateWithoutBlocksSaysThatBothHaveArrived()
    {
        try (TcpPeer peer = measured())
        {
            peer.write(3_000);
            peer.forget();
            peer.advanceMs(PROBE_MS);
            peer.forget();
            peer.send(ack(3_101).seq(1));
            peer.write(1_000);
            peer.forget();
            // From a peer that reports no duplicates.
            peer.send(ack(3_101).seq(1));
            peer.send(ack(4_101).seq(1));
            assertEquals(0, peer.count(Counter.TCP_TAIL_LOSS_REPAIRS));
        }
    }

    @Test
    void probesForALostFin()
    {
        try (TcpPeer peer = measured())
        {
            peer.shutdown();
            peer.expect(tcp(Tcp.FIN | Tcp.ACK).seq(101));
            peer.advanceMs(LONE_PROBE_MS);
            peer.expect(tcp(Tcp.FIN | Tcp.ACK).seq(101));
            assertEquals(0, peer.count(Counter.TCP_RTO_TIMEOUTS));
        }
    }

    @Test
    void cutsTheLastSegmentOffALargeFrameAtItsEdge()
    {
        try (TcpPeer peer = new TcpPeer(new TcpSettings(), new MemoryLinkOptions().txOffload(true), false)
            .establishedWithSack().measured())
        {
            peer.connection().window.cwnd = 200_000;
            peer.write(3_500);
            assertEquals(4, peer.all().size());
            assertEquals(1, peer.connection().sent.count());
            peer.advanceMs(PROBE_MS);
            peer.expect(data(3_101, 500));
        }
    }

    @Test
    void cutsTheLastSegmentWithItsFinOffALargeFrame()
    {
        try (TcpPeer peer = new TcpPeer(new TcpSettings(), new MemoryLinkOptions().txOffload(true), false)
            .establishedWithSack().measured())
        {
            peer.connection().window.cwnd = 200_000;
            peer.writeAndShutdown(3_000);
            assertEquals(3, peer.all().size());
            assertEquals(1, peer.connection().sent.count());
            peer.advanceMs(PROBE_MS);
            peer.expect(tcp(Tcp.FIN | Tcp.ACK).seq(2_101).length(1_000));
        }
    }
}
