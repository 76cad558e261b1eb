package io.pnet.nio;

import com.sun.management.ThreadMXBean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Iterator;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * What a program on channels allocates once it has run for a while, all its threads and the stacks' counted: nothing
 * for what is read, written and selected, whatever the buffers; an iterator over the selected keys, where it uses one;
 * and an address per datagram where it asks for one and the sender is not the last one's.
 */
@Timeout(120)
final class SteadyStateAllocationTest
{
    private static final int ROUNDS = 5_000;
    private static final int TRIES = 50;
    private static final int MESSAGE_BYTES = 256;
    /** A round is four operations and more; a single object in each would be sixteen times that. */
    private static final long MAX_BYTES = ROUNDS;
    /** As the JDK's own sets have them: 32 bytes for an iterator, which the JIT compiler mostly does away with. */
    private static final long ITERATOR_BYTES = 32;
    /**
     * On 64 bits, JDK 17 and 25 alike: an InetSocketAddress (16) with its holder (24), an Inet4Address (24) with its
     * holder (32), and the bytes that it is made of (24).
     */
    private static final long ADDRESS_BYTES = 120;

    private final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
    private TwoProcesses processes;

    private interface Round
    {
        void run() throws IOException;
    }

    @BeforeEach
    void open() throws IOException
    {
        processes = new TwoProcesses();
    }

    @AfterEach
    void close()
    {
        processes.close();
    }

    private long allocated(final Round round) throws IOException
    {
        return allocated(round, MAX_BYTES);
    }

