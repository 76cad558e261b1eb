package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The UDP header (RFC 768), 8 bytes.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |          Source Port          |       Destination Port        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |            Length             |           Checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class UdpHeader
{
    public static final int LENGTH = 8;

    public static final int SOURCE_PORT_OFFSET = 0;
    public static final int DESTINATION_PORT_OFFSET = 2;
    public static final int LENGTH_OFFSET = 4;
    public static final int CHECKSUM_OFFSET = 6;

    private UnsafeBuffer buffer;
    private int offset;

    public UdpHeader wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    public int sourcePort()
    {
        return BigEndian.getUint16(buffer, offset + SOURCE_PORT_OFFSET);
    }

    public UdpHeader sourcePort(final int port)
    {
        BigEndian.putUint16(buffer, offset + SOURCE_PORT_OFFSET, port);
        return this;
    }

    public int destinationPort()
    {
        return BigEndian.getUint16(buffer, offset + DESTINATION_PORT_OFFSET);
    }

    public UdpHeader destinationPort(final int port)
    {
        BigEndian.putUint16(buffer, offset + DESTINATION_PORT_OFFSET, port);
        return this;
    }

    /** Bytes of header and payload. */
    public int length()
    {
        return BigEndian.getUint16(buffer, offset + LENGTH_OFFSET);
    }

    public UdpHeader length(final int length)
    {
        BigEndian.putUint16(buffer, offset + LENGTH_OFFSET, length);
        return this;
    }

    /** 0: the sender computed none. */
    public int checksum()
    {
        return BigEndian.getUint16(buffer, offset + CHECKSUM_OFFSET);
    }

    public UdpHeader checksum(final int checksum)
    {
        BigEndian.putUint16(buffer, offset + CHECKSUM_OFFSET, checksum);
        return this;
    }
}
