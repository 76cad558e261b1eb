package io.pnet.tcp;

import io.pnet.link.Chunk;
import io.pnet.link.ChunkPool;
import io.pnet.wire.SeqNumber;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.Arrays;

/**
 * Bytes that arrived out of order, until the gap before them is filled; and the SACK blocks that tell the peer of them
 * (RFC 2018, and the D-SACK of RFC 2883).
 *
 * <p>A byte lies in the page that its sequence number names, at the place its sequence number names, so that segments
 * pack themselves however small they are and in whatever order they come; a sorted list of ranges says what is there. A
 * page that has become in-order goes to the receive queue as it is; only one that still holds something behind another
 * gap is copied from.
 *
 * <p><b>Bounds.</b> Memory: the pages that the window covers, and no more than {@value #FREE_BYTES} bytes plus
 * {@value #MEMORY_FACTOR} times what is held, so that lone bytes spread over a large window cost their sender more than
 * us. Ranges: {@value #MAX_RANGES}. Work per segment: a binary search, and moving a part of a list that is at most 32
 * KiB. What does not fit is refused, which TCP survives. Owned by the stack's owner.
 */
final class Reassembly
{
    /** RFC 2018: the option space holds at most this many blocks. */
    static final int MAX_BLOCKS = 4;
    static final int MAX_RANGES = 4_096;
    /** Memory that is not asked what it holds. */
    static final int FREE_BYTES = 512 << 10;
    /** Beyond it: memory may be so many times what it holds. Every second segment of a window takes two. */
    static final int MEMORY_FACTOR = 4;

    /** What a connection with nothing out of order has: empty, and never inserted into. */
    static final Reassembly NOTHING = new Reassembly(null, null);

    private static final int SMALL_SHIFT = 11;
    private static final int LARGE_SHIFT = 16;
    /** Windows up to here are kept in small pages, so that many connections with little in disorder cost little. */
    private static final int SMALL_WINDOW = 128 << 10;
    /** One page in so many of the pool's is left for what arrives in order. */
    private static final int RESERVE_FRACTION = 8;

    private final ChunkPool largeChunks;
    private final ChunkPool smallChunks;
    private int shift = SMALL_SHIFT;
    private Chunk[] pages = new Chunk[4];
    private int pageCount;

    // Sorted, and neither overlapping nor touching.
    private int[] starts = new int[4];
    private int[] ends = new int[4];
    private int count;
    private int bytes;

    // One sequence number of each block to report, newest first.
    private final int[] recent = new int[MAX_BLOCKS];
    private int blocks;
    private boolean hasDuplicate;
    private int duplicateLeft;
    private int duplicateRight;
    private int refused;
    /** In {@link Spares}. */
    Reassembly nextSpare;

    Reassembly(final ChunkPool largeChunks, final ChunkPool smallChunks)
    {
        this.largeChunks = largeChunks;
        this.smallChunks = smallChunks;
    }

    boolean isEmpty()
    {
        return count == 0;
    }

    /** Whether it holds nothing, and has nothing to report either. */
    boolean isIdle()
    {
        return count == 0 && blocks == 0 && !hasDuplicate;
    }

    /** Bytes held. */
    int bytes()
    {
        return bytes;
    }

    /** Bytes of memory that hold them. */
    long memory()
    {
        return (long)pageCount << shift;
    }

    /** Runs of bytes with gaps between them. */
    int ranges()
    {
        return count;
    }

    /**
     * Stores a segment's bytes as far as they are new.
     *
     * @param window of the connection: what lies this far apart may be stored at the same time.
     * @return bytes stored; of the others, {@link #refused()} were refused, and the rest was here already.
     */
    int insert(final int seq, final UnsafeBuffer buffer, final int offset, final int length, final int window)
    {
        final int end = seq + length;
        final int index = firstEndingFrom(seq);
        refused = length;
        if (count == 0)
        {
            shift = window <= SMALL_WINDOW ? SMALL_SHIFT : LARGE_SHIFT;
        }
        else if (count >= MAX_RANGES && (index == count || SeqNumber.lt(end, starts[index])))
        {
            return 0;
        }
        reservePages(seq, end);

        int stored = 0;
        int at = seq;
        for (int next = index; SeqNumber.lt(at, end); next++)
        {
            final boolean isHeldNext = next < count && SeqNumber.lt(starts[next], end);
            final int gapEnd = isHeldNext ? starts[next] : end;
            if (SeqNumber.lt(at, gapEnd))
            {
                final int n = store(at, buffer, offset + (at - seq), gapEnd - at);
                stored += n;
                bytes += n;
                at += n;
                if (at != gapEnd)
                {
                    break;
                }
            }
            if (isHeldNext)
            {
                final int heldEnd = SeqNumber.min(end, ends[next]);
                if (SeqNumber.lt(at, heldEnd))
                {
                    // What we hold already comes again: say so once (RFC 2883).
                    setDuplicate(at, heldEnd);
                    at = heldEnd;
                }
            }
        }
        refused = end - at;
        if (at != seq)
        {
            include(index, seq, at);
            noteBlock(seq);
        }
        return stored;
    }

