package io.pnet.transport;

/**
 * A timer that lives in what it times (a connection), linked into a {@link TimerWheel} without allocation. Extend it,
 * or hold one per object. Owned by the stack's owner.
 */
public abstract class Timer
{
    /** {@link #deadlineNs()} of a timer that is not scheduled. */
    public static final long IDLE = Long.MAX_VALUE;

    Timer previous;
    Timer next;
    Timer nextDue;
    int slot = -1;
    long deadlineNs = IDLE;

    /** When it fires, or {@link #IDLE}. */
    public final long deadlineNs()
    {
        return deadlineNs;
    }

    public final boolean isScheduled()
    {
        return slot >= 0;
    }

    /** The deadline has passed; the timer is no longer scheduled and may be scheduled again from here. */
    protected abstract void onTimer(long nowNs);
}
