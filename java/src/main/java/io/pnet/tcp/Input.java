package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Ip;
import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;

/**
 * A segment arrives at a connection (RFC 9293 sections 3.10.7.3 and 3.10.7.4), with the protections of RFC 7323 (PAWS)
 * and RFC 5961 (blind attacks).
 *
 * <p>Every segment is either accepted, which {@link #segmentArrives} returns, or counted under one reason. One per
 * transport; owned by the stack's owner.
 */
final class Input
{
    /** RFC 7323 section 5.5: a recent time stamp is not trusted after 24 days. */
    private static final long TS_RECENT_VALID_NS = 24L * 86_400 * 1_000_000_000L;
    private static final long CHALLENGE_WINDOW_NS = 1_000_000_000L;
    private static final int CHALLENGES_PER_WINDOW = 10;
    /** A kept frame may waste at most as much memory as it holds payload. */
    private static final int KEEP_WHOLE_FRACTION = 2;

    private final TcpTransport tcp;
    private final Ip ip;
    private final Counters counters;
    private final Output output;
    private final Recovery recovery;
    private final TcpTimers timers;

    Input(
        final TcpTransport tcp,
        final Ip ip,
        final Counters counters,
        final Output output,
        final Recovery recovery,
        final TcpTimers timers)
    {
        this.tcp = tcp;
        this.ip = ip;
        this.counters = counters;
        this.output = output;
        this.recovery = recovery;
        this.timers = timers;
    }

    /** Returns whether the segment was accepted; otherwise it was counted. */
    boolean segmentArrives(final Connection c, final Segment s, final long nowNs)
    {
        if (c.state == TcpState.SYN_SENT)
        {
            return arrivesInSynSent(c, s, nowNs);
        }
        if (c.state == TcpState.SYN_RECEIVED && c.listener == null &&
            s.isSyn() && s.isAck() && !s.isRst() && s.seq == c.irs)
        {
            // Simultaneous open: the peer acknowledges our SYN by repeating its own (RFC 9293 figure 8). What the SYN
            // says is known already, and with it in front the segment would lie before the window.
            s.trimFront(c.rcvNxt);
        }
        if (!isTimestampAcceptable(c, s, nowNs))
        {
            return false;
        }
        if (isWindowProbe(c, s))
        {
            return arrivesWindowProbe(c, s, nowNs);
        }
        if (!isSequenceAcceptable(c, s, nowNs))
        {
            return false;
        }
        if (s.isRst())
        {
            return arrivesReset(c, s, nowNs);
        }
        if (s.isSyn())
        {
            return arrivesSyn(c, s, nowNs);
        }
        if (!s.isAck())
        {
            return drop(Counter.TCP_RX_DROP_NO_ACK);
        }
        // RFC 7323 section 4.3 (3): only from a segment that begins at or before what we acknowledged last.
        final boolean isTimestampDue = c.timestamps && s.hasTimestamps && SeqNumber.leq(s.seq, c.lastAckSent);
        if (SeqNumber.lt(s.seq, c.rcvNxt))
        {
            trimKnown(c, s);
        }
        s.trimBack(c.rcvNxt + Math.max(c.acceptableWindow(), 0));
        if (c.state == TcpState.SYN_RECEIVED && !completeHandshake(c, s, nowNs))
        {
            return false;
        }
        if (!arrivesAck(c, s, nowNs))
        {
            return false;
        }
        if (isTimestampDue)
        {
            // Not before its acknowledgement was believed: a guess at the sequence number alone could shut us to
            // the peer's own time stamps.
            updateTimestamp(c, s, nowNs);
        }
        arrivesText(c, s, nowNs);
        return true;
    }

    /** Everything behind the acknowledgement: urgent pointer, payload and FIN (sixth to eighth check). */
    private void arrivesText(final Connection c, final Segment s, final long nowNs)
    {
        if (c.state == TcpState.CLOSED)
        {
            return;
        }
        if (c.state == TcpState.TIME_WAIT && !s.isFin() && (s.seq != c.rcvNxt || s.payloadLength > 0))
        {
            // Only the bare acknowledgement that is expected goes unanswered here, as on Linux.
            output.sendAck(c, nowNs);
            return;
        }
        if (s.is(TcpHeader.URG))
        {
            Urgent.arrives(c, s);
        }
        if ((s.payloadLength == 0 || arrivesPayload(c, s, nowNs)) && s.isFin() && c.state != TcpState.CLOSED)
        {
            arrivesFin(c, s, nowNs);
        }
    }

