package io.pnet.tcp;

import com.sun.management.ThreadMXBean;
import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.wire.SeqNumber;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.BindException;

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
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What remains of a connection in TIME_WAIT, what it answers, and who may have its ports (RFC 1337, RFC 6191). */
final class TimeWaitTest
{
    private static final IpAddress PEER = IpAddress.parse("10.0.0.2");

    /** An active open of ours that we have closed first. */
    private static TcpPeer over(final TcpPeer peer, final boolean hasTimestamps)
    {
        peer.connect();
        peer.expect(syn());
        final Tcp answer = tcp(SYN | ACK).seq(0).acks(1).mss(1_000);
        peer.send(hasTimestamps ? answer.timestamps(1_000, peer.lastTsVal) : answer);
        peer.hasTimestamps = hasTimestamps;
        peer.expect(ack(1).seq(1));
        peer.close(peer.connection());
        peer.expect(tcp(FIN | ACK).seq(1));
        peer.send(tcp(FIN | ACK).seq(1).acks(2));
        peer.expect(ack(2).seq(2));
        peer.nothingMore();
        assertEquals(TcpState.TIME_WAIT, peer.state());
        assertEquals(1, peer.stack.tcp().timeWaitCount());
        return peer;
    }

    private static TcpPeer over(final boolean hasTimestamps)
    {
        return over(new TcpPeer(), hasTimestamps);
    }

    private static void connectAgain(final TcpPeer peer) throws IOException
    {
        peer.user.connection = peer.stack.tcp().connect(
            IpAddress.ANY, peer.stackPort, PEER, TcpPeer.PEER_PORT, null, peer.user, peer.nowNs);
        peer.cycle();
    }

