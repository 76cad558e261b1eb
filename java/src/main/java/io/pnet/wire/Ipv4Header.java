package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The IPv4 header (RFC 791; DSCP of RFC 2474, ECN of RFC 3168), 20 bytes and up to 40 of options.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |Version|  IHL  |   DSCP    |ECN|         Total Length          |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |        Identification         |0|D|M|     Fragment Offset     |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |      TTL      |   Protocol    |        Header Checksum        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                        Source Address                         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                      Destination Address                      |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                          Options ...
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-
 * </pre>
 */
public final class Ipv4Header
{
    public static final int MIN_LENGTH = 20;
    public static final int MAX_LENGTH = 60;

    public static final int VERSION_IHL_OFFSET = 0;
    public static final int TYPE_OF_SERVICE_OFFSET = 1;
    public static final int TOTAL_LENGTH_OFFSET = 2;
    public static final int IDENTIFICATION_OFFSET = 4;
    public static final int FLAGS_FRAGMENT_OFFSET = 6;
    public static final int TTL_OFFSET = 8;
    public static final int PROTOCOL_OFFSET = 9;
    public static final int HEADER_CHECKSUM_OFFSET = 10;
    public static final int SOURCE_OFFSET = 12;
    public static final int DESTINATION_OFFSET = 16;
    public static final int OPTIONS_OFFSET = 20;

    /** In {@link #flagsAndFragment()}: don't fragment. */
    public static final int FLAG_DF = 0x4000;
    /** In {@link #flagsAndFragment()}: more fragments follow. */
    public static final int FLAG_MF = 0x2000;
    /** In {@link #flagsAndFragment()}: the offset, in units of 8 bytes. */
    public static final int FRAGMENT_OFFSET_MASK = 0x1FFF;

    private UnsafeBuffer buffer;
    private int offset;

    public Ipv4Header wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    public int version()
    {
        return BigEndian.getUint8(buffer, offset) >>> 4;
    }

    /** Bytes of the header with its options; below 20 on a malformed packet. */
    public int headerLength()
    {
        return headerLength(buffer, offset);
    }

    /** Writes version 4 and the header's length in bytes, a multiple of 4. */
    public Ipv4Header headerLength(final int length)
    {
        BigEndian.putUint8(buffer, offset, 0x40 | length >>> 2);
        return this;
    }

    /** Bytes of options, padding included. */
    public int optionsLength()
    {
        return headerLength() - MIN_LENGTH;
    }

    /** DSCP and ECN together. */
    public int typeOfService()
    {
        return BigEndian.getUint8(buffer, offset + TYPE_OF_SERVICE_OFFSET);
    }

    public Ipv4Header typeOfService(final int value)
    {
        BigEndian.putUint8(buffer, offset + TYPE_OF_SERVICE_OFFSET, value);
        return this;
    }

    public int dscp()
    {
        return typeOfService() >>> 2;
    }

    public int ecn()
    {
        return typeOfService() & 3;
    }

    public int totalLength()
    {
        return totalLength(buffer, offset);
    }

    public Ipv4Header totalLength(final int length)
    {
        BigEndian.putUint16(buffer, offset + TOTAL_LENGTH_OFFSET, length);
        return this;
    }

    public int identification()
    {
        return BigEndian.getUint16(buffer, offset + IDENTIFICATION_OFFSET);
    }

    public Ipv4Header identification(final int value)
    {
        BigEndian.putUint16(buffer, offset + IDENTIFICATION_OFFSET, value);
        return this;
    }

    /** Flags and fragment offset as they stand together. */
    public int flagsAndFragment()
    {
        return BigEndian.getUint16(buffer, offset + FLAGS_FRAGMENT_OFFSET);
    }

    public Ipv4Header flagsAndFragment(final int value)
    {
        BigEndian.putUint16(buffer, offset + FLAGS_FRAGMENT_OFFSET, value);
        return this;
    }

    public boolean isDontFragment()
    {
        return (flagsAndFragment() & FLAG_DF) != 0;
    }

    public boolean isMoreFragments()
    {
        return (flagsAndFragment() & FLAG_MF) != 0;
    }

    /** Where this fragment's payload belongs, in bytes. */
    public int fragmentOffset()
    {
        return (flagsAndFragment() & FRAGMENT_OFFSET_MASK) << 3;
    }

    /** Whether this is less than a whole packet. */
    public boolean isFragment()
    {
        return (flagsAndFragment() & (FLAG_MF | FRAGMENT_OFFSET_MASK)) != 0;
    }

    public int ttl()
    {
        return BigEndian.getUint8(buffer, offset + TTL_OFFSET);
    }

    public Ipv4Header ttl(final int value)
    {
        BigEndian.putUint8(buffer, offset + TTL_OFFSET, value);
        return this;
    }

    public int protocol()
    {
        return BigEndian.getUint8(buffer, offset + PROTOCOL_OFFSET);
    }

    public Ipv4Header protocol(final int value)
    {
        BigEndian.putUint8(buffer, offset + PROTOCOL_OFFSET, value);
        return this;
    }

    public int headerChecksum()
    {
        return BigEndian.getUint16(buffer, offset + HEADER_CHECKSUM_OFFSET);
    }

    public Ipv4Header headerChecksum(final int value)
    {
        BigEndian.putUint16(buffer, offset + HEADER_CHECKSUM_OFFSET, value);
        return this;
    }

    /** Whether the header adds up; {@link #headerLength()} bytes must be there. */
    public boolean isHeaderChecksumValid()
    {
        return Checksum.isValid(Checksum.sum(buffer, offset, headerLength()));
    }

    /** Computes and writes the header's checksum; everything else must be in place. */
    public Ipv4Header updateHeaderChecksum()
    {
        headerChecksum(0);
        return headerChecksum(Checksum.of(buffer, offset, headerLength()));
    }

    public int source()
    {
        return BigEndian.getInt32(buffer, offset + SOURCE_OFFSET);
    }

    public Ipv4Header source(final int address)
    {
        BigEndian.putInt32(buffer, offset + SOURCE_OFFSET, address);
        return this;
    }

    public int destination()
    {
        return BigEndian.getInt32(buffer, offset + DESTINATION_OFFSET);
    }

    public Ipv4Header destination(final int address)
    {
        BigEndian.putInt32(buffer, offset + DESTINATION_OFFSET, address);
        return this;
    }

    /** The version of the IP packet at {@code offset}, 4 or 6 if it is one. */
    public static int version(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint8(buffer, offset) >>> 4;
    }

    public static int headerLength(final UnsafeBuffer buffer, final int offset)
    {
        return (BigEndian.getUint8(buffer, offset) & 0xF) << 2;
    }

    public static int totalLength(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint16(buffer, offset + TOTAL_LENGTH_OFFSET);
    }

    public static int protocol(final UnsafeBuffer buffer, final int offset)
    {
        return BigEndian.getUint8(buffer, offset + PROTOCOL_OFFSET);
    }
}
