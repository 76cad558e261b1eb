package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Destination;
import io.pnet.ip.Ip;
import io.pnet.link.TxFrame;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;

/**
 * Decides what a connection sends, once per duty cycle: first what is lost, then new data as far as the windows allow
 * (RFC 9293 sections 3.7.4 and 3.8.6.2.1), then an acknowledgement if one is still due. {@link OutgoingSegments} builds
 * it.
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class Output
{
    private final Ip ip;
    private final Counters counters;
    private final TcpTimers timers;
    private final OutgoingSegments segments;
    private final Retransmission retransmission;
    private final SynOutput syn;

    Output(
        final Ip ip,
        final Counters counters,
        final TcpTimers timers,
        final OutgoingSegments segments,
        final Retransmission retransmission)
    {
        this.ip = ip;
        this.counters = counters;
        this.timers = timers;
        this.segments = segments;
        this.retransmission = retransmission;
        this.syn = new SynOutput(ip, counters, segments);
    }

    /**
     * Sends what is due.
     *
     * @return false when the link was full: there is more, to be tried again.
     */
    boolean run(final Connection c, final long nowNs)
    {
        boolean complete = true;
        switch (c.state)
        {
            case CLOSED:
                return true;
            case SYN_SENT:
            case SYN_RECEIVED:
                complete = syn.send(c, nowNs) && (!c.isFastOpen || sendNew(c, nowNs));
                break;
            case TIME_WAIT:
                break;
            default:
                c.path.update(c, nowNs);
                complete = sendData(c, nowNs);
                break;
        }
        if (c.ackNow && c.state != TcpState.SYN_SENT)
        {
            complete &= sendAck(c, nowNs);
        }
        timers.arm(c);
        return complete;
    }

    // ---- data

    private boolean sendData(final Connection c, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        boolean complete = retransmission.sendLost(c, nowNs) && sendNew(c, nowNs);
        if (r.frto == RecoveryState.Frto.PROBING && c.sndNxt == r.recoveryPoint)
        {
            // There is nothing new that could tell whether the time-out was right (RFC 5682 section 2.1, step 2b).
            r.frto = RecoveryState.Frto.OFF;
            complete &= retransmission.sendLost(c, nowNs);
        }
        return complete;
    }

    private boolean sendNew(final Connection c, final long nowNs)
    {
        boolean sentAny = false;
        boolean complete = true;
        boolean isHeldBack = false;
        SendTime.State state = SendTime.State.BUSY;
        while (true)
        {
            isHeldBack = false;
            final long offset = c.offsetOf(c.sndNxt);
            final long available = Math.min(c.sendBuffer.written(), c.finOffset) - offset;
            final boolean finDue =
                c.finOffset != Long.MAX_VALUE && !c.finSent && c.state != TcpState.SYN_RECEIVED;
            if (available <= 0 && !(finDue && available == 0))
            {
                state = emptyState(c);
                break;
            }
            final int inFlight = c.inFlight();
            if (c.sndNxt == c.sndUna && c.lastSendNs != 0 && nowNs != c.lastSendNs)
            {
                CongestionEvents.onIdle(c, nowNs);
            }
            if (Pacer.holds(c, nowNs))
            {
                break;
            }
            final int windowRoom = c.sndUna + c.sndWnd - c.sndNxt;
            final int cwndRoom = c.window.cwnd - inFlight;
            final int goal = (int)Math.min(available, Math.min(Math.max(0, windowRoom), FrameSize.goal(c)));
            int n = goal;
            state = windowRoom < Math.min(available, c.sndMss) ? SendTime.State.RWND_LIMITED : SendTime.State.BUSY;
            if (cwndRoom < n)
            {
                isHeldBack = true;
                n = Math.max(0, cwndRoom - cwndRoom % c.sndMss);
            }
            final boolean isLast = n == available;
            if (n > c.sndMss && n % c.sndMss != 0 && !(isLast && mayPush(c, finDue)))
            {
                n -= n % c.sndMss;
            }
            else if (n < c.sndMss && !(isLast && mayPush(c, finDue)) && (n == 0 || n < c.maxSndWnd / 2))
            {
                // Nothing that may go now: Nagle, silly window avoidance, or one of the windows.
                if (c.sndNxt == c.sndUna && n < available && windowRoom < c.sndMss)
                {
                    timers.startPersist(c, nowNs);
                }
                break;
            }
            if (n < goal && shouldDefer(c, n, goal, inFlight))
            {
                break;
            }
            if (mayGrow(c, n, finDue, inFlight))
            {
                complete = false;
                break;
            }
            final int probe = c.path.probe(c, nowNs);
            if (probe > c.sndMss && probe <= Math.min(available - c.sndMss, Math.min(windowRoom, cwndRoom)))
            {
                if (!probeMtu(c, probe, nowNs))
                {
                    complete = false;
                    break;
                }
                sentAny = true;
                continue;
            }
            final boolean fin = finDue && n == available && windowRoom > n;
            if (n == 0 && !fin)
            {
                if (c.sndNxt == c.sndUna)
                {
                    timers.startPersist(c, nowNs);
                }
                break;
            }
            if (!sendNext(c, n, fin, nowNs))
            {
                complete = false;
                break;
            }
            sentAny = true;
        }
        if (sentAny)
        {
            onSent(c, nowNs);
        }
        c.windowUse.onOutput(c, isHeldBack);
        if (complete)
        {
            c.sendTime.become(state, nowNs);
        }
        return complete;
    }

    private static void onSent(final Connection c, final long nowNs)
    {
        c.lastSendNs = nowNs;
        QuickAcks.onSent(c, nowNs);
        c.persistAtNs = Connection.NEVER;
        if (c.retransmitAtNs == Connection.NEVER)
        {
            c.retransmitAtNs = nowNs + c.rtt.rtoNs();
        }
        TailLossProbe.schedule(c, nowNs);
    }

    /**
     * Sends so many bytes that were never sent, or what one frame takes of them, and the FIN behind the last.
     *
     * @return false when the link was full.
     */
    private boolean sendNext(final Connection c, final int n, final boolean fin, final long nowNs)
    {
        c.rate.beforeSend(c, nowNs);
        final int sentBytes = segments.transmit(c, c.sndNxt, n, fin, false, nowNs);
        if (sentBytes < 0)
        {
            return false;
        }
        final boolean finWent = fin && sentBytes == n;
        if (c.sent.isEmpty())
        {
            c.progressNs = nowNs;
        }
        final int next = c.sndNxt + sentBytes + (finWent ? 1 : 0);
        c.sending().add(c.sndNxt, next, c.sndMss, nowNs);
        c.rate.onSent(c, c.sent.count() - 1);
        c.sndNxt = next;
        c.finSent |= finWent;
        c.bytesSent += sentBytes;
        c.recovery.prrOut += sentBytes;
        counters.add(Counter.TCP_TX_BYTES, sentBytes);
        if (finWent)
        {
            onFinSent(c);
        }
        return true;
    }

    /** Sends one segment that is larger than the others, to see whether it arrives (RFC 4821 section 7). */
    private boolean probeMtu(final Connection c, final int payload, final long nowNs)
    {
        final int mss = c.sndMss;
        final int start = c.sndNxt;
        c.sndMss = payload;
        final boolean sent = sendNext(c, payload, false, nowNs);
        c.sndMss = mss;
        if (sent)
        {
            c.path.onProbeSent(c, start);
            counters.increment(Counter.TCP_MTU_PROBES);
        }
        return sent;
    }

    /**
     * Sends one new segment, the congestion window and Nagle's algorithm notwithstanding: a tail loss probe (RFC 8985
     * section 7.3).
     *
     * @return false when there is none, or the peer's window or the link has no room for it.
     */
    boolean sendOneNew(final Connection c, final long nowNs)
    {
        final long available = Math.min(c.sendBuffer.written(), c.finOffset) - c.offsetOf(c.sndNxt);
        final int windowRoom = c.sndUna + c.sndWnd - c.sndNxt;
        final int n = (int)Math.min(available, Math.min(c.sndMss, windowRoom));
        final boolean fin = c.finOffset != Long.MAX_VALUE && !c.finSent && n == available && windowRoom > n;
        if (c.finSent || n < 0 || n == 0 && !fin || !sendNext(c, n, fin, nowNs))
        {
            return false;
        }
        c.lastSendNs = nowNs;
        return true;
    }

    /**
     * Probes a window that does not let anything through: one byte (or the FIN) beyond it, or the oldest byte again
     * (RFC 9293 section 3.8.6.1). It stays among the sent segments and is acknowledged like any other.
     */
    void probeWindow(final Connection c, final long nowNs)
    {
        if (!c.sent.isEmpty())
        {
            if (c.sent.length(0) > 1)
            {
                c.sent.split(0, c.sent.start(0) + 1);
            }
            retransmission.retransmit(c, 0, nowNs);
            c.retransmitAtNs = Connection.NEVER;
            return;
        }
        final long offset = c.offsetOf(c.sndNxt);
        final int n = (int)Math.min(
            Math.max(1, c.sndUna + c.sndWnd - c.sndNxt), Math.min(c.sendBuffer.written(), c.finOffset) - offset);
        final boolean fin = n <= 0 && c.finOffset != Long.MAX_VALUE && !c.finSent;
        if (n > 0 || fin)
        {
            sendNext(c, Math.max(0, n), fin, nowNs);
        }
    }

    private void onFinSent(final Connection c)
    {
        if (c.state == TcpState.ESTABLISHED)
        {
            c.state = TcpState.FIN_WAIT_1;
        }
        else if (c.state == TcpState.CLOSE_WAIT)
        {
            c.state = TcpState.LAST_ACK;
        }
    }

    /** There is nothing to send: what the sending side waits for now. */
    private static SendTime.State emptyState(final Connection c)
    {
        if (c.inFlight() < c.window.cwnd && c.sent.lostBytes() == c.sent.retransmittedBytes())
        {
            c.rate.onAppLimited(c);
        }
        return c.sendBuffer.pending() == 0 ? SendTime.State.IDLE :
            c.sendBuffer.room() == 0 ? SendTime.State.SNDBUF_LIMITED : SendTime.State.BUSY;
    }

    /** Whether a last, short segment may go: Nagle's algorithm (RFC 9293 section 3.7.4). */
    private static boolean mayPush(final Connection c, final boolean finDue)
    {
        return c.settings.noDelay || finDue || c.sndNxt == c.sndUna || c.isFastOpen && c.sndNxt == c.iss + 1;
    }

    /** Rather than a sliver now, a large frame when the acknowledgements that are on their way open the window. */
    private static boolean shouldDefer(final Connection c, final int n, final int goal, final int inFlight)
    {
        return inFlight > 0 && c.recovery.phase == RecoveryState.Phase.OPEN &&
            n < goal && n < Math.min(c.window.cwnd, c.sndWnd) / 4;
    }

    /** A short segment of a stream would wait below a full link; here, what is written meanwhile joins it. */
    private static boolean mayGrow(final Connection c, final int n, final boolean finDue, final int inFlight)
    {
        return n > 0 && n < c.sndMss && inFlight > 0 && !finDue && c.destination.isCongested();
    }

    /** RFC 6928 section 2; one segment when the SYN had to be retransmitted (RFC 5681 section 3.1). */
    static int initialWindow(final Connection c)
    {
        if (c.synRetransmits > 0)
        {
            return c.sndMss;
        }
        final int segments = c.settings.initialWindowSegments;
        return Math.min(segments * c.sndMss, Math.max(2 * c.sndMss, segments * 1_460));
    }

    // ---- acknowledgements

    /** A pure acknowledgement, with SACK blocks when there are any. */
    boolean sendAck(final Connection c, final long nowNs)
    {
        return segments.sendBare(c, c.sndNxt, TcpHeader.ACK, true, nowNs);
    }

    /** A keepalive probe (RFC 9293 section 3.8.4): an old sequence number, no data. The peer has to answer. */
    void sendKeepAlive(final Connection c, final long nowNs)
    {
        segments.sendBare(c, c.sndNxt - 1, TcpHeader.ACK, false, nowNs);
    }

    // ---- resets

    /**
     * RST of a synchronized connection, or of one whose peer has our SYN. A peer takes it only inside its window: when
     * that is used up, or less than it was, it goes to the window's edge and not behind what the peer has not taken.
     */
    void sendReset(final Connection c, final long nowNs)
    {
        final boolean isBehind = c.state.isSynchronized() && c.sndUna + c.sndWnd - c.sndNxt < 0;
        final int seq = isBehind ? c.sndUna + c.sndWnd : c.sndNxt;
        if (segments.sendBare(c, seq, TcpHeader.RST | TcpHeader.ACK, false, nowNs))
        {
            counters.increment(Counter.TCP_TX_RESETS);
        }
    }

    /** Answers a segment that belongs to no connection, or must not be here (RFC 9293 section 3.10.7.1). */
    void reject(final Segment s)
    {
        if (s.isRst())
        {
            return;
        }
        final Destination destination = ip.route(
            s.packet.destinationHi(), s.packet.destinationLo(), s.packet.sourceHi(), s.packet.sourceLo());
        if (destination == null)
        {
            return;
        }
        final TxFrame frame = ip.claim(destination, ProtocolNumber.TCP, 0, TcpHeader.MIN_LENGTH, false);
        if (frame == null)
        {
            return;
        }
        final boolean hasAck = s.isAck();
        OutgoingSegments.putHeader(
            frame.buffer(),
            ip.transportOffset(),
            s.header.destinationPort(),
            s.header.sourcePort(),
            hasAck ? s.ack : 0,
            hasAck ? 0 : s.seq + s.sequenceLength(),
            TcpHeader.MIN_LENGTH,
            hasAck ? TcpHeader.RST : TcpHeader.RST | TcpHeader.ACK,
            0);
        ip.commit(frame, TcpHeader.CHECKSUM_OFFSET, 0, TcpHeader.MIN_LENGTH);
        counters.increment(Counter.TCP_TX_SEGMENTS);
        counters.increment(Counter.TCP_TX_RESETS);
    }
}
