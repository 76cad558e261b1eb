package io.pnet.tcp.congestion;

/**
 * CUBIC (RFC 9438): after a loss the window grows along a cubic curve in time whose plateau is the window at which the
 * loss happened, and never slower than Reno would. The first slow start is {@link HyStart}'s.
 *
 * <p>Windows are in segments, as in the RFC; its names are kept.
 */
public final class Cubic implements CongestionControl
{
    private static final double C = 0.4;
    private static final double BETA = 0.7;
    /** RFC 8511 section 3.3. */
    private static final double ABE_BETA = 0.85;
    /** RFC 9438 section 4.3: makes the Reno-friendly window's average equal to Reno's. */
    private static final double ALPHA = 3.0 * (1.0 - BETA) / (1.0 + BETA);
    private static final double NS = 1e9;

    private final HyStart hyStart = new HyStart();
    private final double ecnBeta;

    // ---- of the current congestion avoidance stage (section 4.1.2)
    private double wMax;
    private double wEst;
    private double cwndPrior;
    private double k;
    private long epochStartNs;
    private boolean hasEpoch;
    private boolean hasTimedOut;
    /** What growth has left over below a byte. */
    private double fraction;
    /** When the last acknowledgement came. */
    private long lastNs;

    // ---- for taking a reduction back (section 4.9)
    private boolean canUndo;
    private double undoWMax;
    private double undoWEst;
    private double undoCwndPrior;
    private double undoK;
    private long undoEpochStartNs;
    private boolean undoHasEpoch;
    private boolean undoHasTimedOut;
    private int undoCwnd;
    private int undoSsthresh;

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
    public void onSample(final CongestionWindow window, final RateSample sample, final long nowNs)
    {
        if (!window.isLimited && !window.isRecovering)
        {
            // Section 5.8: the curve does not go on while the window is not used.
            epochStartNs += nowNs - lastNs;
        }
        lastNs = nowNs;
        if (window.ssthresh == CongestionWindow.MAX && !window.isRecovering)
        {
            hyStart.onSample(window, sample.rttNs);
        }
    }

    @Override
    public void onAck(final CongestionWindow window, final int ackedBytes, final long nowNs)
    {
        int acked = ackedBytes;
        if (window.isInSlowStart())
        {
            final boolean isFirst = window.ssthresh == CongestionWindow.MAX;
            final int growth = isFirst ? hyStart.growth(acked) : acked;
            final int grown = (int)Math.min(growth, (long)window.ssthresh - window.cwnd);
            window.cwnd((long)window.cwnd + grown);
            acked -= grown;
            if (isFirst || acked <= 0)
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
            startEpoch(cwnd, nowNs);
        }
        final double segmentsAcked = acked / smss;
        // Section 4.3: Reno from the same point; once it is where the last loss was it grows like Reno proper.
        wEst += (wEst >= cwndPrior ? 1.0 : ALPHA) * segmentsAcked / cwnd;

        final double t = (nowNs - epochStartNs) / NS;
        if (cubic(t) < wEst)
        {
            fraction += Math.max(0, wEst - cwnd) * smss;
        }
        else
        {
            // Section 4.2: where the curve is one round trip from now, within bounds.
            final double target = Math.max(cwnd, Math.min(1.5 * cwnd, cubic(t + window.srttNs / NS)));
            fraction += (target - cwnd) / cwnd * segmentsAcked * smss;
        }
        if (fraction >= 1)
        {
            final int whole = (int)Math.min(fraction, CongestionWindow.MAX);
            fraction -= whole;
            window.cwnd((long)window.cwnd + whole);
        }
    }

    private void startEpoch(final double cwnd, final long nowNs)
    {
        hasEpoch = true;
        epochStartNs = nowNs;
        wEst = cwnd;
        fraction = 0;
        if (hasTimedOut || cwnd >= wMax)
        {
            // Section 4.8, and 4.10 where slow start has ended without a loss: the curve begins at its plateau.
            hasTimedOut = false;
            k = 0;
            wMax = cwnd;
            cwndPrior = Math.max(cwndPrior, cwnd);
        }
        else
        {
            k = Math.cbrt((wMax - cwnd) / C);
        }
    }

    private double cubic(final double t)
    {
        final double d = t - k;
        return C * d * d * d + wMax;
    }

    @Override
    public void onLoss(final CongestionWindow window, final long nowNs)
    {
        reduce(window, BETA);
    }

    @Override
    public void onTimeout(final CongestionWindow window, final long nowNs)
    {
        reduce(window, BETA);
        hasTimedOut = true;
    }

    @Override
    public void onEcnEcho(final CongestionWindow window, final long nowNs)
    {
        reduce(window, window.isInSlowStart() ? BETA : ecnBeta);
        window.cwnd(Math.min(window.cwnd, window.ssthresh));
    }

    private void reduce(final CongestionWindow window, final double beta)
    {
        canUndo = true;
        undoWMax = wMax;
        undoWEst = wEst;
        undoCwndPrior = cwndPrior;
        undoK = k;
        undoEpochStartNs = epochStartNs;
        undoHasEpoch = hasEpoch;
        undoHasTimedOut = hasTimedOut;
        undoCwnd = window.cwnd;
        undoSsthresh = window.ssthresh;

        // Section 4.6. The window stands for what is in flight: it grows only while it is full.
        final double cwnd = (double)window.cwnd / window.smss;
        cwndPrior = cwnd;
        // Section 4.7, fast convergence: make room for newcomers.
        wMax = cwnd < wMax ? cwnd * (1 + beta) / 2 : cwnd;
        window.ssthresh = (int)Math.max(window.cwnd * beta, 2.0 * window.smss);
        hasEpoch = false;
        hasTimedOut = false;
    }

    @Override
    public void onSpuriousLoss(final CongestionWindow window, final long nowNs)
    {
        if (canUndo)
        {
            canUndo = false;
            wMax = undoWMax;
            wEst = undoWEst;
            cwndPrior = undoCwndPrior;
            k = undoK;
            epochStartNs = undoEpochStartNs;
            hasEpoch = undoHasEpoch;
            hasTimedOut = undoHasTimedOut;
            window.cwnd(Math.max(window.cwnd, undoCwnd));
            window.ssthresh = Math.max(window.ssthresh, undoSsthresh);
        }
    }

    @Override
    public void onIdle(final CongestionWindow window, final long idleNs, final long nowNs)
    {
        epochStartNs += Math.max(0, nowNs - lastNs);
        lastNs = nowNs;
        if (window.isInSlowStart())
        {
            // Restarted: the next congestion avoidance begins where slow start ends.
            hasEpoch = false;
        }
    }
}
