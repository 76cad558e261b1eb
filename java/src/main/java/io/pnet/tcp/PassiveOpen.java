package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Destination;
import io.pnet.ip.Ip;
import io.pnet.ip.IpPacket;
import io.pnet.link.TxFrame;
import io.pnet.transport.TimerWheel;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.ArrayDeque;

/**
 * The passive side of the handshake: LISTEN (RFC 9293 section 3.10.7.2) and SYN_RECEIVED (section 3.10.7.4), made to
 * stand a flood of SYNs (RFC 4987).
 *
 * <p>A SYN makes a {@link HalfOpen}, of which there are so many per listener and so many per stack; when they are used
 * up, {@link SynCookies} answer without keeping anything but what the link has no room for at the moment. A
 * {@link Connection} with its buffers is only made of the acknowledgement that completes the handshake, and that same
 * segment is then its first: data and FIN in it are Input's, as always. A flood thus costs the table of half-open ones,
 * once, and per SYN one hash and one SYN,ACK.
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class PassiveOpen
{
    private static final int MAX_BACKOFF = 16;
    /** 80 ms of a hundred thousand SYNs a second; what waits longer than that had better be asked for again. */
    private static final int MAX_WAITING = 8_192;
    /** The link has to have room for connections after them. */
    private static final int ANSWERS_PER_CYCLE = 256;
    /** The link had no room: tried again soon. */
    private static final long RETRY_NS = 1_000_000;

    private final TcpTransport tcp;
    private final IsnGenerator isn;
    private final SynCookies cookies;
    private final Ip ip;
    private final Counters counters;
    private final TimerWheel wheel;
    private final Output output;
    private final Input input;
    private final Segment syn = new Segment();
    /** SYNs whose cookie found the link full. */
    private final ArrayDeque<HalfOpen> waiting = new ArrayDeque<>();
    private int halfOpen;

    PassiveOpen(
        final TcpTransport tcp,
        final IsnGenerator isn,
        final SynCookies cookies,
        final Ip ip,
        final Counters counters,
        final TimerWheel wheel,
        final Output output,
        final Input input)
    {
        this.tcp = tcp;
        this.isn = isn;
        this.cookies = cookies;
        this.ip = ip;
        this.counters = counters;
        this.wheel = wheel;
        this.output = output;
        this.input = input;
        this.syn.packet = new IpPacket();
    }

    /** Half-open connections of all listeners. */
    int halfOpen()
    {
        return halfOpen;
    }

    // ---- LISTEN

    /**
     * Returns whether the segment was accepted; otherwise it was counted.
     *
     * @param old what was left of an earlier connection between the same ports, or null.
     */
    boolean arrivesInListen(
        final Listener listener, final Segment s, final int hash, final TimeWait old, final long nowNs)
    {
        if (s.isRst())
        {
            return drop(Counter.TCP_RX_DROP_NO_CONNECTION);
        }
        if (s.isAck())
        {
            if (!s.isSyn() && isReturningCookie(listener, s, nowNs))
            {
                return arrivesCookie(listener, s, nowNs);
            }
            output.reject(s);
            return drop(Counter.TCP_RX_DROP_NO_CONNECTION);
        }
        if (!s.isSyn())
        {
            return drop(Counter.TCP_RX_DROP_NO_CONNECTION);
        }
        if (s.isFin() && tcp.settings().compatibility.synFin != TcpCompatibility.SynFin.TAKE)
        {
            // SYN and FIN together is nobody's honest segment.
            return drop(Counter.TCP_RX_DROP_MALFORMED);
        }
        if (!listener.hasRoom())
        {
            return drop(Counter.TCP_RX_DROP_SYN_QUEUE_FULL);
        }
        final SynCookieUse use = listener.settings.synCookies;
        final boolean isFull = listener.halfOpen >= listener.settings.maxHalfOpen ||
            halfOpen >= tcp.settings().maxHalfOpenOfStack;
        if (isFull && use == SynCookieUse.NEVER)
        {
            return drop(Counter.TCP_RX_DROP_SYN_QUEUE_FULL);
        }
        final Destination destination = route(s);
        if (destination == null)
        {
            return drop(Counter.TCP_RX_DROP_NO_CONNECTION);
        }
        final HalfOpen h = new HalfOpen(listener, s, s.seq, nowNs);
        final boolean isFastOpen = listener.settings.fastOpen && s.hasOptions && s.options.fastOpenLength() >= 0 &&
            isFastOpen(h, s, nowNs);
        if (!isFastOpen && (isFull || use == SynCookieUse.ALWAYS))
        {
            return answer(h, destination, nowNs);
        }
        h.iss = isn.initialSequenceNumber(
            h.localHi, h.localLo, h.localPort, h.remoteHi, h.remoteLo, h.remotePort, nowNs);
        if (old != null)
        {
            h.iss = TimeWaits.successor(old, h.iss);
        }
        if (isFastOpen)
        {
            openFast(h, destination, s, nowNs);
            return true;
        }
        add(h, hash);
        sendSynAck(h, destination, nowNs);
        schedule(h, nowNs);
        return true;
    }

    /** Whether a SYN's data is taken; if its cookie is not valid, or it asks for one, the SYN,ACK brings one. */
    private boolean isFastOpen(final HalfOpen h, final Segment s, final long nowNs)
    {
        final int length = s.options.fastOpenLength();
        if (length > 0 && tcp.fastOpen.isValid(h, s.options.fastOpenHi(), length, nowNs))
        {
            // With too many of them it is an ordinary handshake (RFC 7413 section 5.1).
            return h.listener.hasRoomForFastOpen(nowNs);
        }
        if (length > 0)
        {
            counters.increment(Counter.TCP_FAST_OPENS_REFUSED);
        }
        h.wantsFastOpenCookie = true;
        return false;
    }

    private void openFast(final HalfOpen h, final Destination destination, final Segment s, final long nowNs)
    {
        final Connection c = tcp.open(
            destination, h.localPort, h.remotePort, h.listener.settings, h.listener, null, h.iss, nowNs);
        c.state = TcpState.SYN_RECEIVED;
        c.isFastOpen = true;
        h.listener.fastOpens++;
        counters.increment(Counter.TCP_FAST_OPENS_ACCEPTED);
        c.irs = h.irs;
        c.rcvNxt = h.rcvNxt();
        c.rcvAdv = c.rcvNxt + ReceiveWindow.initial(c.settings);
        h.replay(syn);
        input.negotiate(c, syn, nowNs);
        c.sndWnd = h.window;
        c.maxSndWnd = h.window;
        c.sndWl1 = h.irs;
        c.sndWl2 = h.iss;
        tcp.accepted(c);
        input.arrivesFastOpen(c, s, nowNs);
    }

    /**
     * Answers with a cookie, now or, when the link is full, as soon as it is not: behind a bulk transfer that keeps it
     * full, an answer that is dropped would cost an honest client a second.
     */
    private boolean answer(final HalfOpen h, final Destination destination, final long nowNs)
    {
        if (waiting.isEmpty() && sendCookie(h, destination, nowNs))
        {
            return true;
        }
        if (waiting.size() == MAX_WAITING)
        {
            return drop(Counter.TCP_RX_DROP_SYN_QUEUE_FULL);
        }
        waiting.add(h);
        return true;
    }

    /** Sends some of what waited for the link, oldest first, before anybody else fills it. */
    void doWork(final long nowNs)
    {
        for (int i = 0; i < ANSWERS_PER_CYCLE && !waiting.isEmpty(); i++)
        {
            // Taken out first: one that cannot be served must not be in the way of the others for ever.
            final HalfOpen h = waiting.poll();
            // Who has stopped listening meanwhile promises nothing more.
            final Destination destination = h.listener.isClosed ? null : route(h);
            if (destination != null && !sendCookie(h, destination, nowNs))
            {
                waiting.addFirst(h);
                return;
            }
        }
    }

    /** Whether answers wait for the link. */
    boolean isWaiting()
    {
        return !waiting.isEmpty();
    }

    private boolean sendCookie(final HalfOpen h, final Destination destination, final long nowNs)
    {
        h.iss = cookies.encode(h, nowNs);
        final int offset = timestampOffset(h);
        final int stamp = SynCookies.timestamp(h, Connection.clock(nowNs));
        h.listener.cookiesUntilNs = nowNs + SynCookies.VALID_NS;
        final boolean isSent = send(h, destination, h.iss, TcpHeader.SYN | TcpHeader.ACK, stamp + offset);
        if (isSent)
        {
            counters.increment(Counter.TCP_SYN_COOKIES_SENT);
        }
        return isSent;
    }

    /** Whether it may be one: only a listener that has sent cookies of late looks. */
    private boolean isReturningCookie(final Listener listener, final Segment s, final long nowNs)
    {
        return nowNs < listener.cookiesUntilNs && !s.isRst() && !s.isSyn() && s.isAck();
    }

    private boolean arrivesCookie(final Listener listener, final Segment s, final long nowNs)
    {
        final HalfOpen h = cookieOf(listener, s, nowNs);
        if (h == null)
        {
            counters.increment(Counter.TCP_SYN_COOKIES_FAILED);
            output.reject(s);
            return drop(Counter.TCP_RX_DROP_BAD_ACK);
        }
        if (!listener.hasRoom())
        {
            return overflow(listener, s);
        }
        counters.increment(Counter.TCP_SYN_COOKIES_ACCEPTED);
        return complete(h, s, nowNs);
    }

    private HalfOpen cookieOf(final Listener listener, final Segment s, final long nowNs)
    {
        final HalfOpen h = new HalfOpen(listener, s, s.seq - 1, nowNs);
        final int clock = h.timestamps ? s.options.tsEcr() - timestampOffset(h) : 0;
        return cookies.decode(h, s.ack - 1, clock, nowNs) ? h : null;
    }

    // ---- SYN-RECEIVED

    /**
     * A segment of a half-open connection, checked in the order of RFC 9293 section 3.10.7.4. Returns whether it was
     * accepted; otherwise it was counted.
     */
    boolean arrives(final HalfOpen h, final Segment s, final long nowNs)
    {
        if (s.isSyn() && !s.isAck() && !s.isRst() && s.seq == h.irs)
        {
            // The peer did not see our SYN,ACK: send it again now.
            if (mayAnswer(h, nowNs))
            {
                repeatSynAck(h, nowNs);
            }
            return drop(Counter.TCP_RX_DROP_UNACCEPTABLE);
        }
        if (h.timestamps && !s.isRst() && (!s.hasTimestamps || s.options.tsVal() - h.tsRecent < 0))
        {
            if (s.hasTimestamps)
            {
                acknowledge(h, nowNs);
            }
            return drop(Counter.TCP_RX_DROP_PAWS);
        }
        if (!isAcceptable(h, s))
        {
            if (s.isRst())
            {
                return drop(Counter.TCP_RX_DROP_BLIND);
            }
            acknowledge(h, nowNs);
            return drop(Counter.TCP_RX_DROP_UNACCEPTABLE);
        }
        if (s.isRst())
        {
            if (s.seq != h.rcvNxt())
            {
                // RFC 5961 section 3.2.
                acknowledge(h, nowNs);
                return drop(Counter.TCP_RX_DROP_BLIND);
            }
            counters.increment(Counter.TCP_RESETS_RECEIVED);
            remove(h);
            return true;
        }
        if (s.isSyn())
        {
            // RFC 5961 section 4.2. A peer that has started anew answers the challenge with a reset that fits.
            acknowledge(h, nowNs);
            return drop(Counter.TCP_RX_DROP_BLIND);
        }
        if (!s.isAck())
        {
            return drop(Counter.TCP_RX_DROP_NO_ACK);
        }
        return arrivesAck(h, s, nowNs);
    }

    private boolean arrivesAck(final HalfOpen h, final Segment s, final long nowNs)
    {
        HalfOpen completed = h;
        if (s.ack != h.iss + 1)
        {
            // Between two SYNs of the peer the table may have had room again, and the first one's cookie may return.
            completed = isReturningCookie(h.listener, s, nowNs) ? cookieOf(h.listener, s, nowNs) : null;
            if (completed == null)
            {
                output.reject(s);
                return drop(Counter.TCP_RX_DROP_BAD_ACK);
            }
        }
        if (!h.listener.hasRoom())
        {
            if (h.listener.settings.resetOnOverflow)
            {
                remove(h);
            }
            return overflow(h.listener, s);
        }
        remove(h);
        return complete(completed, s, nowNs);
    }

    /**
     * The listener's user has not taken up what is there. As on Linux the acknowledgement is dropped: the client
     * believes it is connected, and we wait for room, our retransmission or its data; or it is reset, if so set.
     */
    private boolean overflow(final Listener listener, final Segment s)
    {
        counters.increment(Counter.TCP_ACCEPT_OVERFLOWS);
        if (listener.settings.resetOnOverflow)
        {
            output.reject(s);
        }
        return drop(Counter.TCP_RX_DROP_SYN_QUEUE_FULL);
    }

    /** RFC 9293 section 3.10.7.4, first check, with the window that our SYN,ACK offered. */
    private static boolean isAcceptable(final HalfOpen h, final Segment s)
    {
        final int window = ReceiveWindow.initial(h.listener.settings);
        final int rcvNxt = h.rcvNxt();
        final int length = s.sequenceLength();
        return length == 0 ?
            SeqNumber.inWindow(s.seq, rcvNxt, window) || s.seq == rcvNxt + window && !s.isRst() :
            SeqNumber.inWindow(s.seq, rcvNxt, window) ||
            SeqNumber.inWindow(s.seq + length - 1, rcvNxt, window) ||
            SeqNumber.lt(s.seq, rcvNxt) && SeqNumber.gt(s.seq + length, rcvNxt);
    }

    /** The handshake is complete: a connection, whose first segment this is. */
    private boolean complete(final HalfOpen h, final Segment s, final long nowNs)
    {
        final Destination destination = route(s);
        if (destination == null)
        {
            return drop(Counter.TCP_RX_DROP_NO_CONNECTION);
        }
        final Connection c = tcp.open(
            destination, h.localPort, h.remotePort, h.listener.settings, h.listener, null, h.iss, nowNs);
        c.state = TcpState.SYN_RECEIVED;
        c.irs = h.irs;
        c.rcvNxt = h.rcvNxt();
        h.replay(syn);
        input.negotiate(c, syn, h.createdNs);
        c.sndWnd = h.window;
        c.sndNxt = h.iss + 1;
        c.sending().add(h.iss, c.sndNxt, c.sndMss, h.sentNs);
        c.synRetransmits = h.retransmits;
        if (h.isRepeated || h.sentNs == 0)
        {
            // What comes back may have been caused by another one, or, of a cookie, nobody knows when it left.
            c.sent.resent(0, c.sndMss, h.sentNs);
        }
        c.rcvAdv = c.rcvNxt + ReceiveWindow.initial(c.settings);
        c.lastAckSent = c.rcvNxt;
        return input.segmentArrives(c, s, nowNs);
    }

    // ---- what is sent

    private void sendSynAck(final HalfOpen h, final Destination destination, final long nowNs)
    {
        final int stamp = Connection.clock(nowNs) + timestampOffset(h);
        h.isUnsent = !send(h, destination, h.iss, TcpHeader.SYN | TcpHeader.ACK, stamp);
        h.sentNs = nowNs;
    }

    private void repeatSynAck(final HalfOpen h, final long nowNs)
    {
        final Destination destination = route(h);
        if (destination == null)
        {
            return;
        }
        if (!h.isUnsent)
        {
            h.isRepeated = true;
            counters.increment(Counter.TCP_RETRANSMITTED_SEGMENTS);
        }
        sendSynAck(h, destination, nowNs);
    }

    private void schedule(final HalfOpen h, final long nowNs)
    {
        final TcpSettings settings = h.listener.settings;
        wheel.schedule(h, nowNs + (h.isUnsent ? RETRY_NS :
            Math.min(settings.maxRtoNs, (settings.initialRtoNs << Math.min(h.retransmits, MAX_BACKOFF)) +
                (h.retransmits == 0 ? 0 : settings.compatibility.rtoSlopNs))));
    }

    void onTimer(final HalfOpen h, final long nowNs)
    {
        if (nowNs - h.createdNs >= h.listener.settings.synReceivedTimeoutNs)
        {
            counters.increment(Counter.TCP_HALF_OPEN_TIMEOUTS);
            remove(h);
            return;
        }
        h.retransmits += h.isUnsent ? 0 : 1;
        repeatSynAck(h, nowNs);
        schedule(h, nowNs);
    }

    /** An acknowledgement that says where we are: for what is not acceptable, and for challenges (RFC 5961). */
    private void acknowledge(final HalfOpen h, final long nowNs)
    {
        if (mayAnswer(h, nowNs))
        {
            final Destination destination = route(h);
            if (destination != null)
            {
                counters.increment(Counter.TCP_TX_CHALLENGE_ACKS);
                send(h, destination, h.iss + 1, TcpHeader.ACK, Connection.clock(nowNs) + timestampOffset(h));
            }
        }
    }

    private static boolean mayAnswer(final HalfOpen h, final long nowNs)
    {
        if (nowNs < h.nextAckNs)
        {
            return false;
        }
        h.nextAckNs = nowNs + h.listener.settings.invalidAckIntervalNs;
        return true;
    }

    private boolean send(
        final HalfOpen h, final Destination destination, final int seq, final int flags, final int tsVal)
    {
        final TcpSettings settings = h.listener.settings;
        final boolean isSyn = (flags & TcpHeader.SYN) != 0;
        final boolean offersMss = isSyn && !settings.compatibility.noOptions;
        final boolean scales = isSyn && h.windowScale >= 0;
        final boolean bringsCookie = isSyn && h.wantsFastOpenCookie;
        final boolean stamps = h.timestamps && (flags & TcpHeader.RST) == 0;
        final int headerLength = TcpHeader.MIN_LENGTH +
            (offersMss ? TcpOptions.MSS_LENGTH : 0) +
            (isSyn && h.sackPermitted ? TcpOptions.SACK_PERMITTED_LENGTH : 0) +
            (stamps ? TcpOptions.TIMESTAMPS_LENGTH : 0) +
            (scales ? TcpOptions.WINDOW_SCALE_LENGTH : 0) +
            (bringsCookie ? TcpOptions.fastOpenOptionLength(FastOpen.COOKIE_LENGTH) : 0);
        final int trafficClass = settings.trafficClass & ~Ecn.MASK;
        if (settings.hopLimit != 0)
        {
            destination.hopLimit(settings.hopLimit);
        }
        final TxFrame frame = ip.claim(destination, ProtocolNumber.TCP, trafficClass, headerLength, false);
        if (frame == null)
        {
            return false;
        }
        final UnsafeBuffer buffer = frame.buffer();
        final int at = ip.transportOffset();
        int option = at + TcpHeader.OPTIONS_OFFSET;
        if (offersMss)
        {
            option = TcpOptions.putMss(buffer, option, MaxSegmentSize.ours(settings, destination));
        }
        if (isSyn && h.sackPermitted)
        {
            option = TcpOptions.putSackPermitted(buffer, option);
        }
        if (stamps)
        {
            option = TcpOptions.putTimestamps(buffer, option, tsVal, h.tsRecent);
        }
        if (scales)
        {
            option = TcpOptions.putWindowScale(buffer, option, h.rcvWndShift());
        }
        if (bringsCookie)
        {
            TcpOptions.putFastOpen(buffer, option, tcp.fastOpen.cookie(h, h.createdNs), 0, FastOpen.COOKIE_LENGTH);
        }
        final int window = ReceiveWindow.initial(settings) >> (isSyn ? 0 : h.rcvWndShift());
        final int ece = isSyn && h.ecn ? TcpHeader.ECE : 0;
        OutgoingSegments.putHeader(
            buffer, at, h.localPort, h.remotePort, seq, h.rcvNxt(), headerLength, flags | ece, window);
        ip.commit(frame, TcpHeader.CHECKSUM_OFFSET, 0, headerLength);
        counters.increment(Counter.TCP_TX_SEGMENTS);
        return true;
    }

    private int timestampOffset(final HalfOpen h)
    {
        return h.timestamps ? isn.timestampOffset(h.localHi, h.localLo, h.remoteHi, h.remoteLo) : 0;
    }

    private Destination route(final Segment s)
    {
        return ip.route(
            s.packet.destinationHi(), s.packet.destinationLo(), s.packet.sourceHi(), s.packet.sourceLo());
    }

    private Destination route(final HalfOpen h)
    {
        return ip.route(h.localHi, h.localLo, h.remoteHi, h.remoteLo);
    }

    // ---- the table

    private void add(final HalfOpen h, final int hash)
    {
        tcp.addFlow(hash, h);
        halfOpen++;
        h.listener.halfOpen++;
        counters.set(Counter.TCP_HALF_OPEN, halfOpen);
    }

    /** Forgets it: the handshake is complete, or will never be. */
    void remove(final HalfOpen h)
    {
        wheel.cancel(h);
        tcp.removeFlow(h);
        halfOpen--;
        h.listener.halfOpen--;
        counters.set(Counter.TCP_HALF_OPEN, halfOpen);
    }

    /** Tells the peer that there will be no connection. */
    void reset(final HalfOpen h)
    {
        final Destination destination = route(h);
        if (destination != null && send(h, destination, h.iss + 1, TcpHeader.RST | TcpHeader.ACK, 0))
        {
            counters.increment(Counter.TCP_TX_RESETS);
        }
        remove(h);
    }

    private boolean drop(final Counter reason)
    {
        counters.increment(reason);
        return false;
    }
}
