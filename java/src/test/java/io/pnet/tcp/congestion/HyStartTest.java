package io.pnet.tcp.congestion;

import org.junit.jupiter.api.Test;

import static io.pnet.tcp.congestion.Path.MS;
import static io.pnet.tcp.congestion.Path.SMSS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** HyStart++ by the text of RFC 9406 section 4.2. */
final class HyStartTest
{
    private final HyStart hyStart = new HyStart();
    private final CongestionWindow window = new CongestionWindow();

    HyStartTest()
    {
        window.smss = SMSS;
        window.cwnd(100 * SMSS);
        window.sent = 100 * SMSS;
    }

    /** What was sent in the last round is acknowledged, which begins another, with so many samples. */
    private void round(final double rttMs, final int samples)
    {
        window.acknowledged = window.sent;
        window.sent += 100 * SMSS;
        for (int i = 0; i < samples; i++)
        {
            sample(rttMs);
        }
    }

    private void sample(final double rttMs)
    {
        hyStart.onSample(window, (long)(rttMs * MS));
    }

    @Test
    void becomesConservativeWhenTheMinimumRisesByAnEighth()
    {
        round(100, 8);
        round(112.4, 8);
        assertFalse(hyStart.isConservative());
        // 112.4 / 8 = 14.05
        round(126.4, 8);
        assertFalse(hyStart.isConservative());
        round(142.3, 8);
        assertTrue(hyStart.isConservative());
        assertEquals(250, hyStart.growth(1_000));
    }

    @Test
    void doesNotTakeLessThanFourMillisecondsForAQueue()
    {
        round(10, 8);
        round(13.9, 8);
        assertFalse(hyStart.isConservative());
        round(17.9, 8);
        assertTrue(hyStart.isConservative());
    }

    @Test
    void takesSixteenMillisecondsForAQueueOnAnyPath()
    {
        round(400, 8);
        round(415.9, 8);
        assertFalse(hyStart.isConservative());
        round(431.9, 8);
        assertTrue(hyStart.isConservative());
    }

    @Test
    void needsEightSamplesOfARound()
    {
        round(100, 8);
        round(200, 7);
        assertFalse(hyStart.isConservative());
        sample(200);
        assertTrue(hyStart.isConservative());
    }

    @Test
    void goesByTheSmallestOfARound()
    {
        round(100, 8);
        round(300, 4);
        sample(105);
        for (int i = 0; i < 20; i++)
        {
            sample(300);
        }
        assertFalse(hyStart.isConservative());
    }

    @Test
    void needsTwoRoundsToCompare()
    {
        round(500, 20);
        assertFalse(hyStart.isConservative());
    }

    @Test
    void endsSlowStartAfterFiveConservativeRoundsTheFirstOneNotWhole()
    {
        round(100, 8);
        round(120, 8);
        assertTrue(hyStart.isConservative());
        for (int i = 0; i < 4; i++)
        {
            round(120, 8);
            assertTrue(window.isInSlowStart());
        }
        window.cwnd(150 * SMSS);
        round(120, 1);
        assertFalse(window.isInSlowStart());
        assertEquals(150 * SMSS, window.ssthresh);
    }

    @Test
    void resumesWhenTheMinimumFallsBelowThatOfTheRise()
    {
        round(100, 8);
        round(120, 8);
        round(120, 8);
        assertTrue(hyStart.isConservative());
        round(119, 7);
        assertTrue(hyStart.isConservative());
        sample(119);
        assertFalse(hyStart.isConservative());
        assertEquals(1_000, hyStart.growth(1_000));
        // And looks again: 119 / 8 = 14.9.
        round(134, 8);
        assertTrue(hyStart.isConservative());
    }

    @Test
    void aRoundLastsUntilWhatWasSentAtItsStartIsAcknowledged()
    {
        round(100, 8);
        // However long that takes: more samples, still the same round.
        window.acknowledged = window.sent - 1;
        for (int i = 0; i < 100; i++)
        {
            sample(200);
        }
        assertFalse(hyStart.isConservative());
    }
}
