package io.pnet.hostile;

import org.junit.jupiter.api.Test;

import java.io.IOException;

/**
 * Mutated frames between real ones, by the million; see {@link MutatedTraffic}.
 *
 * <p>{@code -Dpnet.hostile.frames=10000000} has so many made, {@code -Dpnet.hostile.seed=N} starts at another seed: one
 * round of {@value MutatedTraffic#FRAMES} frames again is {@code -Dpnet.hostile.frames=1 -Dpnet.hostile.seed=N}.
 */
class MutatedTrafficTest
{
    private static final int SLICE = 300_000;
    /** 1109 is among them, which once left retransmitted data in flight without a timer when a window opened. */
    private static final int FIRST = 1_100;

    @Test
    void nothingThatArrivesDoesHarm() throws IOException
    {
        final long first = Long.getLong("pnet.hostile.seed", FIRST);
        final long frames = Long.getLong("pnet.hostile.frames", SLICE);
        final long startNs = System.nanoTime();
        long done = 0;
        for (long seed = first; done < frames; seed++)
        {
            MutatedTraffic.run(seed);
            done += MutatedTraffic.FRAMES;
        }
        final long ns = System.nanoTime() - startNs;
        System.out.println(
            done + " mutated frames from seed " + first + ", " + done * 1_000_000_000L / ns + " a second");
    }
}
