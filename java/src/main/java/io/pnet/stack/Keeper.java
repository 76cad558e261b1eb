package io.pnet.stack;

import org.agrona.concurrent.NanoClock;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The thread of the stack's own. In {@link RunMode#SHARED} it keeps the stack going: it sees to it that somebody drives
 * within a millisecond, and stays away while somebody does. While only guests wait it drives at once, and polls before
 * it sleeps as a driver does. In {@link RunMode#OWN_THREAD} it is the one that drives.
 *
 * <p>Where others have run cycles all the time, and nobody is parked who relies on that, it takes naps of several
 * milliseconds: each look takes a processor from those that poll, and once a millisecond is one round trip in a hundred
 * (p99 of 64 bytes, busy polling: 27 us with ticks, 12 with naps, the kernel's 13). The first to park ends a nap. Who
 * has polled for so long and then computes without a word may find the stack unattended for as long as the nap.
 */
final class Keeper
{
    private static final long TICK_NS = 1_000_000L;
    private static final int TICKS_AWAKE = 20;
    /** How long it sleeps where it was not needed for that many ticks. */
    static final long NAP_NS = 8_000_000L;

    private final DutyCycle cycle;
    private final DrivingPlace place;
    private final Ownership ownership;
    private final WaitingThreads waiting;
    private final NanoClock clock;
    private final long spinNs;
    private final BooleanSupplier isDriverThere;
    private Thread thread;
    private volatile boolean isParked;
    private volatile boolean isNapping;
    /** For how many looks in turn others have run cycles; the keeper's. */
    private int needlessTicks;

    /**
     * Not running yet.
     *
     * @param spinNs how long it polls before it waits in the kernel.
     */
    Keeper(
        final DutyCycle cycle,
        final DrivingPlace place,
        final Ownership ownership,
        final WaitingThreads waiting,
        final long spinNs)
    {
        this.cycle = cycle;
        this.place = place;
        this.ownership = ownership;
        this.waiting = waiting;
        this.clock = cycle.clock();
        this.spinNs = spinNs;
        isDriverThere = waiting::hasDrivers;
    }

    /**
     * Starts the thread.
     *
     * @param isAlone whether it alone drives, as in {@link RunMode#OWN_THREAD}.
     * @param first   runs first on that thread.
     */
    void start(final String name, final boolean isAlone, final Runnable first)
    {
        final Runnable task = isAlone ? this::run : this::keep;
        thread = new Thread(
            () ->
            {
                first.run();
                task.run();
            },
            name);
        thread.setDaemon(true);
        thread.start();
    }

    boolean is(final Thread other)
    {
        return other == thread;
    }

    /** Has it look now. */
    void wake()
    {
        LockSupport.unpark(thread);
    }

    /**
     * A driver leaves. It is often back at once; if not, the keeper finds another driver, or is one, within its tick,
     * and at once for the sake of guests.
     */
    void driverLeaves()
    {
        if (isParked || waiting.hasGuests() && !waiting.hasDrivers())
        {
            LockSupport.unpark(thread);
        }
    }

    /** A thread parks beside a driver, and relies on there being one. */
    void threadParks()
    {
        if (isNapping)
        {
            LockSupport.unpark(thread);
        }
    }

    private void keep()
    {
        int quietTicks = 0;
        while (!place.isClosed())
        {
            final long nowNs = clock.nanoTime();
            if (waiting.hasDrivers())
            {
                if (nowNs - cycle.lastNs() > TICK_NS && place.isFree() && ownership.isFree())
                {
                    // All of them are parked, each beside another that has just left.
                    waiting.wakeOne();
                }
                // Somebody drives. After a while of quiet (it waits in the kernel) sleep until it leaves.
                if (nowNs - cycle.lastNs() > TICK_NS && !place.isFree() && ++quietTicks > TICKS_AWAKE)
                {
                    isParked = true;
                    if (waiting.hasDrivers() && !place.isFree() && !place.isClosed())
                    {
                        LockSupport.parkNanos(this, WaitingThreads.MAX_WAIT_NS);
                    }
                    isParked = false;
                    quietTicks = 0;
                }
                else
                {
                    awaitTick(nowNs - cycle.lastNs() > TICK_NS, TICK_NS);
                }
            }
            else if (nowNs - cycle.lastNs() < TICK_NS && !cycle.isPending() && !waiting.hasGuests())
            {
                quietTicks = 0;
                awaitTick(false, TICK_NS - (nowNs - cycle.lastNs()));
            }
            else
            {
                quietTicks = 0;
                needlessTicks = 0;
                keepGoing();
                if (!ownership.isFree())
                {
                    LockSupport.parkNanos(this, waiting.hasGuests() ? Ownership.BACK_OFF_NS : TICK_NS);
                }
            }
        }
    }

    /** Until the next look; isLate if the last cycle was too long ago. */
    private void awaitTick(final boolean isLate, final long tickNs)
    {
        needlessTicks = isLate ? 0 : needlessTicks + 1;
        if (needlessTicks <= TICKS_AWAKE)
        {
            LockSupport.parkNanos(this, tickNs);
            return;
        }
        isNapping = true;
        // After the flag is up: who parks from now on ends the nap.
        LockSupport.parkNanos(this, waiting.isAnyParked() || waiting.hasGuests() ? tickNs : NAP_NS);
        isNapping = false;
    }

    /** Drives until somebody else does: one who waits, or one who has just run a cycle of its own. */
    private void keepGoing()
    {
        long idleSinceNs = clock.nanoTime();
        while (!place.isClosed() && !waiting.hasDrivers() && ownership.tryAcquire())
        {
            final long nowNs = clock.nanoTime();
            final int work = cycle.run(nowNs);
            ownership.release();
            final boolean hasGuests = waiting.hasGuests();
            if (work > 0)
            {
                idleSinceNs = nowNs;
            }
            else if (hasGuests && nowNs - idleSinceNs < spinNs)
            {
                Thread.onSpinWait();
            }
            else if (place.take(thread))
            {
                try
                {
                    place.sleep(isDriverThere, null, cycle.nextDeadlineNs());
                }
                finally
                {
                    place.leave(thread);
                }
                if (cycle.lastNs() != nowNs && !hasGuests)
                {
                    break;
                }
                idleSinceNs = clock.nanoTime();
            }
        }
        waiting.wakeOne();
    }

    private void run()
    {
        long idleSinceNs = clock.nanoTime();
        while (!place.isClosed())
        {
            final long nowNs = clock.nanoTime();
            int work = 1;
            if (ownership.tryAcquire())
            {
                work = cycle.run();
                ownership.release();
            }
            if (work > 0)
            {
                idleSinceNs = nowNs;
            }
            else if (nowNs - idleSinceNs >= spinNs)
            {
                place.take(thread);
                try
                {
                    place.sleep(() -> false, null, cycle.nextDeadlineNs());
                }
                finally
                {
                    place.leave(thread);
                }
                idleSinceNs = clock.nanoTime();
            }
            else
            {
                Thread.onSpinWait();
            }
        }
    }

    /** Waits for its end once the place is closed, unless it is the caller, or was never started. */
    void join()
    {
        boolean isInterrupted = false;
        while (thread != null && thread != Thread.currentThread() && thread.isAlive())
        {
            try
            {
                LockSupport.unpark(thread);
                thread.join(10);
            }
            catch (final InterruptedException ex)
            {
                isInterrupted = true;
            }
        }
        if (isInterrupted)
        {
            Thread.currentThread().interrupt();
        }
    }
}
