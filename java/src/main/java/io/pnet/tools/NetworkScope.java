package io.pnet.tools;

import io.pnet.counters.Counter;
import io.pnet.stack.RunMode;
import io.pnet.tools.net.Network;
import io.pnet.tools.net.PnetNetwork;

/**
 * The network of one command, given back when the command ends, also by an interrupt.
 */
final class NetworkScope implements AutoCloseable
{
    private final CommonOptions options;
    private final Network network;
    private final Interrupts interrupts;
    private Runnable action;
    private boolean isInterrupted;

    /**
     * Opens the network.
     *
     * @throws CommandException with one line that says what failed and what to do.
     */
    NetworkScope(final CommonOptions options)
    {
        this(options, RunMode.SHARED);
    }

    /**
     * As {@link #NetworkScope(CommonOptions)}.
     *
     * @param mode who runs the stack, if it is one of ours.
     */
    NetworkScope(final CommonOptions options, final RunMode mode)
    {
        this.options = options;
        interrupts = new Interrupts(this::interrupt);
        try
        {
            network = options.open(mode);
        }
        catch (final RuntimeException ex)
        {
            interrupts.close();
            throw ex;
        }
    }

    Network network()
    {
        return network;
    }

    /** What ends the command's waits when the user interrupts; otherwise the network is closed under it. */
    synchronized void onInterrupt(final Runnable of)
    {
        action = of;
        if (isInterrupted)
        {
            of.run();
        }
    }

    boolean isInterrupted()
    {
        return interrupts.isInterrupted();
    }

    private static void show(final Counter counter, final long value)
    {
        if (value != 0)
        {
            System.err.println(counter.label() + " " + value);
        }
    }

    private synchronized void interrupt()
    {
        isInterrupted = true;
        if (action != null)
        {
            action.run();
        }
        else if (network != null)
        {
            network.close();
        }
    }

    /**
     * Gives the network back.
     *
     * @throws CommandException when the capture could not be written.
     */
    @Override
    public void close()
    {
        try
        {
            if (options.isCounting() && network instanceof PnetNetwork pnet)
            {
                pnet.process().counters().forEach(NetworkScope::show);
            }
            network.close();
        }
        finally
        {
            interrupts.close();
        }
        if (options.captureFailure() != null)
        {
            throw new CommandException(options.captureFailure());
        }
    }
}
