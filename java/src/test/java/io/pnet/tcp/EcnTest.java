package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.congestion.CongestionControl;
import io.pnet.tcp.congestion.CongestionWindow;
import io.pnet.tcp.congestion.Cubic;
import io.pnet.tcp.congestion.NewReno;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

import static io.pnet.tcp.Tcp.ACK;
import static io.pnet.tcp.Tcp.CE;
import static io.pnet.tcp.Tcp.CWR;
import static io.pnet.tcp.Tcp.ECE;
import static io.pnet.tcp.Tcp.ECT_0;
import static io.pnet.tcp.Tcp.FIN;
import static io.pnet.tcp.Tcp.NOT_ECT;
import static io.pnet.tcp.Tcp.RST;
import static io.pnet.tcp.Tcp.SYN;
import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static io.pnet.tcp.Tcp.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Explicit congestion notification (RFC 3168 section 6.1). */
final class EcnTest
{
    private static final long RTT_MS = 20;

    private static TcpSettings with(final EcnMode mode)
    {
        final TcpSettings settings = new TcpSettings();
        settings.ecn = mode;
        settings.noDelay = true;
        settings.congestionControl = NewReno::new;
        return settings;
    }

    private static Tcp ecnSyn()
    {
        return tcp(SYN | ECE | CWR).seq(0).mss(1_000);
    }

    /** A connection that uses ECN. */
    private static TcpPeer established(final Tcp syn)
    {
        final TcpPeer peer = new TcpPeer(with(EcnMode.ACCEPT)).established(syn);
        assertTrue(peer.connection().info().isEcn());
        return peer;
    }

    private static TcpPeer established()
    {
        return established(ecnSyn().sackPermitted());
    }

    // ---- negotiation (section 6.1.1)

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void acceptsFromAPeerThatAsks(final boolean isV6)
    {
        try (TcpPeer peer = new TcpPeer(with(EcnMode.ACCEPT), new MemoryLinkOptions(), isV6).listen())
        {
            peer.send(ecnSyn());
            peer.expect(tcp(SYN | ACK | ECE).acks(1).ecn(NOT_ECT));
            peer.send(ack(1).seq(1));
            peer.write(100);
            peer.expect(data(1, 100).ecn(ECT_0));
            assertEquals(1, peer.count(Counter.TCP_ECN_CONNECTIONS));
        }
    }

