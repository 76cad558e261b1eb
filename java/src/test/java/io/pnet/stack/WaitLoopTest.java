package io.pnet.stack;

import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.Loopback;
import io.pnet.tcp.TcpSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What becomes of the driving place between two cycles. */
@Timeout(60)
final class WaitLoopTest
{
    private static final int LOOKS = 4;

    private final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 1 << 20), new Counters());
    private final List<Throwable> told = new ArrayList<>();
    /** The clock stands still: the driver goes on polling, and the processor was never wanted. */
    private final DutyCycle cycle = new DutyCycle(new Loopback(context), () -> 0);
    private final DrivingPlace place = new DrivingPlace(cycle, null);
    private final Ownership ownership = new Ownership(cycle, place);
    private final WaitingThreads waiting = new WaitingThreads();
    private final WaitLoop loop = new WaitLoop(
        cycle, place, ownership, waiting, new Keeper(cycle, place, ownership, waiting, Long.MAX_VALUE), Long.MAX_VALUE);
    private final List<Thread> holders = new ArrayList<>();
    private int looks;

    /** While it yields it may not run for long, and who comes to wait would be parked beside nobody. */
    @Test
    void aDriverThatPollsGivesUpThePlaceWithTheProcessor()
    {
        cycle.start(new Stack(
            context, new ChunkPool(ChunkPool.SMALL, 1 << 20), new IpSettings(), new TcpSettings(),
            new SplittableRandom(1), told::add, () ->
            {
            }, 0));
        drive();
    }

    @Test
    void aDriverThatFindsTheStackOwnedGivesUpThePlaceWithTheProcessor() throws InterruptedException
    {
        final Thread owner = new Thread(ownership::tryAcquire, "owner");
        owner.start();
        owner.join();
        drive();
    }

    private void drive()
    {
        assertTrue(loop.drive(this::isEnough, Long.MAX_VALUE, Thread.currentThread(), null));
        assertEquals(List.of(), holders);
    }

    /** Looked at each time before the driver goes on, as another thread might that comes to wait. */
    private boolean isEnough()
    {
        if (place.holder() != null)
        {
            holders.add(place.holder());
        }
        return ++looks == LOOKS;
    }

    @AfterEach
    void nothingHasFailed()
    {
        assertEquals(List.of(), told);
    }
}
