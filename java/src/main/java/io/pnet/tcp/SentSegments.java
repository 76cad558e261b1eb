package io.pnet.tcp;

import io.pnet.wire.SeqNumber;

/**
 * What was sent and is not yet cumulatively acknowledged, one entry per frame handed to the link: its sequence range,
 * when it was last sent, and what has become of it. This is the scoreboard of RFC 6675 and the per-segment state of
 * RACK (RFC 8985 section 5.2) in one. Entries are split at segment edges when only a part is acknowledged.
 *
 * <p>A circular structure of arrays, contiguous in sequence space from {@code SND.UNA} to {@code SND.NXT}. Indices
 * count from the oldest entry. Owned by the stack's owner.
 */
final class SentSegments
{
    /** The peer has it (SACK). */
    static final byte SACKED = 1;
    /** Deemed lost. */
    static final byte LOST = 2;
    /** Sent again since it was deemed lost. */
    static final byte RETRANSMITTED = 4;
    /** Sent more than once in its life: no RTT sample from it (Karn). */
    static final byte EVER_RETRANSMITTED = 8;

    private int[] starts = new int[8];
    private int[] ends = new int[8];
    private long[] sentNs = new long[8];
    private byte[] flags = new byte[8];
    private int head;
    private int count;

    int count()
    {
        return count;
    }

    boolean isEmpty()
    {
        return count == 0;
    }

    int start(final int index)
    {
        return starts[slot(index)];
    }

    int end(final int index)
    {
        return ends[slot(index)];
    }

    int length(final int index)
    {
        final int slot = slot(index);
        return ends[slot] - starts[slot];
    }

    long sentNs(final int index)
    {
        return sentNs[slot(index)];
    }

    void sentNs(final int index, final long nowNs)
    {
        sentNs[slot(index)] = nowNs;
    }

    byte flags(final int index)
    {
        return flags[slot(index)];
    }

    boolean is(final int index, final byte flag)
    {
        return (flags[slot(index)] & flag) != 0;
    }

    void set(final int index, final byte flag)
    {
        flags[slot(index)] |= flag;
    }

    void clear(final int index, final byte flag)
    {
        flags[slot(index)] &= (byte)~flag;
    }

    /** Adds what was just sent behind everything else. */
    void add(final int start, final int end, final long nowNs)
    {
        if (count == starts.length)
        {
            grow();
        }
        final int slot = slot(count);
        starts[slot] = start;
        ends[slot] = end;
        sentNs[slot] = nowNs;
        flags[slot] = 0;
        count++;
    }

    void removeFirst()
    {
        head = (head + 1) & (starts.length - 1);
        count--;
    }

    /** Cuts the front off the oldest entry. */
    void trimFirst(final int start)
    {
        starts[head] = start;
    }

    /** Splits the entry so that a second one, alike in all else, starts at {@code seq}. */
    void split(final int index, final int seq)
    {
        if (count == starts.length)
        {
            grow();
        }
        for (int i = count; i > index; i--)
        {
            final int to = slot(i);
            final int from = slot(i - 1);
            starts[to] = starts[from];
            ends[to] = ends[from];
            sentNs[to] = sentNs[from];
            flags[to] = flags[from];
        }
        count++;
        ends[slot(index)] = seq;
        starts[slot(index + 1)] = seq;
    }

    /** The entry that holds {@code seq}; {@link #count()} when all end before it. */
    int find(final int seq)
    {
        int low = 0;
        int high = count;
        while (low < high)
        {
            final int middle = (low + high) >>> 1;
            if (SeqNumber.lt(seq, end(middle)))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }
        return low;
    }

    void clear()
    {
        head = 0;
        count = 0;
    }

    private int slot(final int index)
    {
        return (head + index) & (starts.length - 1);
    }

    private void grow()
    {
        final int capacity = starts.length * 2;
        final int[] newStarts = new int[capacity];
        final int[] newEnds = new int[capacity];
        final long[] newSentNs = new long[capacity];
        final byte[] newFlags = new byte[capacity];
        for (int i = 0; i < count; i++)
        {
            final int slot = slot(i);
            newStarts[i] = starts[slot];
            newEnds[i] = ends[slot];
            newSentNs[i] = sentNs[slot];
            newFlags[i] = flags[slot];
        }
        starts = newStarts;
        ends = newEnds;
        sentNs = newSentNs;
        flags = newFlags;
        head = 0;
    }
}
