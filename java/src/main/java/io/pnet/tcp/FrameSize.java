package io.pnet.tcp;

import io.pnet.link.LinkCapabilities;
import io.pnet.wire.EthernetHeader;

/**
 * How much payload one frame carries: a segment (RFC 9293 section 3.7.1), or several where the link cuts them (GSO).
 *
 * <p>Without state of its own: works on {@link Connection}.
 */
final class FrameSize
{
    /** What a frame is to carry: so long at the rate of the connection. */
    static final long GSO_TIME_NS = 1_000_000L;
    /** Each 131 us that the peer is farther away halve what a frame has for its nearness. */
    private static final int NEAR_LOG_NS = 17;

    private FrameSize()
    {
    }

    /** Largest payload of one frame that link and path take. */
    static int max(final Connection c)
    {
        final LinkCapabilities link = c.destination.capabilities();
        final int gso = link.txGsoMaxBytes();
        if (gso == 0 || Urgent.isAhead(c, c.sndUnaOffset))
        {
            // The pieces of a GSO frame share one urgent pointer, which would be wrong for all but the first.
            return c.sndMss;
        }
        final int headers =
            EthernetHeader.LENGTH + c.destination.headerLength() + OutgoingSegments.headerLength(c);
        // The IP length field bounds it too.
        final int max = Math.min(gso, 0xFFFF) - headers;
        return Math.max(c.sndMss, max - max % c.sndMss);
    }

    /**
     * How large a frame should be: about a millisecond's worth at the rate we send, at least two segments. And as large
     * as it can be where the peer is as near as the next rack: its acknowledgements come soon enough to time the next
     * one, and it is one frame less to wake up for. Linux has the same (tcp_tso_rtt_log) up to four times as far, where
     * it costs goodput on lossy paths (GoodputTest, 2 ms and 5 % without SACK: 4.8 instead of 7.0 Mbit/s).
     */
    static int goal(final Connection c)
    {
        final int max = max(c);
        final long pacingRate = Pacer.rate(c);
        if (max == c.sndMss || pacingRate == 0 && c.window.srttNs < GSO_TIME_NS)
        {
            return max;
        }
        final long perMs = pacingRate != 0 ? pacingRate / 1_000 :
            c.windowUse.perRoundTrip(c) * GSO_TIME_NS / c.window.srttNs;
        final long near = pacingRate != 0 ? 0 : max >> Math.min(Integer.SIZE - 1, c.rtt.minNs() >> NEAR_LOG_NS);
        final long segments = Math.max(2, (perMs + near) / c.sndMss);
        return (int)Math.min(max, segments * c.sndMss);
    }
}
