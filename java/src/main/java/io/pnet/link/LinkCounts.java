package io.pnet.link;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;

/** What a kernel link counts, and whether its interface is up. Owned by the link's owner. */
final class LinkCounts
{
    private final Counters counters;
    private boolean isUp = true;
    private int framesLeft;

    LinkCounts(final Counters counters)
    {
        this.counters = counters;
    }

    void received(final long frames, final long bytes)
    {
        isUp = true;
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

    void notSent(final int frames)
    {
        counters.add(Counter.LINK_TX_DROPPED, frames);
    }

    /** Frames that left since this was last asked. */
    int takeFramesLeft()
    {
        final int frames = framesLeft;
        framesLeft = 0;
        return frames;
    }

    /** The kernel took or gave something. */
    void linkIsUp()
    {
        isUp = true;
    }

    /** The kernel said that the interface is down; counted once until it is up again. */
    void linkIsDown()
    {
        if (isUp)
        {
            isUp = false;
            counters.increment(Counter.LINK_DOWN);
        }
    }
}
