package io.pnet.tcp;

/**
 * Spreads what a connection sends over time: after every frame the next is released when the rate allows for it. Who
 * wakes late, or has had nothing to send, may catch up on one millisecond, so that no timer has to be exact for the
 * rate to be; that, or two segments, is also what one frame is to carry ({@link FrameSize}).
 *
 * <p>The rate is the congestion control's, bounded by the user's. Works on a {@link Connection}; owned by the stack's
 * owner.
 */
final class Pacer
{
    /** What may be sent at once, in time. */
    static final long BURST_NS = 1_000_000L;

    private static final long NANOS = 1_000_000_000L;

    private Pacer()
    {
    }

    /** Payload bytes a second; 0: nothing is held. */
    static long rate(final Connection c)
    {
        final long own = c.window.pacingRate;
        final long max = c.maxPacingRate();
        return own == 0 ? max : max == 0 ? own : Math.min(own, max);
    }

    /** Whether nothing may be sent now; then the connection's timer says when. */
    static boolean holds(final Connection c, final long nowNs)
    {
        if (c.releaseNs <= nowNs || rate(c) == 0)
        {
            return false;
        }
        c.paceAtNs = c.releaseNs;
        return true;
    }

    /** Payload was sent, whether it was asked to wait or not. */
    static void onSent(final Connection c, final int bytes, final long nowNs)
    {
        final long rate = rate(c);
        if (rate != 0)
        {
            c.releaseNs = Math.max(c.releaseNs, nowNs - BURST_NS) + bytes * NANOS / rate;
        }
    }
}
