package io.pnet.socket;

import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.stack.IpProcess;
import io.pnet.stack.RunMode;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Blocking sockets between two processes' stacks, joined by a pipe, with real threads and the real clock. */
@Timeout(60)
final class SocketTest
{
    private static final int PORT = 80;

    private IpProcess client;
    private IpProcess server;
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    private interface Body
    {
        void run() throws Exception;
    }

    private void start(final RunMode mode) throws IOException
    {
        final LinkContext left = new LinkContext(new ChunkPool(ChunkPool.LARGE, 128L << 20), new Counters());
        final LinkContext right = new LinkContext(new ChunkPool(ChunkPool.LARGE, 128L << 20), new Counters());
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions().txOffload(true).rxGso(true), left, right);
        client = process(pipe.left(), left, "10.0.0.1/24", mode);
        server = process(pipe.right(), right, "10.0.0.2/24", mode);
    }

    private IpProcess process(
        final Pipe link, final LinkContext context, final String address, final RunMode mode) throws IOException
    {
        final IpSettings settings = new IpSettings();
        settings.addressDetection = false;
        final IpProcess process = IpProcess.builder()
            .link(link, context).address(address).ip(settings).runMode(mode).linger(Duration.ZERO)
            .errorHandler(failures::add).start();
        link.onFrames(process.driver()::wakeup);
        return process;
    }

    @AfterEach
    void stop() throws InterruptedException
    {
        client.close();
        server.close();
        for (final Thread thread : threads)
        {
            thread.join(10_000);
            assertTrue(!thread.isAlive(), () -> thread + " still runs");
        }
        assertTrue(failures.isEmpty(), () -> "failures: " + failures);
    }

    private Thread thread(final Body body)
    {
        final Thread thread = new Thread(() ->
        {
            try
            {
                body.run();
            }
            catch (final Throwable ex)
            {
                failures.add(ex);
            }
        });
        threads.add(thread);
        thread.start();
        return thread;
    }

    private TcpServerSocket listen() throws IOException
    {
        return TcpServerSocket.bind(server, new InetSocketAddress("10.0.0.2", PORT), 64, null);
    }

    private TcpSocket connect() throws IOException
    {
        return TcpSocket.connect(client, new InetSocketAddress("10.0.0.2", PORT), Duration.ofSeconds(20));
    }

    /** Sends back what arrives until the peer has finished, then finishes. */
    private void echo(final TcpSocket socket) throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10);
        while (socket.read(buffer) >= 0)
        {
            buffer.flip();
            socket.write(buffer);
            buffer.clear();
        }
        socket.shutdownOutput();
        socket.close();
    }

    private static void fill(final ByteBuffer buffer, final long at)
    {
        for (int i = 0; i < buffer.limit(); i++)
        {
            buffer.put(i, (byte)(at + i ^ at + i >>> 8));
        }
    }

    private static void check(final ByteBuffer buffer, final long at)
    {
        for (int i = 0; i < buffer.position(); i++)
        {
            assertEquals((byte)(at + i ^ at + i >>> 8), buffer.get(i));
        }
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void echoesAndClosesHalfByHalf(final RunMode mode) throws Exception
    {
        start(mode);
        try (TcpServerSocket listener = listen())
        {
            thread(() -> echo(listener.accept()));
            final long total = 16 << 20;
            final TcpSocket socket = connect();
            assertEquals(PORT, socket.remoteAddress().getPort());
            thread(() ->
            {
                final SplittableRandom random = new SplittableRandom(1);
                for (long at = 0; at < total;)
                {
                    final ByteBuffer block =
                        ByteBuffer.allocateDirect((int)Math.min(total - at, random.nextInt(1, 100_000)));
                    fill(block, at);
                    at += block.limit();
                    socket.write(block);
                }
                socket.shutdownOutput();
                assertThrows(SocketException.class, () -> socket.write(ByteBuffer.allocate(1)));
            });
            final ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10);
            long received = 0;
            while (socket.read(buffer) >= 0)
            {
                check(buffer, received);
                received += buffer.position();
                buffer.clear();
            }
            assertEquals(total, received);
            assertEquals(-1, socket.read(buffer));
            socket.close();
        }
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void refusesWhereNobodyListens(final RunMode mode) throws Exception
    {
        start(mode);
        final ConnectException refused = assertThrows(ConnectException.class, this::connect);
        assertTrue(refused.getMessage().contains("10.0.0.2 port 80"), refused::getMessage);
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void aPortIsListenedOnOnce(final RunMode mode) throws Exception
    {
        start(mode);
        try (TcpServerSocket first = listen())
        {
            assertEquals(PORT, first.localAddress().getPort());
            assertThrows(BindException.class, this::listen);
        }
        listen().close();
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void readingAndAcceptingTimeOut(final RunMode mode) throws Exception
    {
        start(mode);
        try (TcpServerSocket listener = listen())
        {
            listener.acceptTimeout(Duration.ofMillis(50));
            assertThrows(SocketTimeoutException.class, listener::accept);
            listener.acceptTimeout(Duration.ZERO);
            try (TcpSocket socket = connect(); TcpSocket accepted = listener.accept())
            {
                socket.readTimeout(Duration.ofMillis(50));
                final long startNs = System.nanoTime();
                assertThrows(SocketTimeoutException.class, () -> socket.read(ByteBuffer.allocate(1)));
                assertTrue(System.nanoTime() - startNs >= 50_000_000);
                // It works on afterwards.
                accepted.write(ByteBuffer.wrap(new byte[]{ 42 }));
                socket.readTimeout(Duration.ofSeconds(20));
                final ByteBuffer one = ByteBuffer.allocate(1);
                assertEquals(1, socket.read(one));
                assertEquals(42, one.get(0));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void aTimeOutThatNoClockReachesIsNone(final RunMode mode) throws Exception
    {
        start(mode);
        try (TcpServerSocket listener = listen();
            TcpSocket socket = connect();
            TcpSocket accepted = listener.accept())
        {
            for (final Duration timeout :
                List.of(Duration.ofNanos(Long.MAX_VALUE), Duration.ofSeconds(Long.MAX_VALUE)))
            {
                socket.readTimeout(timeout);
                final CountDownLatch isReading = new CountDownLatch(1);
                thread(() ->
                {
                    isReading.await();
                    Thread.sleep(50);
                    accepted.write(ByteBuffer.allocate(1));
                });
                isReading.countDown();
                assertEquals(1, socket.read(ByteBuffer.allocate(1)));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void closingWakesWhoeverIsBlocked(final RunMode mode) throws Exception
    {
        start(mode);
        final TcpServerSocket listener = listen();
        final TcpSocket socket = connect();
        final TcpSocket accepted = listener.accept();
        final CountDownLatch woken = new CountDownLatch(3);
        thread(() ->
        {
            assertThrows(SocketException.class, () -> socket.read(ByteBuffer.allocate(1)));
            woken.countDown();
        });
        thread(() ->
        {
            // Nobody reads at the other end: this fills both buffers and blocks.
            assertThrows(SocketException.class, () -> socket.write(ByteBuffer.allocate(64 << 20)));
            woken.countDown();
        });
        thread(() ->
        {
            assertThrows(IOException.class, listener::accept);
            woken.countDown();
        });
        Thread.sleep(300);
        assertEquals(3, woken.getCount());
        socket.close();
        listener.close();
        woken.await();
        accepted.abort();
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void aResetWakesWhoeverIsBlocked(final RunMode mode) throws Exception
    {
        start(mode);
        try (TcpServerSocket listener = listen(); TcpSocket socket = connect())
        {
            final TcpSocket accepted = listener.accept();
            final CountDownLatch woken = new CountDownLatch(2);
            thread(() ->
            {
                final SocketException ex =
                    assertThrows(SocketException.class, () -> socket.read(ByteBuffer.allocate(1)));
                assertTrue(ex.getMessage().contains("reset"), ex::getMessage);
                woken.countDown();
            });
            thread(() ->
            {
                assertThrows(SocketException.class, () -> socket.write(ByteBuffer.allocate(64 << 20)));
                woken.countDown();
            });
            Thread.sleep(200);
            accepted.abort();
            woken.await();
        }
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void anInterruptEndsAWait(final RunMode mode) throws Exception
    {
        start(mode);
        try (TcpServerSocket listener = listen(); TcpSocket socket = connect(); TcpSocket accepted = listener.accept())
        {
            final Thread reader = thread(() ->
            {
                assertThrows(InterruptedIOException.class, () -> socket.read(ByteBuffer.allocate(1)));
                assertTrue(Thread.interrupted());
            });
            Thread.sleep(100);
            reader.interrupt();
            reader.join();
            // The connection lives on.
            accepted.write(ByteBuffer.wrap(new byte[]{ 1 }));
            assertEquals(1, socket.read(ByteBuffer.allocate(1)));
        }
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void closingTheProcessWakesWhoeverIsBlocked(final RunMode mode) throws Exception
    {
        start(mode);
        final TcpServerSocket listener = listen();
        final TcpSocket socket = connect();
        listener.accept();
        final Thread reader = thread(
            () -> assertThrows(SocketException.class, () -> socket.read(ByteBuffer.allocate(1))));
        final Thread acceptor = thread(() -> assertThrows(IOException.class, listener::accept));
        Thread.sleep(100);
        server.close();
        client.close();
        reader.join();
        acceptor.join();
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void losesNoWakeUpUnderManyThreads(final RunMode mode) throws Exception
    {
        start(mode);
        try (TcpServerSocket listener = listen())
        {
            final int connections = 12;
            final int rounds = 400;
            thread(() ->
            {
                for (int i = 0; i < connections; i++)
                {
                    final TcpSocket accepted = listener.accept();
                    thread(() -> echo(accepted));
                }
            });
            final CountDownLatch done = new CountDownLatch(connections);
            for (int i = 0; i < connections; i++)
            {
                final int id = i;
                thread(() ->
                {
                    final SplittableRandom random = new SplittableRandom(id);
                    try (TcpSocket socket = connect())
                    {
                        final ByteBuffer out = ByteBuffer.allocateDirect(20_000);
                        final ByteBuffer in = ByteBuffer.allocateDirect(20_000);
                        for (int round = 0; round < rounds; round++)
                        {
                            final int length = random.nextInt(8) == 0 ? 20_000 : random.nextInt(1, 200);
                            out.clear().limit(length);
                            fill(out, round);
                            socket.write(out);
                            in.clear().limit(length);
                            while (in.hasRemaining())
                            {
                                assertTrue(socket.read(in) > 0);
                            }
                            check(in, round);
                        }
                    }
                    finally
                    {
                        done.countDown();
                    }
                });
            }
            done.await();
            // The echoing side reads the end of each stream before the processes, and with them what is unread, go.
            for (final Thread thread : threads)
            {
                thread.join(10_000);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void opensAndClosesManyConnections(final RunMode mode) throws Exception
    {
        start(mode);
        try (TcpServerSocket listener = listen())
        {
            final int count = 500;
            thread(() ->
            {
                for (int i = 0; i < count; i++)
                {
                    echo(listener.accept());
                }
            });
            final ByteBuffer one = ByteBuffer.allocate(1);
            for (int i = 0; i < count; i++)
            {
                final TcpSocket socket = connect();
                one.clear().put(0, (byte)i);
                socket.write(one);
                socket.shutdownOutput();
                one.clear();
                assertEquals(1, socket.read(one));
                assertEquals((byte)i, one.get(0));
                assertEquals(-1, socket.read(ByteBuffer.allocate(1)));
                socket.close();
            }
        }
        for (int i = 0; i < 100 && open(server) > 0; i++)
        {
            Thread.sleep(20);
        }
        // Whoever closed first waits in TIME_WAIT, the other has forgotten; neither keeps memory.
        assertEquals(0, open(server));
        assertEquals(0, open(client));
        assertEquals(0, client.exclusively(() -> client.stack().smallChunks().inUse()));
        assertEquals(0, server.exclusively(() -> server.stack().smallChunks().inUse()));
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void lingersUntilThePeerHasEverything(final RunMode mode) throws Exception
    {
        start(mode);
        try (TcpServerSocket listener = listen())
        {
            final int[] received = new int[1];
            final Thread reader = thread(() ->
            {
                final ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
                try (TcpSocket socket = listener.accept())
                {
                    Thread.sleep(200);
                    for (int n = socket.read(buffer); n >= 0; n = socket.read(buffer.clear()))
                    {
                        received[0] += n;
                    }
                }
            });
            final TcpSocket socket = connect();
            socket.linger(Duration.ofSeconds(20));
            socket.write(ByteBuffer.allocate(1 << 20));
            final Connection connection = socket.connection();
            socket.close();
            assertEquals(0, connection.unacknowledged());
            assertTrue(connection.state() != TcpState.ESTABLISHED && connection.state() != TcpState.FIN_WAIT_1);
            reader.join(10_000);
            assertEquals(1 << 20, received[0]);
        }
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void resetsWhenToldNotToLinger(final RunMode mode) throws Exception
    {
        start(mode);
        try (TcpServerSocket listener = listen())
        {
            final TcpSocket socket = connect();
            socket.linger(Duration.ZERO);
            final TcpSocket accepted = listener.accept();
            socket.close();
            assertThrows(SocketException.class, () -> accepted.read(ByteBuffer.allocate(1)));
            accepted.close();
        }
    }

    /** Connections that are neither over nor in TIME_WAIT. */
    private static int open(final IpProcess process)
    {
        return process.exclusively(() ->
        {
            final int[] count = new int[1];
            process.stack().tcp().forEachConnection(
                c -> count[0] += c.state() == io.pnet.tcp.TcpState.TIME_WAIT ? 0 : 1);
            return count[0];
        });
    }

    @ParameterizedTest
    @EnumSource(names = { "SHARED", "OWN_THREAD" })
    void anIdleProcessUsesNoProcessor(final RunMode mode) throws Exception
    {
        start(mode);
        try (TcpServerSocket listener = listen(); TcpSocket socket = connect(); TcpSocket accepted = listener.accept())
        {
            // One that waits for ever, as idle servers do.
            final Thread reader = thread(
                () -> assertThrows(SocketException.class, () -> accepted.read(ByteBuffer.allocate(1))));
            Thread.sleep(500);
            final ThreadMXBean bean = ManagementFactory.getThreadMXBean();
            final long beforeNs = processorNs(bean);
            Thread.sleep(2_000);
            final long usedNs = processorNs(bean) - beforeNs;
            assertTrue(usedNs < 40_000_000, () -> "used " + usedNs / 1_000_000 + " ms of 2 s");
            socket.abort();
            reader.join();
        }
    }

    /** What the stacks' threads and the waiting one have used. */
    private long processorNs(final ThreadMXBean bean)
    {
        long sum = 0;
        for (final Thread thread : Thread.getAllStackTraces().keySet())
        {
            if (thread.getName().startsWith("pnet-") || threads.contains(thread))
            {
                sum += Math.max(0, bean.getThreadCpuTime(thread.getId()));
            }
        }
        return sum;
    }
}