    @Test
    void aConnectionInTimeWaitCostsAtMost160Bytes()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final Connection like = peer.connection();
            like.isClosedByUser = true;
            final int count = 1_000;
            final TimeWait[] kept = new TimeWait[count];
            final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
            final long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < count; i++)
            {
                kept[i] = new TimeWait(null, like, i);
            }
            final long each = (threads.getCurrentThreadAllocatedBytes() - before) / count;
            like.isClosedByUser = false;
            assertTrue(each > 60 && each <= 160, () -> "a connection in TIME_WAIT takes " + each + " bytes");
            assertNull(kept[999].connection);
            assertEquals(999, kept[999].sinceNs);
        }
    }

    @Test
    void letsGoOfTheConnectionThatItsUserHasClosed()
    {
        try (TcpPeer peer = over(true))
        {
            assertEquals(TcpState.CLOSED, peer.connection().state());
            assertEquals(CloseReason.CLOSED, peer.user.reason);
            peer.stack.tcp().forEachConnection(c ->
            {
                throw new AssertionError(c);
            });
            assertEquals(1, peer.count(Counter.TCP_TIME_WAIT));
            peer.advanceMs(60_000);
            assertEquals(0, peer.stack.tcp().connectionCount());
            assertEquals(0, peer.count(Counter.TCP_TIME_WAIT));
            peer.nothingMore();
        }
    }

    @Test
    void keepsWhatItsUserCanStillRead()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.user.isReadingInPlace = false;
            peer.shutdown();
            peer.expect(tcp(FIN | ACK).seq(1));
            peer.send(tcp(FIN | ACK).seq(1).length(100).acks(2));
            peer.expect(ack(102));
            assertEquals(TcpState.TIME_WAIT, peer.connection().state());
            assertNull(peer.user.reason);
            peer.advanceMs(60_000);
            assertEquals(CloseReason.CLOSED, peer.user.reason);
            assertEquals(100, peer.user.read(1_000));
            peer.close(peer.connection());
            assertEquals(0, peer.stack.smallChunks().inUse());
        }
    }

    @Test
    void anAbortLeavesTimeWaitAsItIs()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.shutdown();
            peer.expect(tcp(FIN | ACK).seq(1));
            peer.send(tcp(FIN | ACK).seq(1).acks(2));
            peer.expect(ack(2));
            peer.connection().abort();
            peer.nothingMore();
            assertEquals(CloseReason.ABORTED, peer.user.reason);
            assertEquals(1, peer.stack.tcp().timeWaitCount());
        }
    }

    @Test
    void answersEveryRepeatedFinAndWaitsAnew()
    {
        try (TcpPeer peer = over(true))
        {
            for (int i = 0; i < 3; i++)
            {
                peer.send(tcp(FIN | ACK).seq(1).acks(2));
                peer.expect(ack(2).seq(2).withTimestamps());
            }
            peer.advanceMs(59_000);
            peer.send(tcp(FIN | ACK).seq(1).acks(2));
            peer.expect(ack(2));
            peer.advanceMs(59_000);
            assertEquals(1, peer.stack.tcp().timeWaitCount());
            peer.advanceMs(1_000);
            assertEquals(0, peer.stack.tcp().timeWaitCount());
        }
    }

    @Test
    void answersStrayAcknowledgementsTwiceASecondAtMostAndDoesNotWaitAnew()
    {
        try (TcpPeer peer = over(false))
        {
            for (int i = 0; i < 100; i++)
            {
                peer.send(ack(2).seq(-5_000));
            }
            peer.expect(ack(2).seq(2));
            peer.nothingMore();
            peer.advanceMs(500);
            peer.send(ack(2).seq(-5_000));
            peer.expect(ack(2).seq(2));
            // What is in order, but late, needs no answer.
            peer.send(ack(2).seq(2));
            peer.send(ack(1).seq(2));
            peer.nothingMore();
            peer.advanceMs(59_500);
            assertEquals(0, peer.stack.tcp().timeWaitCount());
        }
    }

    @Test
    void ignoresResetsAndChallengesOldSyns()
    {
        try (TcpPeer peer = over(false))
        {
            peer.send(tcp(RST).seq(2));
            peer.send(tcp(RST).seq(3));
            peer.send(tcp(RST).seq(-3));
            peer.nothingMore();
            peer.send(syn().seq(1));
            peer.expect(ack(2).seq(2));
            assertEquals(1, peer.stack.tcp().timeWaitCount());
        }
    }

    @Test
    void dropsOldTimestampsAndSegmentsWithoutThem()
    {
        try (TcpPeer peer = over(true))
        {
            peer.send(ack(2).seq(2).timestamps(1, 0));
            peer.expect(ack(2).seq(2));
            peer.send(ack(2).seq(2).withoutTimestamps());
            peer.nothingMore();
            assertEquals(2, peer.count(Counter.TCP_RX_DROP_PAWS));
        }
    }

    @Test
    void takesNoDataBehindTheFin()
    {
        try (TcpPeer peer = over(false))
        {
            peer.send(data(2, 100).acks(2));
            peer.expect(ack(2).seq(2));
            peer.nothingMore();
            assertEquals(0, peer.user.received.size());
        }
    }

    @Test
    void connectsAgainWithTheSamePortsAfterASecond() throws IOException
    {
        try (TcpPeer peer = over(true))
        {
            assertThrows(BindException.class, () -> connectAgain(peer));
            peer.advanceMs(999);
            assertThrows(BindException.class, () -> connectAgain(peer));
            peer.advanceMs(1);
            final int oldIss = peer.stackIss;
            connectAgain(peer);
            peer.expect(syn().withTimestamps());
            // Beyond everything the old one has sent, whatever the clock of initial sequence numbers says.
            assertTrue(SeqNumber.gt(peer.stackIss, oldIss + 65_537));
            assertEquals(0, peer.stack.tcp().timeWaitCount());
            assertEquals(1, peer.count(Counter.TCP_TIME_WAIT_REUSED));
        }
    }

    @Test
    void doesNotConnectAgainEarlyWithoutTimestamps() throws IOException
    {
        try (TcpPeer peer = over(false))
        {
            peer.advanceMs(59_999);
            assertThrows(BindException.class, () -> connectAgain(peer));
            peer.advanceMs(1);
            connectAgain(peer);
            peer.expect(syn());
        }
    }

    @Test
    void doesNotConnectAgainEarlyWhenSoSet()
    {
        final TcpSettings settings = new TcpSettings();
        settings.reuseTimeWait = false;
        try (TcpPeer peer = over(new TcpPeer(settings), true))
        {
            peer.advanceMs(30_000);
            assertThrows(BindException.class, () -> connectAgain(peer));
        }
    }

    @Test
    void answersAPeerThatOpensAgainBeyondWhatWeHaveSent()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.close(peer.connection());
            peer.expect(tcp(FIN | ACK).seq(1));
            peer.send(tcp(FIN | ACK).seq(1).acks(2));
            peer.expect(ack(2));
            final int oldIss = peer.stackIss;
            peer.send(syn().seq(100_000));
            peer.expect(tcp(SYN | ACK).acks(100_001));
            assertTrue(SeqNumber.gt(peer.stackIss, oldIss + 65_537));
            assertEquals(0, peer.stack.tcp().timeWaitCount());
            assertEquals(1, peer.count(Counter.TCP_TIME_WAIT_REUSED));
        }
    }

    @Test
    void theOldestMakesRoomForMoreThanAreKept()
    {
        final TcpSettings settings = new TcpSettings();
        settings.maxTimeWaits = 3;
        try (TcpPeer peer = new TcpPeer(settings).listen())
        {
            for (int i = 0; i < 10; i++)
            {
                peer.peerPort = 1_000 + i;
                peer.send(syn());
                peer.expect(tcp(SYN | ACK));
                peer.send(ack(1).seq(1));
                peer.close(peer.accepted.get(i).connection);
                peer.expect(tcp(FIN | ACK).seq(1));
                peer.send(tcp(FIN | ACK).seq(1).acks(2));
                peer.expect(ack(2));
            }
            assertEquals(3, peer.stack.tcp().timeWaitCount());
            assertEquals(7, peer.count(Counter.TCP_TIME_WAIT_RECYCLED));
            peer.peerPort = 1_006;
            peer.send(tcp(FIN | ACK).seq(1).acks(2));
            peer.expect(tcp(RST));
            peer.peerPort = 1_007;
            peer.send(tcp(FIN | ACK).seq(1).acks(2));
            peer.expect(ack(2));
            peer.advanceMs(60_000);
            assertEquals(0, peer.stack.tcp().connectionCount());
        }
    }
}
