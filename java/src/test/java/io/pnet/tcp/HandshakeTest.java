package io.pnet.tcp;

import io.pnet.Must;
import io.pnet.counters.Counter;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.wire.IcmpHeader;
import org.junit.jupiter.api.Test;

import java.util.List;

import static io.pnet.tcp.Tcp.ACK;
import static io.pnet.tcp.Tcp.RST;
import static io.pnet.tcp.Tcp.SYN;
import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static io.pnet.tcp.Tcp.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Opening a connection (RFC 9293 section 3.5), its options, and everything that can come in between. */
final class HandshakeTest
{
    private static final long SECOND_NS = 1_000 * TcpPeer.MS;

    @Must({14, 65})
    @Test
    void opensActively()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn().length(0).mss(1_460).scale(9).sackPermitted().withTimestamps());
            peer.nothingMore();
            assertEquals(TcpState.SYN_SENT, peer.state());
            peer.send(tcp(SYN | ACK).seq(0).acks(1).mss(1_000));
            peer.expect(ack(1).seq(1).length(0));
            peer.nothingMore();
            assertEquals(TcpState.ESTABLISHED, peer.state());
            assertTrue(peer.user.isConnected);
        }
    }

    @Must(14)
    @Test
    void opensPassivelyAndAnswersOnlyWhatWasOffered()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            peer.send(syn().mss(1_000));
            final Tcp.Seen reply = peer.next();
            assertTrue(reply.matches(tcp(SYN | ACK).seq(0).acks(1).mss(1_460)), reply::toString);
            assertFalse(reply.sackPermitted);
            assertFalse(reply.timestamps);
            assertEquals(-1, reply.scale);
            assertFalse(peer.user.isConnected);
            peer.send(ack(1).seq(1));
            peer.nothingMore();
            assertTrue(peer.user.isConnected);
        }
    }

    @Must(10)
    @Test
    void opensSimultaneously()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            // RFC 9293 figure 8: the SYNs cross, and each side acknowledges the other's.
            peer.send(syn().mss(1_000));
            peer.expect(tcp(SYN | ACK).seq(0).acks(1));
            assertEquals(TcpState.SYN_RECEIVED, peer.state());
            peer.send(tcp(SYN | ACK).seq(0).acks(1).mss(1_000));
            assertEquals(TcpState.ESTABLISHED, peer.state());
            assertTrue(peer.user.isConnected);
            peer.forget();
            peer.advanceMs(5_000);
            peer.nothingMore();
            peer.send(data(1, 10).acks(1));
            assertEquals(10, peer.user.received.size());
        }
    }

    @Test
    void opensSimultaneouslyWithAPeerThatAnswersWithAnAcknowledgement()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            peer.send(syn());
            peer.expect(tcp(SYN | ACK).seq(0).acks(1));
            peer.send(ack(1).seq(1));
            assertEquals(TcpState.ESTABLISHED, peer.state());
            peer.nothingMore();
        }
    }

    @Test
    void takesDataThatComesWithTheLastAcknowledgement()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            peer.send(syn());
            peer.expect(tcp(SYN | ACK));
            peer.send(data(1, 100).acks(1));
            peer.expect(ack(101).seq(1));
            peer.nothingMore();
            assertEquals(100, peer.user.received.size());
        }
    }

    @Test
    void answersARepeatedSynOnceMore()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            peer.send(syn());
            peer.expect(tcp(SYN | ACK));
            peer.send(syn());
            peer.expect(tcp(SYN | ACK).seq(0).acks(1));
            peer.nothingMore();
        }
    }

    @Must({22, 23})
    @Test
    void repeatsItsSynForThreeMinutesWithBackOffAndGivesUp()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            final long startNs = peer.nowNs;
            peer.expect(syn());
            long lastNs = startNs;
            long expectedNs = SECOND_NS;
            while (true)
            {
                peer.advance(expectedNs - 1 - (peer.nowNs - lastNs));
                peer.nothingMore();
                peer.advance(200 * TcpPeer.MS);
                final List<Tcp.Seen> sent = peer.all();
                if (sent.isEmpty())
                {
                    break;
                }
                assertEquals(1, sent.size());
                assertTrue(sent.get(0).matches(syn()), sent::toString);
                lastNs = sent.get(0).atNs;
                expectedNs = Math.min(2 * expectedNs, 120 * SECOND_NS);
            }
            // MUST-23: R2 for a SYN is at least three minutes.
            assertEquals(CloseReason.TIMED_OUT, peer.user.reason);
            assertTrue(peer.nowNs - startNs >= 180 * SECOND_NS, () -> "gave up after " + (peer.nowNs - startNs));
            assertEquals(0, peer.stack.tcp().connectionCount());
            assertEquals(1, peer.count(Counter.TCP_TIMEOUTS));
        }
    }

    @Must(15)
    @Test
    void assumesTheDefaultSegmentSizeOfIpv4()
    {
        try (TcpPeer peer = new TcpPeer().established(syn()))
        {
            peer.write(1_200);
            peer.expect(data(1, 536), data(537, 536));
            peer.nothingMore();
        }
    }

    @Must(15)
    @Test
    void assumesTheDefaultSegmentSizeOfIpv6()
    {
        try (TcpPeer peer = new TcpPeer(new TcpSettings(), new MemoryLinkOptions(), true).listen())
        {
            peer.send(syn());
            peer.expect(tcp(SYN | ACK).mss(1_440));
            peer.send(ack(1).seq(1));
            peer.write(2_500);
            peer.expect(data(1, 1_220), data(1_221, 1_220));
            peer.nothingMore();
        }
    }

    @Must(16)
    @Test
    void takesTimestampsOffTheSegmentSize()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_000).timestamps(1, 0)))
        {
            peer.write(988);
            peer.expect(data(1, 988).withTimestamps());
            peer.nothingMore();
        }
    }

    @Must(16)
    @Test
    void neverSendsMoreThanItsOwnLinkTakes()
    {
        try (TcpPeer peer = new TcpPeer(new TcpSettings(), new MemoryLinkOptions().mtu(600), false)
            .established(syn().mss(9_000)))
        {
            peer.write(1_000);
            peer.expect(data(1, 560));
            peer.nothingMore();
        }
    }

    @Must(14)
    @Test
    void offersTheSegmentSizeThatIsSet()
    {
        final TcpSettings settings = new TcpSettings();
        settings.maxSegmentSize = 700;
        try (TcpPeer peer = new TcpPeer(settings).listen())
        {
            peer.send(syn().mss(1_460));
            peer.expect(tcp(SYN | ACK).mss(700));
            peer.send(ack(1).seq(1));
            peer.write(1_400);
            peer.expect(data(1, 700), data(701, 700));
        }
    }

    @Test
    void survivesAnAbsurdlySmallSegmentSize()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1)))
        {
            peer.write(200);
            assertTrue(peer.next().length >= 32);
        }
    }

    @Test
    void capsTheWindowScaleAtFourteen()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            peer.send(syn().scale(200));
            peer.expect(tcp(SYN | ACK));
            peer.send(ack(1).seq(1).window(3));
            // RFC 7323 section 2.3: more than 14 is taken as 14.
            assertEquals(3 << 14, peer.connection().sndWnd);
        }
    }

    @Test
    void doesNotScaleTheWindowOfASyn()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            peer.send(syn().scale(4).window(1_000));
            peer.expect(tcp(SYN | ACK).window(65_535));
            assertEquals(1_000, peer.halfOpen().window);
            peer.send(ack(1).seq(1).window(1_000));
            assertEquals(16_000, peer.connection().sndWnd);
        }
    }

    @Must({6, 64})
    @Test
    void readsOptionsAtAnyAlignmentAndSkipsUnknownOnes()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            // NOP, unknown 253 of 3 bytes, MSS 512 at an odd place, window scale 2, end.
            peer.send(syn().rawOptions(1, 253, 3, 7, 2, 4, 2, 0, 3, 3, 2, 0, 99, 99));
            peer.expect(tcp(SYN | ACK).scale(9));
            assertEquals(512, peer.halfOpen().mss);
            assertEquals(2, peer.halfOpen().windowScale);
        }
    }

    @Must(7)
    @Test
    void survivesMalformedOptions()
    {
        // Length 0, length 1, beyond the header, MSS of length 0, SACK of odd length.
        final int[][] broken = {{ 2, 0 }, { 8, 1, 1 }, { 3, 40 }, { 2, 4, 5 }, { 5, 7, 1, 2, 3, 4, 5 }, { 253 }};
        for (final int[] options : broken)
        {
            try (TcpPeer peer = new TcpPeer().listen())
            {
                peer.send(syn().rawOptions(options));
                assertTrue(peer.all().size() <= 1);
                peer.send(syn().rawOptions(options).sourcePort(5_000).wrongChecksum());
                assertEquals(1, peer.count(Counter.TCP_RX_DROP_CHECKSUM));
                peer.nothingMore();
            }
        }
    }

    @Test
    void findsNoOptionsInASynWithoutAnyAfterOneThatHadThem()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            peer.send(syn().mss(700).scale(3).sackPermitted().timestamps(7, 0));
            peer.expect(tcp(SYN | ACK));
            peer.send(syn().sourcePort(5_000));
            final Tcp.Seen reply = peer.next();
            assertEquals(-1, reply.scale);
            assertFalse(reply.timestamps);
            assertFalse(reply.sackPermitted);
        }
    }

    @Test
    void refusesWhereNobodyListens()
    {
        try (TcpPeer peer = new TcpPeer())
        {
            peer.send(syn());
            peer.expect(tcp(RST | ACK).acks(1));
            peer.send(data(1, 10).acks(77));
            peer.expect(tcp(RST).seq(77 - peer.stackIss));
            peer.send(tcp(RST).seq(5));
            peer.nothingMore();
            assertEquals(3, peer.count(Counter.TCP_RX_DROP_NO_CONNECTION));
        }
    }

    @Test
    void aListenerRejectsAcknowledgementsAndIgnoresTheRest()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            peer.send(ack(5).seq(1));
            peer.expect(tcp(RST));
            peer.send(tcp(RST).seq(1));
            peer.send(tcp(Tcp.FIN).seq(1));
            peer.send(tcp(0).seq(1));
            peer.send(tcp(SYN | Tcp.FIN).seq(1));
            peer.nothingMore();
            assertEquals(0, peer.stack.tcp().connectionCount());
        }
    }

    @Test
    void failsWhenThePeerRefuses()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            peer.send(tcp(RST | ACK).seq(0).acks(1));
            peer.nothingMore();
            assertEquals(CloseReason.REFUSED, peer.user.reason);
            assertFalse(peer.user.isConnected);
        }
    }

    @Test
    void ignoresAResetOfASynThatAcknowledgesNothing()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            peer.send(tcp(RST).seq(0));
            peer.send(tcp(RST | ACK).seq(0).acks(900));
            peer.nothingMore();
            assertEquals(TcpState.SYN_SENT, peer.state());
        }
    }

    @Test
    void resetsAnAnswerThatAcknowledgesSomethingElse()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            peer.send(tcp(SYN | ACK).seq(0).acks(2));
            peer.expect(tcp(RST).seq(2));
            peer.expect(syn());
            peer.send(tcp(SYN | ACK).seq(0).acks(0));
            peer.expect(tcp(RST).seq(0));
            peer.nothingMore();
            assertEquals(TcpState.SYN_SENT, peer.state());
        }
    }

    /** RFC 9293 figure 9: what the peer still had with these ports is reset, and the SYN follows at once. */
    @Test
    void asksAgainAtOnceWhenItHasResetAnOlderConnectionOfThePeers()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            peer.advanceMs(10);
            peer.send(ack(70_000).seq(300));
            peer.expect(tcp(RST).seq(70_000));
            peer.expect(syn().mss(1_460).sackPermitted().withTimestamps());
            peer.nothingMore();
            peer.send(tcp(SYN | ACK).seq(0).acks(1).mss(1_460));
            peer.expect(ack(1).seq(1));
            assertEquals(TcpState.ESTABLISHED, peer.state());
            // Nothing was lost: ten segments go at once (RFC 6928), not the one that follows a lost SYN (RFC 5681).
            peer.write(14_600);
            peer.advanceMs(1);
            assertEquals(14_600, peer.all().stream().mapToInt(seen -> seen.length).sum());
        }
    }

    @Test
    void doesNotAskAgainForEveryWrongAnswer()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            for (int second = 1; second <= 2; second++)
            {
                for (int i = 0; i < 20; i++)
                {
                    peer.send(ack(70_000).seq(300));
                    peer.send(tcp(RST | ACK).seq(300).acks(70_000));
                }
                // Behind one of the resets; later the one whose time-out is over.
                assertEquals(1, syns(peer));
                peer.advanceMs(999 * second);
                assertEquals(0, syns(peer));
                peer.advanceMs(400);
                assertEquals(1, syns(peer));
            }
        }
    }

    private static long syns(final TcpPeer peer)
    {
        return peer.all().stream().filter(seen -> seen.matches(syn())).count();
    }

    @Test
    void resetsAHandshakeThatIsCompletedWithAWrongAcknowledgement()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            peer.send(syn());
            peer.expect(tcp(SYN | ACK));
            peer.send(ack(2).seq(1));
            peer.expect(tcp(RST).seq(2));
            peer.nothingMore();
            assertFalse(peer.user.isConnected);
        }
    }

    @Must(11)
    @Test
    void aResetInTheHandshakeReturnsTheListenerToWhatItWas()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            peer.send(syn());
            peer.expect(tcp(SYN | ACK));
            peer.send(tcp(RST).seq(1));
            peer.nothingMore();
            assertEquals(0, peer.stack.tcp().connectionCount());
            assertEquals(0, peer.listener.halfOpen);
        }
    }

    @Test
    void waitsWithTheHandshakeWhileTheBacklogIsFull()
    {
        try (TcpPeer peer = new TcpPeer())
        {
            peer.backlog = 1;
            peer.listen();
            peer.send(syn());
            peer.expect(tcp(SYN | ACK));
            peer.waiting = 1;
            peer.send(ack(1).seq(1));
            assertFalse(peer.user.isConnected);
            peer.send(syn().sourcePort(5_000));
            peer.nothingMore();
            assertEquals(2, peer.count(Counter.TCP_RX_DROP_SYN_QUEUE_FULL));
            peer.waiting = 0;
            peer.advanceMs(1_100);
            peer.expect(tcp(SYN | ACK));
            peer.send(ack(1).seq(1));
            assertTrue(peer.user.isConnected);
        }
    }

    @Test
    void closingAListenerResetsWhatIsHalfOpen()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            peer.send(syn());
            peer.expect(tcp(SYN | ACK));
            peer.listener.close();
            peer.expect(tcp(RST | ACK).seq(1).acks(1));
            assertEquals(0, peer.stack.tcp().connectionCount());
            peer.send(syn().sourcePort(5_000));
            peer.expect(tcp(RST | ACK));
        }
    }

    @Test
    void believesUnreachableWhileItConnects()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            peer.sendUnreachable(IcmpHeader.CODE_PORT_UNREACHABLE, 0, peer.lastPacket());
            assertEquals(CloseReason.REFUSED, peer.user.reason);
        }
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            peer.sendUnreachable(IcmpHeader.CODE_HOST_UNREACHABLE, 0, peer.lastPacket());
            assertEquals(CloseReason.UNREACHABLE, peer.user.reason);
        }
    }

    @Test
    void doesNotBelieveUnreachableThatQuotesWhatWasNeverSent()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            final byte[] quote = peer.lastPacket().clone();
            quote[27] ^= 0x40;
            peer.sendUnreachable(IcmpHeader.CODE_PORT_UNREACHABLE, 0, quote);
            assertEquals(TcpState.SYN_SENT, peer.state());
        }
    }

    @Must(56)
    @Test
    void takesUnreachableForPassingOnceConnected()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(100);
            peer.expect(data(1, 100));
            // MUST-56, RFC 5927 section 5.2.
            peer.sendUnreachable(IcmpHeader.CODE_PORT_UNREACHABLE, 0, peer.lastPacket());
            peer.sendUnreachable(IcmpHeader.CODE_HOST_UNREACHABLE, 0, peer.lastPacket());
            peer.sendUnreachable(IcmpHeader.CODE_ADMINISTRATIVELY_PROHIBITED, 0, peer.lastPacket());
            assertEquals(TcpState.ESTABLISHED, peer.state());
            peer.nothingMore();
        }
    }

    @Must({16, 54})
    @Test
    void sendsSmallerSegmentsWhereThePathIsNarrow()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(1_000);
            peer.expect(data(1, 1_000));
            final byte[] packet = peer.lastPacket();
            final byte[] forged = packet.clone();
            forged[26] ^= 0x40;
            peer.sendUnreachable(IcmpHeader.CODE_FRAGMENTATION_NEEDED, 700, forged);
            peer.nothingMore();
            peer.sendUnreachable(IcmpHeader.CODE_FRAGMENTATION_NEEDED, 700, packet);
            peer.expect(data(1, 660), data(661, 340));
            peer.nothingMore();
        }
    }
}
