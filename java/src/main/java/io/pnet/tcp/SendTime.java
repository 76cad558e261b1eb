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

    private long busyNs;
    private long rwndLimitedNs;
    private long sndbufLimitedNs;
    private State state = State.IDLE;
    private long sinceNs;

    void become(final State next, final long nowNs)
    {
        if (next != state)
        {
            busyNs = limitedNs(State.BUSY, nowNs);
            rwndLimitedNs = limitedNs(State.RWND_LIMITED, nowNs);
            sndbufLimitedNs = limitedNs(State.SNDBUF_LIMITED, nowNs);
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
        final long past = which == State.BUSY ? busyNs : which == State.RWND_LIMITED ? rwndLimitedNs : sndbufLimitedNs;
        return past + (which == state ? Math.max(0, nowNs - sinceNs) : 0);
    }
}
