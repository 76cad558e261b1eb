package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IcmpError.Kind;
import io.pnet.link.TxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.IcmpHeader;
import io.pnet.wire.Icmpv6Header;
import org.agrona.concurrent.UnsafeBuffer;

/** ICMP input (RFC 792, RFC 1122 section 3.2.2; RFC 4443): echo, errors, and the way to NDP and MLD. */
final class Icmp
{
    private static final int CODE_NET_UNKNOWN = 6;
    private static final int CODE_NET_PROHIBITED = 9;
    private static final int CODE_HOST_PROHIBITED = 10;
    private static final int CODE_NET_UNREACHABLE_FOR_TOS = 11;
    private static final int CODE_BEYOND_SCOPE = 2;
    private static final int CODE_POLICY_FAILED = 5;
    private static final int CODE_REJECT_ROUTE = 6;

    private final Ip ip;
    private final Counters counters;
    private final DestinationCache destinations;

    Icmp(final Ip ip)
    {
        this.ip = ip;
        this.counters = ip.counters;
        this.destinations = new DestinationCache(ip, 256);
    }

    void onPacketV4(final IpPacket packet)
    {
        if (packet.length < IcmpHeader.LENGTH)
        {
            counters.increment(Counter.ICMP_RX_DROP_MALFORMED);
            return;
        }
        if (!Checksum.isValid(Checksum.sum(packet.buffer, packet.offset, packet.length)))
        {
            counters.increment(Counter.ICMP_RX_DROP_CHECKSUM);
            return;
        }
        final int code = BigEndian.getUint8(packet.buffer, packet.offset + IcmpHeader.CODE_OFFSET);
        switch (BigEndian.getUint8(packet.buffer, packet.offset))
        {
            case IcmpHeader.TYPE_ECHO_REQUEST:
                onEchoRequest(packet, IcmpHeader.TYPE_ECHO_REPLY);
                break;

            case IcmpHeader.TYPE_ECHO_REPLY:
                count(ip.echo.onReply(packet));
                break;

            case IcmpHeader.TYPE_DESTINATION_UNREACHABLE:
                onUnreachableV4(packet, code);
                break;

            case IcmpHeader.TYPE_TIME_EXCEEDED:
                ip.icmpErrors.onError(packet, Kind.TIME_EXCEEDED, 0);
                break;

            case IcmpHeader.TYPE_PARAMETER_PROBLEM:
                ip.icmpErrors.onError(packet, Kind.PARAMETER_PROBLEM, 0);
                break;

            case IcmpHeader.TYPE_REDIRECT:
            case IcmpHeader.TYPE_SOURCE_QUENCH:
                counters.increment(Counter.ICMP_RX_DROP_IGNORED);
                break;

            default:
                counters.increment(Counter.ICMP_RX_DROP_UNKNOWN_TYPE);
                break;
        }
    }

    void onPacketV6(final IpPacket packet)
    {
        if (packet.length < Icmpv6Header.LENGTH || packet.isV4())
        {
            counters.increment(Counter.ICMP_RX_DROP_MALFORMED);
            return;
        }
        if (!packet.isChecksumValid())
        {
            counters.increment(Counter.ICMP_RX_DROP_CHECKSUM);
            return;
        }
        final int type = BigEndian.getUint8(packet.buffer, packet.offset);
        final int code = BigEndian.getUint8(packet.buffer, packet.offset + Icmpv6Header.CODE_OFFSET);
        final boolean hasSource = !IpAddress.isUnspecified(packet.sourceHi, packet.sourceLo);
        if (!hasSource && type != Icmpv6Header.TYPE_NEIGHBOUR_SOLICITATION && type < Icmpv6Header.TYPE_MLD_QUERY)
        {
            counters.increment(Counter.IP_RX_DROP_MARTIAN);
            return;
        }
        switch (type)
        {
            case Icmpv6Header.TYPE_ECHO_REQUEST:
                onEchoRequest(packet, Icmpv6Header.TYPE_ECHO_REPLY);
                break;

            case Icmpv6Header.TYPE_ECHO_REPLY:
                count(ip.echo.onReply(packet));
                break;

            case Icmpv6Header.TYPE_DESTINATION_UNREACHABLE:
                ip.icmpErrors.onError(packet, unreachableKindV6(code), 0);
                break;

            case Icmpv6Header.TYPE_PACKET_TOO_BIG:
                final int mtu = BigEndian.getInt32(packet.buffer, packet.offset + Icmpv6Header.MTU_OFFSET);
                ip.icmpErrors.onError(packet, Kind.PACKET_TOO_BIG, mtu < 0 ? Integer.MAX_VALUE : mtu);
                break;

            case Icmpv6Header.TYPE_TIME_EXCEEDED:
                ip.icmpErrors.onError(packet, Kind.TIME_EXCEEDED, 0);
                break;

            case Icmpv6Header.TYPE_PARAMETER_PROBLEM:
                ip.icmpErrors.onError(
                    packet,
                    code == Icmpv6Header.CODE_UNKNOWN_NEXT_HEADER ?
                        Kind.PROTOCOL_UNREACHABLE : Kind.PARAMETER_PROBLEM,
                    0);
                break;

            case Icmpv6Header.TYPE_NEIGHBOUR_SOLICITATION:
            case Icmpv6Header.TYPE_NEIGHBOUR_ADVERTISEMENT:
            case Icmpv6Header.TYPE_ROUTER_SOLICITATION:
            case Icmpv6Header.TYPE_ROUTER_ADVERTISEMENT:
            case Icmpv6Header.TYPE_REDIRECT:
                ip.ndp.onMessage(packet, type, code);
                break;

            case Icmpv6Header.TYPE_MLD_QUERY:
                ip.mld.onQuery(packet);
                break;

            case Icmpv6Header.TYPE_MLD_REPORT:
                ip.mld.onReport(packet);
                break;

            case Icmpv6Header.TYPE_MLD_DONE:
            case Icmpv6Header.TYPE_MLD_V2_REPORT:
                // For routers.
                counters.increment(Counter.ICMP_RX_DROP_IGNORED);
                break;

            default:
                counters.increment(Counter.ICMP_RX_DROP_UNKNOWN_TYPE);
                break;
        }
    }

