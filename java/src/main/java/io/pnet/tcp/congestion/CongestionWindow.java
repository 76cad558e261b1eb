package io.pnet.tcp.congestion;

/**
 * What a congestion control reads and steers: the window itself and the path's measures. One per connection; times in
 * ns, sizes in bytes, rates in bytes a second. Owned by the stack's owner.
 */
public final class CongestionWindow
{
    /** Upper bound of {@link #cwnd}. */
    public static final int MAX = 1 << 30;

    // ---- what the algorithm sets

    /** The congestion window (RFC 5681). */
    public int cwnd;
    /** The slow start threshold (RFC 5681). */
    public int ssthresh = MAX;
    /** Payload is sent no faster than this; 0: as fast as the window allows. */
    public long pacingRate;

    // ---- what TCP measures

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
    /** Whether the window, and not the application or the peer, has held back what was sent lately. */
    public boolean isLimited;
    /** Whether loss is being repaired. */
    public boolean isRecovering;

    // ---- totals since the connection began

    /** Bytes ever sent, each counted once: the stream's offset of SND.NXT. */
    public long sent;
    /** Bytes cumulatively acknowledged: the stream's offset of SND.UNA. */
    public long acknowledged;
    /** Bytes known to have arrived, cumulatively or selectively. */
    public long delivered;
    /** Bytes ever deemed lost. */
    public long lost;

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
