package io.pnet.tcp;

/**
 * What a connection knows of itself at one moment, as Linux's TCP_INFO. Times in ns, sizes in bytes.
 *
 * @param state                 RFC 9293's name.
 * @param rttNs                 smoothed round-trip time, 0 before the first measurement.
 * @param rttvarNs              its variation.
 * @param minRttNs              the smallest of the last minutes, 0 before the first measurement.
 * @param rtoNs                 retransmission time-out now.
 * @param cwnd                  congestion window.
 * @param ssthresh              slow start threshold.
 * @param sndWnd                the peer's receive window.
 * @param rcvWnd                our receive window as advertised.
 * @param mss                   largest payload of a segment we send.
 * @param pathMtu               largest IP packet on the path.
 * @param inFlight              bytes sent and neither acknowledged nor deemed lost.
 * @param unacknowledged        bytes written and not acknowledged, sent or not.
 * @param unread                bytes received and not read.
 * @param bytesSent             payload bytes ever sent, retransmissions not counted.
 * @param bytesReceived         payload bytes ever received in order.
 * @param retransmittedSegments segments ever sent again.
 * @param retransmittedBytes    bytes ever sent again.
 * @param pacingRate            payload is sent no faster than so many bytes a second; 0: it is not paced.
 * @param deliveryRate          bytes a second that arrived over the last round trip measured; 0 before the first.
 * @param isAppLimited          whether the application sent too little for that to be the path's.
 * @param delivered             bytes known to have arrived, cumulatively or selectively.
 * @param lost                  bytes ever deemed lost, as often as they were.
 * @param unsent                bytes written and never sent.
 * @param outOfOrder            bytes received behind a gap.
 * @param busyNs                time with something to send or unacknowledged, of which
 * @param rwndLimitedNs         the peer's receive window was in the way, or
 * @param sndbufLimitedNs       the send buffer was full and all of it sent.
 * @param timeouts              retransmission time-outs.
 * @param isEcn                 whether both sides use explicit congestion notification.
 * @param ecnMarks              segments that arrived with a congestion mark.
 * @param ecnReductions         windows reduced because the peer reported one.
 * @param congestionControl     name of the algorithm.
 * @param recovery              phase of loss recovery: OPEN, RECOVERY or LOSS.
 */
public record TcpInfo(
    TcpState state,
    long rttNs,
    long rttvarNs,
    long minRttNs,
    long rtoNs,
    int cwnd,
    int ssthresh,
    int sndWnd,
    int rcvWnd,
    int mss,
    int pathMtu,
    int inFlight,
    int unacknowledged,
    int unread,
    long bytesSent,
    long bytesReceived,
    long retransmittedSegments,
    long retransmittedBytes,
    long pacingRate,
    long deliveryRate,
    boolean isAppLimited,
    long delivered,
    long lost,
    int unsent,
    int outOfOrder,
    long busyNs,
    long rwndLimitedNs,
    long sndbufLimitedNs,
    long timeouts,
    boolean isEcn,
    long ecnMarks,
    long ecnReductions,
    String congestionControl,
    String recovery)
{
    static TcpInfo of(final Connection c)
    {
        final long minRtt = c.rtt.minNs();
        return new TcpInfo(
            c.state,
            c.rtt.srttNs(),
            c.rtt.rttvarNs(),
            minRtt == Long.MAX_VALUE ? 0 : minRtt,
            c.rtt.rtoNs(),
            c.window.cwnd,
            c.window.ssthresh,
            c.sndWnd,
            c.rcvWnd(),
            c.sndMss,
            c.destination.pathMtu(),
            c.inFlight(),
            c.sendBuffer.pending(),
            c.receiveQueue.unread(),
            c.bytesSent,
            c.bytesReceived,
            c.retransmittedSegments,
            c.retransmittedBytes,
            Pacer.rate(c),
            c.rate.rate(),
            c.rate.isAppLimited(),
            c.window.delivered,
            c.everLostBytes(),
            unsent(c),
            c.reassembly.bytes(),
            c.sendTime.busyNs(c.tcp.nowNs()),
            c.sendTime.limitedNs(SendTime.State.RWND_LIMITED, c.tcp.nowNs()),
            c.sendTime.limitedNs(SendTime.State.SNDBUF_LIMITED, c.tcp.nowNs()),
            c.rtoTimeouts,
            c.ecn.isAgreed(),
            c.ecn.marks(),
            c.ecn.reductions(),
            c.congestion.name(),
            c.recovery.phase.name());
    }

    private static int unsent(final Connection c)
    {
        final long end = Math.min(c.sendBuffer.written(), c.finOffset);
        return (int)Math.max(0, Math.min(c.sendBuffer.pending(), end - Math.max(0, c.offsetOf(c.sndNxt))));
    }
}
