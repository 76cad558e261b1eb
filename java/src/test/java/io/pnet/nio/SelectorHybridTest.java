package io.pnet.nio;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The kernel's channels and ours on one selector, by its descriptor and by a helper thread. */
@Timeout(60)
@SuppressWarnings("try")
final class SelectorHybridTest
{
    private static final SelectorProvider KERNEL = SelectorProvider.provider();

    private final TwoProcesses processes = start();
    private final List<Thread> threads = new ArrayList<>();

    private static TwoProcesses start()
    {
        try
        {
            return new TwoProcesses();
        }
        catch (final IOException ex)
        {
            throw new AssertionError(ex);
        }
    }

    @AfterEach
    void stop() throws InterruptedException
    {
        processes.close();
        for (final Thread thread : threads)
        {
            thread.join(10_000);
            assertFalse(thread.isAlive(), () -> thread + " still runs");
        }
    }

    private Selector open(final boolean isDescriptorWatched)
    {
        return new PnetSelector(KERNEL, KERNEL, processes.client.driver(), isDescriptorWatched);
    }

    private <T> CompletableFuture<T> blocked(final Callable<T> body) throws InterruptedException
    {
        final CompletableFuture<T> result = new CompletableFuture<>();
        final Thread thread = new Thread(() -> complete(result, body));
        threads.add(thread);
        thread.start();
        Thread.sleep(30);
        return result;
    }

    private static <T> void complete(final CompletableFuture<T> result, final Callable<T> body)
    {
        try
        {
            result.complete(body.call());
        }
        catch (final Throwable ex)
        {
            result.completeExceptionally(ex);
        }
    }

    private static <T> T get(final CompletableFuture<T> result) throws Exception
    {
        return result.get(10, TimeUnit.SECONDS);
    }

    private static void write(final Pipe pipe) throws IOException
    {
        assertEquals(1, pipe.sink().write(ByteBuffer.wrap(new byte[1])));
    }

    private static Pipe pipe() throws IOException
    {
        final Pipe pipe = KERNEL.openPipe();
        pipe.source().configureBlocking(false);
        return pipe;
    }

    private static void close(final Pipe pipe) throws IOException
    {
        pipe.source().close();
        pipe.sink().close();
    }

    private static int descriptors()
    {
        return new File("/proc/self/fd").list().length;
    }

