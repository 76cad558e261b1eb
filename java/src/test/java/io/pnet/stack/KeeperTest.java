package io.pnet.stack;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** How often the keeper looks after a stack that others run. */
@Timeout(60)
final class KeeperTest
{
    private static final int LOOKS_BEFORE = 30;
    private static final long WATCHED_MS = 200;
    private static final int TRIES = 10;

    private static final long LONG_AGO_NS = 2_000_000L;

    /** Each look reads the clock once. */
    private final AtomicInteger looks = new AtomicInteger();
    /** By how much the clock goes on with each look: by nothing, and the last cycle has always just been. */
    private volatile long stepNs;
    private final DutyCycle cycle = new DutyCycle(null, () -> looks.getAndIncrement() * stepNs);
    private final DrivingPlace place = new DrivingPlace(cycle, null);
    private final WaitingThreads waiting = new WaitingThreads();
    private final Keeper keeper = new Keeper(cycle, place, new Ownership(cycle, place), waiting, 0);

    @BeforeEach
    void start() throws InterruptedException
    {
        cycle.start(null);
        keeper.start("keeper", false, () ->
        {
        });
        while (looks.get() < LOOKS_BEFORE)
        {
            Thread.sleep(1);
        }
    }

    /** A nap is no sleep: a keeper that has gone looks seldom, too. */
    private void goesOnLooking() throws InterruptedException
    {
        for (final int before = looks.get(); looks.get() == before; )
        {
            Thread.sleep(1);
        }
    }

    @AfterEach
    void close()
    {
        place.close();
        keeper.join();
    }

    @Test
    void napsWhereOthersRunTheCycles() throws InterruptedException
    {
        final long beganNs = System.nanoTime();
        final int before = looks.get();
        Thread.sleep(WATCHED_MS);
        final int looked = looks.get() - before;
        final long tookNs = System.nanoTime() - beganNs;
        assertTrue(looked <= tookNs / Keeper.NAP_NS + 2, looked + " looks in " + tookNs + " ns");
        goesOnLooking();
    }

    @Test
    void napsWhileTheDriverSleepsInTheKernelAndIsBackAtOnce() throws InterruptedException
    {
        waiting.driverComes();
        place.take(Thread.currentThread());
        stepNs = LONG_AGO_NS;
        final long beganNs = System.nanoTime();
        final int before = looks.get();
        int cycles = 0;
        while (System.nanoTime() - beganNs < WATCHED_MS * 1_000_000)
        {
            // The next cycle has been, which looks at the clock, and a condition is met.
            cycle.start(null);
            cycles++;
            keeper.driverLeaves();
            Thread.sleep(2);
        }
        final int looked = looks.get() - before - cycles;
        final long tookNs = System.nanoTime() - beganNs;
        assertTrue(looked <= tookNs / Keeper.NAP_NS + 2, looked + " looks in " + tookNs + " ns");
        goesOnLooking();
    }

    @Test
    void napsBesideParkedThreadsWhoseDriversAreSoonBack() throws InterruptedException
    {
        waiting.park(Thread.currentThread());
        final int before = looks.get();
        final long beganNs = System.nanoTime();
        while (System.nanoTime() - beganNs < WATCHED_MS * 1_000_000)
        {
            keeper.driverComes(0);
            Thread.sleep(2);
        }
        final int looked = looks.get() - before;
        final long tookNs = System.nanoTime() - beganNs;
        assertTrue(looked <= tookNs / Keeper.NAP_NS + 2, looked + " looks in " + tookNs + " ns");
    }

    @Test
    void looksOftenWhileDriversStayAwayFromParkedThreads() throws InterruptedException
    {
        waiting.park(Thread.currentThread());
        boolean isAwake = false;
        // A machine that is busy with other things may be late, but not each time.
        for (int i = 0; i < TRIES && !isAwake; i++)
        {
            final int before = looks.get();
            final long beganNs = System.nanoTime();
            while (System.nanoTime() - beganNs < WATCHED_MS * 1_000_000)
            {
                keeper.driverComes(LONG_AGO_NS);
                Thread.sleep(2);
            }
            isAwake = looks.get() - before > 2 * (System.nanoTime() - beganNs) / Keeper.NAP_NS;
        }
        assertTrue(isAwake, "naps while a thread relies on it");
    }
}
