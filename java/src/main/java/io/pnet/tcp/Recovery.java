package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpOptions;

/**
 * What acknowledgements mean: the scoreboard (RFC 2018, 2883), RTT samples, loss detection by {@link Rack} or by
 * duplicate acknowledgements where SACK is off (RFC 6582), the window during recovery (PRR, RFC 9937), time-outs (RFC
 * 6298); {@link Undo} finds out what was a mistake, {@link TailLossProbe} what nothing else would.
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class Recovery
{
    /** A peer that forgets what it had is given so long to send what it still has to say. */
    private static final long MIN_RENEGING_NS = 10_000_000L;

    private final Counters counters;
    private final TailLossProbe probe;
    private final Undo undo;
    private final Delivery d = new Delivery();
    private final CongestionEvents congestion = new CongestionEvents();

    Recovery(final Counters counters, final TailLossProbe probe)
    {
        this.counters = counters;
        this.probe = probe;
        this.undo = new Undo(counters);
    }

    /**
     * An acceptable acknowledgement: {@code SND.UNA <= SEG.ACK <= SND.NXT}.
     *
     * @param isDuplicate whether it is one in the sense of RFC 5681 section 2.
     */
    void onAck(final Connection c, final Segment s, final boolean isDuplicate, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        final int flightBefore = c.inFlight();
        d.start(c, s, isDuplicate);
        if (d.advanced)
        {
            final int syn = c.sndUnaOffset < 0 ? 1 : 0;
            d.acknowledged = s.ack - c.sndUna - syn;
            acknowledge(c, s.ack);
            d.delivered -= syn;
            c.window.delivered -= syn;
            if (r.phase == RecoveryState.Phase.OPEN && c.sndUna - r.recoveryPoint > 1 << 30)
            {
                // Kept within reach of modular comparison.
                r.recoveryPoint = c.sndUna - 1;
            }
        }
        if (c.sackPermitted && s.hasOptions && s.options.sackCount() > 0)
        {
            processSack(c, s);
        }
        sampleRtt(c, nowNs);
        if (c.sackPermitted)
        {
            Rack.onAck(c, d);
            probe.onAck(c, d, s.ack, nowNs);
        }
        else
        {
            countDuplicates(c);
        }
        undo.onAck(c, d, nowNs);
        if (c.sackPermitted)
        {
            if (c.sent.sackedBytes() > 0 || r.phase != RecoveryState.Phase.OPEN)
            {
                // As of when the acknowledgement came: what waited behind it in a queue is not late.
                d.newlyLost = Rack.detectLoss(c, d.receivedNs);
            }
            else
            {
                c.reorderAtNs = Connection.NEVER;
            }
        }
        steer(c, s, flightBefore, nowNs);
        if (d.advanced)
        {
            onAdvanced(c, nowNs);
        }
    }

    private static void onAdvanced(final Connection c, final long nowNs)
    {
        if (c.sent.isEmpty())
        {
            c.retransmitAtNs = Connection.NEVER;
        }
        else if (c.recovery.partialAcks <= 1)
        {
            // RFC 6582 section 3.2: only the first partial acknowledgement starts it anew. Without SACK a recovery
            // of many holes takes as many round trips, and a time-out is the faster way.
            c.retransmitAtNs = nowNs + c.rtt.rtoNs();
        }
        if (!c.sent.isEmpty() && c.sent.is(0, SentSegments.SACKED))
        {
            // The peer has this, it says, and does not acknowledge it: it has reneged (RFC 2018 section 8).
            c.retransmitAtNs = nowNs + Math.max(c.rtt.srttNs() / 2, MIN_RENEGING_NS);
        }
        c.progressNs = nowNs;
        c.unansweredTimeouts = 0;
        c.persistBackoff = 0;
        TailLossProbe.schedule(c, nowNs);
    }

    /**
     * Takes the round-trip time. When something that was sent more than once is among what an acknowledgement covers,
     * its originals may have waited at the peer for that: nothing is known (Karn, RFC 6298 section 3), unless the time
     * stamp's echo (RFC 7323 section 4) shows that the last transmission was what arrived. An older echo tells nothing:
     * the acknowledgement of the original may have been lost, and then it echoes that for ever.
     */
    private void sampleRtt(final Connection c, final long nowNs)
    {
        if (d.hasRetransmitted)
        {
            d.rttNs = 0;
            d.latestRttNs = 0;
            if (d.hasEcho && d.echo == c.timestamp(d.retransmittedSentNs))
            {
                d.rttNs = Math.max(1, d.receivedNs - d.retransmittedSentNs);
                d.latestRttNs = d.rttNs;
            }
        }
        if (d.rttNs > 0)
        {
            c.rtt.sample(d.rttNs, nowNs);
            c.window.srttNs = c.rtt.srttNs();
            c.window.minRttNs = c.rtt.minNs();
            c.window.latestRttNs = d.latestRttNs;
        }
        else if (d.advanced)
        {
            c.rtt.progress();
        }
    }

    // ---- the scoreboard

    private void acknowledge(final Connection c, final int ack)
    {
        final SentSegments sent = c.sent;
        final int unaBefore = c.sndUna;
        c.sndUna = ack;
        while (!sent.isEmpty() && SeqNumber.lt(sent.start(0), ack))
        {
            final int end = SeqNumber.min(sent.end(0), ack);
            if (!sent.is(0, SentSegments.SACKED))
            {
                if (sent.is(0, SentSegments.EVER_RETRANSMITTED))
                {
                    d.retransmittedSentNs = d.hasRetransmitted ?
                        Math.max(d.retransmittedSentNs, sent.sentNs(0)) : sent.sentNs(0);
                    d.hasRetransmitted = true;
                }
                onDelivered(c, 0, end - sent.start(0), end);
            }
            if (end == sent.end(0))
            {
                sent.removeFirst();
            }
            else
            {
                sent.trimFirst(end);
            }
        }
        c.sndUnaOffset += ack - unaBefore;
        if (c.sndUnaOffset > 0)
        {
            c.sendBuffer.acknowledge(Math.min(c.sndUnaOffset, c.finOffset));
        }
        c.recovery.fack = SeqNumber.max(c.recovery.fack, ack);
    }

    /** Marks what the SACK blocks cover; the first may report a duplicate instead (RFC 2883). */
    private void processSack(final Connection c, final Segment s)
    {
        final TcpOptions options = s.options;
        final int count = options.sackCount();
        for (int i = 0; i < count; i++)
        {
            final int left = options.sackLeft(i);
            final int right = options.sackRight(i);
            if (!SeqNumber.lt(left, right) || SeqNumber.gt(right, c.sndNxt))
            {
                continue;
            }
            if (i == 0 && isDsack(options, s.ack))
            {
                d.hasDsack = true;
                d.dsackLeft = left;
                d.dsackRight = right;
                counters.increment(Counter.TCP_RX_DSACKS);
            }
            else if (SeqNumber.geq(left, c.sndUna))
            {
                markSacked(c, left, right);
            }
        }
    }

    private static boolean isDsack(final TcpOptions options, final int ack)
    {
        final int left = options.sackLeft(0);
        final int right = options.sackRight(0);
        return SeqNumber.lt(left, ack) ||
            options.sackCount() > 1 &&
            SeqNumber.geq(left, options.sackLeft(1)) && SeqNumber.leq(right, options.sackRight(1));
    }

    /**
     * Marks the segments that lie within a block. One that a block covers only in part is not had: an honest peer has
     * whole ones, and what is sent again begins and ends at their edges.
     */
    private void markSacked(final Connection c, final int left, final int right)
    {
        final RecoveryState r = c.recovery;
        final SentSegments sent = c.sent;
        // A FIN may not be counted among what arrived out of order.
        final boolean isAllButFin = c.finSent && right == c.sndNxt - 1;
        for (int i = sent.find(left); i < sent.count() && SeqNumber.lt(sent.start(i), right); i++)
        {
            if (sent.is(i, SentSegments.SACKED))
            {
                continue;
            }
            final int size = sent.segmentSize(i);
            final int start = sent.start(i);
            final int first = start + Math.max(0, left - start + size - 1) / size * size;
            int end = sent.end(i);
            if (SeqNumber.lt(right, end) && !isAllButFin)
            {
                end = first + Math.max(0, right - first) / size * size;
            }
            end = SeqNumber.min(end, right);
            if (SeqNumber.geq(first, end) || (first != start || end != sent.end(i)) && !sent.maySplit())
            {
                continue;
            }
            if (first != start)
            {
                sent.split(i, first);
                continue;
            }
            if (end != sent.end(i))
            {
                sent.split(i, end);
            }
            d.hasNewlySacked = true;
            r.fack = SeqNumber.max(r.fack, sent.end(i));
            onDelivered(c, i, sent.length(i), sent.end(i));
            sent.markSacked(i);
            if (i + 1 < sent.count() && sent.is(i + 1, SentSegments.SACKED))
            {
                sent.mergeWithNext(i);
            }
            if (i > 0 && sent.is(i - 1, SentSegments.SACKED))
            {
                sent.mergeWithNext(--i);
            }
        }
    }

    /** Bytes that the peer is now known to have, but was not before. */
    private void onDelivered(final Connection c, final int index, final int bytes, final int end)
    {
        d.delivered += bytes;
        c.rate.onDelivered(c, index, bytes, d.receivedNs);
        if (!c.sent.is(index, SentSegments.EVER_RETRANSMITTED))
        {
            final long rttNs = Math.max(1, d.receivedNs - c.sent.sentNs(index));
            d.rttNs = Math.max(d.rttNs, rttNs);
            d.latestRttNs = rttNs;
            d.hasOriginal |= SeqNumber.leq(end, c.recovery.recoveryPoint);
        }
        Rack.onDelivered(c, d, index, end);
    }

    /** The reordering timer: what was waited for has not come. */
    void onReorderTimeout(final Connection c, final long nowNs)
    {
        if (Rack.detectLoss(c, nowNs) && c.recovery.phase == RecoveryState.Phase.OPEN)
        {
            enterRecovery(c, 0, nowNs);
            if (!c.congestion.ownsWindow())
            {
                c.window.cwnd(c.inFlight() + c.sndMss);
            }
        }
    }

    // ---- without SACK (RFC 6582)

    private void countDuplicates(final Connection c)
    {
        final RecoveryState r = c.recovery;
        if (d.advanced)
        {
            // One segment has closed the gap. For the others behind it, duplicates have stood already.
            final int counted = Math.min(r.dupAckBytes, Math.max(0, d.delivered - c.sndMss));
            d.delivered -= counted;
            r.dupAckBytes -= counted;
            r.dupAcks = 0;
            if (r.phase == RecoveryState.Phase.RECOVERY && SeqNumber.lt(c.sndUna, r.recoveryPoint))
            {
                // A partial acknowledgement: the next segment is missing too.
                r.partialAcks++;
                markHeadLost(c);
            }
            else
            {
                r.dupAckBytes = 0;
            }
        }
        else if (d.isDuplicate &&
            (r.phase != RecoveryState.Phase.LOSS || SeqNumber.gt(c.sndNxt, r.recoveryPoint)))
        {
            r.dupAcks++;
            final int credit = Math.min(c.sndMss, Math.max(0, c.inFlight() - c.sndMss));
            r.dupAckBytes += credit;
            d.delivered += credit;
            // What was sent again for nothing is acknowledged again, too: that is no new loss (RFC 6582, section 3.2).
            if (r.dupAcks == Rack.DUP_THRESH && r.phase == RecoveryState.Phase.OPEN &&
                SeqNumber.gt(c.sndUna, r.recoveryPoint))
            {
                markHeadLost(c);
            }
        }
    }

    private void markHeadLost(final Connection c)
    {
        final SentSegments sent = c.sent;
        if (sent.isEmpty() || sent.is(0, SentSegments.LOST))
        {
            return;
        }
        if (sent.length(0) > sent.segmentSize(0))
        {
            sent.split(0, sent.start(0) + sent.segmentSize(0));
        }
        sent.markLost(0);
        d.newlyLost = !c.path.isProbe(c, 0, d.receivedNs);
        c.recovery.dupAckBytes = Math.min(c.recovery.dupAckBytes, Math.max(0, c.sndNxt - sent.end(0)));
    }

    // ---- phases and the window

    private void steer(final Connection c, final Segment s, final int flightBefore, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        int growth = 0;
        final boolean isCongested = c.ecn.onAck(c, s, r.phase == RecoveryState.Phase.OPEN && !d.newlyLost, nowNs);
        switch (r.phase)
        {
            case OPEN:
                if (d.newlyLost)
                {
                    enterRecovery(c, d.delivered, nowNs);
                    proportionalRate(c);
                }
                else if (d.acknowledged > 0 && !isCongested)
                {
                    // Only what moves SND.UNA opens the window (RFC 5681 section 3.1): duplicates let new segments out
                    // by leaving the flight, and must not do so twice (RFC 3042).
                    growth = d.acknowledged;
                }
                break;

            case RECOVERY:
                if (SeqNumber.geq(c.sndUna, r.recoveryPoint))
                {
                    if (!c.congestion.ownsWindow())
                    {
                        c.window.cwnd(c.window.ssthresh);
                    }
                    leaveRecovery(c, nowNs);
                }
                else
                {
                    proportionalRate(c);
                }
                break;

            default:
                if (d.acknowledged > 0 && !isCongested)
                {
                    // A cumulative acknowledgement after a time-out may cover what had arrived long before; SACK knows,
                    // and without it one segment is what it stands for (RFC 3465 section 2.3).
                    growth = c.sackPermitted ? d.delivered : Math.min(d.delivered, c.sndMss);
                }
                if (SeqNumber.geq(c.sndUna, r.recoveryPoint))
                {
                    if (!c.sackPermitted && !c.congestion.ownsWindow())
                    {
                        // One acknowledgement for all that the peer had already leaves nothing in flight: no burst of a
                        // whole window into that (RFC 6582 section 3.2 step 3).
                        c.window.cwnd(Math.min(c.window.cwnd, c.inFlight() + CongestionEvents.initialWindow(c)));
                    }
                    leaveRecovery(c, nowNs);
                    c.rtt.newData();
                }
                break;
        }
        congestion.onAck(c, d, flightBefore, r.phase == RecoveryState.Phase.RECOVERY ? 0 : growth, nowNs);
    }

    private void enterRecovery(final Connection c, final int delivered, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        if (c.ecn.hasReduced())
        {
            r.canUndo = false;
        }
        else
        {
            Undo.remember(c);
            CongestionEvents.onLoss(c, nowNs);
            c.ecn.onReduced(c);
        }
        r.phase = RecoveryState.Phase.RECOVERY;
        r.recoveryPoint = c.sndNxt;
        r.prrDelivered = 0;
        r.prrOut = 0;
        // What is going to be delivered until the end of it, with what was just now.
        r.recoverFlightSize = Math.max(
            c.sndMss, c.sndNxt - c.sndUna - c.sent.sackedBytes() - r.dupAckBytes + delivered);
        r.tlpOutstanding = false;
        c.probeAtNs = Connection.NEVER;
        counters.increment(Counter.TCP_FAST_RECOVERIES);
    }

    private void leaveRecovery(final Connection c, final long nowNs)
    {
        c.recovery.resetPhase();
        Rack.onRecovered(c.recovery);
        CongestionEvents.onRecovered(c, nowNs);
        if (c.sent.lostBytes() > 0)
        {
            // Lost of what was sent meanwhile: another window, another reduction.
            enterRecovery(c, d.delivered, nowNs);
            proportionalRate(c);
        }
    }

    /** PRR (RFC 9937 section 6). */
    private void proportionalRate(final Connection c)
    {
        if (d.delivered <= 0 || c.congestion.ownsWindow())
        {
            return;
        }
        final RecoveryState r = c.recovery;
        final int ssthresh = c.window.ssthresh;
        final int pipe = c.inFlight();
        r.prrDelivered += d.delivered;
        long send;
        if (pipe > ssthresh)
        {
            send = (r.prrDelivered * ssthresh + r.recoverFlightSize - 1) / r.recoverFlightSize - r.prrOut;
        }
        else
        {
            send = Math.max(r.prrDelivered - r.prrOut, d.delivered);
            if (d.advanced && !d.newlyLost)
            {
                // All goes well: as fast as slow start, up to where the window will be.
                send += c.sndMss;
            }
            send = Math.min(ssthresh - pipe, send);
        }
        if (r.prrOut == 0 || d.newlyLost && !c.sackPermitted)
        {
            // The retransmission that starts the recovery is never held back, nor is that of the hole that a partial
            // acknowledgement tells of (RFC 6582 section 3.2 step 3): nothing else may come that would let it out.
            send = Math.max(send, c.sndMss);
        }
        c.window.cwnd(pipe + Math.max(0, send));
    }

    // ---- time-outs

    /** RFC 6298 section 5 and RFC 5681 section 3.1, for a connection that is synchronized. */
    void onRetransmissionTimeout(final Connection c, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        final SentSegments sent = c.sent;
        final boolean isOpen = r.phase == RecoveryState.Phase.OPEN || SeqNumber.geq(c.sndUna, r.recoveryPoint);
        final boolean isRepeated = r.phase == RecoveryState.Phase.LOSS && r.timeoutSeq == c.sndUna;
        counters.increment(Counter.TCP_RTO_TIMEOUTS);
        c.rtoTimeouts++;
        if (c.ecn.hasReduced())
        {
            r.canUndo = false;
        }
        else if (isOpen || r.phase == RecoveryState.Phase.LOSS && !isRepeated)
        {
            // Not again for a segment that has timed out before, nor where fast recovery has done it.
            Undo.remember(c);
            CongestionEvents.onTimeout(c, nowNs);
            c.ecn.onReduced(c);
        }
        // A peer that has the first segment but does not acknowledge it has reneged (RFC 2018 section 8).
        final boolean hasReneged = sent.is(0, SentSegments.SACKED);
        for (int i = 0; hasReneged && i < sent.count(); i++)
        {
            if (sent.is(i, SentSegments.SACKED))
            {
                sent.markLost(i);
            }
        }
        Rack.markTimedOut(c, nowNs);
        r.resetPhase();
        r.phase = RecoveryState.Phase.LOSS;
        r.recoveryPoint = c.sndNxt;
        r.timeoutSeq = c.sndUna;
        r.tlpOutstanding = false;
        Undo.onTimeout(r, (isOpen || isRepeated) && !hasReneged);
        c.window.cwnd((long)c.inFlight() + c.sndMss);
        c.rtt.backOff();
        c.probeAtNs = Connection.NEVER;
        c.reorderAtNs = Connection.NEVER;
        c.retransmitAtNs = nowNs + c.rtt.rtoNs();
    }

    /** Everything is to be sent again: a probed window has opened, or the path takes only smaller segments. */
    void onWindowOpened(final Connection c)
    {
        final SentSegments sent = c.sent;
        for (int i = 0; i < sent.count(); i++)
        {
            if (!sent.is(i, SentSegments.SACKED))
            {
                sent.markLost(i);
            }
        }
    }
}
