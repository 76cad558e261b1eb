package io.pnet.sim;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Transfers over paths that lose, reorder, duplicate, corrupt and delay; see {@link Scenario} for what is drawn from a
 * seed and what is checked.
 *
 * <p>{@code -Dpnet.sim.seeds=10000} runs so many, {@code -Dpnet.sim.first=N} starts at another one: together with
 * {@code pnet.sim.seeds=1} a failure is repeated. {@code pnet.sim.seconds} ends a soak after that time.
 */
final class LossSweepTest
{
    private static final int MAX_FAILURES = 10;

    @Test
    void everyByteArrivesOverAnyPath() throws IOException
    {
        final long first = Long.getLong("pnet.sim.first", 0);
        final long seeds = Long.getLong("pnet.sim.seeds", 1_000);
        final long endNs = System.nanoTime() + Long.getLong("pnet.sim.seconds", 86_400) * 1_000_000_000L;
        final List<String> failures = new ArrayList<>();
        long done = 0;
        for (long seed = first; seed < first + seeds && System.nanoTime() < endNs; seed++)
        {
            try
            {
                new Scenario(seed).run();
            }
            catch (final AssertionError ex)
            {
                failures.add(ex.getMessage());
                System.out.println("FAILED " + ex.getMessage());
                if (failures.size() == MAX_FAILURES)
                {
                    break;
                }
            }
            done++;
        }
        System.out.println("swept " + done + " seeds from " + first);
        assertTrue(failures.isEmpty(), () -> failures.size() + " of the seeds failed:\n" + String.join("\n", failures));
    }
}
