package io.pnet.stack;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads that wait beside a driver and could take its place, the longest waiting first. Each is a {@link Thread}
 * that is parked, or the {@link DescriptorWatch} of one that waits for its own descriptor.
 *
 * <p>Any thread. The monitor is held for a look at a short array; nothing is allocated but for more threads at a time
 * than there ever were.
 */
final class ParkedThreads
{
    private Object[] sleepers = new Object[16];
    private int count;

    synchronized void add(final Object sleeper)
    {
        if (count == sleepers.length)
        {
            sleepers = Arrays.copyOf(sleepers, 2 * count);
        }
        sleepers[count++] = sleeper;
    }

    synchronized void remove(final Object sleeper)
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

    /** Wakes the first, if there is one. */
    synchronized void wakeOne()
    {
        if (count > 0)
        {
            wake(sleepers[0]);
        }
    }

    synchronized void wakeAll()
    {
        for (int i = 0; i < count; i++)
        {
            wake(sleepers[i]);
        }
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
