package io.pnet.nio;

import io.pnet.stack.IpProcess;
import io.pnet.stack.Stack;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Clients that write, read, half close, reset, and are interrupted and closed by others at any moment, against a server
 * with a selector and one with threads, on Pnet and on the kernel's loopback: bytes that arrive are the right ones, and
 * nothing is left behind: no connection, buffer, key, thread or descriptor. Runs for {@code -Dpnet.soak.seconds}, 3
 * unless told, from {@code -Dpnet.soak.seed}.
 */
@Timeout(1_200)
final class ChannelSoakTest
{
    private static final int CLIENTS = 8;
    private static final int LOOPBACK_FRACTION = 4;

    private final long seed = Long.getLong("pnet.soak.seed", System.nanoTime());
    private volatile long endNs;
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Thread> handlers = new ConcurrentLinkedQueue<>();
    private final AtomicLong completed = new AtomicLong();
    private final AtomicLong disturbed = new AtomicLong();

    private interface Body
    {
        void run() throws Exception;
    }

    private Thread start(final Body body)
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
        thread.start();
        return thread;
    }

    private boolean isOver()
    {
        return System.nanoTime() - endNs >= 0 || !failures.isEmpty();
    }

    @Test
    void nothingIsLeftBehind() throws Exception
    {
        // What is opened once and kept: the classes of selectors, and the JVM's own.
        soak(System.nanoTime() + 500_000_000L);
        final long before = descriptors();
        soak(System.nanoTime() + Long.getLong("pnet.soak.seconds", 3) * 1_000_000_000L);
        assertTrue(completed.get() > 0 && disturbed.get() > 0, completed + " completed, " + disturbed);
        assertEquals(before, descriptors(), "descriptors");
    }

    private static long descriptors() throws IOException
    {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd")))
        {
            return open.count();
        }
    }

    private void soak(final long untilNs) throws Exception
    {
        endNs = untilNs;
        try (TwoProcesses processes = new TwoProcesses())
        {
            final Selector selector = processes.serverProvider().openSelector();
            final ServerSocketChannel selected = listen(processes);
            final ServerSocketChannel threaded = listen(processes);
            final int[] ports = {port(selected), port(threaded)};
            selected.configureBlocking(false);
            selected.register(selector, SelectionKey.OP_ACCEPT);
            final Thread selecting = start(() -> serveSelected(selector));
            final Thread accepting = start(() -> serveThreaded(threaded));
            final List<Client> clients = new ArrayList<>();
            final List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++)
            {
                final Client client = new Client(processes, ports, new SplittableRandom(seed + i));
                clients.add(client);
                threads.add(start(client::run));
            }
            final Thread disturbing = start(() -> disturb(clients, threads));
            disturbing.join();
            for (final Thread thread : threads)
            {
                join(thread);
            }
            threaded.close();
            selected.close();
            selector.wakeup();
            join(accepting);
            join(selecting);
            for (final Thread handler : handlers)
            {
                join(handler);
            }
            // Those that are over leave the selector when it looks next.
            selector.selectNow();
            assertEquals(List.of(), List.copyOf(failures), "seed " + seed);
            assertEquals(0, selector.keys().size());
            selector.close();
            awaitEmpty(processes.client);
            awaitEmpty(processes.server);
        }
    }

    private static ServerSocketChannel listen(final TwoProcesses processes) throws IOException
    {
        return processes.serverProvider().openServerSocketChannel().bind(new InetSocketAddress(0));
    }

    private static int port(final ServerSocketChannel server) throws IOException
    {
        return ((InetSocketAddress)server.getLocalAddress()).getPort();
    }

    private static void join(final Thread thread) throws InterruptedException
    {
        thread.join(30_000);
        assertTrue(!thread.isAlive(), () -> "still runs: " + List.of(thread.getStackTrace()));
    }

    private static void awaitEmpty(final IpProcess process) throws InterruptedException
    {
        final Stack stack = process.stack();
        final BooleanSupplier isEmpty = () -> process.exclusively(() ->
            stack.tcp().connectionCount() - stack.tcp().timeWaitCount() == 0 &&
            stack.largeChunks().inUse() + stack.sendChunks().inUse() + stack.smallChunks().inUse() == 0);
        for (int i = 0; i < 1_000 && !isEmpty.getAsBoolean(); i++)
        {
            Thread.sleep(10);
        }
        final List<String> left = new ArrayList<>();
        process.exclusively(() ->
        {
            left.add(stack.largeChunks().inUse() + " large chunks, " + stack.sendChunks().inUse() + " of senders, " +
                stack.smallChunks().inUse() + " small");
            stack.tcp().forEachConnection(c -> left.add(c.toString()));
            return null;
        });
        assertTrue(isEmpty.getAsBoolean(), () -> "left: " + left);
    }

    // ---- the servers: both echo

    private void serveSelected(final Selector selector) throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(16 << 10);
        while (!isOver() || selector.keys().size() > 0)
        {
            selector.select(key ->
            {
                try
                {
                    if (key.isAcceptable())
                    {
                        final SocketChannel channel = ((ServerSocketChannel)key.channel()).accept();
                        if (channel != null)
                        {
                            channel.configureBlocking(false);
                            channel.register(selector, SelectionKey.OP_READ, ByteBuffer.allocate(16 << 10).limit(0));
                        }
                    }
                    else
                    {
                        echo(key, (ByteBuffer)key.attachment());
                    }
                }
                catch (final IOException | RuntimeException ex)
                {
                    closeQuietly(key.channel());
                }
            }, 100);
        }
        buffer.clear();
    }

    /** Reads when it has written all, and writes when there is room. */
    private static void echo(final SelectionKey key, final ByteBuffer pending) throws IOException
    {
        final SocketChannel channel = (SocketChannel)key.channel();
        if (!pending.hasRemaining())
        {
            pending.clear();
            final int n = channel.read(pending);
            pending.flip();
            if (n < 0)
            {
                channel.close();
                return;
            }
        }
        channel.write(pending);
        key.interestOps(pending.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }

    private void serveThreaded(final ServerSocketChannel server)
    {
        while (server.isOpen())
        {
            try
            {
                final SocketChannel channel = server.accept();
                handlers.add(start(() -> echo(channel)));
                handlers.removeIf(each -> !each.isAlive());
            }
            catch (final IOException ex)
            {
                if (server.isOpen())
                {
                    failures.add(ex);
                }
                return;
            }
        }
    }

    private static void echo(final SocketChannel channel)
    {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(16 << 10);
        try (channel)
        {
            while (channel.read(buffer.clear()) >= 0)
            {
                channel.write(buffer.flip());
            }
        }
        catch (final IOException ex)
        {
            // The client was disturbed.
            return;
        }
    }

    private static void closeQuietly(final AutoCloseable channel)
    {
        try
        {
            channel.close();
        }
        catch (final Exception ex)
        {
            throw new IllegalStateException(ex);
        }
    }

    // ---- the clients, and who disturbs them

    private void disturb(final List<Client> clients, final List<Thread> threads) throws InterruptedException
    {
        final SplittableRandom random = new SplittableRandom(seed - 1);
        while (!isOver())
        {
            Thread.sleep(random.nextInt(8));
            final int i = random.nextInt(CLIENTS);
            final SocketChannel channel = clients.get(i).channel;
            if (random.nextBoolean())
            {
                threads.get(i).interrupt();
            }
            else if (channel != null)
            {
                closeQuietly(channel);
            }
        }
    }

    private final class Client
    {
        private final TwoProcesses processes;
        private final int[] ports;
        private final SplittableRandom random;
        private volatile SocketChannel channel;

        Client(final TwoProcesses processes, final int[] ports, final SplittableRandom random)
        {
            this.processes = processes;
            this.ports = ports;
            this.random = random;
        }

        void run()
        {
            while (!isOver())
            {
                Thread.interrupted();
                try
                {
                    channel = processes.clientProvider().openSocketChannel();
                    channel.connect(new InetSocketAddress(
                        random.nextInt(LOOPBACK_FRACTION) == 0 ? "127.0.0.1" : TwoProcesses.SERVER,
                        ports[random.nextInt(ports.length)]));
                    talk(channel);
                    completed.incrementAndGet();
                }
                catch (final IOException ex)
                {
                    if (channel.isOpen())
                    {
                        failures.add(ex);
                    }
                    disturbed.incrementAndGet();
                }
                finally
                {
                    closeQuietly(channel);
                }
            }
        }

        private void talk(final SocketChannel channel) throws IOException
        {
            for (int round = random.nextInt(20); round >= 0; round--)
            {
                final int length = 1 + random.nextInt(1 << random.nextInt(17));
                final ByteBuffer out = ByteBuffer.allocate(length);
                final byte first = (byte)random.nextInt();
                for (int i = 0; i < length; i++)
                {
                    out.put((byte)(first + i * 7));
                }
                channel.write(out.flip());
                final ByteBuffer in = ByteBuffer.allocate(length);
                while (in.hasRemaining())
                {
                    if (channel.read(in) < 0)
                    {
                        throw new IOException("ended early");
                    }
                }
                for (int i = 0; i < length; i++)
                {
                    assertEquals((byte)(first + i * 7), in.get(i), "byte " + i);
                }
            }
            switch (random.nextInt(4))
            {
                case 0 ->
                {
                    channel.shutdownOutput();
                    assertEquals(-1, channel.read(ByteBuffer.allocate(1)));
                }
                case 1 -> channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                case 2 -> channel.write(ByteBuffer.allocate(1_000));
                default ->
                {
                    channel.shutdownInput();
                    channel.write(ByteBuffer.allocate(100_000));
                }
            }
        }
    }
}
