package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * An Internet Group Management Protocol message: of versions 1 and 2 (RFC 1112, RFC 2236) all of it, of a version 3
 * query (RFC 3376, section 4.1) the part in front of its sources. A version 3 report begins alike and has the number
 * of its records in the last two of the first eight bytes (section 4.2).
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |     Type      | Max Resp Code |           Checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                         Group Address                         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Resv  |S| QRV |     QQIC      |     Number of Sources (N)     |  version 3
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                       Source Address [1] ...                  |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class IgmpMessage
{
    public static final int LENGTH = 8;
    /** A query at least this long is of version 3 (RFC 3376, section 7.1). */
    public static final int V3_QUERY_MIN_LENGTH = 12;

    public static final int TYPE_QUERY = 0x11;
    public static final int TYPE_V1_REPORT = 0x12;
    public static final int TYPE_V2_REPORT = 0x16;
    public static final int TYPE_V2_LEAVE = 0x17;
    public static final int TYPE_V3_REPORT = 0x22;

    public static final int MAX_RESP_CODE_OFFSET = 1;
    public static final int CHECKSUM_OFFSET = 2;
    public static final int GROUP_OFFSET = 4;
    public static final int QRV_OFFSET = 8;
    public static final int SOURCES_OFFSET = 10;
    public static final int FIRST_SOURCE_OFFSET = 12;

    private UnsafeBuffer buffer;
    private int offset;

    public IgmpMessage wrap(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** Writes type and last four bytes (the group, or a report's number of records), and zeroes the rest. */
    public IgmpMessage init(final int type, final int last)
    {
        BigEndian.putInt32(buffer, offset, type << 24);
        BigEndian.putInt32(buffer, offset + GROUP_OFFSET, last);
        return this;
    }

    public int type()
    {
        return BigEndian.getUint8(buffer, offset);
    }

    /** As it stands; see {@link #responseTimeMs}. */
    public int maxRespCode()
    {
        return BigEndian.getUint8(buffer, offset + MAX_RESP_CODE_OFFSET);
    }

    /** The group that is asked for; 0 for all. */
    public int group()
    {
        return BigEndian.getInt32(buffer, offset + GROUP_OFFSET);
    }

    /** The querier's robustness, of a version 3 query; 0: more than 7. */
    public int robustness()
    {
        return BigEndian.getUint8(buffer, offset + QRV_OFFSET) & 7;
    }

    /** Number of sources of a version 3 query. */
    public int sources()
    {
        return BigEndian.getUint16(buffer, offset + SOURCES_OFFSET);
    }

    /** Source {@code index} of a version 3 query. */
    public int source(final int index)
    {
        return BigEndian.getInt32(buffer, offset + FIRST_SOURCE_OFFSET + index * 4);
    }

    /**
     * Milliseconds that a version 3 query's Max Resp Code stands for (RFC 3376, section 4.1.1): tenths of a second
     * below 128, a floating-point number of them above.
     */
    public static long responseTimeMs(final int code)
    {
        return 100L * (code < 128 ? code : (code & 0xF | 0x10) << ((code >>> 4 & 7) + 3));
    }
}
