package io.pnet.tcp;

import io.pnet.Must;
import io.pnet.counters.Counter;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.TcpHeader;
import org.junit.jupiter.api.Test;

import java.util.Arrays;

import static io.pnet.tcp.Tcp.ACK;
import static io.pnet.tcp.Tcp.SYN;
import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static io.pnet.tcp.Tcp.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** How segments look and are read: RFC 9293 sections 3.1 and 3.2. */
final class SegmentFormTest
{
    @Must(1)
    @Test
    void readsTheWindowAsAnUnsignedNumber()
    {
        final TcpSettings settings = new TcpSettings();
        settings.initialWindowSegments = 100;
        try (TcpPeer peer = new TcpPeer(settings).established(syn().mss(8_000).window(65_535)))
        {
            peer.send(ack(1).seq(1).window(0x8001));
            peer.write(60_000);
            int sent = 0;
            for (final Tcp.Seen each : peer.all())
            {
                sent += each.length;
            }
            // The last segment would be a short one.
            assertEquals(0x8001 / 1_460 * 1_460, sent);
        }
    }

    @Must({5, 6, 64})
    @Test
    void takesOptionsInAnySegment()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            // No-operation, an unknown option of 3 bytes, a maximum segment size that nobody asked for, no-operation.
            peer.send(data(1, 10).acks(1).rawOptions(1, 77, 3, 9, 2, 4, 1, 0, 1));
            assertEquals(10, peer.user.received.size());
            assertEquals(1_000, peer.connection().peerMss);
        }
    }

    @Must(4)
    @Test
    void findsTheSegmentSizeBetweenNoOperationsAndNothingBehindTheEnd()
    {
        try (TcpPeer peer = new TcpPeer().established(
            tcp(SYN).seq(0).rawOptions(1, 1, 1, 2, 4, 600 >> 8, 600 & 0xFF, 0, 3, 3, 14)))
        {
            assertEquals(600, peer.connection().sndMss);
            assertEquals(0, peer.connection().sndWndShift);
        }
    }

    @Must({65, 67})
    @Test
    void tellsWhatItsLinkTakesInTheSynAndNowhereElse()
    {
        try (TcpPeer peer = new TcpPeer(new TcpSettings(), new MemoryLinkOptions().mtu(1_400), false).connect())
        {
            peer.expect(syn().mss(1_360));
            peer.send(tcp(SYN | ACK).seq(0).acks(1).mss(1_000));
            final Tcp.Seen answer = peer.next();
            peer.write(100);
            final Tcp.Seen first = peer.next();
            assertEquals(0, answer.mss);
            assertEquals(0, first.mss);
        }
    }

    @Must({68, 69})
    @Test
    void padsItsHeadersWithNoOperationsAndZeros()
    {
        final TcpSettings settings = new TcpSettings();
        for (int i = 0; i < 8; i++)
        {
            settings.sack = (i & 1) != 0;
            settings.timestamps = (i & 2) != 0;
            settings.windowScaling = (i & 4) != 0;
            try (TcpPeer peer = new TcpPeer(settings.copy()).connect())
            {
                peer.expect(syn());
                final byte[] packet = peer.lastPacket();
                final byte[] options = Arrays.copyOfRange(
                    packet, Ipv4Header.MIN_LENGTH + TcpHeader.MIN_LENGTH, packet.length);
                assertEquals(0, options.length % 4);
                int at = 0;
                while (at < options.length && options[at] != 0)
                {
                    at += options[at] == 1 ? 1 : options[at + 1];
                }
                for (; at < options.length; at++)
                {
                    assertEquals(0, options[at], "padding of " + Arrays.toString(options));
                }
            }
        }
    }

    @Must({58, 59})
    @Test
    void processesEverythingThatHasArrivedBeforeItAcknowledges()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            for (int i = 0; i < 6; i++)
            {
                peer.queue(data(1 + 100 * i, 100).acks(1));
            }
            peer.expect(ack(601));
            peer.nothingMore();
            assertEquals(600, peer.user.received.size());
            assertEquals(0, peer.count(Counter.TCP_DELAYED_ACKS));
        }
    }
}
