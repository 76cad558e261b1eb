package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a report says about one group: in IGMPv3 (RFC 3376, section 4.2.4) with addresses of 4 bytes, in MLDv2 (RFC
 * 3810, section 5.2) with those of 16.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Record Type  |  Aux Data Len |     Number of Sources         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                 Multicast Address (4 or 16 bytes)             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                 Source Address [1] ...                        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class GroupRecord
{
    public static final int MODE_IS_INCLUDE = 1;
    public static final int MODE_IS_EXCLUDE = 2;
    public static final int CHANGE_TO_INCLUDE = 3;
    public static final int CHANGE_TO_EXCLUDE = 4;
    public static final int ALLOW_NEW_SOURCES = 5;
    public static final int BLOCK_OLD_SOURCES = 6;

    public static final int GROUP_OFFSET = 4;

    private GroupRecord()
    {
    }

    /** Bytes of a record with this many sources. */
    public static int length(final int sources, final boolean isV4)
    {
        return GROUP_OFFSET + (sources + 1) * (isV4 ? 4 : 16);
    }

    /** Writes a record without its sources. An IPv4 address is the last four bytes of its long. */
    public static void put(
        final UnsafeBuffer buffer,
        final int offset,
        final int recordType,
        final int sources,
        final boolean isV4,
        final long groupHi,
        final long groupLo)
    {
        BigEndian.putInt32(buffer, offset, recordType << 24 | sources);
        putAddress(buffer, offset + GROUP_OFFSET, isV4, groupHi, groupLo);
    }

    /** Writes source {@code index}. */
    public static void putSource(
        final UnsafeBuffer buffer,
        final int offset,
        final int index,
        final boolean isV4,
        final long hi,
        final long lo)
    {
        putAddress(buffer, offset + length(index, isV4), isV4, hi, lo);
    }

    private static void putAddress(
        final UnsafeBuffer buffer, final int offset, final boolean isV4, final long hi, final long lo)
    {
        if (isV4)
        {
            BigEndian.putInt32(buffer, offset, (int)lo);
        }
        else
        {
            BigEndian.putInt64(buffer, offset, hi);
            BigEndian.putInt64(buffer, offset + 8, lo);
        }
    }
}
