package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.wire.SeqNumber;

/**
 * The tail loss probe (RFC 8985 section 7): when nothing was acknowledged for two round trips, one segment is sent,
 * new if there is one, so that the peer's answer shows what is missing long before the retransmission timer would.
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class TailLossProbe
{
    /** On top of two round trips, as Linux's two ticks: a peer that was not scheduled for a moment lost nothing. */
    private static final long SLACK_NS = 4_000_000L;
    /** Section 7.2: what a lone segment's acknowledgement may be delayed by. */
    private static final long MAX_ACK_DELAY_NS = 200_000_000L;

    private final Counters counters;
    private final NewData newData;
    private final Retransmission retransmission;

    TailLossProbe(final Counters counters, final NewData newData, final Retransmission retransmission)
    {
        this.counters = counters;
        this.newData = newData;
        this.retransmission = retransmission;
    }

    /** Section 7.2: after new data was sent, or acknowledged; not while something else finds losses. */
    static void schedule(final Connection c, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        c.probeAtNs = Connection.NEVER;
        if (!c.sackPermitted || r.phase != RecoveryState.Phase.OPEN || r.tlpOutstanding || c.sent.isEmpty() ||
            c.sent.sackedBytes() > 0 || !c.rtt.isMeasured() || !c.state.isSynchronized())
        {
            return;
        }
        long timeoutNs = 2 * c.rtt.srttNs() + SLACK_NS;
        if (c.sndNxt - c.sndUna <= c.sndMss)
        {
            timeoutNs += MAX_ACK_DELAY_NS;
        }
        // Where the retransmission timer would be first, a probe goes in its place, and the timer starts again.
        c.probeAtNs = Math.min(nowNs + timeoutNs, c.retransmitAtNs);
    }

    /**
     * Section 7.3.
     *
     * @return whether a probe was sent; if not, the retransmission timer is all there is.
     */
    boolean onTimeout(final Connection c, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        c.probeAtNs = Connection.NEVER;
        if (c.sent.isEmpty() || r.phase != RecoveryState.Phase.OPEN || r.tlpOutstanding ||
            c.sent.sackedBytes() > 0 || c.sent.lostBytes() > 0)
        {
            return false;
        }
        if (newData.sendOne(c, nowNs))
        {
            r.tlpIsRetransmission = false;
            r.tlpBytes = 0;
        }
        else
        {
            final int index = lastSegment(c);
            if (!retransmission.retransmit(c, index, nowNs))
            {
                return false;
            }
            r.tlpIsRetransmission = true;
            r.tlpBytes = c.sent.length(index);
        }
        r.tlpOutstanding = true;
        r.tlpEndSeq = c.sndNxt;
        c.probeAtNs = Connection.NEVER;
        c.retransmitAtNs = nowNs + c.rtt.rtoNs();
        counters.increment(Counter.TCP_TAIL_LOSS_PROBES);
        return true;
    }

    /** The index of the last segment that was sent, cut off its entry at a segment's edge. */
    private static int lastSegment(final Connection c)
    {
        final SentSegments sent = c.sent;
        final int last = sent.count() - 1;
        final int payload = sent.length(last) - (c.finSent ? 1 : 0);
        final int size = Math.min(sent.segmentSize(last), c.sndMss);
        if (payload <= size)
        {
            return last;
        }
        sent.split(last, sent.start(last) + (payload - 1) / size * size);
        return last + 1;
    }

    /** Section 7.4.2: what the acknowledgement says about the probe. */
    void onAck(final Connection c, final Delivery d, final int ack, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        if (!r.tlpOutstanding || SeqNumber.lt(ack, r.tlpEndSeq))
        {
            return;
        }
        if (!r.tlpIsRetransmission || d.hasDsack && d.dsackRight == r.tlpEndSeq)
        {
            // New data has arrived, or the same twice: nothing was lost.
            r.tlpOutstanding = false;
        }
        else if (SeqNumber.gt(ack, r.tlpEndSeq))
        {
            // No report of a duplicate: the probe has repaired a loss, which asks for a reduction all the same.
            r.tlpOutstanding = false;
            if (r.phase == RecoveryState.Phase.OPEN && !c.ecn.hasReduced())
            {
                counters.increment(Counter.TCP_TAIL_LOSS_REPAIRS);
                r.canUndo = false;
                CongestionEvents.onProbeRepair(c, nowNs);
                c.ecn.onReduced(c);
            }
        }
        else if (!d.advanced && d.isDuplicate && !d.hasNewlySacked)
        {
            // A peer that knows no D-SACK acknowledges the second one all the same.
            r.tlpOutstanding = false;
        }
    }
}
