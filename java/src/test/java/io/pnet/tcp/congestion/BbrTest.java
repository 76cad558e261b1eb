package io.pnet.tcp.congestion;

import org.junit.jupiter.api.Test;

import static io.pnet.tcp.congestion.Path.MS;
import static io.pnet.tcp.congestion.Path.SMSS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** BBR's model by itself: gains, cycle, probes and the parts it is made of. */
final class BbrTest
{
    private static final long RTT_NS = 40 * MS;

    private final CongestionWindow window = new CongestionWindow();
    private final RateSample sample = new RateSample();
    private final Bbr bbr = new Bbr();
    private long nowNs = 5_000 * MS;

    BbrTest()
    {
        window.smss = SMSS;
        window.cwnd(10 * SMSS);
        window.srttNs = RTT_NS;
        bbr.onEstablished(window, nowNs);
    }

    /** One round trip in one acknowledgement. */
    private void round(final long rate, final long rttNs, final boolean isAppLimited)
    {
        nowNs += rttNs;
        final long bytes = Math.max(SMSS, rate * rttNs / 1_000_000_000L);
        sample.priorDelivered = window.delivered;
        window.delivered += bytes;
        sample.delivered = (int)bytes;
        sample.rate = rate;
        sample.rttNs = rttNs;
        sample.isAppLimited = isAppLimited;
        sample.priorInFlight = window.cwnd;
        window.inFlight = (int)Math.min(window.cwnd, bytes);
        bbr.onSample(window, sample, nowNs);
        sample.lost = 0;
    }

    @Test
    void startsAtTheInitialWindowAHighGainTimesInARoundTrip()
    {
        assertEquals(2.885 * 10 * SMSS / 0.04, window.pacingRate, 1);
    }

    @Test
    void startupEndsAfterThreeRoundsThatDoNotBringAQuarterMore()
    {
        long rate = 100_000;
        for (int i = 0; i < 6; i++)
        {
            round(rate, RTT_NS, false);
            // The gain is high, one percent less for the queue's sake, and never falls meanwhile.
            assertTrue(window.pacingRate >= (long)(2.885 * 0.99 * rate) - 1, "pacing at " + window.pacingRate);
            rate *= 2;
        }
        final long full = rate / 2;
        round(full, RTT_NS, false);
        round((long)(full * 1.2), RTT_NS, false);
        assertTrue(window.pacingRate > 2 * full);
        round((long)(full * 1.2), RTT_NS, false);
        // Drained at once here, for nothing more than the path holds is in flight: the cycle's gain is 1 or 1.25.
        final double gain = window.pacingRate / (0.99 * full * 1.2);
        assertTrue(Math.abs(gain - 1) < 0.01 || Math.abs(gain - 1.25) < 0.01, "gain " + gain);
    }

    @Test
    void roundsThatTheApplicationLimitsDoNotEndStartup()
    {
        for (int i = 0; i < 20; i++)
        {
            round(100_000, RTT_NS, true);
        }
        assertTrue(window.pacingRate > 2 * 100_000);
    }

    private void fill(final long rate)
    {
        for (int i = 0; i < 6; i++)
        {
            round(rate, RTT_NS, false);
        }
    }

    @Test
    void aModelThatSawOnlyTimeoutsStillSendsASegmentARoundTrip()
    {
        fill(1_000_000);
        for (int i = 0; i < 40; i++)
        {
            round(4, RTT_NS, false);
        }
        assertEquals(SMSS / 0.04, window.pacingRate, 1);
        bbr.onIdle(window, 1, nowNs);
        assertEquals(SMSS / 0.04, window.pacingRate, 1);
    }

    @Test
    void theCycleProbesDrainsAndCruises()
    {
        fill(1_000_000);
        final double[] gains = new double[16];
        for (int i = 0; i < 16; i++)
        {
            nowNs += MS;
            round(1_000_000, RTT_NS, false);
            gains[i] = window.pacingRate / 990_000.0;
        }
        int up = 0;
        for (int i = 0; i + 8 < 16; i++)
        {
            assertEquals(gains[i], gains[i + 8], 0.001, "a cycle of eight");
            up += gains[i] > 1.2 ? 1 : 0;
            if (gains[i] > 1.2)
            {
                assertEquals(1.25, gains[i], 0.001);
                assertEquals(0.75, gains[i + 1], 0.001);
            }
        }
        assertEquals(1, up);
        // Twice what the path holds, and three frames: 2 * 40,000 + 3 * 2 * 1,000.
        assertEquals(86_000, window.cwnd, 3 * SMSS);
    }

