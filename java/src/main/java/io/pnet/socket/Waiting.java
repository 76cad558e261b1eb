package io.pnet.socket;

import io.pnet.stack.StackDriver;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.invoke.VarHandle;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** One thread that waits for one condition, and the handler that wakes it. */
final class Waiting
{
    /** What no clock reaches, and its sum with the time now would be past. */
    private static final Duration FOR_EVER = Duration.ofNanos(Long.MAX_VALUE / 2);

    private final StackDriver driver;
    private final BooleanSupplier condition;
    private volatile Thread thread;

    Waiting(final StackDriver driver, final BooleanSupplier condition)
    {
        this.driver = driver;
        this.condition = condition;
    }

    static long deadlineNs(final StackDriver driver, final Duration timeout)
    {
        return timeout == null || timeout.isZero() || timeout.compareTo(FOR_EVER) >= 0 ?
            Long.MAX_VALUE : driver.clock().nanoTime() + timeout.toNanos();
    }

    /**
     * Waits until the condition holds.
     *
     * @param what for the messages: "read", "connect to 10.0.0.1".
     */
    void await(final String what, final long deadlineNs) throws IOException
    {
        thread = Thread.currentThread();
        VarHandle.fullFence();
        try
        {
            if (!driver.await(condition, deadlineNs))
            {
                if (Thread.currentThread().isInterrupted())
                {
                    throw new InterruptedIOException(what + " was interrupted");
                }
                if (driver.clock().nanoTime() >= deadlineNs)
                {
                    throw new SocketTimeoutException(what + " timed out");
                }
                throw new SocketException(what + " failed: the stack was closed");
            }
        }
        finally
        {
            thread = null;
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
            driver.unpark(waiting);
        }
    }
}
