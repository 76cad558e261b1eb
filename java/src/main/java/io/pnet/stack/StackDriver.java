package io.pnet.stack;

import io.pnet.link.Link;
import io.pnet.tcp.Connection;
import org.agrona.concurrent.NanoClock;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
 * <li>At most one thread drives: polls for a while, then waits in the kernel for the link, the wake-up event and the
 * next deadline. Others that wait are parked at once, or wait for a descriptor of their own; a handler that makes them
 * ready unparks them. A driver that leaves is mostly back before anybody else would be awake.
 * <li>Polling has to pay: where the next frame comes later than that, a driver polls for less and less before it
 * waits, since whoever is to send that frame may need the processor.
 * <li>Those that a cycle makes ready are woken once the stack is free again: a thread that ran at once might take the
 * owner's processor and find the stack owned, for as long as a scheduler's slice lasts.
 * <li>A driver that finds work for another thread makes way for it, since that thread will soon be back to wait for
 * more; but it takes its place back when that thread is busy for longer.
 * <li>Virtual threads are guests: they park and never drive, since a wait in native code would pin their carrier.
 * <li>The keeper thread sees to it that somebody drives within a millisecond, and stays away while somebody does. While
 * only guests wait it drives at once, and polls before it sleeps as a driver does.
 * </ul>
 */
public final class StackDriver implements AutoCloseable
{
    private static final long KEEPER_TICK_NS = 1_000_000L;
    private static final int KEEPER_TICKS_AWAKE = 20;
    private static final long REALTIME_SAMPLE_NS = 100_000_000L;
    private static final long MAX_WAIT_NS = 1_000_000_000L;
    /** How long a driver leaves the place to a thread that it has woken. */
    private static final long GIVE_WAY_NS = 100_000L;
    /** What waking a thread up takes, or so: sleeping for no longer than that beyond polling was not worth it. */
    private static final long WAKING_NS = 20_000L;
    /** How often a driver that finds work all the time looks at its own descriptor. */
    private static final long WATCH_NS = 100_000L;
    /** How a thread that must own the stack waits for it: it spins, then yields, then sleeps for a moment. */
    private static final int SPINS = 100;
    private static final int YIELDS = 1_000;
    private static final long BACK_OFF_NS = 50_000L;
    private static final VarHandle OWNER;
    private static final VarHandle DRIVING;
    private static final VarHandle DRIVERS;
    private static final VarHandle GUESTS;
    private static final VarHandle SPARE_WAKES;

