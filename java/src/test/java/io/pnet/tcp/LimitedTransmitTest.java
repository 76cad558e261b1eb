package io.pnet.tcp;

import io.pnet.counters.Counter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** A new segment for each of the first two duplicates, so that there will be a third (RFC 3042). */
final class LimitedTransmitTest
{
    private static TcpPeer smallWindow(final boolean hasSack, final int peerWindow)
    {
        final TcpPeer peer =
            (hasSack ? new TcpPeer().establishedWithSack() : new TcpPeer().established()).measured();
        peer.send(ack(101).seq(1).window(peerWindow));
        peer.connection().window.cwnd = 3_000;
        peer.write(8_000);
        assertEquals(3, peer.all().size());
        peer.advanceMs(20);
        return peer;
    }

    private static Tcp duplicate(final boolean hasSack, final int nth, final int window)
    {
        final Tcp ack = ack(101).seq(1).window(window);
        return hasSack ? ack.sack(1_101, 1_101 + 1_000 * nth) : ack;
    }

    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void sendsANewSegmentForEachOfTheFirstTwoDuplicates(final boolean hasSack)
    {
        try (TcpPeer peer = smallWindow(hasSack, 65_535))
        {
            peer.send(duplicate(hasSack, 1, 65_535));
            peer.expect(data(3_101, 1_000));
            peer.nothingMore();
            peer.send(duplicate(hasSack, 2, 65_535));
            peer.expect(data(4_101, 1_000));
            peer.nothingMore();
            // The window itself is what it was.
            assertEquals(3_000, peer.connection().window.cwnd);
            peer.send(duplicate(hasSack, 3, 65_535));
            assertEquals(101, peer.next().seq);
            assertEquals(1, peer.count(Counter.TCP_FAST_RECOVERIES));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void sendsNoneThatThePeersWindowDoesNotTake(final boolean hasSack)
    {
        try (TcpPeer peer = smallWindow(hasSack, 3_000))
        {
            peer.send(duplicate(hasSack, 1, 3_000));
            peer.nothingMore();
        }
    }

    @Test
    void sendsNoneForWhatTellsNothingNew()
    {
        try (TcpPeer peer = smallWindow(true, 65_535))
        {
            // With SACK a duplicate without a block is not one (RFC 3042 section 3).
            peer.send(ack(101).seq(1));
            peer.nothingMore();
        }
    }
}