    /** Bytes of the last segment that found no memory, or would have made too many ranges. */
    int refused()
    {
        return refused;
    }

    /**
     * Moves what has become in-order to the receive queue; with no memory for a copy, only a part of it.
     *
     * @return the new {@code rcvNxt}.
     */
    int drain(final int rcvNxt, final ReceiveQueue queue)
    {
        int next = rcvNxt;
        int done = 0;
        boolean complete = true;
        while (complete && done < count && SeqNumber.leq(starts[done], next))
        {
            final int start = starts[done];
            final int end = ends[done];
            if (SeqNumber.lt(start, next))
            {
                // It came again, in what filled the gap.
                setDuplicate(start, SeqNumber.min(end, next));
            }
            // The page that the next range begins in stays.
            final int shared = done + 1 < count ? page(starts[done + 1]) : -1;
            while (complete && SeqNumber.lt(next, end))
            {
                final int n = Math.min(end - next, pageBytes() - inPage(next));
                complete = deliver(next, n, shared, queue);
                next += complete ? n : 0;
            }
            releasePages(start, complete ? end : next, complete ? shared : page(next));
            if (complete)
            {
                bytes -= end - start;
                done++;
            }
            else
            {
                bytes -= next - start;
                starts[done] = next;
            }
        }
        if (done > 0)
        {
            remove(0, done);
        }
        dropBlocksBefore(next);
        return next;
    }

    void release()
    {
        for (int i = 0; i < pages.length; i++)
        {
            if (pages[i] != null)
            {
                pages[i].release();
                pages[i] = null;
            }
        }
        pageCount = 0;
        count = 0;
        bytes = 0;
        blocks = 0;
        hasDuplicate = false;
    }

    // ---- SACK blocks, newest first

    int blocks()
    {
        return blocks;
    }

    int blockLeft(final int index)
    {
        return starts[holding(recent[index])];
    }

    int blockRight(final int index)
    {
        return ends[holding(recent[index])];
    }

    /** Remembers bytes that came twice, for one D-SACK. */
    void setDuplicate(final int left, final int right)
    {
        if (!hasDuplicate)
        {
            hasDuplicate = true;
            duplicateLeft = left;
            duplicateRight = right;
        }
    }

    boolean hasDuplicate()
    {
        return hasDuplicate;
    }

    int duplicateLeft()
    {
        return duplicateLeft;
    }

    int duplicateRight()
    {
        return duplicateRight;
    }

    void clearDuplicate()
    {
        hasDuplicate = false;
    }

    /** The range around {@code seq} is the newest; what it has swallowed is reported with it. */
    private void noteBlock(final int seq)
    {
        final int range = holding(seq);
        int kept = 0;
        for (int i = 0; i < blocks; i++)
        {
            if (SeqNumber.lt(recent[i], starts[range]) || !SeqNumber.lt(recent[i], ends[range]))
            {
                recent[kept++] = recent[i];
            }
        }
        kept = Math.min(kept, MAX_BLOCKS - 1);
        System.arraycopy(recent, 0, recent, 1, kept);
        recent[0] = seq;
        blocks = kept + 1;
    }

    private void dropBlocksBefore(final int seq)
    {
        int kept = 0;
        for (int i = 0; i < blocks; i++)
        {
            if (!SeqNumber.lt(recent[i], seq))
            {
                recent[kept++] = recent[i];
            }
        }
        blocks = kept;
    }

    // ---- the ranges

