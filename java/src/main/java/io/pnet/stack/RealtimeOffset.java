package io.pnet.stack;

import org.agrona.concurrent.NanoClock;

import java.time.Instant;

/**
 * How far the monotonic clock is from CLOCK_REALTIME, by which kernel links stamp frames. Two clocks cannot be read at
 * once, and a thread that is put aside between the two would take the difference for a frame's age, so the closest of a
 * few readings counts.
 */
public final class RealtimeOffset
{
    private static final int READINGS = 4;
    /** Close enough: this is what two readings take that nobody interrupts. */
    private static final long CLOSE_NS = 2_000;

    private RealtimeOffset()
    {
    }

    /** What to add to CLOCK_REALTIME, in ns, to get the clock's time. */
    public static long sample(final NanoClock clock)
    {
        long closestNs = Long.MAX_VALUE;
        long offsetNs = 0;
        for (int i = 0; i < READINGS && closestNs > CLOSE_NS; i++)
        {
            final long beforeNs = clock.nanoTime();
            final Instant instant = Instant.now();
            final long tookNs = clock.nanoTime() - beforeNs;
            if (tookNs < closestNs)
            {
                closestNs = tookNs;
                offsetNs = beforeNs + tookNs / 2 - (instant.getEpochSecond() * 1_000_000_000L + instant.getNano());
            }
        }
        return offsetNs;
    }
}
