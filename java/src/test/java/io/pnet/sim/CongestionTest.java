package io.pnet.sim;

import io.pnet.link.ImpairmentSpec;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.samples.Vegas;
import io.pnet.tcp.TcpInfo;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.congestion.Bbr;
import io.pnet.tcp.congestion.CongestionControl;
import io.pnet.tcp.congestion.CongestionControls;
import io.pnet.tcp.congestion.Cubic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.util.function.Supplier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Congestion controls over whole networks on the virtual clock: who gets what of a bottleneck, at what delay. */
final class CongestionTest
{
    private static final long MS = 1_000_000L;
    private static final long SECOND_NS = 1_000 * MS;
    /** Of an MTU of 1,500 and what a frame costs on the wire, what is payload. */
    private static final double PAYLOAD = 1_448.0 / 1_538.0;

    /** Two nodes; what the first sends passes the bottleneck. */
    private static final class Path implements AutoCloseable
    {
        final Network network;
        final Network.Node a;
        final Network.Node b;
        private int port = 80;

        Path(final long seed, final String spec)
        {
            network = new Network(seed);
            final MemoryLinkOptions options = new MemoryLinkOptions().txOffload(true).rxGso(true).queueFrames(16_384);
            a = network.node("10.0.0.1/24", options, new TcpSettings(), ImpairmentSpec.parse(spec), link -> link);
            b = network.node("10.0.0.2/24", options, new TcpSettings(), null, link -> link);
        }

        Bulk flow(final Supplier<? extends CongestionControl> control, final long bytes) throws IOException
        {
            final TcpSettings settings = new TcpSettings();
            settings.congestionControl = control;
            settings.sendBufferBytes = 16 << 20;
            return new Bulk(network, a, b, port++, settings, bytes);
        }

        /** Mbit/s of payload over the next so many seconds. */
        double[] rates(final int seconds, final Bulk... flows)
        {
            final long[] before = new long[flows.length];
            for (int i = 0; i < flows.length; i++)
            {
                before[i] = flows[i].received;
            }
            network.run(seconds * SECOND_NS);
            final double[] rates = new double[flows.length];
            for (int i = 0; i < flows.length; i++)
            {
                rates[i] = (flows[i].received - before[i]) * 8e-6 / seconds;
            }
            return rates;
        }

        @Override
        public void close()
        {
            network.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"newreno", "cubic", "bbr"})
    void twoFlowsShareABottleneckFairly(final String name) throws IOException
    {
        try (Path path = new Path(1, "out.rate=10mbit,out.queue=50kB,out.delay=20ms"))
        {
            final Bulk first = path.flow(CongestionControls.named(name), Long.MAX_VALUE);
            path.network.run(3 * SECOND_NS);
            final Bulk second = path.flow(CongestionControls.named(name), Long.MAX_VALUE);
            path.network.run(20 * SECOND_NS);
            final double[] rates = path.rates(60, first, second);
            final double sum = rates[0] + rates[1];
            // Jain's index of two: 0.9 is a share of two to one.
            final double fairness = sum * sum / (2 * (rates[0] * rates[0] + rates[1] * rates[1]));
            assertTrue(sum > 0.95 * 10 * PAYLOAD, () -> "together " + sum + " Mbit/s");
            assertTrue(fairness > 0.9, () -> "shares " + rates[0] + " and " + rates[1] + " Mbit/s");
        }
    }

    @Test
    void bbrFillsALinkThatLosesOnePercentWhereCubicCannot() throws IOException
    {
        final String spec = "out.rate=50mbit,out.queue=512kB,out.delay=40ms,out.loss=1%";
        final double bbr;
        final double cubic;
        try (Path path = new Path(1, spec))
        {
            final Bulk flow = path.flow(Bbr::new, Long.MAX_VALUE);
            path.network.run(2 * SECOND_NS);
            bbr = path.rates(28, flow)[0];
        }
        try (Path path = new Path(1, spec))
        {
            final Bulk flow = path.flow(Cubic::new, Long.MAX_VALUE);
            path.network.run(2 * SECOND_NS);
            cubic = path.rates(28, flow)[0];
        }
        assertTrue(bbr > 0.9 * 50 * PAYLOAD * 0.99, () -> "BBR " + bbr + " Mbit/s");
        assertTrue(cubic < 0.5 * bbr, () -> "CUBIC " + cubic + " Mbit/s");
    }

