package io.pnet.bench.compare;

import io.pnet.link.Cpu;
import io.pnet.link.LinkException;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How far apart the first two processors are: how long a cache line takes from a thread on one to a thread on the
 * other, and back. A virtual machine's processors may be moved by its host within seconds, and one stream is three
 * times as fast between near ones as between far ones, whoever's it is (README). So figures compare where this is the
 * same.
 */
final class CacheLine
{
    private static final int ROUNDS = 50;
    /** Beside busy programs the two threads run at the same time after a while only. */
    private static final long LOOK_NS = 20_000_000L;
    /** As many looks have compiled this class. */
    private static final int WARM_UP = 5;
    private static final int SPINS_A_LOOK = 1024;
    private static final double ALIKE = 1.5;
    /** Nothing else is on the line of this element, wherever the array begins. */
    private static final int BALL = 32;

    private final AtomicLongArray lines = new AtomicLongArray(2 * BALL);
    private final long endNs = System.nanoTime() + LOOK_NS;
    private volatile double shortestNs = Double.NaN;

    private CacheLine()
    {
    }

    /** At a run's beginning and at its end, in ns there and back; NaN where that could not be told. */
    record Times(double beginNs, double endNs)
    {
        /** Whether the processors were as far apart in the one as in the other, from beginning to end. */
        boolean isAlike(final Times other)
        {
            return mostNs(other) < ALIKE * leastNs(other);
        }

        double leastNs(final Times other)
        {
            return Math.min(Math.min(beginNs, endNs), Math.min(other.beginNs, other.endNs));
        }

        double mostNs(final Times other)
        {
            return Math.max(Math.max(beginNs, endNs), Math.max(other.beginNs, other.endNs));
        }
    }

    /** Before the first figure that counts. */
    static void warmUp() throws InterruptedException
    {
        for (int i = 0; i < WARM_UP; i++)
        {
            measureNs();
        }
    }

    /**
     * Looks for 20 ms.
     *
     * @return ns there and back, the shortest of some; NaN where two threads never ran at the same time, or not on the
     *     processors they were to.
     */
    static double measureNs() throws InterruptedException
    {
        final CacheLine line = new CacheLine();
        final Thread there = new Thread(() -> line.run(0, line::serve), "cache line there");
        final Thread back = new Thread(() -> line.run(1, line::sendBack), "cache line back");
        there.start();
        back.start();
        there.join();
        back.join();
        return line.shortestNs;
    }

    private void run(final int cpu, final Runnable part)
    {
        try
        {
            Cpu.pin(cpu);
        }
        catch (final LinkException ex)
        {
            // A machine of one processor, or a set of others: the figure stays out.
            return;
        }
        part.run();
    }

    private void serve()
    {
        long ball = 0;
        while (System.nanoTime() < endNs)
        {
            final long beginNs = System.nanoTime();
            for (int i = 0; i < ROUNDS; i++, ball += 2)
            {
                lines.setRelease(BALL, ball + 1);
                if (!await(ball + 2))
                {
                    return;
                }
            }
            final double ns = (double)(System.nanoTime() - beginNs) / ROUNDS;
            if (!(ns >= shortestNs))
            {
                shortestNs = ns;
            }
        }
    }

    private void sendBack()
    {
        for (long ball = 1; await(ball); ball += 2)
        {
            lines.setRelease(BALL, ball + 1);
        }
    }

    /** Spins; false when the time is up. */
    private boolean await(final long ball)
    {
        for (int spins = 1; lines.getAcquire(BALL) != ball; spins++)
        {
            if (spins % SPINS_A_LOOK == 0 && System.nanoTime() > endNs)
            {
                return false;
            }
        }
        return true;
    }
}
