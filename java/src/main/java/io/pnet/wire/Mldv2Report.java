package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A Multicast Listener Report of version 2 from its ICMPv6 header on (RFC 3810, section 5.2), with address records that
 * name no sources, 20 bytes each.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Type = 143   |   Reserved    |           Checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |           Reserved            |  Number of Address Records    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Record Type  |  Aux Data Len |      Number of Sources        |  one record
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                 Multicast Address (16 bytes)                  |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class Mldv2Report
{
    public static final int HEADER_LENGTH = 8;
    public static final int RECORD_LENGTH = 20;

    public static final int RECORDS_OFFSET = 6;
    public static final int FIRST_RECORD_OFFSET = 8;

    public static final int MODE_IS_INCLUDE = 1;
    /** With no sources: everything sent to the group is wanted. The answer to a query. */
    public static final int MODE_IS_EXCLUDE = 2;
    /** With no sources: the group is left. */
    public static final int CHANGE_TO_INCLUDE = 3;
    /** With no sources: the group is joined. */
    public static final int CHANGE_TO_EXCLUDE = 4;

    private UnsafeBuffer buffer;
    private int offset;

    public Mldv2Report wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** Writes the type and the number of records, and zeroes the rest of the first 8 bytes. */
    public Mldv2Report init(final int records)
    {
        BigEndian.putInt64(buffer, offset, (long)Icmpv6Header.TYPE_MLD_V2_REPORT << 56 | records);
        return this;
    }

    /** Number of records. */
    public int records()
    {
        return BigEndian.getUint16(buffer, offset + RECORDS_OFFSET);
    }

    /** Writes record {@code index}, without sources. */
    public Mldv2Report record(final int index, final int recordType, final long groupHi, final long groupLo)
    {
        final int at = offset + FIRST_RECORD_OFFSET + index * RECORD_LENGTH;
        BigEndian.putInt32(buffer, at, recordType << 24);
        BigEndian.putInt64(buffer, at + 4, groupHi);
        BigEndian.putInt64(buffer, at + 12, groupLo);
        return this;
    }

    /** Of record {@code index}, none before it having sources. */
    public int recordType(final int index)
    {
        return BigEndian.getUint8(buffer, offset + FIRST_RECORD_OFFSET + index * RECORD_LENGTH);
    }

    /** Of record {@code index}, none before it having sources. */
    public long groupHi(final int index)
    {
        return BigEndian.getInt64(buffer, offset + FIRST_RECORD_OFFSET + index * RECORD_LENGTH + 4);
    }

    /** Of record {@code index}, none before it having sources. */
    public long groupLo(final int index)
    {
        return BigEndian.getInt64(buffer, offset + FIRST_RECORD_OFFSET + index * RECORD_LENGTH + 12);
    }

    /** Bytes of a report with this many records. */
    public static int length(final int records)
    {
        return HEADER_LENGTH + records * RECORD_LENGTH;
    }
}
