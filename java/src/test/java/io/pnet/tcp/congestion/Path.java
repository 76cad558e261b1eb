package io.pnet.tcp.congestion;

/** A round trip of nothing but numbers, for tests of an algorithm by itself. */
final class Path
{
    static final long MS = 1_000_000L;
    static final int SMSS = 1_000;

    final CongestionWindow window = new CongestionWindow();
    final RateSample sample = new RateSample();
    final CongestionControl control;
    long nowNs = 1_000 * MS;

    Path(final CongestionControl control, final int segments)
    {
        this.control = control;
        window.smss = SMSS;
        window.cwnd(segments * SMSS);
        window.isLimited = true;
        window.sent = window.cwnd;
        rtt(100 * MS);
        control.onEstablished(window, nowNs);
    }

    void rtt(final long rttNs)
    {
        window.srttNs = rttNs;
        window.latestRttNs = rttNs;
        window.minRttNs = Math.min(window.minRttNs, rttNs);
    }

    /** A whole window is acknowledged segment by segment, each replaced at once, in a round trip of this length. */
    void round(final long rttNs)
    {
        rtt(rttNs);
        final int segments = window.cwnd / SMSS;
        for (int i = 0; i < segments; i++)
        {
            nowNs += rttNs / segments;
            ack(rttNs);
        }
    }

    /** One segment is acknowledged. */
    void ack(final long rttNs)
    {
        window.acknowledged += SMSS;
        window.delivered += SMSS;
        sample.delivered = SMSS;
        sample.rttNs = rttNs;
        control.onSample(window, sample, nowNs);
        if (window.isLimited)
        {
            control.onAck(window, SMSS, nowNs);
        }
        window.sent = window.acknowledged + window.cwnd;
    }

    /** Loss, and what TCP makes of it. */
    void loss()
    {
        window.inFlight = window.cwnd;
        control.onLoss(window, nowNs);
        window.cwnd(window.ssthresh);
        control.onRecovered(window, nowNs);
    }

    double segments()
    {
        return (double)window.cwnd / SMSS;
    }
}
