package io.pnet.tcp;

import org.junit.jupiter.api.Test;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.tcp;
import static io.pnet.wire.TcpHeader.ACK;
import static io.pnet.wire.TcpHeader.PSH;

/** When not to delay acknowledgements: where the peer has lost something, and waits for every one of them. */
final class QuickAcksTest
{
    private static final int LIMIT = 16;

    /** The first segment has come, and its acknowledgement was delayed. */
    private static TcpPeer peer(final TcpSettings settings)
    {
        final TcpPeer peer = new TcpPeer(settings).established();
        peer.send(data(1, 1_000).acks(1));
        peer.nothingMore();
        peer.advanceMs(40);
        peer.expect(ack(1_001));
        return peer;
    }

    @Test
    void acknowledgesAtOnceAfterWhatItHadAlready()
    {
        try (TcpPeer peer = peer(new TcpSettings()))
        {
            peer.send(data(1, 1_000).acks(1));
            peer.expect(ack(1_001));
            // That was one of sixteen.
            for (int i = 1; i < LIMIT; i++)
            {
                peer.send(data(901 + 100 * i, 100).acks(1));
                peer.expect(ack(1_001 + 100 * i));
            }
            peer.send(data(901 + 100 * LIMIT, 100).acks(1));
            peer.nothingMore();
            peer.advanceMs(40);
            peer.expect(ack(1_001 + 100 * LIMIT));
        }
    }

    @Test
    void acknowledgesAtOnceAfterWhatItHadInPart()
    {
        try (TcpPeer peer = peer(new TcpSettings()))
        {
            peer.send(data(501, 1_000).acks(1));
            peer.expect(ack(1_501));
            peer.send(data(1_501, 100).acks(1));
            peer.expect(ack(1_601));
        }
    }

    @Test
    void acknowledgesAtOnceWhenTheStreamHasStoodStillForATimeout()
    {
        try (TcpPeer peer = peer(new TcpSettings()))
        {
            peer.advanceMs(100);
            peer.send(data(1_001, 100).acks(1));
            peer.nothingMore();
            peer.advanceMs(40);
            peer.expect(ack(1_101));
            peer.advanceMs(500);
            peer.send(data(1_101, 100).acks(1));
            peer.expect(ack(1_201));
            peer.send(data(1_201, 100).acks(1));
            peer.expect(ack(1_301));
        }
    }

    @Test
    void letsTheAnswerOfADialogueCarryTheAcknowledgement()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(data(1, 100).acks(1));
            peer.write(50);
            peer.expect(data(1, 50).acks(101));
            peer.advanceMs(10);
            peer.send(ack(51).seq(101));
            peer.advanceMs(1_000);
            peer.send(data(101, 100).acks(51));
            peer.nothingMore();
            peer.write(50);
            peer.expect(data(51, 50).acks(201));
        }
    }

    @Test
    void aGapOfATimeoutIsNoDialogue()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(data(1, 100).acks(1));
            peer.write(50);
            peer.expect(data(1, 50).acks(101));
            peer.advanceMs(10);
            peer.send(ack(51).seq(101));
            peer.send(data(201, 100).acks(51));
            peer.expect(ack(101));
            peer.advanceMs(500);
            peer.send(data(101, 100).acks(51));
            peer.expect(ack(301));
            peer.send(data(301, 100).acks(51));
            peer.expect(ack(401));
        }
    }

    /** A peer that only sends, a segment at a time: Nagle's algorithm waits for each acknowledgement. */
    @Test
    void acknowledgesAtOnceWhatIsPushedAfterOneWaitedInVain()
    {
        try (TcpPeer peer = peer(new TcpSettings()))
        {
            for (int i = 0; i < 2 * LIMIT; i++)
            {
                peer.send(tcp(ACK | PSH).seq(1_001 + 100 * i).length(100).acks(1));
                peer.expect(ack(1_101 + 100 * i));
            }
        }
    }

    @Test
    void delaysAgainAfterAnAnswer()
    {
        try (TcpPeer peer = peer(new TcpSettings()))
        {
            peer.send(tcp(ACK | PSH).seq(1_001).length(100).acks(1));
            peer.expect(ack(1_101));
            peer.write(50);
            peer.expect(data(1, 50).acks(1_101));
            peer.send(tcp(ACK | PSH).seq(1_101).length(100).acks(51));
            peer.nothingMore();
            peer.write(50);
            peer.expect(data(51, 50).acks(1_201));
        }
    }

    @Test
    void doesNothingOfThatWhereNewConnectionsDoNot()
    {
        final TcpSettings settings = new TcpSettings();
        settings.compatibility.quickAcks = 0;
        try (TcpPeer peer = peer(settings))
        {
            peer.advanceMs(500);
            peer.send(data(1_001, 100).acks(1));
            peer.nothingMore();
            peer.advanceMs(40);
            peer.expect(ack(1_101));
            peer.send(tcp(ACK | PSH).seq(1_101).length(100).acks(1));
            peer.nothingMore();
        }
    }
}
