package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The options of one TCP segment (RFC 9293, section 3.2; window scale and timestamps RFC 7323; SACK RFC 2018): a parser
 * into a reusable object, and writers.
 * <pre>
 *  +------+                                          +------+
 *  |   0  |  End of Option List                      |   1  |  No-Operation
 *  +------+                                          +------+
 *  +------+------+------+------+                     +------+------+------+
 *  |   2  |   4  |     MSS     |                     |   3  |   3  | shift|  Window Scale
 *  +------+------+------+------+                     +------+------+------+
 *  +------+------+                                   +------+------+-----------------------+
 *  |   4  |   2  |  SACK-Permitted                   |   5  | 2+8n | n x (left, right) edge|  SACK
 *  +------+------+                                   +------+------+-----------------------+
 *  +------+------+---------------------+---------------------+
 *  |   8  |  10  |   TS Value (TSval)  |TS Echo Reply (TSecr)|  Timestamps
 *  +------+------+---------------------+---------------------+
 * </pre>
 *
 * <p>Tolerant where the RFC wants it: options may stand in any segment and at any alignment; unknown ones are skipped,
 * and so is a known one of the wrong length. A length of 0 or 1, or one that reaches beyond the header, makes the
 * segment malformed. Bytes behind End of Option List are not looked at.
 */
public final class TcpOptions
{
    public static final int KIND_END = 0;
    public static final int KIND_NOP = 1;
    public static final int KIND_MSS = 2;
    public static final int KIND_WINDOW_SCALE = 3;
    public static final int KIND_SACK_PERMITTED = 4;
    public static final int KIND_SACK = 5;
    public static final int KIND_TIMESTAMPS = 8;
    public static final int KIND_FAST_OPEN = 34;
    /** Shared experimental option (RFC 6994); Fast Open began as one, with this identifier. */
    public static final int KIND_EXPERIMENT = 254;
    private static final int EXPERIMENT_FAST_OPEN = 0xF989;
    private static final int MAX_COOKIE = 16;

    /** Bytes that {@link #putMss} writes. */
    public static final int MSS_LENGTH = 4;
    /** Bytes that {@link #putWindowScale} writes, a NOP included. */
    public static final int WINDOW_SCALE_LENGTH = 4;
    /** Bytes that {@link #putSackPermitted} writes, two NOPs included. */
    public static final int SACK_PERMITTED_LENGTH = 4;
    /** Bytes that {@link #putTimestamps} writes, two NOPs included. */
    public static final int TIMESTAMPS_LENGTH = 12;
    /** Bytes that {@link #putSackHeader} writes, two NOPs included. */
    public static final int SACK_HEADER_LENGTH = 4;
    /** Bytes that {@link #putSackBlock} writes. */
    public static final int SACK_BLOCK_LENGTH = 8;

    /** The most SACK blocks that fit a header. */
    public static final int MAX_SACK_BLOCKS = 4;
    /** The largest shift (RFC 7323, section 2.3); a larger one is taken as this. */
    public static final int MAX_WINDOW_SCALE = 14;

    private static final int NOP_NOP_TIMESTAMPS = 0x0101_080A;

    private final int[] sackEdges = new int[2 * MAX_SACK_BLOCKS];
    private int mss;
    private int windowScale;
    private boolean sackPermitted;
    private boolean hasTimestamps;
    private int tsVal;
    private int tsEcr;
    private int sackCount;
    private int fastOpenLength;
    private long fastOpenHi;
    private long fastOpenLo;

    /**
     * Reads the options of one segment; what an earlier call found is forgotten.
     *
     * @param offset of the first option byte.
     * @param length bytes of options, 0 to 40; they must be in the buffer.
     * @return whether they are well-formed; otherwise what stood before the malformed option has been taken.
     */
    public boolean parse(final UnsafeBuffer buffer, final int offset, final int length)
    {
        reset();
        if (length == TIMESTAMPS_LENGTH && BigEndian.getInt32(buffer, offset) == NOP_NOP_TIMESTAMPS)
        {
            timestamps(buffer, offset + 4);
            return true;
        }

        final int end = offset + length;
        int at = offset;
        while (at < end)
        {
            final int kind = buffer.getByte(at) & 0xFF;
            if (kind == KIND_END)
            {
                return true;
            }
            if (kind == KIND_NOP)
            {
                at++;
                continue;
            }
            if (end - at < 2)
            {
                return false;
            }
            final int optionLength = buffer.getByte(at + 1) & 0xFF;
            if (optionLength < 2 || optionLength > end - at)
            {
                return false;
            }
            option(kind, buffer, at, optionLength);
            at += optionLength;
        }
        return true;
    }

