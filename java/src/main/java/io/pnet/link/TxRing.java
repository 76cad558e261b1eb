package io.pnet.link;

import io.pnet.counters.Counter;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.function.IntUnaryOperator;

/**
 * The transmit half of a packet ring: small frames are written into its slots in place, and one call hands all of them
 * to the kernel in order.
 *
 * <p>A slot is <i>queued</i> from {@link #commit} on (TP_STATUS_SEND_REQUEST), <i>kicked</i> once the kernel has taken
 * it (SENDING), and free again when the frame has left the queueing discipline (AVAILABLE). When the kernel refuses a
 * frame it leaves the slot queued and would try the same one for ever, so a refused slot is made one that the kernel
 * skips. What it finds malformed it skips by itself, and says so by the bytes alone.
 *
 * <p><b>Stuck.</b> A ring whose next slot is still with the kernel is full. No event tells when that slot comes back:
 * the socket polls writable as long as its send buffer has room. So a full ring is looked at once a millisecond, and
 * after a second it counts as stuck: frames are to take another way, until the slot is back. A kernel that says it has
 * sent, but takes no slot, has lost step with us; that ring is stuck for good, and what was queued in it is dropped.
 *
 * <p>Owned by the link's owner.
 */
final class TxRing
{
    /** From the slot to the Ethernet header: the IP header, 14 bytes on, is 16-byte aligned. */
    static final int FRAME_OFFSET = 50;

    static final long FULL_CHECK_NS = 1_000_000;
    static final long STUCK_NS = 1_000_000_000;

    /** Hands the slots of a descriptor's ring over: returns the bytes that were sent, or -errno. */
    private final IntUnaryOperator kick;
    private final int fd;
    private final UnsafeBuffer ring;
    private final int ringOffset;
    private final int slotBytes;
    private final int slots;
    private final int vnetLength;
    private final LinkCounts counts;
    /** Next slot to claim. */
    private int head;
    /** First slot that is queued and not kicked. */
    private int kicked;
    private int queued;
    private boolean isBlocked;
    private boolean isFull;
    /** Whether {@link #fullSinceNs} is of the slot that the ring waits for now. */
    private boolean isTimed;
    private long fullSinceNs;
    private long nextDeadlineNs = Link.NO_DEADLINE;
    private boolean isStuck;
    private boolean isAbandoned;

    TxRing(
        final IntUnaryOperator kick,
        final int fd,
        final UnsafeBuffer ring,
        final int ringOffset,
        final int slotBytes,
        final int slots,
        final int vnetLength,
        final LinkCounts counts)
    {
        this.kick = kick;
        this.ring = ring;
        this.ringOffset = ringOffset;
        this.slotBytes = slotBytes;
        this.slots = slots;
        this.fd = fd;
        this.vnetLength = vnetLength;
        this.counts = counts;
    }

    /** Largest frame that a slot takes. */
    int maxFrame()
    {
        return slotBytes - FRAME_OFFSET;
    }

    /** Whether nothing waits to be kicked. */
    boolean isEmpty()
    {
        return queued == 0;
    }

    /** Whether the kernel would take no more when it was last asked; the socket polls writable when it will. */
    boolean isBlocked()
    {
        return isBlocked;
    }

    /** Whether the kernel had every slot when this was last looked at, at {@link #nextDeadlineNs()} again. */
    boolean isFull()
    {
        return isFull;
    }

    /** Whether frames are to take another way, since a slot does not come back. */
    boolean isStuck()
    {
        return isStuck;
    }

    /** When to look at a full ring again. */
    long nextDeadlineNs()
    {
        return nextDeadlineNs;
    }

    /** Points the frame at the next slot; false when the ring is full. */
    boolean claim(final TxFrame frame, final int headLength)
    {
        int slot = slot(head);
        if (Tpacket2.statusAcquire(ring, slot) != Tpacket2.STATUS_AVAILABLE)
        {
            if (queued > 0 && (isBlocked || !send()))
            {
                return false;
            }
            // Another one, if what was queued was taken back.
            slot = slot(head);
            if (Tpacket2.statusAcquire(ring, slot) != Tpacket2.STATUS_AVAILABLE)
            {
                isFull = true;
                return false;
            }
        }
        if (isFull)
        {
            reopen();
        }
        frame.wrap(ring, slot + FRAME_OFFSET, headLength);
        return true;
    }

    /** Queues the frame that was claimed. */
    void commit(final TxFrame frame)
    {
        if (frame.fragments() != 0)
        {
            throw new IllegalStateException("payload was appended to a frame that was not claimed as gathered");
        }
        final int slot = slot(head);
        final int headerOffset = FRAME_OFFSET - vnetLength;
        final int length = frame.length();
        // All of it in the packet's head: a small frame that refers to our page would cost the receiver more.
        VnetHeader.encode(ring, slot + headerOffset, vnetLength, frame, length);
        Tpacket2.mac(ring, slot, headerOffset);
        Tpacket2.length(ring, slot, vnetLength + length);
        Tpacket2.statusRelease(ring, slot, Tpacket2.STATUS_SEND_REQUEST);
        head = next(head);
        queued++;
    }

