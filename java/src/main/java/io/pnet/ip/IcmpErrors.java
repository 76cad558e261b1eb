package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IcmpError.Kind;
import io.pnet.link.TxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.IcmpHeader;
import io.pnet.wire.Icmpv6Header;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Extension;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * ICMP errors: those we send, never in answer to what must not be answered and never more than a token bucket allows
 * (RFC 1122 section 3.2.2, RFC 1812 section 4.3.2.8, RFC 4443 section 2.4), and those we get, which are matched to a
 * packet of ours before anybody hears of them.
 */
final class IcmpErrors
{
    /** What a quoted transport header has at least: ports and a sequence number (RFC 792). */
    private static final int MIN_QUOTE = 8;
    /** Largest error over IPv4 (RFC 1812 section 4.3.2.3); over IPv6 it is the minimum MTU. */
    private static final int MAX_PACKET_V4 = 576;
    private static final int MAX_PACKET_V6 = 1280;

    private final Ip ip;
    private final Counters counters;
    private final IcmpError error = new IcmpError();
    private final DestinationCache destinations;
    private final Ipv6Extension extensions = new Ipv6Extension();
    private long tokensNs;
    private long lastRefillNs;
    private boolean hasRefilled;

    IcmpErrors(final Ip ip)
    {
        this.ip = ip;
        this.counters = ip.counters;
        this.destinations = new DestinationCache(ip, 64);
    }

    void sendPortUnreachable(final IpPacket packet)
    {
        if (packet.isV4())
        {
            send(packet, IcmpHeader.TYPE_DESTINATION_UNREACHABLE, IcmpHeader.CODE_PORT_UNREACHABLE, 0, false);
        }
        else
        {
            send(packet, Icmpv6Header.TYPE_DESTINATION_UNREACHABLE, Icmpv6Header.CODE_PORT_UNREACHABLE, 0, false);
        }
    }

    void sendProtocolUnreachable(final IpPacket packet)
    {
        if (packet.isV4())
        {
            send(packet, IcmpHeader.TYPE_DESTINATION_UNREACHABLE, IcmpHeader.CODE_PROTOCOL_UNREACHABLE, 0, false);
        }
        else
        {
            sendParameterProblem(packet, Icmpv6Header.CODE_UNKNOWN_NEXT_HEADER, packet.nextHeaderPosition, false);
        }
    }

    /** ICMPv6 parameter problem; {@code evenForGroups} is for the option type that wants it (RFC 8200 section 4.2). */
    void sendParameterProblem(
        final IpPacket packet, final int code, final int pointer, final boolean evenForGroups)
    {
        send(packet, Icmpv6Header.TYPE_PARAMETER_PROBLEM, code, pointer, evenForGroups);
    }

    void sendReassemblyTimeExceeded(final IpPacket packet)
    {
        if (packet.isV4())
        {
            send(packet, IcmpHeader.TYPE_TIME_EXCEEDED, IcmpHeader.CODE_REASSEMBLY_TIME_EXCEEDED, 0, false);
        }
        else
        {
            send(packet, Icmpv6Header.TYPE_TIME_EXCEEDED, Icmpv6Header.CODE_REASSEMBLY_TIME_EXCEEDED, 0, false);
        }
    }

    private void send(
        final IpPacket packet, final int type, final int code, final int rest, final boolean evenForGroups)
    {
        if (!mayAnswer(packet, evenForGroups))
        {
            return;
        }
        if (!takeToken())
        {
            counters.increment(Counter.ICMP_TX_RATE_LIMITED);
            return;
        }
        final boolean isV4 = packet.isV4();
        final boolean isToGroup = IpAddress.isMulticast(packet.destinationHi, packet.destinationLo);
        final Destination destination = destinations.get(
            isToGroup ? 0 : packet.destinationHi, isToGroup ? 0 : packet.destinationLo,
            packet.sourceHi, packet.sourceLo);
        if (destination == null)
        {
            counters.increment(Counter.IP_TX_DROP_NO_ROUTE);
            return;
        }
        final int available = packet.offset + packet.length - packet.networkOffset;
        final int room = (isV4 ? MAX_PACKET_V4 : MAX_PACKET_V6) - destination.headerLength() - IcmpHeader.LENGTH;
        final int quote = Math.min(available, room);
        final int length = IcmpHeader.LENGTH + quote;
        final TxFrame frame = ip.claim(
            destination, isV4 ? ProtocolNumber.ICMP : ProtocolNumber.ICMPV6, 0, length, false);
        if (frame == null)
        {
            return;
        }
        final int at = ip.transportOffset();
        BigEndian.putInt32(frame.buffer(), at, type << 24 | code << 16);
        BigEndian.putInt32(frame.buffer(), at + IcmpHeader.REST_OFFSET, rest);
        frame.buffer().putBytes(at + IcmpHeader.LENGTH, packet.buffer, packet.networkOffset, quote);
        Icmp.commit(ip, frame, isV4, at, length);
        counters.increment(Counter.ICMP_TX_ERRORS);
    }

