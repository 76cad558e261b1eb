package io.pnet.tcp.congestion;

import org.junit.jupiter.api.Test;

import static io.pnet.tcp.congestion.Path.MS;
import static io.pnet.tcp.congestion.Path.SMSS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** CUBIC by the text of RFC 9438; points of curves are computed by hand. */
final class CubicTest
{
    private static Path path(final int segments)
    {
        final Path path = new Path(new Cubic(), segments);
        path.window.ssthresh = segments * SMSS;
        return path;
    }

    private static void rounds(final Path path, final long durationNs)
    {
        final long endNs = path.nowNs + durationNs;
        while (path.nowNs < endNs)
        {
            path.round(100 * MS);
        }
    }

    @Test
    void doesNotCountTimeInWhichTheWindowIsNotUsed()
    {
        // Section 5.8. K = cbrt(1000 * 0.3 / 0.4) = 9.086 s.
        final Path path = path(1_000);
        path.loss();
        rounds(path, 3_000 * MS);
        final double before = path.segments();
        // W(3) = 0.4 (3 - 9.086)^3 + 1000 = 910
        assertEquals(910, before, 10);
        path.window.isLimited = false;
        for (int i = 0; i < 60; i++)
        {
            path.nowNs += 1_000 * MS;
            path.ack(100 * MS);
        }
        assertEquals(before, path.segments());
        path.window.isLimited = true;
        rounds(path, 3_000 * MS);
        // W(6) = 0.4 (6 - 9.086)^3 + 1000 = 988, as if the minute had not been.
        assertEquals(988, path.segments(), 6);
    }

    @Test
    void doesNotCountIdleTime()
    {
        final Path path = path(1_000);
        path.loss();
        rounds(path, 3_000 * MS);
        path.nowNs += 20_000 * MS;
        path.control.onIdle(path.window, 20_000 * MS, path.nowNs);
        rounds(path, 3_000 * MS);
        assertEquals(988, path.segments(), 6);
    }

    @Test
    void growsFromItsPlateauAfterATimeout()
    {
        // Section 4.8: K = 0 and W_max is the window at which congestion avoidance begins: W(5) = 0.4 * 125 + 700.
        final Path path = path(1_000);
        path.window.inFlight = 1_000 * SMSS;
        path.control.onTimeout(path.window, path.nowNs);
        assertEquals(700 * SMSS, path.window.ssthresh);
        path.window.cwnd(700 * SMSS);
        rounds(path, 5_000 * MS);
        assertEquals(750, path.segments(), 10);
    }

    @Test
    void growsFromItsPlateauWhenSlowStartEndsWithoutLoss()
    {
        // Section 4.10: the window is 1000, W(5) = 0.4 * 125 + 1000.
        final Path path = path(1_000);
        rounds(path, 5_000 * MS);
        assertEquals(1_050, path.segments(), 10);
    }

    @Test
    void growsLikeRenoProperOnceItIsWhereTheLossWas()
    {
        // Section 4.3 with a short round trip: 3 (1 - 0.7) / (1 + 0.7) = 0.529 segments a round trip from 14 to 20, in
        // 11 or 12 round trips, then one in each.
        final Path path = path(20);
        path.loss();
        int slow = 0;
        while (path.segments() < 20)
        {
            path.round(10 * MS);
            slow++;
        }
        assertTrue(slow >= 10 && slow <= 13, "took " + slow + " round trips");
        for (int i = 0; i < 10; i++)
        {
            path.round(10 * MS);
        }
        assertEquals(30, path.segments(), 1.5);
    }

    @Test
    void neverGrowsFasterThanByHalfInARoundTrip()
    {
        // Section 4.2: the target is at most 1.5 windows.
        final Path path = path(10);
        path.window.srttNs = 100 * MS;
        path.round(100 * MS);
        path.nowNs += 3_600_000 * MS;
        path.control.onAck(path.window, SMSS, path.nowNs);
        assertTrue(path.segments() <= 10 * 1.5 + 1, "window " + path.segments());
    }

    @Test
    void goesOnAlongItsCurveAfterAMistake()
    {
        // Section 4.9.2: W_max, K, the epoch and the windows are what they were.
        final Path path = path(1_000);
        path.loss();
        rounds(path, 3_000 * MS);
        final int cwnd = path.window.cwnd;
        final int ssthresh = path.window.ssthresh;
        path.loss();
        assertEquals(0.7 * cwnd, path.window.cwnd, 1);
        path.nowNs += 500 * MS;
        path.control.onSpuriousLoss(path.window, path.nowNs);
        assertEquals(cwnd, path.window.cwnd);
        assertEquals(ssthresh, path.window.ssthresh);
        rounds(path, 2_500 * MS);
        // W(6) = 988
        assertEquals(988, path.segments(), 8);
    }

    @Test
    void takesAReductionBackOnlyOnce()
    {
        final Path path = path(100);
        path.loss();
        path.control.onSpuriousLoss(path.window, path.nowNs);
        path.window.cwnd(50 * SMSS);
        path.control.onSpuriousLoss(path.window, path.nowNs);
        assertEquals(50, path.segments());
    }

    @Test
    void neverReducesBelowTwoSegments()
    {
        final Path path = path(2);
        path.loss();
        assertEquals(2 * SMSS, path.window.ssthresh);
        path.window.cwnd(SMSS);
        path.loss();
        assertEquals(2 * SMSS, path.window.ssthresh);
    }

    // ---- slow start (RFC 9406)

    @Test
    void leavesSlowStartWhenAQueueBuildsAndNotBefore()
    {
        final Path path = new Path(new Cubic(), 10);
        for (int i = 0; i < 4; i++)
        {
            path.round(100 * MS);
        }
        assertEquals(160, path.segments(), 1);
        long rttNs = 100 * MS;
        int rounds = 0;
        while (path.window.isInSlowStart())
        {
            rttNs += 30 * MS;
            path.round(rttNs);
            rounds++;
        }
        // One or two rounds to see it, then five of a quarter's growth.
        assertTrue(rounds == 6 || rounds == 7, "took " + rounds + " rounds");
        final double last = path.window.ssthresh / (double)SMSS;
        assertTrue(last < 160 * 4 * Math.pow(1.25, 5), "left at " + last);
        assertEquals(last, path.segments(), last * 0.05);
    }

    @Test
    void slowStartAfterALossGoesByTheThresholdAlone()
    {
        // Section 4.3: only the first slow start looks for delay.
        final Path path = new Path(new Cubic(), 10);
        path.window.ssthresh = 100 * SMSS;
        path.round(100 * MS);
        path.round(200 * MS);
        path.round(400 * MS);
        assertEquals(80, path.segments(), 1);
        path.round(800 * MS);
        assertEquals(100, path.segments(), 2);
    }
}
