package io.pnet.hostile;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A field of a frame: up to 64 bits at a place of it, and the values that implementations trip over.
 *
 * @param name   layer and field, for people.
 * @param offset first bit of the field, from the frame's first.
 * @param bits   its width.
 */
public record Field(String name, int offset, int bits)
{
    private static final int ETHERNET = 14;
    private static final int IPV4 = 20;
    private static final int IPV6 = 40;

    /** Destination, source, type. */
    public static List<Field> ethernet()
    {
        return layer("eth", 0, "destination:48 source:48 type:16");
    }

    /** An IPv4 header without options. */
    public static List<Field> ipv4(final int at)
    {
        return layer("ip", at, "version:4 ihl:4 tos:8 totalLength:16 identification:16 reserved:1 df:1 mf:1 " +
            "fragmentOffset:13 ttl:8 protocol:8 headerChecksum:16 source:32 destination:32");
    }

    /** An IPv6 header. */
    public static List<Field> ipv6(final int at)
    {
        return layer("ip6", at, "version:4 trafficClass:8 flowLabel:20 payloadLength:16 nextHeader:8 hopLimit:8 " +
            "sourceHi:64 sourceLo:64 destinationHi:64 destinationLo:64");
    }

    /** A TCP header without options. */
    public static List<Field> tcp(final int at)
    {
        return layer("tcp", at, "sourcePort:16 destinationPort:16 seq:32 ack:32 dataOffset:4 reserved:4 flags:8 " +
            "window:16 checksum:16 urgentPointer:16");
    }

    /** A UDP header. */
    public static List<Field> udp(final int at)
    {
        return layer("udp", at, "sourcePort:16 destinationPort:16 length:16 checksum:16");
    }

    /** An ICMP or ICMPv6 header, also MLD's and NDP's. */
    public static List<Field> icmp(final int at)
    {
        return layer("icmp", at, "type:8 code:8 checksum:16 rest:32");
    }

    /** An ARP packet. */
    public static List<Field> arp(final int at)
    {
        return layer("arp", at, "hardware:16 protocol:16 hardwareLength:8 protocolLength:8 operation:16 " +
            "senderMac:48 senderIp:32 targetMac:48 targetIp:32");
    }

    /** Bytes that nobody has named: each is a field. */
    public static List<Field> bytes(final String name, final int from, final int to)
    {
        final List<Field> fields = new ArrayList<>();
        for (int i = from; i < to; i++)
        {
            fields.add(new Field(name + "[" + (i - from) + "]", 8 * i, 8));
        }
        return fields;
    }

    /** Ethernet and IP of a version. */
    public static List<Field> network(final boolean isV6)
    {
        final List<Field> fields = new ArrayList<>(ethernet());
        fields.addAll(isV6 ? ipv6(ETHERNET) : ipv4(ETHERNET));
        return fields;
    }

    /** Where the transport header of a plain packet starts. */
    public static int transport(final boolean isV6)
    {
        return ETHERNET + (isV6 ? IPV6 : IPV4);
    }

    private static List<Field> layer(final String layer, final int at, final String text)
    {
        final List<Field> fields = new ArrayList<>();
        int bit = 8 * at;
        for (final String each : text.split(" "))
        {
            final int colon = each.indexOf(':');
            final int bits = Integer.parseInt(each.substring(colon + 1));
            fields.add(new Field(layer + "." + each.substring(0, colon), bit, bits));
            bit += bits;
        }
        return fields;
    }

    public long get(final byte[] frame)
    {
        long value = 0;
        for (int i = offset; i < offset + bits; i++)
        {
            value = value << 1 | frame[i >> 3] >> (7 - (i & 7)) & 1;
        }
        return value;
    }

    public void put(final byte[] frame, final long value)
    {
        for (int i = 0; i < bits; i++)
        {
            final int at = offset + i;
            final int mask = 0x80 >> (at & 7);
            if ((value >>> (bits - 1 - i) & 1) != 0)
            {
                frame[at >> 3] |= (byte)mask;
            }
            else
            {
                frame[at >> 3] &= (byte)~mask;
            }
        }
    }

    /** 0, 1, the largest, off by one from either end and from what is there, the sign bit, halves and doubles. */
    public List<Long> values(final long original)
    {
        final long max = bits == 64 ? -1 : (1L << bits) - 1;
        final long sign = 1L << (bits - 1);
        final Set<Long> values = new LinkedHashSet<>(List.of(
            0L, 1L & max, max, max - 1, original + 1 & max, original - 1 & max, original ^ sign, sign, sign - 1,
            original << 1 & max, original >>> 1));
        values.remove(original);
        return new ArrayList<>(values);
    }

    /** Whether the frame is long enough to have it. */
    public boolean isIn(final byte[] frame)
    {
        return offset + bits <= 8 * frame.length;
    }
}
