package io.pnet.stack;

import io.pnet.link.Link;
import io.pnet.tcp.Connection;
import org.agrona.concurrent.NanoClock;

import java.io.IOException;
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
 * <li>A driver that yields the processor gives its place up with it, since it may not run for a while: whoever comes to
 * wait meanwhile drives, instead of being parked beside one that does not.
 * <li>Polling has to pay: where the next frame comes later than that, a driver polls for less and less before it
 * waits, since whoever is to send that frame may need the processor.
 * <li>Those that a cycle makes ready are woken once the stack is free again: a thread that ran at once might take the
 * owner's processor and find the stack owned, for as long as a scheduler's slice lasts.
 * <li>A driver that finds work for another thread makes way for it, since that thread will soon be back to wait for
 * more; but it takes its place back when that thread is busy for longer.
 * <li>Virtual threads are guests: they park and never drive, since a wait in native code would pin their carrier.
 * <li>The keeper thread sees to it that somebody drives within a millisecond, and stays away while somebody does; where
 * others drive all the time it looks less often ({@link Keeper}). While only guests wait it drives at once, and polls
 * before it sleeps as a driver does.
 * </ul>
 *
 * <p>{@link Ownership}, {@link DrivingPlace}, {@link WaitLoop} and {@link Keeper} have a part of them each.
 */
public final class StackDriver implements AutoCloseable
{
    private final NanoClock clock;
    private final RunMode mode;
    private final DutyCycle cycle;
    private final DrivingPlace place;
    private final Ownership ownership;
    private final WaitingThreads waiting = new WaitingThreads();
    private final Keeper keeper;
    private final WaitLoop loop;
    private final Object closing = new Object();
    /** Who ends the JVM; null before. */
    private volatile Thread last;

    /**
     * A driver; {@link #start} gives it its stack.
     *
     * @param link   the link to wait on.
     * @param spinNs how long a thread polls before it waits in the kernel.
     */
    StackDriver(final Link link, final NanoClock clock, final RunMode mode, final long spinNs) throws IOException
    {
        this.clock = clock;
        this.mode = mode;
        cycle = new DutyCycle(link, clock);
        place = new DrivingPlace(cycle, LinkWait.forLink(link));
        ownership = new Ownership(cycle, place);
        keeper = new Keeper(cycle, place, ownership, waiting, spinNs);
        loop = new WaitLoop(cycle, place, ownership, waiting, keeper, spinNs);
    }

    /**
     * Starts what runs the stack when nobody else does.
     *
     * @param onThread runs first on the thread that is the stack's own.
     */
    void start(final Stack stack, final String name, final Runnable onThread)
    {
        cycle.start(stack);
        if (mode != RunMode.EMBEDDED)
        {
            keeper.start(name, mode != RunMode.SHARED, onThread);
        }
    }

    /** Whether {@link #close} was not called yet. */
    public boolean isOpen()
    {
        return !place.isClosed();
    }

    /** The clock by which deadlines count. */
    public NanoClock clock()
    {
        return clock;
    }

    // ---- ownership

    /** Whether the calling thread owns the stack now. */
    public boolean isOwner()
    {
        return ownership.isMine();
    }

    /** Any thread: there is work for the owner. If the one who could do it is asleep, it is woken. */
    public void wakeup()
    {
        cycle.leaveWork();
        if (ownership.isFree())
        {
            place.signalSleeper();
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
        ownership.acquire();
        try
        {
            final T result = action.get();
            if (isOpen())
            {
                cycle.run();
            }
            return result;
        }
        finally
        {
            ownership.release();
        }
    }

    /** Runs duty cycles for work that the caller has just left, unless somebody else is at it. Any thread. */
    public void kick()
    {
        if (mode == RunMode.SHARED && cycle.isPending() && ownership.tryAcquire())
        {
            cycle.run();
            ownership.release();
        }
    }

    /**
     * Has the stack send what was offered to a connection: here and now when nobody owns it, else by its owner. Any
     * thread.
     */
    public void flush(final Connection connection)
    {
        if (mode == RunMode.SHARED && !isOwner() && ownership.tryAcquire())
        {
            // Owned, so that telling the owner wakes nobody up.
            connection.flush();
            cycle.run();
            ownership.release();
        }
        else
        {
            connection.flush();
            kick();
        }
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
            final boolean holds = loop.visit(condition, deadlineNs, self);
            holdUnlessLast();
            return holds;
        }
        waiting.driverComes();
        final boolean holds;
        try
        {
            holds = mode == RunMode.SHARED ?
                loop.drive(condition, deadlineNs, self, watch) : loop.park(condition, deadlineNs, self, watch);
        }
        finally
        {
            place.leave(self);
            waiting.driverGoes();
            keeper.driverLeaves();
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
        ownership.unpark(thread, watch);
    }

    /** Gives back what a driver has that was never started: its link is the caller's. */
    void closeUnstarted()
    {
        place.close();
        place.release();
    }

    /** Closes the stack and ends the keeper; threads that wait return. Any thread but a handler's. */
    @Override
    public void close()
    {
        synchronized (closing)
        {
            if (!isOpen())
            {
                return;
            }
            place.close();
        }
        place.vacate();
        exclusively(() ->
        {
            cycle.closeStack();
            return null;
        });
        waiting.wakeAll();
        keeper.join();
        place.release();
    }
}
