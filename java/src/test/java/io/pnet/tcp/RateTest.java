package io.pnet.tcp;

import io.pnet.tcp.congestion.CongestionControl;
import io.pnet.tcp.congestion.CongestionWindow;
import io.pnet.tcp.congestion.RateSample;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static io.pnet.tcp.TcpPeer.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * What a congestion control is told, by packets: delivery rates (draft-cheng-iccrg-delivery-rate-estimation), whether
 * the window was used, restarts after idling; and what of it {@link TcpInfo} shows.
 */
final class RateTest
{
    private static final int MSS = 1_000;

    /** Writes down what it is told, and leaves the window alone. */
    private static final class Recorder implements CongestionControl
    {
        private final List<String> events = new ArrayList<>();
        private final List<RateSample> samples = new ArrayList<>();
        private int grown;

        @Override
        public String name()
        {
            return "recorder";
        }

        @Override
        public void onSample(final CongestionWindow window, final RateSample sample, final long nowNs)
        {
            final RateSample copy = new RateSample();
            copy.rate = sample.rate;
            copy.intervalNs = sample.intervalNs;
            copy.isAppLimited = sample.isAppLimited;
            copy.priorDelivered = sample.priorDelivered;
            copy.delivered = sample.delivered;
            copy.lost = sample.lost;
            copy.priorInFlight = sample.priorInFlight;
            copy.rttNs = sample.rttNs;
            samples.add(copy);
        }

        @Override
        public void onAck(final CongestionWindow window, final int ackedBytes, final long nowNs)
        {
            grown += ackedBytes;
        }

        @Override
        public void onLoss(final CongestionWindow window, final long nowNs)
        {
            events.add("loss with " + window.inFlight);
            window.ssthresh = 5 * MSS;
        }

        @Override
        public void onRecovered(final CongestionWindow window, final long nowNs)
        {
            events.add("recovered");
        }

        @Override
        public void onTimeout(final CongestionWindow window, final long nowNs)
        {
            events.add("timeout");
        }

        @Override
        public void onIdle(final CongestionWindow window, final long idleNs, final long nowNs)
        {
            events.add("idle for " + idleNs / MS + " ms, window " + window.cwnd);
        }

        private RateSample last()
        {
            return samples.get(samples.size() - 1);
        }
    }

    private final Recorder recorder = new Recorder();

    private TcpPeer peer()
    {
        final TcpSettings settings = new TcpSettings();
        settings.congestionControl = () -> recorder;
        settings.noDelay = true;
        final TcpPeer peer = new TcpPeer(settings).establishedWithSack();
        recorder.events.clear();
        recorder.samples.clear();
        return peer;
    }

    @Test
    void theRateIsWhatWasDeliveredSinceTheSegmentLeft()
    {
        try (TcpPeer peer = peer())
        {
            peer.write(30 * MSS);
            peer.forget();
            peer.advanceMs(20);
            peer.send(Tcp.ack(10 * MSS + 1).seq(1));
            // Ten segments were sent at once and arrived after 20 ms.
            assertEquals(10_000 * 50, recorder.last().rate);
            assertEquals(20 * MS, recorder.last().intervalNs);
            assertEquals(20 * MS, recorder.last().rttNs);
            assertEquals(10 * MSS, recorder.last().delivered);
            assertEquals(10 * MSS, recorder.last().priorInFlight);
            assertEquals(0, recorder.last().priorDelivered);
            // Before these there was nothing to send.
            assertTrue(recorder.last().isAppLimited);
            peer.advanceMs(20);
            peer.send(Tcp.ack(15 * MSS + 1).seq(1));
            assertFalse(recorder.last().isAppLimited);
            assertEquals(5_000 * 50, recorder.last().rate);
            assertEquals(10 * MSS, recorder.last().priorDelivered);
            final TcpInfo info = peer.connection().info();
            assertEquals(5_000 * 50, info.deliveryRate());
            assertEquals(15 * MSS, info.delivered());
        }
    }

    @Test
    void acknowledgementsThatComeBunchedDoNotMakeTheRateLarger()
    {
        try (TcpPeer peer = peer())
        {
            // Sent over 18 ms, acknowledged all at once: what counts is the longer of the two times.
            for (int i = 0; i < 10; i++)
            {
                peer.write(MSS);
                peer.advanceMs(2);
            }
            peer.forget();
            peer.send(Tcp.ack(10 * MSS + 1).seq(1));
            assertTrue(recorder.last().rate <= 10_000 * 1_000 / 18, () -> "rate " + recorder.last().rate);
        }
    }

    @Test
    void selectiveAcknowledgementsCountOnceAndInTime()
    {
        try (TcpPeer peer = peer())
        {
            peer.write(10 * MSS);
            peer.forget();
            peer.advanceMs(20);
            peer.send(Tcp.ack(1).seq(1).sack(2 * MSS + 1, 10 * MSS + 1));
            assertEquals(8 * MSS, recorder.last().delivered);
            assertEquals(8_000 * 50, recorder.last().rate);
            assertEquals("[loss with 10000]", recorder.events.toString());
            peer.forget();
            peer.advanceMs(20);
            peer.send(Tcp.ack(10 * MSS + 1).seq(1));
            assertEquals(2 * MSS, recorder.last().delivered);
            assertEquals(2 * MSS, recorder.samples.stream().mapToInt(each -> each.lost).sum());
            assertEquals("[loss with 10000, recovered]", recorder.events.toString());
            final TcpInfo info = peer.connection().info();
            assertEquals(10 * MSS, info.delivered());
            assertEquals(2 * MSS, info.lost());
            assertEquals("OPEN", info.recovery());
        }
    }

