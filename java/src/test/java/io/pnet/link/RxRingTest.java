package io.pnet.link;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** An RX ring over plain memory, which the test fills as the kernel would. */
class RxRingTest
{
    private static final int SLOTS = 8;
    private static final int SLOT_BYTES = 256;
    private static final int MAC_OFFSET = 96;
    private static final int LENGTH = 60;

    private final UnsafeBuffer memory = new UnsafeBuffer(Messages.allocate(SLOTS * SLOT_BYTES));
    private final Counters counters = new Counters();
    private final LinkCounts counts = new LinkCounts(counters);
    private final RxRing ring = new RxRing(
        memory, SLOT_BYTES, SLOTS,
        new ReceiveBatch(this::nothing, -1, VnetHeader.LENGTH, new ChunkPool(ChunkPool.LARGE, 1), counts), counts);
    private final List<Integer> seen = new ArrayList<>();
    private int filled;

    @Test
    void showsFramesInOrderAndGivesTheirSlotsBack()
    {
        for (int round = 0; round < 5; round++)
        {
            fill(6, Tpacket2.STATUS_USER);
            assertEquals(4, ring.poll(this::see, 4));
            assertEquals(2, ring.poll(this::see, 4));
            assertEquals(0, ring.poll(this::see, 4));
            assertFalse(ring.hasLost());
        }
        for (int i = 0; i < 30; i++)
        {
            assertEquals(i, seen.get(i));
        }
        for (int slot = 0; slot < SLOTS; slot++)
        {
            assertEquals(Tpacket2.STATUS_AVAILABLE, Tpacket2.statusAcquire(memory, slot * SLOT_BYTES));
        }
        assertEquals(30, counters.get(Counter.LINK_RX_FRAMES));
        assertEquals(30 * LENGTH, counters.get(Counter.LINK_RX_BYTES));
    }

    @Test
    void aHandlerThatThrowsLosesNoSlot()
    {
        fill(2, Tpacket2.STATUS_USER);
        assertThrows(
            IllegalStateException.class,
            () -> ring.poll(
                frame ->
                {
                    throw new IllegalStateException("no");
                },
                8));
        assertEquals(1, ring.poll(this::see, 8));
        assertEquals(List.of(1), seen);
        assertEquals(2, counters.get(Counter.LINK_RX_FRAMES));
    }

    @Test
    void countsWhatIsCutOffAndWhatItsQueueDoesNotHave()
    {
        fill(1, Tpacket2.STATUS_USER);
        memory.putInt(Tpacket2.SNAP_LENGTH_OFFSET, LENGTH - 1);
        fill(1, Tpacket2.STATUS_USER | Tpacket2.STATUS_COPY);
        fill(1, Tpacket2.STATUS_USER | Tpacket2.STATUS_LOSING);
        assertEquals(3, ring.poll(this::see, 8));
        assertEquals(List.of(2), seen);
        assertTrue(ring.hasLost());
        assertEquals(2, counters.get(Counter.LINK_RX_DROP_TRUNCATED));
        fill(1, Tpacket2.STATUS_USER);
        assertEquals(1, ring.poll(this::see, 8));
        assertFalse(ring.hasLost());
    }

    private void see(final RxFrame frame)
    {
        assertEquals(LENGTH, frame.length());
        seen.add(frame.buffer().getInt(frame.offset()));
    }

    private int nothing(final int fd, final long messages, final int count)
    {
        return -Errno.EAGAIN;
    }

    private void fill(final int frames, final int status)
    {
        for (int i = 0; i < frames; i++, filled++)
        {
            final int slot = filled % SLOTS * SLOT_BYTES;
            Tpacket2.length(memory, slot, LENGTH);
            memory.putInt(slot + Tpacket2.SNAP_LENGTH_OFFSET, LENGTH);
            Tpacket2.mac(memory, slot, MAC_OFFSET);
            memory.putInt(slot + MAC_OFFSET, filled);
            Tpacket2.statusRelease(memory, slot, status);
        }
    }
}
