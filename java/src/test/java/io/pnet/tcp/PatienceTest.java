package io.pnet.tcp;

import io.pnet.counters.Counter;
import org.junit.jupiter.api.Test;

import java.util.List;

import static io.pnet.tcp.Tcp.ACK;
import static io.pnet.tcp.Tcp.FIN;
import static io.pnet.tcp.Tcp.RST;
import static io.pnet.tcp.Tcp.SYN;
import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static io.pnet.tcp.Tcp.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** How long a connection goes on with a peer that says nothing, or always the same, and how often it answers. */
final class PatienceTest
{
    private static final long HOUR_MS = 3_600_000;

    private static TcpSettings userTimeout(final int seconds)
    {
        final TcpSettings settings = new TcpSettings();
        settings.userTimeoutNs = seconds * 1_000 * TcpPeer.MS;
        return settings;
    }

    /** Answers every segment of the stack's with a shut window, for so long. */
    private static int keepShut(final TcpPeer peer, final int acks, final long durationMs)
    {
        int answered = 0;
        for (long ms = 0; ms < durationMs && peer.stack.tcp().connectionCount() > 0; ms += 100)
        {
            peer.advanceMs(100);
            final List<Tcp.Seen> seen = peer.all();
            for (final Tcp.Seen each : seen)
            {
                if ((each.flags & RST) == 0)
                {
                    peer.send(ack(acks).seq(1).window(0));
                    answered++;
                }
            }
        }
        return answered;
    }

