package io.pnet.ip;

import io.pnet.wire.BigEndian;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Which stack of a group is the home of a flow: for TCP a hash over addresses and ports, the same in both directions;
 * for UDP a hash over our port, so that an endpoint and all its peers have one home. The packet ring's fanout program
 * ({@code native/src/fanout.c}), which steers a TAP's queues as well, computes the same, and stack 0 is the home of
 * everything else.
 *
 * <p>The seed is the process's own and random: nobody outside can aim at one stack by choosing ports.
 */
public final class FlowHash
{
    private static final int SPREAD = 0x9E37_79B1;
    private static final int MIX_FIRST = 0x85EB_CA6B;
    private static final int MIX_SECOND = 0xC2B2_AE35;

    private final int seed;
    private final int stacks;

    /**
     * A hash over a group.
     *
     * @param stacks how many stacks the group has.
     */
    public FlowHash(final int seed, final int stacks)
    {
        this.seed = seed;
        this.stacks = stacks;
    }

    public int seed()
    {
        return seed;
    }

    /** How many stacks the group has. */
    public int stacks()
    {
        return stacks;
    }

    /** The home of a connection; it does not matter which end is called local. */
    public int tcp(
        final long localHi,
        final long localLo,
        final long remoteHi,
        final long remoteLo,
        final int localPort,
        final int remotePort)
    {
        int h = seed;
        if (!IpAddress.isV4(localHi, localLo))
        {
            h = (h + (int)(localHi >>> 32) + (int)(remoteHi >>> 32)) * SPREAD;
            h = (h + (int)localHi + (int)remoteHi) * SPREAD;
            h = (h + (int)(localLo >>> 32) + (int)(remoteLo >>> 32)) * SPREAD;
        }
        h = (h + (int)localLo + (int)remoteLo) * SPREAD;
        return home(h + localPort + remotePort);
    }

    /** The home of an endpoint. */
    public int udp(final int localPort)
    {
        return home(seed + localPort);
    }

    /**
     * The home of a frame as a link would have it that looks no further than the program in the kernel.
     *
     * @param offset where the Ethernet header is.
     */
    public int frame(final UnsafeBuffer buffer, final int offset, final int length)
    {
        final int ip = offset + EthernetHeader.LENGTH;
        final int type = length < EthernetHeader.LENGTH ? 0 : EthernetHeader.type(buffer, offset);
        final boolean isV4 = type == EthernetHeader.TYPE_IPV4;
        final int available = length - EthernetHeader.LENGTH;
        final int least = isV4 ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH;
        if (!isV4 && type != EthernetHeader.TYPE_IPV6 || available < least || isV4 && 0 != (
            BigEndian.getUint16(buffer, ip + Ipv4Header.FLAGS_FRAGMENT_OFFSET) &
            (Ipv4Header.FLAG_MF | Ipv4Header.FRAGMENT_OFFSET_MASK)))
        {
            return 0;
        }
        final int protocol = isV4 ? Ipv4Header.protocol(buffer, ip) : Ipv6Header.nextHeader(buffer, ip);
        final int transport = isV4 ? Ipv4Header.headerLength(buffer, ip) : Ipv6Header.LENGTH;
        if (available < transport + 4 || protocol != ProtocolNumber.TCP && protocol != ProtocolNumber.UDP)
        {
            return 0;
        }
        final int source = BigEndian.getUint16(buffer, ip + transport);
        final int destination = BigEndian.getUint16(buffer, ip + transport + 2);
        if (protocol == ProtocolNumber.UDP)
        {
            return udp(destination);
        }
        if (isV4)
        {
            return tcp(
                0, IpAddress.mapped(BigEndian.getInt32(buffer, ip + Ipv4Header.DESTINATION_OFFSET)),
                0, IpAddress.mapped(BigEndian.getInt32(buffer, ip + Ipv4Header.SOURCE_OFFSET)), destination, source);
        }
        return tcp(
            BigEndian.getInt64(buffer, ip + Ipv6Header.DESTINATION_OFFSET),
            BigEndian.getInt64(buffer, ip + Ipv6Header.DESTINATION_OFFSET + 8),
            BigEndian.getInt64(buffer, ip + Ipv6Header.SOURCE_OFFSET),
            BigEndian.getInt64(buffer, ip + Ipv6Header.SOURCE_OFFSET + 8), destination, source);
    }

    private int home(final int sum)
    {
        int h = sum;
        h ^= h >>> 16;
        h *= MIX_FIRST;
        h ^= h >>> 13;
        h *= MIX_SECOND;
        h ^= h >>> 16;
        return Integer.remainderUnsigned(h, stacks);
    }
}
