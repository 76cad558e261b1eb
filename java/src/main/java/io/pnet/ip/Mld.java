package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.link.TxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Icmpv6Header;
import io.pnet.wire.Ipv6Extension;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.MldMessage;
import io.pnet.wire.Mldv2Report;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The listener's side of Multicast Listener Discovery version 2 (RFC 3810), and of version 1 (RFC 2710) where a querier
 * speaks that: reports that switches and routers learn from where our groups, solicited-node groups first of all, have
 * a listener.
 */
final class Mld extends GroupReports
{
    private static final int VERSION = 2;
    private static final long LINK_LOCAL_GROUPS = 0xFF02L << 48;
    private static final long V2_ROUTERS_LO = 0x16;
    private static final long ALL_ROUTERS_LO = 2;
    private static final int ROUTER_ALERT_LENGTH = 8;

    private final Mldv2Report report = new Mldv2Report();
    private final MldMessage message = new MldMessage();

    Mld(final Ip ip)
    {
        super(ip, false, VERSION);
    }

    void onQuery(final IpPacket packet)
    {
        // RFC 3810 section 5.1.14: from a link-local address, hop limit 1.
        if (packet.length < MldMessage.LENGTH || packet.hopLimit != 1 ||
            !IpAddress.isLinkLocal(packet.sourceHi, packet.sourceLo))
        {
            ip.counters.increment(Counter.MLD_RX_DROP_MALFORMED);
            return;
        }
        if (ip.siblings != null && ip.siblings.isLeader() && !packet.isReassembled)
        {
            ip.siblings.share(packet);
        }
        message.wrap(packet.buffer, packet.offset);
        final int code = message.maximumResponseDelay();
        final boolean isV2 = packet.length >= MldMessage.V2_QUERY_MIN_LENGTH;
        SourceFilter sources = SourceFilter.NONE;
        if (isV2)
        {
            final int count = message.sources();
            if (packet.length < MldMessage.V2_QUERY_MIN_LENGTH + count * 16)
            {
                ip.counters.increment(Counter.MLD_RX_DROP_MALFORMED);
                return;
            }
            for (int i = 0; i < Math.min(count, SourceFilter.MAX_SOURCES); i++)
            {
                sources = sources.allow(new IpAddress(message.sourceHi(i), message.sourceLo(i)));
            }
        }
        ip.counters.increment(Counter.MLD_RX);
        onQuery(
            packet.networkInterface, isV2 ? VERSION : 1, message.multicastAddressHi(), message.multicastAddressLo(),
            (isV2 ? MldMessage.v2ResponseDelayMs(code) : code) * 1_000_000L, sources, isV2 ? message.robustness() : 0);
    }

    /** Another listener's report of version 1. */
    void onReport(final IpPacket packet)
    {
        if (packet.length < MldMessage.LENGTH)
        {
            ip.counters.increment(Counter.MLD_RX_DROP_MALFORMED);
            return;
        }
        ip.counters.increment(Counter.MLD_RX);
        message.wrap(packet.buffer, packet.offset);
        onOlderReport(packet.networkInterface, message.multicastAddressHi(), message.multicastAddressLo());
    }

    @Override
    boolean isReported(final long hi, final long lo)
    {
        // Not ff02::1, and none of a scope below link-local (RFC 3810 section 6).
        final int scope = (int)(hi >>> 48) & 0xF;
        return scope > 1 && !(hi == LINK_LOCAL_GROUPS && lo == 1);
    }

    @Override
    void sendReport(final NetworkInterface over, final UnsafeBuffer from, final int length, final int count)
    {
        final int total = Mldv2Report.HEADER_LENGTH + length;
        final TxFrame frame = claim(over, total, LINK_LOCAL_GROUPS, V2_ROUTERS_LO);
        if (frame != null)
        {
            final int at = frame.offset() + frame.length() - total;
            report.wrap(frame.buffer(), at).init(count);
            frame.buffer().putBytes(at + Mldv2Report.FIRST_RECORD_OFFSET, from, 0, length);
            commit(over, frame, at, total);
        }
    }

    @Override
    void sendOlder(
        final NetworkInterface over, final int version, final boolean isLeave, final long hi, final long lo)
    {
        final TxFrame frame = claim(
            over, MldMessage.LENGTH, isLeave ? LINK_LOCAL_GROUPS : hi, isLeave ? ALL_ROUTERS_LO : lo);
        if (frame != null)
        {
            final int at = frame.offset() + frame.length() - MldMessage.LENGTH;
            message.wrap(frame.buffer(), at)
                .init(isLeave ? Icmpv6Header.TYPE_MLD_DONE : Icmpv6Header.TYPE_MLD_REPORT)
                .multicastAddress(hi, lo);
            commit(over, frame, at, MldMessage.LENGTH);
        }
    }

    /** Writes everything in front of the message: Ethernet, IPv6, router alert. */
    private TxFrame claim(final NetworkInterface over, final int length, final long toHi, final long toLo)
    {
        final int payload = ROUTER_ALERT_LENGTH + length;
        final TxFrame frame = over.link().claim(EthernetHeader.LENGTH + Ipv6Header.LENGTH + payload, false);
        if (frame == null)
        {
            return null;
        }
        // Until a link-local address is there, the unspecified one serves (RFC 3810 section 5.2.13).
        final LocalAddress source = ip.addresses.select(over, LINK_LOCAL_GROUPS, V2_ROUTERS_LO);
        final boolean hasSource = source != null && IpAddress.isLinkLocal(source.hi, source.lo);
        EthernetHeader.put(
            frame.buffer(), frame.offset(), EthernetHeader.multicastV6(toLo), over.macAddress,
            EthernetHeader.TYPE_IPV6);
        final int network = frame.offset() + EthernetHeader.LENGTH;
        IpOutput.putHeaderV6(
            frame.buffer(), network, 0, payload, ProtocolNumber.HOP_BY_HOP, 1,
            hasSource ? source.hi : 0, hasSource ? source.lo : 0, toHi, toLo);
        Ipv6Extension.putRouterAlert(frame.buffer(), network + Ipv6Header.LENGTH, ProtocolNumber.ICMPV6);
        return frame;
    }

    private void commit(final NetworkInterface over, final TxFrame frame, final int at, final int length)
    {
        final UnsafeBuffer buffer = frame.buffer();
        final int addresses = frame.offset() + EthernetHeader.LENGTH + Ipv6Header.SOURCE_OFFSET;
        final long sum = Checksum.pseudoHeader(
            BigEndian.getInt64(buffer, addresses), BigEndian.getInt64(buffer, addresses + 8),
            BigEndian.getInt64(buffer, addresses + 16), BigEndian.getInt64(buffer, addresses + 24),
            ProtocolNumber.ICMPV6, length);
        BigEndian.putUint16(
            buffer, at + Icmpv6Header.CHECKSUM_OFFSET, Checksum.finish(sum + Checksum.sum(buffer, at, length)));
        over.link().commit(frame);
        ip.counters.increment(Counter.MLD_TX);
        ip.counters.increment(Counter.IP_TX_PACKETS);
    }
}
