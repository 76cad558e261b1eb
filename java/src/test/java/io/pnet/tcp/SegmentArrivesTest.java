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

/** Which segments an open connection takes, and what it says of the others (RFC 9293 section 3.10.7.4, 5961, 7323). */
final class SegmentArrivesTest
{
    @Test
    void resetsOnTheExactSequenceNumberOnly()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            // RFC 5961 section 3.2: outside the window, nothing; inside, a challenge; exactly there, the end.
            peer.send(tcp(RST).seq(0));
            peer.send(tcp(RST).seq(-1_000));
            peer.send(tcp(RST).seq(10_000_000));
            peer.nothingMore();
            peer.send(tcp(RST).seq(2));
            peer.expect(ack(1).seq(1).length(0));
            peer.nothingMore();
            assertEquals(TcpState.ESTABLISHED, peer.state());
            peer.send(tcp(RST).seq(1));
            peer.nothingMore();
            assertEquals(CloseReason.RESET, peer.user.reason);
            assertEquals(0, peer.stack.tcp().connectionCount());
        }
    }

    @Test
    void challengesASynWhereverItLies()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(syn());
            peer.expect(ack(1).seq(1));
            peer.send(tcp(SYN).seq(500));
            peer.expect(ack(1).seq(1));
            peer.send(tcp(SYN | ACK).seq(1).acks(1));
            peer.expect(ack(1).seq(1));
            peer.nothingMore();
            assertEquals(TcpState.ESTABLISHED, peer.state());
            assertEquals(3, peer.count(Counter.TCP_TX_CHALLENGE_ACKS));
        }
    }

    @Test
    void limitsChallengesPerConnectionAndSecond()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            for (int i = 0; i < 1_000; i++)
            {
                peer.send(tcp(RST).seq(2 + i));
            }
            assertEquals(10, peer.all().size());
            peer.advanceMs(1_000);
            peer.send(tcp(RST).seq(2));
            peer.expect(ack(1));
        }
    }

    @Test
    void challengesAnAcknowledgementOfWhatWasNeverSent()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(ack(2).seq(1));
            peer.expect(ack(1).seq(1));
            peer.send(data(1, 10).acks(2));
            peer.expect(ack(1).seq(1));
            assertEquals(0, peer.user.received.size());
            // RFC 5961 section 5.2: older than the largest window ever seen.
            peer.send(data(1, 10).acks(1 - 65_536));
            peer.expect(ack(1).seq(1));
            assertEquals(0, peer.user.received.size());
            assertEquals(3, peer.count(Counter.TCP_RX_DROP_BAD_ACK));
            peer.send(data(1, 10).acks(1 - 1_000));
            assertEquals(10, peer.user.received.size());
        }
    }

    @Test
    void dropsWhatHasNoAcknowledgement()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(tcp(0).seq(1).length(10));
            peer.nothingMore();
            assertEquals(1, peer.count(Counter.TCP_RX_DROP_NO_ACK));
            assertEquals(0, peer.user.received.size());
        }
    }

    @Must(3)
    @Test
    void dropsAWrongChecksumSilently()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(data(1, 10).acks(1).wrongChecksum());
            peer.send(tcp(RST).seq(1).wrongChecksum());
            peer.nothingMore();
            assertEquals(2, peer.count(Counter.TCP_RX_DROP_CHECKSUM));
            assertEquals(TcpState.ESTABLISHED, peer.state());
        }
    }

    @Test
    void acknowledgesWhatItHasAlready()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(data(1, 100).acks(1));
            peer.advanceMs(50);
            peer.expect(ack(101));
            peer.send(data(1, 100).acks(1));
            peer.expect(ack(101));
            peer.nothingMore();
            assertEquals(100, peer.user.received.size());
            assertEquals(100, peer.count(Counter.TCP_RX_DUPLICATE_BYTES));
        }
    }

    @Test
    void takesTheNewPartOfAnOverlap()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(data(1, 100).acks(1));
            peer.send(data(51, 100).acks(1));
            peer.expect(ack(151));
            assertEquals(150, peer.user.received.size());
        }
    }

    @Test
    void cutsWhatLiesBeyondTheWindow()
    {
        final TcpSettings settings = new TcpSettings();
        settings.receiveBufferBytes = 1_000;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            peer.user.isReadingInPlace = false;
            peer.send(tcp(FIN | ACK).seq(1).length(1_400).acks(1));
            peer.advanceMs(100);
            peer.expect(ack(1_001).window(0));
            assertEquals(TcpState.ESTABLISHED, peer.state());
            assertEquals(1_000, peer.connection().readable());
        }
    }

    @Test
    void dropsOldTimestampsAndSaysWhatItHas()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_000).timestamps(1_000, 0)))
        {
            peer.send(data(1, 10).acks(1).timestamps(2_000_000, peer.lastTsVal));
            peer.advanceMs(50);
            peer.expect(ack(11).echoing(2_000_000));
            // RFC 7323 section 5.3.
            peer.send(data(11, 10).acks(1).timestamps(1_999_999, peer.lastTsVal));
            peer.expect(ack(11).echoing(2_000_000));
            assertEquals(10, peer.user.received.size());
            assertEquals(1, peer.count(Counter.TCP_RX_DROP_PAWS));
            peer.send(data(11, 10).acks(1).timestamps(2_000_000, peer.lastTsVal));
            assertEquals(20, peer.user.received.size());
        }
    }

    /** RFC 2883 with RFC 7323: what was overtaken by its own retransmission bears the older stamp. */
    @Test
    void tellsOfWhatCameAfterItsOwnRetransmission()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().sackPermitted().timestamps(1_000, 0)))
        {
            peer.send(data(101, 100).acks(1).timestamps(2_000_010, peer.lastTsVal));
            peer.expect(ack(1).sack(101, 201));
            peer.send(data(1, 100).acks(1).timestamps(2_000_040, peer.lastTsVal));
            peer.expect(ack(201).echoing(2_000_040));
            peer.send(data(1, 100).acks(1).timestamps(2_000_000, peer.lastTsVal));
            peer.expect(ack(201).echoing(2_000_040).sack(1, 101));
            assertEquals(1, peer.count(Counter.TCP_RX_DROP_PAWS));
            assertEquals(100, peer.count(Counter.TCP_RX_DUPLICATE_BYTES));
            assertEquals(200, peer.user.received.size());
        }
    }

    @Test
    void dropsSegmentsWithoutTheAgreedTimestamps()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().timestamps(1_000, 0)))
        {
            peer.send(data(1, 10).acks(1).withoutTimestamps());
            peer.nothingMore();
            assertEquals(0, peer.user.received.size());
            // But a reset needs none.
            peer.send(tcp(RST).seq(1).withoutTimestamps());
            assertEquals(CloseReason.RESET, peer.user.reason);
        }
    }

    @Test
    void echoesTheTimestampOfWhatWasMissing()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_000).timestamps(1_000, 0)))
        {
            peer.send(data(1, 10).acks(1).timestamps(2_000_000, peer.lastTsVal));
            peer.advanceMs(50);
            peer.expect(ack(11));
            peer.send(data(21, 10).acks(1).timestamps(2_000_001, peer.lastTsVal));
            // RFC 7323 section 4.3: an out-of-order segment's stamp is not echoed, the gap's filler is.
            peer.expect(ack(11).echoing(2_000_000));
            peer.send(data(11, 10).acks(1).timestamps(2_000_002, peer.lastTsVal));
            peer.expect(ack(31).echoing(2_000_002));
        }
    }

    @Test
    void trustsNoTimestampThatIsOlderThanTwentyFourDays()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_000).timestamps(1_000, 0)))
        {
            peer.advanceMs(25L * 86_400 * 1_000);
            peer.send(data(1, 10).acks(1).timestamps(500, peer.lastTsVal));
            assertEquals(10, peer.user.received.size());
        }
    }

    @Must(66)
    @Test
    void hearsAResetThroughAClosedWindow()
    {
        final TcpSettings settings = new TcpSettings();
        settings.receiveBufferBytes = 1_000;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            peer.user.isReadingInPlace = false;
            peer.send(data(1, 1_000).acks(1));
            peer.advanceMs(100);
            peer.expect(ack(1_001).window(0));
            // MUST-66.
            peer.send(tcp(RST).seq(1_001));
            assertEquals(CloseReason.RESET, peer.user.reason);
            assertEquals(1_000, peer.user.read(2_000));
        }
    }

    @Test
    void hearsAcknowledgementsThroughAClosedWindow()
    {
        final TcpSettings settings = new TcpSettings();
        settings.receiveBufferBytes = 1_000;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            peer.user.isReadingInPlace = false;
            peer.send(data(1, 1_000).acks(1));
            peer.advanceMs(100);
            peer.expect(ack(1_001).window(0));
            peer.write(100);
            peer.expect(data(1, 100));
            peer.send(data(1_001, 1).acks(101));
            peer.expect(ack(1_001).window(0));
            assertEquals(0, peer.connection().unacknowledged());
        }
    }

    @Test
    void anExceptionOfTheUsersEndsItsConnectionOnly()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final Connection connection = peer.connection();
            connection.handler((c, buffer, offset, length) ->
            {
                // Even when it leaves a claim open.
                connection.claim(100);
                throw new IllegalStateException("on purpose");
            });
            peer.connection().tcp.forEachConnection(Invariants::check);
            assertEquals(0, peer.user.errors.size());
            try
            {
                peer.send(data(1, 10).acks(1));
            }
            catch (final AssertionError ex)
            {
                assertEquals(1, peer.user.errors.size());
            }
            peer.user.errors.clear();
            peer.cycle();
            assertEquals(TcpState.CLOSED, connection.state());
            assertEquals(CloseReason.ABORTED, connection.closeReason());
            assertEquals(0, peer.stack.smallChunks().inUse() + peer.stack.largeChunks().inUse());
        }
    }

    @Must({40, 58})
    @Test
    void acknowledgesEverySecondSegmentAndTheLastOneLater()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(data(1, 1_000).acks(1));
            peer.nothingMore();
            peer.send(data(1_001, 1_000).acks(1));
            peer.expect(ack(2_001));
            peer.send(data(2_001, 1_000).acks(1));
            peer.nothingMore();
            final long sentNs = peer.nowNs;
            peer.advanceMs(499);
            final Tcp.Seen late = peer.next();
            assertEquals(3_001, late.ack);
            // MUST-40: less than half a second.
            assertEquals(40 * TcpPeer.MS, late.atNs - sentNs, TcpPeer.MS);
            assertEquals(1, peer.count(Counter.TCP_DELAYED_ACKS));
        }
    }

    @Test
    void acknowledgesTheFirstSegmentsAtOnce()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.connection().quickAcks = 3;
            peer.send(data(1, 100).acks(1));
            peer.send(data(101, 100).acks(1));
            peer.send(data(201, 100).acks(1));
            peer.expect(ack(101), ack(201), ack(301));
            peer.send(data(301, 100).acks(1));
            peer.nothingMore();
        }
    }

    @Must(58)
    @Test
    void letsAnAcknowledgementTravelWithData()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(data(1, 100).acks(1));
            peer.write(50);
            peer.expect(data(1, 50).acks(101));
            peer.advanceMs(100);
            peer.nothingMore();
        }
    }

    @Test
    void reportsEveryGapAtOnceNewestBlockFirst()
    {
        try (TcpPeer peer = new TcpPeer().establishedWithSack())
        {
            peer.send(data(101, 100).acks(1));
            peer.expect(ack(1).sack(101, 201));
            peer.send(data(301, 100).acks(1));
            peer.expect(ack(1).sack(301, 401, 101, 201));
            peer.send(data(501, 100).acks(1));
            peer.expect(ack(1).sack(501, 601, 301, 401, 101, 201));
            peer.send(data(201, 100).acks(1));
            peer.expect(ack(1).sack(101, 401, 501, 601));
            peer.send(data(1, 100).acks(1));
            peer.expect(ack(401).sack(501, 601));
            peer.send(data(401, 100).acks(1));
            peer.expect(ack(601).sack());
            assertEquals(600, peer.user.received.size());
        }
    }

    @Test
    void tellsAtMostThreeBlocksBesideTimestamps()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_000).sackPermitted().timestamps(1, 0)))
        {
            for (int i = 1; i <= 5; i++)
            {
                peer.send(data(200 * i, 100).acks(1));
            }
            final Tcp.Seen last = peer.all().get(4);
            assertEquals(6, last.sack.length);
            assertEquals(1_000, last.sack[0]);
        }
    }

    @Test
    void tellsWhatCameTwice()
    {
        try (TcpPeer peer = new TcpPeer().establishedWithSack())
        {
            peer.send(data(1, 200).acks(1));
            peer.advanceMs(50);
            peer.forget();
            // RFC 2883: below the acknowledgement, and inside an out-of-order block.
            peer.send(data(1, 100).acks(1));
            peer.expect(ack(201).sack(1, 101));
            peer.send(data(301, 100).acks(1));
            peer.expect(ack(201).sack(301, 401));
            peer.send(data(301, 100).acks(1));
            peer.expect(ack(201).sack(301, 401, 301, 401));
            peer.send(data(501, 100).acks(1));
            peer.expect(ack(201).sack(501, 601, 301, 401));
            // The front of a segment, a part of one, and what lies around a block.
            peer.send(data(151, 100).acks(1));
            peer.advanceMs(50);
            peer.expect(ack(251).sack(151, 201, 501, 601, 301, 401));
            peer.send(data(351, 100).acks(1));
            peer.expect(ack(251).sack(351, 401, 301, 451, 501, 601));
            peer.send(data(476, 150).acks(1));
            peer.expect(ack(251).sack(501, 601, 476, 626, 301, 451));
            // What fills the gap brings some of it again.
            peer.send(data(251, 100).acks(1));
            peer.expect(ack(451).sack(301, 351, 476, 626));
            peer.send(data(451, 1_000).acks(1));
            peer.expect(ack(1_451).sack(476, 626));
            assertEquals(1_450, peer.user.received.size());
            // 100 below, 100 inside, then 50, 50 and 100 of what was new in part; what fills a gap is all new.
            assertEquals(400, peer.count(Counter.TCP_RX_DUPLICATE_BYTES));
            assertEquals(0, peer.count(Counter.TCP_RX_OUT_OF_ORDER_DISCARDED));
        }
    }

    @Test
    void sendsNoBlocksWhenTheyWereNotAgreedOn()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.send(data(101, 100).acks(1));
            peer.expect(ack(1).sack());
        }
    }
}
