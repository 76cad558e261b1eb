package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The TCP header (RFC 9293, section 3.1), 20 bytes and up to 40 of options.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |          Source Port          |       Destination Port        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                        Sequence Number                        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                     Acknowledgment Number                     |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Data |       |C|E|U|A|P|R|S|F|                               |
 *  | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
 *  |       |       |R|E|G|K|H|T|N|N|                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |           Checksum            |        Urgent Pointer         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                          Options ...
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-
 * </pre>
 */
public final class TcpHeader
{
    public static final int MIN_LENGTH = 20;
    public static final int MAX_LENGTH = 60;

    public static final int SOURCE_PORT_OFFSET = 0;
    public static final int DESTINATION_PORT_OFFSET = 2;
    public static final int SEQUENCE_NUMBER_OFFSET = 4;
    public static final int ACKNOWLEDGMENT_NUMBER_OFFSET = 8;
    public static final int DATA_OFFSET_OFFSET = 12;
    public static final int FLAGS_OFFSET = 13;
    public static final int WINDOW_OFFSET = 14;
    public static final int CHECKSUM_OFFSET = 16;
    public static final int URGENT_POINTER_OFFSET = 18;
    public static final int OPTIONS_OFFSET = 20;

    public static final int FIN = 0x01;
    public static final int SYN = 0x02;
    public static final int RST = 0x04;
    public static final int PSH = 0x08;
    public static final int ACK = 0x10;
    public static final int URG = 0x20;
    public static final int ECE = 0x40;
    public static final int CWR = 0x80;

    private UnsafeBuffer buffer;
    private int offset;

    public TcpHeader wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    public int sourcePort()
    {
        return sourcePort(buffer, offset);
    }

    public TcpHeader sourcePort(final int port)
    {
        BigEndian.putUint16(buffer, offset + SOURCE_PORT_OFFSET, port);
        return this;
    }

    public int destinationPort()
    {
        return destinationPort(buffer, offset);
    }

    public TcpHeader destinationPort(final int port)
    {
        BigEndian.putUint16(buffer, offset + DESTINATION_PORT_OFFSET, port);
        return this;
    }

    public int sequenceNumber()
    {
        return BigEndian.getInt32(buffer, offset + SEQUENCE_NUMBER_OFFSET);
    }

    public TcpHeader sequenceNumber(final int number)
    {
        BigEndian.putInt32(buffer, offset + SEQUENCE_NUMBER_OFFSET, number);
        return this;
    }

    public int acknowledgmentNumber()
    {
        return BigEndian.getInt32(buffer, offset + ACKNOWLEDGMENT_NUMBER_OFFSET);
    }

    public TcpHeader acknowledgmentNumber(final int number)
    {
        BigEndian.putInt32(buffer, offset + ACKNOWLEDGMENT_NUMBER_OFFSET, number);
        return this;
    }

    /** The Data Offset field in bytes: the header with its options; below 20 on a malformed segment. */
    public int headerLength()
    {
        return headerLength(buffer, offset);
    }

    /** Writes the header's length in bytes, a multiple of 4, and zeroes the reserved bits. */
    public TcpHeader headerLength(final int length)
    {
        BigEndian.putUint8(buffer, offset + DATA_OFFSET_OFFSET, length << 2);
        return this;
    }

    /** Bytes of options, padding included. */
    public int optionsLength()
    {
        return headerLength() - MIN_LENGTH;
    }

    /** The eight flags, {@link #FIN} to {@link #CWR}. */
    public int flags()
    {
        return flags(buffer, offset);
    }

    public TcpHeader flags(final int flags)
    {
        BigEndian.putUint8(buffer, offset + FLAGS_OFFSET, flags);
        return this;
    }

    /** As on the wire, not scaled. */
    public int window()
    {
        return BigEndian.getUint16(buffer, offset + WINDOW_OFFSET);
    }

    public TcpHeader window(final int window)
    {
        BigEndian.putUint16(buffer, offset + WINDOW_OFFSET, window);
        return this;
    }

    public int checksum()
    {
        return BigEndian.getUint16(buffer, offset + CHECKSUM_OFFSET);
    }

    public TcpHeader checksum(final int checksum)
    {
        BigEndian.putUint16(buffer, offset + CHECKSUM_OFFSET, checksum);
        return this;
    }

    public int urgentPointer()
    {
        return BigEndian.getUint16(buffer, offset + URGENT_POINTER_OFFSET);
    }

    public TcpHeader urgentPointer(final int pointer)
    {
        BigEndian.putUint16(buffer, offset + URGENT_POINTER_OFFSET, pointer);
        return this;
    }

    public static int sourcePort(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint16(buffer, offset + SOURCE_PORT_OFFSET);
    }

    public static int destinationPort(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint16(buffer, offset + DESTINATION_PORT_OFFSET);
    }

    public static int headerLength(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint8(buffer, offset + DATA_OFFSET_OFFSET) >>> 4 << 2;
    }

    public static int flags(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint8(buffer, offset + FLAGS_OFFSET);
    }
}
