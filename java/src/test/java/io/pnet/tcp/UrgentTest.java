package io.pnet.tcp;

import io.pnet.Must;
import io.pnet.link.MemoryLinkOptions;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static io.pnet.tcp.Tcp.ACK;
import static io.pnet.tcp.Tcp.URG;
import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static io.pnet.tcp.Tcp.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The urgent mechanism (RFC 9293 section 3.8.5). */
final class UrgentTest
{
    /** Notes how much was urgent at every call. */
    private static final class Listening implements TcpHandler
    {
        final List<Long> ahead = new ArrayList<>();
        final TcpHandler next;

        Listening(final TcpHandler next)
        {
            this.next = next;
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            return next.onReceive(connection, buffer, offset, length);
        }

        @Override
        public void onUrgent(final Connection connection)
        {
            ahead.add(connection.urgentAhead());
        }
    }

    private static Listening listen(final TcpPeer peer)
    {
        final Listening listening = new Listening(peer.user);
        peer.connection().handler(listening);
        return listening;
    }

    @Must({30, 32})
    @Test
    void noPointerValueHarmsAndTheDataIsInTheStream()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            int at = 1;
            for (final int pointer : new int[]{ 0, 1, 5, 10, 11, 65_535 })
            {
                peer.send(tcp(ACK | URG).seq(at).length(10).acks(1).urgent(pointer));
                at += 10;
            }
            assertEquals(60, peer.user.received.size());
            assertEquals(TcpState.ESTABLISHED, peer.state());
        }
    }

    @Must({32, 33, 62})
    @Test
    void tellsOfUrgentDataOnceAndAgainWhenThereIsMore()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final Listening user = listen(peer);
            // The pointer names the first byte that is not urgent any more: 20 bytes from here.
            peer.send(tcp(ACK | URG).seq(1).acks(1).urgent(20));
            assertEquals(List.of(20L), user.ahead);
            peer.send(tcp(ACK | URG).seq(1).length(5).acks(1).urgent(20));
            assertEquals(List.of(20L), user.ahead);
            assertEquals(15, peer.connection().urgentAhead());
            peer.send(tcp(ACK | URG).seq(6).length(5).acks(1).urgent(25));
            assertEquals(List.of(20L, 25L), user.ahead);
            peer.send(data(11, 30).acks(1));
            assertEquals(0, peer.connection().urgentAhead());
        }
    }

    @Must(31)
    @Test
    void takesUrgentDataOfAnyLengthAndCountsWhatIsUnread()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final Listening user = listen(peer);
            peer.user.isReadingInPlace = false;
            peer.send(tcp(ACK | URG).seq(1).length(1_400).acks(1).urgent(65_535));
            peer.send(tcp(ACK | URG).seq(1_401).length(1_400).acks(1).urgent(65_535));
            assertEquals(List.of(65_535L, 66_935L), user.ahead);
            assertEquals(66_935, peer.connection().urgentAhead());
            assertEquals(1_000, peer.user.read(1_000));
            assertEquals(65_935, peer.connection().urgentAhead());
        }
    }

    @Must(66)
    @Test
    void hearsOfUrgentDataThroughAClosedWindow()
    {
        final TcpSettings settings = new TcpSettings();
        settings.receiveBufferBytes = 1_000;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            final Listening user = listen(peer);
            peer.user.isReadingInPlace = false;
            peer.send(data(1, 1_000).acks(1));
            peer.advanceMs(100);
            peer.forget();
            peer.send(tcp(ACK | URG).seq(1_001).length(1).acks(1).urgent(100));
            assertEquals(List.of(1_100L), user.ahead);
            peer.expect(ack(1_001).window(0));
        }
    }

    @Must({30, 62})
    @Test
    void saysWhereTheUrgentDataEndsUntilItIsBehind()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(1_500);
            peer.connection().markUrgent();
            peer.forget();
            peer.write(1_500);
            peer.send(ack(1_001).seq(1));
            peer.forget();
            // Nothing is acknowledged any more: the first that is retransmitted starts within the urgent data.
            peer.advanceMs(2_000);
            final Tcp.Seen again = peer.next();
            assertEquals(1_001, again.seq);
            assertTrue((again.flags & URG) != 0, again::toString);
            assertEquals(500, again.urgent);
            peer.send(ack(3_001).seq(1));
            peer.forget();
            peer.write(100);
            peer.expect(data(3_001, 100));
        }
    }

    @Must(31)
    @Test
    void marksEverySegmentOnALinkThatTakesLargeFrames()
    {
        final MemoryLinkOptions large = new MemoryLinkOptions().txOffload(true);
        try (TcpPeer peer = new TcpPeer(new TcpSettings(), large, false).established(syn().mss(1_000)))
        {
            peer.send(ack(1).seq(1).window(0));
            peer.write(3_000);
            peer.connection().markUrgent();
            peer.send(ack(1).seq(1).window(60_000));
            peer.expect(
                tcp(ACK | URG).seq(1).length(1_000).urgent(3_000),
                tcp(ACK | URG).seq(1_001).length(1_000).urgent(2_000),
                tcp(ACK | URG).seq(2_001).length(1_000).urgent(1_000));
        }
    }
}