    @Test
    void aWindowThatIsShutStaysShutAsLongAsProbesAreAnswered()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(ack(1).seq(1).window(0));
            peer.write(100);
            assertTrue(keepShut(peer, 1, HOUR_MS) > 50);
            assertEquals(TcpState.ESTABLISHED, peer.state());
            peer.send(ack(1).seq(1).window(1_000));
            peer.forget();
            peer.advanceMs(61_000);
            assertEquals(TcpState.ESTABLISHED, peer.state());
        }
    }

    @Test
    void aUserTimeoutEndsAWindowThatStaysShutAlthoughProbesAreAnswered()
    {
        try (TcpPeer peer = new TcpPeer(userTimeout(30)).established())
        {
            peer.send(ack(1).seq(1).window(0));
            peer.write(100);
            keepShut(peer, 1, 29_000);
            assertNull(peer.user.reason);
            keepShut(peer, 1, 60_000);
            assertEquals(CloseReason.TIMED_OUT, peer.user.reason);
            assertEquals(1, peer.count(Counter.TCP_TIMEOUTS));
        }
    }

    @Test
    void aUserTimeoutEndsWhatIsNotAcknowledged()
    {
        try (TcpPeer peer = new TcpPeer(userTimeout(10)).established())
        {
            peer.write(100);
            peer.advanceMs(9_900);
            assertNull(peer.user.reason);
            peer.advanceMs(10_000);
            assertEquals(CloseReason.TIMED_OUT, peer.user.reason);
        }
    }

    @Test
    void aUserTimeoutEndsWhatDoesNotAnswerKeepalives()
    {
        final TcpSettings settings = userTimeout(20);
        settings.keepAlive = true;
        settings.keepAliveIdleNs = 10_000 * TcpPeer.MS;
        settings.keepAliveIntervalNs = 5_000 * TcpPeer.MS;
        settings.keepAliveProbes = 100;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            peer.advanceMs(19_900);
            assertNull(peer.user.reason);
            peer.advanceMs(200);
            assertEquals(CloseReason.TIMED_OUT, peer.user.reason);
        }
    }

    @Test
    void withoutAUserTimeoutR2IsAQuarterOfAnHour()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(100);
            peer.advanceMs(890_000);
            assertNull(peer.user.reason);
            peer.advanceMs(130_000);
            assertEquals(CloseReason.TIMED_OUT, peer.user.reason);
        }
    }

    @Test
    void whatItsUserHasClosedDoesNotWaitForAShutWindowForEver()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(ack(1).seq(1).window(0));
            peer.write(100);
            peer.close(peer.connection());
            keepShut(peer, 1, 99_000);
            assertNull(peer.user.reason);
            assertEquals(1, peer.stack.tcp().connectionCount());
            final Connection c = peer.connection();
            final boolean[] isReset = { false };
            for (int s = 0; s < 200 && c.state() != TcpState.CLOSED; s++)
            {
                peer.advanceMs(1_000);
                for (final Tcp.Seen each : peer.all())
                {
                    isReset[0] |= (each.flags & RST) != 0;
                    if ((each.flags & RST) == 0)
                    {
                        peer.send(ack(1).seq(1).window(0));
                    }
                }
            }
            assertTrue(isReset[0]);
            assertEquals(0, peer.stack.tcp().connectionCount());
            assertEquals(0, peer.stack.smallChunks().inUse() + peer.stack.largeChunks().inUse());
            assertEquals(1, peer.count(Counter.TCP_ORPHANS_RESET));
        }
    }

    @Test
    void whatItsUserHasClosedDoesNotRetransmitForAQuarterOfAnHour()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(100);
            peer.close(peer.connection());
            peer.advanceMs(100_000);
            assertNull(peer.user.reason);
            peer.advanceMs(120_000);
            assertEquals(CloseReason.TIMED_OUT, peer.user.reason);
            assertEquals(1, peer.count(Counter.TCP_ORPHANS_RESET));
        }
    }

    @Test
    void resetsWhatIsClosedBeyondTheOrphansThatAreKept()
    {
        final TcpSettings settings = new TcpSettings();
        settings.maxOrphans = 2;
        try (TcpPeer peer = new TcpPeer(settings).listen())
        {
            int second = 0;
            for (int i = 0; i < 4; i++)
            {
                peer.peerPort = 1_000 + i;
                peer.send(syn());
                peer.expect(tcp(SYN | ACK));
                second = i == 1 ? peer.stackIss : second;
                peer.send(ack(1).seq(1));
                peer.close(peer.accepted.get(i).connection);
                peer.expect(i < 2 ? tcp(FIN | ACK).seq(1) : tcp(RST | ACK).seq(1));
            }
            assertEquals(2, peer.count(Counter.TCP_ORPHANS_RESET));
            // One is done with, and there is room again.
            peer.peerPort = 1_001;
            peer.stackIss = second;
            peer.send(tcp(FIN | ACK).seq(1).acks(2));
            peer.expect(ack(2));
            peer.peerPort = 2_000;
            peer.send(syn());
            peer.expect(tcp(SYN | ACK));
            peer.send(ack(1).seq(1));
            peer.close(peer.accepted.get(4).connection);
            peer.expect(tcp(FIN | ACK).seq(1));
        }
    }

    @Test
    void answersTenStrayAcknowledgementsASecondAndAllData()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            for (int i = 0; i < 100; i++)
            {
                peer.send(ack(1).seq(-5_000));
            }
            assertEquals(10, peer.all().size());
            // Data is never one of our own answers.
            peer.send(data(-5_000, 10).acks(1));
            peer.expect(ack(1));
            peer.advanceMs(1_000);
            peer.send(ack(1).seq(-5_000));
            peer.expect(ack(1));
        }
    }

    @Test
    void twoEndsThatDisagreeDoNotGoOnForEver()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().timestamps(1_000, 0)))
        {
            // Each of our answers is answered in kind, as by a peer whose time stamps have gone back.
            int ours = 0;
            peer.send(ack(1).seq(1).timestamps(500, 0));
            for (int ms = 0; ms < 2_000; ms++)
            {
                for (int i = peer.all().size(); i > 0; i--)
                {
                    ours++;
                    peer.send(ack(1).seq(1).timestamps(500, 0));
                }
                peer.advanceMs(1);
            }
            assertTrue(ours > 0 && ours <= 20);
        }
    }
}
