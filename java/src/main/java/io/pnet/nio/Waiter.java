package io.pnet.nio;

import io.pnet.stack.DescriptorWatch;
import io.pnet.stack.StackDriver;

import java.lang.invoke.VarHandle;
import java.util.function.BooleanSupplier;

/** One thread at a time that waits for one condition, and the handler that wakes it. */
final class Waiter
{
    private StackDriver driver;
    private final BooleanSupplier condition;
    private volatile Thread thread;
    private volatile DescriptorWatch watch;

    Waiter(final StackDriver driver, final BooleanSupplier condition)
    {
        this.driver = driver;
        this.condition = condition;
    }

    /** The handlers that make the condition hold are another stack's from now on; before anybody waits. */
    void moveTo(final StackDriver driver)
    {
        this.driver = driver;
    }

    /** A deadline by the stack's clock, so many ns from now; 0 is for ever. */
    static long deadlineNs(final StackDriver driver, final long timeoutNs)
    {
        return timeoutNs <= 0 ? Long.MAX_VALUE : driver.clock().nanoTime() + timeoutNs;
    }

    /**
     * Waits until the condition holds.
     *
     * @param isInterruptible whether an interrupt ends the wait; else it is kept for later.
     * @return false when time is up, the thread was interrupted, or the stack is closed.
     */
    boolean await(final long deadlineNs, final boolean isInterruptible)
    {
        return await(deadlineNs, isInterruptible, null);
    }

    /**
     * The same, besides watching a descriptor.
     *
     * @param watch null for none.
     */
    boolean await(final long deadlineNs, final boolean isInterruptible, final DescriptorWatch watch)
    {
        boolean isInterrupted = false;
        this.watch = watch;
        thread = Thread.currentThread();
        VarHandle.fullFence();
        try
        {
            while (!driver.await(condition, deadlineNs, watch))
            {
                if (isInterruptible || !Thread.interrupted())
                {
                    return false;
                }
                isInterrupted = true;
            }
            return true;
        }
        finally
        {
            thread = null;
            this.watch = null;
            if (isInterrupted)
            {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The condition may hold now. Any thread. */
    void signal()
    {
        // What makes it hold is seen by a thread that this does not see waiting.
        VarHandle.fullFence();
        final Thread waiting = thread;
        if (waiting != null && waiting != Thread.currentThread())
        {
            driver.unpark(waiting, watch);
        }
    }
}