    @Test
    void theDescriptorCanBeHadHere() throws IOException
    {
        try (Selector selector = KERNEL.openSelector())
        {
            assertTrue(KernelReadiness.descriptor(selector) >= 0, "the tests open sun.nio.ch");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void selectsWhatIsTheKernels(final boolean isDescriptorWatched) throws Exception
    {
        final Pipe pipe = pipe();
        try (Selector selector = open(isDescriptorWatched))
        {
            final SelectionKey key = pipe.source().register(selector, OP_READ, "pipe");
            assertSame(selector, key.selector());
            assertSame(pipe.source(), key.channel());
            assertSame(key, pipe.source().keyFor(selector));
            assertEquals(Set.of(key), selector.keys());
            assertEquals(0, selector.selectNow());
            assertEquals(0, selector.select(10));
            final CompletableFuture<Integer> selection = blocked(selector::select);
            assertFalse(selection.isDone());
            write(pipe);
            assertEquals(1, get(selection));
            assertEquals(OP_READ, key.readyOps());
            assertEquals(Set.of(key), selector.selectedKeys());
            selector.selectedKeys().clear();
            assertEquals(1, selector.select(), "by level");
            selector.selectedKeys().clear();
            assertEquals(1, pipe.source().read(ByteBuffer.allocate(8)));
            assertEquals(0, selector.selectNow());
            key.interestOps(0);
            write(pipe);
            assertEquals(0, selector.select(10));
            key.interestOps(OP_READ);
            assertEquals(1, selector.select());
            key.cancel();
            assertEquals(0, selector.selectNow());
            assertFalse(pipe.source().isRegistered());
            assertTrue(pipe.source().register(selector, OP_READ).isValid());
            selector.selectedKeys().clear();
            assertEquals(1, selector.select());
        }
        assertFalse(pipe.source().isRegistered());
        close(pipe);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bothKindsAtOnce(final boolean isDescriptorWatched) throws Exception
    {
        final Pipe pipe = pipe();
        final TestChannel channel = new TestChannel();
        try (Selector selector = open(isDescriptorWatched))
        {
            channel.register(selector, OP_READ);
            final CompletableFuture<Integer> late = blocked(selector::select);
            pipe.source().register(selector, OP_READ);
            write(pipe);
            assertEquals(1, get(late), "registered while the selection was under way");
            selector.selectedKeys().clear();
            channel.become(OP_READ);
            assertEquals(2, selector.select());
            selector.selectedKeys().clear();
            pipe.source().read(ByteBuffer.allocate(8));
            channel.take(OP_READ);
            final CompletableFuture<Integer> ours = blocked(selector::select);
            channel.become(OP_READ);
            assertEquals(1, get(ours));
            channel.take(OP_READ);
            selector.selectedKeys().clear();
            final CompletableFuture<Integer> woken = blocked(selector::select);
            selector.wakeup();
            assertEquals(0, get(woken));
            final CompletableFuture<Integer> closed = blocked(selector::select);
            selector.close();
            assertEquals(0, get(closed));
        }
        close(pipe);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void twoThatWaitBesideEachOther(final boolean isDescriptorWatched) throws Exception
    {
        // One of them waits for the link, the other finds it there.
        final Pipe first = pipe();
        final Pipe second = pipe();
        try (Selector one = open(isDescriptorWatched); Selector other = open(isDescriptorWatched))
        {
            first.source().register(one, OP_READ);
            second.source().register(other, OP_READ);
            final TestChannel channel = new TestChannel();
            channel.register(other, OP_READ);
            for (int i = 0; i < 9; i++)
            {
                final CompletableFuture<Integer> ones = blocked(one::select);
                final CompletableFuture<Integer> others = blocked(other::select);
                assertFalse(ones.isDone() || others.isDone());
                if (i % 3 == 0)
                {
                    channel.become(OP_READ);
                }
                else
                {
                    write(second);
                }
                assertEquals(1, get(others));
                assertFalse(ones.isDone());
                write(first);
                assertEquals(1, get(ones));
                first.source().read(ByteBuffer.allocate(8));
                second.source().read(ByteBuffer.allocate(8));
                channel.take(OP_READ);
                one.selectedKeys().clear();
                other.selectedKeys().clear();
            }
        }
        close(first);
        close(second);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aChannelOfOursWithTheKernelsBehindIt(final boolean isDescriptorWatched) throws Exception
    {
        final Pipe first = pipe();
        final Pipe second = pipe();
        final TestChannel channel = new TestChannel();
        try (Selector selector = open(isDescriptorWatched))
        {
            final SelectionKey key = channel.register(selector, OP_READ);
            final CompletableFuture<Integer> selection = blocked(selector::select);
            write(first);
            channel.kernelChannels(first.source(), second.source());
            assertEquals(1, get(selection));
            assertEquals(OP_READ, key.readyOps());
            write(second);
            channel.become(OP_WRITE);
            key.interestOpsOr(OP_WRITE);
            assertEquals(1, selector.select(), "one key, whatever is behind it");
            assertEquals(OP_READ | OP_WRITE, key.readyOps());
            selector.selectedKeys().clear();
            key.interestOps(OP_READ);
            channel.kernelChannels(second.source());
            assertEquals(1, selector.selectNow());
            assertFalse(first.source().isRegistered());
            key.cancel();
            assertEquals(0, selector.selectNow());
            assertFalse(second.source().isRegistered());
        }
        close(first);
        close(second);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void selectsTheKernelsSockets(final boolean isDescriptorWatched) throws Exception
    {
        try (Selector selector = open(isDescriptorWatched);
            ServerSocketChannel server = KERNEL.openServerSocketChannel();
            SocketChannel client = KERNEL.openSocketChannel())
        {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).configureBlocking(false);
            final SelectionKey acceptor = server.register(selector, OP_ACCEPT);
            client.connect(server.getLocalAddress());
            assertEquals(1, selector.select());
            assertTrue(acceptor.isAcceptable());
            final SocketChannel accepted = server.accept();
            accepted.configureBlocking(false);
            final SelectionKey key = accepted.register(selector, OP_READ | OP_WRITE);
            selector.selectedKeys().clear();
            assertEquals(1, selector.select());
            assertEquals(OP_WRITE, key.readyOps());
            accepted.close();
            assertFalse(key.isValid());
            assertEquals(0, selector.selectNow());
            assertEquals(-1, client.read(ByteBuffer.allocate(1)), "the kernel has closed it");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void leavesNoDescriptorBehind(final boolean isDescriptorWatched) throws Exception
    {
        rounds(5, isDescriptorWatched);
        final int before = descriptors();
        rounds(40, isDescriptorWatched);
        final long patienceNs = System.nanoTime() + 5_000_000_000L;
        while (descriptors() > before + 2 && System.nanoTime() < patienceNs)
        {
            Thread.sleep(10);
        }
        assertTrue(descriptors() <= before + 2, () -> descriptors() + " descriptors, before " + before);
    }

    private void rounds(final int count, final boolean isDescriptorWatched) throws Exception
    {
        for (int i = 0; i < count; i++)
        {
            try (Selector selector = open(isDescriptorWatched))
            {
                final Pipe pipe = pipe();
                pipe.source().register(selector, OP_READ);
                selector.select(1);
                if (i % 2 == 0)
                {
                    close(pipe);
                    selector.selectNow();
                }
                else
                {
                    // Closed while somebody waits; the next selection gives the descriptor back.
                    final Thread closer = new Thread(() -> closeQuietly(pipe));
                    closer.start();
                    selector.select(1);
                    closer.join();
                    selector.selectNow();
                }
            }
        }
    }

    private static void closeQuietly(final Pipe pipe)
    {
        try
        {
            close(pipe);
        }
        catch (final IOException ex)
        {
            throw new AssertionError(ex);
        }
    }

    @Test
    void refusesChannelsOfNobodyItKnows() throws IOException
    {
        try (Selector selector = open(true); StrangeChannel strange = new StrangeChannel())
        {
            strange.configureBlocking(false);
            assertThrows(IllegalSelectorException.class, () -> strange.register(selector, OP_READ));
            assertEquals(Set.of(), selector.keys());
        }
        final TestChannel channel = new TestChannel();
        try (Selector selector = KERNEL.openSelector())
        {
            assertThrows(IllegalSelectorException.class, () -> channel.register(selector, OP_READ));
        }
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void aVirtualThreadSelectsBothKinds() throws Exception
    {
        final Pipe pipe = pipe();
        final TestChannel channel = new TestChannel();
        try (Selector selector = open(true))
        {
            channel.register(selector, OP_READ);
            pipe.source().register(selector, OP_READ);
            final CompletableFuture<Integer> first = new CompletableFuture<>();
            startVirtual(() -> complete(first, selector::select));
            Thread.sleep(30);
            assertFalse(first.isDone());
            write(pipe);
            assertEquals(1, get(first));
            pipe.source().read(ByteBuffer.allocate(8));
            selector.selectedKeys().clear();
            final CompletableFuture<Integer> second = new CompletableFuture<>();
            startVirtual(() -> complete(second, selector::select));
            Thread.sleep(30);
            assertFalse(second.isDone());
            channel.become(OP_READ);
            assertEquals(1, get(second));
            // And a platform thread after that.
            channel.take(OP_READ);
            selector.selectedKeys().clear();
            final CompletableFuture<Integer> third = blocked(selector::select);
            write(pipe);
            assertEquals(1, get(third));
        }
        close(pipe);
    }

    static void startVirtual(final Runnable body) throws ReflectiveOperationException
    {
        Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
    }

    /** A channel of a third provider. */
    private static final class StrangeChannel extends AbstractSelectableChannel
    {
        StrangeChannel()
        {
            super(KERNEL);
        }

        @Override
        public int validOps()
        {
            return OP_READ;
        }

        @Override
        protected void implCloseSelectableChannel()
        {
            assertFalse(isOpen());
        }

        @Override
        protected void implConfigureBlocking(final boolean block)
        {
            assertTrue(isOpen());
        }
    }
}