    /** The first range that ends at {@code seq} or behind it: the first that may touch what starts there. */
    private int firstEndingFrom(final int seq)
    {
        int low = 0;
        int high = count;
        while (low < high)
        {
            final int middle = (low + high) >>> 1;
            if (SeqNumber.leq(seq, ends[middle]))
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

    private int holding(final int seq)
    {
        return firstEndingFrom(seq + 1);
    }

    /** Makes {@code from..to} part of the ranges, {@code index} being the first that may touch it. */
    private void include(final int index, final int from, final int to)
    {
        int behind = index;
        while (behind < count && SeqNumber.leq(starts[behind], to))
        {
            behind++;
        }
        if (behind == index)
        {
            if (count == starts.length)
            {
                starts = Arrays.copyOf(starts, count * 2);
                ends = Arrays.copyOf(ends, count * 2);
            }
            System.arraycopy(starts, index, starts, index + 1, count - index);
            System.arraycopy(ends, index, ends, index + 1, count - index);
            count++;
            starts[index] = from;
            ends[index] = to;
            return;
        }
        starts[index] = SeqNumber.min(starts[index], from);
        ends[index] = SeqNumber.max(ends[behind - 1], to);
        remove(index + 1, behind);
    }

    private void remove(final int from, final int to)
    {
        System.arraycopy(starts, to, starts, from, count - to);
        System.arraycopy(ends, to, ends, from, count - to);
        count -= to - from;
    }

    // ---- the pages: a ring indexed by sequence number, which divides 2^32 and so never notices a wrap

    private int pageBytes()
    {
        return 1 << shift;
    }

    private int page(final int seq)
    {
        return seq >>> shift;
    }

    private int inPage(final int seq)
    {
        return seq & pageBytes() - 1;
    }

    private int slot(final int page)
    {
        return page & pages.length - 1;
    }

    /** Pages from one to the other, both counted. */
    private int span(final int firstPage, final int lastPage)
    {
        return (lastPage - firstPage & page(-1)) + 1;
    }

    /** Has the ring span everything held and {@code from..to}. */
    private void reservePages(final int from, final int to)
    {
        final int first = page(count == 0 ? from : SeqNumber.min(from, starts[0]));
        final int needed = span(first, page((count == 0 ? to : SeqNumber.max(to, ends[count - 1])) - 1));
        if (needed <= pages.length)
        {
            return;
        }
        final Chunk[] old = pages;
        pages = new Chunk[Integer.highestOneBit(needed - 1) << 1];
        if (count > 0)
        {
            final int held = span(page(starts[0]), page(ends[count - 1] - 1));
            for (int i = 0; i < held; i++)
            {
                final int page = page(starts[0]) + i;
                pages[slot(page)] = old[page & old.length - 1];
            }
        }
    }

    /** Copies bytes to their place; returns how many found memory. */
    private int store(final int seq, final UnsafeBuffer buffer, final int offset, final int length)
    {
        int done = 0;
        while (done < length)
        {
            final int at = seq + done;
            final int slot = slot(page(at));
            if (pages[slot] == null && !openPage(slot))
            {
                break;
            }
            final int n = Math.min(length - done, pageBytes() - inPage(at));
            pages[slot].buffer().putBytes(inPage(at), buffer, offset + done, n);
            done += n;
        }
        return done;
    }

    private boolean openPage(final int slot)
    {
        if (memory() + pageBytes() > FREE_BYTES + (long)MEMORY_FACTOR * bytes)
        {
            return false;
        }
        final ChunkPool pool = shift == SMALL_SHIFT ? smallChunks : largeChunks;
        pages[slot] = pool.acquire(pool.capacity() / RESERVE_FRACTION);
        if (pages[slot] == null)
        {
            return false;
        }
        pageCount++;
        return true;
    }

    /** Gives the queue bytes of one page: with the page, or copied from the {@code shared} one. */
    private boolean deliver(final int seq, final int length, final int shared, final ReceiveQueue queue)
    {
        final int slot = slot(page(seq));
        if (page(seq) == shared)
        {
            return queue.appendCopy(pages[slot].buffer(), inPage(seq), length);
        }
        queue.append(pages[slot], inPage(seq), length);
        pages[slot] = null;
        pageCount--;
        return true;
    }

    /** Gives back what is left of the pages of {@code from..to}, but for one. */
    private void releasePages(final int from, final int to, final int except)
    {
        if (from == to)
        {
            return;
        }
        final int n = span(page(from), page(to - 1));
        for (int i = 0; i < n; i++)
        {
            final int page = page(from) + i & page(-1);
            final int slot = slot(page);
            if (page != except && pages[slot] != null)
            {
                pages[slot].release();
                pages[slot] = null;
                pageCount--;
            }
        }
    }
}
