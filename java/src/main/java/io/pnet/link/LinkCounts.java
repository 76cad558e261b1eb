package io.pnet.link;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;

/** What a kernel link counts, and whether its interface is up. Owned by the link's owner. */
final class LinkCounts
{
    private static final int UP = 0;
    /** A send said so; the socket's own word on the same event may still come. */
    private static final int DOWN_BY_SEND = 1;
    private static final int DOWN_BY_EVENT = 2;

    private final Counters counters;
    private int state = UP;
    private int framesLeft;

    LinkCounts(final Counters counters)
    {
        this.counters = counters;
    }

    void received(final long frames, final long bytes)
    {
        counters.add(Counter.LINK_RX_FRAMES, frames);
        counters.add(Counter.LINK_RX_BYTES, bytes);
    }

    void count(final Counter counter)
    {
        counters.increment(counter);
    }

    void count(final Counter counter, final long amount)
    {
        if (amount > 0)
        {
            counters.add(counter, amount);
        }
    }

    void sent(final long frames, final long bytes)
    {
        framesLeft += (int)frames;
        counters.add(Counter.LINK_TX_FRAMES, frames);
        counters.add(Counter.LINK_TX_BYTES, bytes);
    }

    void sent(final int[] lengths, final int from, final int frames)
    {
        long bytes = 0;
        for (int i = from; i < from + frames; i++)
        {
            bytes += lengths[i];
        }
        sent(frames, bytes);
    }

    /** Frames that will never leave, by the error that the kernel gave; 0: it gave none. */
    void notSent(final int frames, final int errno)
    {
        if (frames > 0)
        {
            counters.add(reason(errno), frames);
        }
    }

    private static Counter reason(final int errno)
    {
        return Errno.isDown(errno) ? Counter.LINK_TX_DROP_DOWN :
            errno == Errno.ENOBUFS || errno == Errno.ENOMEM ? Counter.LINK_TX_DROPPED : Counter.LINK_TX_DROP_REFUSED;
    }

    /** Frames that left since this was last asked. */
    int takeFramesLeft()
    {
        final int frames = framesLeft;
        framesLeft = 0;
        return frames;
    }

    /** The kernel sent something. Receiving proves nothing: frames from before may still wait. */
    void linkIsUp()
    {
        state = UP;
    }

    /** A send failed because the interface is down; counted once until something is sent again. */
    void linkIsDown()
    {
        if (state == UP)
        {
            state = DOWN_BY_SEND;
            counters.increment(Counter.LINK_DOWN);
        }
    }

    /** The socket told that its interface went down, which it does once each time. */
    void linkWentDown()
    {
        if (state != DOWN_BY_SEND)
        {
            counters.increment(Counter.LINK_DOWN);
        }
        state = DOWN_BY_EVENT;
    }
}
