package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;

/**
 * Sends again what {@link Recovery} deems lost (RFC 6675 section 5, RFC 8985 section 6), and what a probe asks for.
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class Retransmission
{
    private final Counters counters;
    private final OutgoingSegments segments;

    Retransmission(final Counters counters, final OutgoingSegments segments)
    {
        this.counters = counters;
        this.segments = segments;
    }

    /**
     * Retransmits what is deemed lost, oldest first, as far as the congestion window allows.
     *
     * @return false when the link was full.
     */
    boolean sendLost(final Connection c, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        final SentSegments sent = c.sent;
        if (r.frto == RecoveryState.Frto.PROBING)
        {
            return true;
        }
        for (int i = sent.firstLost(); i >= 0; i = sent.firstLost())
        {
            if (Pacer.holds(c, nowNs))
            {
                return true;
            }
            final int room = c.window.cwnd - c.inFlight();
            final int goal = Math.min(room - room % c.sndMss, FrameSize.goal(c));
            while (sent.length(i) < goal && i + 1 < sent.count() && sent.flags(i + 1) == sent.flags(i))
            {
                // What was sent in pieces goes again in one.
                sent.mergeWithNext(i);
            }
            final int length = sent.length(i);
            if (room < Math.min(length, c.sndMss))
            {
                return true;
            }
            if (length > c.sndMss && length > goal)
            {
                sent.split(i, sent.start(i) + goal);
            }
            if (!retransmit(c, i, nowNs))
            {
                return false;
            }
        }
        return true;
    }

    /**
     * Sends an entry again, whole.
     *
     * @return false when the link was full.
     */
    boolean retransmit(final Connection c, final int index, final long nowNs)
    {
        final SentSegments sent = c.sent;
        final int start = sent.start(index);
        final int length = sent.length(index);
        final boolean fin = c.finSent && sent.end(index) == c.sndNxt;
        final int payload = fin ? length - 1 : length;
        if (payload > 0 && payload > FrameSize.max(c))
        {
            // The path's or link's limit has become smaller since; sent in pieces, the rest next time.
            sent.split(index, start + c.sndMss);
            return retransmit(c, index, nowNs);
        }
        c.rate.beforeSend(c, nowNs);
        if (segments.transmit(c, start, payload, fin, true, nowNs) < 0)
        {
            return false;
        }
        c.path.onRetransmitted(start, nowNs);
        sent.resent(index, c.sndMss, nowNs);
        c.rate.onSent(c, index);
        c.recovery.prrOut += length;
        Undo.onRetransmitted(c, payload, start + payload, nowNs);
        // What is being repaired is not idle.
        c.lastSendNs = nowNs;
        c.retransmittedSegments += Math.max(1, (payload + c.sndMss - 1) / c.sndMss);
        c.retransmittedBytes += payload;
        counters.increment(Counter.TCP_RETRANSMITTED_SEGMENTS);
        counters.add(Counter.TCP_RETRANSMITTED_BYTES, payload);
        if (c.retransmitAtNs == Connection.NEVER || index == 0 && c.sackPermitted)
        {
            // What everything waits for gets a whole time-out for its way, the second and third time as well.
            c.retransmitAtNs = nowNs + c.rtt.rtoNs();
        }
        return true;
    }
}
