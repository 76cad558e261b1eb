package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Frames that leave gathered: each a head in a scratch of its own and payload by reference, one {@code struct mmsghdr}
 * a frame, handed to the kernel in one call a batch ({@code sendmmsg}; on a TAP io_uring, or {@code writev} in a loop).
 *
 * <p>Owned by the link's owner.
 */
final class SendQueue
{
    /** Frames a batch. */
    static final int CAPACITY = 64;
    /** Where the Ethernet header starts in a scratch, so that IP headers are 16-byte aligned. */
    static final int FRAME_OFFSET = 18;
    /** Largest frame that fits a scratch; larger ones get a chunk. */
    static final int SCRATCH_FRAME = 2_048 - FRAME_OFFSET;

    /**
     * Bytes of a batch, which is still in the cache when the kernel copies it. What waits here is late for every
     * connection, while what a connection keeps waits for nobody else: a tight link gets smaller batches.
     */
    private static final int MAX_PENDING_BYTES = 256 << 10;

    private static final int SCRATCH_LENGTH = 2_048;

    private final BatchCall call;
    private final int fd;
    private final int vnetLength;
    private final ChunkPool chunks;
    private final LinkCounts counts;
    private final SendRoom room;
    private final Messages messages = new Messages(CAPACITY, 1 + TxFrame.MAX_FRAGMENTS);
    private final UnsafeBuffer scratch = new UnsafeBuffer(Messages.allocate(CAPACITY * SCRATCH_LENGTH));
    private final int[] lengths = new int[CAPACITY];
    private final Chunk[] heads = new Chunk[CAPACITY];
    /** Keeps what the kernel will read from being collected. */
    private final UnsafeBuffer[] fragments = new UnsafeBuffer[CAPACITY * TxFrame.MAX_FRAGMENTS];
    private int pendingBytes;
    private int first;
    private int end;
    private boolean isBlocked;

    SendQueue(
        final BatchCall call, final int fd, final int vnetLength, final ChunkPool chunks, final LinkCounts counts)
    {
        this(call, fd, vnetLength, chunks, counts, null);
    }

    /**
     * A queue.
     *
     * @param room of what may wait below a socket; null for a descriptor that is none.
     */
    SendQueue(
        final BatchCall call,
        final int fd,
        final int vnetLength,
        final ChunkPool chunks,
        final LinkCounts counts,
        final SendRoom room)
    {
        this.call = call;
        this.fd = fd;
        this.vnetLength = vnetLength;
        this.chunks = chunks;
        this.counts = counts;
        this.room = room;
    }

    boolean isEmpty()
    {
        return first == end;
    }

    /** Whether the kernel would take no more when it was last asked. */
    boolean isBlocked()
    {
        return isBlocked;
    }

    /** Points the frame at room for its head; false when there is none. */
    boolean claim(final TxFrame frame, final int headLength, final boolean isGathered)
    {
        if (isGathered && (isBlocked || pendingBytes >= batchBytes() && !send()))
        {
            return false;
        }
        if (end == CAPACITY && !send())
        {
            return false;
        }
        if (headLength <= SCRATCH_FRAME)
        {
            frame.wrap(scratch, end * SCRATCH_LENGTH + FRAME_OFFSET, headLength);
            return true;
        }
        // A claim that was not committed left its chunk here.
        Chunk chunk = heads[end];
        if (chunk == null)
        {
            chunk = chunks.acquire();
            if (chunk == null)
            {
                return false;
            }
            heads[end] = chunk;
        }
        frame.wrap(chunk.buffer(), FRAME_OFFSET, headLength);
        return true;
    }

    /** Queues the frame that was claimed. */
    void commit(final TxFrame frame)
    {
        final int message = end;
        final UnsafeBuffer head = frame.buffer();
        final int headerOffset = frame.offset() - vnetLength;
        final int pieces = frame.fragments();
        VnetHeader.encode(head, headerOffset, vnetLength, frame, 0);
        messages.piece(message, 0, head.addressOffset() + headerOffset, vnetLength + frame.headLength());
        for (int i = 0; i < pieces; i++)
        {
            final UnsafeBuffer fragment = frame.fragmentBuffer(i);
            if (fragment.byteArray() != null)
            {
                throw new IllegalArgumentException("appended payload must lie off-heap, this is a byte[]");
            }
            fragments[message * TxFrame.MAX_FRAGMENTS + i] = fragment;
            messages.piece(
                message, i + 1, fragment.addressOffset() + frame.fragmentOffset(i), frame.fragmentLength(i));
        }
        messages.pieces(message, pieces + 1);
        lengths[message] = frame.length();
        pendingBytes += frame.length();
        end++;
    }

    /** Tries again what the kernel would not take, if there is room. */
    void retry(final long nowNs)
    {
        if (room == null)
        {
            send();
            return;
        }
        final int waiting = Native.pnet_send_queue(fd);
        if (waiting < room.limitBytes())
        {
            if (room.onRoom(Math.max(0, waiting), nowNs))
            {
                Native.pnet_send_buffer(fd, room.limitBytes());
            }
            send();
        }
    }

    /**
     * Hands the queue to the kernel.
     *
     * @return whether it is empty now; if not, the kernel wants to be asked again when it has room.
     */
    boolean send()
    {
        isBlocked = false;
        while (first < end)
        {
            final int result = call.run(fd, messages.address(first), end - first);
            if (result > 0)
            {
                counts.linkIsUp();
                final int frames = result & ~BatchCall.SOME_REFUSED;
                if (frames == result)
                {
                    counts.sent(lengths, first, frames);
                }
                else
                {
                    countEach(first + frames);
                }
                release(first + frames);
            }
            else if (result == -Errno.EAGAIN)
            {
                isBlocked = true;
                return false;
            }
            else if (Errno.isDown(-result))
            {
                counts.linkIsDown();
                counts.notSent(end - first, -result);
                release(end);
            }
            else if (result != -Errno.EINTR)
            {
                // Dropped by a queueing discipline (ENOBUFS), or refused: the frames behind it may still go.
                counts.notSent(1, -result);
                release(first + 1);
            }
        }
        first = 0;
        end = 0;
        return true;
    }

    /** Gives every chunk back; frames that still wait are lost, and counted. */
    void close()
    {
        counts.notSent(end - first, Errno.ENETDOWN);
        first = 0;
        end = 0;
        pendingBytes = 0;
        for (int i = 0; i < CAPACITY; i++)
        {
            if (heads[i] != null)
            {
                heads[i].release();
                heads[i] = null;
            }
        }
    }

    private void countEach(final int upTo)
    {
        for (int i = first; i < upTo; i++)
        {
            if (messages.length(i) > 0)
            {
                counts.sent(1, lengths[i]);
            }
            else
            {
                counts.notSent(1, Errno.EINVAL);
            }
        }
    }

    /** What is put together before the kernel is asked to take it. */
    private int batchBytes()
    {
        return room != null && room.isTight() ? room.limitBytes() / 4 : MAX_PENDING_BYTES;
    }

    private void release(final int upTo)
    {
        for (; first < upTo; first++)
        {
            pendingBytes -= lengths[first];
            final Chunk chunk = heads[first];
            if (chunk != null)
            {
                heads[first] = null;
                chunk.release();
            }
        }
    }
}
