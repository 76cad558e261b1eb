package io.pnet.tcp;

import io.pnet.ip.Destination;
import io.pnet.ip.IpAddress;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;

/** How large segments may be (RFC 6691, RFC 9293 section 3.7.1). */
final class MaxSegmentSize
{
    private MaxSegmentSize()
    {
    }

    /**
     * The sender's and receiver's maximum segment sizes from path, link and peer (RFC 6691, RFC 9293 section 3.7.1).
     */
    static void update(final Connection c)
    {
        final int headers = c.destination.headerLength() + TcpHeader.MIN_LENGTH;
        final int limit = c.settings.maxSegmentSize > 0 ? c.settings.maxSegmentSize : Integer.MAX_VALUE;
        final int options = c.timestamps ? TcpOptions.TIMESTAMPS_LENGTH : 0;
        c.rcvMss = ours(c.settings, c.destination);
        c.sndMss = Math.max(
            32, Math.min(limit, Math.min(c.peerMss, c.path.mtu(c.destination) - headers)) - options);
    }

    /** What our MSS option says (RFC 6691). */
    static int ours(final TcpSettings settings, final Destination destination)
    {
        final int limit = settings.maxSegmentSize > 0 ? settings.maxSegmentSize : Integer.MAX_VALUE;
        final int headers = destination.headerLength() + TcpHeader.MIN_LENGTH;
        return Math.min(limit, Math.min(0xFFFF, destination.capabilities().mtu()) - headers);
    }

    /** What a SYN without an MSS option means (RFC 9293 section 3.7.1). */
    static int byDefault(final long remoteHi, final long remoteLo)
    {
        return IpAddress.isV4(remoteHi, remoteLo) ? 536 : 1_220;
    }
}
