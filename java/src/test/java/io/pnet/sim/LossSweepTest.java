package io.pnet.sim;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Transfers over paths that lose, reorder, duplicate, corrupt, delay, black out and have smaller MTUs than they say,
 * between stacks that stand still at times; see {@link Scenario} for what is drawn from a seed and {@link ScenarioRun}
 * for what is checked.
 *
 * <p>{@code -Dpnet.sim.seeds=10000} runs so many, {@code -Dpnet.sim.first=N} starts at another one: together with
 * {@code pnet.sim.seeds=1} a failure is repeated. {@code pnet.sim.seconds} ends a soak after that time;
 * {@code pnet.sim.threads} is two unless told, and no seed depends on it.
 */
final class LossSweepTest
{
    private static final int MAX_FAILURES = 10;

    private final long first = Long.getLong("pnet.sim.first", 0);
    private final long seeds = Long.getLong("pnet.sim.seeds", 1_000);
    private final long endNs = System.nanoTime() + Long.getLong("pnet.sim.seconds", 86_400) * 1_000_000_000L;
    private final AtomicLong next = new AtomicLong(first);
    private final AtomicLong done = new AtomicLong();
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());

    @Test
    void everyByteArrivesOverAnyPath() throws InterruptedException
    {
        final int threads = (int)Math.min(seeds, Integer.getInteger("pnet.sim.threads", 2));
        final List<Thread> running = new ArrayList<>();
        for (int i = 0; i < threads; i++)
        {
            final Thread thread = new Thread(this::sweep, "sweep " + i);
            thread.setDaemon(true);
            thread.start();
            running.add(thread);
        }
        for (final Thread thread : running)
        {
            thread.join();
        }
        System.out.println("swept " + done + " seeds from " + first);
        assertTrue(failures.isEmpty(), () -> failures.size() + " of the seeds failed:\n" + String.join("\n", failures));
        assertTrue(done.get() == seeds || System.nanoTime() >= endNs, () -> "only " + done + " of " + seeds);
    }

    private void sweep()
    {
        while (System.nanoTime() < endNs && failures.size() < MAX_FAILURES)
        {
            final long seed = next.getAndIncrement();
            if (seed >= first + seeds)
            {
                return;
            }
            try
            {
                new Scenario(seed).run();
            }
            catch (final Throwable ex)
            {
                final String what = ex instanceof AssertionError ? ex.getMessage() : "seed " + seed + ": " + ex;
                failures.add(what);
                System.out.println("FAILED " + what);
            }
            done.incrementAndGet();
        }
    }
}