    /**
     * Bytes that all threads allocate over so many rounds, the least of some tries: the JIT compiler needs a while.
     *
     * @param expected what is enough.
     */
    private long allocated(final Round round, final long expected) throws IOException
    {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < TRIES && least > expected; i++)
        {
            final long start = total();
            final long before = total();
            run(round);
            // Asking allocates, too.
            least = Math.min(least, total() - before - (before - start));
        }
        return least;
    }

    private static void run(final Round round) throws IOException
    {
        for (int i = 0; i < ROUNDS; i++)
        {
            assertFalse(Thread.currentThread().isInterrupted(), "out of time");
            round.run();
        }
    }

    private long total()
    {
        long sum = 0;
        for (final long each : threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
        {
            sum += Math.max(0, each);
        }
        return sum;
    }

    private static void assertNothing(final long allocated)
    {
        assertTrue(allocated <= MAX_BYTES, () -> allocated + " bytes in " + ROUNDS + " rounds");
    }

    // ---- streams

    /** A connection, both ends non-blocking, each with a selector of its own. */
    private final class Streams implements AutoCloseable
    {
        final ServerSocketChannel server = processes.serverProvider().openServerSocketChannel();
        final SocketChannel left = processes.clientProvider().openSocketChannel();
        final SocketChannel right;
        final Selector leftSelector = processes.clientProvider().openSelector();
        final Selector rightSelector = processes.serverProvider().openSelector();

        Streams() throws IOException
        {
            server.bind(new InetSocketAddress(TwoProcesses.SERVER, 80));
            // One way only there is no answer that would take the acknowledgement along.
            left.setOption(StandardSocketOptions.TCP_NODELAY, true);
            left.connect(server.getLocalAddress());
            right = server.accept();
            left.configureBlocking(false).register(leftSelector, SelectionKey.OP_READ);
            right.configureBlocking(false).register(rightSelector, SelectionKey.OP_READ);
        }

        @Override
        public void close() throws IOException
        {
            left.close();
            right.close();
            server.close();
            leftSelector.close();
            rightSelector.close();
        }
    }

    @Test
    void streamsReadAndWriteDirectAndHeapBuffersForNothing() throws IOException
    {
        final ByteBuffer direct = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        final ByteBuffer heap = ByteBuffer.allocate(MESSAGE_BYTES);
        final Consumer<SelectionKey> ignored = key ->
        {
        };
        try (Streams streams = new Streams())
        {
            assertNothing(allocated(() ->
            {
                assertEquals(MESSAGE_BYTES, streams.left.write(direct.clear()));
                for (heap.clear(); heap.hasRemaining() && !Thread.currentThread().isInterrupted();)
                {
                    streams.rightSelector.select(ignored);
                    streams.right.read(heap);
                }
                assertEquals(MESSAGE_BYTES, streams.right.write(heap.flip()));
                for (direct.clear(); direct.hasRemaining() && !Thread.currentThread().isInterrupted();)
                {
                    while (streams.leftSelector.selectNow(ignored) == 0 && !Thread.currentThread().isInterrupted())
                    {
                        Thread.onSpinWait();
                    }
                    streams.left.read(direct);
                }
            }));
        }
    }

    @Test
    void streamsGatherAndScatterForNothing() throws IOException
    {
        final ByteBuffer[] out = {ByteBuffer.allocateDirect(MESSAGE_BYTES), ByteBuffer.allocate(MESSAGE_BYTES)};
        final ByteBuffer[] in = {ByteBuffer.allocate(MESSAGE_BYTES), ByteBuffer.allocateDirect(MESSAGE_BYTES)};
        try (Streams streams = new Streams())
        {
            assertNothing(allocated(() ->
            {
                out[0].clear();
                out[1].clear();
                assertEquals(2 * MESSAGE_BYTES, streams.left.write(out));
                in[0].clear();
                in[1].clear();
                while (in[1].hasRemaining() && !Thread.currentThread().isInterrupted())
                {
                    // As loops do that look at the set, and empty it.
                    streams.rightSelector.select();
                    streams.rightSelector.selectedKeys().clear();
                    streams.right.read(in);
                }
            }));
        }
    }

    @Test
    void anIteratorOverTheSelectedKeysIsAllThatTheUsualLoopAllocates() throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        try (Streams streams = new Streams())
        {
            final Round round = () ->
            {
                streams.left.write(buffer.clear());
                for (buffer.clear(); buffer.hasRemaining() && !Thread.currentThread().isInterrupted();)
                {
                    streams.rightSelector.select();
                    final Iterator<SelectionKey> keys = streams.rightSelector.selectedKeys().iterator();
                    while (keys.hasNext())
                    {
                        final SelectionKey key = keys.next();
                        keys.remove();
                        ((SocketChannel)key.channel()).read(buffer);
                    }
                }
            };
            final long most = MAX_BYTES + ROUNDS * ITERATOR_BYTES;
            final long bytes = allocated(round, most);
            assertTrue(bytes <= most, () -> bytes + " bytes in " + ROUNDS + " rounds");
        }
    }

    // ---- datagrams

    private DatagramChannel datagrams(final PnetSelectorProvider provider, final String address, final int port)
        throws IOException
    {
        final DatagramChannel channel = provider.openDatagramChannel();
        channel.bind(new InetSocketAddress(address, port));
        channel.configureBlocking(false);
        return channel;
    }

    @Test
    void connectedDatagramsAreWrittenAndReadForNothing() throws IOException
    {
        final ByteBuffer[] out = {ByteBuffer.allocateDirect(MESSAGE_BYTES), ByteBuffer.allocate(MESSAGE_BYTES)};
        final ByteBuffer[] in = {ByteBuffer.allocate(MESSAGE_BYTES), ByteBuffer.allocateDirect(MESSAGE_BYTES)};
        final Consumer<SelectionKey> ignored = key ->
        {
        };
        try (DatagramChannel left = datagrams(processes.clientProvider(), TwoProcesses.CLIENT, 5);
            DatagramChannel right = datagrams(processes.serverProvider(), TwoProcesses.SERVER, 6);
            Selector selector = processes.serverProvider().openSelector())
        {
            left.connect(right.getLocalAddress());
            right.connect(left.getLocalAddress());
            right.register(selector, SelectionKey.OP_READ);
            assertNothing(allocated(() ->
            {
                out[0].clear();
                out[1].clear();
                assertEquals(2 * MESSAGE_BYTES, left.write(out));
                selector.select(ignored);
                in[0].clear();
                in[1].clear();
                assertEquals(2 * MESSAGE_BYTES, right.read(in));
                assertEquals(MESSAGE_BYTES, left.write(out[1].clear()));
                selector.select(ignored);
                assertEquals(MESSAGE_BYTES, right.read(in[1].clear()));
            }));
        }
    }

    @Test
    void unconnectedDatagramsCostAnAddressWhenTheSenderIsAnother() throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        final ByteBuffer heap = ByteBuffer.allocate(MESSAGE_BYTES);
        final Consumer<SelectionKey> ignored = key ->
        {
        };
        try (DatagramChannel left = datagrams(processes.clientProvider(), TwoProcesses.CLIENT, 5);
            DatagramChannel other = datagrams(processes.clientProvider(), TwoProcesses.CLIENT, 7);
            DatagramChannel right = datagrams(processes.serverProvider(), TwoProcesses.SERVER, 6);
            Selector selector = processes.serverProvider().openSelector())
        {
            final SocketAddress target = right.getLocalAddress();
            final SocketAddress source = left.getLocalAddress();
            right.register(selector, SelectionKey.OP_READ);
            assertNothing(allocated(() ->
            {
                left.send(buffer.clear(), target);
                selector.select(ignored);
                assertEquals(source, right.receive(heap.clear()));
            }));
            final long expected = MAX_BYTES + 2 * ROUNDS * ADDRESS_BYTES;
            final long bytes = allocated(() ->
            {
                left.send(buffer.clear(), target);
                selector.select(ignored);
                assertEquals(source, right.receive(heap.clear()));
                other.send(buffer.clear(), target);
                selector.select(ignored);
                assertNotEquals(source, right.receive(heap.clear()));
            }, expected);
            assertTrue(bytes <= expected, () -> bytes / (2 * ROUNDS) + " bytes each");
        }
    }
}
