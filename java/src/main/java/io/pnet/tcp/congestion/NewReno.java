package io.pnet.tcp.congestion;

/**
 * Reno's additive increase and multiplicative decrease (RFC 5681), with appropriate byte counting (RFC 3465). Its limit
 * L is infinite in slow start, for the reason that {@link HyStart} gives; after a time-out only what arrives counts.
 */
public final class NewReno implements CongestionControl
{
    private int acked;

    @Override
    public String name()
    {
        return "newreno";
    }

    @Override
    public void onAck(final CongestionWindow window, final int ackedBytes, final long nowNs)
    {
        int left = ackedBytes;
        if (window.isInSlowStart())
        {
            final int grown = (int)Math.min(left, (long)window.ssthresh - window.cwnd);
            window.cwnd((long)window.cwnd + grown);
            left -= grown;
        }
        acked += left;
        if (acked >= window.cwnd)
        {
            acked -= window.cwnd;
            window.cwnd((long)window.cwnd + window.smss);
        }
    }

    @Override
    public void onLoss(final CongestionWindow window, final long nowNs)
    {
        window.ssthresh = Math.max(window.inFlight / 2, 2 * window.smss);
        acked = 0;
    }
}
