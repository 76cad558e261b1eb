package io.pnet.tcp.congestion;

/**
 * Finds out whether a policer drops what exceeds some rate, and which: two intervals in a row with a fifth lost and the
 * same delivery rate. That rate is then held for 48 round trips instead of probing into the policer's losses. A part of
 * {@link Bbr}; one per connection.
 */
final class PolicedRate
{
    private static final int MIN_ROUNDS = 4;
    private static final int MAX_ROUNDS = 4 * MIN_ROUNDS;
    private static final int HELD_ROUNDS = 48;
    private static final double LOSS_THRESHOLD = 0.2;
    private static final double SAME_RATIO = 0.125;
    /** 4 kbit/s. */
    private static final long SAME_RATE = 500;
    private static final long MIN_INTERVAL_NS = 1_000_000L;

    private boolean isSampling;
    private boolean isHeld;
    private int rounds;
    private long rate;
    private long startNs;
    private long startDelivered;
    private long startLost;

    /** The rate to hold; 0: there is none. */
    long rate()
    {
        return isHeld ? rate : 0;
    }

    void reset()
    {
        isSampling = false;
        isHeld = false;
        rate = 0;
        rounds = 0;
    }

    /**
     * Looks at one sample.
     *
     * @param isProbing whether the algorithm probes for bandwidth, so that time counts.
     * @return whether a rate has been held long enough: probing starts anew.
     */
    boolean onSample(
        final CongestionWindow window,
        final RateSample sample,
        final boolean isRoundStart,
        final boolean isProbing,
        final long nowNs)
    {
        if (isHeld)
        {
            if (isProbing && isRoundStart && ++rounds >= HELD_ROUNDS)
            {
                reset();
                return true;
            }
            return false;
        }
        if (!isSampling)
        {
            if (sample.lost > 0)
            {
                isSampling = true;
                start(window, nowNs);
            }
            return false;
        }
        if (sample.isAppLimited)
        {
            reset();
            return false;
        }
        if (isRoundStart)
        {
            rounds++;
        }
        if (rounds > MAX_ROUNDS)
        {
            reset();
        }
        else if (rounds >= MIN_ROUNDS && sample.lost > 0)
        {
            // An interval begins and ends with a loss: the policer's bucket is empty at both.
            end(window, nowNs);
        }
        return false;
    }

    private void end(final CongestionWindow window, final long nowNs)
    {
        final long lost = window.lost - startLost;
        final long delivered = window.delivered - startDelivered;
        final long intervalNs = nowNs - startNs;
        if (delivered <= 0 || lost < LOSS_THRESHOLD * delivered || intervalNs < MIN_INTERVAL_NS)
        {
            return;
        }
        final long measured = (long)(delivered * 1e9 / intervalNs);
        final long difference = Math.abs(measured - rate);
        if (rate > 0 && (difference <= SAME_RATIO * rate || difference <= SAME_RATE))
        {
            rate = (measured + rate) / 2;
            isHeld = true;
            rounds = 0;
            return;
        }
        rate = measured;
        start(window, nowNs);
    }

    private void start(final CongestionWindow window, final long nowNs)
    {
        startNs = nowNs;
        startDelivered = window.delivered;
        startLost = window.lost;
        rounds = 0;
    }
}
