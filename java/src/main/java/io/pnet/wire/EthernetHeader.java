package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The Ethernet II header (RFC 894, IEEE 802.3), 14 bytes. MAC addresses are the low 48 bits of a long.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                      Destination Address                      |
 *  +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                               |                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 *  |                        Source Address                         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |             Type              |            Data ...
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-
 * </pre>
 */
public final class EthernetHeader
{
    public static final int LENGTH = 14;

    public static final int DESTINATION_OFFSET = 0;
    public static final int SOURCE_OFFSET = 6;
    public static final int TYPE_OFFSET = 12;

    public static final int TYPE_IPV4 = 0x0800;
    public static final int TYPE_ARP = 0x0806;
    public static final int TYPE_VLAN = 0x8100;
    public static final int TYPE_IPV6 = 0x86DD;
    public static final int TYPE_PROVIDER_VLAN = 0x88A8;

    public static final long BROADCAST = 0xFFFF_FFFF_FFFFL;

    private static final long GROUP_BIT = 0x0100_0000_0000L;

    private UnsafeBuffer buffer;
    private int offset;

    public EthernetHeader wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    public long destination()
    {
        return destination(buffer, offset);
    }

    public EthernetHeader destination(final long macAddress)
    {
        BigEndian.putUint48(buffer, offset + DESTINATION_OFFSET, macAddress);
        return this;
    }

    public long source()
    {
        return source(buffer, offset);
    }

    public EthernetHeader source(final long macAddress)
    {
        BigEndian.putUint48(buffer, offset + SOURCE_OFFSET, macAddress);
        return this;
    }

    public int type()
    {
        return type(buffer, offset);
    }

    public EthernetHeader type(final int type)
    {
        BigEndian.putUint16(buffer, offset + TYPE_OFFSET, type);
        return this;
    }

    public static long destination(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint48(buffer, offset + DESTINATION_OFFSET);
    }

    public static long source(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint48(buffer, offset + SOURCE_OFFSET);
    }

    public static int type(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint16(buffer, offset + TYPE_OFFSET);
    }

    /** Writes all 14 bytes. */
    public static void put(
        final UnsafeBuffer buffer, final int offset, final long destination, final long source, final int type)
    {
        BigEndian.putInt64(buffer, offset, destination << 16 | (source >>> 32 & 0xFFFF));
        BigEndian.putInt32(buffer, offset + 8, (int)source);
        BigEndian.putUint16(buffer, offset + TYPE_OFFSET, type);
    }

    /** Whether the address has the group bit: a multicast or the broadcast address. */
    public static boolean isGroup(final long macAddress)
    {
        return (macAddress & GROUP_BIT) != 0;
    }

    /** The MAC address that an IPv4 multicast group maps to (RFC 1112, section 6.4). */
    public static long multicastV4(final int group)
    {
        return 0x0100_5E00_0000L | (group & 0x007F_FFFF);
    }

    /** The MAC address that an IPv6 multicast group maps to (RFC 2464, section 7). */
    public static long multicastV6(final long groupLo)
    {
        return 0x3333_0000_0000L | (groupLo & 0xFFFF_FFFFL);
    }
}