    // ---- SYN-SENT (RFC 9293 section 3.10.7.3)

    private boolean arrivesInSynSent(final Connection c, final Segment s, final long nowNs)
    {
        if (s.isAck() && (SeqNumber.leq(s.ack, c.iss) || SeqNumber.gt(s.ack, c.sndNxt)))
        {
            output.reject(s);
            repeatSyn(c, s);
            return drop(Counter.TCP_RX_DROP_BAD_ACK);
        }
        if (s.isRst())
        {
            if (!s.isAck())
            {
                return drop(Counter.TCP_RX_DROP_BLIND);
            }
            counters.increment(Counter.TCP_RESETS_RECEIVED);
            tcp.closed(c, CloseReason.REFUSED);
            return true;
        }
        if (!s.isSyn())
        {
            return drop(Counter.TCP_RX_DROP_UNACCEPTABLE);
        }
        c.irs = s.seq;
        c.rcvNxt = s.seq + 1;
        negotiate(c, s, nowNs);
        c.sndWnd = s.window;
        c.sndWl1 = s.seq;
        c.sndWl2 = s.ack;
        c.maxSndWnd = s.window;
        c.lastReceivedNs = nowNs;
        if (!s.isAck())
        {
            // Simultaneous open: our SYN is answered with theirs, and acknowledged by a SYN,ACK of ours (figure 8).
            c.state = TcpState.SYN_RECEIVED;
            c.sent.clear();
            // What our SYN brought was not taken: to be sent as if for the first time.
            c.sndNxt = c.iss + 1;
            c.bytesSent -= c.synBytes;
            c.synBytes = 0;
            c.rcvAdv = c.rcvNxt + ReceiveWindow.initial(c.settings);
            s.trimFront(c.rcvNxt);
            if (s.payloadLength > 0)
            {
                // Text is kept until the connection is established (section 3.10.7.3, fourth check).
                c.reassembling().insert(s.seq, s.buffer, s.payloadOffset, s.payloadLength, c.rcvWnd());
            }
            tcp.activate(c);
            return true;
        }
        recovery.onAck(c, s, false, nowNs);
        establish(c, nowNs);
        if (c.hasTriedFastOpen)
        {
            onFastOpenAnswered(c, s, nowNs);
        }
        c.rcvAdv = c.rcvNxt + ReceiveWindow.initial(c.settings);
        c.ackNow = true;
        s.trimFront(c.rcvNxt);
        c.fireConnected();
        if (s.payloadLength > 0 && !arrivesPayload(c, s, nowNs))
        {
            return true;
        }
        if (s.isFin() && c.state != TcpState.CLOSED)
        {
            arrivesFin(c, s, nowNs);
        }
        return true;
    }

    /**
     * Who answered had an older connection with these ports, half-open or in TIME_WAIT, which our RST has ended (RFC
     * 9293 section 3.5.1, figure 9): our SYN follows it, as on Linux, instead of when its time-out is over. But once
     * until then, or who answers like that again and again would have a SYN for each answer.
     */
    private void repeatSyn(final Connection c, final Segment s)
    {
        if (s.isRst() || c.isSynRepeated || c.sent.isEmpty() || !c.settings.compatibility.repeatsRejectedSyn)
        {
            return;
        }
        c.isSynRepeated = true;
        c.sent.markLost(0);
        tcp.activate(c);
    }

    /** RFC 7413 section 4.2.1: the cookie for the next time, and what of the SYN's data the server has not taken. */
    private void onFastOpenAnswered(final Connection c, final Segment s, final long nowNs)
    {
        final TcpOptions options = s.synOptions();
        final int length = options.fastOpenLength();
        if (length > 0 && length <= FastOpen.MAX_COOKIE_LENGTH && c.synRetransmits == 0)
        {
            tcp.fastOpen.learn(c, options.fastOpenHi(), options.fastOpenLo(), length);
        }
        if (c.synBytes > 0 && SeqNumber.gt(s.ack, c.iss + 1))
        {
            counters.increment(Counter.TCP_FAST_OPENS_TAKEN);
            tcp.fastOpen.succeeded(c);
            tcp.writable(c);
        }
        if (!c.sent.isEmpty())
        {
            // Again, as after a lost SYN: without a reaction of congestion control.
            recovery.onWindowOpened(c);
            c.retransmitAtNs = nowNs + c.rtt.rtoNs();
        }
    }

