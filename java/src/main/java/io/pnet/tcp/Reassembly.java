package io.pnet.tcp;

import io.pnet.link.Chunk;
import io.pnet.link.ChunkPool;
import io.pnet.wire.SeqNumber;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.Arrays;

/**
 * Segments that arrived out of order, sorted and without overlaps, until the gap before them is filled; and the SACK
 * blocks that tell the peer of them (RFC 2018, and the D-SACK of RFC 2883).
 *
 * <p>Bounded in slices; the receive window bounds the bytes. A full store refuses, which TCP survives. Work per segment
 * is a binary search and one array move. Owned by the stack's owner.
 */
final class Reassembly
{
    /** RFC 2018: the option space holds at most this many blocks. */
    static final int MAX_BLOCKS = 4;
    private static final int MAX_SLICES = 1_024;

    private final ChunkPool largeChunks;
    private final ChunkPool smallChunks;
    private int[] starts = new int[8];
    private int[] lengths = new int[8];
    private int[] offsets = new int[8];
    private Chunk[] chunks = new Chunk[8];
    private int count;
    private int bytes;

    private final int[] blockLeft = new int[MAX_BLOCKS];
    private final int[] blockRight = new int[MAX_BLOCKS];
    private int blocks;
    private boolean hasDuplicate;
    private int duplicateLeft;
    private int duplicateRight;

    Reassembly(final ChunkPool largeChunks, final ChunkPool smallChunks)
    {
        this.largeChunks = largeChunks;
        this.smallChunks = smallChunks;
    }

    boolean isEmpty()
    {
        return count == 0;
    }

    /** Bytes held. */
    int bytes()
    {
        return bytes;
    }

    /** Sequence number after the last byte held; undefined when empty. */
    int highest()
    {
        return starts[count - 1] + lengths[count - 1];
    }

    /**
     * Stores a segment's bytes as far as they are new.
     *
     * @param whole the chunk the bytes lie in if it may be taken, else null. It belongs to the caller still when
     *              {@link #tookChunk()} is false afterwards.
     * @return bytes stored; less than {@code length} for what is there already, or for want of memory.
     */
    int insert(final int seq, final UnsafeBuffer buffer, final int offset, final int length, final Chunk whole)
    {
        chunkTaken = false;
        final int end = seq + length;
        int at = seq;
        int stored = 0;
        int index = firstEndingAfter(seq);
        if (index < count && SeqNumber.lt(starts[index], end) && !SeqNumber.lt(at, starts[index]))
        {
            // What we hold already comes again: say so once (RFC 2883).
            setDuplicate(at, SeqNumber.min(end, starts[index] + lengths[index]));
        }
        while (SeqNumber.lt(at, end))
        {
            final int gapEnd = index < count ? SeqNumber.min(end, starts[index]) : end;
            if (SeqNumber.lt(at, gapEnd))
            {
                final int n = gapEnd - at;
                if (!store(index, at, buffer, offset + (at - seq), n, whole))
                {
                    break;
                }
                stored += n;
                index++;
            }
            if (index >= count)
            {
                break;
            }
            at = SeqNumber.max(at, starts[index] + lengths[index]);
            index++;
        }
        if (stored > 0)
        {
            noteBlock(seq, end);
        }
        else if (count > 0)
        {
            touchBlock(seq);
        }
        return stored;
    }

    private boolean chunkTaken;

    /** Whether the last {@link #insert} kept the chunk it was offered. */
    boolean tookChunk()
    {
        return chunkTaken;
    }

    private boolean store(
        final int index,
        final int seq,
        final UnsafeBuffer buffer,
        final int offset,
        final int length,
        final Chunk whole)
    {
        if (count >= MAX_SLICES)
        {
            return false;
        }
        final Chunk chunk;
        int chunkOffset = 0;
        if (whole != null && !chunkTaken && length > whole.capacity() / 2)
        {
            chunk = whole;
            chunkOffset = offset;
            chunkTaken = true;
        }
        else
        {
            chunk = length <= smallChunks.chunkCapacity() ? smallChunks.acquire() : largeChunks.acquire();
            if (chunk == null)
            {
                return false;
            }
            if (length > chunk.capacity())
            {
                chunk.release();
                return false;
            }
            chunk.buffer().putBytes(0, buffer, offset, length);
        }
        open(index);
        starts[index] = seq;
        lengths[index] = length;
        offsets[index] = chunkOffset;
        chunks[index] = chunk;
        bytes += length;
        return true;
    }

