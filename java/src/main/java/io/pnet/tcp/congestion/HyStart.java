package io.pnet.tcp.congestion;

/**
 * HyStart++ (RFC 9406): slow start that looks for the queue it builds. When the smallest round-trip time of a round
 * rises above the last round's, growth goes on at a quarter of the speed (conservative slow start, CSS); if the rise
 * was jitter, slow start resumes, else it is over after five rounds. A round lasts until what was sent at its start is
 * acknowledged.
 *
 * <p>Used for the first slow start only (section 4.3). The RFC's L, segments by which one acknowledgement may grow the
 * window, is infinite as for paced senders: receivers that coalesce acknowledge 40 segments at once, and eight of them
 * would stop the doubling that slow start is.
 *
 * <p>One per connection, part of its algorithm.
 */
final class HyStart
{
    static final long MIN_RTT_THRESH_NS = 4_000_000L;
    static final long MAX_RTT_THRESH_NS = 16_000_000L;
    static final int MIN_RTT_DIVISOR = 8;
    static final int N_RTT_SAMPLE = 8;
    static final int CSS_GROWTH_DIVISOR = 4;
    static final int CSS_ROUNDS = 5;

    private static final long NONE = Long.MAX_VALUE;

    private long windowEnd;
    private long lastRoundMinRttNs = NONE;
    private long currentRoundMinRttNs = NONE;
    private long cssBaselineMinRttNs = NONE;
    private int rttSampleCount;
    private int cssRounds;
    private boolean isCss;

    /** Whether slow start has become conservative. */
    boolean isConservative()
    {
        return isCss;
    }

    /** Takes a measurement of an acknowledgement that arrives in slow start; may end it by setting ssthresh. */
    void onSample(final CongestionWindow window, final long rttNs)
    {
        if (window.acknowledged >= windowEnd)
        {
            startRound(window);
        }
        if (rttNs <= 0 || !window.isInSlowStart())
        {
            return;
        }
        currentRoundMinRttNs = Math.min(currentRoundMinRttNs, rttNs);
        rttSampleCount++;
        if (rttSampleCount < N_RTT_SAMPLE)
        {
            return;
        }
        if (isCss)
        {
            if (currentRoundMinRttNs < cssBaselineMinRttNs)
            {
                // It was not a queue.
                isCss = false;
                cssBaselineMinRttNs = NONE;
            }
        }
        else if (lastRoundMinRttNs != NONE)
        {
            final long rttThreshNs = Math.max(
                MIN_RTT_THRESH_NS, Math.min(lastRoundMinRttNs / MIN_RTT_DIVISOR, MAX_RTT_THRESH_NS));
            if (currentRoundMinRttNs >= lastRoundMinRttNs + rttThreshNs)
            {
                isCss = true;
                cssBaselineMinRttNs = currentRoundMinRttNs;
                // The rest of this round counts as one.
                cssRounds = 0;
            }
        }
    }

    /** By how much so many acknowledged bytes grow the window. */
    int growth(final int ackedBytes)
    {
        return isCss ? ackedBytes / CSS_GROWTH_DIVISOR : ackedBytes;
    }

    private void startRound(final CongestionWindow window)
    {
        windowEnd = window.sent;
        lastRoundMinRttNs = currentRoundMinRttNs;
        currentRoundMinRttNs = NONE;
        rttSampleCount = 0;
        if (isCss && ++cssRounds >= CSS_ROUNDS)
        {
            isCss = false;
            window.ssthresh = window.cwnd;
        }
    }
}
