package io.pnet.tcp;

import io.pnet.link.MemoryLinkOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;

/** Nagle's algorithm (RFC 9293 section 3.7.4): what it holds back is the last, short segment and nothing before it. */
final class NagleTest
{
    private static final int MSS = 1_000;

    private static final long NEAR_NS = TcpPeer.MS / 10;
    private static final long FAR_NS = 10 * TcpPeer.MS;

    /** With something in flight and a window that is in nobody's way. */
    private static TcpPeer busy(final boolean hasOffload, final long rttNs, final int inFlight)
    {
        final MemoryLinkOptions link = new MemoryLinkOptions().txOffload(hasOffload);
        final TcpPeer peer = new TcpPeer(new TcpSettings(), link, false).established();
        peer.connection().window.cwnd(60 * MSS);
        peer.connection().window.minRttNs = rttNs;
        peer.connection().window.srttNs = rttNs;
        for (int i = 0; i < inFlight; i++)
        {
            peer.write(MSS);
            peer.expect(data(1 + i * MSS, MSS));
        }
        return peer;
    }

    private static void expectSegments(final TcpPeer peer, final int first, final int count)
    {
        for (int i = first; i < first + count; i++)
        {
            peer.expect(data(1 + i * MSS, MSS));
        }
    }

    @ParameterizedTest
    @CsvSource({
        // One segment alone may be acknowledged late.
        "1, 2, false, near", "1, 2, true, near", "1, 3, true, near", "1, 8, true, near",
        // As many as go there in a millisecond would make a frame.
        "40, 5, true, far"})
    void fullSegmentsGoAtOnceAndTheRestWithTheAcknowledgement(
        final int inFlight, final int segments, final boolean hasOffload, final String where)
    {
        try (TcpPeer peer = busy(hasOffload, where.equals("near") ? NEAR_NS : FAR_NS, inFlight))
        {
            peer.write(segments * MSS + 500);
            expectSegments(peer, inFlight, segments);
            peer.nothingMore();
            final int all = 1 + (inFlight + segments) * MSS;
            peer.send(ack(all).seq(1));
            peer.expect(data(all, 500));
            peer.nothingMore();
        }
    }

    /** Whose acknowledgement comes at once: the frame has grown by then. */
    @Test
    void whatIsWrittenToANearPeerJoinsWhileItAcknowledges()
    {
        try (TcpPeer peer = busy(true, NEAR_NS, 2))
        {
            peer.write(2 * MSS + 500);
            peer.nothingMore();
            peer.write(2 * MSS + 400);
            peer.nothingMore();
            peer.send(ack(1 + MSS).seq(1));
            expectSegments(peer, 2, 4);
            peer.nothingMore();
        }
    }
}
