package io.pnet.stack;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** How often the keeper looks after a stack whose last cycle, by its clock, has always just been. */
@Timeout(60)
final class KeeperTest
{
    private static final int LOOKS_BEFORE = 30;
    private static final long WATCHED_MS = 200;
    private static final int TRIES = 10;

    /** Each look reads the clock once. */
    private final AtomicInteger looks = new AtomicInteger();
    private final DutyCycle cycle = new DutyCycle(null, () -> looks.getAndIncrement() * 0L);
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

    @AfterEach
    void close()
    {
        place.close();
        keeper.join();
    }

    @Test
    void napsWhereOthersRunTheCycles() throws InterruptedException
    {
        final int before = looks.get();
        final long beganNs = System.nanoTime();
        Thread.sleep(WATCHED_MS);
        final int looked = looks.get() - before;
        final long tookNs = System.nanoTime() - beganNs;
        assertTrue(looked <= tookNs / Keeper.NAP_NS + 2, looked + " looks in " + tookNs + " ns");
    }

    @Test
    void looksOftenWhileAThreadIsParked() throws InterruptedException
    {
        waiting.park(Thread.currentThread());
        keeper.threadParks();
        boolean isAwake = false;
        // A machine that is busy with other things may be late, but not each time.
        for (int i = 0; i < TRIES && !isAwake; i++)
        {
            final int before = looks.get();
            final long beganNs = System.nanoTime();
            Thread.sleep(WATCHED_MS);
            isAwake = looks.get() - before > 2 * (System.nanoTime() - beganNs) / Keeper.NAP_NS;
        }
        assertTrue(isAwake, "naps while a thread relies on it");
    }
}