    @Test
    void bbrKeepsTheQueueShortWhereCubicFillsIt() throws IOException
    {
        // Ten times what the path holds: 40 ms or 440.
        final String spec = "out.rate=10mbit,out.queue=500kB,out.delay=40ms";
        final double[] rtts = new double[2];
        for (int i = 0; i < 2; i++)
        {
            try (Path path = new Path(1, spec))
            {
                final Bulk flow = path.flow(i == 0 ? Bbr::new : Cubic::new, Long.MAX_VALUE);
                path.network.run(5 * SECOND_NS);
                double worst = 0;
                double sum = 0;
                for (int j = 0; j < 250; j++)
                {
                    path.network.run(100 * MS);
                    final TcpInfo info = flow.connection.info();
                    worst = Math.max(worst, info.rttNs() / (double)MS);
                    sum += info.rttNs() / (double)MS;
                }
                rtts[i] = sum / 250;
                final double goodput = flow.received * 8e-6 / 30;
                assertTrue(goodput > 0.9 * 10 * PAYLOAD, () -> "only " + goodput + " Mbit/s");
                if (i == 0)
                {
                    assertTrue(rtts[0] < 1.3 * 40 && worst < 2 * 40, "RTT " + rtts[0] + " ms, at worst " + worst);
                }
            }
        }
        assertTrue(rtts[1] > 4 * 40, () -> "CUBIC's RTT is " + rtts[1]);
    }

    @Test
    void bbrProbesForTheRoundTripTimeEveryTenSeconds() throws IOException
    {
        try (Path path = new Path(1, "out.rate=10mbit,out.queue=500kB,out.delay=40ms"))
        {
            final Bulk flow = path.flow(Bbr::new, Long.MAX_VALUE);
            int probes = 0;
            boolean isProbing = false;
            for (int i = 0; i < 3_500; i++)
            {
                path.network.run(10 * MS);
                final TcpInfo info = flow.connection.info();
                final boolean isSmall = i > 100 && info.cwnd() <= 4 * info.mss();
                probes += isSmall && !isProbing ? 1 : 0;
                isProbing = isSmall;
            }
            // After 10, 20.2 and 30.4 seconds.
            assertEquals(3, probes);
            assertEquals(40, flow.connection.info().minRttNs() / (double)MS, 3);
        }
    }

    @Test
    void whatAnApplicationSendsTooLittleOfIsNotTakenForThePath() throws IOException
    {
        try (Path path = new Path(1, "out.rate=50mbit,out.queue=500kB,out.delay=20ms"))
        {
            final Bulk flow = path.flow(Bbr::new, 4 << 20);
            path.network.run(3 * SECOND_NS);
            final long filled = flow.connection.info().pacingRate();
            assertTrue(filled > 0.6 * 50e6 / 8, () -> "pacing at " + filled);
            // 80 kB/s for a while, then all there is.
            for (int i = 0; i < 500; i++)
            {
                flow.send(1_448);
                path.network.run(18 * MS);
            }
            final TcpInfo info = flow.connection.info();
            assertTrue(info.isAppLimited(), info::toString);
            assertTrue(info.pacingRate() > 0.6 * 50e6 / 8, () -> "pacing at " + info.pacingRate());
            flow.send(8 << 20);
            final double rate = path.rates(1, flow)[0];
            assertTrue(rate > 0.8 * 50 * PAYLOAD, () -> "only " + rate + " Mbit/s");
        }
    }

    @Test
    void aUsersOwnAlgorithmKeepsTheQueueAsShortAsItSays() throws IOException
    {
        try (Path path = new Path(1, "out.rate=10mbit,out.queue=500kB,out.delay=40ms"))
        {
            final Bulk flow = path.flow(Vegas::new, Long.MAX_VALUE);
            path.network.run(10 * SECOND_NS);
            final double rate = path.rates(20, flow)[0];
            final TcpInfo info = flow.connection.info();
            assertEquals("vegas", info.congestionControl());
            assertTrue(rate > 0.95 * 10 * PAYLOAD, () -> "only " + rate + " Mbit/s");
            // Two to four segments, 1.2 ms each, and what a frame of several segments makes of it.
            assertTrue(info.rttNs() < 40 * MS + 8 * 1_230_400L, info::toString);
            assertEquals(0, info.retransmittedSegments());
        }
    }

    @Test
    void aLimitedPacingRateIsWhatTheReceiverSees() throws IOException
    {
        try (Path path = new Path(1, "out.delay=10ms"))
        {
            final Bulk flow = path.flow(Cubic::new, Long.MAX_VALUE);
            flow.connection.maxPacingRate(5_000_000);
            path.network.run(SECOND_NS);
            assertEquals(40, path.rates(5, flow)[0], 0.4);
            final TcpInfo info = flow.connection.info();
            assertEquals(5_000_000, info.pacingRate());
            assertEquals(5_000_000, info.deliveryRate(), 250_000);
            // The window is not what limits, and stays near what is in flight: 50 kB.
            assertTrue(info.cwnd() < 200_000, info::toString);
        }
    }
}
