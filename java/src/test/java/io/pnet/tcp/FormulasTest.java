package io.pnet.tcp;

import io.pnet.Must;
import io.pnet.tcp.congestion.CongestionWindow;
import io.pnet.tcp.congestion.Cubic;
import io.pnet.tcp.congestion.NewReno;
import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** RTT and RTO (RFC 6298), initial sequence numbers (RFC 6528), congestion windows (RFC 5681, 9438). */
final class FormulasTest
{
    private static final long MS = 1_000_000L;
    private static final int SMSS = 1_000;

    // ---- RFC 6298

    @Test
    void computesTheTimeoutOfRfc6298()
    {
        final Rtt rtt = new Rtt(1_000 * MS, 200 * MS, 120_000 * MS);
        assertEquals(1_000 * MS, rtt.rtoNs());
        // Section 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR.
        rtt.sample(100 * MS, 0);
        assertEquals(100 * MS, rtt.srttNs());
        assertEquals(50 * MS, rtt.rttvarNs());
        assertEquals(300 * MS, rtt.rtoNs());
        // Section 2.3: RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R'|, then SRTT = 7/8 SRTT + 1/8 R'.
        rtt.sample(180 * MS, 0);
        assertEquals((long)(57.5 * MS), rtt.rttvarNs());
        assertEquals(110 * MS, rtt.srttNs());
        assertEquals(340 * MS, rtt.rtoNs());
    }

    @Test
    void boundsTheTimeout()
    {
        final Rtt rtt = new Rtt(1_000 * MS, 200 * MS, 120_000 * MS);
        rtt.sample(MS, 0);
        assertEquals(201 * MS, rtt.rtoNs());
        for (int i = 0; i < 100; i++)
        {
            rtt.backOff();
        }
        assertEquals(120_000 * MS, rtt.rtoNs());
        rtt.sample(MS, 0);
        assertEquals(201 * MS, rtt.rtoNs());
    }

    @Test
    void holdsTheBackOffForNewDataUntilAMeasurement()
    {
        final Rtt rtt = new Rtt(1_000 * MS, 200 * MS, 120_000 * MS);
        rtt.sample(10 * MS, 0);
        rtt.backOff();
        rtt.backOff();
        assertEquals(840 * MS, rtt.rtoNs());
        rtt.progress();
        assertEquals(210 * MS, rtt.rtoNs());
        rtt.newData();
        assertEquals(840 * MS, rtt.rtoNs());
        rtt.sample(10 * MS, 0);
        rtt.newData();
        assertEquals(210 * MS, rtt.rtoNs());
    }

    @Test
    void startsFromThreeSecondsWhenTheSynWasLost()
    {
        final Rtt rtt = new Rtt(1_000 * MS, 200 * MS, 120_000 * MS);
        rtt.backOff();
        rtt.synWasLost();
        assertEquals(3_000 * MS, rtt.rtoNs());
    }

    @Test
    void forgetsAMinimumThatIsOld()
    {
        final Rtt rtt = new Rtt(1_000 * MS, 200 * MS, 120_000 * MS);
        rtt.sample(10 * MS, 0);
        rtt.sample(50 * MS, 299_000 * MS);
        assertEquals(10 * MS, rtt.minNs());
        rtt.sample(50 * MS, 301_000 * MS);
        assertEquals(50 * MS, rtt.minNs());
    }

    // ---- RFC 6528

    /** The secret of SipHash's reference vectors: bytes 0 to 15. */
    private static SipHash reference()
    {
        final long[] keys = { 0x0706050403020100L, 0x0f0e0d0c0b0a0908L };
        return new SipHash(new RandomGenerator()
        {
            private int next;

            @Override
            public long nextLong()
            {
                return keys[next++];
            }
        });
    }

    @Must(9)
    @Test
    void hashesLikeTheReferenceImplementationOfSipHash()
    {
        // SipHash-2-4-64 of the bytes 0 to 39, from an implementation that gives the paper's 0xa129ca6149be45e5 for the
        // bytes 0 to 14 with this key.
        final long expected = 0x0e3ea96b5304a7d0L;
        assertEquals(expected, reference().hash(
            0x0706050403020100L,
            0x0f0e0d0c0b0a0908L,
            0x1716151413121110L,
            0x1f1e1d1c1b1a1918L,
            0x2726252423222120L));
    }

    @Must(8)
    @Test
    void sequenceNumbersFollowTheClockForOneConnection()
    {
        final IsnGenerator isn = new IsnGenerator(new SipHash(new SplittableRandom(1)));
        final int first = isn.initialSequenceNumber(1, 2, 3, 4, 5, 6, 0);
        // RFC 9293 section 3.4.1: one every 4 us.
        assertEquals(250_000, isn.initialSequenceNumber(1, 2, 3, 4, 5, 6, 1_000 * MS) - first);
    }