    /** Data in a SYN with a valid cookie (RFC 7413 section 4.2.2): the connection is used before it is established. */
    void arrivesFastOpen(final Connection c, final Segment s, final long nowNs)
    {
        c.window.smss = c.sndMss;
        c.window.cwnd(CongestionEvents.initialWindow(c));
        c.receiveWindow.onEstablished(c, nowNs);
        c.fireConnected();
        s.trimFront(c.rcvNxt);
        s.trimBack(c.rcvNxt + ReceiveWindow.initial(c.settings));
        if (s.payloadLength > 0 && deliver(c, s))
        {
            c.rcvNxt += s.payloadLength;
            c.rcvAdv = c.rcvNxt + ReceiveWindow.initial(c.settings);
            c.bytesReceived += s.payloadLength;
            counters.add(Counter.TCP_RX_BYTES, s.payloadLength);
        }
        tcp.activate(c);
    }

    /** What the peer's SYN offers, taken as far as we offer it too. */
    void negotiate(final Connection c, final Segment s, final long nowNs)
    {
        final TcpOptions options = s.synOptions();
        final boolean isTaken = !c.settings.compatibility.noOptions;
        final int offered = options.mss() > 0 ? options.mss() : MaxSegmentSize.byDefault(c.remoteHi, c.remoteLo);
        final int peerMss = Math.max(64, offered);
        c.timestamps = isTaken && c.settings.timestamps && options.hasTimestamps();
        c.sackPermitted = isTaken && c.settings.sack && options.sackPermitted();
        c.windowScaling = isTaken && c.settings.windowScaling && options.windowScale() >= 0;
        c.sndWndShift = c.windowScaling ? Math.min(TcpOptions.MAX_WINDOW_SCALE, options.windowScale()) : 0;
        if (!c.windowScaling)
        {
            c.rcvWndShift = 0;
        }
        if (c.timestamps)
        {
            c.tsRecent = options.tsVal();
            c.tsRecentNs = nowNs;
        }
        c.peerMss = peerMss;
        MaxSegmentSize.update(c);
        c.ecn.negotiate(c, s);
    }

    private boolean completeHandshake(final Connection c, final Segment s, final long nowNs)
    {
        if (SeqNumber.leq(s.ack, c.sndUna) || SeqNumber.gt(s.ack, c.sndNxt))
        {
            output.reject(s);
            return drop(Counter.TCP_RX_DROP_BAD_ACK);
        }
        c.sndWnd = s.window << c.sndWndShift;
        c.maxSndWnd = c.sndWnd;
        c.sndWl1 = s.seq;
        c.sndWl2 = s.ack;
        establish(c, nowNs);
        if (c.isFastOpen)
        {
            tcp.fastOpenDone(c);
            return true;
        }
        if (c.listener != null)
        {
            tcp.accepted(c);
        }
        c.fireConnected();
        if (!c.reassembly.isEmpty() && c.state != TcpState.CLOSED)
        {
            takeEarlyText(c, s, nowNs);
        }
        return true;
    }

    /** What came with the peer's SYN when both opened at the same time. */
    private void takeEarlyText(final Connection c, final Segment s, final long nowNs)
    {
        final int before = c.rcvNxt;
        c.rcvNxt = c.reassembly.drain(c.rcvNxt, c.receiveQueue);
        c.bytesReceived += c.rcvNxt - before;
        counters.add(Counter.TCP_RX_BYTES, c.rcvNxt - before);
        if (c.rcvNxt != before)
        {
            tcp.readable(c);
            scheduleAck(c, s, nowNs);
        }
    }

