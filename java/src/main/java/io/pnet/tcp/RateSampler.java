package io.pnet.tcp;

import io.pnet.tcp.congestion.CongestionWindow;
import io.pnet.tcp.congestion.RateSample;

/**
 * How fast the path delivers what one connection sends (draft-cheng-iccrg-delivery-rate-estimation): everything sent
 * notes how much had been delivered by then, and when; its acknowledgement gives the rate since, over the longer of the
 * time in which it was sent and the time in which it was acknowledged, so that neither side's bursts make it too large.
 *
 * <p>Owned by the stack's owner.
 */
final class RateSampler
{
    private static final long NANOS = 1_000_000_000L;

    // ---- of the connection (section 3.1.1)
    private long deliveredNs;
    private long firstSentNs;
    /** The application has sent too little until so much is delivered; 0: it has not. */
    private long appLimitedUntil;
    private long lostBefore;

    // ---- of the acknowledgement that is being processed (section 3.1.3)
    private long priorDelivered = -1;
    private long priorNs;
    private long latestSentNs;
    private long sendElapsedNs;
    private boolean wasAppLimited;

    // ---- the last rate
    private long rate;
    private boolean isRateAppLimited;

    /** The last rate measured, bytes a second; 0 before the first. */
    long rate()
    {
        return rate;
    }

    /** Whether the application sent too little for {@link #rate()} to be the path's. */
    boolean isAppLimited()
    {
        return isRateAppLimited;
    }

    /** Something is about to be sent (section 3.2). */
    void beforeSend(final Connection c, final long nowNs)
    {
        if (c.inFlight() == 0)
        {
            firstSentNs = nowNs;
            deliveredNs = nowNs;
        }
    }

    /** It was sent, and has this entry. */
    void onSent(final Connection c, final int index)
    {
        c.sent.stamp(index, c.window.delivered, deliveredNs, firstSentNs, appLimitedUntil != 0);
    }

    /** There was nothing to send although the windows would have allowed it (section 3.4). */
    void onAppLimited(final Connection c)
    {
        appLimitedUntil = Math.max(1, c.window.delivered + c.inFlight());
    }

    /** Bytes of an entry that the peer is now known to have (section 3.3). */
    void onDelivered(final Connection c, final int index, final int bytes, final long receivedNs)
    {
        final SentSegments sent = c.sent;
        c.window.delivered += bytes;
        deliveredNs = receivedNs;
        final long sentNs = sent.sentNs(index);
        if (priorDelivered < 0 || sentNs >= latestSentNs)
        {
            latestSentNs = sentNs;
            priorDelivered = sent.deliveredBefore(index);
            priorNs = sent.deliveredBeforeNs(index);
            wasAppLimited = sent.wasAppLimited(index);
            sendElapsedNs = sentNs - sent.firstSentNs(index);
        }
    }

    /** The acknowledgement is processed: fills in what it tells. */
    void finish(final Connection c, final Delivery d, final int priorInFlight, final RateSample sample)
    {
        final CongestionWindow window = c.window;
        if (appLimitedUntil != 0 && window.delivered > appLimitedUntil)
        {
            appLimitedUntil = 0;
        }
        sample.delivered = d.delivered;
        sample.lost = (int)Math.min(Integer.MAX_VALUE, window.lost - lostBefore);
        lostBefore = window.lost;
        sample.priorInFlight = priorInFlight;
        sample.rttNs = d.latestRttNs;
        sample.priorDelivered = priorDelivered;
        sample.rate = 0;
        sample.intervalNs = 0;
        sample.isAppLimited = wasAppLimited;
        if (priorDelivered < 0)
        {
            sample.isAppLimited = false;
            return;
        }
        firstSentNs = latestSentNs;
        sample.intervalNs = Math.max(sendElapsedNs, deliveredNs - priorNs);
        // Shorter than any round trip: something was acknowledged before it could have arrived.
        if (sample.intervalNs > 0 && sample.intervalNs >= Math.min(window.minRttNs, Long.MAX_VALUE - 1))
        {
            sample.rate = rateOf(window.delivered - priorDelivered, sample.intervalNs);
            rate = sample.rate;
            isRateAppLimited = wasAppLimited;
        }
        priorDelivered = -1;
    }

    private static long rateOf(final long bytes, final long intervalNs)
    {
        return bytes < Long.MAX_VALUE / NANOS ?
            bytes * NANOS / intervalNs : (long)(bytes * (double)NANOS / intervalNs);
    }
}
