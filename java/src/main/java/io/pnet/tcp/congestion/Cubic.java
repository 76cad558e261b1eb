package io.pnet.tcp.congestion;

/**
 * CUBIC (RFC 9438): after a loss the window grows along a cubic curve in time whose plateau is the window at which the
 * loss happened, and never slower than Reno would. Slow start leaves early when the round-trip time rises (HyStart++'s
 * delay rule, RFC 9406, without its conservative phase).
 */
public final class Cubic implements CongestionControl
{
    private static final double C = 0.4;
    private static final double BETA = 0.7;
    /** RFC 8511 section 3.3. */
    private static final double ABE_BETA = 0.85;
    /** RFC 9438 section 4.3: makes the Reno-friendly window's average equal to Reno's. */
    private static final double ALPHA = 3.0 * (1.0 - BETA) / (1.0 + BETA);

    // HyStart++ (RFC 9406 section 4.3)
    private static final int MIN_SAMPLES = 8;
    private static final long MIN_RTT_THRESH_NS = 4_000_000L;
    private static final long MAX_RTT_THRESH_NS = 16_000_000L;

    private final double ecnBeta;
    private double wMax;
    private double wEst;
    private double origin;
    private double k;
    private long epochNs;
    private boolean hasEpoch;
    private double fraction;

    private double savedWMax;
    private int savedCwnd;
    private int savedSsthresh;
    private boolean hasSaved;

    private long roundStartNs;
    private long lastRoundMinNs = Long.MAX_VALUE;
    private long roundMinNs = Long.MAX_VALUE;
    private int roundSamples;

    /** CUBIC as RFC 9438 has it: a congestion mark counts as a loss. */
    public Cubic()
    {
        this(BETA);
    }

    private Cubic(final double ecnBeta)
    {
        this.ecnBeta = ecnBeta;
    }

    /**
     * CUBIC with an alternative backoff for congestion marks (ABE, RFC 8511, experimental): who marks keeps its queue
     * short, so that in congestion avoidance a mark asks for less than a loss, which means a queue that was full.
     */
    public static Cubic withAlternativeBackoff()
    {
        return new Cubic(ABE_BETA);
    }

    @Override
    public String name()
    {
        return ecnBeta == BETA ? "cubic" : "cubic-abe";
    }

    @Override
    public void onAck(final CongestionWindow window, final int ackedBytes, final long nowNs)
    {
        int acked = ackedBytes;
        if (window.isInSlowStart())
        {
            hyStart(window, nowNs);
            final int grown = (int)Math.min((long)window.cwnd + acked, Math.max(window.cwnd, window.ssthresh));
            acked -= grown - window.cwnd;
            window.cwnd(grown);
            if (acked <= 0)
            {
                return;
            }
        }
        avoidCongestion(window, acked, nowNs);
    }

    private void avoidCongestion(final CongestionWindow window, final int acked, final long nowNs)
    {
        final double smss = window.smss;
        final double cwnd = window.cwnd / smss;
        if (!hasEpoch)
        {
            hasEpoch = true;
            epochNs = nowNs;
            if (cwnd < wMax)
            {
                k = Math.cbrt((wMax - cwnd) / C);
                origin = wMax;
            }
            else
            {
                k = 0;
                origin = cwnd;
            }
            wEst = cwnd;
            fraction = 0;
        }
        // RFC 9438 section 4.2: where the curve is one round trip from now.
        final double t = (nowNs - epochNs + window.srttNs) / 1e9 - k;
        final double target = Math.min(Math.max(origin + C * t * t * t, cwnd), 1.5 * cwnd);
        final double ackedSegments = acked / smss;
        // Section 4.3: Reno from the same point; after it has reached wMax it grows like Reno proper.
        wEst += (wEst >= wMax ? 1.0 : ALPHA) * ackedSegments / cwnd;

        double gained = (target - cwnd) / cwnd * ackedSegments;
        if (wEst > cwnd + gained)
        {
            gained = wEst - cwnd;
        }
        fraction += gained * smss;
        if (fraction >= 1)
        {
            final int whole = (int)Math.min(fraction, CongestionWindow.MAX);
            fraction -= whole;
            window.cwnd((long)window.cwnd + whole);
        }
    }

    @Override
    public void onLoss(final CongestionWindow window, final long nowNs)
    {
        reduce(window, BETA, nowNs);
    }

    @Override
    public void onEcnEcho(final CongestionWindow window, final long nowNs)
    {
        reduce(window, window.isInSlowStart() ? BETA : ecnBeta, nowNs);
        window.cwnd(Math.min(window.cwnd, window.ssthresh));
    }

    private void reduce(final CongestionWindow window, final double beta, final long nowNs)
    {
        savedWMax = wMax;
        savedCwnd = window.cwnd;
        savedSsthresh = window.ssthresh;
        hasSaved = true;

        final double cwnd = (double)window.cwnd / window.smss;
        // Section 4.7, fast convergence: make room for newcomers.
        wMax = cwnd < wMax ? cwnd * (1 + beta) / 2 : cwnd;
        window.ssthresh = (int)Math.max(window.cwnd * beta, 2.0 * window.smss);
        hasEpoch = false;
        resetRound(nowNs);
    }

    @Override
    public void onSpuriousLoss(final CongestionWindow window, final long nowNs)
    {
        if (hasSaved)
        {
            wMax = savedWMax;
            window.cwnd(Math.max(window.cwnd, savedCwnd));
            window.ssthresh = Math.max(window.ssthresh, savedSsthresh);
            hasSaved = false;
            hasEpoch = false;
        }
    }

    @Override
    public void onIdle(final CongestionWindow window, final long nowNs)
    {
        hasEpoch = false;
        resetRound(nowNs);
    }

    private void hyStart(final CongestionWindow window, final long nowNs)
    {
        if (nowNs - roundStartNs > window.srttNs)
        {
            lastRoundMinNs = roundMinNs;
            resetRound(nowNs);
        }
        roundMinNs = Math.min(roundMinNs, window.latestRttNs);
        roundSamples++;
        if (roundSamples >= MIN_SAMPLES && lastRoundMinNs != Long.MAX_VALUE)
        {
            final long threshold = Math.max(MIN_RTT_THRESH_NS, Math.min(lastRoundMinNs / 8, MAX_RTT_THRESH_NS));
            if (roundMinNs >= lastRoundMinNs + threshold)
            {
                window.ssthresh = window.cwnd;
            }
        }
    }

    private void resetRound(final long nowNs)
    {
        roundStartNs = nowNs;
        roundMinNs = Long.MAX_VALUE;
        roundSamples = 0;
    }
}