    @Test
    void whatIsSentWithNothingBehindItIsMarkedUntilItHasArrived()
    {
        try (TcpPeer peer = peer())
        {
            peer.write(2 * MSS);
            peer.forget();
            // The bubble is behind these two: what is sent from now on is limited by the application.
            peer.write(3 * MSS);
            peer.forget();
            peer.advanceMs(20);
            peer.send(Tcp.ack(5 * MSS + 1).seq(1));
            assertTrue(recorder.last().isAppLimited);
            assertTrue(peer.connection().info().isAppLimited());
            // More than the window takes, twice: the second one's path is full.
            peer.write(40 * MSS);
            peer.forget();
            peer.advanceMs(20);
            peer.send(Tcp.ack(15 * MSS + 1).seq(1));
            peer.forget();
            peer.advanceMs(20);
            peer.send(Tcp.ack(25 * MSS + 1).seq(1));
            assertFalse(recorder.last().isAppLimited);
        }
    }

    @Test
    void aWindowThatIsNotUsedMayNotGrow()
    {
        try (TcpPeer peer = peer())
        {
            // Half of ten segments, and not more: in slow start that is too little.
            peer.write(5 * MSS);
            peer.forget();
            peer.advanceMs(20);
            peer.send(Tcp.ack(5 * MSS + 1).seq(1));
            assertEquals(0, recorder.grown);
            peer.write(6 * MSS);
            peer.forget();
            peer.advanceMs(20);
            peer.send(Tcp.ack(11 * MSS + 1).seq(1));
            assertEquals(6 * MSS, recorder.grown);
            // In congestion avoidance it has to be full.
            peer.connection().window.ssthresh = 10 * MSS;
            peer.write(8 * MSS);
            peer.forget();
            peer.advanceMs(20);
            peer.send(Tcp.ack(19 * MSS + 1).seq(1));
            assertEquals(6 * MSS, recorder.grown);
            peer.write(10 * MSS);
            peer.forget();
            peer.advanceMs(20);
            peer.send(Tcp.ack(29 * MSS + 1).seq(1));
            assertEquals(16 * MSS, recorder.grown);
        }
    }

    @Test
    void theWindowIsRestartedAfterATimeoutsLengthOfIdling()
    {
        try (TcpPeer peer = peer())
        {
            peer.connection().window.cwnd(40 * MSS);
            peer.write(20 * MSS);
            peer.forget();
            peer.advanceMs(20);
            peer.send(Tcp.ack(20 * MSS + 1).seq(1));
            recorder.events.clear();
            // Shorter than the time-out of 200 ms: told, and nothing else.
            peer.advanceMs(100);
            peer.write(MSS);
            peer.forget();
            assertEquals("[idle for 120 ms, window 40000]", recorder.events.toString());
            peer.advanceMs(20);
            peer.send(Tcp.ack(21 * MSS + 1).seq(1));
            recorder.events.clear();
            peer.advanceMs(1_000);
            // RFC 5681 section 4.1: the initial window again; three quarters of the old one are the threshold.
            peer.connection().window.ssthresh = 10 * MSS;
            peer.write(30 * MSS);
            assertEquals(10, peer.all().size());
            assertEquals("[idle for 1020 ms, window 10000]", recorder.events.toString());
            assertEquals(30 * MSS, peer.connection().window.ssthresh);
        }
    }

    @Test
    void infoTellsWhatTheSendingSideWaitsFor()
    {
        try (TcpPeer peer = peer())
        {
            peer.advanceMs(1_000);
            assertEquals(0, peer.connection().info().busyNs());
            peer.send(Tcp.ack(1).seq(1).window(2 * MSS));
            peer.write(6 * MSS);
            peer.forget();
            assertEquals(4 * MSS, peer.connection().info().unsent());
            assertEquals(6 * MSS, peer.connection().info().unacknowledged());
            peer.advanceMs(50);
            peer.send(Tcp.ack(2 * MSS + 1).seq(1).window(60_000));
            peer.forget();
            peer.advanceMs(30);
            TcpInfo info = peer.connection().info();
            assertEquals(50 * MS, info.rwndLimitedNs());
            assertEquals(80 * MS, info.busyNs());
            assertEquals(0, info.unsent());
            peer.send(Tcp.ack(6 * MSS + 1).seq(1).window(60_000));
            peer.advanceMs(500);
            info = peer.connection().info();
            assertEquals(80 * MS, info.busyNs());
            assertEquals(0, info.inFlight());
            peer.send(Tcp.data(101, 300).acks(6 * MSS + 1).window(60_000));
            assertEquals(300, peer.connection().info().outOfOrder());
        }
    }

    @Test
    void infoTellsOfAFullSendBuffer()
    {
        recorder.events.clear();
        final TcpSettings settings = new TcpSettings();
        settings.sendBufferBytes = 4 * MSS;
        try (TcpPeer peer = new TcpPeer(settings).establishedWithSack())
        {
            peer.write(4 * MSS);
            peer.forget();
            peer.advanceMs(40);
            peer.send(Tcp.ack(4 * MSS + 1).seq(1));
            assertEquals(40 * MS, peer.connection().info().sndbufLimitedNs());
        }
    }
}
