package io.pnet.tcp;

import io.pnet.wire.SeqNumber;

/**
 * Whether a connection uses its congestion window: one that is not used must not grow (RFC 9438 section 5.8), for what
 * it would allow was never tried. As on Linux: it is used when it has held something back in the last round trip, and
 * in slow start when more than half of it was in flight, since it doubles in a round trip.
 *
 * <p>Owned by the stack's owner.
 */
final class WindowUse
{
    private boolean isFull;
    private int maxInFlight;
    /** The round trip ends when this is acknowledged. */
    private int endSeq;

    /**
     * Output has sent what it could.
     *
     * @param isHeldBack whether the congestion window was what kept it from sending more.
     */
    void onOutput(final Connection c, final boolean isHeldBack)
    {
        final int inFlight = c.inFlight();
        final boolean isFullNow = isHeldBack || inFlight + c.sndMss > c.window.cwnd;
        if (isFullNow || SeqNumber.geq(c.sndUna, endSeq) || !isFull && inFlight > maxInFlight)
        {
            isFull = isFullNow;
            maxInFlight = inFlight;
            endSeq = c.sndNxt;
        }
    }

    /** Bytes that may go in a round trip: the window, which slow start doubles, or twice what went last if less. */
    long perRoundTrip(final Connection c)
    {
        final long most = c.window.isInSlowStart() ? 2L * c.window.cwnd : c.window.cwnd;
        return maxInFlight == 0 ? most : Math.min(most, 2L * maxInFlight);
    }

    boolean isLimited(final Connection c)
    {
        return isFull || c.window.isInSlowStart() && c.window.cwnd < 2L * maxInFlight;
    }
}