    private void establish(final Connection c, final long nowNs)
    {
        c.state = TcpState.ESTABLISHED;
        c.window.smss = c.sndMss;
        c.window.cwnd(CongestionEvents.initialWindow(c));
        c.recovery.fack = c.iss + 1;
        c.congestion.onEstablished(c.window, nowNs);
        if (c.synRetransmits > 0)
        {
            c.rtt.synWasLost();
        }
        c.retransmitAtNs = Connection.NEVER;
        c.receiveWindow.onEstablished(c, nowNs);
        timers.onReceived(c, nowNs);
        tcp.activate(c);
    }

    // ---- acceptability

    /** RFC 7323 section 5.3: protection against wrapped sequence numbers. */
    private boolean isTimestampAcceptable(final Connection c, final Segment s, final long nowNs)
    {
        if (!c.timestamps || s.isRst())
        {
            return true;
        }
        if (!s.hasTimestamps)
        {
            return drop(Counter.TCP_RX_DROP_PAWS);
        }
        if (s.options.tsVal() - c.tsRecent < 0 && nowNs - c.tsRecentNs < TS_RECENT_VALID_NS)
        {
            if (!s.isSyn() && s.sequenceLength() > 0)
            {
                // What was overtaken by its own retransmission is old by its time stamp, too: the sender has to hear
                // of it, or it never learns that it was reordered and not lost.
                noteOldData(c, s);
                c.ackNow = true;
            }
            else
            {
                challenge(c, nowNs);
            }
            tcp.activate(c);
            return drop(Counter.TCP_RX_DROP_PAWS);
        }
        return true;
    }

    private void updateTimestamp(final Connection c, final Segment s, final long nowNs)
    {
        if (s.options.tsVal() - c.tsRecent >= 0 || nowNs - c.tsRecentNs >= TS_RECENT_VALID_NS)
        {
            c.tsRecent = s.options.tsVal();
            c.tsRecentNs = nowNs;
        }
    }

    /** RFC 9293 section 3.10.7.4, first check, table 6. */
    private boolean isSequenceAcceptable(final Connection c, final Segment s, final long nowNs)
    {
        final int length = s.sequenceLength();
        final int window = Math.max(0, c.acceptableWindow());
        final boolean acceptable;
        if (length == 0)
        {
            acceptable = window == 0 ?
                s.seq == c.rcvNxt :
                SeqNumber.inWindow(s.seq, c.rcvNxt, window) || s.seq == c.rcvNxt + window && !s.isRst();
        }
        else
        {
            acceptable = window > 0 &&
                (SeqNumber.inWindow(s.seq, c.rcvNxt, window) ||
                SeqNumber.inWindow(s.seq + length - 1, c.rcvNxt, window) ||
                SeqNumber.lt(s.seq, c.rcvNxt) && SeqNumber.gt(s.seq + length, c.rcvNxt));
        }
        if (acceptable)
        {
            return true;
        }
        if (s.isRst())
        {
            return drop(Counter.TCP_RX_DROP_BLIND);
        }
        if (s.isSyn())
        {
            if (c.state == TcpState.SYN_RECEIVED && s.seq == c.irs && !c.sent.isEmpty())
            {
                // The peer did not see our SYN,ACK: send it again now.
                markSynLost(c);
                return drop(Counter.TCP_RX_DROP_UNACCEPTABLE);
            }
            challenge(c, nowNs);
            return drop(Counter.TCP_RX_DROP_UNACCEPTABLE);
        }
        noteOldData(c, s);
        sendAckAgain(c, s, nowNs);
        return drop(Counter.TCP_RX_DROP_UNACCEPTABLE);
    }

    /** Remembers to say so if all that a segment brings was here already (RFC 2883). */
    private void noteOldData(final Connection c, final Segment s)
    {
        if (s.payloadLength > 0 && SeqNumber.leq(s.seq + s.payloadLength, c.rcvNxt))
        {
            counters.add(Counter.TCP_RX_DUPLICATE_BYTES, s.payloadLength);
            c.reassembling().setDuplicate(s.seq, s.seq + s.payloadLength);
            QuickAcks.onOldData(c);
        }
    }

    /** Something where our window is shut, at its very edge. */
    private static boolean isWindowProbe(final Connection c, final Segment s)
    {
        return c.rcvWnd() <= 0 && s.seq == c.rcvNxt && s.sequenceLength() > 0 && c.state.isSynchronized() &&
            s.isAck() && !s.isSyn() && !s.isRst();
    }

