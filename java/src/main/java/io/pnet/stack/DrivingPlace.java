package io.pnet.stack;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The place of the one thread that drives: that polls, or waits in the kernel for the link, the wake-up event and the
 * next deadline. Any thread.
 */
final class DrivingPlace
{
    /** How long it sleeps where the kernel refuses to wait. */
    private static final long BLIND_NS = 1_000_000L;
    private static final VarHandle DRIVING;

    static
    {
        try
        {
            DRIVING = MethodHandles.lookup().findVarHandle(DrivingPlace.class, "driving", Thread.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final DutyCycle cycle;
    private final LinkWait linkWait;
    private final Moderation moderation = new Moderation();
    private volatile Thread driving;
    /** Set while the one who drives may be asleep: whoever leaves work signals it. */
    private volatile boolean isAsleep;
    private volatile long sleepUntilNs;
    private volatile boolean isAsleepForWrite;
    private volatile boolean isClosed;
    /** The last wait has failed; the driver's. */
    private boolean isBlind;

    DrivingPlace(final DutyCycle cycle, final LinkWait linkWait)
    {
        this.cycle = cycle;
        this.linkWait = linkWait;
    }

    /** Who drives; null for nobody. */
    Thread holder()
    {
        return driving;
    }

    boolean isFree()
    {
        return driving == null;
    }

    /** Takes the place if nobody else has it. */
    boolean take(final Thread self)
    {
        return driving == self || driving == null && DRIVING.compareAndSet(this, null, self);
    }

    /** Leaves the place, if it is the caller's. */
    void leave(final Thread self)
    {
        if (driving == self)
        {
            driving = null;
        }
    }

    /**
     * Sleeps until there is something to do, by the thread that has the place. While data streams in it only pauses,
     * see {@link Moderation}.
     *
     * @param condition looked at before sleeping: what it waits for may be there already.
     * @param watch     what else ends it; null for nothing.
     * @return whether it waited for the link, too; false for a pause.
     */
    boolean sleep(final BooleanSupplier condition, final DescriptorWatch watch, final long deadlineNs)
    {
        final long nowNs = cycle.clock().nanoTime();
        final long timeoutNs = deadlineNs == Long.MAX_VALUE ? -1 : deadlineNs - nowNs;
        final boolean isPause = moderation.isStreaming(nowNs, cycle.receivedBytes()) &&
            (timeoutNs == -1 || timeoutNs > Moderation.PAUSE_NS);
        final boolean forWrite = cycle.isCongested();
        sleepUntilNs = deadlineNs;
        isAsleepForWrite = forWrite;
        isAsleep = true;
        try
        {
            // After the flag is up: work that is left from now on signals; what was left before is seen here.
            if (!cycle.isPending() && !condition.getAsBoolean() && !isClosed &&
                cycle.nextDeadlineNs() >= deadlineNs && (forWrite || !cycle.isCongested()))
            {
                if (isPause || timeoutNs == -1 || timeoutNs > 0)
                {
                    waitFor(isPause, forWrite, watch, timeoutNs);
                }
            }
        }
        finally
        {
            isAsleep = false;
        }
        return !isPause;
    }

    /**
     * Waits. Where that fails, be it that the kernel has no memory for it or that the link's descriptor was closed from
     * elsewhere, a driver that ended by it would leave nobody: it looks every now and then, and the stack is told.
     */
    private void waitFor(
        final boolean isPause, final boolean forWrite, final DescriptorWatch watch, final long timeoutNs)
    {
        try
        {
            if (isPause)
            {
                linkWait.pause(watch, Moderation.PAUSE_NS);
            }
            else
            {
                linkWait.await(forWrite, watch, timeoutNs);
            }
            isBlind = false;
        }
        catch (final IllegalStateException ex)
        {
            if (!isBlind)
            {
                isBlind = true;
                cycle.leaveFailure(ex);
            }
            LockSupport.parkNanos(this, BLIND_NS);
        }
    }

    /** Wakes the driver if it may be asleep. */
    void signalSleeper()
    {
        if (isAsleep)
        {
            linkWait.signal();
        }
    }

    /** Wakes the driver if what it waits for is not what it has to wait for after the last cycle. */
    void signalMistaken()
    {
        if (isAsleep && (cycle.nextDeadlineNs() < sleepUntilNs || cycle.isCongested() && !isAsleepForWrite))
        {
            linkWait.signal();
        }
    }

    /** Wakes the driver, or keeps it from its next sleep. */
    void signal()
    {
        linkWait.signal();
    }

    boolean isClosed()
    {
        return isClosed;
    }

    /** From now on nobody sleeps, and who drives leaves. */
    void close()
    {
        isClosed = true;
    }

    /** After {@link #close}: returns when nobody drives. */
    void vacate()
    {
        // Nobody may sleep on the link's descriptor when it closes.
        while (driving != null)
        {
            linkWait.signal();
            Thread.yield();
        }
    }

    /** After {@link #vacate}: gives the wake-up event back. */
    void release()
    {
        linkWait.close();
    }
}