    /** The rules of RFC 1122 section 3.2.2 and RFC 4443 section 2.4 (e). */
    private boolean mayAnswer(final IpPacket packet, final boolean evenForGroups)
    {
        if (!packet.isUnicast && !evenForGroups ||
            IpAddress.isUnspecified(packet.sourceHi, packet.sourceLo) ||
            IpAddress.isMulticast(packet.sourceHi, packet.sourceLo))
        {
            return false;
        }
        final UnsafeBuffer buffer = packet.buffer;
        final int network = packet.networkOffset;
        if (packet.isV4())
        {
            final int flagsAndFragment = BigEndian.getUint16(buffer, network + Ipv4Header.FLAGS_FRAGMENT_OFFSET);
            return (flagsAndFragment & Ipv4Header.FRAGMENT_OFFSET_MASK) == 0 &&
                (packet.protocol != ProtocolNumber.ICMP || packet.length > 0 && isQueryV4(
                    BigEndian.getUint8(buffer, packet.offset)));
        }
        return !isIcmpv6Error(buffer, network, packet.offset + packet.length);
    }

    private static boolean isQueryV4(final int type)
    {
        return type == IcmpHeader.TYPE_ECHO_REQUEST || type == IcmpHeader.TYPE_ECHO_REPLY;
    }

    /** Looks for an ICMPv6 error behind extension headers that were found wanting, so without trusting them. */
    private static boolean isIcmpv6Error(final UnsafeBuffer buffer, final int network, final int end)
    {
        int protocol = Ipv6Header.nextHeader(buffer, network);
        int at = network + Ipv6Header.LENGTH;
        for (int i = 0; i < Ipv6Extension.MAX_HEADERS && Ipv6Extension.isExtension(protocol) && end - at >= 8; i++)
        {
            if (protocol == ProtocolNumber.FRAGMENT && Ipv6Extension.fragmentOffset(buffer, at) != 0)
            {
                return true;
            }
            final int length = protocol == ProtocolNumber.FRAGMENT ?
                8 : BigEndian.getUint8(buffer, at + Ipv6Extension.LENGTH_OFFSET) + 1 << 3;
            protocol = BigEndian.getUint8(buffer, at);
            at += length;
        }
        return protocol == ProtocolNumber.ICMPV6 &&
            (at >= end || BigEndian.getUint8(buffer, at) < Icmpv6Header.TYPE_FIRST_INFORMATIONAL);
    }

    private boolean takeToken()
    {
        final long costNs = 1_000_000_000L / Math.max(1, ip.settings.icmpErrorsPerSecond);
        final long fullNs = costNs * Math.max(1, ip.settings.icmpErrorBurst);
        if (!hasRefilled)
        {
            hasRefilled = true;
            tokensNs = fullNs;
        }
        else
        {
            tokensNs = Math.min(fullNs, tokensNs + Math.min(fullNs, Math.max(0, ip.nowNs - lastRefillNs)));
        }
        lastRefillNs = ip.nowNs;
        if (tokensNs < costNs)
        {
            return false;
        }
        tokensNs -= costNs;
        return true;
    }

    /** An error message arrived: finds out which packet of ours it quotes, and tells that packet's protocol. */
    void onError(final IpPacket packet, final Kind kind, final int mtu)
    {
        final int quote = packet.offset + IcmpHeader.LENGTH;
        final int length = packet.length - IcmpHeader.LENGTH;
        final int protocol = packet.isV4() ?
            parseQuoteV4(packet.buffer, quote, length) : parseQuoteV6(packet.buffer, quote, length);
        if (protocol < 0)
        {
            counters.increment(Counter.ICMP_RX_DROP_MALFORMED);
            return;
        }
        if (ip.siblings != null && ip.siblings.isElsewhere(packet, error, protocol))
        {
            return;
        }
        error.kind = kind;
        error.mtu = mtu;
        if (!ip.addresses.isReady(error.localHi, error.localLo) || !tell(protocol))
        {
            counters.increment(Counter.ICMP_RX_DROP_UNMATCHED);
            return;
        }
        counters.increment(Counter.ICMP_RX);
        counters.increment(Counter.ICMP_RX_ERRORS);
    }

