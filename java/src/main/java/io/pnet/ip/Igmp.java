package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.link.TxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.IgmpMessage;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The host's side of the Internet Group Management Protocol: version 3 (RFC 3376), and versions 2 and 1 (RFC 2236, RFC
 * 1112) where a querier speaks those. From its reports routers and snooping switches learn which groups to send our
 * way.
 */
final class Igmp extends GroupReports
{
    private static final int VERSION = 3;
    private static final int ALL_HOSTS = 0xE000_0001;
    private static final int ALL_ROUTERS = 0xE000_0002;
    private static final int V3_ROUTERS = 0xE000_0016;
    /** RFC 3376 section 4: time to live 1, precedence of internetwork control, router alert. */
    private static final int TTL = 1;
    private static final int TYPE_OF_SERVICE = 0xC0;
    private static final int ROUTER_ALERT = 0x9404_0000;
    private static final int HEADER_LENGTH = Ipv4Header.MIN_LENGTH + 4;
    private static final long V1_RESPONSE_MS = 10_000;

    private final IgmpMessage message = new IgmpMessage();

    Igmp(final Ip ip)
    {
        super(ip, true, VERSION);
    }

    void onPacket(final IpPacket packet)
    {
        if (packet.length < IgmpMessage.LENGTH)
        {
            ip.counters.increment(Counter.IGMP_RX_DROP_MALFORMED);
            return;
        }
        if (!Checksum.isValid(Checksum.sum(packet.buffer, packet.offset, packet.length)))
        {
            ip.counters.increment(Counter.IGMP_RX_DROP_CHECKSUM);
            return;
        }
        message.wrap(packet.buffer, packet.offset);
        switch (message.type())
        {
            case IgmpMessage.TYPE_QUERY:
                if (ip.siblings != null && ip.siblings.isLeader() && !packet.isReassembled)
                {
                    ip.siblings.share(packet);
                }
                onQuery(packet);
                break;

            case IgmpMessage.TYPE_V1_REPORT:
            case IgmpMessage.TYPE_V2_REPORT:
                ip.counters.increment(Counter.IGMP_RX);
                onOlderReport(packet.networkInterface, 0, IpAddress.mapped(message.group()));
                break;

            default:
                // For routers, or nothing that we know: to be ignored (RFC 3376 section 4).
                ip.counters.increment(Counter.IGMP_RX_DROP_IGNORED);
                break;
        }
    }

    private void onQuery(final IpPacket packet)
    {
        final boolean isV3 = packet.length >= IgmpMessage.V3_QUERY_MIN_LENGTH;
        final int group = message.group();
        // Neither of these lengths is a query's (RFC 3376 section 7.1); what came through a router is a forgery.
        if (!isV3 && packet.length != IgmpMessage.LENGTH || packet.hopLimit != 1 ||
            group != 0 && group >>> 28 != 0xE)
        {
            ip.counters.increment(Counter.IGMP_RX_DROP_MALFORMED);
            return;
        }
        final int code = message.maxRespCode();
        SourceFilter sources = SourceFilter.NONE;
        if (isV3)
        {
            final int count = message.sources();
            if (packet.length < IgmpMessage.FIRST_SOURCE_OFFSET + count * 4)
            {
                ip.counters.increment(Counter.IGMP_RX_DROP_MALFORMED);
                return;
            }
            for (int i = 0; i < Math.min(count, SourceFilter.MAX_SOURCES); i++)
            {
                sources = sources.allow(IpAddress.v4(message.source(i)));
            }
        }
        ip.counters.increment(Counter.IGMP_RX);
        final int version = isV3 ? VERSION : code == 0 ? 1 : 2;
        final long responseMs =
            isV3 ? IgmpMessage.responseTimeMs(code) : version == 1 ? V1_RESPONSE_MS : code * 100L;
        onQuery(
            packet.networkInterface, version, 0, IpAddress.mapped(group), responseMs * 1_000_000L, sources,
            isV3 ? message.robustness() : 0);
    }

