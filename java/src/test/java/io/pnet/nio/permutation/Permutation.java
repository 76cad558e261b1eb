package io.pnet.nio.permutation;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.opentest4j.TestAbortedException;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the cases share: channels of either side that are closed at the end, threads, and small words about bytes. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class Permutation
{
    static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(20);
    /** How long a case waits to see that something does not happen. */
    static final long QUIET_MS = 100;
    private static final int MOST_IN_BACKLOG = 12;

    final Pair pair;
    /** What both ends hold when a case has failed, before its channels are closed. */
    @RegisterExtension
    final AfterTestExecutionCallback atFailure = this::say;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final List<Task<?>> tasks = new ArrayList<>();

    Permutation(final Pair pair)
    {
        this.pair = pair;
    }

    /** A connection, from both ends; both block. */
    record Joined(SocketChannel client, SocketChannel server)
    {
    }

    interface Condition
    {
        boolean isMet() throws IOException;
    }

    private void say(final ExtensionContext context)
    {
        if (context.getExecutionException().filter(ex -> !(ex instanceof TestAbortedException)).isPresent())
        {
            System.out.println(
                context.getDisplayName() + " failed; at the client: " + pair.client().state() +
                (pair.client().equals(pair.server()) ? "" : "at the server: " + pair.server().state()));
        }
    }

    @AfterEach
    void closeAll() throws Exception
    {
        Thread.interrupted();
        while (!opened.isEmpty())
        {
            opened.pop().close();
        }
        for (final Task<?> task : tasks)
        {
            task.join();
        }
    }

    /** Closes it at the end of the case. */
    final synchronized <T extends AutoCloseable> T own(final T closeable)
    {
        opened.push(closeable);
        return closeable;
    }

    /** Runs something beside the case. */
    final <T> Task<T> start(final Callable<T> body)
    {
        final Task<T> task = new Task<>(body, false);
        tasks.add(task);
        return task;
    }

    final <T> Task<T> startVirtual(final Callable<T> body)
    {
        final Task<T> task = new Task<>(body, true);
        tasks.add(task);
        return task;
    }

    // ---- channels

    final SocketChannel clientChannel() throws IOException
    {
        return own(pair.client().provider().openSocketChannel());
    }

    final ServerSocketChannel serverChannel() throws IOException
    {
        return own(pair.server().provider().openServerSocketChannel());
    }

    final DatagramChannel clientDatagrams() throws IOException
    {
        return own(pair.client().provider().openDatagramChannel());
    }

    final DatagramChannel serverDatagrams() throws IOException
    {
        return own(pair.server().provider().openDatagramChannel());
    }

    final Selector clientSelector() throws IOException
    {
        return own(pair.client().provider().openSelector());
    }

    final Selector serverSelector() throws IOException
    {
        return own(pair.server().provider().openSelector());
    }

    /** The client's address with a port that the system chooses. */
    final InetSocketAddress clientAny()
    {
        return new InetSocketAddress(pair.client().address(), 0);
    }

    final InetSocketAddress serverAny()
    {
        return new InetSocketAddress(pair.server().address(), 0);
    }

    /** A server on a port that the system chose. */
    final ServerSocketChannel listen() throws IOException
    {
        return serverChannel().bind(serverAny());
    }

    final Joined joined() throws IOException
    {
        try (ServerSocketChannel listener = listen())
        {
            return joined(listener);
        }
    }

    final Joined joined(final ServerSocketChannel listener) throws IOException
    {
        final SocketChannel client = clientChannel();
        assertTrue(client.connect(listener.getLocalAddress()));
        return new Joined(client, own(listener.accept()));
    }

    /** A connection where the buffers between the two are small, so that a writer soon waits. */
    final Joined narrow() throws IOException
    {
        final ServerSocketChannel listener = serverChannel();
        listener.setOption(StandardSocketOptions.SO_RCVBUF, 16 << 10);
        listener.bind(serverAny());
        final SocketChannel client = clientChannel();
        client.setOption(StandardSocketOptions.SO_SNDBUF, 16 << 10);
        assertTrue(client.connect(listener.getLocalAddress()));
        final SocketChannel server = own(listener.accept());
        listener.close();
        return new Joined(client, server);
    }

    /** A port of the server's where nobody listens. */
    final InetSocketAddress refusing() throws IOException
    {
        try (ServerSocketChannel listener = listen())
        {
            return (InetSocketAddress)listener.getLocalAddress();
        }
    }

    /** A port of the server's that does not answer: it listens, nobody accepts, and there is no room any more. */
    final InetSocketAddress silent() throws Exception
    {
        final ServerSocketChannel listener = serverChannel().bind(serverAny(), 1);
        for (int i = 0; i < MOST_IN_BACKLOG; i++)
        {
            final SocketChannel channel = clientChannel();
            channel.configureBlocking(false);
            if (!channel.connect(listener.getLocalAddress()) && !within(300, channel::finishConnect))
            {
                return (InetSocketAddress)listener.getLocalAddress();
            }
        }
        throw new AssertionError("a backlog of 1 holds " + MOST_IN_BACKLOG + " connections");
    }

    /** An address where nobody is, and a port of it. */
    final InetSocketAddress absent()
    {
        Assumptions.assumeTrue(pair.absent() != null, "every address of the kernel's loopback is there");
        return new InetSocketAddress(pair.absent(), 7);
    }

    /** Resets the connection from this end. */
    static void reset(final SocketChannel channel) throws IOException
    {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.close();
    }

    static SelectionKey register(final SelectableChannel channel, final Selector selector, final int ops)
        throws IOException
    {
        channel.configureBlocking(false);
        return channel.register(selector, ops);
    }

    /** Selects until the key is ready for all of the operations. */
    static void awaitReady(final Selector selector, final SelectionKey key, final int ops) throws IOException
    {
        final long limitNs = System.nanoTime() + LIMIT_NS;
        do
        {
            assertFalse(System.nanoTime() > limitNs, () -> "not ready for " + ops);
            selector.selectedKeys().clear();
            selector.select(1_000);
        }
        while (!selector.selectedKeys().contains(key) || (key.readyOps() & ops) != ops);
    }

    // ---- bytes

    /** Bytes that say where they belong. */
    static byte[] bytes(final int length, final long seed)
    {
        final byte[] bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    static ByteBuffer text(final String text)
    {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    static void write(final WritableByteChannel channel, final String text) throws IOException
    {
        writeAll(channel, text(text));
    }

    static void writeAll(final WritableByteChannel channel, final ByteBuffer source) throws IOException
    {
        while (source.hasRemaining())
        {
            channel.write(source);
        }
    }

    /** Reads so many bytes, from a channel that blocks. */
    static byte[] read(final ReadableByteChannel channel, final int length) throws IOException
    {
        final ByteBuffer target = ByteBuffer.allocate(length);
        while (target.hasRemaining())
        {
            if (channel.read(target) < 0)
            {
                throw new EOFException("the end after " + target.position() + " of " + length);
            }
        }
        return target.array();
    }

    static String readText(final ReadableByteChannel channel, final int length) throws IOException
    {
        return new String(read(channel, length), StandardCharsets.US_ASCII);
    }

    /** Reads up to the end and says how much it was. */
    static long drain(final ReadableByteChannel channel) throws IOException
    {
        final ByteBuffer target = ByteBuffer.allocateDirect(64 << 10);
        long total = 0;
        for (int n = channel.read(target); n >= 0; n = channel.read(target))
        {
            total += n;
            target.clear();
        }
        return total;
    }

    /** The peer has finished: the end, and it stays the end. */
    static void assertEnd(final ReadableByteChannel channel) throws IOException
    {
        assertEquals(-1, channel.read(ByteBuffer.allocate(1)));
        assertEquals(-1, channel.read(ByteBuffer.allocate(1)));
    }

    /** Fills everything between the two until nothing more goes in, without blocking; returns the bytes. */
    static long fill(final SocketChannel channel) throws Exception
    {
        channel.configureBlocking(false);
        final ByteBuffer block = ByteBuffer.allocateDirect(64 << 10);
        long total = 0;
        for (int still = 0; still < 50;)
        {
            block.clear();
            final int n = channel.write(block);
            total += n;
            still = n > 0 ? 0 : still + 1;
            if (n == 0)
            {
                Thread.sleep(5);
            }
        }
        return total;
    }

    // ---- time

    static boolean within(final long ms, final Condition condition) throws IOException, InterruptedException
    {
        final long limitNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        while (!condition.isMet())
        {
            if (System.nanoTime() > limitNs)
            {
                return false;
            }
            Thread.sleep(1);
        }
        return true;
    }

    static void await(final String what, final Condition condition) throws IOException, InterruptedException
    {
        assertTrue(within(TimeUnit.NANOSECONDS.toMillis(LIMIT_NS), condition), () -> "in vain: " + what);
    }

    static long msSince(final long startNs)
    {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }
}
