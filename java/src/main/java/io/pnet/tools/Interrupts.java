package io.pnet.tools;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a command end cleanly when the user interrupts it (SIGINT, SIGTERM): runs an action, then waits until the
 * command has given everything back.
 */
final class Interrupts implements AutoCloseable
{
    private static final int PATIENCE_SECONDS = 5;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook;
    private volatile boolean isInterrupted;

    /**
     * @param action ends the command's waits; called on a thread of its own, at most once.
     */
    Interrupts(final Runnable action)
    {
        hook = new Thread(() -> interrupt(action), "pnet interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void interrupt(final Runnable action)
    {
        isInterrupted = true;
        action.run();
        try
        {
            if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
            {
                System.err.println("pnet: did not end within " + PATIENCE_SECONDS + " s");
            }
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
    }

    boolean isInterrupted()
    {
        return isInterrupted;
    }

    /** The command has given everything back. */
    @Override
    public void close()
    {
        done.countDown();
        try
        {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
        catch (final IllegalStateException ex)
        {
            // The JVM is ending: that is what the hook is for.
            isInterrupted = true;
        }
    }
}
