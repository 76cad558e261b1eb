package io.pnet.tcp;

import io.pnet.link.MemoryLinkOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.List;

import static io.pnet.tcp.TcpPeer.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Pacing: when segments leave, to the nanosecond of the virtual clock. */
final class PacingTest
{
    private static final int MSS = 1_000;

    /** A burst: what left at one instant. */
    private record Burst(long atNs, int bytes)
    {
    }

    private static TcpPeer peer(final long bitsPerSecond, final boolean gso)
    {
        final TcpSettings settings = new TcpSettings();
        settings.sendBufferBytes = 4 << 20;
        settings.maxPacingRate = bitsPerSecond / 8;
        final TcpPeer peer = new TcpPeer(settings, new MemoryLinkOptions().txOffload(gso).queueFrames(8_192), false);
        peer.established(Tcp.syn().mss(MSS).scale(7).sackPermitted());
        peer.send(Tcp.ack(1).seq(1).window(65_535));
        peer.connection().window.cwnd(4_000_000);
        return peer;
    }

    /** Has all of it sent, acknowledged by nobody, and tells when what left. */
    private static List<Burst> send(final TcpPeer peer, final int bytes)
    {
        peer.connection().retransmitAtNs = Connection.NEVER;
        peer.write(bytes);
        final List<Burst> bursts = new ArrayList<>();
        int sent = 0;
        while (sent < bytes)
        {
            int burst = 0;
            for (final Tcp.Seen each : peer.all())
            {
                burst += each.length;
            }
            if (burst > 0)
            {
                bursts.add(new Burst(peer.nowNs, burst));
                sent += burst;
            }
            // No time-outs here: nothing is on its way back.
            peer.connection().retransmitAtNs = Connection.NEVER;
            peer.connection().probeAtNs = Connection.NEVER;
            if (sent < bytes)
            {
                assertTrue(
                    peer.connection().paceAtNs > peer.nowNs && peer.connection().paceAtNs != Connection.NEVER,
                    "nothing is due");
                peer.nowNs = peer.connection().paceAtNs;
            }
        }
        // For what looks at the connection afterwards.
        peer.connection().retransmitAtNs = peer.nowNs + 1_000 * MS;
        return bursts;
    }

    @Test
    void spacesSegmentsAtTenMegabits()
    {
        try (TcpPeer peer = peer(10_000_000, false))
        {
            final List<Burst> bursts = send(peer, 100 * MSS);
            // A millisecond is worth 1,250 bytes: a segment and what the second starts in; then one every 0.8 ms.
            assertEquals(2 * MSS, bursts.get(0).bytes);
            assertEquals(99, bursts.size());
            assertEquals(600_000, bursts.get(1).atNs - bursts.get(0).atNs);
            for (int i = 2; i < bursts.size(); i++)
            {
                assertEquals(MSS, bursts.get(i).bytes);
                assertEquals(800_000, bursts.get(i).atNs - bursts.get(i - 1).atNs);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        // Two segments at least; a millisecond's worth; what a frame can hold, 65 segments.
        "10000000, 2", "100000000, 12", "1000000000, 65", "2000000000, 65"
    })
    void framesFollowTheRate(final long bitsPerSecond, final int segments)
    {
        try (TcpPeer peer = peer(bitsPerSecond, true))
        {
            final int frame = segments * MSS;
            final List<Burst> bursts = send(peer, 40 * frame);
            for (int i = 2; i < bursts.size(); i++)
            {
                assertEquals(frame, bursts.get(i).bytes);
                assertEquals(
                    frame * 8.0 / bitsPerSecond, (bursts.get(i).atNs - bursts.get(i - 1).atNs) / 1e9, 1e-8);
            }
            // What starts it is a millisecond's worth, and the frame that this ends in.
            assertTrue(bursts.get(0).bytes <= bitsPerSecond / 8_000 + frame, () -> bursts.get(0).toString());
        }
    }

    @Test
    void whoWakesLateCatchesUpOnAMillisecondAndNoMore()
    {
        try (TcpPeer peer = peer(80_000_000, false))
        {
            // 10 bytes a microsecond, a segment every 100 us.
            peer.write(200 * MSS);
            peer.forget();
            peer.nowNs = peer.connection().paceAtNs + 500_000;
            assertEquals(6, peer.all().size());
            peer.nowNs = peer.connection().paceAtNs + 50 * MS;
            assertEquals(11, peer.all().size());
        }
    }

    @Test
    void retransmissionsArePacedLikeTheRest()
    {
        try (TcpPeer peer = peer(8_000_000, false))
        {
            send(peer, 20 * MSS);
            // The first five are lost, all at once.
            peer.send(Tcp.ack(1).seq(1).window(65_535).sack(5 * MSS + 1, 20 * MSS + 1));
            peer.nothingMore();
            peer.advanceMs(20);
            final List<Tcp.Seen> again = peer.all();
            assertEquals(5, again.size());
            for (int i = 1; i < 5; i++)
            {
                assertEquals(i * MSS + 1, again.get(i).seq);
                assertEquals(MS, again.get(i).atNs - again.get(i - 1).atNs);
            }
        }
    }

    @Test
    void acknowledgementsAreNeverHeld()
    {
        try (TcpPeer peer = peer(80_000, false))
        {
            peer.write(20 * MSS);
            peer.forget();
            assertTrue(peer.connection().paceAtNs > peer.nowNs + 50 * MS);
            peer.send(Tcp.data(1, 100).acks(1).window(65_535));
            peer.send(Tcp.data(101, 100).acks(1).window(65_535));
            peer.advanceMs(45);
            peer.expect(Tcp.ack(201));
        }
    }

    @Test
    void aLimitCanBeChangedAndTakenAway()
    {
        try (TcpPeer peer = peer(80_000, false))
        {
            peer.write(20 * MSS);
            assertEquals(1, peer.all().size());
            assertEquals(10_000, peer.connection().info().pacingRate());
            peer.connection().maxPacingRate(0);
            assertEquals(19, peer.all().size());
            assertEquals(0, peer.connection().info().pacingRate());
        }
    }

    @Test
    void nothingIsPacedUnlessAskedFor()
    {
        try (TcpPeer peer = peer(0, false))
        {
            assertEquals(1, send(peer, 60 * MSS).size());
        }
    }
}
