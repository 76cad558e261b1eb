package io.pnet.stack;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.FutureTask;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** Who gets the stack when a driver has work all the time. */
@Timeout(60)
final class OwnershipTest
{
    private static final int ROUNDS = 100;
    /** A machine that is busy with other things may wake the other one late, but not most of the time. */
    private static final int LEAST_LET_IN = ROUNDS / 10;

    private final DutyCycle cycle = new DutyCycle(null, System::nanoTime);
    private final Ownership ownership = new Ownership(cycle, new DrivingPlace(cycle, null));
    private volatile int turn;
    private volatile int had;

    /** Each time the driver is ready for its next cycle, the other one has had the stack, or has not. */
    @Test
    void aDriverThatNeverRestsLetsInWhoHasWaitedInVain() throws Exception
    {
        final FutureTask<Void> waiting = new FutureTask<>(this::waitForIt);
        final Thread other = new Thread(waiting, "other");
        other.setDaemon(true);
        other.start();
        int letIn = 0;
        for (int round = 1; round <= ROUNDS; round++)
        {
            ownership.acquire();
            turn = round;
            // It no longer spins or yields by then: a gap between two cycles is too short for it.
            while (other.getState() != Thread.State.TIMED_WAITING)
            {
                Thread.sleep(1);
            }
            ownership.releaseAndMakeWay();
            letIn += had == round ? 1 : 0;
            while (had < round)
            {
                Thread.sleep(1);
            }
        }
        waiting.get();
        assertTrue(letIn >= LEAST_LET_IN, "let in " + letIn + " times of " + ROUNDS);
        assertTrue(ownership.isFree());
    }

    private Void waitForIt()
    {
        for (int round = 1; round <= ROUNDS; round++)
        {
            while (turn < round)
            {
                // No sleep, which would look like waiting for the stack.
                Thread.yield();
            }
            ownership.acquire();
            had = round;
            ownership.release();
        }
        return null;
    }
}
