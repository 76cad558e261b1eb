package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.wire.IcmpHeader;
import org.junit.jupiter.api.Test;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What routers say of the path, what forgers say, and what nobody says (RFC 1191, 5927, 4821, 8899). */
final class PathMtuTest
{
    private static void tooBig(final TcpPeer peer, final int mtu, final byte[] quoted)
    {
        peer.sendUnreachable(IcmpHeader.CODE_FRAGMENTATION_NEEDED, mtu, quoted);
    }

    @Test
    void believesOnlyWhatCouldBeTrue()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_460)))
        {
            peer.write(2_920);
            peer.expect(data(1, 1_460), data(1_461, 1_460));
            final byte[] packet = peer.lastPacket();
            final byte[] old = packet.clone();
            old[24] ^= 0x40;
            // About nothing that is in flight; narrower than any path; wide enough for what was sent.
            tooBig(peer, 1_300, old);
            tooBig(peer, 68, packet);
            tooBig(peer, 551, packet);
            tooBig(peer, 1_500, packet);
            peer.nothingMore();
            assertEquals(4, peer.count(Counter.TCP_ICMP_IGNORED));
            assertEquals(1_460, peer.connection().info().mss());
            assertEquals(0, peer.count(Counter.PATH_MTU_UPDATES));
        }
    }

    @Test
    void sendsAgainAtOnceWhatIsTooLargeAndNothingElse()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_460).sackPermitted()))
        {
            peer.connection().settings.noDelay = true;
            peer.write(500);
            peer.write(2_920);
            peer.expect(data(1, 500), data(501, 1_460), data(1_961, 1_460));
            final byte[] packet = peer.lastPacket();
            final int cwnd = peer.connection().window.cwnd;
            tooBig(peer, 1_300, packet);
            peer.expect(data(501, 1_260), data(1_761, 1_260), data(3_021, 400));
            peer.nothingMore();
            assertEquals(cwnd, peer.connection().window.cwnd);
            // The other packet's error, late: it says nothing new.
            tooBig(peer, 1_300, packet);
            peer.nothingMore();
            peer.send(ack(3_421).seq(1));
            // What the router said is forgotten after ten minutes, and the next segment as large as it may be.
            peer.advanceMs(600_000);
            peer.write(1_460);
            peer.expect(data(3_421, 1_460));
        }
    }

    @Test
    void takesWhatVanishesTwiceForTooLarge()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_460).sackPermitted()))
        {
            peer.write(1_460);
            peer.expect(data(1, 1_460));
            peer.advanceMs(900);
            // The probe and the first time-out; with the second one it is smaller, and so is the rest.
            peer.expect(data(1, 1_460), data(1, 1_460), data(1, 1_160));
            assertEquals(1, peer.count(Counter.TCP_BLACK_HOLES));
            peer.send(ack(1_161).seq(1));
            peer.expect(data(1_161, 300));
            peer.send(ack(1_461).seq(1));
            assertEquals(1_160, peer.connection().info().mss());
        }
    }

    @Test
    void goesDownToTheSmallestPathAndNoFurther()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_460)))
        {
            peer.write(1_460);
            peer.advanceMs(60_000);
            assertEquals(512, peer.connection().info().mss());
            assertEquals(2, peer.count(Counter.TCP_BLACK_HOLES));
        }
    }

    @Test
    void takesALostPathForNoBlackHoleWhenSegmentsAreSmall()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(500)))
        {
            peer.write(1_000);
            peer.advanceMs(60_000);
            assertEquals(0, peer.count(Counter.TCP_BLACK_HOLES));
            assertEquals(500, peer.connection().info().mss());
        }
    }

    @Test
    void leavesSegmentsAsTheyAreWhenToldTo()
    {
        final TcpSettings settings = new TcpSettings();
        settings.blackHoleDetection = false;
        try (TcpPeer peer = new TcpPeer(settings).established(syn().mss(1_460)))
        {
            peer.write(1_460);
            peer.advanceMs(60_000);
            assertEquals(1_460, peer.connection().info().mss());
        }
    }

    @Test
    void searchesUpwardsWithSingleLargerSegments()
    {
        try (TcpPeer peer = new TcpPeer().established(syn().mss(1_460).sackPermitted()))
        {
            peer.write(1_460);
            peer.advanceMs(900);
            peer.send(ack(1_461).seq(1));
            peer.forget();
            peer.advanceMs(2_000);
            // What was there before first: the path may only have been down.
            peer.write(6_000);
            Tcp.Seen probe = peer.next();
            assertEquals(1_460, probe.length);
            assertEquals(1, peer.count(Counter.TCP_MTU_PROBES));
            int sent = 1_461 + 1_460;
            for (final Tcp.Seen each : peer.all())
            {
                assertTrue(each.length <= 1_160, each::toString);
                sent = each.seq + each.length;
            }
            // It is lost, the others are not: again in smaller ones, and no less in flight for it.
            final int cwnd = peer.connection().window.cwnd;
            peer.send(ack(1_461).seq(1).sack(2_921, sent));
            peer.advanceMs(20);
            final int first = sent;
            peer.expect(data(first, 1_160), data(1_461, 1_160), data(2_621, 300));
            assertTrue(peer.connection().window.cwnd >= cwnd);
            assertEquals(0, peer.count(Counter.TCP_FAST_RECOVERIES));
            peer.send(ack(sent + 1_160).seq(1));
            peer.expect(data(sent + 1_160, 1_160));
            peer.send(ack(sent + 2_320).seq(1));
            peer.expect(data(sent + 2_320, 7_461 - sent - 2_320));
            peer.send(ack(7_461).seq(1));
            // Another time it arrives.
            peer.advanceMs(1_500);
            peer.write(6_000);
            probe = peer.next();
            while (probe.length != 1_460)
            {
                probe = peer.next();
            }
            peer.send(ack(probe.seq + 1_460).seq(1));
            peer.forget();
            assertEquals(1_460, peer.connection().info().mss());
        }
    }
}
