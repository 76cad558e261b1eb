package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpOptions;

/**
 * What acknowledgements mean: the scoreboard, RTT samples, loss detection by RACK and tail loss probes (RFC 8985), by
 * duplicate acknowledgements where SACK is off (RFC 6582), the window during recovery (PRR, RFC 6937), time-outs (RFC
 * 6298), and taking back what was a mistake (Eifel, RFC 3522).
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class Recovery
{
    private static final int DUP_THRESH = 3;
    private static final int MAX_REO_WND_MULTIPLIER = 255;

    private final Counters counters;
    private final TcpTimers timers;

    // Of the acknowledgement that is being processed.
    private int acknowledged;
    private int delivered;
    private long rttSampleNs;
    private long latestRttNs;
    private boolean isAmbiguous;
    private long ambiguousSentNs;
    private int priorFack;
    private boolean newlyLost;

    Recovery(final Counters counters, final TcpTimers timers)
    {
        this.counters = counters;
        this.timers = timers;
    }

    /**
     * An acceptable acknowledgement: {@code SND.UNA <= SEG.ACK <= SND.NXT}.
     *
     * @param isDuplicate whether it is one in the sense of RFC 5681 section 2.
     */
    void onAck(final Connection c, final Segment s, final boolean isDuplicate, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        final long receivedNs = s.packet.receivedNs();
        final int flightBefore = c.inFlight();
        final boolean advanced = SeqNumber.lt(c.sndUna, s.ack);
        acknowledged = 0;
        delivered = 0;
        rttSampleNs = 0;
        latestRttNs = 0;
        isAmbiguous = false;
        priorFack = r.fack;
        newlyLost = false;

        if (advanced)
        {
            final int syn = c.sndUnaOffset < 0 ? 1 : 0;
            acknowledged = s.ack - c.sndUna - syn;
            acknowledge(c, s.ack, receivedNs);
            delivered -= syn;
            if (r.phase == RecoveryState.Phase.OPEN && c.sndUna - r.recoveryPoint > 1 << 30)
            {
                // Kept within reach of modular comparison.
                r.recoveryPoint = c.sndUna - 1;
            }
        }
        boolean hasDsack = false;
        if (c.sackPermitted && s.hasOptions && s.options.sackCount() > 0)
        {
            hasDsack = processSack(c, s, receivedNs);
        }
        sampleRtt(c, s, advanced, receivedNs, nowNs);
        if (c.sackPermitted)
        {
            onDsack(c, s.ack, hasDsack);
            if (r.sackedBytes > 0 || r.phase != RecoveryState.Phase.OPEN)
            {
                detectLoss(c, nowNs);
            }
            else
            {
                c.reorderAtNs = Connection.NEVER;
            }
            onProbeAcknowledged(c, s.ack, hasDsack, nowNs);
        }
        else
        {
            countDuplicates(c, advanced, isDuplicate);
        }
        steer(c, s, advanced, flightBefore, nowNs);
        if (advanced)
        {
            c.retransmitAtNs = c.sent.isEmpty() ? Connection.NEVER : nowNs + c.rtt.rtoNs();
            c.progressNs = nowNs;
            c.unansweredTimeouts = 0;
            c.persistBackoff = 0;
            timers.scheduleProbe(c, nowNs);
        }
    }

    /**
     * Takes the round-trip time. When something that was sent more than once is among what an acknowledgement covers,
     * its originals may have waited at the peer for that: nothing is known (Karn, RFC 6298 section 3), unless the time
     * stamp's echo (RFC 7323 section 4) shows that the last transmission was what arrived. An older echo tells nothing:
     * the acknowledgement of the original may have been lost, and then it echoes that for ever.
     */
    private void sampleRtt(
        final Connection c, final Segment s, final boolean advanced, final long receivedNs, final long nowNs)
    {
        if (isAmbiguous)
        {
            rttSampleNs = 0;
            latestRttNs = 0;
            if (c.timestamps && s.hasTimestamps && s.options.tsEcr() == c.timestamp(ambiguousSentNs))
            {
                rttSampleNs = Math.max(1, receivedNs - ambiguousSentNs);
                latestRttNs = rttSampleNs;
            }
        }
        if (rttSampleNs > 0)
        {
            c.rtt.sample(rttSampleNs, nowNs);
            c.window.srttNs = c.rtt.srttNs();
            c.window.minRttNs = c.rtt.minNs();
            c.window.latestRttNs = latestRttNs;
        }
        else if (advanced)
        {
            c.rtt.progress();
        }
    }

    // ---- the scoreboard

    private void acknowledge(final Connection c, final int ack, final long receivedNs)
    {
        final RecoveryState r = c.recovery;
        final SentSegments sent = c.sent;
        while (!sent.isEmpty() && SeqNumber.lt(sent.start(0), ack))
        {
            final int end = SeqNumber.min(sent.end(0), ack);
            final int n = end - sent.start(0);
            if (sent.is(0, SentSegments.SACKED))
            {
                r.sackedBytes -= n;
            }
            else
            {
                if (sent.is(0, SentSegments.EVER_RETRANSMITTED))
                {
                    ambiguousSentNs = isAmbiguous ? Math.max(ambiguousSentNs, sent.sentNs(0)) : sent.sentNs(0);
                    isAmbiguous = true;
                }
                forgetLoss(c, 0, n);
                onDelivered(c, 0, n, end, receivedNs);
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
        c.sndUnaOffset += ack - c.sndUna;
        c.sndUna = ack;
        if (c.sndUnaOffset > 0)
        {
            c.sendBuffer.acknowledge(Math.min(c.sndUnaOffset, c.finOffset));
        }
        if (SeqNumber.lt(r.fack, ack))
        {
            r.fack = ack;
        }
    }

    /** Marks what the SACK blocks cover. Returns whether the first block reports a duplicate (RFC 2883). */
    private boolean processSack(final Connection c, final Segment s, final long receivedNs)
    {
        final TcpOptions options = s.options;
        final int count = options.sackCount();
        boolean hasDsack = false;
        for (int i = 0; i < count; i++)
        {
            final int left = options.sackLeft(i);
            final int right = options.sackRight(i);
            if (i == 0 && isDsack(options, s.ack))
            {
                hasDsack = true;
                continue;
            }
            if (SeqNumber.lt(left, right) && SeqNumber.geq(left, c.sndUna) && SeqNumber.leq(right, c.sndNxt))
            {
                markSacked(c, left, right, receivedNs);
            }
        }
        return hasDsack;
    }

    private static boolean isDsack(final TcpOptions options, final int ack)
    {
        final int left = options.sackLeft(0);
        final int right = options.sackRight(0);
        return SeqNumber.lt(left, ack) ||
            options.sackCount() > 1 &&
            SeqNumber.geq(left, options.sackLeft(1)) && SeqNumber.leq(right, options.sackRight(1));
    }

    private void markSacked(final Connection c, final int left, final int right, final long receivedNs)
    {
        final RecoveryState r = c.recovery;
        final SentSegments sent = c.sent;
        for (int i = sent.find(left); i < sent.count() && SeqNumber.lt(sent.start(i), right); i++)
        {
            if (sent.is(i, SentSegments.SACKED))
            {
                continue;
            }
            if (SeqNumber.lt(sent.start(i), left))
            {
                splitAt(c, i, left);
                continue;
            }
            if (SeqNumber.lt(right, sent.end(i)))
            {
                splitAt(c, i, right);
            }
            final int n = sent.length(i);
            forgetLoss(c, i, n);
            sent.clear(i, (byte)(SentSegments.LOST | SentSegments.RETRANSMITTED));
            sent.set(i, SentSegments.SACKED);
            r.sackedBytes += n;
            onDelivered(c, i, n, sent.end(i), receivedNs);
        }
        if (SeqNumber.lt(r.fack, right))
        {
            r.fack = right;
        }
    }

    private static void splitAt(final Connection c, final int index, final int seq)
    {
        c.sent.split(index, seq);
    }

    private static void forgetLoss(final Connection c, final int index, final int bytes)
    {
        if (c.sent.is(index, SentSegments.LOST))
        {
            c.recovery.lostBytes -= bytes;
            if (c.sent.is(index, SentSegments.RETRANSMITTED))
            {
                c.recovery.retransmittedBytes -= bytes;
            }
        }
    }

    /** Bytes that the peer is now known to have: RTT sample, RACK's clock (RFC 8985 section 6.2, steps 1 to 3). */
    private void onDelivered(
        final Connection c, final int index, final int bytes, final int end, final long receivedNs)
    {
        final RecoveryState r = c.recovery;
        final long sentNs = c.sent.sentNs(index);
        final long rttNs = Math.max(1, receivedNs - sentNs);
        final boolean isOriginal = !c.sent.is(index, SentSegments.EVER_RETRANSMITTED);
        delivered += bytes;
        if (isOriginal)
        {
            // The oldest covers the peer's delay too, which the time-out must; the newest is the path's.
            rttSampleNs = Math.max(rttSampleNs, rttNs);
            latestRttNs = rttNs;
            if (SeqNumber.lt(end, priorFack))
            {
                r.reorderingSeen = true;
            }
        }
        else if (rttNs < c.rtt.minNs())
        {
            // Which transmission this acknowledges is not clear.
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

    // ---- RACK (RFC 8985 section 6.2)

    /** Steps 4 and 5: marks lost what was sent long enough before something that has arrived. */
    void detectLoss(final Connection c, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        c.reorderAtNs = Connection.NEVER;
        if (!r.hasRack)
        {
            return;
        }
        final SentSegments sent = c.sent;
        final long reoWndNs = reorderWindowNs(c);
        long waitNs = 0;
        for (int i = 0; i < sent.count(); i++)
        {
            if (sent.is(i, SentSegments.SACKED) ||
                sent.is(i, SentSegments.LOST) && !sent.is(i, SentSegments.RETRANSMITTED))
            {
                continue;
            }
            final long sentNs = sent.sentNs(i);
            final boolean isOlder = sentNs - r.rackSentNs < 0 ||
                sentNs == r.rackSentNs && SeqNumber.lt(sent.end(i), r.rackEndSeq);
            if (!isOlder)
            {
                if (!sent.is(i, SentSegments.EVER_RETRANSMITTED))
                {
                    // Sent once and later than what arrived: so was everything behind it.
                    break;
                }
                continue;
            }
            final long remainingNs = sentNs + r.rackRttNs + reoWndNs - nowNs;
            if (remainingNs <= 0)
            {
                markLost(c, i);
            }
            else
            {
                waitNs = Math.max(waitNs, remainingNs);
            }
        }
        if (waitNs > 0)
        {
            c.reorderAtNs = nowNs + waitNs;
        }
    }

    private long reorderWindowNs(final Connection c)
    {
        final RecoveryState r = c.recovery;
        if (!r.reorderingSeen &&
            (r.phase != RecoveryState.Phase.OPEN || r.sackedBytes >= DUP_THRESH * c.sndMss))
        {
            return 0;
        }
        final long minRttNs = c.rtt.minNs() == Long.MAX_VALUE ? 0 : c.rtt.minNs();
        return Math.min(r.reoWndMultiplier * (minRttNs / 4), c.rtt.srttNs());
    }

    /** D-SACK says that something was retransmitted for nothing: wait longer for reordering (step 4). */
    private void onDsack(final Connection c, final int ack, final boolean hasDsack)
    {
        final RecoveryState r = c.recovery;
        if (r.dsackRound && SeqNumber.geq(ack, r.dsackRoundEnd))
        {
            r.dsackRound = false;
        }
        if (hasDsack && !r.dsackRound)
        {
            r.dsackRound = true;
            r.dsackRoundEnd = c.sndNxt;
            r.reoWndMultiplier = Math.min(MAX_REO_WND_MULTIPLIER, r.reoWndMultiplier + 1);
            r.reoWndPersist = 16;
        }
    }

    private void markLost(final Connection c, final int index)
    {
        final RecoveryState r = c.recovery;
        final int n = c.sent.length(index);
        if (c.sent.is(index, SentSegments.LOST))
        {
            c.sent.clear(index, SentSegments.RETRANSMITTED);
            r.retransmittedBytes -= n;
        }
        else
        {
            c.sent.set(index, SentSegments.LOST);
            r.lostBytes += n;
        }
        newlyLost = true;
    }

    /** The reordering timer: what was waited for has not come. */
    void onReorderTimeout(final Connection c, final long nowNs)
    {
        newlyLost = false;
        detectLoss(c, nowNs);
        if (newlyLost && c.recovery.phase == RecoveryState.Phase.OPEN)
        {
            enterRecovery(c, nowNs);
            delivered = 0;
            proportionalRate(c, false);
        }
    }

    // ---- without SACK (RFC 6582)

    private void countDuplicates(final Connection c, final boolean advanced, final boolean isDuplicate)
    {
        final RecoveryState r = c.recovery;
        if (advanced)
        {
            r.dupAcks = 0;
            r.dupAckBytes = Math.max(0, r.dupAckBytes - delivered);
            if (r.phase == RecoveryState.Phase.RECOVERY && SeqNumber.lt(c.sndUna, r.recoveryPoint))
            {
                // A partial acknowledgement: the next segment is missing too.
                markHeadLost(c);
            }
            else
            {
                r.dupAckBytes = 0;
            }
        }
        else if (isDuplicate)
        {
            r.dupAcks++;
            final int credit = Math.min(c.sndMss, Math.max(0, c.inFlight() - c.sndMss));
            r.dupAckBytes += credit;
            delivered += credit;
            // What was sent again for nothing is acknowledged again, too: that is no new loss (RFC 6582, section 3.2).
            if (r.dupAcks == DUP_THRESH && r.phase == RecoveryState.Phase.OPEN &&
                SeqNumber.gt(c.sndUna, r.recoveryPoint))
            {
                markHeadLost(c);
            }
        }
    }

    private void markHeadLost(final Connection c)
    {
        if (c.sent.isEmpty() || c.sent.is(0, SentSegments.LOST))
        {
            return;
        }
        if (c.sent.length(0) > c.sndMss)
        {
            c.sent.split(0, c.sent.start(0) + c.sndMss);
        }
        markLost(c, 0);
        c.recovery.dupAckBytes = Math.min(c.recovery.dupAckBytes, Math.max(0, c.sndNxt - c.sent.end(0)));
    }

    // ---- phases and the window

    private void steer(
        final Connection c, final Segment s, final boolean advanced, final int flightBefore, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        if (advanced && r.canUndo)
        {
            undoIfSpurious(c, s, nowNs);
        }
        final boolean isCongested = c.ecn.onAck(c, s, r.phase == RecoveryState.Phase.OPEN && !newlyLost, nowNs);
        switch (r.phase)
        {
            case OPEN:
                if (newlyLost)
                {
                    enterRecovery(c, nowNs);
                    proportionalRate(c, advanced);
                }
                else if (acknowledged > 0 && !isCongested && wasLimited(c, flightBefore))
                {
                    // Only what moves SND.UNA opens the window (RFC 5681 section 3.1): duplicates let new segments out
                    // by leaving the flight, and must not do so twice (RFC 3042).
                    c.window.inFlight = c.inFlight();
                    c.congestion.onAck(c.window, acknowledged, nowNs);
                }
                break;

            case RECOVERY:
                if (SeqNumber.geq(c.sndUna, r.recoveryPoint))
                {
                    c.window.cwnd(c.window.ssthresh);
                    leaveRecovery(c);
                    if (r.lostBytes > 0)
                    {
                        // Lost of what was sent meanwhile: another window, another reduction.
                        enterRecovery(c, nowNs);
                    }
                }
                else
                {
                    proportionalRate(c, advanced);
                }
                break;

            default:
                if (SeqNumber.geq(c.sndUna, r.recoveryPoint))
                {
                    leaveRecovery(c);
                    c.rtt.newData();
                }
                if (delivered > 0 && !isCongested)
                {
                    c.window.inFlight = c.inFlight();
                    c.congestion.onAck(c.window, delivered, nowNs);
                }
                break;
        }
    }

    /** RFC 7661's and Linux's rule: a window that was not used does not grow. */
    private static boolean wasLimited(final Connection c, final int flightBefore)
    {
        return c.window.isInSlowStart() ?
            2L * flightBefore >= c.window.cwnd :
            flightBefore + Math.max(c.sndMss, c.window.cwnd / 4) >= c.window.cwnd;
    }

    private void enterRecovery(final Connection c, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        if (c.ecn.hasReduced())
        {
            r.canUndo = false;
        }
        else
        {
            rememberForUndo(c, nowNs);
            c.window.inFlight = c.sndNxt - c.sndUna;
            c.congestion.onLoss(c.window, nowNs);
            c.ecn.onReduced(c);
        }
        r.phase = RecoveryState.Phase.RECOVERY;
        r.recoveryPoint = c.sndNxt;
        r.prrDelivered = 0;
        r.prrOut = 0;
        r.recoverFlightSize = Math.max(c.sndMss, c.sndNxt - c.sndUna);
        r.tlpOutstanding = false;
        c.probeAtNs = Connection.NEVER;
        counters.increment(Counter.TCP_FAST_RECOVERIES);
    }

    private void leaveRecovery(final Connection c)
    {
        final RecoveryState r = c.recovery;
        r.resetPhase();
        if (r.reoWndPersist > 0 && --r.reoWndPersist == 0)
        {
            r.reoWndMultiplier = 1;
        }
    }

    /** RFC 6937 with the reduction bound of its successor: PRR-SSRB when progress is made, else PRR-CRB. */
    private void proportionalRate(final Connection c, final boolean advanced)
    {
        final RecoveryState r = c.recovery;
        final int ssthresh = c.window.ssthresh;
        final int pipe = c.inFlight();
        r.prrDelivered += delivered;
        long send;
        if (pipe > ssthresh)
        {
            send = ((long)r.prrDelivered * ssthresh + r.recoverFlightSize - 1) / r.recoverFlightSize - r.prrOut;
        }
        else
        {
            send = Math.max(r.prrDelivered - r.prrOut, delivered);
            if (advanced && !newlyLost)
            {
                send += c.sndMss;
            }
            send = Math.min(ssthresh - pipe, send);
        }
        if (r.prrOut == 0)
        {
            // The retransmission that starts the recovery is never held back.
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
        counters.increment(Counter.TCP_RTO_TIMEOUTS);
        c.rtoTimeouts++;
        if (c.ecn.hasReduced())
        {
            r.canUndo = false;
        }
        else if (r.phase == RecoveryState.Phase.OPEN || SeqNumber.geq(c.sndUna, r.recoveryPoint))
        {
            // Once a window: what is being recovered has had its reduction.
            rememberForUndo(c, nowNs);
            c.window.inFlight = c.sndNxt - c.sndUna;
            c.congestion.onTimeout(c.window, nowNs);
            c.ecn.onReduced(c);
        }
        // A peer that has the first segment but does not acknowledge it has reneged (RFC 2018 section 8).
        final boolean reneged = !sent.isEmpty() && sent.is(0, SentSegments.SACKED);
        r.sackedBytes = 0;
        r.lostBytes = 0;
        r.retransmittedBytes = 0;
        r.dupAckBytes = 0;
        r.dupAcks = 0;
        for (int i = 0; i < sent.count(); i++)
        {
            if (sent.is(i, SentSegments.SACKED) && !reneged)
            {
                r.sackedBytes += sent.length(i);
            }
            else
            {
                sent.clear(i, (byte)(SentSegments.SACKED | SentSegments.RETRANSMITTED));
                sent.set(i, SentSegments.LOST);
                r.lostBytes += sent.length(i);
            }
        }
        r.phase = RecoveryState.Phase.LOSS;
        r.recoveryPoint = c.sndNxt;
        r.tlpOutstanding = false;
        c.window.cwnd(c.sndMss);
        c.rtt.backOff();
        c.probeAtNs = Connection.NEVER;
        c.reorderAtNs = Connection.NEVER;
        c.retransmitAtNs = nowNs + c.rtt.rtoNs();
    }

    /** A window that was probed has opened: the probe itself may have been thrown away, so send it again at once. */
    void onWindowOpened(final Connection c)
    {
        final SentSegments sent = c.sent;
        for (int i = 0; i < sent.count(); i++)
        {
            if (!sent.is(i, (byte)(SentSegments.SACKED | SentSegments.LOST)))
            {
                sent.set(i, SentSegments.LOST);
                c.recovery.lostBytes += sent.length(i);
            }
        }
    }

    // ---- tail loss probes (RFC 8985 section 7)

    void onProbeSent(final Connection c, final boolean isRetransmission)
    {
        final RecoveryState r = c.recovery;
        r.tlpOutstanding = true;
        r.tlpIsRetransmission = isRetransmission;
        r.tlpEndSeq = c.sndNxt;
        counters.increment(Counter.TCP_TAIL_LOSS_PROBES);
    }

    private void onProbeAcknowledged(final Connection c, final int ack, final boolean hasDsack, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        if (!r.tlpOutstanding || SeqNumber.lt(ack, r.tlpEndSeq))
        {
            return;
        }
        if (r.tlpIsRetransmission && !hasDsack && ack == r.tlpEndSeq)
        {
            // Whether this answers the original or the probe is not clear yet: the next acknowledgement tells.
            return;
        }
        r.tlpOutstanding = false;
        if (r.tlpIsRetransmission && !hasDsack && r.phase == RecoveryState.Phase.OPEN && !c.ecn.hasReduced())
        {
            // The probe repaired a loss, which asks for one reduction all the same (section 7.4.2).
            c.window.inFlight = c.window.cwnd;
            c.congestion.onLoss(c.window, nowNs);
            c.window.cwnd(c.window.ssthresh);
            c.ecn.onReduced(c);
        }
    }

    // ---- taking back a reduction

    private void rememberForUndo(final Connection c, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        if (r.phase == RecoveryState.Phase.OPEN && c.timestamps)
        {
            r.canUndo = true;
            r.firstRetransmitTs = c.timestamp(nowNs);
            r.undoCwnd = c.window.cwnd;
            r.undoSsthresh = c.window.ssthresh;
        }
    }

    /** The first acknowledgement after a retransmission answers the original: it was not lost (RFC 3522). */
    private void undoIfSpurious(final Connection c, final Segment s, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        r.canUndo = false;
        if (!s.hasTimestamps || s.options.tsEcr() - r.firstRetransmitTs >= 0 || r.phase == RecoveryState.Phase.OPEN)
        {
            return;
        }
        final SentSegments sent = c.sent;
        for (int i = 0; i < sent.count(); i++)
        {
            sent.clear(i, (byte)(SentSegments.LOST | SentSegments.RETRANSMITTED));
        }
        r.lostBytes = 0;
        r.retransmittedBytes = 0;
        newlyLost = false;
        c.window.cwnd(Math.max(c.window.cwnd, r.undoCwnd));
        c.window.ssthresh = Math.max(c.window.ssthresh, r.undoSsthresh);
        c.congestion.onSpuriousLoss(c.window, nowNs);
        c.ecn.onUndone();
        r.resetPhase();
        counters.increment(Counter.TCP_SPURIOUS_RECOVERIES);
    }
}
