package io.pnet.stack;

import org.agrona.concurrent.NanoClock;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * How a thread waits for its condition: driving the stack where nobody else does, else parked beside the driver, or as
 * a guest. {@link StackDriver} has the rules. Any thread.
 */
final class WaitLoop
{
    /** How long a driver leaves the place to a thread that it has woken. */
    private static final long GIVE_WAY_NS = 100_000L;
    /** What waking a thread up takes, or so: sleeping for no longer than that beyond polling was not worth it. */
    private static final long WAKING_NS = 20_000L;
    /** How often a driver that finds work all the time looks at its own descriptor. */
    private static final long WATCH_NS = 100_000L;

    private final DutyCycle cycle;
    private final DrivingPlace place;
    private final Ownership ownership;
    private final WaitingThreads waiting;
    private final Keeper keeper;
    private final NanoClock clock;
    private final long spinNs;
    /** How long a driver polls at present, at most {@link #spinNs}; the driver's. */
    private volatile long pollNs;

    WaitLoop(
        final DutyCycle cycle,
        final DrivingPlace place,
        final Ownership ownership,
        final WaitingThreads waiting,
        final Keeper keeper,
        final long spinNs)
    {
        this.cycle = cycle;
        this.place = place;
        this.ownership = ownership;
        this.waiting = waiting;
        this.keeper = keeper;
        this.clock = cycle.clock();
        this.spinNs = spinNs;
        pollNs = spinNs;
    }

    /** Waits as a virtual thread: somebody else drives. */
    boolean visit(final BooleanSupplier condition, final long deadlineNs, final Thread self)
    {
        waiting.guestComes(self);
        try
        {
            while (!condition.getAsBoolean())
            {
                final long leftNs = deadlineNs == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNs - clock.nanoTime();
                if (leftNs <= 0 || place.isClosed() || self.isInterrupted())
                {
                    return condition.getAsBoolean();
                }
                if (!waiting.hasDrivers() && place.isFree())
                {
                    keeper.wake();
                }
                if (leftNs == Long.MAX_VALUE)
                {
                    LockSupport.park(this);
                }
                else
                {
                    LockSupport.parkNanos(this, leftNs);
                }
            }
            return true;
        }
        finally
        {
            waiting.guestGoes(self);
        }
    }

    /** Waits where the stack has a thread of its own, or a loop of the application's. */
    boolean park(
        final BooleanSupplier condition, final long deadlineNs, final Thread self, final DescriptorWatch watch)
    {
        while (!condition.getAsBoolean())
        {
            final long nowNs = clock.nanoTime();
            if (isOver(nowNs, deadlineNs, self))
            {
                return condition.getAsBoolean();
            }
            parkUntil(condition, nowNs, deadlineNs, self, watch);
        }
        return true;
    }

    /** Waits and drives meanwhile, unless somebody else does. */
    boolean drive(
        final BooleanSupplier condition, final long deadlineNs, final Thread self, final DescriptorWatch watch)
    {
        long idleSinceNs = clock.nanoTime();
        keeper.driverComes(idleSinceNs);
        long watchedNs = idleSinceNs;
        boolean hasMadeWay = false;
        while (!condition.getAsBoolean())
        {
            final long nowNs = clock.nanoTime();
            if (isOver(nowNs, deadlineNs, self))
            {
                return condition.getAsBoolean();
            }
            if (watch != null && nowNs - watchedNs > WATCH_NS)
            {
                watchedNs = nowNs;
                watch.await(0);
                if (watch.isReady())
                {
                    continue;
                }
            }
            if (hasMadeWay && place.isFree() && nowNs - cycle.lastNs() < GIVE_WAY_NS)
            {
                // The thread that was woken is at it: its writes run cycles, and it will be back to drive.
                parkUntil(condition, nowNs, Math.min(deadlineNs, nowNs + GIVE_WAY_NS), self, watch);
                idleSinceNs = clock.nanoTime();
            }
            else if (!place.take(self))
            {
                parkBesideDriver(condition, nowNs, deadlineNs, self, watch);
                idleSinceNs = clock.nanoTime();
            }
            else if (ownership.tryAcquire())
            {
                ownership.clearHasWoken();
                final int work = cycle.run();
                hasMadeWay = ownership.hasWoken();
                ownership.releaseAndMakeWay();
                if (work > 0)
                {
                    idleSinceNs = nowNs;
                }
                else if (nowNs - idleSinceNs >= pollNs)
                {
                    final boolean hasWaited =
                        place.sleep(condition, watch, Math.min(deadlineNs, cycle.nextDeadlineNs()));
                    idleSinceNs = clock.nanoTime();
                    if (hasWaited)
                    {
                        adapt(idleSinceNs - nowNs);
                    }
                }
                else
                {
                    // Whoever is to make the next frame, or to take the last one, may be waiting for this processor.
                    yieldPlace(self);
                    if (clock.nanoTime() - nowNs > WAKING_NS)
                    {
                        // It is wanted: asleep, this thread is woken before those that only compute.
                        pollNs = 0;
                    }
                }
            }
            else
            {
                // Whom the last cycle has woken is not the one to make way for now.
                hasMadeWay = false;
                yieldPlace(self);
            }
        }
        return true;
    }

    /** Gives up the processor, for who knows how long, and with it the place: whoever comes meanwhile drives. */
    private void yieldPlace(final Thread self)
    {
        place.leave(self);
        Thread.yield();
    }

    private boolean isOver(final long nowNs, final long deadlineNs, final Thread self)
    {
        return nowNs >= deadlineNs || place.isClosed() || self.isInterrupted();
    }

    /** Fits the time of polling to how long the driver has slept after it. The driver's. */
    private void adapt(final long sleptNs)
    {
        if (sleptNs < spinNs + WAKING_NS)
        {
            pollNs = Math.min(spinNs, pollNs + spinNs / 16);
        }
        else if (sleptNs > 2 * (spinNs + WAKING_NS))
        {
            pollNs /= 2;
        }
    }

    private void parkBesideDriver(
        final BooleanSupplier condition,
        final long nowNs,
        final long deadlineNs,
        final Thread self,
        final DescriptorWatch watch)
    {
        final Thread other = place.holder();
        if (other != null && keeper.is(other))
        {
            // The keeper makes way for whoever consumes.
            place.signal();
            Thread.yield();
        }
        else if (other != null)
        {
            parkUntil(condition, nowNs, deadlineNs, self, watch);
        }
    }

    /** Parks until the condition's handler, or the keeper for want of a driver, unparks. */
    private void parkUntil(
        final BooleanSupplier condition,
        final long nowNs,
        final long deadlineNs,
        final Thread self,
        final DescriptorWatch watch)
    {
        final Object sleeper = watch == null ? self : watch;
        waiting.park(sleeper);
        try
        {
            if (condition.getAsBoolean() || place.isClosed())
            {
                return;
            }
            final long timeoutNs = Math.min(deadlineNs - nowNs, WaitingThreads.MAX_WAIT_NS);
            if (watch == null)
            {
                LockSupport.parkNanos(this, timeoutNs);
            }
            else if (timeoutNs > 0)
            {
                watch.await(timeoutNs);
            }
        }
        finally
        {
            waiting.unpark(sleeper);
        }
    }
}