    /**
     * Hands the queued slots to the kernel.
     *
     * @return whether none is left; if some are, the kernel wants to be asked again when it has room.
     */
    boolean send()
    {
        isBlocked = false;
        while (queued > 0)
        {
            final int result = kick.applyAsInt(fd);
            final int before = queued;
            advance(result);
            if (queued == 0)
            {
                break;
            }
            if (Errno.isDown(-result))
            {
                counts.linkIsDown();
                takeBack(-result);
            }
            else if (result == -Errno.EAGAIN)
            {
                isBlocked = true;
                return false;
            }
            else if (result != -Errno.EINTR && (result < 0 || queued == before))
            {
                discard(result);
            }
        }
        return true;
    }

    /** Looks at a full or stuck ring again. */
    void refresh(final long nowNs)
    {
        if (isAbandoned || !(isFull || isStuck))
        {
            return;
        }
        if (Tpacket2.statusAcquire(ring, slot(head)) == Tpacket2.STATUS_AVAILABLE)
        {
            isStuck = false;
            reopen();
        }
        else if (!isStuck)
        {
            if (!isTimed)
            {
                isTimed = true;
                fullSinceNs = nowNs;
            }
            if (nowNs - fullSinceNs >= STUCK_NS)
            {
                reopen();
                isStuck = true;
                counts.count(Counter.LINK_TX_RING_STUCK);
            }
            else
            {
                nextDeadlineNs = nowNs + FULL_CHECK_NS;
            }
        }
    }

    /** Counts what waits as lost. */
    void close()
    {
        takeBack(Errno.ENETDOWN);
    }

    private void reopen()
    {
        isFull = false;
        isTimed = false;
        nextDeadlineNs = Link.NO_DEADLINE;
    }

    /** Moves past the slots that the kernel has taken, and counts them; a discarded one has no length. */
    private void advance(final int result)
    {
        // EAGAIN: not a byte. What other errors keep to themselves counts as sent.
        int left = result >= 0 ? result : result == -Errno.EAGAIN ? 0 : Integer.MAX_VALUE;
        int frames = 0;
        int skipped = 0;
        long bytes = 0;
        while (queued > 0)
        {
            final int slot = slot(kicked);
            final int status = Tpacket2.statusAcquire(ring, slot);
            if (status == Tpacket2.STATUS_SEND_REQUEST || (status & Tpacket2.STATUS_WRONG_FORMAT) != 0)
            {
                break;
            }
            final int length = Tpacket2.length(ring, slot);
            if (length > 0)
            {
                if (length - vnetLength <= left)
                {
                    left -= length - vnetLength;
                    frames++;
                    bytes += length - vnetLength;
                }
                else
                {
                    skipped++;
                }
            }
            kicked = next(kicked);
            queued--;
        }
        if (frames > 0)
        {
            counts.linkIsUp();
            counts.sent(frames, bytes);
        }
        counts.notSent(skipped, Errno.EINVAL);
    }

    /** Has the kernel skip the first queued slot; the ring ends when it will not, or does not look there at all. */
    private void discard(final int result)
    {
        final int slot = slot(kicked);
        final boolean isSeen = result < 0 || Tpacket2.statusAcquire(ring, slot) != Tpacket2.STATUS_SEND_REQUEST;
        if (isSeen && Tpacket2.length(ring, slot) > 0)
        {
            counts.notSent(1, -result);
            Tpacket2.length(ring, slot, 0);
            Tpacket2.statusRelease(ring, slot, Tpacket2.STATUS_SEND_REQUEST);
            return;
        }
        takeBack(-result);
        isAbandoned = true;
        isStuck = true;
        counts.count(Counter.LINK_TX_RING_STUCK);
    }

    /** Empties the queue without sending: the kernel's own position is at the first queued slot, and stays there. */
    private void takeBack(final int errno)
    {
        int frames = 0;
        for (int i = 0, index = kicked; i < queued; i++, index = next(index))
        {
            final int slot = slot(index);
            frames += Tpacket2.length(ring, slot) > 0 ? 1 : 0;
            Tpacket2.statusRelease(ring, slot, Tpacket2.STATUS_AVAILABLE);
        }
        counts.notSent(frames, errno);
        queued = 0;
        head = kicked;
    }

    private int slot(final int index)
    {
        return ringOffset + index * slotBytes;
    }

    private int next(final int index)
    {
        return index + 1 == slots ? 0 : index + 1;
    }
}
