package io.pnet.nio;

import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.stack.IpProcess;
import io.pnet.stack.IpProcessBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AcceptPendingException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.IllegalChannelGroupException;
import java.nio.channels.InterruptedByTimeoutException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.WritePendingException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The same cases over the JDK's asynchronous channels, over ours on the kernel's channels, and over ours on Pnet, also
 * of two stacks.
 */
@Timeout(60)
class AsynchronousChannelTest
{
    enum Kind
    {
        JDK, KERNEL, PNET, GROUP
    }

    private static final long WAIT_S = 45;

    private IpProcess client;
    private IpProcess server;
    private AsynchronousChannelProvider clients;
    private AsynchronousChannelProvider servers;
    private InetSocketAddress local;

    private void start(final Kind kind) throws IOException
    {
        local = new InetSocketAddress("127.0.0.1", 0);
        clients = AsynchronousChannelProvider.provider();
        servers = clients;
        if (kind == Kind.KERNEL)
        {
            clients = new PnetAsynchronousProvider(SelectorProvider.provider());
            servers = new PnetAsynchronousProvider();
        }
        else if (kind == Kind.PNET)
        {
            final LinkContext left = new LinkContext(new ChunkPool(ChunkPool.LARGE, 32L << 20), new Counters());
            final LinkContext right = new LinkContext(new ChunkPool(ChunkPool.LARGE, 32L << 20), new Counters());
            final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions().txOffload(true).rxGso(true), left, right);
            client = builder("10.0.0.1/24").link(pipe.left(), left).start();
            server = builder("10.0.0.2/24").link(pipe.right(), right).start();
            pipe.left().onFrames(client.driver()::wakeup);
            pipe.right().onFrames(server.driver()::wakeup);
        }
        else if (kind == Kind.GROUP)
        {
            final GroupWire wire = new GroupWire(2);
            client = wire.startLeft(builder("10.0.0.1/24"));
            server = wire.startRight(builder("10.0.0.2/24"));
        }
        if (server != null)
        {
            clients = new PnetAsynchronousProvider(new PnetSelectorProvider(client));
            servers = new PnetAsynchronousProvider(new PnetSelectorProvider(server));
            local = new InetSocketAddress("10.0.0.2", 0);
        }
    }

    private static IpProcessBuilder builder(final String address)
    {
        final IpSettings ip = new IpSettings();
        ip.addressDetection = false;
        return IpProcess.builder().ip(ip).linger(Duration.ZERO).address(address);
    }

    @AfterEach
    void stop()
    {
        if (client != null)
        {
            client.close();
            server.close();
        }
    }

    /** Two ends of a connection, and who accepted one of them. */
    private record Pair(
        AsynchronousServerSocketChannel listener, AsynchronousSocketChannel near, AsynchronousSocketChannel far)
        implements AutoCloseable
    {
        @Override
        public void close() throws IOException
        {
            near.close();
            far.close();
            listener.close();
        }
    }

    private AsynchronousServerSocketChannel listen() throws IOException
    {
        return servers.openAsynchronousServerSocketChannel(null).bind(local);
    }

    private Pair connect() throws Exception
    {
        final AsynchronousServerSocketChannel listener = listen();
        final Future<AsynchronousSocketChannel> accepted = listener.accept();
        final AsynchronousSocketChannel near = clients.openAsynchronousSocketChannel(null);
        assertNull(get(near.connect(listener.getLocalAddress())));
        return new Pair(listener, near, get(accepted));
    }

    private static <V> V get(final Future<V> future) throws Exception
    {
        return future.get(WAIT_S, TimeUnit.SECONDS);
    }

    private static Throwable failure(final Future<?> future)
    {
        return assertThrows(ExecutionException.class, () -> get(future)).getCause();
    }

    /** A handler as a future. */
    private static final class Told<V> extends CompletableFuture<V> implements CompletionHandler<V, Object>
    {
        private volatile Object attachment;
        private volatile Thread thread;

        @Override
        public void completed(final V value, final Object with)
        {
            attachment = with;
            thread = Thread.currentThread();
            complete(value);
        }

        @Override
        public void failed(final Throwable ex, final Object with)
        {
            attachment = with;
            completeExceptionally(ex);
        }
    }

    @ParameterizedTest
    @EnumSource
    void movesBytesBothWaysByFutures(final Kind kind) throws Exception
    {
        start(kind);
        try (Pair pair = connect())
        {
            assertEquals(pair.near.getRemoteAddress(), pair.listener.getLocalAddress());
            assertEquals(pair.near.getLocalAddress(), pair.far.getRemoteAddress());
            final ByteBuffer target = ByteBuffer.allocate(8);
            final Future<Integer> read = pair.far.read(target);
            assertFalse(read.isDone());
            assertEquals(3, get(pair.near.write(ByteBuffer.wrap(new byte[]{1, 2, 3}))));
            assertEquals(3, get(read));
            assertEquals(2, target.get(1));
            assertEquals(1, get(pair.far.write(ByteBuffer.wrap(new byte[]{9}))));
            assertEquals(1, get(pair.near.read(ByteBuffer.allocate(4))));
            assertEquals(0, get(pair.near.read(ByteBuffer.allocate(0))));
            pair.near.shutdownOutput();
            assertEquals(-1, get(pair.far.read(target)));
            assertEquals(-1, get(pair.far.read(target)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void movesManyBytesByHandlersThatBeginTheNextOperation(final Kind kind) throws Exception
    {
        start(kind);
        final int total = 8 << 20;
        try (Pair pair = connect())
        {
            final CountDownLatch done = new CountDownLatch(2);
            final ByteBuffer source = ByteBuffer.allocateDirect(300_000);
            final ByteBuffer target = ByteBuffer.allocateDirect(70_000);
            final long[] counts = new long[2];
            final long[] wrong = new long[1];
            fill(source, 0, total);
            pair.near.write(source, null, new CompletionHandler<Integer, Void>()
            {
                @Override
                public void completed(final Integer n, final Void nothing)
                {
                    counts[0] += n;
                    if (counts[0] >= total)
                    {
                        done.countDown();
                        return;
                    }
                    fill(source, counts[0], total);
                    pair.near.write(source, null, this);
                }

                @Override
                public void failed(final Throwable ex, final Void nothing)
                {
                    ex.printStackTrace();
                }
            });
            pair.far.read(target, null, new CompletionHandler<Integer, Void>()
            {
                @Override
                public void completed(final Integer n, final Void nothing)
                {
                    for (int i = 0; i < n; i++)
                    {
                        wrong[0] += target.get(i) == (byte)((counts[1] + i) * 31 >>> 3) ? 0 : 1;
                    }
                    counts[1] += n;
                    if (counts[1] >= total)
                    {
                        done.countDown();
                        return;
                    }
                    pair.far.read(target.clear(), null, this);
                }

                @Override
                public void failed(final Throwable ex, final Void nothing)
                {
                    ex.printStackTrace();
                }
            });
            assertTrue(done.await(WAIT_S, TimeUnit.SECONDS), () -> counts[0] + " written, " + counts[1] + " read");
            assertEquals(total, counts[1]);
            assertEquals(0, wrong[0]);
        }
    }

    private static void fill(final ByteBuffer source, final long at, final int total)
    {
        source.clear().limit((int)Math.min(source.capacity(), total - at));
        for (int i = 0; i < source.limit(); i++)
        {
            source.put(i, (byte)((at + i) * 31 >>> 3));
        }
    }

    @ParameterizedTest
    @EnumSource
    void scattersAndGathers(final Kind kind) throws Exception
    {
        start(kind);
        try (Pair pair = connect())
        {
            final Told<Long> written = new Told<>();
            pair.near.write(
                new ByteBuffer[]{
                    ByteBuffer.allocate(1), ByteBuffer.wrap(new byte[]{1, 2}), ByteBuffer.wrap(new byte[]{3})},
                1, 2, 0, TimeUnit.SECONDS, "with", written);
            assertEquals(3L, get(written));
            assertEquals("with", written.attachment);
            final ByteBuffer[] targets = {ByteBuffer.allocate(2), ByteBuffer.allocate(2)};
            final Told<Long> read = new Told<>();
            pair.far.read(targets, 0, 2, 5, TimeUnit.SECONDS, null, read);
            assertEquals(3L, get(read));
            assertEquals(3, targets[1].get(0));
            assertThrows(IndexOutOfBoundsException.class,
                () -> pair.far.read(targets, 1, 2, 0, TimeUnit.SECONDS, null, new Told<Long>()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusesASecondOperationOfAKind(final Kind kind) throws Exception
    {
        start(kind);
        try (Pair pair = connect())
        {
            pair.listener.accept();
            assertThrows(AcceptPendingException.class, pair.listener::accept);
            pair.near.read(ByteBuffer.allocate(1));
            assertThrows(ReadPendingException.class, () -> pair.near.read(ByteBuffer.allocate(1)));
            final ByteBuffer block = ByteBuffer.allocate(1 << 20);
            Future<Integer> write = pair.near.write(block);
            for (int i = 0; i < 200 && isDone(write); i++)
            {
                write = pair.near.write(block.clear());
            }
            assertFalse(write.isDone(), "200 MiB that nobody reads were taken");
            assertThrows(WritePendingException.class, () -> pair.near.write(ByteBuffer.allocate(1)));
            assertThrows(AlreadyConnectedException.class, () -> pair.near.connect(pair.listener.getLocalAddress()));
        }
    }

    /** Whether it is done, or soon. */
    private static boolean isDone(final Future<?> future) throws Exception
    {
        for (int i = 0; i < 30 && !future.isDone(); i++)
        {
            Thread.sleep(10);
        }
        return future.isDone();
    }

    @ParameterizedTest
    @EnumSource
    void refusesWhatTheStateForbids(final Kind kind) throws Exception
    {
        start(kind);
        final AsynchronousSocketChannel channel = clients.openAsynchronousSocketChannel(null);
        final AsynchronousServerSocketChannel listener = servers.openAsynchronousServerSocketChannel(null);
        try (channel; listener)
        {
            assertThrows(NotYetConnectedException.class, () -> channel.read(ByteBuffer.allocate(1)));
            assertThrows(NotYetConnectedException.class, () -> channel.write(ByteBuffer.allocate(1)));
            assertThrows(IllegalArgumentException.class,
                () -> channel.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
            assertThrows(UnresolvedAddressException.class,
                () -> channel.connect(InetSocketAddress.createUnresolved("x", 1)));
            assertThrows(NotYetBoundException.class, listener::accept);
            assertNull(channel.getRemoteAddress());
            assertNull(listener.getLocalAddress());
        }
        assertInstanceOf(ClosedChannelException.class, failure(channel.read(ByteBuffer.allocate(1))));
        assertInstanceOf(ClosedChannelException.class, failure(channel.connect(local)));
        assertInstanceOf(ClosedChannelException.class, failure(listener.accept()));
        assertThrows(ClosedChannelException.class, channel::getLocalAddress);
    }

    @ParameterizedTest
    @EnumSource
    void closesWhatCannotBeConnected(final Kind kind) throws Exception
    {
        start(kind);
        final InetSocketAddress gone;
        try (AsynchronousServerSocketChannel listener = listen())
        {
            gone = (InetSocketAddress)listener.getLocalAddress();
        }
        try (AsynchronousSocketChannel channel = clients.openAsynchronousSocketChannel(null))
        {
            assertInstanceOf(ConnectException.class, failure(channel.connect(gone)));
            assertFalse(channel.isOpen());
        }
        try (AsynchronousSocketChannel channel = clients.openAsynchronousSocketChannel(null))
        {
            final Told<Void> told = new Told<>();
            channel.connect(gone, "with", told);
            assertInstanceOf(ConnectException.class, failure(told));
            assertEquals("with", told.attachment);
        }
    }

    @ParameterizedTest
    @EnumSource
    void endsReadsByTime(final Kind kind) throws Exception
    {
        start(kind);
        try (Pair pair = connect())
        {
            final Told<Integer> told = new Told<>();
            pair.near.read(ByteBuffer.allocate(1), 50, TimeUnit.MILLISECONDS, null, told);
            assertInstanceOf(InterruptedByTimeoutException.class, failure(told));
            assertThrows(IllegalStateException.class, () -> pair.near.read(ByteBuffer.allocate(1)));
            // The other direction goes on.
            assertEquals(1, get(pair.near.write(ByteBuffer.allocate(1))));
            final Told<Integer> inTime = new Told<>();
            pair.far.read(ByteBuffer.allocate(1), 20, TimeUnit.SECONDS, null, inTime);
            assertEquals(1, get(inTime));
        }
    }

    @ParameterizedTest
    @EnumSource
    void endsWhatIsPendingWhenClosed(final Kind kind) throws Exception
    {
        start(kind);
        try (Pair pair = connect())
        {
            final Future<AsynchronousSocketChannel> accept = pair.listener.accept();
            final Told<Integer> read = new Told<>();
            pair.near.read(ByteBuffer.allocate(1), null, read);
            pair.near.close();
            assertInstanceOf(AsynchronousCloseException.class, failure(read));
            assertFalse(pair.near.isOpen());
            pair.listener.close();
            assertInstanceOf(AsynchronousCloseException.class, failure(accept));
            assertEquals(-1, get(pair.far.read(ByteBuffer.allocate(1))));
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancels(final Kind kind) throws Exception
    {
        start(kind);
        try (Pair pair = connect())
        {
            final Future<Integer> read = pair.near.read(ByteBuffer.allocate(1));
            assertTrue(read.cancel(false));
            assertTrue(read.isCancelled());
            assertThrows(CancellationException.class, read::get);
            assertTrue(pair.near.isOpen());
            assertThrows(IllegalStateException.class, () -> pair.near.read(ByteBuffer.allocate(1)));
            final Future<Integer> other = pair.far.read(ByteBuffer.allocate(1));
            assertTrue(other.cancel(true));
            assertFalse(pair.far.isOpen());
            assertFalse(other.cancel(true));
        }
    }

    @ParameterizedTest
    @EnumSource
    void runsHandlersOnTheGroupsThreads(final Kind kind) throws Exception
    {
        start(kind);
        final AsynchronousChannelGroup group =
            clients.openAsynchronousChannelGroup(2, task -> new Thread(task, "mine"));
        try (AsynchronousServerSocketChannel listener = listen();
            AsynchronousSocketChannel near = clients.openAsynchronousSocketChannel(group))
        {
            final Future<AsynchronousSocketChannel> accepted = listener.accept();
            final Told<Void> connected = new Told<>();
            near.connect(listener.getLocalAddress(), null, connected);
            get(connected);
            final Told<Integer> read = new Told<>();
            near.read(ByteBuffer.allocate(1), null, read);
            get(get(accepted).write(ByteBuffer.allocate(1)));
            get(read);
            assertEquals("mine", read.thread.getName());
            get(accepted).close();
        }
        group.shutdown();
        assertTrue(group.awaitTermination(WAIT_S, TimeUnit.SECONDS));
    }

    /** Not the JDK's: its groups wait on threads of the executor. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "JDK")
    void aHandlerThatThrowsWhereItsExecutorRunsItAtOnceEndsNoGroup(final Kind kind) throws Exception
    {
        start(kind);
        final CountDownLatch isOver = new CountDownLatch(1);
        final ThreadPoolExecutor executor = new ThreadPoolExecutor(
            1, 1, 0, TimeUnit.SECONDS, new SynchronousQueue<>(), new ThreadPoolExecutor.CallerRunsPolicy());
        executor.execute(() ->
        {
            try
            {
                isOver.await();
            }
            catch (final InterruptedException ex)
            {
                Thread.currentThread().interrupt();
            }
        });
        final AsynchronousChannelGroup group = clients.openAsynchronousChannelGroup(executor, 1);
        try (AsynchronousServerSocketChannel listener = listen();
            AsynchronousSocketChannel near = clients.openAsynchronousSocketChannel(group))
        {
            final Future<AsynchronousSocketChannel> accepted = listener.accept();
            get(near.connect(listener.getLocalAddress()));
            final CompletableFuture<Thread> told = new CompletableFuture<>();
            near.read(ByteBuffer.allocate(1), null, new CompletionHandler<Integer, Void>()
            {
                @Override
                public void completed(final Integer n, final Void nothing)
                {
                    final Thread teller = Thread.currentThread();
                    teller.setUncaughtExceptionHandler((thread, ex) -> told.complete(thread));
                    throw new IllegalStateException("of a handler");
                }

                @Override
                public void failed(final Throwable ex, final Void nothing)
                {
                    told.completeExceptionally(ex);
                }
            });
            get(get(accepted).write(ByteBuffer.allocate(1)));
            assertEquals("pnet-async", get(told).getName());
            final Future<Integer> next = near.read(ByteBuffer.allocate(1));
            get(get(accepted).write(ByteBuffer.allocate(1)));
            assertEquals(1, next.get(10, TimeUnit.SECONDS));
            get(accepted).close();
        }
        isOver.countDown();
        group.shutdown();
        assertTrue(group.awaitTermination(WAIT_S, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @EnumSource
    void groupsEnd(final Kind kind) throws Exception
    {
        start(kind);
        final AsynchronousChannelGroup group =
            clients.openAsynchronousChannelGroup(Executors.newCachedThreadPool(), 1);
        final AsynchronousSocketChannel channel = clients.openAsynchronousSocketChannel(group);
        group.shutdown();
        assertTrue(group.isShutdown());
        assertFalse(group.awaitTermination(50, TimeUnit.MILLISECONDS), "with an open channel");
        assertThrows(ShutdownChannelGroupException.class, () -> clients.openAsynchronousSocketChannel(group));
        group.shutdownNow();
        assertTrue(group.awaitTermination(WAIT_S, TimeUnit.SECONDS));
        assertTrue(group.isTerminated());
        assertFalse(channel.isOpen());
        final AsynchronousChannelProvider others = new PnetAsynchronousProvider(SelectorProvider.provider());
        assertThrows(IllegalChannelGroupException.class, () -> others.openAsynchronousSocketChannel(group));
    }

    @ParameterizedTest
    @EnumSource
    void setsOptions(final Kind kind) throws Exception
    {
        start(kind);
        try (Pair pair = connect())
        {
            assertTrue(pair.near.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY));
            pair.near.setOption(StandardSocketOptions.TCP_NODELAY, true);
            assertTrue(pair.near.getOption(StandardSocketOptions.TCP_NODELAY));
            assertTrue(pair.listener.supportedOptions().contains(StandardSocketOptions.SO_REUSEADDR));
        }
    }
}
