package io.pnet.link;

import io.pnet.counters.Counter;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Whole frames that the kernel writes into chunks, a few a call: {@code recvmmsg} on a packet socket's queue,
 * io_uring or {@code read} in a loop on a TAP. A chunk that the handler takes is replaced; when there is none left,
 * neither here nor in the pool, frames are read into a stub and dropped.
 *
 * <p>Few chunks on purpose: they are written, read and written again while they are in the cache.
 *
 * <p>Owned by the link's owner.
 */
final class ReceiveBatch
{
    /** Frames a call. */
    static final int CAPACITY = 8;

    private static final int STUB_LENGTH = 64;

    private final BatchCall call;
    private final int fd;
    private final int vnetLength;
    private final int headerOffset;
    private final ChunkPool pool;
    private final LinkCounts counts;
    private final Messages messages = new Messages(CAPACITY, 1);
    private final Chunk[] chunks = new Chunk[CAPACITY];
    private final UnsafeBuffer stub = new UnsafeBuffer(Messages.allocate(STUB_LENGTH));
    private int next;
    private int end;

    ReceiveBatch(
        final BatchCall call, final int fd, final int vnetLength, final ChunkPool pool, final LinkCounts counts)
    {
        this.call = call;
        this.fd = fd;
        this.vnetLength = vnetLength;
        this.headerOffset = SendQueue.FRAME_OFFSET - vnetLength;
        this.pool = pool;
        this.counts = counts;
    }

    /** Frames that were received and not shown yet. */
    int available()
    {
        return end - next;
    }

    /**
     * Receives up to {@code limit} frames; only when none is {@linkplain #available() available}.
     *
     * @return how many, or -errno.
     */
    int receive(final int limit)
    {
        final int count = ready(Math.min(limit, CAPACITY));
        final int received = call.run(fd, messages.address(0), count);
        next = 0;
        end = Math.max(received, 0);
        return received;
    }

    /**
     * Gets messages ready. All of them have chunks, or none: io_uring moves a frame from the message that got it to an
     * earlier one that found nothing, and one that a stub had cut would seem whole in a chunk.
     */
    private int ready(final int wanted)
    {
        int count = 0;
        while (count < wanted && (chunks[count] != null || fill(count)))
        {
            count++;
        }
        if (count > 0)
        {
            return count;
        }
        for (int i = 0; i < wanted; i++)
        {
            messages.piece(i, 0, stub.addressOffset(), STUB_LENGTH);
        }
        return wanted;
    }

    /** Gives a message a chunk; false when there is none left, here or in the pool. */
    private boolean fill(final int index)
    {
        Chunk chunk = pool.acquire();
        for (int i = CAPACITY - 1; chunk == null && i > index; i--)
        {
            chunk = chunks[i];
            chunks[i] = null;
        }
        if (chunk == null)
        {
            return false;
        }
        chunks[index] = chunk;
        messages.piece(
            index, 0, chunk.buffer().addressOffset() + headerOffset, chunk.capacity() - headerOffset);
        return true;
    }

    /** Bytes of the next frame, without the virtio header. */
    int nextLength()
    {
        return messages.length(next) - vnetLength;
    }

    /** Points at the next frame; false when it was counted and dropped. Call {@link #done} in either case. */
    boolean show(final RxFrame frame)
    {
        final Chunk chunk = chunks[next];
        if (chunk == null)
        {
            counts.count(Counter.LINK_RX_DROP_NO_CHUNK);
            return false;
        }
        final int length = nextLength();
        if (length < 0 || length > chunk.capacity() - SendQueue.FRAME_OFFSET)
        {
            counts.count(Counter.LINK_RX_DROP_TRUNCATED);
            return false;
        }
        final UnsafeBuffer buffer = chunk.buffer();
        frame.wrap(buffer, SendQueue.FRAME_OFFSET, length).chunk(chunk);
        if (!VnetHeader.decode(buffer, headerOffset, frame))
        {
            counts.count(Counter.LINK_RX_DROP_BAD_OFFLOAD);
            return false;
        }
        return true;
    }

    /** Moves past the frame; {@code wasTaken} when its chunk has a new owner. */
    void done(final boolean wasTaken)
    {
        if (wasTaken)
        {
            chunks[next] = null;
        }
        next++;
    }

    /** Gives every chunk back. */
    void close()
    {
        next = 0;
        end = 0;
        for (int i = 0; i < CAPACITY; i++)
        {
            if (chunks[i] != null)
            {
                chunks[i].release();
                chunks[i] = null;
            }
        }
    }
}
