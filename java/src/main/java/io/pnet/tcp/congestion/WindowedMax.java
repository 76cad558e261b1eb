package io.pnet.tcp.congestion;

/**
 * The largest value of the last so many ticks, kept as the three that may still become it (after Kathleen Nichols): a
 * new maximum replaces all, smaller ones wait behind it for their time.
 */
final class WindowedMax
{
    private final long length;
    private final long[] values = new long[3];
    private final long[] ticks = new long[3];

    /** @param length how many ticks a value counts. */
    WindowedMax(final long length)
    {
        this.length = length;
    }

    /** The maximum as of the last update; 0 before the first. */
    long get()
    {
        return values[0];
    }

    void update(final long tick, final long value)
    {
        if (value >= values[0] || tick - ticks[2] > length)
        {
            put(0, tick, value);
            put(1, tick, value);
            put(2, tick, value);
            return;
        }
        if (value >= values[1])
        {
            put(1, tick, value);
            put(2, tick, value);
        }
        else if (value >= values[2])
        {
            put(2, tick, value);
        }
        while (tick - ticks[0] > length)
        {
            put(0, ticks[1], values[1]);
            put(1, ticks[2], values[2]);
            put(2, tick, value);
        }
        if (ticks[1] == ticks[0] && tick - ticks[1] > length / 4)
        {
            // A quarter has passed without a second: have one that is young.
            put(1, tick, value);
            put(2, tick, value);
        }
        else if (ticks[2] == ticks[1] && tick - ticks[2] > length / 2)
        {
            put(2, tick, value);
        }
    }

    private void put(final int index, final long tick, final long value)
    {
        ticks[index] = tick;
        values[index] = value;
    }
}
