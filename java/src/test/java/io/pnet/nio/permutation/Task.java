package io.pnet.nio.permutation;

import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.fail;

/** Something that runs in a thread of its own beside the case. */
public final class Task<T>
{
    private static final long LIMIT_S = 30;
    private static final long BLOCKED_LIMIT_S = 15;
    private static final long SAMPLE_MS = 10;
    private static final int SAMPLES = 3;

    private final FutureTask<T> future;
    private final Thread thread;
    private volatile boolean isInterruptedAtEnd;

    /** Starts it. */
    public Task(final Callable<T> body, final boolean isVirtual)
    {
        future = new FutureTask<>(() ->
        {
            try
            {
                return body.call();
            }
            finally
            {
                isInterruptedAtEnd = Thread.currentThread().isInterrupted();
            }
        });
        thread = isVirtual ? VirtualThreads.unstarted(future) : new Thread(future, "task");
        if (!isVirtual)
        {
            thread.setDaemon(true);
        }
        thread.start();
    }

    /** What it returned; what it threw is thrown on. */
    public T get() throws Exception
    {
        try
        {
            return future.get(LIMIT_S, TimeUnit.SECONDS);
        }
        catch (final ExecutionException ex)
        {
            if (ex.getCause() instanceof Exception cause)
            {
                throw cause;
            }
            throw ex;
        }
    }

    /** What it threw; the case fails when it came to a good end. */
    public Throwable failure() throws Exception
    {
        try
        {
            return fail("no exception, but " + future.get(LIMIT_S, TimeUnit.SECONDS));
        }
        catch (final ExecutionException ex)
        {
            return ex.getCause();
        }
    }

    public boolean isDone()
    {
        return future.isDone();
    }

    public void interrupt()
    {
        thread.interrupt();
    }

    /** Whether its thread was interrupted when it ended. */
    boolean wasInterrupted()
    {
        return isInterruptedAtEnd;
    }

    /** Waits until its thread waits inside channels: the same stack trace, several times in a row. */
    public Task<T> awaitBlocked() throws InterruptedException
    {
        final long limitNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(BLOCKED_LIMIT_S);
        StackTraceElement[] last = new StackTraceElement[0];
        int same = 0;
        while (same < SAMPLES)
        {
            assertFalse(future.isDone(), "it ended instead of waiting");
            assertFalse(
                System.nanoTime() > limitNs, () -> "it does not wait: " + Arrays.toString(thread.getStackTrace()));
            Thread.sleep(SAMPLE_MS);
            final StackTraceElement[] now = thread.getStackTrace();
            same = isInside(now) && Arrays.equals(now, last) ? same + 1 : 0;
            last = now;
        }
        return this;
    }

    private static boolean isInside(final StackTraceElement[] trace)
    {
        for (final StackTraceElement each : trace)
        {
            final String name = each.getClassName();
            if (name.startsWith("sun.nio.ch.") || name.startsWith("java.net.") ||
                name.startsWith("io.pnet.") && !name.startsWith("io.pnet.nio.permutation.") && !name.endsWith("Test"))
            {
                return true;
            }
        }
        return false;
    }

    /** Waits for its end whatever it is; at the end of a case, when its channels are closed. */
    void join() throws InterruptedException
    {
        thread.join(TimeUnit.SECONDS.toMillis(LIMIT_S));
        assertFalse(thread.isAlive(), () -> "still runs: " + Arrays.toString(thread.getStackTrace()));
    }
}
