package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Destination;
import io.pnet.ip.Ip;
import io.pnet.link.TxFrame;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;

/**
 * What a connection sends, once per duty cycle: its SYN ({@link SynOutput}); or first what is lost
 * ({@link Retransmission}), then new data as far as it may go ({@link NewData}), then an acknowledgement if one is
 * still due (RFC 9293 section 3.8.6.3). And what goes at once where something asks for it: an acknowledgement, a probe
 * of a window or of the peer, a reset. {@link OutgoingSegments} builds the segments.
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
    private final NewData newData;
    private final SynOutput syn;

    Output(
        final Ip ip,
        final Counters counters,
        final TcpTimers timers,
        final OutgoingSegments segments,
        final Retransmission retransmission,
        final NewData newData)
    {
        this.ip = ip;
        this.counters = counters;
        this.timers = timers;
        this.segments = segments;
        this.retransmission = retransmission;
        this.newData = newData;
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
                complete = syn.send(c, nowNs) && (!c.isFastOpen || newData.send(c, nowNs));
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
        boolean complete = retransmission.sendLost(c, nowNs) && newData.send(c, nowNs);
        if (r.frto == RecoveryState.Frto.PROBING && c.sndNxt == r.recoveryPoint)
        {
            // There is nothing new that could tell whether the time-out was right (RFC 5682 section 2.1, step 2b).
            r.frto = RecoveryState.Frto.OFF;
            complete &= retransmission.sendLost(c, nowNs);
        }
        return complete;
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
            newData.sendNext(c, Math.max(0, n), fin, nowNs);
        }
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