    /** There is no room for what it brings, but its acknowledgement counts (RFC 9293 section 3.10.7.4). */
    private boolean arrivesWindowProbe(final Connection c, final Segment s, final long nowNs)
    {
        final boolean isUsed = arrivesAck(c, s, nowNs);
        if (isUsed && s.is(TcpHeader.URG))
        {
            // MUST-66: urgent data is announced through a closed window, too.
            Urgent.arrives(c, s);
        }
        sendAckAgain(c, s, nowNs);
        return isUsed;
    }

    /**
     * Says where we are. To what brings nothing that is said so often only: the peer, out of step as well, may answer
     * it in kind, and nobody would ever stop.
     */
    private void sendAckAgain(final Connection c, final Segment s, final long nowNs)
    {
        if (s.sequenceLength() == 0)
        {
            challenge(c, nowNs);
        }
        else if (c.state != TcpState.CLOSED)
        {
            output.sendAck(c, nowNs);
        }
    }

    /** Cuts off what we have already, and remembers to say so (RFC 2883). */
    private void trimKnown(final Connection c, final Segment s)
    {
        final int known = Math.min(c.rcvNxt - s.seq, s.payloadLength);
        if (known > 0)
        {
            counters.add(Counter.TCP_RX_DUPLICATE_BYTES, known);
            c.reassembling().setDuplicate(s.seq, s.seq + known);
            QuickAcks.onOldData(c);
            // RFC 2883 section 4: reported by the acknowledgement of this very segment.
            c.ackNow = true;
        }
        s.trimFront(c.rcvNxt);
    }

    private void markSynLost(final Connection c)
    {
        if (!c.sent.is(0, SentSegments.LOST))
        {
            c.sent.markLost(0);
        }
        tcp.activate(c);
    }

    /** RFC 5961 section 3.2: only the exact sequence number resets. */
    private boolean arrivesReset(final Connection c, final Segment s, final long nowNs)
    {
        if (s.seq != c.rcvNxt && !c.settings.compatibility.insecureReset)
        {
            challenge(c, nowNs);
            return drop(Counter.TCP_RX_DROP_BLIND);
        }
        counters.increment(Counter.TCP_RESETS_RECEIVED);
        switch (c.state)
        {
            case SYN_RECEIVED:
                tcp.closed(c, CloseReason.REFUSED);
                return true;
            case CLOSING:
            case LAST_ACK:
                // RFC 9293 section 3.10.7.4: nothing is signalled when only the acknowledgement of our FIN is missing.
                tcp.closed(c, c.offsetOf(c.sndUna) >= c.finOffset ? CloseReason.CLOSED : CloseReason.RESET);
                return true;
            default:
                tcp.closed(c, CloseReason.RESET);
                return true;
        }
    }

    private boolean arrivesSyn(final Connection c, final Segment s, final long nowNs)
    {
        if (c.settings.compatibility.insecureSyn)
        {
            output.sendReset(c, nowNs);
            tcp.closed(c, CloseReason.RESET);
            return true;
        }
        // RFC 5961 section 4.2.
        challenge(c, nowNs);
        return drop(Counter.TCP_RX_DROP_BLIND);
    }

    private void challenge(final Connection c, final long nowNs)
    {
        if (nowNs - c.challengeWindowNs >= CHALLENGE_WINDOW_NS)
        {
            c.challengeWindowNs = nowNs;
            c.challenges = 0;
        }
        if (c.challenges < CHALLENGES_PER_WINDOW)
        {
            c.challenges++;
            counters.increment(Counter.TCP_TX_CHALLENGE_ACKS);
            output.sendAck(c, nowNs);
        }
    }

    // ---- ACK (fifth check)

