package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Destination;
import io.pnet.ip.Ip;
import io.pnet.link.TxFrame;
import io.pnet.transport.TimerWheel;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;

/**
 * All connections in TIME_WAIT, what arrives for them (RFC 9293 section 3.10.7.4, with RFC 1337's: a reset does not cut
 * it short), and who may have their ports again before they end: a SYN of the peer's that is newer than everything
 * there was (MAY-2, RFC 6191), and a connection of our own a second later if both sides use time stamps. Their number
 * is bounded: the oldest makes room.
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class TimeWaits
{
    /** RFC 6191 section 2: by then our time stamps have moved on, whatever the granularity of the peer's. */
    private static final long REUSE_AFTER_NS = 1_000_000_000L;
    /** How far a successor's sequence numbers start beyond ours: more than a window without scaling. */
    private static final int SEQUENCE_GAP = 65_537;

    private final TcpTransport tcp;
    private final Ip ip;
    private final Counters counters;
    private final TimerWheel wheel;
    private final Output output;
    private TimeWait oldest;
    private TimeWait newest;
    private int count;

    TimeWaits(
        final TcpTransport tcp, final Ip ip, final Counters counters, final TimerWheel wheel, final Output output)
    {
        this.tcp = tcp;
        this.ip = ip;
        this.counters = counters;
        this.wheel = wheel;
        this.output = output;
    }

    int count()
    {
        return count;
    }

    /** Takes over from a connection that has entered TIME_WAIT, once the segment that brought it there is done with. */
    void add(final Connection c, final long nowNs)
    {
        if (c.ackNow)
        {
            // If the link has no room the peer repeats its FIN.
            output.sendAck(c, nowNs);
        }
        final TimeWait t = new TimeWait(this, c, nowNs);
        tcp.timers.cancelAll(c);
        tcp.removeFlow(c);
        if (count >= Math.max(1, tcp.settings().maxTimeWaits))
        {
            counters.increment(Counter.TCP_TIME_WAIT_RECYCLED);
            end(oldest);
        }
        tcp.addFlow(c.tableHash, t);
        t.older = newest;
        if (newest == null)
        {
            oldest = t;
        }
        else
        {
            newest.newer = t;
        }
        newest = t;
        count++;
        counters.set(Counter.TCP_TIME_WAIT, count);
        wheel.schedule(t, nowNs + t.lifetimeNs);
        if (t.connection == null)
        {
            tcp.closed(c, CloseReason.CLOSED);
        }
    }

    /** The user closes a connection that is here: it has no more part in it. */
    void release(final Connection c, final Flow flow, final CloseReason reason)
    {
        if (flow instanceof TimeWait t && t.connection == c)
        {
            t.connection = null;
        }
        tcp.closed(c, reason);
    }

    void end(final TimeWait t)
    {
        wheel.cancel(t);
        tcp.removeFlow(t);
        if (t.older == null)
        {
            oldest = t.newer;
        }
        else
        {
            t.older.newer = t.newer;
        }
        if (t.newer == null)
        {
            newest = t.older;
        }
        else
        {
            t.newer.older = t.older;
        }
        count--;
        counters.set(Counter.TCP_TIME_WAIT, count);
        final Connection c = t.connection;
        if (c != null)
        {
            t.connection = null;
            tcp.closed(c, CloseReason.CLOSED);
        }
    }

    void endAll()
    {
        while (oldest != null)
        {
            end(oldest);
        }
    }

    // ---- reuse

    /** RFC 9293 MAY-2, RFC 6191: a SYN that is newer than everything of the old connection. */
    boolean isReopening(final TimeWait t, final Segment s)
    {
        if (!s.isSyn() || s.isAck() || s.isRst() || s.isFin())
        {
            return false;
        }
        return t.timestamps && s.hasTimestamps && s.options.tsVal() != t.tsRecent ?
            s.options.tsVal() - t.tsRecent > 0 :
            SeqNumber.gt(s.seq, t.rcvNxt);
    }

    /** Whether a connection of our own may have the ports (RFC 6191; RFC 7323 appendix B has the reasons). */
    boolean isReusable(final Flow flow, final TcpSettings settings, final long nowNs)
    {
        return flow instanceof TimeWait t && t.timestamps && t.connection == null &&
            settings.timestamps && settings.reuseTimeWait && nowNs - t.sinceNs >= REUSE_AFTER_NS;
    }

    /** An initial sequence number that lies beyond what the old connection has used, whatever the clock says. */
    static int successor(final TimeWait t, final int iss)
    {
        return SeqNumber.max(iss, t.sndNxt + SEQUENCE_GAP);
    }

    // ---- input

    /** Returns whether the segment was accepted; otherwise it was counted. */
    boolean arrives(final TimeWait t, final Segment s, final long nowNs)
    {
        if (t.timestamps && !s.isRst())
        {
            if (!s.hasTimestamps)
            {
                return drop(Counter.TCP_RX_DROP_PAWS);
            }
            if (s.options.tsVal() - t.tsRecent < 0)
            {
                acknowledge(t, s, nowNs);
                return drop(Counter.TCP_RX_DROP_PAWS);
            }
        }
        final boolean isFinAgain = s.isFin() && !s.isSyn() && !s.isRst() && s.isAck() &&
            s.seq + s.sequenceLength() == t.rcvNxt;
        if (isFinAgain)
        {
            // Our last acknowledgement was lost: again, and 2 MSL from here.
            t.sinceNs = nowNs;
            wheel.schedule(t, nowNs + t.lifetimeNs);
            acknowledge(t, s, nowNs);
            return drop(Counter.TCP_RX_DROP_UNACCEPTABLE);
        }
        if (!isAcceptable(t, s))
        {
            if (s.isRst())
            {
                return drop(Counter.TCP_RX_DROP_BLIND);
            }
            acknowledge(t, s, nowNs);
            return drop(Counter.TCP_RX_DROP_UNACCEPTABLE);
        }
        if (s.isRst())
        {
            if (s.seq != t.rcvNxt)
            {
                return drop(Counter.TCP_RX_DROP_BLIND);
            }
            // RFC 1337.
            counters.increment(Counter.TCP_RESETS_RECEIVED);
            return true;
        }
        if (s.isSyn())
        {
            acknowledge(t, s, nowNs);
            return drop(Counter.TCP_RX_DROP_BLIND);
        }
        if (!s.isAck())
        {
            return drop(Counter.TCP_RX_DROP_NO_ACK);
        }
        if (SeqNumber.gt(s.ack, t.sndNxt) || s.ack - t.sndNxt < -t.maxSndWnd)
        {
            acknowledge(t, s, nowNs);
            return drop(Counter.TCP_RX_DROP_BAD_ACK);
        }
        if (t.timestamps && s.seq == t.rcvNxt)
        {
            t.tsRecent = s.options.tsVal();
        }
        if (s.seq != t.rcvNxt || s.sequenceLength() > 0)
        {
            // Beyond its FIN the peer has nothing to say: text and FIN are not looked at, but answered.
            acknowledge(t, s, nowNs);
        }
        return true;
    }

    private static boolean isAcceptable(final TimeWait t, final Segment s)
    {
        final int length = s.sequenceLength();
        if (t.rcvWnd == 0)
        {
            return length == 0 && s.seq == t.rcvNxt;
        }
        return SeqNumber.inWindow(s.seq, t.rcvNxt, t.rcvWnd) ||
            length == 0 && s.seq == t.rcvNxt + t.rcvWnd ||
            length > 0 && (SeqNumber.inWindow(s.seq + length - 1, t.rcvNxt, t.rcvWnd) ||
            SeqNumber.lt(s.seq, t.rcvNxt) && SeqNumber.gt(s.seq + length, t.rcvNxt));
    }

    /** Says where we are. What carries no data is answered at intervals only, so that two ends cannot loop. */
    private void acknowledge(final TimeWait t, final Segment s, final long nowNs)
    {
        if (s.isSyn() || s.sequenceLength() == 0)
        {
            if (nowNs < t.nextAckNs)
            {
                return;
            }
            t.nextAckNs = nowNs + t.ackIntervalNs;
        }
        final Destination destination = ip.route(t.localHi, t.localLo, t.remoteHi, t.remoteLo);
        if (destination == null)
        {
            return;
        }
        final int headerLength = TcpHeader.MIN_LENGTH + (t.timestamps ? TcpOptions.TIMESTAMPS_LENGTH : 0);
        final TxFrame frame = ip.claim(destination, ProtocolNumber.TCP, t.trafficClass & 0xFF, headerLength, false);
        if (frame == null)
        {
            return;
        }
        final int at = ip.transportOffset();
        if (t.timestamps)
        {
            TcpOptions.putTimestamps(
                frame.buffer(), at + TcpHeader.OPTIONS_OFFSET, Connection.clock(nowNs) + t.tsOffset, t.tsRecent);
        }
        OutgoingSegments.putHeader(
            frame.buffer(), at, t.localPort, t.remotePort, t.sndNxt, t.rcvNxt, headerLength, TcpHeader.ACK,
            t.windowField);
        ip.commit(frame, TcpHeader.CHECKSUM_OFFSET, 0, headerLength);
        counters.increment(Counter.TCP_TX_SEGMENTS);
    }

    private boolean drop(final Counter reason)
    {
        counters.increment(reason);
        return false;
    }
}
