package io.pnet.stack;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads that wait: how many there are that can drive, which of them are parked beside a driver and could take its
 * place, the longest waiting first, and which are virtual, guests that never drive. A parked one is a {@link Thread},
 * or the {@link DescriptorWatch} of one that waits for its own descriptor.
 *
 * <p>Any thread. The monitor is held for a look at a short array; nothing is allocated but for more threads at a time
 * than there ever were, and for guests.
 */
final class WaitingThreads
{
    /** How long anything is parked without looking again whether it was forgotten. */
    static final long MAX_WAIT_NS = 1_000_000_000L;
    private static final VarHandle DRIVERS;
    private static final VarHandle GUESTS;

    static
    {
        try
        {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            DRIVERS = lookup.findVarHandle(WaitingThreads.class, "drivers", int.class);
            GUESTS = lookup.findVarHandle(WaitingThreads.class, "guests", int.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final Set<Thread> virtualThreads = ConcurrentHashMap.newKeySet();
    private volatile int drivers;
    private volatile int guests;
    private Object[] sleepers = new Object[16];
    private volatile int count;

    /** A thread that can drive has come to wait. */
    void driverComes()
    {
        DRIVERS.getAndAdd(this, 1);
    }

    /** It has what it waited for, or gives up. */
    void driverGoes()
    {
        DRIVERS.getAndAdd(this, -1);
    }

    /** How many threads wait that can drive. */
    int drivers()
    {
        return drivers;
    }

    boolean hasDrivers()
    {
        return drivers > 0;
    }

    void guestComes(final Thread virtualThread)
    {
        virtualThreads.add(virtualThread);
        GUESTS.getAndAdd(this, 1);
    }

    void guestGoes(final Thread virtualThread)
    {
        GUESTS.getAndAdd(this, -1);
        virtualThreads.remove(virtualThread);
    }

    boolean hasGuests()
    {
        return guests > 0;
    }

    synchronized void park(final Object sleeper)
    {
        if (count == sleepers.length)
        {
            sleepers = Arrays.copyOf(sleepers, 2 * count);
        }
        sleepers[count++] = sleeper;
    }

    synchronized void unpark(final Object sleeper)
    {
        for (int i = 0; i < count; i++)
        {
            if (sleepers[i] == sleeper)
            {
                System.arraycopy(sleepers, i + 1, sleepers, i, --count - i);
                sleepers[count] = null;
                return;
            }
        }
    }

    boolean isAnyParked()
    {
        return count > 0;
    }

    /** Wakes the first that is parked, if there is one. */
    synchronized void wakeOne()
    {
        if (count > 0)
        {
            wake(sleepers[0]);
        }
    }

    /** Wakes all that are parked, and all guests. */
    synchronized void wakeAll()
    {
        for (int i = 0; i < count; i++)
        {
            wake(sleepers[i]);
        }
        virtualThreads.forEach(LockSupport::unpark);
    }

    private static void wake(final Object sleeper)
    {
        if (sleeper instanceof DescriptorWatch watch)
        {
            watch.signal();
        }
        else
        {
            LockSupport.unpark((Thread)sleeper);
        }
    }
}
