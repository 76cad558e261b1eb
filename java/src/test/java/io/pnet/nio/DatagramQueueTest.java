package io.pnet.nio;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.FutureTask;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(60)
class DatagramQueueTest
{
    private static final int LIMIT = 200_000;
    private static final int LARGEST = 65_507;

    private final DatagramQueue queue = new DatagramQueue();
    private final UnsafeBuffer data = new UnsafeBuffer(new byte[LARGEST]);

    private boolean offer(final int length, final int number)
    {
        if (length == 4 || length >= 8)
        {
            data.putInt(0, number);
            data.putInt(length - 4, number);
        }
        return queue.offer(number, ~number, number & 0xFFFF, data, 0, length, LIMIT);
    }

    private void take(final int length, final int number)
    {
        assertTrue(queue.peek());
        assertEquals(length, queue.length());
        assertEquals(number, queue.sourceHi());
        assertEquals(~number, queue.sourceLo());
        assertEquals(number & 0xFFFF, queue.sourcePort());
        if (length == 4 || length >= 8)
        {
            final ByteBuffer target = ByteBuffer.allocate(length).order(java.nio.ByteOrder.nativeOrder());
            queue.get(0, target, length);
            assertEquals(number, target.getInt(0));
            assertEquals(number, target.getInt(length - 4));
        }
        queue.remove();
    }

    @Test
    void keepsOrderSizesAndSourcesWhileItGrows()
    {
        final int[] lengths = {0, 1, 4, 3_000, 5_000, 0, 65_507, 12};
        for (int round = 0; round < 50; round++)
        {
            for (int i = 0; i < lengths.length; i++)
            {
                assertTrue(offer(lengths[i], round * 8 + i));
            }
            for (int i = 0; i < lengths.length; i++)
            {
                take(lengths[i], round * 8 + i);
            }
            assertTrue(queue.isEmpty());
            assertFalse(queue.peek());
        }
    }

    @Test
    void holdsAsMuchAsItIsToldAndOneDatagramAlways()
    {
        int count = 0;
        while (offer(1_000, count))
        {
            count++;
        }
        assertEquals(LIMIT / 1_024, count);
        for (int i = 0; i < count; i++)
        {
            take(1_000, i);
        }
        assertTrue(queue.offer(1, 2, 3, data, 0, LARGEST, 2_304));
        assertFalse(queue.offer(1, 2, 3, data, 0, 1, 2_304));
        queue.clear();
        assertTrue(queue.isEmpty());
    }

    @Test
    void nothingIsLostBetweenTwoThreads() throws Exception
    {
        final int total = 300_000;
        final Random lengths = new Random(5);
        final FutureTask<Void> reader = new FutureTask<>(() ->
        {
            final Random expected = new Random(5);
            for (int i = 0; i < total; i++)
            {
                final int length = length(expected);
                while (!queue.peek())
                {
                    Thread.onSpinWait();
                }
                take(length, i);
            }
            return null;
        });
        final Thread thread = new Thread(reader);
        thread.start();
        for (int i = 0; i < total; i++)
        {
            final int length = length(lengths);
            while (!offer(length, i))
            {
                assertFalse(reader.isDone());
                Thread.onSpinWait();
            }
        }
        reader.get();
        assertTrue(queue.isEmpty());
    }

    private static int length(final Random random)
    {
        return random.nextInt(100) == 0 ? 8 + random.nextInt(60_000) : 8 + random.nextInt(200);
    }
}
