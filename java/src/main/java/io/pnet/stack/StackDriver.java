package io.pnet.stack;

import io.pnet.link.Link;
import io.pnet.tcp.Connection;
import org.agrona.concurrent.NanoClock;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Gives a {@link Stack} its owner, one thread at a time.
 *
 * <p>The rules:
 * <ul>
 * <li>Ownership is a try-acquire. It is held for duty cycles only and released before any wait in the kernel.
 * <li>A thread that finds the stack owned leaves its work and goes: {@link #wakeup} marks it pending, and the owner
 * looks again after it has released, so that no wake-up is lost.
 * <li>At most one thread waits in the kernel, on the link, the wake-up event and the next deadline. Others that wait
 * are parked; a handler that makes them ready unparks them, and a driver that leaves hands over to one of them.
 * <li>The keeper thread sees to it that somebody drives within a millisecond, and stays away while somebody does.
 * </ul>
 */
public final class StackDriver implements AutoCloseable
{
    private static final long KEEPER_TICK_NS = 1_000_000L;
    private static final int KEEPER_TICKS_AWAKE = 20;
    private static final long REALTIME_SAMPLE_NS = 100_000_000L;
    private static final long MAX_WAIT_NS = 1_000_000_000L;
    private static final VarHandle OWNER;
    private static final VarHandle WAITER;
    private static final VarHandle DRIVERS;

    static
    {
        try
        {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            OWNER = lookup.findVarHandle(StackDriver.class, "owner", Thread.class);
            WAITER = lookup.findVarHandle(StackDriver.class, "waiter", Thread.class);
            DRIVERS = lookup.findVarHandle(StackDriver.class, "drivers", int.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final Link link;
    private final NanoClock clock;
    private final RunMode mode;
    private final long spinNs;
    private final LinkWait linkWait;
    private final BooleanSupplier isDriverThere;
    private final ConcurrentLinkedQueue<Thread> parked = new ConcurrentLinkedQueue<>();
    private final Object closing = new Object();
    private Stack stack;
    private Thread keeper;

    private volatile Thread owner;
    /** Who waits in the kernel. */
    private volatile Thread waiter;
    /** There is work that its maker has left for the owner. */
    private volatile boolean isPending;
    /** Set while the waiter may be asleep: whoever leaves work signals it. */
    private volatile boolean isAsleep;
    private volatile long sleepUntilNs;
    private volatile boolean isAsleepForWrite;
    /** Threads inside {@link #await}. */
    private volatile int drivers;
    private volatile boolean isKeeperParked;
    private volatile boolean isClosed;
    private volatile long lastCycleNs;
    private volatile long nextDeadlineNs = Long.MAX_VALUE;
    private volatile boolean isCongested;
    /** Whether the cycle under way made another thread ready; the owner's. */
    private boolean hasWoken;
    private long realtimeSampledNs = Long.MIN_VALUE;

    /**
     * A driver; {@link #start} gives it its stack.
     *
     * @param link   the link to wait on.
     * @param spinNs how long a thread polls before it waits in the kernel.
     */
    StackDriver(final Link link, final NanoClock clock, final RunMode mode, final long spinNs) throws IOException
    {
        this.link = link;
        this.clock = clock;
        this.mode = mode;
        this.spinNs = spinNs;
        this.linkWait = LinkWait.forLink(link);
        this.isDriverThere = () -> drivers > 0;
    }

    void start(final Stack stack, final String name)
    {
        this.stack = stack;
        lastCycleNs = clock.nanoTime();
        if (mode != RunMode.EMBEDDED)
        {
            keeper = new Thread(mode == RunMode.SHARED ? this::keep : this::run, name);
            keeper.setDaemon(true);
            keeper.start();
        }
    }

    /** Whether {@link #close} was not called yet. */
    public boolean isOpen()
    {
        return !isClosed;
    }

    // ---- ownership

    /** Whether the calling thread owns the stack now. */
    public boolean isOwner()
    {
        return owner == Thread.currentThread();
    }

    /** Takes the stack if nobody has it. */
    boolean tryAcquire()
    {
        return owner == null && OWNER.compareAndSet(this, null, Thread.currentThread());
    }

    /** Gives the stack up, and looks again for what was left meanwhile. */
    void release()
    {
        owner = null;
        while (isPending && tryAcquire())
        {
            cycle(clock.nanoTime());
            owner = null;
        }
        if (isAsleep && (nextDeadlineNs < sleepUntilNs || isCongested && !isAsleepForWrite))
        {
            // What the waiter waits for is not what it has to wait for now.
            linkWait.signal();
        }
    }

    /** One duty cycle, by the owner. */
    int cycle(final long nowNs)
    {
        isPending = false;
        if (nowNs - realtimeSampledNs > REALTIME_SAMPLE_NS || realtimeSampledNs == Long.MIN_VALUE)
        {
            realtimeSampledNs = nowNs;
            stack.realtimeOffsetNs(RealtimeOffset.sample(clock));
        }
        final int work = stack.doWork(nowNs);
        nextDeadlineNs = stack.nextDeadlineNs();
        isCongested = link.isCongested();
        lastCycleNs = nowNs;
        return work;
    }

    /** Any thread: there is work for the owner. If the one who could do it is asleep, it is woken. */
    public void wakeup()
    {
        isPending = true;
        if (owner == null && isAsleep)
        {
            linkWait.signal();
        }
    }

    /**
     * Runs something as the owner, then a duty cycle, so that what it asks for is on its way when this returns. Any
     * thread; waits until the current duty cycle is over.
     */
    public <T> T exclusively(final Supplier<T> action)
    {
        if (isOwner())
        {
            return action.get();
        }
        for (int i = 0; !tryAcquire(); i++)
        {
            if (i < 100)
            {
                Thread.onSpinWait();
            }
            else
            {
                Thread.yield();
            }
        }
        try
        {
            final T result = action.get();
            if (!isClosed)
            {
                cycle(clock.nanoTime());
            }
            return result;
        }
        finally
        {
            release();
        }
    }

    /** Runs duty cycles for work that the caller has just left, unless somebody else is at it. Any thread. */
    public void kick()
    {
        if (mode == RunMode.SHARED && isPending && tryAcquire())
        {
            cycle(clock.nanoTime());
            release();
        }
    }

    /**
     * Has the stack send what was offered to a connection: here and now when nobody owns it, else by its owner. Any
     * thread.
     */
    public void flush(final Connection connection)
    {
        if (mode == RunMode.SHARED && !isOwner() && tryAcquire())
        {
            // Owned, so that telling the owner wakes nobody up.
            connection.flush();
            cycle(clock.nanoTime());
            release();
        }
        else
        {
            connection.flush();
            kick();
        }
    }

    /** The clock by which deadlines count. */
    public NanoClock clock()
    {
        return clock;
    }

    // ---- waiting

    /**
     * Waits until a condition holds that some handler makes true; in {@link RunMode#SHARED} the caller drives the stack
     * meanwhile. The handler unparks the waiting thread.
     *
     * @param deadlineNs by the clock, or {@link Long#MAX_VALUE}.
     * @return whether the condition holds; false when time is up, the thread is interrupted, or the stack is closed.
     */
    public boolean await(final BooleanSupplier condition, final long deadlineNs)
    {
        if (condition.getAsBoolean())
        {
            return true;
        }
        if (isOwner())
        {
            throw new IllegalStateException("a handler must not block: this thread is running the stack");
        }
        final Thread self = Thread.currentThread();
        DRIVERS.getAndAdd(this, 1);
        try
        {
            return mode == RunMode.SHARED ? drive(condition, deadlineNs, self) : park(condition, deadlineNs, self);
        }
        finally
        {
            DRIVERS.getAndAdd(this, -1);
            handOver();
        }
    }

    private boolean park(final BooleanSupplier condition, final long deadlineNs, final Thread self)
    {
        while (!condition.getAsBoolean())
        {
            final long nowNs = clock.nanoTime();
            if (nowNs >= deadlineNs || isClosed || self.isInterrupted())
            {
                return condition.getAsBoolean();
            }
            parkUntil(condition, nowNs, deadlineNs, self);
        }
        return true;
    }

    private boolean drive(final BooleanSupplier condition, final long deadlineNs, final Thread self)
    {
        long idleSinceNs = clock.nanoTime();
        while (!condition.getAsBoolean())
        {
            final long nowNs = clock.nanoTime();
            if (nowNs >= deadlineNs || isClosed || self.isInterrupted())
            {
                return condition.getAsBoolean();
            }
            if (tryAcquire())
            {
                hasWoken = false;
                // Not the time from before: another thread may have run a cycle in between, and time must not go back.
                final int work = cycle(clock.nanoTime());
                final boolean isOthers = hasWoken;
                release();
                if (isOthers && !condition.getAsBoolean())
                {
                    // It was for another thread, which will soon be back to wait for more: the place is its.
                    parkUntil(condition, nowNs, deadlineNs, self);
                    idleSinceNs = clock.nanoTime();
                }
                else if (work > 0)
                {
                    idleSinceNs = nowNs;
                }
                else if (nowNs - idleSinceNs >= spinNs)
                {
                    waitForWork(condition, nowNs, deadlineNs, self);
                    idleSinceNs = clock.nanoTime();
                }
            }
            else if (nowNs - idleSinceNs > KEEPER_TICK_NS / 10)
            {
                parkBesideDriver(condition, nowNs, deadlineNs, self);
            }
            else
            {
                Thread.onSpinWait();
            }
        }
        return true;
    }

    /** Somebody, a handler mostly, has made a waiting thread's condition true: wakes it, wherever it waits. */
    public void unpark(final Thread thread)
    {
        hasWoken = true;
        LockSupport.unpark(thread);
        VarHandle.fullFence();
        if (waiter == thread)
        {
            // Asleep on the link, where unparking does not reach it; another thread has taken what it waits for.
            linkWait.signal();
        }
    }

    /** Waits in the kernel if nobody else does, else parked beside the one who does. */
    private void waitForWork(
        final BooleanSupplier condition, final long nowNs, final long deadlineNs, final Thread self)
    {
        if (!WAITER.compareAndSet(this, null, self))
        {
            if (waiter == keeper)
            {
                // The keeper makes way for whoever consumes.
                linkWait.signal();
                Thread.yield();
                return;
            }
            parkBesideDriver(condition, nowNs, deadlineNs, self);
            return;
        }
        try
        {
            sleep(condition, Math.min(deadlineNs, nextDeadlineNs));
        }
        finally
        {
            waiter = null;
        }
    }

    private void sleep(final BooleanSupplier condition, final long deadlineNs)
    {
        final boolean forWrite = isCongested;
        sleepUntilNs = deadlineNs;
        isAsleepForWrite = forWrite;
        isAsleep = true;
        try
        {
            // After the flag is up: work that is left from now on signals; what was left before is seen here.
            if (!isPending && !condition.getAsBoolean() && !isClosed && nextDeadlineNs >= deadlineNs)
            {
                final long timeoutNs = deadlineNs == Long.MAX_VALUE ? -1 : deadlineNs - clock.nanoTime();
                if (timeoutNs == -1 || timeoutNs > 0)
                {
                    linkWait.await(forWrite, timeoutNs);
                }
            }
        }
        finally
        {
            isAsleep = false;
        }
    }

    private void parkBesideDriver(
        final BooleanSupplier condition, final long nowNs, final long deadlineNs, final Thread self)
    {
        if (waiter == keeper && waiter != null)
        {
            linkWait.signal();
            Thread.yield();
        }
        else if (waiter != null || owner != null)
        {
            parkUntil(condition, nowNs, deadlineNs, self);
        }
    }

    /** Parks until the condition's handler, or the keeper for want of a driver, unparks. */
    private void parkUntil(
        final BooleanSupplier condition, final long nowNs, final long deadlineNs, final Thread self)
    {
        parked.add(self);
        try
        {
            if (!condition.getAsBoolean() && !isClosed)
            {
                LockSupport.parkNanos(this, Math.min(deadlineNs - nowNs, MAX_WAIT_NS));
            }
        }
        finally
        {
            parked.remove(self);
        }
    }

    /**
     * A driver leaves. It is often back at once; if not, the keeper finds another driver, or is one, within its tick.
     */
    private void handOver()
    {
        if (isKeeperParked)
        {
            LockSupport.unpark(keeper);
        }
    }

    private boolean unparkOne()
    {
        final Thread next = parked.peek();
        if (next != null)
        {
            LockSupport.unpark(next);
        }
        return next != null;
    }

    // ---- the keeper

    private void keep()
    {
        int quietTicks = 0;
        while (!isClosed)
        {
            final long nowNs = clock.nanoTime();
            if (drivers > 0)
            {
                if (nowNs - lastCycleNs > KEEPER_TICK_NS && waiter == null && owner == null)
                {
                    // All of them are parked, each beside another that has just left.
                    unparkOne();
                }
                // Somebody drives. After a while of quiet (it waits in the kernel) sleep until it leaves.
                if (nowNs - lastCycleNs > KEEPER_TICK_NS && waiter != null && ++quietTicks > KEEPER_TICKS_AWAKE)
                {
                    isKeeperParked = true;
                    if (drivers > 0 && waiter != null && !isClosed)
                    {
                        LockSupport.parkNanos(this, MAX_WAIT_NS);
                    }
                    isKeeperParked = false;
                    quietTicks = 0;
                }
                else
                {
                    LockSupport.parkNanos(this, KEEPER_TICK_NS);
                }
            }
            else if (nowNs - lastCycleNs < KEEPER_TICK_NS && !isPending)
            {
                quietTicks = 0;
                LockSupport.parkNanos(this, KEEPER_TICK_NS - (nowNs - lastCycleNs));
            }
            else
            {
                quietTicks = 0;
                keepGoing();
                if (owner != null)
                {
                    LockSupport.parkNanos(this, KEEPER_TICK_NS);
                }
            }
        }
    }

    /** Drives until somebody else does: one who waits, or one who has just run a cycle of its own. */
    private void keepGoing()
    {
        while (!isClosed && drivers == 0 && tryAcquire())
        {
            final long nowNs = clock.nanoTime();
            final int work = cycle(nowNs);
            release();
            if (work == 0 && WAITER.compareAndSet(this, null, keeper))
            {
                try
                {
                    sleep(isDriverThere, nextDeadlineNs);
                }
                finally
                {
                    waiter = null;
                }
                if (lastCycleNs != nowNs)
                {
                    break;
                }
            }
        }
        unparkOne();
    }

    // ---- a thread of the stack's own

    private void run()
    {
        long idleSinceNs = clock.nanoTime();
        while (!isClosed)
        {
            final long nowNs = clock.nanoTime();
            int work = 1;
            if (tryAcquire())
            {
                work = cycle(clock.nanoTime());
                release();
            }
            if (work > 0)
            {
                idleSinceNs = nowNs;
            }
            else if (nowNs - idleSinceNs >= spinNs)
            {
                waiter = keeper;
                try
                {
                    sleep(() -> false, nextDeadlineNs);
                }
                finally
                {
                    waiter = null;
                }
                idleSinceNs = clock.nanoTime();
            }
            else
            {
                Thread.onSpinWait();
            }
        }
    }

    /** Closes the stack and ends the keeper; threads that wait return. Any thread but a handler's. */
    @Override
    public void close()
    {
        synchronized (closing)
        {
            if (isClosed)
            {
                return;
            }
            isClosed = true;
        }
        // Nobody may sleep on the link's descriptor when it closes.
        while (waiter != null)
        {
            linkWait.signal();
            Thread.yield();
        }
        exclusively(() ->
        {
            stack.close(clock.nanoTime());
            return null;
        });
        parked.forEach(LockSupport::unpark);
        boolean isInterrupted = false;
        while (keeper != null && keeper != Thread.currentThread() && keeper.isAlive())
        {
            try
            {
                LockSupport.unpark(keeper);
                keeper.join(10);
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
        linkWait.close();
    }
}
