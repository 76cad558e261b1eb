package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.link.MemoryLinkOptions;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What connections do with a link that takes no more for now. */
final class FullLinkTest
{
    private static final int MSS = 1_000;
    private static final int FIRST_PORT = 1_000;

    /** One connection that does without Nagle's algorithm. */
    private static TcpPeer pushing(final boolean hasOffload)
    {
        final TcpSettings settings = new TcpSettings();
        settings.noDelay = true;
        return new TcpPeer(settings, new MemoryLinkOptions().txOffload(hasOffload), false).established();
    }

    private static TcpPeer pushing()
    {
        return pushing(false);
    }

    /** Several connections, from {@link #FIRST_PORT} on. */
    private static TcpPeer with(final int connections)
    {
        final TcpSettings settings = new TcpSettings();
        settings.noDelay = true;
        final TcpPeer peer = new TcpPeer(settings);
        peer.isPayloadChecked = false;
        peer.listen();
        for (int i = 0; i < connections; i++)
        {
            peer.send(syn().mss(MSS).sourcePort(FIRST_PORT + i));
            peer.next();
            peer.send(ack(1).seq(1).window(65_535).sourcePort(FIRST_PORT + i));
        }
        return peer;
    }

    /** One of them is given something to send, which the stack has not looked at yet. */
    private static void write(final TcpPeer peer, final int connection, final int length)
    {
        final Connection c = peer.accepted.get(connection).connection;
        assertEquals(length, c.write(new UnsafeBuffer(new byte[length]), 0, length));
    }

    /** Which connection sent so many bytes next. */
    private static void expect(final TcpPeer peer, final int connection, final int length)
    {
        final Tcp.Seen sent = peer.next();
        assertEquals(FIRST_PORT + connection, sent.destinationPort, sent::toString);
        assertEquals(length, sent.length, sent::toString);
    }

    @Test
    void connectionsHaveTheRoomOfAFullLinkInTurns()
    {
        try (TcpPeer peer = with(3))
        {
            peer.isLinkFull = true;
            for (int i = 0; i < 3; i++)
            {
                write(peer, i, 8 * MSS);
            }
            peer.cycle();
            peer.isLinkFull = false;
            for (int i = 0; i < 9; i++)
            {
                peer.linkRoom = 2;
                peer.advanceMs(1);
                expect(peer, i % 3, MSS);
                expect(peer, i % 3, MSS);
                peer.nothingMore();
            }
        }
    }

    /** Where the link keeps back short segments alone, several may have sent and still have something. */
    @Test
    void nobodyIsForgottenBehindTheOthers()
    {
        try (TcpPeer peer = with(3))
        {
            peer.isLinkCongested = true;
            for (int i = 0; i < 3; i++)
            {
                write(peer, i, MSS + 10 + i);
            }
            for (int i = 0; i < 3; i++)
            {
                expect(peer, i, MSS);
            }
            peer.nothingMore();
            peer.isLinkCongested = false;
            peer.advanceMs(1);
            final List<Integer> rests = peer.all().stream().map(sent -> sent.length).sorted().toList();
            assertEquals(List.of(10, 11, 12), rests);
        }
    }

    @Test
    void shortWritesOfAStreamJoinWhileTheLinkIsFull()
    {
        try (TcpPeer peer = pushing())
        {
            peer.isLinkCongested = true;
            // Nothing of this connection is under way: waiting would gain nothing.
            peer.write(10);
            peer.expect(data(1, 10));
            peer.write(20);
            peer.write(30);
            peer.nothingMore();
            // Full segments are as good now as later.
            peer.write(980);
            peer.expect(data(11, 1_000));
            peer.nothingMore();
            peer.isLinkCongested = false;
            peer.advanceMs(1);
            peer.expect(data(1_011, 30));
            peer.nothingMore();
        }
    }

