package io.pnet.tcp;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.util.List;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** What connections do with a link that takes no more for now. */
final class FullLinkTest
{
    @Test
    void connectionsHaveTheRoomOfAFullLinkInTurns()
    {
        try (TcpPeer peer = new TcpPeer())
        {
            peer.isPayloadChecked = false;
            peer.listen();
            for (int port = 1_000; port < 1_003; port++)
            {
                peer.send(syn().mss(1_000).sourcePort(port));
                peer.next();
                peer.send(ack(1).seq(1).window(65_535).sourcePort(port));
            }
            peer.isLinkFull = true;
            for (final TcpPeer.User each : peer.accepted)
            {
                each.connection.write(new UnsafeBuffer(new byte[8_000]), 0, 8_000);
            }
            peer.cycle();
            peer.isLinkFull = false;
            for (int i = 0; i < 9; i++)
            {
                peer.linkRoom = 2;
                peer.advanceMs(1);
                final List<Tcp.Seen> sent = peer.all();
                assertEquals(2, sent.size(), "round " + i);
                assertEquals(1_000 + i % 3, sent.get(0).destinationPort, "round " + i);
                assertEquals(1_000 + i % 3, sent.get(1).destinationPort, "round " + i);
            }
        }
    }

    @Test
    void shortWritesOfAStreamJoinWhileTheLinkIsFull()
    {
        final TcpSettings settings = new TcpSettings();
        settings.noDelay = true;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            peer.isLinkCongested = true;
            // Nothing of this connection is under way: waiting would gain nothing.
            peer.write(10);
            peer.expect(data(1, 10));
            peer.write(20);
            peer.write(30);
            peer.nothingMore();
            // Full segments are as good now as later.
            peer.write(980);
            peer.expect(data(11, 1_000));
            peer.nothingMore();
            peer.isLinkCongested = false;
            peer.advanceMs(1);
            peer.expect(data(1_011, 30));
            peer.nothingMore();
        }
    }

    @Test
    void theLastWordIsNotHeldBack()
    {
        final TcpSettings settings = new TcpSettings();
        settings.noDelay = true;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            peer.isLinkCongested = true;
            peer.write(10);
            peer.expect(data(1, 10));
            peer.writeAndShutdown(20);
            peer.expect(Tcp.tcp(Tcp.FIN | Tcp.ACK).seq(11).length(20));
        }
    }

    @Test
    void goesOnWhenWhatWasUnderWayHasArrived()
    {
        final TcpSettings settings = new TcpSettings();
        settings.noDelay = true;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            peer.isLinkCongested = true;
            peer.write(10);
            peer.expect(data(1, 10));
            peer.write(20);
            peer.nothingMore();
            peer.send(ack(11).seq(1));
            peer.expect(data(11, 20));
        }
    }
}
