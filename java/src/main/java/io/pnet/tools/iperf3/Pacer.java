package io.pnet.tools.iperf3;

import java.util.concurrent.locks.LockSupport;

/** Holds a sender back so that its average since the start stays at a rate. One thread. */
final class Pacer
{
    private final long bitsPerSecond;
    private final long stepNs;
    private final long startNs;

    /**
     * @param bitsPerSecond the rate; 0 for none.
     * @param stepNs        longest sleep, so that an end is noticed.
     * @param startNs       when the sending begins, {@link System#nanoTime()}.
     */
    Pacer(final long bitsPerSecond, final long stepNs, final long startNs)
    {
        this.bitsPerSecond = bitsPerSecond;
        this.stepNs = stepNs;
        this.startNs = startNs;
    }

    /** How long to wait before the next block when {@code bytes} were sent by {@code nowNs}; 0 or less: not at all. */
    long waitNs(final long bytes, final long nowNs)
    {
        return bitsPerSecond == 0 ? 0 : startNs + (long)(bytes * 8e9 / bitsPerSecond) - nowNs;
    }

    /** Sleeps a step or until the next block is due. Returns whether it is due. */
    boolean awaitStep(final long bytes)
    {
        final long waitNs = waitNs(bytes, System.nanoTime());
        if (waitNs <= 0)
        {
            return true;
        }
        LockSupport.parkNanos(Math.min(waitNs, stepNs));
        return waitNs(bytes, System.nanoTime()) <= 0;
    }
}
