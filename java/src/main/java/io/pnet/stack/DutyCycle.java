package io.pnet.stack;

import io.pnet.counters.Counter;
import io.pnet.link.Link;
import org.agrona.concurrent.NanoClock;

/**
 * Runs a {@link Stack}'s duty cycle, and keeps for all threads what the last one has left: when it was, by when the
 * next is due, and whether the link waits for room.
 *
 * <p>{@link #run} is for the stack's owner, see {@link Ownership}; the rest for any thread.
 */
final class DutyCycle
{
    private static final long REALTIME_SAMPLE_NS = 100_000_000L;
    /** When the next cycle is due after one that could not say so. */
    private static final long BROKEN_NS = 1_000_000L;

    private final Link link;
    private final NanoClock clock;
    private Stack stack;
    /** There is work that its maker has left for the owner. */
    private volatile boolean isPending;
    /** What has failed outside of a cycle; null for nothing. */
    private volatile Throwable failure;
    private volatile long lastNs;
    private volatile long nextDeadlineNs = Long.MAX_VALUE;
    private volatile boolean isCongested;
    private long realtimeSampledNs = Long.MIN_VALUE;

    DutyCycle(final Link link, final NanoClock clock)
    {
        this.link = link;
        this.clock = clock;
    }

    /** Before any thread runs it. */
    void start(final Stack stack)
    {
        this.stack = stack;
        lastNs = clock.nanoTime();
    }

    /** One duty cycle. */
    int run()
    {
        return run(clock.nanoTime());
    }

    /**
     * One duty cycle, by the owner.
     *
     * @param nowNs read by the owner since it owns the stack: another thread may have run a cycle just before, and time
     *              must not go back.
     */
    int run(final long nowNs)
    {
        isPending = false;
        int work = 1;
        try
        {
            if (failure != null)
            {
                stack.onDefect(failure);
                failure = null;
            }
            if (nowNs - realtimeSampledNs > REALTIME_SAMPLE_NS || realtimeSampledNs == Long.MIN_VALUE)
            {
                realtimeSampledNs = nowNs;
                stack.realtimeOffsetNs(RealtimeOffset.sample(clock));
            }
            work = stack.doWork(nowNs);
            nextDeadlineNs = stack.nextDeadlineNs();
            isCongested = link.isCongested();
        }
        catch (final Throwable ex)
        {
            // A link or a transport of the user's own. Whoever runs this owns the stack, and has to give it up.
            stack.onDefect(ex);
            nextDeadlineNs = nowNs + BROKEN_NS;
        }
        lastNs = nowNs;
        return work;
    }

    /** There is work for the next cycle. */
    void leaveWork()
    {
        isPending = true;
    }

    /** Something has failed on the way to the next cycle, which tells of it. Any thread. */
    void leaveFailure(final Throwable ex)
    {
        failure = ex;
        leaveWork();
    }

    boolean isPending()
    {
        return isPending;
    }

    /** When the last cycle began, or the stack was started. */
    long lastNs()
    {
        return lastNs;
    }

    long nextDeadlineNs()
    {
        return nextDeadlineNs;
    }

    /** Whether the link waits to be writable. */
    boolean isCongested()
    {
        return isCongested;
    }

    /** Bytes that the links have received so far. */
    long receivedBytes()
    {
        return stack.counters().get(Counter.LINK_RX_BYTES);
    }

    NanoClock clock()
    {
        return clock;
    }

    /** The stack's end, by the owner. */
    void closeStack()
    {
        stack.close(clock.nanoTime());
    }
}
