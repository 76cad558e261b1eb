package io.pnet.link;

import org.agrona.BitUtil;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;

/**
 * An off-heap array of {@code struct mmsghdr}, each with a few {@code struct iovec} of its own: what one call to the
 * kernel carries. Written from Java, so that a batch costs one native call and no objects.
 */
final class Messages
{
    static final int MMSGHDR_LENGTH = 64;
    static final int IOV_OFFSET = 16;
    static final int IOV_COUNT_OFFSET = 24;
    static final int LENGTH_OFFSET = 56;
    static final int IOVEC_LENGTH = 16;
    static final int IOVEC_BYTES_OFFSET = 8;

    private final int iovecs;
    private final int iovecsOffset;
    private final UnsafeBuffer buffer;

    /**
     * @param capacity messages.
     * @param iovecs   pieces a message may have.
     */
    Messages(final int capacity, final int iovecs)
    {
        this.iovecs = iovecs;
        this.iovecsOffset = capacity * MMSGHDR_LENGTH;
        this.buffer = new UnsafeBuffer(allocate(capacity * (MMSGHDR_LENGTH + iovecs * IOVEC_LENGTH)));
        for (int i = 0; i < capacity; i++)
        {
            buffer.putLong(i * MMSGHDR_LENGTH + IOV_OFFSET, buffer.addressOffset() + iovec(i, 0));
            pieces(i, 1);
        }
    }

    static void verify()
    {
        NativeLayout.expect("sizeof mmsghdr", MMSGHDR_LENGTH);
        NativeLayout.expect("offsetof mmsghdr msg_hdr.msg_iov", IOV_OFFSET);
        NativeLayout.expect("offsetof mmsghdr msg_hdr.msg_iovlen", IOV_COUNT_OFFSET);
        NativeLayout.expect("offsetof mmsghdr msg_len", LENGTH_OFFSET);
        NativeLayout.expect("sizeof iovec", IOVEC_LENGTH);
        NativeLayout.expect("offsetof iovec iov_base", 0);
        NativeLayout.expect("offsetof iovec iov_len", IOVEC_BYTES_OFFSET);
    }

    /** Zeroed memory that starts at a cache line. */
    static ByteBuffer allocate(final int bytes)
    {
        // A slice is whole cache lines long.
        return ByteBuffer.allocateDirect(BitUtil.align(bytes, BitUtil.CACHE_LINE_LENGTH) + BitUtil.CACHE_LINE_LENGTH)
            .alignedSlice(BitUtil.CACHE_LINE_LENGTH);
    }

    /** The address of a message, for the native call. */
    long address(final int message)
    {
        return buffer.addressOffset() + (long)message * MMSGHDR_LENGTH;
    }

    /** Says how many pieces a message has. */
    void pieces(final int message, final int count)
    {
        buffer.putLong(message * MMSGHDR_LENGTH + IOV_COUNT_OFFSET, count);
    }

    /** Points a piece at memory. */
    void piece(final int message, final int index, final long address, final int bytes)
    {
        final int at = iovec(message, index);
        buffer.putLong(at, address);
        buffer.putLong(at + IOVEC_BYTES_OFFSET, bytes);
    }

    /** What the kernel received into a message. */
    int length(final int message)
    {
        return buffer.getInt(message * MMSGHDR_LENGTH + LENGTH_OFFSET);
    }

    private int iovec(final int message, final int index)
    {
        return iovecsOffset + (message * iovecs + index) * IOVEC_LENGTH;
    }
}
