package io.pnet.tcp;

import io.pnet.counters.Counter;
import org.junit.jupiter.api.Test;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Windows of a gibibyte, the most that there are (RFC 7323 section 2.3): half of what sequence numbers can tell. */
final class LargeWindowTest
{
    private static final int LARGEST = 0xFFFF << 14;

    private static TcpPeer established()
    {
        final TcpSettings settings = new TcpSettings();
        settings.receiveBufferBytes = 1 << 30;
        settings.noDelay = true;
        final TcpPeer peer = new TcpPeer(settings).listen();
        peer.send(syn().mss(1_000).scale(14).sackPermitted());
        peer.expect(Tcp.tcp(Tcp.SYN | Tcp.ACK).scale(14));
        peer.send(ack(1).seq(1).window(65_535));
        assertEquals(TcpState.ESTABLISHED, peer.state());
        return peer;
    }

    @Test
    void offersTheLargestWindowThereIs()
    {
        try (TcpPeer peer = established())
        {
            peer.send(data(1, 100).acks(1));
            final Tcp.Seen reply = peer.next();
            assertTrue(reply.matches(ack(101)), reply::toString);
            assertEquals(reply.window << 14, peer.connection().rcvWnd());
            assertTrue(peer.connection().rcvWnd() > 0);
        }
    }

    @Test
    void takesWhatLiesAtTheFarEndOfItsWindowAndNothingBehind()
    {
        try (TcpPeer peer = established())
        {
            peer.send(data(1, 100).acks(1));
            peer.forget();
            final int edge = 101 + peer.connection().rcvWnd();
            final long unacceptable = peer.count(Counter.TCP_RX_DROP_UNACCEPTABLE);
            peer.send(data(edge - 100, 100).acks(1));
            assertEquals(unacceptable, peer.count(Counter.TCP_RX_DROP_UNACCEPTABLE));
            assertEquals(1, peer.count(Counter.TCP_RX_OUT_OF_ORDER));
            peer.expect(ack(101));
            peer.send(data(edge, 100).acks(1));
            assertEquals(unacceptable + 1, peer.count(Counter.TCP_RX_DROP_UNACCEPTABLE));
            peer.expect(ack(101));
        }
    }

    @Test
    void sendsIntoTheLargestWindow()
    {
        try (TcpPeer peer = established())
        {
            peer.send(ack(1).seq(1).window(65_535));
            assertEquals(LARGEST, peer.connection().info().sndWnd());
            int at = 1;
            for (int i = 0; i < 20; i++)
            {
                peer.write(10_000);
                while (at < 1 + 10_000 * (i + 1))
                {
                    for (final Tcp.Seen each : peer.all())
                    {
                        at = Math.max(at, each.seq + each.length);
                    }
                    peer.send(ack(at).seq(1).window(65_535));
                }
            }
            peer.forget();
            assertEquals(LARGEST, peer.connection().info().sndWnd());
            assertEquals(200_000, peer.connection().info().bytesSent());
            // An acknowledgement from before the window is none (RFC 5961 section 5).
            final long bad = peer.count(Counter.TCP_RX_DROP_BAD_ACK);
            peer.send(ack(at - LARGEST - 1).seq(1).window(0));
            peer.send(ack(at + 1).seq(1).window(0));
            assertEquals(bad + 2, peer.count(Counter.TCP_RX_DROP_BAD_ACK));
            assertEquals(LARGEST, peer.connection().info().sndWnd());
        }
    }
}
