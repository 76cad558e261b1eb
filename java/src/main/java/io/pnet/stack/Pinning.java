package io.pnet.stack;

import io.pnet.link.Cpu;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** The CPU that the thread of each stack is kept on; none where nobody has asked for it. Immutable. */
final class Pinning
{
    private final int[] cpus;

    Pinning(final int... cpus)
    {
        this.cpus = cpus.clone();
    }

    boolean isNone()
    {
        return cpus.length == 0;
    }

    /**
     * Whether it can be done, tried on a thread that ends with it: what cannot is better known before there are links.
     *
     * @param stacks how many there are.
     * @throws IOException              one line, when this process may not run on one of the CPUs.
     * @throws IllegalArgumentException one line, when there is not one for each stack, or no thread to pin.
     */
    void check(final int stacks, final RunMode mode) throws IOException
    {
        if (isNone())
        {
            return;
        }
        checkNumber(stacks);
        if (mode == RunMode.EMBEDDED)
        {
            throw new IllegalArgumentException("an embedded stack has no thread to pin: pin the one that runs it");
        }
        for (final int cpu : cpus)
        {
            final AtomicReference<IOException> failure = new AtomicReference<>();
            final Thread thread = new Thread(() -> failure.set(pin(cpu)), "pnet-pin");
            thread.start();
            try
            {
                thread.join();
            }
            catch (final InterruptedException ex)
            {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while pinning a thread");
            }
            if (failure.get() != null)
            {
                throw failure.get();
            }
        }
    }

    private void checkNumber(final int stacks)
    {
        if (!isNone() && cpus.length != stacks)
        {
            throw new IllegalArgumentException(
                "bad number of CPUs " + cpus.length + ": there is one for each stack, and there are " + stacks);
        }
    }

    /**
     * Which stack runs where, in one line; whether it can be done is not tried.
     *
     * @throws IllegalArgumentException one line, when there is not a CPU for each stack.
     */
    String explain(final int stacks)
    {
        checkNumber(stacks);
        if (stacks == 1)
        {
            return "stacks: 1" + (isNone() ? "" : ", on CPU " + cpus[0]);
        }
        final StringBuilder text = new StringBuilder("stacks: " + stacks + ", each on a thread of its own");
        for (int i = 0; i < cpus.length; i++)
        {
            text.append(i == 0 ? ": " : ", ").append(i).append(" on CPU ").append(cpus[i]);
        }
        return text.toString();
    }

    /**
     * What the thread of a stack does first.
     *
     * @param warnings hears in one line of what could be done a moment ago: the process was given other CPUs.
     */
    Runnable of(final int stack, final Consumer<String> warnings)
    {
        return () ->
        {
            final IOException failure = isNone() ? null : pin(cpus[stack]);
            if (failure != null)
            {
                warnings.accept(failure.getMessage());
            }
        };
    }

    private static IOException pin(final int cpu)
    {
        try
        {
            Cpu.pin(cpu);
            return null;
        }
        catch (final IOException ex)
        {
            return ex;
        }
    }
}
