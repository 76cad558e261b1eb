package io.pnet.link;

import io.pnet.counters.Counter;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What links in memory have in common: heads are written into a scratch, a commit copies the frame once into the
 * receiver's chunk, a flush shows it to the receiver. Where a frame goes is for the subclass to say.
 */
abstract class MemoryLink implements Link
{
    private final LinkContext context;
    private final LinkCapabilities capabilities;
    private final FrameQueue inbound;
    private final SoftwareOffload offload = new SoftwareOffload();
    private final RxFrame rxFrame = new RxFrame();
    private final TxFrame txFrame = new TxFrame();
    private final UnsafeBuffer head;
    private QueuedFrame[] pending = new QueuedFrame[64];
    private int pendingCount;
    private long txDropped;
    private long lastNowNs;
    private boolean isClosed;

    MemoryLink(final MemoryLinkOptions options, final LinkContext context, final long madeUpMacAddress)
    {
        this.context = context;
        capabilities = options.capabilities(madeUpMacAddress);
        inbound = new FrameQueue(options, context, capabilities);
        head = new UnsafeBuffer(
            ByteBuffer.allocateDirect(Math.max(capabilities.maxFrame(), capabilities.maxHead())));
    }

    /** Stages the frame on every queue it goes to. */
    abstract void route(TxFrame frame);

    /**
     * Has something run whenever frames were flushed towards this link, on the sender's thread: the way to wake a stack
     * that sleeps, since there is no descriptor to wait for. It must be quick and safe to call from there.
     */
    public void onFrames(final Runnable hook)
    {
        inbound.onFrames(hook);
    }

    /** Frames sent here that were dropped: no room in the receiver's queue or memory, too large, or not sane. */
    public long txDropped()
    {
        return txDropped;
    }

    /** Frames that wait to be polled. */
    public int queued()
    {
        return inbound.size();
    }

    @Override
    public LinkCapabilities capabilities()
    {
        return capabilities;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        lastNowNs = nowNs;
        int count = 0;
        while (count < limit && !isClosed)
        {
            final QueuedFrame frame = inbound.poll();
            if (frame == null)
            {
                break;
            }
            count++;
            final Chunk chunk = frame.chunk;
            rxFrame.wrap(chunk.buffer(), 0, frame.length).gso(frame.gsoType, frame.gsoSize).chunk(chunk);
            if (frame.csumStart != 0)
            {
                rxFrame.checksumPartial(frame.csumStart, frame.csumOffset);
            }
            inbound.recycle(frame);
            context.counters().increment(Counter.LINK_RX_FRAMES);
            context.counters().add(Counter.LINK_RX_BYTES, rxFrame.length());
            try
            {
                handler.onFrame(rxFrame);
            }
            finally
            {
                final Chunk left = rxFrame.takeChunk();
                if (left != null)
                {
                    left.release();
                }
            }
        }
        return count;
    }

    @Override
    public TxFrame claim(final int headLength, final boolean gathered)
    {
        final int limit = gathered ? capabilities.maxHead() : capabilities.maxFrame();
        if (headLength > limit)
        {
            throw new IllegalArgumentException("head of " + headLength + " bytes, the link takes " + limit);
        }
        return txFrame.wrap(head, 0, headLength);
    }

    @Override
    public void commit(final TxFrame frame)
    {
        final boolean isGso = frame.gsoType() != RxFrame.GSO_NONE;
        if (isClosed ||
            frame.length() > (isGso ? capabilities.txGsoMaxBytes() : capabilities.maxFrame()) ||
            isGso && Math.min(frame.length(), frame.gsoHeaderLength() + frame.gsoSize()) > capabilities.maxFrame() ||
            frame.isChecksumPartial() && !capabilities.txChecksum())
        {
            dropped();
            return;
        }
        route(frame);
    }

    @Override
    public int flush(final long nowNs)
    {
        lastNowNs = nowNs;
        final int count = pendingCount;
        pendingCount = 0;
        if (count == 0)
        {
            return 0;
        }
        long bytes = 0;
        for (int i = 0; i < count; i++)
        {
            final QueuedFrame frame = pending[i];
            bytes += frame.length;
            frame.queue.publish(frame);
        }
        context.counters().add(Counter.LINK_TX_FRAMES, count);
        context.counters().add(Counter.LINK_TX_BYTES, bytes);
        for (int i = 0; i < count; i++)
        {
            // A descriptor belongs to one queue for ever, so this is safe although the receiver may have it by now.
            pending[i].queue.signal();
            pending[i] = null;
        }
        return count;
    }

    @Override
    public boolean isCongested()
    {
        return false;
    }

    @Override
    public int fd()
    {
        return -1;
    }

    /** A time that has passed when frames wait to be polled. */
    @Override
    public long nextDeadlineNs()
    {
        return inbound.size() > 0 ? lastNowNs : NO_DEADLINE;
    }

    @Override
    public void close()
    {
        if (!isClosed)
        {
            isClosed = true;
            for (int i = 0; i < pendingCount; i++)
            {
                pending[i].queue.discard(pending[i]);
                pending[i] = null;
            }
            pendingCount = 0;
            inbound.close();
        }
    }

    final FrameQueue inbound()
    {
        return inbound;
    }

    final SoftwareOffload offload()
    {
        return offload;
    }

    final void pend(final QueuedFrame frame)
    {
        if (pendingCount == pending.length)
        {
            pending = Arrays.copyOf(pending, 2 * pendingCount);
        }
        pending[pendingCount++] = frame;
    }

    final void dropped()
    {
        txDropped++;
        context.counters().increment(Counter.LINK_TX_DROPPED);
    }
}