    @Test
    void theLastWordIsNotHeldBack()
    {
        try (TcpPeer peer = pushing())
        {
            peer.isLinkCongested = true;
            peer.write(10);
            peer.expect(data(1, 10));
            peer.writeAndShutdown(20);
            peer.expect(Tcp.tcp(Tcp.FIN | Tcp.ACK).seq(11).length(20));
        }
    }

    @Test
    void goesOnWhenWhatWasUnderWayHasArrived()
    {
        try (TcpPeer peer = pushing())
        {
            peer.isLinkCongested = true;
            peer.write(10);
            peer.expect(data(1, 10));
            peer.write(20);
            peer.nothingMore();
            peer.send(ack(11).seq(1));
            peer.expect(data(11, 20));
        }
    }

    /** Twice what the link takes, in writes that leave a short segment each: joined, they fill nearly every frame. */
    @ParameterizedTest
    @CsvSource({"512, false", "1024, false", "2048, false", "3100, false", "4096, false", "512, true"})
    void aStreamThatIsFasterThanItsLinkFillsItsFrames(final int size, final boolean hasOffload)
    {
        final int total = 96 * 1_024;
        try (TcpPeer peer = pushing(hasOffload))
        {
            peer.linkBytesPerMs = 1_000;
            final Deque<long[]> underWay = new ArrayDeque<>();
            long arrivesNs = 0;
            int written = 0;
            int arrived = 0;
            final long framesBefore = peer.count(Counter.TCP_TX_SEGMENTS);
            final long beganNs = peer.nowNs;
            while (arrived < total)
            {
                while (written < total && written <= (peer.nowNs - beganNs) / 500)
                {
                    final int n = Math.min(size, total - written);
                    peer.write(n);
                    written += n;
                }
                peer.advance(TcpPeer.MS / 10);
                for (final Tcp.Seen sent : peer.all())
                {
                    arrivesNs = Math.max(arrivesNs, sent.atNs) + sent.length * TcpPeer.MS / peer.linkBytesPerMs;
                    underWay.add(new long[]{arrivesNs, sent.seq + sent.length - 1});
                }
                final int before = arrived;
                while (!underWay.isEmpty() && underWay.peek()[0] <= peer.nowNs)
                {
                    arrived = (int)underWay.poll()[1];
                }
                if (arrived > before)
                {
                    peer.send(ack(1 + arrived).seq(1));
                }
                assertTrue(peer.nowNs - beganNs < 2L * total * TcpPeer.MS / peer.linkBytesPerMs, "it stands still");
            }
            final long frames = peer.count(Counter.TCP_TX_SEGMENTS) - framesBefore;
            // Short are some of the first, before anything waits, and the last.
            assertTrue(frames <= total / MSS + 4, frames + " frames");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 512, 1_024, 2_048, 3_100, 4_096})
    void nothingIsHeldBackWhereNothingWaits(final int size)
    {
        try (TcpPeer peer = pushing())
        {
            peer.linkBytesPerMs = 1_000_000;
            int seq = 1;
            // The second is written while the first is under way.
            for (int i = 0; i < 2; i++)
            {
                peer.write(size);
                for (int left = size; left > 0; left -= MSS)
                {
                    peer.expect(data(seq, Math.min(MSS, left)));
                    seq += Math.min(MSS, left);
                }
                peer.nothingMore();
            }
        }
    }

    @Test
    void aRequestIsNotHeldBackForWhatAnotherHasWaiting()
    {
        try (TcpPeer peer = with(2))
        {
            peer.linkBytesPerMs = 1_000;
            write(peer, 0, 8 * MSS);
            assertEquals(8, peer.all().size());
            write(peer, 1, 100);
            expect(peer, 1, 100);
            // What follows it has the bulk's time to grow in, and no more than that.
            write(peer, 1, 100);
            peer.nothingMore();
            write(peer, 1, 100);
            peer.advance(peer.linkIdleAtNs - peer.nowNs - 2 * TcpPeer.MS);
            peer.nothingMore();
            peer.advanceMs(2);
            expect(peer, 1, 200);
            peer.nothingMore();
        }
    }
}
