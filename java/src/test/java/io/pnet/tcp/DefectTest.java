package io.pnet.tcp;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** What is thrown where nothing should be, be it the machine's error, ends the connection it shows in and no other. */
final class DefectTest
{
    private static final int FIRST_PORT = 1_000;
    private static final int LENGTH = 100;

    private static TcpPeer with(final int connections)
    {
        final TcpPeer peer = new TcpPeer();
        peer.isPayloadChecked = false;
        peer.listen();
        for (int i = 0; i < connections; i++)
        {
            peer.send(syn().mss(1_000).sourcePort(FIRST_PORT + i));
            peer.next();
            peer.send(ack(1).seq(1).window(65_535).sourcePort(FIRST_PORT + i));
        }
        peer.forget();
        return peer;
    }

    private static Connection connection(final TcpPeer peer, final int index)
    {
        return peer.accepted.get(index).connection;
    }

    private static void write(final TcpPeer peer, final int index)
    {
        assertEquals(LENGTH, connection(peer, index).write(new UnsafeBuffer(new byte[LENGTH]), 0, LENGTH));
    }

    private static void assertServed(final TcpPeer peer, final int index)
    {
        final Tcp.Seen sent = peer.next();
        assertEquals(FIRST_PORT + index, sent.destinationPort, sent::toString);
        assertEquals(LENGTH, sent.length, sent::toString);
    }

    private static void assertFirstEndsAndOthersAreServed(final TcpPeer peer)
    {
        peer.cycle();
        assertEquals(CloseReason.ABORTED, peer.accepted.get(0).reason);
        assertServed(peer, 1);
        assertServed(peer, 2);
        peer.nothingMore();
    }

    @Test
    void inOutput()
    {
        try (TcpPeer peer = with(3))
        {
            for (int i = 0; i < 3; i++)
            {
                write(peer, i);
            }
            peer.linkError = new StackOverflowError("in output");
            assertFirstEndsAndOthersAreServed(peer);
        }
    }

    @Test
    void inARequestOfTheUsers()
    {
        try (TcpPeer peer = with(3))
        {
            connection(peer, 0).abort();
            write(peer, 1);
            write(peer, 2);
            peer.linkError = new StackOverflowError("in a request");
            assertFirstEndsAndOthersAreServed(peer);
        }
    }

    @Test
    void inATimer()
    {
        try (TcpPeer peer = with(1))
        {
            write(peer, 0);
            assertServed(peer, 0);
            peer.linkError = new StackOverflowError("in a timer");
            // The tail loss probe, or what follows it.
            peer.advanceMs(5_000);
            assertEquals(CloseReason.ABORTED, peer.accepted.get(0).reason);
            peer.nothingMore();
        }
    }
}
