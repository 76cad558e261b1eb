package io.pnet.tcp;

/**
 * What a connection's sending side has spent its time on, as Linux's tcpi_busy_time and its two companions: what would
 * have to be larger for it to be faster.
 *
 * <p>Owned by the stack's owner.
 */
final class SendTime
{
    enum State
    {
        /** Nothing to send, and nothing unacknowledged. */
        IDLE,
        /** The network, or the congestion window, is what it waits for. */
        BUSY,
        /** The peer's receive window. */
        RWND_LIMITED,
        /** The send buffer: full, and all of it sent. */
        SNDBUF_LIMITED
    }

    private final long[] ns = new long[State.values().length];
    private State state = State.IDLE;
    private long sinceNs;

    void become(final State next, final long nowNs)
    {
        if (next != state)
        {
            ns[state.ordinal()] += nowNs - sinceNs;
            state = next;
            sinceNs = nowNs;
        }
    }

    /** Time with something to send or unacknowledged, limited or not. */
    long busyNs(final long nowNs)
    {
        return limitedNs(State.BUSY, nowNs) + limitedNs(State.RWND_LIMITED, nowNs) +
            limitedNs(State.SNDBUF_LIMITED, nowNs);
    }

    long limitedNs(final State which, final long nowNs)
    {
        return ns[which.ordinal()] + (which == state ? Math.max(0, nowNs - sinceNs) : 0);
    }
}
