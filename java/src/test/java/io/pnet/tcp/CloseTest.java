package io.pnet.tcp;

import io.pnet.Must;
import io.pnet.counters.Counter;
import org.junit.jupiter.api.Test;

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

/** Closing from every state (RFC 9293 section 3.6), half close, TIME_WAIT, and what an abort does. */
final class CloseTest
{
    private static Tcp fin(final int seq)
    {
        return tcp(FIN | ACK).seq(seq);
    }

    @Must(13)
    @Test
    void closesFirstAndWaitsTwiceTheSegmentLifetime()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.close(peer.connection());
            peer.expect(fin(1).acks(1));
            assertEquals(TcpState.FIN_WAIT_1, peer.state());
            peer.send(ack(2).seq(1));
            assertEquals(TcpState.FIN_WAIT_2, peer.state());
            peer.send(fin(1).acks(2));
            peer.expect(ack(2).seq(2));
            peer.nothingMore();
            assertEquals(TcpState.TIME_WAIT, peer.state());
            peer.advanceMs(59_999);
            assertEquals(1, peer.stack.tcp().connectionCount());
            peer.advanceMs(1);
            assertEquals(0, peer.stack.tcp().connectionCount());
            assertEquals(CloseReason.CLOSED, peer.user.reason);
        }
    }

    @Must(12)
    @Test
    void closesSecond()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(fin(1).acks(1));
            peer.expect(ack(2).seq(1));
            assertEquals(TcpState.CLOSE_WAIT, peer.state());
            assertTrue(peer.user.isPeerClosed);
            peer.close(peer.connection());
            peer.expect(fin(1).acks(2));
            assertEquals(TcpState.LAST_ACK, peer.state());
            peer.send(ack(2).seq(2));
            peer.nothingMore();
            assertEquals(CloseReason.CLOSED, peer.user.reason);
            assertEquals(0, peer.stack.tcp().connectionCount());
        }
    }

    @Test
    void closesBothAtOnce()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.close(peer.connection());
            peer.expect(fin(1).acks(1));
            peer.send(fin(1).acks(1));
            peer.expect(ack(2).seq(2));
            assertEquals(TcpState.CLOSING, peer.state());
            peer.send(ack(2).seq(2));
            assertEquals(TcpState.TIME_WAIT, peer.state());
            peer.nothingMore();
        }
    }

    @Test
    void skipsFinWait2WhenFinAndAcknowledgementComeTogether()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.close(peer.connection());
            peer.expect(fin(1));
            peer.send(fin(1).acks(2));
            peer.expect(ack(2).seq(2));
            assertEquals(TcpState.TIME_WAIT, peer.state());
        }
    }

    @Test
    void goesOnReceivingAfterAHalfClose()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(10);
            peer.expect(data(1, 10));
            peer.shutdown();
            peer.expect(fin(11));
            peer.send(ack(12).seq(1));
            peer.send(data(1, 500).acks(12));
            peer.send(data(501, 500).acks(12));
            peer.expect(ack(1_001));
            assertEquals(1_000, peer.user.received.size());
            assertThrows(IllegalStateException.class, () -> peer.write(1));
            peer.send(fin(1_001).acks(12));
            peer.expect(ack(1_002));
            assertTrue(peer.user.isPeerClosed);
            assertEquals(TcpState.TIME_WAIT, peer.state());
        }
    }

    @Test
    void goesOnSendingAfterThePeersHalfClose()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(fin(1).acks(1));
            peer.expect(ack(2));
            peer.write(1_500);
            peer.expect(data(1, 1_000).acks(2));
            peer.send(ack(1_001).seq(2));
            peer.expect(data(1_001, 500).acks(2));
        }
    }

    @Test
    void sendsTheFinTogetherWithTheLastBytes()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            assertEquals(300, peer.connection().write(new org.agrona.concurrent.UnsafeBuffer(bytes(300)), 0, 300));
            peer.close(peer.connection());
            peer.expect(fin(1).length(300));
            peer.nothingMore();
        }
    }

    private static byte[] bytes(final int length)
    {
        final byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = Tcp.byteAt(1 + i);
        }
        return bytes;
    }

    @Test
    void closesDuringTheHandshakeOnceItIsComplete()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            peer.connection().shutdownOutput();
            peer.cycle();
            peer.nothingMore();
            peer.send(tcp(SYN | ACK).seq(0).acks(1).mss(1_000));
            peer.expect(fin(1).acks(1));
            assertEquals(TcpState.FIN_WAIT_1, peer.state());
        }
    }

    @Test
    void forgetsAnUnansweredConnectThatIsClosed()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            peer.close(peer.connection());
            peer.nothingMore();
            assertEquals(CloseReason.ABORTED, peer.user.reason);
            peer.send(tcp(SYN | ACK).seq(0).acks(1));
            peer.expect(tcp(RST).seq(1));
        }
    }

    @Test
    void retransmitsAFinThatIsNotAcknowledged()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.close(peer.connection());
            peer.expect(fin(1));
            peer.advanceMs(1_100);
            peer.expect(fin(1));
            peer.send(ack(2).seq(1));
            assertEquals(TcpState.FIN_WAIT_2, peer.state());
        }
    }

    @Test
    void keepsAFinThatComesTooEarly()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(fin(101).acks(1));
            // A gap is reported at once.
            peer.expect(ack(1));
            peer.nothingMore();
            assertEquals(TcpState.ESTABLISHED, peer.state());
            peer.send(data(1, 100).acks(1));
            peer.expect(ack(102));
            assertEquals(TcpState.CLOSE_WAIT, peer.state());
            assertEquals(100, peer.user.received.size());
            assertTrue(peer.user.isPeerClosed);
        }
    }

    @Test
    void keepsAFinBehindDataThatComesTooEarly()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(tcp(FIN | ACK).seq(101).length(50).acks(1));
            peer.expect(ack(1));
            peer.send(data(1, 100).acks(1));
            peer.expect(ack(152));
            assertEquals(TcpState.CLOSE_WAIT, peer.state());
            assertEquals(150, peer.user.received.size());
        }
    }

    @Test
    void answersARepeatedFinInTimeWaitAndWaitsAnew()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.close(peer.connection());
            peer.expect(fin(1));
            peer.send(fin(1).acks(2));
            peer.expect(ack(2));
            peer.advanceMs(50_000);
            peer.send(fin(1).acks(2));
            peer.expect(ack(2).seq(2));
            peer.advanceMs(50_000);
            assertEquals(TcpState.TIME_WAIT, peer.state());
            peer.advanceMs(10_000);
            assertEquals(0, peer.stack.tcp().connectionCount());
        }
    }

    @Test
    void aResetDoesNotCutTimeWaitShort()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.close(peer.connection());
            peer.expect(fin(1));
            peer.send(fin(1).acks(2));
            peer.expect(ack(2));
            peer.send(tcp(RST).seq(2));
            peer.nothingMore();
            assertEquals(TcpState.TIME_WAIT, peer.state());
        }
    }

    @Test
    void reopensFromTimeWaitWithANewerSequenceNumber()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final Connection old = peer.connection();
            peer.close(old);
            peer.expect(fin(1));
            peer.send(fin(1).acks(2));
            peer.expect(ack(2));
            peer.send(syn().seq(1));
            peer.expect(ack(2));
            assertEquals(TcpState.TIME_WAIT, peer.state());
            peer.send(syn().seq(100_000));
            peer.expect(tcp(SYN | ACK).acks(100_001));
            assertEquals(TcpState.CLOSED, old.state());
            assertEquals(1, peer.stack.tcp().connectionCount());
        }
    }

    @Test
    void reopensFromTimeWaitWithANewerTimestamp()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().timestamps(1_000, 0)))
        {
            final Connection old = peer.connection();
            peer.close(old);
            peer.expect(fin(1));
            peer.send(fin(1).acks(2));
            peer.expect(ack(2));
            // RFC 6191: the time stamp decides, even when the sequence number is older.
            peer.send(syn().seq(-5_000).timestamps((int)(peer.nowNs / TcpPeer.MS) + 1, 0));
            peer.expect(tcp(SYN | ACK).acks(-4_999));
            assertEquals(TcpState.CLOSED, old.state());
        }
    }

    @Test
    void aFinWait2ThatNobodyReadsEndsByItself()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.close(peer.connection());
            peer.expect(fin(1));
            peer.send(ack(2).seq(1));
            peer.advanceMs(60_001);
            assertEquals(0, peer.stack.tcp().connectionCount());
        }
    }

    @Test
    void aHalfClosedConnectionThatIsReadStays()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.shutdown();
            peer.expect(fin(1));
            peer.send(ack(2).seq(1));
            peer.advanceMs(10_000_000);
            assertEquals(TcpState.FIN_WAIT_2, peer.state());
        }
    }

    @Test
    void resetsDataThatArrivesAfterClose()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.close(peer.connection());
            peer.expect(fin(1));
            peer.send(ack(2).seq(1));
            peer.send(data(1, 100).acks(2));
            peer.expect(tcp(RST | ACK).seq(2));
            peer.nothingMore();
            assertEquals(CloseReason.ABORTED, peer.user.reason);
        }
    }

    @Test
    void resetsWhenClosedWithBytesUnread()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.user.isReadingInPlace = false;
            peer.send(data(1, 100).acks(1));
            peer.advanceMs(100);
            peer.expect(ack(101));
            peer.close(peer.connection());
            peer.expect(tcp(RST | ACK).seq(1));
            peer.nothingMore();
            assertEquals(0, peer.stack.tcp().connectionCount());
            assertEquals(0, peer.stack.smallChunks().inUse());
        }
    }

    @Test
    void doesNotResetAPeerThatHasFinishedLongAgo()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.user.isReadingInPlace = false;
            peer.shutdown();
            peer.expect(fin(1));
            peer.send(tcp(FIN | ACK).seq(1).length(100).acks(2));
            peer.expect(ack(102));
            assertEquals(TcpState.TIME_WAIT, peer.state());
            peer.close(peer.connection());
            peer.nothingMore();
            assertEquals(TcpState.TIME_WAIT, peer.state());
            assertEquals(0, peer.connection().readable());
            assertEquals(0, peer.stack.smallChunks().inUse());
        }
    }

    @Must(12)
    @Test
    void abortsWithAReset()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(100);
            peer.expect(data(1, 100));
            peer.connection().abort();
            peer.expect(tcp(RST | ACK).seq(101).acks(1));
            peer.nothingMore();
            assertEquals(CloseReason.ABORTED, peer.user.reason);
            assertEquals(0, peer.stack.smallChunks().inUse());
            peer.send(ack(101).seq(1));
            peer.expect(tcp(RST).seq(101));
        }
    }

    @Test
    void aLostLastAcknowledgementIsNoError()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(fin(1).acks(1));
            peer.expect(ack(2));
            peer.close(peer.connection());
            peer.expect(fin(1));
            // The peer's TIME_WAIT is over, and it answers our repeated FIN with a reset.
            peer.send(tcp(RST).seq(2));
            assertEquals(CloseReason.CLOSED, peer.user.reason);
        }
    }

    @Must(12)
    @Test
    void aResetBeforeOurLastBytesAreAcknowledgedIsAnError()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(fin(1).acks(1));
            peer.expect(ack(2));
            peer.write(10);
            peer.close(peer.connection());
            peer.forget();
            assertEquals(TcpState.LAST_ACK, peer.state());
            peer.send(tcp(RST).seq(2));
            assertEquals(CloseReason.RESET, peer.user.reason);
        }
    }

    @Test
    void staysOpenUntilItHasNothingToSayAnyMore()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(30_000);
            peer.close(peer.connection());
            int acknowledged = 1;
            for (int i = 0; i < 40 && peer.state() == TcpState.ESTABLISHED; i++)
            {
                for (final Tcp.Seen each : peer.all())
                {
                    acknowledged = Math.max(acknowledged, each.seq + each.length);
                }
                peer.send(ack(acknowledged).seq(1));
            }
            assertEquals(TcpState.FIN_WAIT_1, peer.state());
            assertNull(peer.user.reason);
            peer.forget();
            peer.send(ack(30_002).seq(1));
            assertEquals(TcpState.FIN_WAIT_2, peer.state());
            assertEquals(0, peer.count(Counter.TCP_TX_RESETS));
        }
    }
}
