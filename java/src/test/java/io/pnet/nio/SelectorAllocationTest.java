package io.pnet.nio;

import com.sun.management.ThreadMXBean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A selector that runs allocates nothing: not for ready keys, nor for waiting, nor for the kernel's channels. */
@Timeout(60)
final class SelectorAllocationTest
{
    private static final ThreadMXBean THREADS = (ThreadMXBean)ManagementFactory.getThreadMXBean();
    private static final int ROUNDS = 20_000;
    private static final int CHANNELS = 8;

    @Test
    void selectingAllocatesNothing() throws Exception
    {
        final SelectorProvider kernel = SelectorProvider.provider();
        try (TwoProcesses processes = new TwoProcesses();
            Selector selector = new PnetSelector(kernel, kernel, processes.client.driver()))
        {
            final TestChannel[] channels = new TestChannel[CHANNELS];
            for (int i = 0; i < CHANNELS; i++)
            {
                channels[i] = new TestChannel();
                channels[i].register(selector, SelectionKey.OP_READ);
            }
            final Pipe pipe = Pipe.open();
            TestChannel.nonBlocking(pipe.source()).register(selector, SelectionKey.OP_READ);
            final ByteBuffer one = ByteBuffer.allocateDirect(1);
            final Consumer<SelectionKey> take = key ->
            {
                if (key.channel() instanceof TestChannel channel)
                {
                    channel.takeTokens();
                }
            };
            final long warmUp = rounds(selector, channels, take);
            final long allocated = rounds(selector, channels, take);
            // The test's own reading of the counter, and the JVM's compilers that call us back, are not nothing.
            assertTrue(allocated < ROUNDS, () -> allocated + " bytes in " + ROUNDS + " rounds, first " + warmUp);
            pipe.sink().write(one);
            assertEquals(1, selector.select(take));
            pipe.sink().close();
            pipe.source().close();
        }
    }

    private static long rounds(final Selector selector, final TestChannel[] channels, final Consumer<SelectionKey> take)
        throws Exception
    {
        final long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < ROUNDS; i++)
        {
            channels[i % CHANNELS].give();
            channels[(i + 1) % CHANNELS].give();
            selector.select(take);
            channels[i % CHANNELS].give();
            selector.selectNow();
            channels[i % CHANNELS].takeTokens();
            selector.selectedKeys().clear();
            if (i % 100 == 0)
            {
                // With nothing to do it waits, in the kernel or parked.
                selector.select(1);
            }
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
