package io.pnet.tcp;

import org.junit.jupiter.api.Test;

import static io.pnet.tcp.Tcp.RST;
import static io.pnet.tcp.Tcp.ACK;
import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/** Settings that are changed on a running connection. */
final class SettingsChangeTest
{
    @Test
    void nagleTurnedOffSendsWhatItHeldBack()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(10);
            peer.expect(data(1, 10));
            peer.write(10);
            peer.nothingMore();
            peer.connection().changeSettings(settings -> settings.noDelay = true);
            peer.cycle();
            peer.expect(data(11, 10));
            peer.write(10);
            peer.expect(data(21, 10));
        }
    }

    @Test
    void whatIsWantedIsDoneInOrderBeforeWhatIsWrittenNext()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(10);
            peer.expect(data(1, 10));
            peer.connection().wantSettings(settings -> settings.noDelay = false);
            peer.connection().wantSettings(settings -> settings.noDelay = true);
            assertFalse(peer.connection().settings().noDelay);
            peer.write(10);
            peer.expect(data(11, 10));
            peer.connection().wantSettings(settings -> settings.noDelay = false);
            peer.write(10);
            peer.nothingMore();
            peer.connection().wantSettings(settings -> settings.noDelay = true);
            peer.cycle();
            peer.expect(data(21, 10));
        }
    }

    @Test
    void keepAliveIsTurnedOnChangedAndTurnedOff()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.advanceMs(50_000);
            peer.connection().changeSettings(settings ->
            {
                settings.keepAlive = true;
                settings.keepAliveIdleNs = 60_000 * TcpPeer.MS;
                settings.keepAliveIntervalNs = 5_000 * TcpPeer.MS;
                settings.keepAliveProbes = 2;
            });
            // Idle since the handshake, not since now.
            peer.advanceMs(9_000);
            peer.nothingMore();
            peer.advanceMs(1_100);
            peer.expect(ack(1).seq(0).length(0));
            peer.send(ack(1).seq(1));
            // Sooner than the deadline that was set by the answer.
            peer.connection().changeSettings(settings -> settings.keepAliveIdleNs = 10_000 * TcpPeer.MS);
            peer.advanceMs(10_100);
            peer.expect(ack(1).seq(0));
            peer.connection().changeSettings(settings -> settings.keepAlive = false);
            peer.advanceMs(100_000);
            peer.nothingMore();
            peer.connection().changeSettings(settings -> settings.keepAlive = true);
            // Idle for longer than that already.
            peer.advanceMs(10);
            peer.expect(ack(1).seq(0));
            peer.advanceMs(5_000);
            peer.expect(ack(1).seq(0));
            peer.advanceMs(5_000);
            peer.expect(tcp(RST | ACK).seq(1));
            assertEquals(CloseReason.TIMED_OUT, peer.user.reason);
        }
    }

    @Test
    void theSendBufferTakesASizeAndGivesMemoryBack()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final Connection c = peer.connection();
            final long others = c.tcp.sendBudget.granted() - c.sendBufferBytes();
            c.changeSettings(settings -> settings.sendBufferBytes = 10_000);
            assertEquals(10_000, c.writable());
            assertEquals(others + 10_000, c.tcp.sendBudget.granted());
            peer.write(8_000);
            c.changeSettings(settings -> settings.sendBufferBytes = 4_000);
            // What was taken stays, and there is no room until it is sent.
            assertEquals(0, c.writable());
            assertEquals(8_000, c.unacknowledged());
            c.changeSettings(settings -> settings.sendBufferBytes = 1_000_000);
            assertEquals(992_000, c.writable());
            c.abort();
            peer.cycle();
            assertEquals(others, c.tcp.sendBudget.granted());
        }
    }

    @Test
    void theReceiveBufferTakesASizeAndTheWindowFollows()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.connection().changeSettings(settings -> settings.receiveBufferBytes = 40_000);
            assertEquals(40_000, peer.connection().receiveBufferBytes());
            // The right edge stays where it was: what was offered is kept, and no more is before it is used up.
            peer.send(data(1, 1_000).acks(1));
            peer.send(data(1_001, 1_000).acks(1));
            peer.expect(ack(2_001).window(65_535 - 2_000));
        }
    }

    @Test
    void quickAckIsTurnedOnAndOff()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(data(1, 100).acks(1));
            peer.nothingMore();
            peer.connection().quickAck(true);
            peer.cycle();
            peer.expect(ack(101));
            peer.send(data(101, 100).acks(1));
            peer.expect(ack(201));
            peer.connection().quickAck(false);
            peer.send(data(201, 100).acks(1));
            peer.nothingMore();
            peer.advanceMs(40);
            peer.expect(ack(301));
        }
    }
}
