package io.pnet.link;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Frames received into chunks while there are too few of them, from a kernel of plain memory. */
class ReceiveBatchTest
{
    private static final int CHUNKS = 3;
    private static final int LENGTH = 600;
    private static final int EAGAIN = 11;

    private final UnsafeBuffer kernel = new UnsafeBuffer(Messages.allocate(VnetHeader.LENGTH + LENGTH));
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final ChunkPool pool = new ChunkPool(ChunkPool.LARGE, (long)CHUNKS * ChunkPool.LARGE);
    private final Counters counters = new Counters();
    private final ReceiveBatch batch =
        new ReceiveBatch(this::read, -1, VnetHeader.LENGTH, pool, new LinkCounts(counters));
    private final RxFrame frame = new RxFrame();
    private final Queue<Integer> waiting = new ArrayDeque<>();
    private final List<Integer> seen = new ArrayList<>();
    /** How many messages find nothing before a frame arrives. */
    private int early;

    @Test
    void readsNoMoreThanItHasMemoryForAndThenDrops()
    {
        arrive(10);
        for (int i = 0; i < 4; i++)
        {
            receive(true);
        }
        assertEquals(List.of(0, 1, 2), seen);
        assertEquals(7, counters.get(Counter.LINK_RX_DROP_NO_CHUNK));
        assertEquals(0, waiting.size());
    }

    @Test
    void whatItStillHasServesOthersWhenAFrameIsTaken()
    {
        arrive(2);
        // Into messages of which the last has no frame: its chunk stays.
        receive(true);
        assertEquals(0, pool.available());
        arrive(5);
        receive(false);
        receive(false);
        assertEquals(List.of(0, 1, 2, 3), seen);
        assertEquals(0, counters.get(Counter.LINK_RX_DROP_NO_CHUNK));
    }

    @Test
    void aFrameThatMovesToAnEarlierMessageIsWholeOrDropped()
    {
        for (int taken = 0; taken <= CHUNKS; taken++)
        {
            for (early = 0; early < ReceiveBatch.CAPACITY; early++)
            {
                arrive(1);
                receive(false);
            }
            receive(false);
            waiting.clear();
            early = 0;
            arrive(1);
            receive(true);
        }
        assertEquals(0, counters.get(Counter.LINK_RX_DROP_TRUNCATED));
    }

    private void arrive(final int frames)
    {
        for (int i = 0; i < frames; i++)
        {
            waiting.add(seen.size() + waiting.size());
        }
    }

    private void receive(final boolean isTaken)
    {
        batch.receive(ReceiveBatch.CAPACITY);
        while (batch.available() > 0)
        {
            boolean wasTaken = false;
            if (batch.show(frame))
            {
                assertEquals(LENGTH, frame.length(), "cut");
                seen.add(frame.buffer().getInt(frame.offset()));
                wasTaken = isTaken;
            }
            batch.done(wasTaken);
        }
    }

    /** As io_uring does: the first requests find nothing, and the frames of others are moved to the front. */
    private int read(final int fd, final long messages, final int count)
    {
        int done = 0;
        for (int i = early; i < count && !waiting.isEmpty(); i++)
        {
            kernel.putInt(VnetHeader.LENGTH, waiting.remove());
            final int bytes = Math.min(VnetHeader.LENGTH + LENGTH, capacity(messages, i));
            buffer(messages, i).putBytes(0, kernel, 0, bytes);
            if (done < i)
            {
                final int moved = Math.min(bytes, capacity(messages, done));
                final byte[] copy = new byte[moved];
                buffer(messages, i).getBytes(0, copy);
                buffer(messages, done).putBytes(0, copy);
            }
            message(messages, done++).putInt(Messages.LENGTH_OFFSET, bytes);
        }
        return done == 0 ? -EAGAIN : done;
    }

    private UnsafeBuffer message(final long messages, final int index)
    {
        view.wrap(messages + (long)index * Messages.MMSGHDR_LENGTH, Messages.MMSGHDR_LENGTH);
        return view;
    }

    private int capacity(final long messages, final int index)
    {
        final long piece = message(messages, index).getLong(Messages.IOV_OFFSET);
        view.wrap(piece, Messages.IOVEC_LENGTH);
        return (int)view.getLong(Messages.IOVEC_BYTES_OFFSET);
    }

    private UnsafeBuffer buffer(final long messages, final int index)
    {
        final int bytes = capacity(messages, index);
        final long address = view.getLong(0);
        return new UnsafeBuffer(address, bytes);
    }
}