    private boolean arrivesAck(final Connection c, final Segment s, final long nowNs)
    {
        if (SeqNumber.gt(s.ack, c.sndNxt) || s.ack - c.sndUna < -Math.max(c.maxSndWnd, 1))
        {
            // RFC 5961 section 5.2.
            challenge(c, nowNs);
            return drop(Counter.TCP_RX_DROP_BAD_ACK);
        }
        // Not before both its numbers were believed: junk from somebody else must not make a dead peer look alive.
        timers.onReceived(c, nowNs);
        if (SeqNumber.lt(s.ack, c.sndUna))
        {
            // Old, but its payload may be new.
            return true;
        }
        final int window = s.window << c.sndWndShift;
        final boolean isDuplicate = s.ack == c.sndUna && s.payloadLength == 0 && !s.isFin() && !c.sent.isEmpty() &&
            window == c.sndWnd && window != 0;
        updateWindow(c, s, window, nowNs);
        final boolean advanced = SeqNumber.lt(c.sndUna, s.ack);
        if (advanced || !c.sent.isEmpty() || s.hasOptions && s.options.sackCount() > 0)
        {
            recovery.onAck(c, s, isDuplicate, nowNs);
        }
        tcp.activate(c);
        if (advanced)
        {
            ip.confirmReachable(c.destination, nowNs);
            tcp.writable(c);
            if (c.finSent && c.sndUna == c.sndNxt)
            {
                onFinAcknowledged(c, nowNs);
            }
        }
        return true;
    }

    private void updateWindow(final Connection c, final Segment s, final int window, final long nowNs)
    {
        if (SeqNumber.lt(c.sndWl1, s.seq) || c.sndWl1 == s.seq && SeqNumber.leq(c.sndWl2, s.ack))
        {
            final boolean opened = window > c.sndWnd && c.persistBackoff > 0;
            c.sndWnd = window;
            c.sndWl1 = s.seq;
            c.sndWl2 = s.ack;
            c.maxSndWnd = Math.max(c.maxSndWnd, window);
            if (opened && window >= Math.min(c.sndMss, c.maxSndWnd / 2))
            {
                timers.endPersist(c, nowNs);
                c.persistBackoff = 0;
                recovery.onWindowOpened(c);
            }
        }
        if (c.sndWnd == 0 || c.persistBackoff > 0)
        {
            // A peer that answers is alive, however long its window stays shut (MUST-36 and MUST-37).
            c.progressNs = nowNs;
        }
    }

    private void onFinAcknowledged(final Connection c, final long nowNs)
    {
        switch (c.state)
        {
            case FIN_WAIT_1:
                c.state = TcpState.FIN_WAIT_2;
                timers.startFinWait2(c, nowNs);
                break;
            case CLOSING:
                enterTimeWait(c);
                break;
            case LAST_ACK:
                tcp.closed(c, CloseReason.CLOSED);
                break;
            default:
                break;
        }
    }

    private void enterTimeWait(final Connection c)
    {
        // Once this segment is done with, a TimeWait takes over.
        c.state = TcpState.TIME_WAIT;
        c.sendBuffer.release();
        c.reassembly.release();
        c.receiveWindow.close();
    }

    // ---- payload (seventh check)

    /** Returns false when nothing after the payload may be looked at. */
    private boolean arrivesPayload(final Connection c, final Segment s, final long nowNs)
    {
        if (!c.state.canReceive())
        {
            return false;
        }
        c.ecn.onPayload(c, s);
        if (c.isClosedByUser)
        {
            // Nobody will ever read it: say so (RFC 9293 section 3.6.1, as Linux does).
            output.sendReset(c, nowNs);
            tcp.closed(c, CloseReason.ABORTED);
            return false;
        }
        if (s.seq != c.rcvNxt)
        {
            arrivesOutOfOrder(c, s, nowNs);
            return true;
        }
        QuickAcks.onInOrder(c, nowNs);
        if (!deliver(c, s))
        {
            return false;
        }
        final int n = s.payloadLength;
        c.rcvNxt += n;
        c.bytesReceived += n;
        counters.add(Counter.TCP_RX_BYTES, n);
        c.receiveWindow.onData(c, s, nowNs);
        if (!c.reassembly.isEmpty())
        {
            final int before = c.rcvNxt;
            c.rcvNxt = c.reassembly.drain(c.rcvNxt, c.receiveQueue);
            c.bytesReceived += c.rcvNxt - before;
            counters.add(Counter.TCP_RX_BYTES, c.rcvNxt - before);
            // RFC 5681 section 4.2: filling a gap is acknowledged at once.
            c.ackNow = true;
            if (c.rcvNxt != before)
            {
                tcp.readable(c);
            }
        }
        scheduleAck(c, s, nowNs);
        if (c.finPending && c.rcvNxt == c.finSeq)
        {
            receiveFin(c, nowNs);
        }
        return true;
    }

