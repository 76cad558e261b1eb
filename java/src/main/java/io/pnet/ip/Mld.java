package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Groups.Membership;
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

/**
 * The listener's side of Multicast Listener Discovery version 2 (RFC 3810): reports that switches and routers learn
 * from where our groups, solicited-node groups first of all, have a listener. Version 1 is not spoken: a querier of
 * version 1 gets version 2 reports.
 */
final class Mld
{
    /** Reports of a change are repeated once (RFC 3810 section 9.1, robustness 2). */
    private static final int REPORTS = 2;
    private static final long REPEAT_NS = 1_000_000_000L;
    private static final long ALL_ROUTERS_HI = 0xFF02L << 48;
    private static final long ALL_ROUTERS_LO = 0x16;
    private static final int ROUTER_ALERT_LENGTH = 8;
    private static final int MAX_RECORDS = 60;
    private static final int MAX_DELAY_V1_MS = 65_535;

    private final Ip ip;
    private final Counters counters;
    private final Mldv2Report report = new Mldv2Report();
    private final MldMessage query = new MldMessage();
    private int changeReportsLeft;
    private long changeDeadlineNs = Long.MAX_VALUE;
    private long answerDeadlineNs = Long.MAX_VALUE;

    Mld(final Ip ip)
    {
        this.ip = ip;
        this.counters = ip.counters;
    }

    /** A group was joined: say so with the next timers, and once more. */
    void onChange()
    {
        changeReportsLeft = REPORTS;
        changeDeadlineNs = ip.nowNs;
    }

    /** Last listener gone: tells the routers at once. */
    void onLeave(final NetworkInterface over, final long hi, final long lo)
    {
        final TxFrame frame = claim(over, 1);
        if (frame != null)
        {
            report.record(0, Mldv2Report.CHANGE_TO_INCLUDE, hi, lo);
            commit(over, frame, 1);
        }
    }

    void onQuery(final IpPacket packet)
    {
        // RFC 3810 section 5.1.14: from a link-local address, hop limit 1.
        if (packet.length < MldMessage.LENGTH || packet.hopLimit != 1 ||
            !IpAddress.isLinkLocal(packet.sourceHi, packet.sourceLo))
        {
            counters.increment(Counter.MLD_RX_DROP_MALFORMED);
            return;
        }
        counters.increment(Counter.MLD_RX);
        final int code = query.wrap(packet.buffer, packet.offset).maximumResponseDelay();
        final long delayMs = packet.length < MldMessage.V2_QUERY_MIN_LENGTH ?
            Math.min(code, MAX_DELAY_V1_MS) : MldMessage.v2ResponseDelayMs(code);
        final long delayNs = (long)(ip.random.nextDouble() * delayMs * 1_000_000L);
        answerDeadlineNs = Math.min(answerDeadlineNs, ip.nowNs + delayNs);
    }

    long nextDeadlineNs()
    {
        return Math.min(changeDeadlineNs, answerDeadlineNs);
    }

    int onTimers(final long nowNs)
    {
        int fired = 0;
        if (changeDeadlineNs <= nowNs)
        {
            changeDeadlineNs = --changeReportsLeft > 0 ? nowNs + REPEAT_NS : Long.MAX_VALUE;
            reportAll(Mldv2Report.CHANGE_TO_EXCLUDE);
            fired++;
        }
        if (answerDeadlineNs <= nowNs)
        {
            answerDeadlineNs = Long.MAX_VALUE;
            reportAll(Mldv2Report.MODE_IS_EXCLUDE);
            fired++;
        }
        return fired;
    }

    private void reportAll(final int recordType)
    {
        for (final NetworkInterface over : ip.interfaces)
        {
            if (over.isLoopback)
            {
                continue;
            }
            int count = 0;
            for (final Membership membership : ip.groups.all)
            {
                count += isReported(membership, over) ? 1 : 0;
            }
            // More groups than one packet holds is not something a process does; the rest stays unreported.
            count = Math.min(count, MAX_RECORDS);
            final TxFrame frame = count == 0 ? null : claim(over, count);
            if (frame == null)
            {
                continue;
            }
            int index = 0;
            for (final Membership membership : ip.groups.all)
            {
                if (isReported(membership, over) && index < count)
                {
                    report.record(index++, recordType, membership.hi, membership.lo);
                }
            }
            commit(over, frame, count);
        }
    }

    private static boolean isReported(final Membership membership, final NetworkInterface over)
    {
        return membership.networkInterface == over && !IpAddress.isV4(membership.hi, membership.lo);
    }

    /** Writes everything in front of the records: Ethernet, IPv6, router alert, report header. */
    private TxFrame claim(final NetworkInterface over, final int records)
    {
        final int payload = ROUTER_ALERT_LENGTH + Mldv2Report.length(records);
        final TxFrame frame =
            over.link().claim(EthernetHeader.LENGTH + Ipv6Header.LENGTH + payload, false);
        if (frame == null)
        {
            return null;
        }
        // Until a link-local address is there, the unspecified one serves (RFC 3810 section 5.2.13).
        final LocalAddress source = ip.addresses.select(over, ALL_ROUTERS_HI, ALL_ROUTERS_LO);
        final boolean hasSource = source != null && IpAddress.isLinkLocal(source.hi, source.lo);
        EthernetHeader.put(
            frame.buffer(), frame.offset(), EthernetHeader.multicastV6(ALL_ROUTERS_LO), over.macAddress,
            EthernetHeader.TYPE_IPV6);
        final int network = frame.offset() + EthernetHeader.LENGTH;
        IpOutput.putHeaderV6(
            frame.buffer(), network, 0, payload, ProtocolNumber.HOP_BY_HOP, 1,
            hasSource ? source.hi : 0, hasSource ? source.lo : 0, ALL_ROUTERS_HI, ALL_ROUTERS_LO);
        final int at = Ipv6Extension.putRouterAlert(
            frame.buffer(), network + Ipv6Header.LENGTH, ProtocolNumber.ICMPV6);
        report.wrap(frame.buffer(), at).init(records);
        return frame;
    }

    private void commit(final NetworkInterface over, final TxFrame frame, final int records)
    {
        final int network = frame.offset() + EthernetHeader.LENGTH;
        final int at = network + Ipv6Header.LENGTH + ROUTER_ALERT_LENGTH;
        final int length = Mldv2Report.length(records);
        final long sum = Checksum.pseudoHeader(
            BigEndian.getInt64(frame.buffer(), network + Ipv6Header.SOURCE_OFFSET),
            BigEndian.getInt64(frame.buffer(), network + Ipv6Header.SOURCE_OFFSET + 8),
            ALL_ROUTERS_HI, ALL_ROUTERS_LO, ProtocolNumber.ICMPV6, length);
        BigEndian.putUint16(
            frame.buffer(), at + Icmpv6Header.CHECKSUM_OFFSET,
            Checksum.finish(sum + Checksum.sum(frame.buffer(), at, length)));
        over.link().commit(frame);
        counters.increment(Counter.MLD_TX);
        counters.increment(Counter.IP_TX_PACKETS);
    }
}
