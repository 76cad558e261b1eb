package io.pnet.link;

import org.agrona.concurrent.OneToOneConcurrentArrayQueue;

import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;

/**
 * The bounded way to one receiver in memory. Frames lie in the receiver's chunks from the moment they are committed, so
 * that it may keep them.
 *
 * <p>One thread sends and one receives; they may be two. The frames' descriptors go round through a second queue, so
 * nothing is allocated after construction.
 */
final class FrameQueue
{
    private final OneToOneConcurrentArrayQueue<QueuedFrame> full;
    private final OneToOneConcurrentArrayQueue<QueuedFrame> free;
    private final LinkCapabilities receiver;
    private final ChunkPool smallChunks;
    private final ChunkPool largeChunks;
    private volatile Runnable onFrames;
    private volatile boolean isClosed;
    private final ArrayDeque<QueuedFrame> unsent = new ArrayDeque<>();
    private boolean isSignalDue;

    FrameQueue(final MemoryLinkOptions options, final LinkContext context, final LinkCapabilities receiver)
    {
        final int bound = options.queueFrames();
        full = new OneToOneConcurrentArrayQueue<>(Math.max(2, bound));
        free = new OneToOneConcurrentArrayQueue<>(Math.max(2, bound));
        for (int i = 0; i < bound; i++)
        {
            free.offer(new QueuedFrame(this));
        }
        this.receiver = receiver;
        smallChunks = options.smallChunks();
        largeChunks = context.largeChunks();
    }

    void onFrames(final Runnable hook)
    {
        onFrames = hook;
    }

    /** Sender: copies a frame into the receiver's memory, cut and completed if the receiver needs it so. */
    void stage(final TxFrame frame, final SoftwareOffload offload, final MemoryLink sender)
    {
        if (receiver.rxGso() || frame.gsoType() == RxFrame.GSO_NONE && !frame.isChecksumPartial())
        {
            final int wireLength = frame.gsoType() == RxFrame.GSO_NONE ?
                frame.length() : Math.min(frame.length(), frame.gsoHeaderLength() + frame.gsoSize());
            final QueuedFrame queued = take(wireLength, frame.length(), sender);
            if (queued != null)
            {
                frame.copyTo(queued.chunk.buffer(), 0);
                queued.csumStart = frame.csumStart();
                queued.csumOffset = frame.csumOffset();
                queued.gsoType = frame.gsoType();
                queued.gsoSize = frame.gsoSize();
                sender.pend(queued);
            }
            return;
        }

        if (!offload.begin(frame))
        {
            sender.dropped();
            return;
        }
        for (int length = offload.nextLength(); length > 0; length = offload.nextLength())
        {
            final QueuedFrame queued = take(length, length, sender);
            if (queued == null)
            {
                // take() counted this one; the rest meets the same end.
                for (int left = offload.skip(); left > 1; left--)
                {
                    sender.dropped();
                }
                return;
            }
            offload.next(queued.chunk.buffer(), 0);
            sender.pend(queued);
        }
    }

    /** Sender: makes a staged frame visible to the receiver. */
    void publish(final QueuedFrame frame)
    {
        // There is room: the queue is as large as there are descriptors.
        full.offer(frame);
        isSignalDue = true;
    }

    /** Sender: wakes the receiver if something was published since; it may have closed meanwhile. */
    void signal()
    {
        if (isSignalDue)
        {
            isSignalDue = false;
            // Pairs with close(), which writes isClosed before it drains: one of the two sees the other's frames.
            VarHandle.fullFence();
            if (isClosed)
            {
                drain();
                return;
            }
            final Runnable hook = onFrames;
            if (hook != null)
            {
                hook.run();
            }
        }
    }

    /** Receiver: the next frame, or null; give it back with {@link #recycle} once its chunk is taken. */
    QueuedFrame poll()
    {
        return full.poll();
    }

    void recycle(final QueuedFrame frame)
    {
        frame.chunk = null;
        free.offer(frame);
    }

    /** Frames that wait. */
    int size()
    {
        return full.size();
    }

    /** Receiver: takes nothing more; releases what waits. */
    void close()
    {
        isClosed = true;
        VarHandle.fullFence();
        drain();
    }

    /** Releases a staged frame that will not be published. Sender only. */
    void discard(final QueuedFrame frame)
    {
        frame.chunk.release();
        frame.chunk = null;
        unsent.add(frame);
    }

    // After close the receiver polls no more, so whoever comes here is the only consumer.
    private synchronized void drain()
    {
        for (QueuedFrame frame = full.poll(); frame != null; frame = full.poll())
        {
            frame.chunk.release();
            frame.chunk = null;
        }
    }

    private QueuedFrame take(final int wireLength, final int length, final MemoryLink sender)
    {
        if (isClosed || wireLength > receiver.maxFrame())
        {
            sender.dropped();
            return null;
        }
        final Chunk chunk = acquire(length);
        if (chunk == null)
        {
            sender.dropped();
            return null;
        }
        final QueuedFrame frame = unsent.isEmpty() ? free.poll() : unsent.poll();
        if (frame == null)
        {
            chunk.release();
            sender.dropped();
            return null;
        }
        frame.plain(chunk, length);
        return frame;
    }

    private Chunk acquire(final int length)
    {
        if (length <= smallChunks.chunkCapacity())
        {
            final Chunk chunk = smallChunks.acquire();
            if (chunk != null)
            {
                return chunk;
            }
        }
        return length <= largeChunks.chunkCapacity() ? largeChunks.acquire() : null;
    }
}
