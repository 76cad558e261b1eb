package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Ip;
import io.pnet.link.TxFrame;
import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The SYN of an active open, and the SYN,ACK of a simultaneous one or of what data in a SYN has opened (RFC 9293
 * section 3.5), with the options that are offered and, where the server has given us a cookie, the first data (RFC 7413
 * section 4.1). For what is half open at a listener {@link PassiveOpen} answers.
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class SynOutput
{
    private final Ip ip;
    private final Counters counters;
    private final OutgoingSegments segments;

    SynOutput(final Ip ip, final Counters counters, final OutgoingSegments segments)
    {
        this.ip = ip;
        this.counters = counters;
        this.segments = segments;
    }

    /**
     * Sends the SYN or SYN,ACK if none is in flight, or the one in flight is deemed lost.
     *
     * @return false when the link was full.
     */
    boolean send(final Connection c, final long nowNs)
    {
        final boolean isFirst = c.sent.isEmpty();
        if (!isFirst && !c.sent.is(0, SentSegments.LOST))
        {
            return true;
        }
        final boolean isReply = c.state == TcpState.SYN_RECEIVED;
        final boolean offerAny = !c.settings.compatibility.noOptions;
        final boolean offerScale = isReply ? c.windowScaling : offerAny && c.settings.windowScaling;
        final boolean offerSack = isReply ? c.sackPermitted : offerAny && c.settings.sack;
        final boolean offerTimestamps = isReply ? c.timestamps : offerAny && c.settings.timestamps;
        final int optionsLength = (offerAny ? TcpOptions.MSS_LENGTH : 0) +
            (offerScale ? TcpOptions.WINDOW_SCALE_LENGTH : 0) +
            (offerSack ? TcpOptions.SACK_PERMITTED_LENGTH : 0) +
            (offerTimestamps ? TcpOptions.TIMESTAMPS_LENGTH : 0);
        final boolean triesFastOpen = isFirst && !isReply && offerAny && c.settings.fastOpen;
        final FastOpen.Server server = triesFastOpen ? c.tcp.fastOpen.find(c) : null;
        c.hasTriedFastOpen |= triesFastOpen && !FastOpen.isDisabled(server, nowNs);
        final boolean hasFastOpen = triesFastOpen && c.hasTriedFastOpen;
        final int cookieLength = hasFastOpen && server != null ? server.cookieLength : 0;
        final int fastOpenLength = hasFastOpen ? TcpOptions.fastOpenOptionLength(cookieLength) : 0;
        final int headerLength = TcpHeader.MIN_LENGTH + optionsLength + fastOpenLength;
        final int payload = cookieLength > 0 ? synPayload(c, server, headerLength) : 0;
        final TxFrame frame = segments.claim(c, headerLength + payload, false, 0);
        if (frame == null)
        {
            return false;
        }
        final UnsafeBuffer buffer = frame.buffer();
        final int at = ip.transportOffset();
        int option = at + TcpHeader.OPTIONS_OFFSET;
        if (hasFastOpen)
        {
            final long hi = server == null ? 0 : server.cookieHi;
            final long lo = server == null ? 0 : server.cookieLo;
            option = TcpOptions.putFastOpen(buffer, option, hi, lo, cookieLength);
        }
        if (payload > 0)
        {
            c.sendBuffer.copyTo(buffer, at + headerLength, 0, payload);
            counters.add(Counter.TCP_TX_COPIED_BYTES, payload);
            counters.increment(Counter.TCP_FAST_OPENS_SENT);
        }
        if (offerAny)
        {
            option = TcpOptions.putMss(buffer, option, c.rcvMss);
        }
        if (offerSack)
        {
            option = TcpOptions.putSackPermitted(buffer, option);
        }
        if (offerTimestamps)
        {
            option = TcpOptions.putTimestamps(buffer, option, c.timestamp(nowNs), isReply ? c.tsRecent : 0);
        }
        if (offerScale)
        {
            TcpOptions.putWindowScale(buffer, option, c.rcvWndShift);
        }
        // The window of a SYN is never scaled (RFC 7323 section 2.2).
        final int window = ReceiveWindow.initial(c.settings);
        OutgoingSegments.putHeader(
            buffer,
            at,
            c.localPort,
            c.remotePort,
            c.iss,
            isReply ? c.rcvNxt : 0,
            headerLength,
            (isReply ? TcpHeader.SYN | TcpHeader.ACK : TcpHeader.SYN) | c.ecn.synFlags(c, isFirst),
            window);
        ip.commit(frame, TcpHeader.CHECKSUM_OFFSET, 0, headerLength);
        counters.increment(Counter.TCP_TX_SEGMENTS);
        if (isReply)
        {
            // Data of ours that went before the handshake was complete may have offered more.
            c.rcvAdv = SeqNumber.max(c.rcvAdv, c.rcvNxt + window);
            c.ackNow = false;
            c.lastAckSent = c.rcvNxt;
        }
        if (isFirst)
        {
            c.sndNxt = c.iss + 1;
            c.sending().add(c.iss, c.sndNxt, c.sndMss, nowNs);
            if (payload > 0)
            {
                c.sending().add(c.sndNxt, c.sndNxt + payload, c.sndMss, nowNs);
                c.sndNxt += payload;
                c.synBytes = payload;
                c.bytesSent += payload;
                counters.add(Counter.TCP_TX_BYTES, payload);
            }
            c.progressNs = nowNs;
        }
        else
        {
            c.sent.unmarkLost(0);
            c.sent.resent(0, c.sndMss, nowNs);
            c.retransmittedSegments++;
            counters.increment(Counter.TCP_RETRANSMITTED_SEGMENTS);
        }
        c.retransmitAtNs = TcpTimers.synDeadlineNs(c, nowNs);
        return true;
    }

    /** What of the user's first bytes goes into the SYN: what is copied anyway, and fits what the server takes. */
    private static int synPayload(final Connection c, final FastOpen.Server server, final int headerLength)
    {
        final int room = Math.min(
            server.mss + TcpHeader.MIN_LENGTH, c.destination.pathMtu() - c.destination.headerLength()) - headerLength;
        final int most = Math.min(room, c.settings.copyLimit);
        return (int)Math.max(0, Math.min(most, Math.min(c.sendBuffer.written(), c.finOffset)));
    }
}
