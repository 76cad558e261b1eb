package io.pnet.tcp;

/**
 * When a delayed acknowledgement would cost the peer time: its window is small after a loss, and what it has in flight
 * may be a single segment. As on Linux a number of segments is then acknowledged at once: after data that we had
 * already, and when the stream moves on after more than a time-out. A gap itself, and what fills it, is acknowledged at
 * once anyway (RFC 5681 section 4.2). And where delaying has waited in vain for an answer, what is pushed is
 * acknowledged at once until there are answers again.
 *
 * <p>Without state of its own: works on {@link Connection}.
 */
final class QuickAcks
{
    private static final int MIN = 2;

    private QuickAcks()
    {
    }

    /** The peer has sent something again for nothing. */
    static void onOldData(final Connection c)
    {
        enter(c);
    }

    /** The next bytes of the stream have come, and are not delivered yet. */
    static void onInOrder(final Connection c, final long nowNs)
    {
        final long beforeNs = c.lastInOrderNs;
        c.lastInOrderNs = nowNs;
        if (beforeNs != 0 && nowNs - beforeNs > c.rtt.rtoNs() && (!c.reassembly.isEmpty() || !isDialogue(c, beforeNs)))
        {
            enter(c);
        }
    }

    /**
     * A delayed acknowledgement's time is up. From now on each segment that its sender has pushed is acknowledged at
     * once, for Nagle's algorithm may hold back the rest until it is, as Linux does for a connection that is not
     * "ping-pong".
     */
    static void onDelayedInVain(final Connection c)
    {
        c.isUnanswered = c.settings.compatibility.quickAcks > 0;
    }

    /** Data go out: right behind what came in they are its answer. */
    static void onSent(final Connection c, final long nowNs)
    {
        if (nowNs - c.lastInOrderNs < c.settings.delayedAckNs)
        {
            c.isUnanswered = false;
        }
    }

    /** Whether what came last was answered: the acknowledgement of the next can travel with its answer. */
    private static boolean isDialogue(final Connection c, final long receivedNs)
    {
        return c.lastSendNs - receivedNs >= 0 && c.lastSendNs - receivedNs < c.settings.delayedAckNs;
    }

    /** Enough for the window to grow over what was offered, within the limit that a new connection has. */
    private static void enter(final Connection c)
    {
        final int segments = Math.max(MIN, Math.max(0, c.rcvWnd()) / (2 * c.rcvMss));
        c.quickAcks = Math.max(c.quickAcks, Math.min(segments, c.settings.compatibility.quickAcks));
    }
}
