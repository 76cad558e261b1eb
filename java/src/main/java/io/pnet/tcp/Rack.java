package io.pnet.tcp;

import io.pnet.wire.SeqNumber;

/**
 * RACK (RFC 8985 section 6): a segment is lost when one that was sent long enough after it has arrived. Long enough is
 * a window for reordering, which is closed as long as none was seen and grows with every round trip in which the peer
 * reports that something was sent again for nothing.
 *
 * <p>What has arrived counts from when its acknowledgement reached this host, not from when there was time to look at
 * it. Segments are looked at in the order in which they were sent, and no further than the first that is not lost: what
 * an acknowledgement costs is what it changes.
 *
 * <p>Without state of its own: works on {@link RecoveryState} and {@link SentSegments}.
 */
final class Rack
{
    /** Of RFC 5681 and RFC 6675: when so many segments are reported, what is missing is not just late. */
    static final int DUP_THRESH = 3;
    private static final int MAX_WINDOW_MULTIPLIER = 255;
    private static final int WINDOW_PERSISTS = 16;

    private Rack()
    {
    }

    /** Steps 1 to 3 for an entry that is newly known to have arrived, up to {@code end}. */
    static void onDelivered(final Connection c, final Delivery d, final int index, final int end)
    {
        final RecoveryState r = c.recovery;
        final long sentNs = c.sent.sentNs(index);
        final long rttNs = Math.max(1, d.receivedNs - sentNs);
        if (!c.sent.is(index, SentSegments.EVER_RETRANSMITTED))
        {
            if (SeqNumber.lt(end, d.priorFack))
            {
                r.reorderingSeen = true;
            }
        }
        else if (rttNs < c.rtt.minNs() ||
            d.advanced && d.hasEcho && SeqNumber.lt(d.echo, c.timestamp(sentNs)) && SeqNumber.leq(end, c.sndUna))
        {
            // Rather an earlier transmission than the last one. Only what closes a gap at the left edge is echoed.
            return;
        }
        if (!r.hasRack || sentNs - r.rackSentNs > 0 || sentNs == r.rackSentNs && SeqNumber.lt(r.rackEndSeq, end))
        {
            r.hasRack = true;
            r.rackSentNs = sentNs;
            r.rackEndSeq = end;
            r.rackRttNs = rttNs;
        }
    }

    /** Step 4: once per round trip, a D-SACK makes the window for reordering larger. */
    static void onAck(final Connection c, final Delivery d)
    {
        final RecoveryState r = c.recovery;
        if (r.dsackRound && SeqNumber.geq(c.sndUna, r.dsackRoundEnd))
        {
            r.dsackRound = false;
        }
        if (d.hasDsack && !r.dsackRound)
        {
            r.dsackRound = true;
            r.dsackRoundEnd = c.sndNxt;
            r.reoWndMultiplier = Math.min(MAX_WINDOW_MULTIPLIER, r.reoWndMultiplier + 1);
            r.reoWndPersist = WINDOW_PERSISTS;
        }
    }

    /** Step 4: after 16 recoveries without a D-SACK the window is as small as it was. */
    static void onRecovered(final RecoveryState r)
    {
        if (r.reoWndPersist > 0 && --r.reoWndPersist == 0)
        {
            r.reoWndMultiplier = 1;
        }
    }

    /**
     * Step 5: marks what is lost at a time, and sets the timer for what will be next.
     *
     * @return whether anything was.
     */
    static boolean detectLoss(final Connection c, final long atNs)
    {
        final RecoveryState r = c.recovery;
        final SentSegments sent = c.sent;
        c.reorderAtNs = Connection.NEVER;
        if (!r.hasRack)
        {
            return false;
        }
        final long waitNs = r.rackRttNs + reorderWindowNs(c);
        boolean isAnyLost = false;
        for (int i = sent.earliest(); i >= 0 && isSentBefore(sent, i, r); i = sent.earliest())
        {
            final long lostAtNs = sent.sentNs(i) + waitNs;
            if (lostAtNs - atNs > 0)
            {
                c.reorderAtNs = lostAtNs;
                break;
            }
            isAnyLost |= !c.path.isProbe(c, i, atNs);
            sent.markLost(i);
        }
        return isAnyLost;
    }

    /** Section 6.3: with the retransmission timer the first is lost, and all that is older than a round trip. */
    static void markTimedOut(final Connection c, final long nowNs)
    {
        final SentSegments sent = c.sent;
        final long rttNs = c.recovery.hasRack ? c.recovery.rackRttNs : Long.MIN_VALUE / 2;
        for (int i = sent.earliest(); i >= 0 && sent.sentNs(i) + rttNs - nowNs <= 0; i = sent.earliest())
        {
            sent.markLost(i);
        }
        if (!sent.is(0, SentSegments.LOST) || sent.is(0, SentSegments.RETRANSMITTED))
        {
            sent.markLost(0);
        }
    }

    private static boolean isSentBefore(final SentSegments sent, final int index, final RecoveryState r)
    {
        final long aheadNs = sent.sentNs(index) - r.rackSentNs;
        return aheadNs < 0 || aheadNs == 0 && SeqNumber.lt(sent.end(index), r.rackEndSeq);
    }

    static long reorderWindowNs(final Connection c)
    {
        final RecoveryState r = c.recovery;
        if (!r.reorderingSeen && (r.phase != RecoveryState.Phase.OPEN || c.sent.sackedSegments() >= DUP_THRESH))
        {
            return 0;
        }
        final long minRttNs = c.rtt.minNs() == Long.MAX_VALUE ? 0 : c.rtt.minNs();
        return Math.min(r.reoWndMultiplier * (minRttNs / 4), c.rtt.srttNs());
    }
}
