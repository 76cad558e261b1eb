package io.pnet.stack;

import java.util.Arrays;

/**
 * Threads that a duty cycle has made ready, to be woken when the stack is free again: one that ran at once might take
 * the owner's processor, find the stack owned, and leave it so for as long as a scheduler's slice lasts.
 *
 * <p>Filled by the stack's owner, then emptied by the thread that was the owner.
 */
final class WakeList
{
    private Thread[] threads = new Thread[16];
    private DescriptorWatch[] watches = new DescriptorWatch[16];
    private int size;

    void add(final Thread thread, final DescriptorWatch watch)
    {
        if (size == threads.length)
        {
            threads = Arrays.copyOf(threads, 2 * size);
            watches = Arrays.copyOf(watches, 2 * size);
        }
        threads[size] = thread;
        watches[size++] = watch;
    }

    int size()
    {
        return size;
    }

    Thread thread(final int index)
    {
        return threads[index];
    }

    /** The descriptor that the thread may wait for; null for none. */
    DescriptorWatch watch(final int index)
    {
        return watches[index];
    }

    void clear()
    {
        Arrays.fill(threads, 0, size, null);
        Arrays.fill(watches, 0, size, null);
        size = 0;
    }
}
