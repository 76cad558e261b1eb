package io.pnet.samples;

import io.pnet.tcp.congestion.CongestionControl;
import io.pnet.tcp.congestion.CongestionWindow;

/** A congestion control of one's own: keeps two to four segments in the bottleneck's queue, found by their delay. */
public final class Vegas implements CongestionControl
{
    private long roundEnd;
    private long roundRttNs = Long.MAX_VALUE;

    @Override
    public String name()
    {
        return "vegas";
    }

    @Override
    public void onAck(final CongestionWindow window, final int ackedBytes, final long nowNs)
    {
        // The smallest of a round trip: what is above is the peer's delay and the machines'.
        roundRttNs = Math.min(roundRttNs, window.latestRttNs);
        if (window.isInSlowStart())
        {
            window.cwnd((long)window.cwnd + ackedBytes);
        }
        if (window.acknowledged < roundEnd)
        {
            return;
        }
        final double queueing = 1 - (double)window.minRttNs / roundRttNs;
        roundEnd = window.sent;
        roundRttNs = Long.MAX_VALUE;
        final double queued = queueing * window.cwnd / window.smss;
        if (window.isInSlowStart())
        {
            window.ssthresh = queued > 2 ? window.cwnd : window.ssthresh;
        }
        else if (queued < 2)
        {
            window.cwnd((long)window.cwnd + window.smss);
        }
        else if (queued > 4)
        {
            // Half of it, for what is measured is a round trip old.
            window.cwnd(window.cwnd - (long)((queued - 3) / 2 * window.smss));
            window.ssthresh = window.cwnd;
        }
    }

    @Override
    public void onLoss(final CongestionWindow window, final long nowNs)
    {
        window.ssthresh = Math.max(window.inFlight / 2, 2 * window.smss);
    }
}
