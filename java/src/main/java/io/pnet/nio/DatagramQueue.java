package io.pnet.nio;

import org.agrona.BitUtil;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;

/**
 * Datagrams that wait for a reader: one thread at a time offers, one at a time takes, without locks. It takes memory as
 * it needs it, up to what it is told, in rings of which each next one is larger; a ring that is too small is left to
 * its reader, who goes on with the next when it is empty.
 *
 * <pre>
 *   record, aligned to 8:  length | source port | source address (16 bytes) | payload
 * </pre>
 */
final class DatagramQueue
{
    private static final int LENGTH_OFFSET = 0;
    private static final int PORT_OFFSET = 4;
    private static final int SOURCE_HI_OFFSET = 8;
    private static final int SOURCE_LO_OFFSET = 16;
    private static final int HEADER_LENGTH = 24;
    private static final int ALIGNMENT = 8;
    private static final int FIRST_CAPACITY = 4 << 10;
    /** In place of a length: the rest of the ring is not used, the record is at its start. */
    private static final int PADDING = -1;

    /** Positions only grow; they are written by one side each, after what they cover. */
    private static final class Ring
    {
        final UnsafeBuffer buffer;
        final int capacity;
        volatile long head;
        volatile long tail;
        volatile Ring next;

        Ring(final int capacity)
        {
            this.buffer = new UnsafeBuffer(new byte[capacity]);
            this.capacity = capacity;
        }

        int index(final long position)
        {
            return (int)position & capacity - 1;
        }
    }

    private Ring offerRing;
    private volatile Ring takeRing;
    private long offeredBytes;
    private volatile long takenBytes;

    // Of the datagram that peek has shown.
    private int at;
    private int length;

    DatagramQueue()
    {
        offerRing = new Ring(FIRST_CAPACITY);
        takeRing = offerRing;
    }

    /** Whether there is nothing to take. Any thread. */
    boolean isEmpty()
    {
        final Ring ring = takeRing;
        return ring.head == ring.tail && ring.next == null;
    }

    /**
     * Adds a datagram.
     *
     * @param limit bytes that may wait, with headers; one datagram always may.
     * @return false when it would be too much.
     */
    boolean offer(
        final long sourceHi,
        final long sourceLo,
        final int sourcePort,
        final UnsafeBuffer source,
        final int offset,
        final int bytes,
        final int limit)
    {
        final int record = BitUtil.align(HEADER_LENGTH + bytes, ALIGNMENT);
        final long waiting = offeredBytes - takenBytes;
        if (waiting > 0 && waiting + record > limit)
        {
            return false;
        }
        Ring ring = offerRing;
        long tail = ring.tail;
        final int left = ring.capacity - ring.index(tail);
        final int padding = record > left ? left : 0;
        if (padding + record > ring.capacity - (tail - ring.head))
        {
            final int least = Math.max(record, Math.min(ring.capacity * 2, limit));
            ring = new Ring(BitUtil.findNextPositivePowerOfTwo(least));
            tail = 0;
        }
        else if (padding > 0)
        {
            ring.buffer.putInt(ring.index(tail), PADDING);
            tail += padding;
        }
        final int index = ring.index(tail);
        ring.buffer.putInt(index + LENGTH_OFFSET, bytes);
        ring.buffer.putInt(index + PORT_OFFSET, sourcePort);
        ring.buffer.putLong(index + SOURCE_HI_OFFSET, sourceHi);
        ring.buffer.putLong(index + SOURCE_LO_OFFSET, sourceLo);
        ring.buffer.putBytes(index + HEADER_LENGTH, source, offset, bytes);
        offeredBytes += record;
        ring.tail = tail + record;
        if (ring != offerRing)
        {
            // From now on nothing is added to the old one: its reader may leave it when it finds it empty.
            offerRing.next = ring;
            offerRing = ring;
        }
        return true;
    }

    /** Shows the next datagram to the accessors below; false when there is none. */
    boolean peek()
    {
        Ring ring = takeRing;
        if (ring.head == ring.tail)
        {
            final Ring next = ring.next;
            // Looked at again: what was added before the next ring came is in this one.
            if (next == null || ring.head != ring.tail)
            {
                return next != null && peek();
            }
            takeRing = next;
            ring = next;
        }
        int index = ring.index(ring.head);
        if (ring.buffer.getInt(index) == PADDING)
        {
            ring.head += ring.capacity - index;
            index = 0;
        }
        at = index;
        length = ring.buffer.getInt(index + LENGTH_OFFSET);
        return true;
    }

    /** Bytes of payload. */
    int length()
    {
        return length;
    }

    long sourceHi()
    {
        return takeRing.buffer.getLong(at + SOURCE_HI_OFFSET);
    }

    long sourceLo()
    {
        return takeRing.buffer.getLong(at + SOURCE_LO_OFFSET);
    }

    int sourcePort()
    {
        return takeRing.buffer.getInt(at + PORT_OFFSET);
    }

    /** Copies payload, from a place in it on; advances the target. */
    void get(final int from, final ByteBuffer target, final int bytes)
    {
        takeRing.buffer.getBytes(at + HEADER_LENGTH + from, target, bytes);
    }

    /** Removes the datagram that was shown. */
    void remove()
    {
        final Ring ring = takeRing;
        final int record = BitUtil.align(HEADER_LENGTH + length, ALIGNMENT);
        ring.head += record;
        takenBytes += record;
    }

    /** Takes everything there is. */
    void clear()
    {
        while (peek())
        {
            remove();
        }
    }
}