    @Must(9)
    @Test
    void sequenceNumbersOfDifferentConnectionsHaveNothingInCommon()
    {
        final IsnGenerator isn = new IsnGenerator(new SipHash(new SplittableRandom(1)));
        final Set<Integer> seen = new HashSet<>();
        final int[] ones = new int[32];
        final int n = 100_000;
        int last = 0;
        for (int i = 0; i < n; i++)
        {
            final int value = isn.initialSequenceNumber(1, 2, 1_024 + i % 60_000, 4, 5 + i / 60_000, 80, 0);
            seen.add(value);
            for (int bit = 0; bit < 32; bit++)
            {
                ones[bit] += (value ^ last) >>> bit & 1;
            }
            last = value;
        }
        // Birthdays: about n^2 / 2^33 of them collide.
        assertTrue(seen.size() > n - 10, () -> n - seen.size() + " collisions");
        for (final int count : ones)
        {
            assertEquals(n / 2, count, 6 * Math.sqrt(n / 4.0));
        }
        assertNotEquals(
            new IsnGenerator(new SipHash(new SplittableRandom(2))).initialSequenceNumber(1, 2, 3, 4, 5, 6, 0),
            isn.initialSequenceNumber(1, 2, 3, 4, 5, 6, 0));
    }

    // ---- RFC 5681

    private static CongestionWindow window(final int segments)
    {
        final CongestionWindow window = new CongestionWindow();
        window.smss = SMSS;
        window.cwnd(segments * SMSS);
        window.srttNs = 100 * MS;
        window.latestRttNs = 100 * MS;
        window.minRttNs = 100 * MS;
        return window;
    }

    @Test
    void renoDoublesThenAddsOneSegmentARoundTrip()
    {
        final NewReno reno = new NewReno();
        final CongestionWindow window = window(10);
        for (int i = 0; i < 10; i++)
        {
            reno.onAck(window, SMSS, 0);
        }
        assertEquals(20 * SMSS, window.cwnd);
        window.ssthresh = 20 * SMSS;
        for (int i = 0; i < 20; i++)
        {
            reno.onAck(window, SMSS, 0);
        }
        assertEquals(21 * SMSS, window.cwnd);
    }

    @Test
    void renoHalvesTheFlight()
    {
        final CongestionWindow window = window(40);
        window.inFlight = 30 * SMSS;
        new NewReno().onLoss(window, 0);
        assertEquals(15 * SMSS, window.ssthresh);
        window.inFlight = SMSS;
        new NewReno().onLoss(window, 0);
        assertEquals(2 * SMSS, window.ssthresh);
    }

    // ---- RFC 9438

    /** Acknowledges whole windows every round trip; returns the window in segments. */
    private static double run(final Cubic cubic, final CongestionWindow window, final long fromNs, final long toNs)
    {
        for (long nowNs = fromNs; nowNs < toNs; nowNs += window.srttNs)
        {
            final int acks = window.cwnd / SMSS;
            for (int i = 0; i < acks; i++)
            {
                cubic.onAck(window, SMSS, nowNs + window.srttNs * i / acks);
            }
        }
        return (double)window.cwnd / SMSS;
    }

    @Test
    void cubicReducesToSevenTenthsAndComesBackToThePlateau()
    {
        final Cubic cubic = new Cubic();
        final CongestionWindow window = window(1_000);
        window.ssthresh = 1_000 * SMSS;
        cubic.onLoss(window, 0);
        assertEquals(700 * SMSS, window.ssthresh);
        window.cwnd(window.ssthresh);
        // K = cbrt(W_max (1 - beta) / C) = cbrt(1000 * 0.3 / 0.4) = 9.086 s (section 4.2).
        final double early = run(cubic, window, 0, 3_000 * MS);
        // W(t) = 0.4 (3 - 9.086)^3 + 1000 = 910
        assertEquals(910, early, 15);
        assertEquals(1_000, run(cubic, window, 3_000 * MS, 9_086 * MS), 10);
        // Flat at the plateau, then convex: 0.4 * 5^3 = 50 above it five seconds later.
        assertEquals(1_050, run(cubic, window, 9_086 * MS, 14_086 * MS), 15);
    }

    @Test
    void cubicIsNeverSlowerThanReno()
    {
        final Cubic cubic = new Cubic();
        final CongestionWindow window = window(20);
        window.srttNs = 10 * MS;
        window.latestRttNs = 10 * MS;
        window.ssthresh = 20 * SMSS;
        cubic.onLoss(window, 0);
        window.cwnd(window.ssthresh);
        // Section 4.3: 0.53 segments a round trip below W_max; the curve alone would have gained 2 in a second.
        final double after = run(cubic, window, 0, 500 * MS);
        assertTrue(after > 14 + 0.5 * 10, () -> "window " + after);
    }

    @Test
    void cubicMakesRoomForNewcomers()
    {
        final Cubic cubic = new Cubic();
        final CongestionWindow window = window(1_000);
        window.ssthresh = 1_000 * SMSS;
        cubic.onLoss(window, 0);
        window.cwnd(window.ssthresh);
        cubic.onLoss(window, 0);
        assertEquals(490 * SMSS, window.ssthresh, SMSS);
        window.cwnd(window.ssthresh);
        // Section 4.7: the second plateau is 700 * 0.85 = 595, K = cbrt(105 / 0.4) = 6.4 s.
        assertEquals(595, run(cubic, window, 0, 6_400 * MS), 10);
    }

    @Test
    void cubicTakesBackAMistake()
    {
        final Cubic cubic = new Cubic();
        final CongestionWindow window = window(500);
        window.ssthresh = 400 * SMSS;
        cubic.onLoss(window, 0);
        window.cwnd(window.ssthresh);
        cubic.onSpuriousLoss(window, 0);
        assertEquals(500 * SMSS, window.cwnd);
        assertEquals(400 * SMSS, window.ssthresh);
    }
}