    static
    {
        try
        {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            OWNER = lookup.findVarHandle(StackDriver.class, "owner", Thread.class);
            DRIVING = lookup.findVarHandle(StackDriver.class, "driving", Thread.class);
            DRIVERS = lookup.findVarHandle(StackDriver.class, "drivers", int.class);
            GUESTS = lookup.findVarHandle(StackDriver.class, "guests", int.class);
            SPARE_WAKES = lookup.findVarHandle(StackDriver.class, "spareWakes", WakeList.class);
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
    private final ParkedThreads parked = new ParkedThreads();
    private final Set<Thread> virtualThreads = ConcurrentHashMap.newKeySet();
    private final Object closing = new Object();
    private Stack stack;
    /** Who ends the JVM; null before. */
    private volatile Thread last;
    private Thread keeper;

    private volatile Thread owner;
    /** Who drives: polls, or waits in the kernel. */
    private volatile Thread driving;
    /** There is work that its maker has left for the owner. */
    private volatile boolean isPending;
    /** Set while the one who drives may be asleep: whoever leaves work signals it. */
    private volatile boolean isAsleep;
    private volatile long sleepUntilNs;
    private volatile boolean isAsleepForWrite;
    /** Threads inside {@link #await} that can drive. */
    private volatile int drivers;
    /** Virtual threads inside {@link #await}. */
    private volatile int guests;
    private volatile boolean isKeeperParked;
    private volatile boolean isClosed;
    private volatile long lastCycleNs;
    private volatile long nextDeadlineNs = Long.MAX_VALUE;
    private volatile boolean isCongested;
    /** Whether the cycle under way made another thread ready; the owner's. */
    private boolean hasWoken;
    /** Whom the owner has made ready and not woken yet; the owner's. */
    private WakeList wakes = new WakeList();
    /** For the next owner while the last one still wakes; null while it is out. */
    private volatile WakeList spareWakes = new WakeList();
    private long realtimeSampledNs = Long.MIN_VALUE;
    /** How long a driver polls at present, at most {@link #spinNs}; the driver's. */
    private volatile long pollNs;

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
        pollNs = spinNs;
        this.linkWait = LinkWait.forLink(link);
        this.isDriverThere = () -> drivers > 0;
    }

    /**
     * Starts what runs the stack when nobody else does.
     *
     * @param onThread runs first on the thread that is the stack's own.
     */
    void start(final Stack stack, final String name, final Runnable onThread)
    {
        this.stack = stack;
        lastCycleNs = clock.nanoTime();
        if (mode != RunMode.EMBEDDED)
        {
            final Runnable task = mode == RunMode.SHARED ? this::keep : this::run;
            keeper = new Thread(
                () ->
                {
                    onThread.run();
                    task.run();
                },
                name);
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
        giveUp();
        while (isPending && tryAcquire())
        {
            cycle(clock.nanoTime());
            giveUp();
        }
        if (isAsleep && (nextDeadlineNs < sleepUntilNs || isCongested && !isAsleepForWrite))
        {
            // What the driver waits for is not what it has to wait for now.
            linkWait.signal();
        }
    }

    /** The stack is free, and then those that its owner has made ready are woken. */
    private void giveUp()
    {
        if (wakes.size() == 0)
        {
            owner = null;
            return;
        }
        final WakeList mine = wakes;
        final WakeList spare = (WakeList)SPARE_WAKES.getAndSet(this, null);
        if (spare == null)
        {
            // Another thread is at it with the other list.
            wake(mine);
            owner = null;
            return;
        }
        wakes = spare;
        owner = null;
        wake(mine);
        spareWakes = mine;
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
        holdUnlessLast();
        for (int i = 0; !tryAcquire(); i++)
        {
            if (i < SPINS)
            {
                Thread.onSpinWait();
            }
            else if (i < YIELDS && !VirtualThreads.isVirtual(Thread.currentThread()))
            {
                Thread.yield();
            }
            else
            {
                // Virtual threads that only yield would keep an owner that has lost its carrier from getting one again.
                LockSupport.parkNanos(this, BACK_OFF_NS);
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
        return await(condition, deadlineNs, null);
    }

    /**
     * The same, besides watching a descriptor: the condition is to hold when {@link DescriptorWatch#isReady} does. The
     * handler unparks by {@link #unpark(Thread, DescriptorWatch)}.
     *
     * @param watch null for none; always null for a virtual thread.
     */
    public boolean await(final BooleanSupplier condition, final long deadlineNs, final DescriptorWatch watch)
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
        if (VirtualThreads.isVirtual(self))
        {
            if (watch != null)
            {
                throw new IllegalArgumentException("a virtual thread cannot wait for a descriptor");
            }
            final boolean holds = visit(condition, deadlineNs, self);
            holdUnlessLast();
            return holds;
        }
        DRIVERS.getAndAdd(this, 1);
        final boolean holds;
        try
        {
            holds = mode == RunMode.SHARED ?
                drive(condition, deadlineNs, self, watch) : park(condition, deadlineNs, self, watch);
        }
        finally
        {
            leavePlace(self);
            DRIVERS.getAndAdd(this, -1);
            handOver();
        }
        holdUnlessLast();
        return holds;
    }

    /**
     * From now on nobody but the caller comes back from the stack: other threads that wait here, or come to, stay until
     * the JVM ends. So they see no more of its end than they do where the kernel has the sockets.
     */
    void holdOthers()
    {
        last = Thread.currentThread();
    }

    private void holdUnlessLast()
    {
        while (last != null && last != Thread.currentThread())
        {
            LockSupport.park(this);
            // An interrupt would make parking a spin.
            Thread.interrupted();
        }
    }

    /** A virtual thread: somebody else drives. */
    private boolean visit(final BooleanSupplier condition, final long deadlineNs, final Thread self)
    {
        virtualThreads.add(self);
        GUESTS.getAndAdd(this, 1);
        try
        {
            while (!condition.getAsBoolean())
            {
                final long leftNs = deadlineNs == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNs - clock.nanoTime();
                if (leftNs <= 0 || isClosed || self.isInterrupted())
                {
                    return condition.getAsBoolean();
                }
                if (drivers == 0 && driving == null)
                {
                    LockSupport.unpark(keeper);
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
            GUESTS.getAndAdd(this, -1);
            virtualThreads.remove(self);
        }
    }

    private boolean park(
        final BooleanSupplier condition, final long deadlineNs, final Thread self, final DescriptorWatch watch)
    {
        while (!condition.getAsBoolean())
        {
            final long nowNs = clock.nanoTime();
            if (nowNs >= deadlineNs || isClosed || self.isInterrupted())
            {
                return condition.getAsBoolean();
            }
            parkUntil(condition, nowNs, deadlineNs, self, watch);
        }
        return true;
    }

    private boolean drive(
        final BooleanSupplier condition, final long deadlineNs, final Thread self, final DescriptorWatch watch)
    {
        long idleSinceNs = clock.nanoTime();
        long watchedNs = idleSinceNs;
        boolean hasMadeWay = false;
        while (!condition.getAsBoolean())
        {
            final long nowNs = clock.nanoTime();
            if (nowNs >= deadlineNs || isClosed || self.isInterrupted())
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
            if (hasMadeWay && driving == null && nowNs - lastCycleNs < GIVE_WAY_NS)
            {
                // The thread that was woken is at it: its writes run cycles, and it will be back to drive.
                parkUntil(condition, nowNs, Math.min(deadlineNs, nowNs + GIVE_WAY_NS), self, watch);
                idleSinceNs = clock.nanoTime();
            }
            else if (!takePlace(self))
            {
                parkBesideDriver(condition, nowNs, deadlineNs, self, watch);
                idleSinceNs = clock.nanoTime();
            }
            else if (tryAcquire())
            {
                hasWoken = false;
                // Not the time from before: another thread may have run a cycle in between, and time must not go back.
                final int work = cycle(clock.nanoTime());
                hasMadeWay = hasWoken;
                release();
                if (work > 0)
                {
                    idleSinceNs = nowNs;
                }
                else if (nowNs - idleSinceNs >= pollNs)
                {
                    sleep(condition, watch, Math.min(deadlineNs, nextDeadlineNs));
                    idleSinceNs = clock.nanoTime();
                    adapt(idleSinceNs - nowNs);
                }
                else
                {
                    // Whoever is to make the next frame, or to take the last one, may be waiting for this processor.
                    Thread.yield();
                    if (clock.nanoTime() - nowNs > WAKING_NS)
                    {
                        // It is wanted: asleep, this thread is woken before those that only compute.
                        pollNs = 0;
                    }
                }
            }
            else
            {
                Thread.yield();
            }
        }
        return true;
    }

    private boolean takePlace(final Thread self)
    {
        return driving == self || driving == null && DRIVING.compareAndSet(this, null, self);
    }

    private void leavePlace(final Thread self)
    {
        if (driving == self)
        {
            driving = null;
        }
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

    /** Somebody, a handler mostly, has made a waiting thread's condition true: wakes it, wherever it waits. */
    public void unpark(final Thread thread)
    {
        unpark(thread, null);
    }

    /**
     * The same for a thread that may wait for a descriptor of its own. The stack's owner wakes when it has given the
     * stack up.
     */
    public void unpark(final Thread thread, final DescriptorWatch watch)
    {
        if (isOwner())
        {
            wakes.add(thread, watch);
            hasWoken |= !VirtualThreads.isVirtual(thread);
        }
        else
        {
            wake(thread, watch);
        }
    }

    private void wake(final WakeList list)
    {
        for (int i = 0; i < list.size(); i++)
        {
            wake(list.thread(i), list.watch(i));
        }
        list.clear();
    }

    private void wake(final Thread thread, final DescriptorWatch watch)
    {
        if (!VirtualThreads.isVirtual(thread))
        {
            // Before it runs: it may take this processor at once, and should find the place free when it is back.
            leavePlace(Thread.currentThread());
        }
        VarHandle.fullFence();
        if (driving == thread)
        {
            // It looks again before it parks or sleeps; asleep on the link, unparking would not reach it.
            if (isAsleep)
            {
                linkWait.signal();
            }
            return;
        }
        LockSupport.unpark(thread);
        if (watch != null)
        {
            watch.signal();
        }
    }

    private void sleep(final BooleanSupplier condition, final DescriptorWatch watch, final long deadlineNs)
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
                    linkWait.await(forWrite, watch, timeoutNs);
                }
            }
        }
        finally
        {
            isAsleep = false;
        }
    }

    private void parkBesideDriver(
        final BooleanSupplier condition,
        final long nowNs,
        final long deadlineNs,
        final Thread self,
        final DescriptorWatch watch)
    {
        final Thread other = driving;
        if (other != null && other == keeper)
        {
            // The keeper makes way for whoever consumes.
            linkWait.signal();
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
        parked.add(sleeper);
        try
        {
            if (condition.getAsBoolean() || isClosed)
            {
                return;
            }
            final long timeoutNs = Math.min(deadlineNs - nowNs, MAX_WAIT_NS);
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
            parked.remove(sleeper);
        }
    }

    /**
     * A driver leaves. It is often back at once; if not, the keeper finds another driver, or is one, within its tick,
     * and at once for the sake of guests.
     */
    private void handOver()
    {
        if (isKeeperParked || guests > 0 && drivers == 0)
        {
            LockSupport.unpark(keeper);
        }
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
                if (nowNs - lastCycleNs > KEEPER_TICK_NS && driving == null && owner == null)
                {
                    // All of them are parked, each beside another that has just left.
                    parked.wakeOne();
                }
                // Somebody drives. After a while of quiet (it waits in the kernel) sleep until it leaves.
                if (nowNs - lastCycleNs > KEEPER_TICK_NS && driving != null && ++quietTicks > KEEPER_TICKS_AWAKE)
                {
                    isKeeperParked = true;
                    if (drivers > 0 && driving != null && !isClosed)
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
            else if (nowNs - lastCycleNs < KEEPER_TICK_NS && !isPending && guests == 0)
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
                    LockSupport.parkNanos(this, guests == 0 ? KEEPER_TICK_NS : BACK_OFF_NS);
                }
            }
        }
    }

    /** Drives until somebody else does: one who waits, or one who has just run a cycle of its own. */
    private void keepGoing()
    {
        long idleSinceNs = clock.nanoTime();
        while (!isClosed && drivers == 0 && tryAcquire())
        {
            final long nowNs = clock.nanoTime();
            final int work = cycle(nowNs);
            release();
            final boolean hasGuests = guests > 0;
            if (work > 0)
            {
                idleSinceNs = nowNs;
            }
            else if (hasGuests && nowNs - idleSinceNs < spinNs)
            {
                Thread.onSpinWait();
            }
            else if (DRIVING.compareAndSet(this, null, keeper))
            {
                try
                {
                    sleep(isDriverThere, null, nextDeadlineNs);
                }
                finally
                {
                    driving = null;
                }
                if (lastCycleNs != nowNs && !hasGuests)
                {
                    break;
                }
                idleSinceNs = clock.nanoTime();
            }
        }
        parked.wakeOne();
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
                driving = keeper;
                try
                {
                    sleep(() -> false, null, nextDeadlineNs);
                }
                finally
                {
                    driving = null;
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
        while (driving != null)
        {
            linkWait.signal();
            Thread.yield();
        }
        exclusively(() ->
        {
            stack.close(clock.nanoTime());
            return null;
        });
        parked.wakeAll();
        virtualThreads.forEach(LockSupport::unpark);
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
