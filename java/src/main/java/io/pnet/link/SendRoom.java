package io.pnet.link;

/**
 * How much of what a socket sent may wait below it, in queueing disciplines and drivers: as little as keeps the link
 * busy, since whatever waits there is late for every connection and cannot be taken back. What TCP small queues are to
 * the kernel's connections, by the means of its byte queue limits: whenever a link that was full has room again, what
 * still waits there tells whether that is early or late. Found empty, it gets more at once; never nearly empty for a
 * while, it gets less.
 *
 * <p>Bytes are the kernel's, its bookkeeping included. Owned by the link's owner.
 */
final class SendRoom
{
    /** Some frames of a slow link. */
    static final int LEAST_BYTES = 16 << 10;
    static final long INTERVAL_NS = 100_000_000L;

    private final int mostBytes;
    private int limitBytes;
    /** The least that was still waiting, in this interval, when there was room again. */
    private int leastWaiting;
    private long intervalEndNs;
    private boolean hasInterval;

    /** Begins with the most that it will ever be. */
    SendRoom(final int mostBytes)
    {
        this.mostBytes = Math.max(LEAST_BYTES, mostBytes);
        limitBytes = this.mostBytes;
        leastWaiting = this.mostBytes;
    }

    /** What may wait now. */
    int limitBytes()
    {
        return limitBytes;
    }

    /** Whether less than the most was found to be enough. */
    boolean isTight()
    {
        return limitBytes < mostBytes;
    }

    /**
     * A link that was full has room again.
     *
     * @param waiting bytes that still wait there.
     * @return whether {@link #limitBytes()} is another one now.
     */
    boolean onRoom(final int waiting, final long nowNs)
    {
        final int before = limitBytes;
        leastWaiting = Math.min(leastWaiting, waiting);
        if (waiting == 0)
        {
            limit(before + before / 2);
            begin(nowNs);
        }
        else if (!hasInterval)
        {
            begin(nowNs);
        }
        else if (nowNs - intervalEndNs >= 0)
        {
            limit(before - Math.max(0, leastWaiting - before / 4) / 2);
            begin(nowNs);
        }
        return limitBytes != before;
    }

    private void begin(final long nowNs)
    {
        hasInterval = true;
        leastWaiting = limitBytes;
        intervalEndNs = nowNs + INTERVAL_NS;
    }

    private void limit(final int bytes)
    {
        limitBytes = Math.max(LEAST_BYTES, Math.min(mostBytes, bytes));
    }
}
