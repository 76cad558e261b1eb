package io.pnet.tcp.congestion;

/**
 * What a congestion control reads and steers: the window itself and the path's measures. One per connection; times in
 * ns, sizes in bytes. Owned by the stack's owner.
 */
public final class CongestionWindow
{
    /** Upper bound of {@link #cwnd}. */
    public static final int MAX = 1 << 30;

    /** The congestion window (RFC 5681). */
    public int cwnd;
    /** The slow start threshold (RFC 5681). */
    public int ssthresh = MAX;
    /** Sender maximum segment size. */
    public int smss;
    /** Smoothed round-trip time, 0 before the first sample. */
    public long srttNs;
    /** The latest round-trip time. */
    public long latestRttNs;
    /** The smallest round-trip time of the last minutes. */
    public long minRttNs = Long.MAX_VALUE;
    /** Bytes sent and neither acknowledged nor deemed lost. */
    public int inFlight;

    public boolean isInSlowStart()
    {
        return cwnd < ssthresh;
    }

    /** Sets the window within its bounds: one segment and {@link #MAX}. */
    public void cwnd(final long bytes)
    {
        cwnd = (int)Math.max(smss, Math.min(MAX, bytes));
    }
}
