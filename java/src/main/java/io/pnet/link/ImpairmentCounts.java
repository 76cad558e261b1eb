package io.pnet.link;

/**
 * What an {@link Impairment} did in one direction, in MTU-sized frames. Nothing vanishes uncounted:
 * {@code frames + duplicated =
 * passed + lost + burstLost + blackedOut + tooLarge + queueDrops + noMemory + malformed + waiting}.
 *
 * <p>Written by the link's owner; another thread may read a value that is a little old.
 */
public final class ImpairmentCounts
{
    long frames;
    long passed;
    long lost;
    long burstLost;
    long duplicated;
    long reordered;
    long corrupted;
    long blackedOut;
    long tooLarge;
    long answered;
    long queueDrops;
    long noMemory;
    long malformed;
    long waiting;
    long late;
    long maxLateNs;

    ImpairmentCounts()
    {
    }

    /** Frames that came in, after segmentation. */
    public long frames()
    {
        return frames;
    }

    /** Frames that went on. */
    public long passed()
    {
        return passed;
    }

    /** Lost each by itself ({@code loss}). */
    public long lost()
    {
        return lost;
    }

    /** Lost in bursts ({@code burst}). */
    public long burstLost()
    {
        return burstLost;
    }

    /** Copies made ({@code dup}). */
    public long duplicated()
    {
        return duplicated;
    }

    /** Held back behind later frames ({@code reorder}). */
    public long reordered()
    {
        return reordered;
    }

    /** With flipped bits ({@code corrupt}). */
    public long corrupted()
    {
        return corrupted;
    }

    /** Lost while nothing passed ({@code blackout}). */
    public long blackedOut()
    {
        return blackedOut;
    }

    /** Dropped for their size ({@code mtu}). */
    public long tooLarge()
    {
        return tooLarge;
    }

    /** Of those, frames whose sender was told; the answers are frames of the other direction ({@code mtu=N:icmp}). */
    public long answered()
    {
        return answered;
    }

    /** Dropped because the queue in front of the rate was full ({@code queue}). */
    public long queueDrops()
    {
        return queueDrops;
    }

    /** Dropped because no chunk was left to keep them in. */
    public long noMemory()
    {
        return noMemory;
    }

    /** Frames whose headers were not what their offload fields claim, or whose segments would not fit the link. */
    public long malformed()
    {
        return malformed;
    }

    /** Frames inside right now; after close, those thrown away. */
    public long waiting()
    {
        return waiting;
    }

    /** Frames that went on more than a millisecond after their time, because the link's owner came by late. */
    public long late()
    {
        return late;
    }

    /** How late the latest one was. */
    public long maxLateNs()
    {
        return maxLateNs;
    }

    @Override
    public String toString()
    {
        return "frames=" + frames + " passed=" + passed + " lost=" + lost + " burstLost=" + burstLost +
            " duplicated=" + duplicated + " reordered=" + reordered + " corrupted=" + corrupted +
            " blackedOut=" + blackedOut + " tooLarge=" + tooLarge + " answered=" + answered +
            " queueDrops=" + queueDrops + " noMemory=" + noMemory +
            " malformed=" + malformed + " waiting=" + waiting;
    }
}
