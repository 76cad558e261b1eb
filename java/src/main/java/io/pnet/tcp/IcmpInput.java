package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IcmpError;
import io.pnet.ip.Ip;
import io.pnet.wire.BigEndian;
import io.pnet.wire.SeqNumber;

/**
 * What ICMP errors mean to connections and handshakes (RFC 9293 section 3.9.2.2, RFC 5927, RFC 1191, RFC 8201). Owned
 * by the stack's owner.
 */
final class IcmpInput
{
    private final TcpTransport tcp;
    private final Ip ip;
    private final Counters counters;

    IcmpInput(final TcpTransport tcp, final Ip ip, final Counters counters)
    {
        this.tcp = tcp;
        this.ip = ip;
        this.counters = counters;
    }

    void onError(final IcmpError error)
    {
        final int localPort = BigEndian.getUint16(error.buffer(), error.offset());
        final int remotePort = BigEndian.getUint16(error.buffer(), error.offset() + 2);
        final int seq = BigEndian.getInt32(error.buffer(), error.offset() + 4);
        final int ports = localPort << 16 | remotePort;
        final Flow flow = tcp.find(error.localHi(), error.localLo(), error.remoteHi(), error.remoteLo(), ports);
        if (flow instanceof HalfOpen half)
        {
            if (seq == half.iss && reasonToGiveUp(error.kind()) != null)
            {
                tcp.passive.remove(half);
            }
            return;
        }
        final Connection c = flow instanceof Connection connection ? connection : null;
        // RFC 5927 section 4: only what quotes something in flight is believed.
        if (c == null || SeqNumber.lt(seq, c.sndUna) || !SeqNumber.lt(seq, c.sndNxt))
        {
            counters.increment(Counter.TCP_ICMP_IGNORED);
            return;
        }
        if (error.kind() == IcmpError.Kind.PACKET_TOO_BIG)
        {
            onPacketTooBig(c, seq, error);
            return;
        }
        if (!c.state.isSynchronized())
        {
            final CloseReason reason = reasonToGiveUp(error.kind());
            if (reason != null)
            {
                tcp.closed(c, reason);
            }
        }
        else
        {
            // In synchronized states every one of them is a soft error (MUST-56, RFC 5927 section 5.2).
            c.fireSoftError(switch (error.kind())
            {
                case TIME_EXCEEDED -> SoftError.TIME_EXCEEDED;
                case PARAMETER_PROBLEM -> SoftError.PARAMETER_PROBLEM;
                default -> SoftError.UNREACHABLE;
            });
        }
    }

    /** What an ICMP error means to a handshake; null when nothing. */
    private CloseReason reasonToGiveUp(final IcmpError.Kind kind)
    {
        final TcpCompatibility compatibility = tcp.settings().compatibility;
        switch (kind)
        {
            case PROTOCOL_UNREACHABLE:
            case PORT_UNREACHABLE:
            case ADMINISTRATIVELY_PROHIBITED:
                return compatibility.icmpMayReset ? CloseReason.REFUSED : null;
            case HOST_UNREACHABLE:
            case NETWORK_UNREACHABLE:
                return compatibility.softErrorsInHandshake ? null : CloseReason.UNREACHABLE;
            default:
                return null;
        }
    }

    private void onPacketTooBig(final Connection c, final int seq, final IcmpError error)
    {
        final int before = c.sndMss;
        if (!PathMtu.isPlausible(c, seq, error.mtu()))
        {
            counters.increment(Counter.TCP_ICMP_IGNORED);
            return;
        }
        ip.updatePathMtu(c.destination, error.mtu());
        // The path may have shrunk for another connection before; what counts is what this one sends.
        MaxSegmentSize.update(c);
        if (c.sndMss < before)
        {
            PathMtu.resend(c);
            tcp.activate(c);
        }
    }
}
