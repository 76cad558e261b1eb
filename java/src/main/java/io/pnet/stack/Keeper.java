package io.pnet.stack;

import org.agrona.concurrent.NanoClock;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The thread of the stack's own. In {@link RunMode#SHARED} it keeps the stack going: it sees to it that somebody drives
 * within a millisecond, and stays away while somebody does. While only guests wait it drives at once, and polls before
 * it sleeps as a driver does. In {@link RunMode#OWN_THREAD} it is the one that drives.
 *
 * <p>Where others have driven all the time it takes naps of several milliseconds: each look takes a processor from
 * those that poll, and once a millisecond is one round trip in a hundred (p99 of 64 bytes, busy polling: 27 us with
 * ticks, 12 with naps, the kernel's 13); and at 100 Mbit/s a thousand looks a second were half of what a program's
 * stream took. A driver that computes for longer than a tick while threads are parked beside it is told on by its
 * return, and ends the naps for a while: who has always been back at once, and then computes without a word, may leave
 * the stack unattended for as long as one nap.
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
    /** A thread was parked while nobody drove for longer than a tick. */
    private volatile boolean isNeeded;
    /** For how many looks in turn others have driven; the keeper's. */
    private int needlessTicks;
    /** For how many looks in turn the driver has waited in the kernel, without a cycle since; the keeper's. */
    private int quietLooks;
    /** The last cycle at the last look; the keeper's. */
    private long lookedAtNs;

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

    /** A driver comes, before it takes the place. */
    void driverComes(final long nowNs)
    {
        if (!isNeeded && nowNs - cycle.lastNs() > TICK_NS && place.isFree() && waiting.isAnyParked())
        {
            isNeeded = true;
        }
    }

    private void keep()
    {
        while (!place.isClosed())
        {
            final long nowNs = clock.nanoTime();
            final long lastNs = cycle.lastNs();
            final boolean isLate = nowNs - lastNs > TICK_NS;
            if (waiting.hasDrivers())
            {
                if (isLate && place.isFree() && ownership.isFree())
                {
                    // All of them are parked, each beside another that has just left.
                    waiting.wakeOne();
                }
                // Somebody drives. After a while of quiet (it waits in the kernel) sleep until it leaves.
                quietLooks = isLate && lastNs == lookedAtNs && !place.isFree() ? quietLooks + 1 : 0;
                lookedAtNs = lastNs;
                if (quietLooks > TICKS_AWAKE)
                {
                    awaitLeaver();
                }
                else
                {
                    // Asleep in the kernel, a driver drives as well as one that polls.
                    awaitTick(isLate && place.isFree(), TICK_NS);
                }
            }
            else if (!isLate && !cycle.isPending() && !waiting.hasGuests())
            {
                awaitTick(false, TICK_NS - (nowNs - lastNs));
            }
            else
            {
                needlessTicks = 0;
                keepGoing();
                if (!ownership.isFree())
                {
                    LockSupport.parkNanos(this, waiting.hasGuests() ? Ownership.BACK_OFF_NS : TICK_NS);
                }
            }
        }
    }

    /** Until the driver that waits in the kernel leaves. */
    private void awaitLeaver()
    {
        isParked = true;
        if (waiting.hasDrivers() && !place.isFree() && !place.isClosed())
        {
            LockSupport.parkNanos(this, WaitingThreads.MAX_WAIT_NS);
        }
        isParked = false;
        quietLooks = 0;
        needlessTicks = 0;
    }

    /** Until the next look; isLate if nobody drives and the last cycle was too long ago. */
    private void awaitTick(final boolean isLate, final long tickNs)
    {
        needlessTicks = isLate || isNeeded ? 0 : needlessTicks + 1;
        isNeeded = false;
        LockSupport.parkNanos(this, needlessTicks <= TICKS_AWAKE || waiting.hasGuests() ? tickNs : NAP_NS);
    }

    /** Drives until somebody else does: one who waits, or one who has just run a cycle of its own. */
    private void keepGoing()
    {
        long idleSinceNs = clock.nanoTime();
        while (!place.isClosed() && !waiting.hasDrivers() && ownership.tryAcquire())
        {
            final long nowNs = clock.nanoTime();
            final int work = cycle.run(nowNs);
            ownership.releaseAndMakeWay();
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
                ownership.releaseAndMakeWay();
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
