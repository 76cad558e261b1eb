package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The transmit half of a packet ring: small frames are written into its slots in place, and one call hands all of them
 * to the kernel in order.
 *
 * <p>A slot is <i>queued</i> from {@link #commit} on (TP_STATUS_SEND_REQUEST), <i>kicked</i> once the kernel has taken
 * it (SENDING), and free again when the frame has left the queueing discipline (AVAILABLE). When the kernel refuses a
 * frame it leaves the slot queued and would try the same one for ever, so a refused slot is made one that the kernel
 * skips.
 *
 * <p>Owned by the link's owner.
 */
final class TxRing
{
    /** From the slot to the Ethernet header: the IP header, 14 bytes on, is 16-byte aligned. */
    static final int FRAME_OFFSET = 50;

    private final UnsafeBuffer ring;
    private final int ringOffset;
    private final int slotBytes;
    private final int slots;
    private final int fd;
    private final int vnetLength;
    private final LinkCounts counts;
    /** Next slot to claim. */
    private int head;
    /** First slot that is queued and not kicked. */
    private int kicked;
    private int queued;
    private boolean isBlocked;

    TxRing(
        final UnsafeBuffer ring,
        final int ringOffset,
        final int slotBytes,
        final int slots,
        final int fd,
        final int vnetLength,
        final LinkCounts counts)
    {
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

    /** Whether the kernel would take no more, or had every slot, when it was last asked. */
    boolean isBlocked()
    {
        return isBlocked;
    }

    /** Points the frame at the next slot; false when the ring is full. */
    boolean claim(final TxFrame frame, final int headLength)
    {
        final int slot = slot(head);
        if (Tpacket2.statusAcquire(ring, slot) != Tpacket2.STATUS_AVAILABLE)
        {
            if (queued > 0)
            {
                send();
            }
            if (Tpacket2.statusAcquire(ring, slot) != Tpacket2.STATUS_AVAILABLE)
            {
                isBlocked = true;
                return false;
            }
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
            final int result = Native.pnet_packet_kick(fd);
            if (Errno.isDown(-result))
            {
                counts.linkIsDown();
                takeBack();
                return true;
            }
            final int before = queued;
            advance();
            if (queued == 0)
            {
                break;
            }
            if (result == -Errno.EAGAIN || (result >= 0 && queued == before))
            {
                isBlocked = true;
                return false;
            }
            if (result < 0 && result != -Errno.EINTR)
            {
                counts.notSent(1);
                Native.pnet_packet_discard(ring.addressOffset() + slot(kicked));
            }
        }
        return true;
    }

    /** Looks at a full ring again. */
    void refresh()
    {
        isBlocked = isBlocked && Tpacket2.statusAcquire(ring, slot(head)) != Tpacket2.STATUS_AVAILABLE;
    }

    /** Moves past the slots that the kernel has taken, and counts them; a discarded one has no length. */
    private void advance()
    {
        int frames = 0;
        long bytes = 0;
        while (queued > 0)
        {
            final int slot = slot(kicked);
            if (Tpacket2.statusAcquire(ring, slot) == Tpacket2.STATUS_SEND_REQUEST)
            {
                break;
            }
            final int length = Tpacket2.length(ring, slot);
            if (length > 0)
            {
                frames++;
                bytes += length - vnetLength;
            }
            kicked = next(kicked);
            queued--;
        }
        if (frames > 0)
        {
            counts.linkIsUp();
            counts.sent(frames, bytes);
        }
    }

    /** Empties the queue without sending: the kernel's own position is at the first queued slot, and stays there. */
    private void takeBack()
    {
        for (int i = 0, index = kicked; i < queued; i++, index = next(index))
        {
            Tpacket2.statusRelease(ring, slot(index), Tpacket2.STATUS_AVAILABLE);
        }
        counts.notSent(queued);
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
