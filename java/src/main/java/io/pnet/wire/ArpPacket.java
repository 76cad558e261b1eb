package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * An ARP packet for IPv4 over Ethernet (RFC 826), 28 bytes.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |         Hardware Type         |         Protocol Type         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Hardware Len. | Protocol Len. |           Operation           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                    Sender Hardware Address                    |
 *  +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                               |    Sender Protocol Address    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Sender Protocol Address ...  |                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 *  |                    Target Hardware Address                    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                    Target Protocol Address                    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class ArpPacket
{
    public static final int LENGTH = 28;

    public static final int HARDWARE_TYPE_OFFSET = 0;
    public static final int PROTOCOL_TYPE_OFFSET = 2;
    public static final int HARDWARE_LENGTH_OFFSET = 4;
    public static final int PROTOCOL_LENGTH_OFFSET = 5;
    public static final int OPERATION_OFFSET = 6;
    public static final int SENDER_MAC_OFFSET = 8;
    public static final int SENDER_IP_OFFSET = 14;
    public static final int TARGET_MAC_OFFSET = 18;
    public static final int TARGET_IP_OFFSET = 24;

    public static final int OPERATION_REQUEST = 1;
    public static final int OPERATION_REPLY = 2;

    private static final long ETHERNET_IPV4 = 0x0001_0800_0604L;

    private UnsafeBuffer buffer;
    private int offset;

    public ArpPacket wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** Whether the first four fields say IPv4 over Ethernet. */
    public boolean isEthernetIpv4()
    {
        return BigEndian.getUint48(buffer, offset) == ETHERNET_IPV4;
    }

    /** Writes the first four fields. */
    public ArpPacket ethernetIpv4()
    {
        BigEndian.putUint48(buffer, offset, ETHERNET_IPV4);
        return this;
    }

    public int operation()
    {
        return BigEndian.getUint16(buffer, offset + OPERATION_OFFSET);
    }

    public ArpPacket operation(final int operation)
    {
        BigEndian.putUint16(buffer, offset + OPERATION_OFFSET, operation);
        return this;
    }

    public long senderMac()
    {
        return BigEndian.getUint48(buffer, offset + SENDER_MAC_OFFSET);
    }

    public ArpPacket senderMac(final long macAddress)
    {
        BigEndian.putUint48(buffer, offset + SENDER_MAC_OFFSET, macAddress);
        return this;
    }

    public int senderIp()
    {
        return BigEndian.getInt32(buffer, offset + SENDER_IP_OFFSET);
    }

    public ArpPacket senderIp(final int address)
    {
        BigEndian.putInt32(buffer, offset + SENDER_IP_OFFSET, address);
        return this;
    }

    public long targetMac()
    {
        return BigEndian.getUint48(buffer, offset + TARGET_MAC_OFFSET);
    }

    public ArpPacket targetMac(final long macAddress)
    {
        BigEndian.putUint48(buffer, offset + TARGET_MAC_OFFSET, macAddress);
        return this;
    }

    public int targetIp()
    {
        return BigEndian.getInt32(buffer, offset + TARGET_IP_OFFSET);
    }

    public ArpPacket targetIp(final int address)
    {
        BigEndian.putInt32(buffer, offset + TARGET_IP_OFFSET, address);
        return this;
    }
}