    @Test
    void aRateIsForgottenAfterTenRounds()
    {
        fill(1_000_000);
        for (int i = 0; i < 9; i++)
        {
            round(500_000, RTT_NS, false);
        }
        assertTrue(window.pacingRate > 700_000);
        for (int i = 0; i < 4; i++)
        {
            round(500_000, RTT_NS, false);
        }
        assertTrue(window.pacingRate < 650_000, "pacing at " + window.pacingRate);
    }

    @Test
    void probesForTheRoundTripTimeWhenNoSmallerOneWasSeenForTenSeconds()
    {
        fill(1_000_000);
        while (window.cwnd > 4 * SMSS)
        {
            round(1_000_000, RTT_NS + MS, false);
            assertTrue(nowNs < 16_000 * MS, "no probe");
        }
        assertTrue(nowNs > 15_000 * MS, "too early");
        final long startNs = nowNs;
        while (window.cwnd <= 4 * SMSS)
        {
            // Four segments a round trip.
            round(100_000, RTT_NS, false);
        }
        // A fifth of a second from when the flight was that small, and at least a round trip.
        assertTrue(nowNs - startNs >= 200 * MS && nowNs - startNs < 200 * MS + 4 * RTT_NS,
            "lasted " + (nowNs - startNs));
        assertTrue(window.cwnd > 80_000, "window " + window.cwnd);
        assertTrue(window.pacingRate > 700_000, "pacing at " + window.pacingRate);
    }

    @Test
    void lossTakesWhatWasLostAndSendsWhatArrivesForARoundTrip()
    {
        fill(1_000_000);
        final int before = window.cwnd;
        bbr.onLoss(window, nowNs);
        window.isRecovering = true;
        sample.lost = 5 * SMSS;
        sample.priorDelivered = -1;
        sample.delivered = 2 * SMSS;
        window.delivered += 2 * SMSS;
        window.inFlight = 30 * SMSS;
        bbr.onSample(window, sample, nowNs);
        assertEquals(32 * SMSS, window.cwnd);
        window.isRecovering = false;
        sample.lost = 0;
        bbr.onRecovered(window, nowNs);
        bbr.onSample(window, sample, nowNs);
        assertTrue(window.cwnd >= before, "window " + window.cwnd);
    }

    @Test
    void startsAgainAtThePathsRateAfterIdling()
    {
        fill(1_000_000);
        while (window.pacingRate < 1_200_000)
        {
            nowNs += MS;
            round(1_000_000, RTT_NS, false);
        }
        bbr.onIdle(window, 500 * MS, nowNs + 500 * MS);
        assertEquals(990_000, window.pacingRate);
    }

    // ---- the parts

    @Test
    void theMaximumIsThatOfTheWindow()
    {
        final WindowedMax max = new WindowedMax(10);
        final long[] values = new long[300];
        final java.util.SplittableRandom random = new java.util.SplittableRandom(1);
        for (int i = 0; i < values.length; i++)
        {
            values[i] = 100 + random.nextInt(100);
            max.update(i, values[i]);
            long whole = 0;
            long young = 0;
            for (int j = Math.max(0, i - 10); j <= i; j++)
            {
                whole = Math.max(whole, values[j]);
                young = j >= i - 2 ? Math.max(young, values[j]) : young;
            }
            // Three candidates are an estimate: never more than the maximum, never less than the youngest's.
            assertTrue(max.get() <= whole && max.get() >= young, i + ": " + max.get() + " of " + whole);
        }
    }

    @Test
    void findsAPolicersRateAndHoldsItForFortyEightRounds()
    {
        final PolicedRate policed = new PolicedRate();
        // A fifth and more is lost, twice in a row at the same rate.
        for (int interval = 0; interval < 3; interval++)
        {
            for (int i = 0; i < 4; i++)
            {
                nowNs += RTT_NS;
                window.delivered += 40_000;
                window.lost += 15_000;
                sample.lost = i == 3 || interval == 0 ? 15_000 : 0;
                policed.onSample(window, sample, true, true, nowNs);
            }
        }
        assertEquals(1_000_000, policed.rate(), 10_000);
        sample.lost = 0;
        for (int i = 0; i < 47; i++)
        {
            assertFalse(policed.onSample(window, sample, true, true, nowNs));
        }
        assertTrue(policed.onSample(window, sample, true, true, nowNs));
        assertEquals(0, policed.rate());
    }

    @Test
    void doesNotTakeRandomLossForAPolicer()
    {
        final PolicedRate policed = new PolicedRate();
        for (int i = 0; i < 500; i++)
        {
            nowNs += RTT_NS;
            window.delivered += 40_000;
            window.lost += 4_000;
            sample.lost = 4_000;
            policed.onSample(window, sample, true, true, nowNs);
            assertEquals(0, policed.rate());
        }
    }
}