    /** Shows the payload to the handler, and keeps what it does not take. */
    private boolean deliver(final Connection c, final Segment s)
    {
        int offset = s.payloadOffset;
        int length = s.payloadLength;
        final ReceiveQueue queue = c.receiveQueue;
        if (queue.unread() == 0)
        {
            final int consumed = c.fireReceive(s.buffer, offset, length);
            offset += consumed;
            length -= consumed;
            if (length == 0)
            {
                return true;
            }
        }
        if (s.packet.hasChunk() && length * KEEP_WHOLE_FRACTION > s.buffer.capacity())
        {
            queue.append(s.packet.takeChunk(), offset, length);
            counters.add(Counter.TCP_RX_RETAINED_BYTES, length);
        }
        else
        {
            if (!queue.appendCopy(s.buffer, offset, length))
            {
                // No memory: as if it had been lost. What the handler took of it, it must not see again.
                c.rcvNxt += s.payloadLength - length;
                counters.add(Counter.TCP_RX_OUT_OF_ORDER_DISCARDED, length);
                return false;
            }
            counters.add(Counter.TCP_RX_COPIED_BYTES, length);
        }
        tcp.readable(c);
        return true;
    }

    private void arrivesOutOfOrder(final Connection c, final Segment s, final long nowNs)
    {
        counters.increment(Counter.TCP_RX_OUT_OF_ORDER);
        final Reassembly reassembly = c.reassembling();
        final int stored = reassembly.insert(s.seq, s.buffer, s.payloadOffset, s.payloadLength, c.acceptableWindow());
        counters.add(Counter.TCP_RX_DUPLICATE_BYTES, s.payloadLength - stored - reassembly.refused());
        counters.add(Counter.TCP_RX_OUT_OF_ORDER_DISCARDED, reassembly.refused());
        // A gap is reported at once, once per segment, for the peer counts (RFC 5681 section 4.2).
        output.sendAck(c, nowNs);
    }

    private void scheduleAck(final Connection c, final Segment s, final long nowNs)
    {
        final int gsoSize = s.packet.gsoSize();
        c.segmentsToAck += gsoSize == 0 ? 1 : (s.payloadLength + gsoSize - 1) / gsoSize;
        // With no room for another full segment none will come to be acknowledged with this one.
        if (c.segmentsToAck >= 2 || c.quickAcks > 0 || c.rcvWnd() < c.rcvMss ||
            c.isUnanswered && s.is(TcpHeader.PSH))
        {
            c.ackNow = true;
            tcp.activate(c);
        }
        else if (c.delayedAckAtNs == Connection.NEVER)
        {
            c.delayedAckAtNs = nowNs + c.settings.delayedAckNs;
            timers.arm(c);
        }
    }

    // ---- FIN (eighth check)

    private void arrivesFin(final Connection c, final Segment s, final long nowNs)
    {
        final int seq = s.seq + s.payloadLength;
        if (c.finReceived)
        {
            c.ackNow = true;
            tcp.activate(c);
            return;
        }
        c.finSeq = seq;
        if (seq != c.rcvNxt)
        {
            c.finPending = true;
            if (s.payloadLength == 0)
            {
                // A gap is reported at once (RFC 5681 section 4.2), also before a FIN alone.
                output.sendAck(c, nowNs);
            }
            return;
        }
        receiveFin(c, nowNs);
    }

    private void receiveFin(final Connection c, final long nowNs)
    {
        c.finPending = false;
        c.finReceived = true;
        c.rcvNxt++;
        c.rcvAdv = SeqNumber.max(c.rcvAdv, c.rcvNxt);
        c.ackNow = true;
        switch (c.state)
        {
            case ESTABLISHED:
                c.state = TcpState.CLOSE_WAIT;
                break;
            case FIN_WAIT_1:
                c.state = TcpState.CLOSING;
                break;
            case FIN_WAIT_2:
                enterTimeWait(c);
                break;
            default:
                break;
        }
        tcp.activate(c);
        if (c.state != TcpState.TIME_WAIT || !c.isClosedByUser)
        {
            c.firePeerClosed();
        }
    }

    private boolean drop(final Counter reason)
    {
        counters.increment(reason);
        return false;
    }
}