    /** A packet of ours could not be sent because its next hop does not answer. */
    void onUnreachable(final UnsafeBuffer buffer, final int offset, final int length)
    {
        final int network = offset + EthernetHeader.LENGTH;
        final int available = length - EthernetHeader.LENGTH;
        final int protocol = EthernetHeader.type(buffer, offset) == EthernetHeader.TYPE_IPV4 ?
            parseQuoteV4(buffer, network, available) : parseQuoteV6(buffer, network, available);
        if (protocol >= 0)
        {
            error.kind = Kind.HOST_UNREACHABLE;
            error.mtu = 0;
            tell(protocol);
        }
    }

    private boolean tell(final int protocol)
    {
        final boolean isV4 = IpAddress.isV4(error.remoteHi, error.remoteLo);
        if (protocol == (isV4 ? ProtocolNumber.ICMP : ProtocolNumber.ICMPV6))
        {
            return tellEcho();
        }
        final IpProtocol registered = ip.protocols[protocol];
        if (registered == null)
        {
            return false;
        }
        registered.onIcmpError(error, ip.nowNs);
        return true;
    }

    private boolean tellEcho()
    {
        if (!ip.echo.onError(error))
        {
            return false;
        }
        if (error.kind == Kind.PACKET_TOO_BIG)
        {
            final Destination destination =
                destinations.get(error.localHi, error.localLo, error.remoteHi, error.remoteLo);
            if (destination != null)
            {
                ip.updatePathMtu(destination, error.mtu);
            }
        }
        return true;
    }

    /** Fills {@link #error} from a quoted packet; returns its protocol, -1 if it cannot be made sense of. */
    private int parseQuoteV4(final UnsafeBuffer buffer, final int at, final int length)
    {
        if (length < Ipv4Header.MIN_LENGTH || Ipv4Header.version(buffer, at) != 4)
        {
            return -1;
        }
        final int headerLength = Ipv4Header.headerLength(buffer, at);
        final int fragment =
            BigEndian.getUint16(buffer, at + Ipv4Header.FLAGS_FRAGMENT_OFFSET) & Ipv4Header.FRAGMENT_OFFSET_MASK;
        if (headerLength < Ipv4Header.MIN_LENGTH || length - headerLength < MIN_QUOTE || fragment != 0)
        {
            return -1;
        }
        error.localHi = 0;
        error.localLo = IpAddress.mapped(BigEndian.getInt32(buffer, at + Ipv4Header.SOURCE_OFFSET));
        error.remoteHi = 0;
        error.remoteLo = IpAddress.mapped(BigEndian.getInt32(buffer, at + Ipv4Header.DESTINATION_OFFSET));
        error.buffer = buffer;
        error.offset = at + headerLength;
        error.length = length - headerLength;
        return Ipv4Header.protocol(buffer, at);
    }

    private int parseQuoteV6(final UnsafeBuffer buffer, final int at, final int length)
    {
        if (length < Ipv6Header.LENGTH + MIN_QUOTE || Ipv4Header.version(buffer, at) != 6)
        {
            return -1;
        }
        final int result = extensions.walk(buffer, at, length);
        int protocol = extensions.protocol();
        int transport = extensions.transportOffset();
        if (result == Ipv6Extension.FRAGMENT)
        {
            final int header = extensions.fragmentHeaderOffset();
            if (Ipv6Extension.fragmentOffset(buffer, header) != 0)
            {
                return -1;
            }
            protocol = Ipv6Extension.fragmentNextHeader(buffer, header);
            transport = header + Ipv6Extension.FRAGMENT_HEADER_LENGTH;
        }
        else if (result != Ipv6Extension.TRANSPORT)
        {
            return -1;
        }
        if (at + length - transport < MIN_QUOTE)
        {
            return -1;
        }
        error.localHi = BigEndian.getInt64(buffer, at + Ipv6Header.SOURCE_OFFSET);
        error.localLo = BigEndian.getInt64(buffer, at + Ipv6Header.SOURCE_OFFSET + 8);
        error.remoteHi = BigEndian.getInt64(buffer, at + Ipv6Header.DESTINATION_OFFSET);
        error.remoteLo = BigEndian.getInt64(buffer, at + Ipv6Header.DESTINATION_OFFSET + 8);
        error.buffer = buffer;
        error.offset = transport;
        error.length = at + length - transport;
        return protocol;
    }
}