    @Override
    boolean isReported(final long hi, final long lo)
    {
        return (int)lo != ALL_HOSTS;
    }

    @Override
    void sendReport(final NetworkInterface over, final UnsafeBuffer from, final int length, final int count)
    {
        final TxFrame frame = claim(over, IgmpMessage.LENGTH + length, V3_ROUTERS);
        if (frame != null)
        {
            final int at = frame.offset() + EthernetHeader.LENGTH + HEADER_LENGTH;
            message.wrap(frame.buffer(), at).init(IgmpMessage.TYPE_V3_REPORT, count);
            frame.buffer().putBytes(at + IgmpMessage.LENGTH, from, 0, length);
            commit(over, frame, at, IgmpMessage.LENGTH + length);
        }
    }

    @Override
    void sendOlder(
        final NetworkInterface over, final int version, final boolean isLeave, final long hi, final long lo)
    {
        if (isLeave && version == 1)
        {
            // Version 1 leaves in silence.
            return;
        }
        final TxFrame frame = claim(over, IgmpMessage.LENGTH, isLeave ? ALL_ROUTERS : (int)lo);
        if (frame != null)
        {
            final int at = frame.offset() + EthernetHeader.LENGTH + HEADER_LENGTH;
            message.wrap(frame.buffer(), at).init(
                isLeave ? IgmpMessage.TYPE_V2_LEAVE :
                version == 1 ? IgmpMessage.TYPE_V1_REPORT : IgmpMessage.TYPE_V2_REPORT,
                (int)lo);
            commit(over, frame, at, IgmpMessage.LENGTH);
        }
    }

    /** Writes everything in front of the message: Ethernet, IPv4 with router alert. */
    private TxFrame claim(final NetworkInterface over, final int length, final int to)
    {
        final TxFrame frame = over.link().claim(EthernetHeader.LENGTH + HEADER_LENGTH + length, false);
        if (frame == null)
        {
            return null;
        }
        // Before there is an address, 0.0.0.0 serves (RFC 3376 section 4.2.13).
        final LocalAddress source = ip.addresses.select(over, 0, IpAddress.mapped(to));
        final UnsafeBuffer buffer = frame.buffer();
        EthernetHeader.put(
            buffer, frame.offset(), EthernetHeader.multicastV4(to), over.macAddress, EthernetHeader.TYPE_IPV4);
        final int at = frame.offset() + EthernetHeader.LENGTH;
        BigEndian.putInt32(
            buffer, at, (0x40 | HEADER_LENGTH >>> 2) << 24 | TYPE_OF_SERVICE << 16 | HEADER_LENGTH + length);
        BigEndian.putInt32(buffer, at + Ipv4Header.IDENTIFICATION_OFFSET, Ipv4Header.FLAG_DF);
        BigEndian.putInt32(buffer, at + Ipv4Header.TTL_OFFSET, TTL << 24 | ProtocolNumber.IGMP << 16);
        BigEndian.putInt32(buffer, at + Ipv4Header.SOURCE_OFFSET, source == null ? 0 : (int)source.lo);
        BigEndian.putInt32(buffer, at + Ipv4Header.DESTINATION_OFFSET, to);
        BigEndian.putInt32(buffer, at + Ipv4Header.OPTIONS_OFFSET, ROUTER_ALERT);
        BigEndian.putUint16(buffer, at + Ipv4Header.HEADER_CHECKSUM_OFFSET, Checksum.of(buffer, at, HEADER_LENGTH));
        return frame;
    }

    private void commit(final NetworkInterface over, final TxFrame frame, final int at, final int length)
    {
        BigEndian.putUint16(
            frame.buffer(), at + IgmpMessage.CHECKSUM_OFFSET, Checksum.of(frame.buffer(), at, length));
        over.link().commit(frame);
        ip.counters.increment(Counter.IGMP_TX);
        ip.counters.increment(Counter.IP_TX_PACKETS);
    }
}
