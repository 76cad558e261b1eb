package io.pnet.tcp;

import io.pnet.wire.SeqNumber;

import java.util.Arrays;

/**
 * What was sent and is not yet cumulatively acknowledged, one entry per frame handed to the link: its sequence range,
 * when it was last sent, and what has become of it. This is the scoreboard of RFC 6675 and the per-segment state of
 * RACK (RFC 8985 section 5.2) in one, with the totals over it. Entries are split at segment edges when only a part is
 * acknowledged, and what the peer has reported to have grows together into one entry, so that there are no more of them
 * than holes and frames.
 *
 * <p>Two orders: by sequence number, contiguous from {@code SND.UNA} to {@code SND.NXT}, in which indices count from
 * the oldest entry; and by time of sending, which holds what is still on its way. The first finds by halving, the
 * second gives its head at once, so that no acknowledgement costs more than what it changes.
 *
 * <p>Owned by the stack's owner.
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

    /** What a connection with nothing on its way has: empty, and never added to. */
    static final SentSegments NOTHING = new SentSegments();

    private static final int NONE = -1;
    private static final int INITIAL_CAPACITY = 8;
    /** How far what a peer reports in pieces is followed: 4,096 holes, what 1 % loss makes of a window of 600 MB. */
    private static final int MAX_PIECES = 8_192;

    // ---- entries, each at a place of its own for life
    private int[] starts = new int[INITIAL_CAPACITY];
    private int[] ends = new int[INITIAL_CAPACITY];
    private int[] sizes = new int[INITIAL_CAPACITY];
    private int[] segments = new int[INITIAL_CAPACITY];
    private long[] sentNs = new long[INITIAL_CAPACITY];
    private long[] deliveredBefore = new long[INITIAL_CAPACITY];
    private long[] deliveredBeforeNs = new long[INITIAL_CAPACITY];
    private long[] firstSentNs = new long[INITIAL_CAPACITY];
    private boolean[] wasAppLimited = new boolean[INITIAL_CAPACITY];
    private byte[] flags = new byte[INITIAL_CAPACITY];

    // ---- by sequence number: a circular array of places
    private int[] order = new int[INITIAL_CAPACITY];
    private int head;
    private int count;

    // ---- by time of sending: a list through the places; unused places are chained by laters
    private int[] earliers = new int[INITIAL_CAPACITY];
    private int[] laters = new int[INITIAL_CAPACITY];
    private boolean[] onItsWay = new boolean[INITIAL_CAPACITY];
    private int first = NONE;
    private int last = NONE;
    private int unused = NONE;
    private int used;

    private int sackedBytes;
    private int sackedSegments;
    private int lostBytes;
    private int retransmittedBytes;
    private long everLostBytes;
    /** Nothing before this waits to be sent again. */
    private int lostFrom;
    private long moves;
    /** In {@link Spares}. */
    SentSegments nextSpare;

    int count()
    {
        return count;
    }

    boolean isEmpty()
    {
        return count == 0;
    }

    // ---- totals

    /** Bytes that the peer has reported to have beyond its cumulative acknowledgement. */
    int sackedBytes()
    {
        return sackedBytes;
    }

    /** Segments that these bytes were sent in. */
    int sackedSegments()
    {
        return sackedSegments;
    }

    /** Bytes deemed lost, sent again or not. */
    int lostBytes()
    {
        return lostBytes;
    }

    /** Bytes deemed lost that were sent again. */
    int retransmittedBytes()
    {
        return retransmittedBytes;
    }

    /** Bytes deemed lost since the start, as often as they were. */
    long everLostBytes()
    {
        return everLostBytes;
    }

    /** How many entries were moved or passed by since the start: what tests hold the cost by. */
    long moves()
    {
        return moves;
    }

    // ---- an entry

    int start(final int index)
    {
        return starts[at(index)];
    }

    int end(final int index)
    {
        return ends[at(index)];
    }

    int length(final int index)
    {
        final int place = at(index);
        return ends[place] - starts[place];
    }

    /** The segment size that it was last sent with: segments begin at multiples of it from the entry's start. */
    int segmentSize(final int index)
    {
        return sizes[at(index)];
    }

    long sentNs(final int index)
    {
        return sentNs[at(index)];
    }

    /** Bytes that had been delivered when it was last sent; see {@link RateSampler}. */
    long deliveredBefore(final int index)
    {
        return deliveredBefore[at(index)];
    }

    /** When the last of these had been delivered. */
    long deliveredBeforeNs(final int index)
    {
        return deliveredBeforeNs[at(index)];
    }

    /** When the first of what was in flight then had been sent. */
    long firstSentNs(final int index)
    {
        return firstSentNs[at(index)];
    }

    /** Whether the application sent too little then. */
    boolean wasAppLimited(final int index)
    {
        return wasAppLimited[at(index)];
    }

    byte flags(final int index)
    {
        return flags[at(index)];
    }

    boolean is(final int index, final byte flag)
    {
        return (flags[at(index)] & flag) != 0;
    }

    /** The entry that was sent the longest time ago and is still on its way; -1 when there is none. */
    int earliest()
    {
        return first == NONE ? -1 : find(starts[first]);
    }

    /** The first entry that is deemed lost and was not sent again; -1 when there is none. */
    int firstLost()
    {
        if (lostBytes == retransmittedBytes)
        {
            return -1;
        }
        int index = find(lostFrom);
        while ((flags[at(index)] & (LOST | RETRANSMITTED)) != LOST)
        {
            index++;
            moves++;
        }
        lostFrom = start(index);
        return index;
    }

    /** Whether more may be split because the peer reports it in pieces. */
    boolean maySplit()
    {
        return count < MAX_PIECES;
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

    // ---- what becomes of it

    /** Adds what was just sent behind everything else. */
    void add(final int start, final int end, final int segmentSize, final long nowNs)
    {
        final int place = newPlace();
        starts[place] = start;
        ends[place] = end;
        sizes[place] = segmentSize;
        segments[place] = segmentsOf(place);
        sentNs[place] = nowNs;
        flags[place] = 0;
        order[head + count & order.length - 1] = place;
        count++;
        linkLast(place);
    }

    /** It was sent again, with segments of this size. */
    void resent(final int index, final int segmentSize, final long nowNs)
    {
        final int place = at(index);
        if ((flags[place] & (LOST | RETRANSMITTED)) == LOST)
        {
            flags[place] |= RETRANSMITTED;
            retransmittedBytes += ends[place] - starts[place];
        }
        flags[place] |= EVER_RETRANSMITTED;
        sizes[place] = segmentSize;
        segments[place] = segmentsOf(place);
        sentNs[place] = nowNs;
        unlink(place);
        linkLast(place);
    }

    /** Notes what {@link RateSampler} knew when it was last sent. */
    void stamp(
        final int index,
        final long delivered,
        final long deliveredNs,
        final long firstNs,
        final boolean isAppLimited)
    {
        final int place = at(index);
        deliveredBefore[place] = delivered;
        deliveredBeforeNs[place] = deliveredNs;
        firstSentNs[place] = firstNs;
        wasAppLimited[place] = isAppLimited;
    }

    /** It, or its retransmission, is deemed lost; what the peer said about having it no longer counts. */
    void markLost(final int index)
    {
        final int place = at(index);
        forget(place);
        if (lostBytes == retransmittedBytes || SeqNumber.lt(starts[place], lostFrom))
        {
            lostFrom = starts[place];
        }
        flags[place] |= LOST;
        lostBytes += ends[place] - starts[place];
        everLostBytes += ends[place] - starts[place];
        unlink(place);
    }

    /** It was not lost after all. */
    void unmarkLost(final int index)
    {
        final int place = at(index);
        if ((flags[place] & LOST) != 0)
        {
            forget(place);
            if (!onItsWay[place])
            {
                linkFirst(place);
            }
        }
    }

    /** The peer has it. */
    void markSacked(final int index)
    {
        final int place = at(index);
        forget(place);
        flags[place] |= SACKED;
        sackedBytes += ends[place] - starts[place];
        sackedSegments += segments[place];
        unlink(place);
    }

    private void forget(final int place)
    {
        subtract(place, ends[place] - starts[place]);
        if ((flags[place] & SACKED) != 0)
        {
            sackedSegments -= segments[place];
        }
        flags[place] &= ~(SACKED | LOST | RETRANSMITTED);
    }

    private void subtract(final int place, final int bytes)
    {
        sackedBytes -= (flags[place] & SACKED) != 0 ? bytes : 0;
        lostBytes -= (flags[place] & LOST) != 0 ? bytes : 0;
        retransmittedBytes -= (flags[place] & RETRANSMITTED) != 0 ? bytes : 0;
    }

    void removeFirst()
    {
        final int place = at(0);
        forget(place);
        unlink(place);
        release(place);
        head = head + 1 & order.length - 1;
        count--;
    }

    /** Cuts the front off the oldest entry. */
    void trimFirst(final int start)
    {
        final int place = at(0);
        subtract(place, start - starts[place]);
        starts[place] = start;
        recount(place);
    }

    /** Splits the entry so that a second one, alike in all else, starts at {@code seq}. */
    void split(final int index, final int seq)
    {
        final int second = newPlace();
        final int place = at(index);
        starts[second] = seq;
        ends[second] = ends[place];
        sizes[second] = sizes[place];
        sentNs[second] = sentNs[place];
        deliveredBefore[second] = deliveredBefore[place];
        deliveredBeforeNs[second] = deliveredBeforeNs[place];
        firstSentNs[second] = firstSentNs[place];
        wasAppLimited[second] = wasAppLimited[place];
        flags[second] = flags[place];
        segments[second] = segmentsOf(second);
        ends[place] = seq;
        recount(place);
        sackedSegments += (flags[second] & SACKED) != 0 ? segments[second] : 0;
        insert(index + 1, second);
        if (onItsWay[place])
        {
            linkAfter(place, second);
        }
    }

    /** Makes one of an entry and the next one, which has to have the same fate. */
    void mergeWithNext(final int index)
    {
        final int place = at(index);
        final int next = at(index + 1);
        ends[place] = ends[next];
        segments[place] += segments[next];
        sentNs[place] = sentNs[place] - sentNs[next] < 0 ? sentNs[next] : sentNs[place];
        flags[place] |= flags[next];
        remove(index + 1);
        unlink(next);
        release(next);
    }

    /** Entries that there is room for without growing. */
    int capacity()
    {
        return starts.length;
    }

    /** Forgets the totals: it is empty, and goes to another connection. */
    void reset()
    {
        everLostBytes = 0;
        lostFrom = 0;
    }

    void clear()
    {
        while (count > 0)
        {
            removeFirst();
        }
    }

    private void recount(final int place)
    {
        final int before = segments[place];
        segments[place] = segmentsOf(place);
        sackedSegments += (flags[place] & SACKED) != 0 ? segments[place] - before : 0;
    }

    private int segmentsOf(final int place)
    {
        return Math.max(1, (ends[place] - starts[place] + sizes[place] - 1) / sizes[place]);
    }

    // ---- the order by sequence number

    private int at(final int index)
    {
        return order[head + index & order.length - 1];
    }

    /** Moves whichever side is shorter. */
    private void insert(final int index, final int place)
    {
        final int mask = order.length - 1;
        if (index < count >> 1)
        {
            head = head - 1 & mask;
            for (int i = 0; i < index; i++)
            {
                order[head + i & mask] = order[head + i + 1 & mask];
            }
            moves += index;
        }
        else
        {
            for (int i = count; i > index; i--)
            {
                order[head + i & mask] = order[head + i - 1 & mask];
            }
            moves += count - index;
        }
        order[head + index & mask] = place;
        count++;
    }

    private void remove(final int index)
    {
        final int mask = order.length - 1;
        if (index < count >> 1)
        {
            for (int i = index; i > 0; i--)
            {
                order[head + i & mask] = order[head + i - 1 & mask];
            }
            head = head + 1 & mask;
            moves += index;
        }
        else
        {
            for (int i = index; i < count - 1; i++)
            {
                order[head + i & mask] = order[head + i + 1 & mask];
            }
            moves += count - index;
        }
        count--;
    }

    // ---- the order by time of sending

    private void linkLast(final int place)
    {
        linkAfter(last, place);
    }

    private void linkFirst(final int place)
    {
        linkAfter(NONE, place);
    }

    private void linkAfter(final int earlier, final int place)
    {
        final int later = earlier == NONE ? first : laters[earlier];
        earliers[place] = earlier;
        laters[place] = later;
        if (earlier == NONE)
        {
            first = place;
        }
        else
        {
            laters[earlier] = place;
        }
        if (later == NONE)
        {
            last = place;
        }
        else
        {
            earliers[later] = place;
        }
        onItsWay[place] = true;
    }

    private void unlink(final int place)
    {
        if (!onItsWay[place])
        {
            return;
        }
        final int earlier = earliers[place];
        final int later = laters[place];
        if (earlier == NONE)
        {
            first = later;
        }
        else
        {
            laters[earlier] = later;
        }
        if (later == NONE)
        {
            last = earlier;
        }
        else
        {
            earliers[later] = earlier;
        }
        onItsWay[place] = false;
    }

    // ---- places

    private int newPlace()
    {
        if (unused != NONE)
        {
            final int place = unused;
            unused = laters[place];
            return place;
        }
        if (used == starts.length)
        {
            grow();
        }
        return used++;
    }

    private void release(final int place)
    {
        laters[place] = unused;
        unused = place;
    }

    private void grow()
    {
        final int capacity = starts.length * 2;
        final int[] newOrder = new int[capacity];
        for (int i = 0; i < count; i++)
        {
            newOrder[i] = at(i);
        }
        order = newOrder;
        head = 0;
        starts = Arrays.copyOf(starts, capacity);
        ends = Arrays.copyOf(ends, capacity);
        sizes = Arrays.copyOf(sizes, capacity);
        segments = Arrays.copyOf(segments, capacity);
        sentNs = Arrays.copyOf(sentNs, capacity);
        deliveredBefore = Arrays.copyOf(deliveredBefore, capacity);
        deliveredBeforeNs = Arrays.copyOf(deliveredBeforeNs, capacity);
        firstSentNs = Arrays.copyOf(firstSentNs, capacity);
        wasAppLimited = Arrays.copyOf(wasAppLimited, capacity);
        flags = Arrays.copyOf(flags, capacity);
        earliers = Arrays.copyOf(earliers, capacity);
        laters = Arrays.copyOf(laters, capacity);
        onItsWay = Arrays.copyOf(onItsWay, capacity);
    }
}