    /** Completes a message's checksum, which over IPv4 covers no pseudo-header, and sends it. */
    static void commit(final Ip ip, final TxFrame frame, final boolean isV4, final int offset, final int length)
    {
        final UnsafeBuffer buffer = frame.buffer();
        if (isV4)
        {
            BigEndian.putUint16(buffer, offset + IcmpHeader.CHECKSUM_OFFSET, Checksum.of(buffer, offset, length));
            ip.commit(frame, -1, 0, 0);
        }
        else
        {
            ip.commit(frame, Icmpv6Header.CHECKSUM_OFFSET, 0, 0);
        }
        ip.counters.increment(Counter.ICMP_TX);
    }

    private void onEchoRequest(final IpPacket packet, final int replyType)
    {
        // An answer to a group would make us an amplifier (RFC 1122 section 3.2.2.6 allows to discard).
        if (!ip.settings.answerEcho || !packet.isUnicast)
        {
            counters.increment(Counter.ICMP_RX_DROP_IGNORED);
            return;
        }
        counters.increment(Counter.ICMP_RX);
        counters.increment(Counter.ICMP_RX_ECHO_REQUESTS);
        final Destination destination = destinations.get(
            packet.destinationHi, packet.destinationLo, packet.sourceHi, packet.sourceLo);
        if (destination == null)
        {
            counters.increment(Counter.IP_TX_DROP_NO_ROUTE);
            return;
        }
        IcmpEcho.sendEcho(
            ip,
            destination,
            packet.trafficClass & ~3,
            replyType,
            BigEndian.getInt32(packet.buffer, packet.offset + IcmpHeader.REST_OFFSET),
            packet.buffer,
            packet.offset + IcmpHeader.LENGTH,
            packet.length - IcmpHeader.LENGTH);
    }

    private void onUnreachableV4(final IpPacket packet, final int code)
    {
        if (code == IcmpHeader.CODE_FRAGMENTATION_NEEDED)
        {
            final int mtu = BigEndian.getUint16(packet.buffer, packet.offset + IcmpHeader.NEXT_HOP_MTU_OFFSET);
            ip.icmpErrors.onError(packet, Kind.PACKET_TOO_BIG, mtu);
        }
        else
        {
            ip.icmpErrors.onError(packet, unreachableKindV4(code), 0);
        }
    }

    private void count(final boolean isDelivered)
    {
        counters.increment(isDelivered ? Counter.ICMP_RX : Counter.ICMP_RX_DROP_UNMATCHED);
    }

    private static Kind unreachableKindV4(final int code)
    {
        switch (code)
        {
            case IcmpHeader.CODE_NET_UNREACHABLE:
            case CODE_NET_UNKNOWN:
            case CODE_NET_UNREACHABLE_FOR_TOS:
                return Kind.NETWORK_UNREACHABLE;

            case IcmpHeader.CODE_PROTOCOL_UNREACHABLE:
                return Kind.PROTOCOL_UNREACHABLE;

            case IcmpHeader.CODE_PORT_UNREACHABLE:
                return Kind.PORT_UNREACHABLE;

            case CODE_NET_PROHIBITED:
            case CODE_HOST_PROHIBITED:
            case IcmpHeader.CODE_ADMINISTRATIVELY_PROHIBITED:
                return Kind.ADMINISTRATIVELY_PROHIBITED;

            default:
                return Kind.HOST_UNREACHABLE;
        }
    }

    private static Kind unreachableKindV6(final int code)
    {
        switch (code)
        {
            case Icmpv6Header.CODE_NO_ROUTE:
            case CODE_BEYOND_SCOPE:
                return Kind.NETWORK_UNREACHABLE;

            case Icmpv6Header.CODE_ADMINISTRATIVELY_PROHIBITED:
            case CODE_POLICY_FAILED:
            case CODE_REJECT_ROUTE:
                return Kind.ADMINISTRATIVELY_PROHIBITED;

            case Icmpv6Header.CODE_PORT_UNREACHABLE:
                return Kind.PORT_UNREACHABLE;

            default:
                return Kind.HOST_UNREACHABLE;
        }
    }
}
