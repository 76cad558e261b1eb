package io.pnet.link;

import io.pnet.counters.Counter;

/**
 * A TAP device: frames are read into pooled chunks, which the handler may take, and written gathered: a batch in one
 * system call where the kernel has io_uring, else one call a frame, in batches of one native call. With offloads the
 * kernel sends and takes 64 KiB GSO frames.
 *
 * <p>Frames carry no time stamps. When the interface goes down nothing throws: what is sent is dropped and counted, and
 * traffic goes on when it is up again.
 *
 * <p>One owner at a time calls every method. Open it with {@link Links#open}.
 */
public final class Tap implements Link
{
    /** Says that there is no io_uring. */
    static final long NO_URING = 0;

    private final int fd;
    private final long uring;
    private final String interfaceName;
    private final LinkCapabilities capabilities;
    private final LinkCounts counts;
    private final ReceiveBatch incoming;
    private final SendQueue outgoing;
    private final RxFrame rxFrame = new RxFrame();
    private final TxFrame txFrame = new TxFrame();
    private boolean isClosed;

    Tap(
        final int fd,
        final long uring,
        final String interfaceName,
        final int vnetLength,
        final LinkCapabilities capabilities,
        final LinkContext context)
    {
        this.fd = fd;
        this.uring = uring;
        this.interfaceName = interfaceName;
        this.capabilities = capabilities;
        counts = new LinkCounts(context.counters());
        final BatchCall read = uring == NO_URING ? Native::pnet_read_batch :
            (ignored, messages, count) -> Native.pnet_uring_read_batch(uring, messages, count);
        final BatchCall write = uring == NO_URING ? Native::pnet_write_batch :
            (ignored, messages, count) -> Native.pnet_uring_write_batch(uring, messages, count);
        incoming = new ReceiveBatch(read, fd, vnetLength, context.largeChunks(), counts);
        outgoing = new SendQueue(write, fd, vnetLength, context.largeChunks(), counts);
    }

    @Override
    public LinkCapabilities capabilities()
    {
        return capabilities;
    }

    /** The interface's name, which the kernel chose when none was given. */
    public String interfaceName()
    {
        return interfaceName;
    }

    /** Whether frames go by io_uring, a batch a system call. */
    public boolean usesUring()
    {
        return uring != NO_URING;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        int frames = 0;
        long bytes = 0;
        try
        {
            while (frames < limit && !isClosed)
            {
                if (incoming.available() == 0)
                {
                    final int wanted = Math.min(limit - frames, ReceiveBatch.CAPACITY);
                    final int result = incoming.receive(wanted);
                    if (result <= 0)
                    {
                        if (Errno.isDown(-result))
                        {
                            counts.linkIsDown();
                        }
                        break;
                    }
                }
                frames++;
                bytes += incoming.nextLength();
                show(handler);
            }
        }
        finally
        {
            if (frames > 0)
            {
                counts.received(frames, bytes);
            }
        }
        return frames;
    }

    @Override
    public TxFrame claim(final int headLength, final boolean isGathered)
    {
        if (headLength > (isGathered ? capabilities.maxHead() : capabilities.maxFrame()) || isClosed)
        {
            throw isClosed ? new IllegalStateException("the link is closed") :
                new IllegalArgumentException("head of " + headLength + " bytes is larger than the link takes");
        }
        if (!outgoing.claim(txFrame, headLength, isGathered))
        {
            counts.count(Counter.LINK_TX_FULL);
            return null;
        }
        return txFrame;
    }

    @Override
    public void commit(final TxFrame frame)
    {
        outgoing.commit(frame);
    }

    @Override
    public int flush(final long nowNs)
    {
        if (!outgoing.isEmpty())
        {
            outgoing.send();
        }
        return counts.takeFramesLeft();
    }

    @Override
    public boolean isCongested()
    {
        return outgoing.isBlocked();
    }

    @Override
    public int fd()
    {
        return fd;
    }

    @Override
    public long nextDeadlineNs()
    {
        return NO_DEADLINE;
    }

    @Override
    public void close()
    {
        if (!isClosed)
        {
            isClosed = true;
            incoming.close();
            outgoing.close();
            if (uring != NO_URING)
            {
                Native.pnet_uring_close(uring);
            }
            Native.pnet_close(fd);
        }
    }

    private void show(final FrameHandler handler)
    {
        boolean wasTaken = false;
        try
        {
            if (incoming.show(rxFrame))
            {
                try
                {
                    handler.onFrame(rxFrame);
                }
                finally
                {
                    wasTaken = !rxFrame.hasChunk();
                }
            }
        }
        finally
        {
            incoming.done(wasTaken);
        }
    }
}
