package io.pnet.stack;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Who gets the stack when a driver has work all the time. */
@Timeout(60)
final class OwnershipTest
{
    private static final int TIMES = 1_000;
    private static final long CYCLE_NS = 200_000L;

    private final DutyCycle cycle = new DutyCycle(null, System::nanoTime);
    private final Ownership ownership = new Ownership(cycle, new DrivingPlace(cycle, null));
    private volatile boolean isOver;

    @Test
    void aDriverThatNeverRestsStarvesNobody() throws InterruptedException
    {
        final Thread driver = new Thread(this::drive, "driver");
        driver.start();
        final Thread other = new Thread(() ->
        {
            for (int i = 0; i < TIMES; i++)
            {
                ownership.acquire();
                ownership.release();
            }
        }, "other");
        other.start();
        other.join(TimeUnit.SECONDS.toMillis(30));
        final boolean isStarved = other.isAlive();
        isOver = true;
        driver.join();
        other.join();
        assertFalse(isStarved);
        assertTrue(ownership.isFree());
    }

    private void drive()
    {
        while (!isOver)
        {
            if (ownership.tryAcquire())
            {
                for (final long endNs = System.nanoTime() + CYCLE_NS; System.nanoTime() < endNs; )
                {
                    Thread.onSpinWait();
                }
                ownership.releaseAndMakeWay();
            }
        }
    }
}
