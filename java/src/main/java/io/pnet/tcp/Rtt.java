package io.pnet.tcp;

/**
 * Round-trip time and retransmission time-out of one connection (RFC 6298), times in ns. The clock granularity G of the
 * RFC is taken as 1 ms; what the RTO is beyond the round-trip time at least is a setting, 200 ms as on Linux, where the
 * RFC has a lower bound of 1 s for the whole.
 */
final class Rtt
{
    private static final long GRANULARITY_NS = 1_000_000L;
    /** How long a minimum counts before the path is measured anew. */
    private static final long MIN_RTT_WINDOW_NS = 300_000_000_000L;

    /** Sixteen times the RTO: no path becomes slower than that at once, but repeated loss looks as if it did. */
    private static final int MAX_HELD_BACKOFF = 4;

    private final long minRtoNs;
    private final long maxRtoNs;
    private long srttNs;
    private long rttvarNs;
    private long baseRtoNs;
    private long minRttNs = Long.MAX_VALUE;
    private long minRttAtNs;
    private long latestNs;
    private int backoff;
    private int heldBackoff;
    private long slopNs;

    Rtt(final long initialRtoNs, final long minRtoNs, final long maxRtoNs)
    {
        this.minRtoNs = minRtoNs;
        this.maxRtoNs = maxRtoNs;
        this.baseRtoNs = initialRtoNs;
    }

    /** What is added to every time-out but the initial one. */
    void slopNs(final long slopNs)
    {
        this.slopNs = slopNs;
    }

    /** A measurement that is not ambiguous (Karn): RFC 6298 sections 2.2 and 2.3. */
    void sample(final long rttNs, final long nowNs)
    {
        final long r = Math.max(1, rttNs);
        latestNs = r;
        if (r <= minRttNs || nowNs - minRttAtNs > MIN_RTT_WINDOW_NS)
        {
            minRttNs = r;
            minRttAtNs = nowNs;
        }
        if (srttNs == 0)
        {
            srttNs = r;
            rttvarNs = r / 2;
        }
        else
        {
            rttvarNs += (Math.abs(srttNs - r) - rttvarNs) / 4;
            srttNs += (r - srttNs) / 8;
        }
        // The bound is one of what is waited beyond a round trip, as on Linux: where round trips are long and even, one
        // of the whole would leave a retransmission, or a delayed acknowledgement, no time at all.
        baseRtoNs = Math.min(maxRtoNs, srttNs + Math.max(Math.max(GRANULARITY_NS, minRtoNs), 4 * rttvarNs));
        backoff = 0;
        heldBackoff = 0;
    }

    /** Whether anything was measured yet. */
    boolean isMeasured()
    {
        return srttNs != 0;
    }

    long srttNs()
    {
        return srttNs;
    }

    long rttvarNs()
    {
        return rttvarNs;
    }

    long latestNs()
    {
        return latestNs;
    }

    /** Smallest of the last minutes; {@link Long#MAX_VALUE} before the first sample. */
    long minNs()
    {
        return minRttNs;
    }

    /** The time-out now, backed off. */
    long rtoNs()
    {
        final long slopNs = srttNs == 0 && backoff == 0 ? 0 : this.slopNs;
        return Math.min(maxRtoNs, (baseRtoNs << Math.min(backoff, 16)) + slopNs);
    }

    /** RFC 6298 section 5.5. */
    void backOff()
    {
        backoff++;
    }

    /**
     * Something was acknowledged, but there is no measurement in it: what is being repaired goes on without a back-off,
     * and the back-off is held for {@link #newData()}.
     */
    void progress()
    {
        heldBackoff = Math.max(heldBackoff, backoff);
        backoff = 0;
    }

    /**
     * Everything is repaired. Until a measurement the RTO is what it was backed off to (Karn): if the path has become
     * slower than the RTO, only so can a segment be sent once and measured.
     */
    void newData()
    {
        backoff = Math.max(backoff, Math.min(heldBackoff, MAX_HELD_BACKOFF));
    }

    /** RFC 6298 section 5.7: the SYN was lost, so that nothing is known; 3 s from here on. */
    void synWasLost()
    {
        if (srttNs == 0)
        {
            baseRtoNs = Math.max(baseRtoNs, Math.min(maxRtoNs, 3_000_000_000L));
            backoff = 0;
            heldBackoff = 0;
        }
    }
}