    /**
     * Moves what has become in-order to the receive queue.
     *
     * @return the new {@code rcvNxt}.
     */
    int drain(final int rcvNxt, final ReceiveQueue queue)
    {
        int next = rcvNxt;
        int moved = 0;
        while (moved < count && !SeqNumber.lt(next, starts[moved]))
        {
            final int skip = next - starts[moved];
            final int fresh = lengths[moved] - skip;
            if (fresh > 0)
            {
                queue.append(chunks[moved], offsets[moved] + skip, fresh);
                next += fresh;
            }
            else
            {
                chunks[moved].release();
            }
            bytes -= lengths[moved];
            moved++;
        }
        if (moved > 0)
        {
            close(moved);
            dropBlocksBefore(next);
        }
        return next;
    }

    void release()
    {
        for (int i = 0; i < count; i++)
        {
            chunks[i].release();
            chunks[i] = null;
        }
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
        return blockLeft[index];
    }

    int blockRight(final int index)
    {
        return blockRight[index];
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

    private void noteBlock(final int seq, final int end)
    {
        // The contiguous run around the segment is the newest block.
        int index = firstEndingAfter(seq);
        if (index >= count)
        {
            index = count - 1;
        }
        int first = index;
        while (first > 0 && starts[first - 1] + lengths[first - 1] == starts[first])
        {
            first--;
        }
        int last = index;
        while (last + 1 < count && starts[last] + lengths[last] == starts[last + 1])
        {
            last++;
        }
        putFirst(starts[first], starts[last] + lengths[last]);
    }

    private void touchBlock(final int seq)
    {
        for (int i = 1; i < blocks; i++)
        {
            if (!SeqNumber.lt(seq, blockLeft[i]) && SeqNumber.lt(seq, blockRight[i]))
            {
                putFirst(blockLeft[i], blockRight[i]);
                return;
            }
        }
    }

    private void putFirst(final int left, final int right)
    {
        int kept = 0;
        for (int i = 0; i < blocks; i++)
        {
            final boolean overlaps = !SeqNumber.lt(right, blockLeft[i]) && !SeqNumber.lt(blockRight[i], left);
            if (!overlaps)
            {
                blockLeft[kept] = blockLeft[i];
                blockRight[kept] = blockRight[i];
                kept++;
            }
        }
        kept = Math.min(kept, MAX_BLOCKS - 1);
        System.arraycopy(blockLeft, 0, blockLeft, 1, kept);
        System.arraycopy(blockRight, 0, blockRight, 1, kept);
        blockLeft[0] = left;
        blockRight[0] = right;
        blocks = kept + 1;
    }

    private void dropBlocksBefore(final int seq)
    {
        int kept = 0;
        for (int i = 0; i < blocks; i++)
        {
            if (SeqNumber.lt(seq, blockRight[i]))
            {
                blockLeft[kept] = blockLeft[i];
                blockRight[kept] = blockRight[i];
                kept++;
            }
        }
        blocks = kept;
    }

    // ---- the sorted slices

    private int firstEndingAfter(final int seq)
    {
        int low = 0;
        int high = count;
        while (low < high)
        {
            final int middle = (low + high) >>> 1;
            if (SeqNumber.lt(seq, starts[middle] + lengths[middle]))
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

    private void open(final int index)
    {
        if (count == starts.length)
        {
            starts = Arrays.copyOf(starts, count * 2);
            lengths = Arrays.copyOf(lengths, count * 2);
            offsets = Arrays.copyOf(offsets, count * 2);
            chunks = Arrays.copyOf(chunks, count * 2);
        }
        final int n = count - index;
        System.arraycopy(starts, index, starts, index + 1, n);
        System.arraycopy(lengths, index, lengths, index + 1, n);
        System.arraycopy(offsets, index, offsets, index + 1, n);
        System.arraycopy(chunks, index, chunks, index + 1, n);
        count++;
    }

    private void close(final int removed)
    {
        count -= removed;
        System.arraycopy(starts, removed, starts, 0, count);
        System.arraycopy(lengths, removed, lengths, 0, count);
        System.arraycopy(offsets, removed, offsets, 0, count);
        System.arraycopy(chunks, removed, chunks, 0, count);
        Arrays.fill(chunks, count, count + removed, null);
    }
}
