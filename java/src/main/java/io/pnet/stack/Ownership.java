package io.pnet.stack;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Which thread owns the stack: a try-acquire, held for duty cycles only. Whom a cycle makes ready is woken when the
 * stack is free again: a thread that ran at once might take the owner's processor and find the stack owned, for as long
 * as a scheduler's slice lasts.
 */
final class Ownership
{
    /** How a thread that must own the stack waits for it: it spins, then yields, then sleeps for a moment. */
    private static final int SPINS = 100;
    private static final int YIELDS = 1_000;
    static final long BACK_OFF_NS = 50_000L;
    /** How often who gives the stack up runs a cycle for what others have left. */
    private static final int MOST_CYCLES = 16;
    /** After so many tries it is known to wait. */
    private static final int PATIENCE = 200;
    private static final VarHandle OWNER;
    private static final VarHandle SPARE_WAKES;
    private static final VarHandle WAITERS;

    static
    {
        try
        {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            OWNER = lookup.findVarHandle(Ownership.class, "owner", Thread.class);
            SPARE_WAKES = lookup.findVarHandle(Ownership.class, "spareWakes", WakeList.class);
            WAITERS = lookup.findVarHandle(Ownership.class, "waiters", int.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final DutyCycle cycle;
    private final DrivingPlace place;
    private volatile Thread owner;
    /** Threads that have waited in vain for a while. */
    private volatile int waiters;
    /** Whether the cycle under way made another thread ready; the owner's. */
    private boolean hasWoken;
    /** Whom the owner has made ready and not woken yet; the owner's. */
    private WakeList wakes = new WakeList();
    /** For the next owner while the last one still wakes; null while it is out. */
    private volatile WakeList spareWakes = new WakeList();

    Ownership(final DutyCycle cycle, final DrivingPlace place)
    {
        this.cycle = cycle;
        this.place = place;
    }

    /** Whether the calling thread owns the stack now. */
    boolean isMine()
    {
        return owner == Thread.currentThread();
    }

    boolean isFree()
    {
        return owner == null;
    }

    /** Takes the stack if nobody has it. */
    boolean tryAcquire()
    {
        return owner == null && OWNER.compareAndSet(this, null, Thread.currentThread());
    }

    /** Takes the stack when the current duty cycle is over. */
    void acquire()
    {
        int tries = 0;
        while (!tryAcquire())
        {
            if (tries < SPINS)
            {
                Thread.onSpinWait();
            }
            else if (tries < YIELDS && !VirtualThreads.isVirtual(Thread.currentThread()))
            {
                Thread.yield();
            }
            else
            {
                // Virtual threads that only yield would keep an owner that has lost its carrier from getting one again.
                LockSupport.parkNanos(this, BACK_OFF_NS);
            }
            if (++tries == PATIENCE)
            {
                WAITERS.getAndAdd(this, 1);
            }
        }
        if (tries >= PATIENCE)
        {
            WAITERS.getAndAdd(this, -1);
        }
    }

    /**
     * Gives the stack up as {@link #release} does, by one that is about to take it again: between two cycles of a
     * driver that has work all the time the stack is free for so short that whoever must own it might never see it so.
     * Where somebody has waited in vain, the driver stays away for a moment.
     */
    void releaseAndMakeWay()
    {
        release();
        if (waiters > 0)
        {
            LockSupport.parkNanos(this, 2 * BACK_OFF_NS);
        }
    }

    /**
     * Gives the stack up, and looks again for what was left meanwhile, unless somebody waits who will do so. Not for
     * ever: handlers that write all the time leave work in every cycle, and the caller has other things to do.
     */
    void release()
    {
        giveUp();
        for (int i = 0; i < MOST_CYCLES && cycle.isPending() && waiters == 0 && tryAcquire(); i++)
        {
            cycle.run();
            giveUp();
        }
        if (cycle.isPending())
        {
            place.signalSleeper();
        }
        place.signalMistaken();
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

    /** Forgets whom earlier cycles made ready; the owner's, before a cycle. */
    void clearHasWoken()
    {
        hasWoken = false;
    }

    /** Whether another thread was made ready since {@link #clearHasWoken}; the owner's. */
    boolean hasWoken()
    {
        return hasWoken;
    }

    /** Wakes a thread, the owner when it has given the stack up. Any thread. */
    void unpark(final Thread thread, final DescriptorWatch watch)
    {
        if (isMine())
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
            place.leave(Thread.currentThread());
        }
        VarHandle.fullFence();
        if (place.holder() == thread)
        {
            // It looks again before it parks or sleeps; asleep on the link, unparking would not reach it.
            place.signalSleeper();
            return;
        }
        LockSupport.unpark(thread);
        if (watch != null)
        {
            watch.signal();
        }
    }
}