    /** Forgets everything: as after parsing no options. */
    public void reset()
    {
        mss = 0;
        windowScale = -1;
        sackPermitted = false;
        hasTimestamps = false;
        tsVal = 0;
        tsEcr = 0;
        sackCount = 0;
        fastOpenLength = -1;
    }

    /** Bytes of the Fast Open cookie (RFC 7413): 0 when one is asked for, -1 without the option. */
    public int fastOpenLength()
    {
        return fastOpenLength;
    }

    /** The first eight bytes of the Fast Open cookie, the first in the highest byte. */
    public long fastOpenHi()
    {
        return fastOpenHi;
    }

    /** The second eight bytes of the Fast Open cookie. */
    public long fastOpenLo()
    {
        return fastOpenLo;
    }

    /** Sets what a SYN's options say, as if they had been parsed. */
    public void set(
        final int mss, final int windowScale, final boolean sackPermitted, final boolean hasTimestamps, final int tsVal)
    {
        reset();
        this.mss = mss;
        this.windowScale = windowScale;
        this.sackPermitted = sackPermitted;
        this.hasTimestamps = hasTimestamps;
        this.tsVal = tsVal;
    }

    /** The Maximum Segment Size option's value; 0 when absent. */
    public int mss()
    {
        return mss;
    }

    /** The Window Scale option's shift, 0 to 14; -1 when absent. */
    public int windowScale()
    {
        return windowScale;
    }

    public boolean sackPermitted()
    {
        return sackPermitted;
    }

    public boolean hasTimestamps()
    {
        return hasTimestamps;
    }

    public int tsVal()
    {
        return tsVal;
    }

    public int tsEcr()
    {
        return tsEcr;
    }

    /** SACK blocks, 0 to {@link #MAX_SACK_BLOCKS}, in the order they arrived. */
    public int sackCount()
    {
        return sackCount;
    }

    /** The first sequence number of a block. */
    public int sackLeft(final int index)
    {
        return sackEdges[2 * index];
    }

    /** The sequence number behind a block's last. */
    public int sackRight(final int index)
    {
        return sackEdges[2 * index + 1];
    }

    private void option(final int kind, final UnsafeBuffer buffer, final int at, final int length)
    {
        switch (kind)
        {
            case KIND_MSS:
                if (length == 4)
                {
                    mss = BigEndian.getUint16(buffer, at + 2);
                }
                break;

            case KIND_WINDOW_SCALE:
                if (length == 3)
                {
                    windowScale = Math.min(BigEndian.getUint8(buffer, at + 2), MAX_WINDOW_SCALE);
                }
                break;

            case KIND_SACK_PERMITTED:
                sackPermitted |= length == 2;
                break;

            case KIND_SACK:
                if (length > 2 && (length - 2) % SACK_BLOCK_LENGTH == 0)
                {
                    sackBlocks(buffer, at + 2, (length - 2) / SACK_BLOCK_LENGTH);
                }
                break;

            case KIND_TIMESTAMPS:
                if (length == 10)
                {
                    timestamps(buffer, at + 2);
                }
                break;

            case KIND_FAST_OPEN:
                fastOpen(buffer, at + 2, length - 2);
                break;

            case KIND_EXPERIMENT:
                if (length >= 4 && BigEndian.getUint16(buffer, at + 2) == EXPERIMENT_FAST_OPEN)
                {
                    fastOpen(buffer, at + 4, length - 4);
                }
                break;

            default:
                break;
        }
    }

    private void fastOpen(final UnsafeBuffer buffer, final int at, final int length)
    {
        if (length != 0 && (length < 4 || length > MAX_COOKIE || length % 2 != 0))
        {
            return;
        }
        fastOpenLength = length;
        fastOpenHi = 0;
        fastOpenLo = 0;
        for (int i = 0; i < length; i++)
        {
            final long b = buffer.getByte(at + i) & 0xFFL;
            if (i < 8)
            {
                fastOpenHi |= b << (56 - 8 * i);
            }
            else
            {
                fastOpenLo |= b << (56 - 8 * (i - 8));
            }
        }
    }