    @Test
    void repeatsASynAckThatAgrees()
    {
        try (TcpPeer peer = new TcpPeer(with(EcnMode.ACCEPT)).listen())
        {
            peer.send(ecnSyn());
            peer.expect(tcp(SYN | ACK | ECE));
            peer.advanceMs(1_100);
            peer.expect(tcp(SYN | ACK | ECE).ecn(NOT_ECT));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {SYN, SYN | ECE, SYN | CWR})
    void doesNotAcceptWhatIsNoRequest(final int flags)
    {
        try (TcpPeer peer = new TcpPeer(with(EcnMode.REQUEST)).established(tcp(flags).seq(0).mss(1_000)))
        {
            assertFalse(peer.connection().info().isEcn());
            peer.write(100);
            peer.expect(data(1, 100).ecn(NOT_ECT));
            // Whatever such a peer sets means nothing.
            peer.send(data(1, 10).acks(101).ecn(CE));
            peer.advanceMs(100);
            peer.expect(ack(11));
            assertEquals(0, peer.count(Counter.TCP_ECN_CE));
        }
    }

    @Test
    void doesNotAcceptWhenOff()
    {
        try (TcpPeer peer = new TcpPeer(with(EcnMode.OFF)).listen())
        {
            peer.send(ecnSyn());
            peer.expect(tcp(SYN | ACK));
        }
    }

    @Test
    void doesNotAcceptASynWhoseCodepointSomebodyHasWritten()
    {
        try (TcpPeer peer = new TcpPeer(with(EcnMode.ACCEPT)).listen())
        {
            peer.send(ecnSyn().ecn(ECT_0));
            peer.expect(tcp(SYN | ACK));
        }
    }

    @Test
    void asksWhenTold()
    {
        try (TcpPeer peer = new TcpPeer(with(EcnMode.REQUEST)).connect())
        {
            peer.expect(tcp(SYN | ECE | CWR).ecn(NOT_ECT));
            peer.send(tcp(SYN | ACK | ECE).seq(0).acks(1).mss(1_000));
            peer.expect(ack(1).ecn(NOT_ECT));
            peer.write(100);
            peer.expect(data(1, 100).ecn(ECT_0));
            // Not a report of congestion, although the flag is the same one.
            assertEquals(0, peer.count(Counter.TCP_ECN_REDUCTIONS));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {SYN | ACK, SYN | ACK | ECE | CWR, SYN | ACK | CWR})
    void takesForNoAnswerWhatDoesNotAgreeOrMirrorsTheQuestion(final int flags)
    {
        try (TcpPeer peer = new TcpPeer(with(EcnMode.REQUEST)).connect())
        {
            peer.expect(tcp(SYN | ECE | CWR));
            peer.send(tcp(flags).seq(0).acks(1).mss(1_000));
            peer.expect(ack(1));
            assertFalse(peer.connection().info().isEcn());
            peer.write(100);
            peer.expect(data(1, 100).ecn(NOT_ECT));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OFF", "ACCEPT"})
    void doesNotBelieveAnAnswerToWhatItHasNotAsked(final EcnMode mode)
    {
        try (TcpPeer peer = new TcpPeer(with(mode)).connect())
        {
            peer.expect(syn());
            peer.send(tcp(SYN | ACK | ECE).seq(0).acks(1).mss(1_000));
            peer.expect(ack(1));
            assertFalse(peer.connection().info().isEcn());
        }
    }

    @Test
    void asksNoMoreWhenTheFirstSynIsNotAnswered()
    {
        try (TcpPeer peer = new TcpPeer(with(EcnMode.REQUEST)).connect())
        {
            // Section 6.1.1.1.
            peer.expect(tcp(SYN | ECE | CWR));
            peer.advanceMs(1_100);
            peer.expect(syn());
            peer.advanceMs(2_100);
            peer.expect(syn());
            // The first one was answered after all: marks are reported, but not asked for.
            peer.send(tcp(SYN | ACK | ECE).seq(0).acks(1).mss(1_000));
            peer.expect(ack(1));
            peer.write(100);
            peer.expect(data(1, 100).ecn(NOT_ECT));
            peer.send(data(1, 10).acks(101).ecn(CE));
            peer.expect(tcp(ACK | ECE).acks(11));
        }
    }

    @Test
    void agreesInASimultaneousOpen()
    {
        try (TcpPeer peer = new TcpPeer(with(EcnMode.REQUEST)).connect())
        {
            peer.expect(tcp(SYN | ECE | CWR));
            peer.send(ecnSyn());
            peer.expect(tcp(SYN | ACK | ECE).seq(0).acks(1));
            peer.send(tcp(SYN | ACK | ECE).seq(0).acks(1).mss(1_000));
            assertEquals(TcpState.ESTABLISHED, peer.state());
            peer.forget();
            peer.write(100);
            peer.expect(data(1, 100).ecn(ECT_0));
        }
    }

    // ---- what carries ECT (sections 6.1.4 to 6.1.6)

    @Test
    void marksNothingButNewDataAsCapable()
    {
        try (TcpPeer peer = established())
        {
            peer.send(data(1, 10).acks(1).ecn(ECT_0));
            peer.advanceMs(100);
            peer.expect(ack(11).ecn(NOT_ECT));
            peer.write(100);
            peer.expect(data(1, 100).ecn(ECT_0));
            // A retransmission.
            peer.advanceMs(300);
            peer.expect(data(1, 100).ecn(NOT_ECT));
            // A window probe, of new data.
            peer.send(ack(101).seq(11).window(0));
            peer.forget();
            peer.write(2_000);
            peer.advanceMs(300);
            peer.expect(tcp(ACK).seq(101).length(1).ecn(NOT_ECT));
            peer.send(ack(102).seq(11).window(65_535));
            // The first of it says that a loss was answered: the one that the retransmission has repaired.
            peer.expect(tcp(ACK | CWR).seq(102).length(1_000).ecn(ECT_0), data(1_102, 999).ecn(ECT_0));
            peer.send(ack(2_101).seq(11));
            // A FIN without data, and a reset.
            peer.shutdown();
            peer.expect(tcp(FIN | ACK).seq(2_101).ecn(NOT_ECT));
            peer.connection().abort();
            peer.expect(tcp(RST | ACK).ecn(NOT_ECT));
        }
    }

    @Test
    void keepsTheUsersTrafficClassAndItsOwnBitsApart()
    {
        final TcpSettings settings = with(EcnMode.ACCEPT);
        settings.trafficClass = 0xB8 | CE;
        try (TcpPeer peer = new TcpPeer(settings).established(ecnSyn()))
        {
            peer.write(100);
            peer.expect(data(1, 100).ecn(ECT_0));
            assertEquals(0xB8 | ECT_0, peer.lastPacket()[1] & 0xFF);
            peer.send(data(1, 10).acks(101));
            peer.advanceMs(100);
            peer.expect(ack(11).ecn(NOT_ECT));
        }
    }

    // ---- the receiver (section 6.1.3)

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void echoesAMarkUntilThePeerHasReduced(final boolean isV6)
    {
        try (TcpPeer peer = new TcpPeer(with(EcnMode.ACCEPT), new MemoryLinkOptions(), isV6).established(ecnSyn()))
        {
            peer.send(data(1, 100).acks(1).ecn(ECT_0));
            peer.nothingMore();
            // Said at once.
            peer.send(data(101, 100).acks(1).ecn(CE));
            peer.expect(tcp(ACK | ECE).acks(201).ecn(NOT_ECT));
            peer.send(data(201, 100).acks(1).ecn(ECT_0));
            peer.expect(tcp(ACK | ECE).acks(301));
            // On data, too.
            peer.write(50);
            peer.expect(tcp(ACK | ECE).seq(1).length(50).acks(301));
            peer.send(tcp(ACK | CWR).seq(301).length(100).acks(51).ecn(ECT_0));
            peer.expect(ack(401));
            peer.send(data(401, 100).acks(51).ecn(ECT_0));
            peer.advanceMs(100);
            peer.expect(ack(501));
            assertEquals(1, peer.count(Counter.TCP_ECN_CE));
            assertEquals(1, peer.connection().info().ecnMarks());
        }
    }

    @Test
    void echoesOnWhenTheSegmentThatSaysReducedIsMarkedItself()
    {
        try (TcpPeer peer = established())
        {
            peer.send(data(1, 100).acks(1).ecn(CE));
            peer.expect(tcp(ACK | ECE).acks(101));
            peer.send(tcp(ACK | CWR).seq(101).length(100).acks(1).ecn(CE));
            peer.expect(tcp(ACK | ECE).acks(201));
        }
    }

    @Test
    void echoesAMarkOnWhatArrivesOutOfOrder()
    {
        try (TcpPeer peer = established())
        {
            peer.send(data(101, 100).acks(1).ecn(CE));
            peer.expect(tcp(ACK | ECE).acks(1).sack(101, 201));
        }
    }

    @Test
    void doesNotLookAtTheCodepointOutsideTheWindowNorOfPureAcknowledgements()
    {
        try (TcpPeer peer = established())
        {
            peer.send(data(1, 100).acks(1).ecn(ECT_0));
            peer.advanceMs(100);
            peer.expect(ack(101));
            // Section 6.1.5.
            peer.send(data(1, 100).acks(1).ecn(CE));
            peer.expect(ack(101));
            peer.send(data(20_000_000, 100).acks(1).ecn(CE));
            peer.expect(ack(101));
            peer.send(ack(1).seq(101).ecn(CE));
            peer.send(data(101, 100).acks(1).ecn(ECT_0));
            peer.advanceMs(100);
            peer.expect(ack(201));
        }
    }

    // ---- the sender (section 6.1.2)

    @Test
    void reducesOnceAWindowAndSaysSoOnce()
    {
        try (TcpPeer peer = established())
        {
            peer.write(60_000);
            assertEquals(10, peer.all().size());
            peer.advanceMs(RTT_MS);
            peer.send(tcp(ACK | ECE).acks(1_001).seq(1));
            assertEquals(4_500, peer.connection().window.cwnd);
            assertEquals(4_500, peer.connection().window.ssthresh);
            peer.nothingMore();
            for (int at = 2_001; at <= 5_001; at += 1_000)
            {
                peer.send(tcp(ACK | ECE).acks(at).seq(1));
                peer.nothingMore();
            }
            assertEquals(4_500, peer.connection().window.cwnd);
            // The window is down to where it should be: new data, and the first of it tells.
            peer.send(tcp(ACK | ECE).acks(7_001).seq(1));
            peer.expect(
                tcp(ACK | CWR).seq(10_001).length(1_000).ecn(ECT_0));
            peer.nothingMore();
            peer.send(tcp(ACK | ECE).acks(10_001).seq(1));
            peer.expect(data(11_001, 1_000), data(12_001, 1_000), data(13_001, 1_000));
            assertEquals(1, peer.count(Counter.TCP_ECN_REDUCTIONS));
            // The echo of another window is another congestion.
            peer.send(tcp(ACK | ECE).acks(11_001).seq(1));
            assertEquals(2, peer.count(Counter.TCP_ECN_REDUCTIONS));
            assertEquals(2, peer.connection().info().ecnReductions());
            assertEquals(2_000, peer.connection().window.ssthresh);
        }
    }

    @Test
    void saysThatItHasReducedAfterALossAsWell()
    {
        try (TcpPeer peer = established())
        {
            peer.write(30_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(ack(1).seq(1).sack(1_001, 5_001));
            final List<Tcp.Seen> repair = peer.all();
            assertTrue(repair.get(0).matches(data(1, 1_000).ecn(NOT_ECT)), repair::toString);
            peer.advanceMs(RTT_MS);
            // The echo is of the same window.
            final int ssthresh = peer.connection().window.ssthresh;
            peer.send(tcp(ACK | ECE).acks(10_001).seq(1));
            final List<Tcp.Seen> fresh = peer.all();
            assertTrue(repair.size() > 1 || !fresh.isEmpty());
            final Tcp.Seen first = repair.size() > 1 ? repair.get(1) : fresh.get(0);
            assertTrue(first.matches(tcp(ACK | CWR).seq(10_001).ecn(ECT_0)), first::toString);
            assertEquals(ssthresh, peer.connection().window.ssthresh);
            assertEquals(0, peer.count(Counter.TCP_ECN_REDUCTIONS));
        }
    }

    @Test
    void doesNotReduceAgainForALossInTheSameWindow()
    {
        try (TcpPeer peer = established())
        {
            peer.write(30_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(tcp(ACK | ECE).acks(1_001).seq(1));
            assertEquals(4_500, peer.connection().window.ssthresh);
            peer.send(tcp(ACK | ECE).acks(1_001).seq(1).sack(2_001, 7_001));
            peer.advanceMs(RTT_MS);
            assertEquals(RecoveryState.Phase.RECOVERY, peer.connection().recovery.phase);
            assertEquals(4_500, peer.connection().window.ssthresh);
        }
    }

    @Test
    void putsCwrOnTheFirstSegmentOfALargeFrameOnly()
    {
        final MemoryLinkOptions options = new MemoryLinkOptions().txOffload(true);
        try (TcpPeer peer = new TcpPeer(with(EcnMode.ACCEPT), options, false).established(ecnSyn()))
        {
            peer.write(60_000);
            peer.forget();
            peer.advanceMs(RTT_MS);
            peer.send(tcp(ACK | ECE).acks(1_001).seq(1));
            peer.nothingMore();
            peer.send(tcp(ACK | ECE).acks(10_001).seq(1));
            peer.expect(
                tcp(ACK | CWR).seq(10_001).length(1_000).ecn(ECT_0), data(11_001, 1_000).ecn(ECT_0),
                data(12_001, 1_000).ecn(ECT_0), data(13_001, 1_000).ecn(ECT_0));
            peer.nothingMore();
        }
    }

    @Test
    void takesBackWhatASpuriousTimeoutHadItSay()
    {
        try (TcpPeer peer = established(ecnSyn().mss(1_012).timestamps(1, 0)))
        {
            peer.write(8_000);
            final int original = peer.all().get(0).tsVal;
            peer.advanceMs(1_100);
            peer.forget();
            peer.send(ack(1_001).seq(1).timestamps((int)(peer.nowNs / TcpPeer.MS), original));
            assertEquals(1, peer.count(Counter.TCP_SPURIOUS_RECOVERIES));
            peer.forget();
            peer.write(1_000);
            peer.expect(data(8_001, 1_000));
        }
    }

    // ---- what an algorithm makes of it

    private static CongestionWindow window(final int cwnd, final int ssthresh)
    {
        final CongestionWindow window = new CongestionWindow();
        window.smss = 1_000;
        window.cwnd = cwnd;
        window.ssthresh = ssthresh;
        window.inFlight = cwnd;
        return window;
    }

    private static int afterEcho(final CongestionControl control, final int cwnd, final int ssthresh)
    {
        final CongestionWindow window = window(cwnd, ssthresh);
        control.onEcnEcho(window, 1_000_000_000L);
        assertEquals(window.ssthresh, window.cwnd);
        return window.cwnd;
    }

    @Test
    void aMarkCountsAsALossUnlessTheUserChoosesOtherwise()
    {
        assertEquals(50_000, afterEcho(new NewReno(), 100_000, 50_000));
        assertEquals(70_000, afterEcho(new Cubic(), 100_000, 50_000));
        // RFC 8511, which is for congestion avoidance.
        assertEquals(85_000, afterEcho(Cubic.withAlternativeBackoff(), 100_000, 50_000));
        assertEquals(70_000, afterEcho(Cubic.withAlternativeBackoff(), 100_000, CongestionWindow.MAX));
        final CongestionWindow window = window(100_000, 50_000);
        Cubic.withAlternativeBackoff().onLoss(window, 1_000_000_000L);
        assertEquals(70_000, window.ssthresh);
    }
}
