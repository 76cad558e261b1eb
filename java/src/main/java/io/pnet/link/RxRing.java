package io.pnet.link;

import io.pnet.counters.Counter;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The receive half of a packet ring: shows the frames that the kernel has filled slots with, in order, and gives each
 * slot back. A frame that does not fit its slot is whole in the socket's queue, from where a {@link ReceiveBatch} has
 * it.
 *
 * <p>Owned by the link's owner.
 */
final class RxRing
{
    private final UnsafeBuffer ring;
    private final int slotBytes;
    private final int end;
    private final ReceiveBatch large;
    private final LinkCounts counts;
    private final RxFrame rxFrame = new RxFrame();
    /** The next slot to look at, from the start of the ring. */
    private int rxSlot;
    private long bytes;
    private boolean hasLost;

    RxRing(
        final UnsafeBuffer ring,
        final int slotBytes,
        final int slots,
        final ReceiveBatch large,
        final LinkCounts counts)
    {
        this.ring = ring;
        this.slotBytes = slotBytes;
        this.end = slotBytes * slots;
        this.large = large;
        this.counts = counts;
    }

    /**
     * Shows up to {@code limit} frames.
     *
     * @return the number of frames taken from the ring, shown or dropped.
     */
    int poll(final FrameHandler handler, final int limit)
    {
        int frames = 0;
        bytes = 0;
        hasLost = false;
        try
        {
            while (frames < limit)
            {
                final int slot = rxSlot;
                final int status = Tpacket2.statusAcquire(ring, slot);
                if ((status & Tpacket2.STATUS_USER) == 0)
                {
                    break;
                }
                frames++;
                hasLost |= (status & Tpacket2.STATUS_LOSING) != 0;
                try
                {
                    show(handler, slot, status, limit - frames);
                }
                finally
                {
                    Tpacket2.statusRelease(ring, slot, Tpacket2.STATUS_AVAILABLE);
                    rxSlot = slot + slotBytes == end ? 0 : slot + slotBytes;
                }
            }
        }
        finally
        {
            if (frames > 0)
            {
                counts.received(frames, bytes);
            }
        }
        return frames;
    }

    /** Whether a slot of the last {@link #poll} said that the kernel has dropped frames since it was last asked. */
    boolean hasLost()
    {
        return hasLost;
    }

    /** Gives every chunk back. */
    void close()
    {
        large.close();
    }

    private void show(final FrameHandler handler, final int slot, final int status, final int more)
    {
        final int length = Tpacket2.length(ring, slot);
        bytes += length;
        if ((status & Tpacket2.STATUS_COPY) != 0)
        {
            showLarge(handler, slot, status, more);
            return;
        }
        if (Tpacket2.snapLength(ring, slot) < length)
        {
            counts.count(Counter.LINK_RX_DROP_TRUNCATED);
            return;
        }
        final int offset = slot + Tpacket2.mac(ring, slot);
        rxFrame.wrap(ring, offset, length);
        // Right before the frame, without num_buffers even where its length is 12.
        if (!VnetHeader.decode(ring, offset - VnetHeader.SHORT_LENGTH, rxFrame))
        {
            counts.count(Counter.LINK_RX_DROP_BAD_OFFLOAD);
            return;
        }
        describe(slot, status);
        handler.onFrame(rxFrame);
    }

    private void showLarge(final FrameHandler handler, final int slot, final int status, final int more)
    {
        if (large.available() == 0 && !receiveLarge(slot, more))
        {
            counts.count(Counter.LINK_RX_DROP_TRUNCATED);
            return;
        }
        boolean wasTaken = false;
        try
        {
            counts.count(Counter.LINK_RX_COPIED);
            if (large.show(rxFrame))
            {
                describe(slot, status);
                try
                {
                    handler.onFrame(rxFrame);
                }
                finally
                {
                    wasTaken = !rxFrame.hasChunk();
                }
            }
        }
        finally
        {
            large.done(wasTaken);
        }
    }

    /** Fetches as many frames from the queue as slots in a row say are there. */
    private boolean receiveLarge(final int slot, final int more)
    {
        int count = 1;
        final int most = Math.min(more + 1, ReceiveBatch.CAPACITY);
        for (int at = slot; count < most; count++)
        {
            at = at + slotBytes == end ? 0 : at + slotBytes;
            final int status = Tpacket2.statusAcquire(ring, at);
            if ((status & (Tpacket2.STATUS_USER | Tpacket2.STATUS_COPY)) !=
                (Tpacket2.STATUS_USER | Tpacket2.STATUS_COPY))
            {
                break;
            }
        }
        int result = large.receive(count);
        if (Errno.isDown(-result))
        {
            // The socket's pending error comes first and is cleared by being told; the frames are still there.
            counts.linkWentDown();
            result = large.receive(count);
        }
        return result > 0;
    }

    /** What the slot says of its frame, wherever that lies. */
    private void describe(final int slot, final int status)
    {
        rxFrame.timestampNs(Tpacket2.timestampNs(ring, slot));
        if ((status & Tpacket2.STATUS_CHECKSUM_VALID) != 0 && rxFrame.checksum() == RxFrame.CHECKSUM_UNKNOWN)
        {
            rxFrame.checksum(RxFrame.CHECKSUM_VALID);
        }
        if ((status & Tpacket2.STATUS_VLAN_VALID) != 0)
        {
            rxFrame.vlanTci(Tpacket2.vlanTci(ring, slot));
        }
    }
}