    /** Bytes that {@link #putFastOpen} writes. */
    public static int fastOpenOptionLength(final int cookieLength)
    {
        return cookieLength + 2 + 3 & ~3;
    }

    /** Writes a Fast Open cookie, or with length 0 asks for one, and NOPs up to four bytes. */
    public static int putFastOpen(
        final UnsafeBuffer buffer, final int offset, final long hi, final long lo, final int length)
    {
        buffer.putByte(offset, (byte)KIND_FAST_OPEN);
        buffer.putByte(offset + 1, (byte)(2 + length));
        for (int i = 0; i < length; i++)
        {
            buffer.putByte(offset + 2 + i, (byte)(i < 8 ? hi >>> (56 - 8 * i) : lo >>> (56 - 8 * (i - 8))));
        }
        final int end = offset + fastOpenOptionLength(length);
        for (int at = offset + 2 + length; at < end; at++)
        {
            buffer.putByte(at, (byte)KIND_NOP);
        }
        return end;
    }

    private void timestamps(final UnsafeBuffer buffer, final int at)
    {
        hasTimestamps = true;
        tsVal = BigEndian.getInt32(buffer, at);
        tsEcr = BigEndian.getInt32(buffer, at + 4);
    }

    private void sackBlocks(final UnsafeBuffer buffer, final int at, final int count)
    {
        // A second SACK option in one segment is nobody's sense; the last one counts, as with every option.
        sackCount = Math.min(count, MAX_SACK_BLOCKS);
        for (int i = 0; i < 2 * sackCount; i++)
        {
            sackEdges[i] = BigEndian.getInt32(buffer, at + 4 * i);
        }
    }

    /** Writes Maximum Segment Size, 4 bytes; returns the offset behind it, as every writer here. */
    public static int putMss(final UnsafeBuffer buffer, final int offset, final int mss)
    {
        BigEndian.putInt32(buffer, offset, KIND_MSS << 24 | 4 << 16 | (mss & 0xFFFF));
        return offset + MSS_LENGTH;
    }

    /** Writes a NOP and Window Scale, 4 bytes. */
    public static int putWindowScale(final UnsafeBuffer buffer, final int offset, final int shift)
    {
        BigEndian.putInt32(buffer, offset, KIND_NOP << 24 | KIND_WINDOW_SCALE << 16 | 3 << 8 | (shift & 0xFF));
        return offset + WINDOW_SCALE_LENGTH;
    }

    /** Writes two NOPs and SACK-Permitted, 4 bytes. */
    public static int putSackPermitted(final UnsafeBuffer buffer, final int offset)
    {
        BigEndian.putInt32(buffer, offset, KIND_NOP << 24 | KIND_NOP << 16 | KIND_SACK_PERMITTED << 8 | 2);
        return offset + SACK_PERMITTED_LENGTH;
    }

    /** Writes two NOPs and Timestamps, 12 bytes, laid out as RFC 7323, appendix A recommends. */
    public static int putTimestamps(final UnsafeBuffer buffer, final int offset, final int tsVal, final int tsEcr)
    {
        BigEndian.putInt32(buffer, offset, NOP_NOP_TIMESTAMPS);
        BigEndian.putInt32(buffer, offset + 4, tsVal);
        BigEndian.putInt32(buffer, offset + 8, tsEcr);
        return offset + TIMESTAMPS_LENGTH;
    }

    /**
     * Writes two NOPs and the head of a SACK option, 4 bytes; exactly {@code blocks} calls of {@link #putSackBlock}
     * follow. Beside timestamps three blocks fit.
     */
    public static int putSackHeader(final UnsafeBuffer buffer, final int offset, final int blocks)
    {
        BigEndian.putInt32(
            buffer, offset, KIND_NOP << 24 | KIND_NOP << 16 | KIND_SACK << 8 | (2 + SACK_BLOCK_LENGTH * blocks));
        return offset + SACK_HEADER_LENGTH;
    }

    /** Writes one SACK block, 8 bytes. */
    public static int putSackBlock(final UnsafeBuffer buffer, final int offset, final int left, final int right)
    {
        BigEndian.putInt32(buffer, offset, left);
        BigEndian.putInt32(buffer, offset + 4, right);
        return offset + SACK_BLOCK_LENGTH;
    }
}
