package io.pnet.nio;

import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.stack.IpProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Connections that are opened, used and ended in every way, blocking and through selectors, while threads are
 * interrupted and channels closed under them at random: what comes back is what was sent, and in the end no buffer,
 * key, descriptor, thread or connection is left. {@code ci/soak --nio MINUTES} runs it for long.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS)
@SuppressWarnings("try")
final class SelectorSoakTest
{
    private static final long MINUTES = Long.getLong("pnet.nio.minutes", 0);
    private static final long DURATION_NS = MINUTES > 0 ? MINUTES * 60_000_000_000L : 3_000_000_000L;
    private static final long SEED = Long.getLong("pnet.nio.seed", 1);
    private static final int CLIENTS = 6;
    private static final int LOOPS = 3;
    private static final long PATIENCE_NS = 20_000_000_000L;

    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicReferenceArray<SocketChannel> open = new AtomicReferenceArray<>(CLIENTS);
    private final AtomicLong exchanges = new AtomicLong();
    private final AtomicLong broken = new AtomicLong();
    private volatile boolean isOver;

    @Test
    void nothingIsLeftAfterInterruptsAndCloses() throws Exception
    {
        // Once for what the JVM opens and keeps, then what counts.
        soak(500_000_000L);
        final int descriptors = descriptors();
        final int threads = Thread.activeCount();
        soak(DURATION_NS);
        assertTrue(exchanges.get() > 0 && broken.get() > 0, () -> exchanges + " exchanges, " + broken + " broken");
        await(() -> descriptors() <= descriptors, () -> descriptors() + " descriptors, before " + descriptors);
        await(() -> Thread.activeCount() <= threads, () -> Thread.activeCount() + " threads, before " + threads);
    }

    private void soak(final long durationNs) throws Exception
    {
        isOver = false;
        try (TwoProcesses processes = new TwoProcesses();
            EchoLoops server = new EchoLoops(
                processes.serverProvider(), new InetSocketAddress(TwoProcesses.SERVER, 7), 256, LOOPS))
        {
            final List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++)
            {
                final int index = i;
                final SplittableRandom random = new SplittableRandom(SEED * CLIENTS + i);
                final Thread client = new Thread(() -> run(index, random, processes.clientProvider(), server));
                clients.add(client);
                client.start();
            }
            disturb(clients, server, durationNs);
            for (final Thread client : clients)
            {
                client.join(PATIENCE_NS / 1_000_000);
                assertTrue(!client.isAlive(), () -> client + " still runs; seed " + SEED);
            }
            assertTrue(failures.isEmpty(), () -> "seed " + SEED + ": " + failures);
            assertTrue(server.failures.isEmpty(), () -> "seed " + SEED + ": " + server.failures);
            final long deadlineNs = System.nanoTime() + PATIENCE_NS;
            server.awaitKeys(1, deadlineNs);
            awaitNoConnection(processes.server, deadlineNs);
            awaitNoConnection(processes.client, deadlineNs);
            assertEquals(0, chunks(processes.server), "chunks of the server; seed " + SEED);
            assertEquals(0, chunks(processes.client), "chunks of the client; seed " + SEED);
        }
    }

    /** Interrupts threads and closes channels at random. */
    private void disturb(final List<Thread> clients, final EchoLoops server, final long durationNs) throws Exception
    {
        final SplittableRandom random = new SplittableRandom(SEED);
        final long endNs = System.nanoTime() + durationNs;
        while (System.nanoTime() < endNs && failures.isEmpty())
        {
            TimeUnit.MICROSECONDS.sleep(random.nextInt(5_000));
            final int index = random.nextInt(CLIENTS);
            switch (random.nextInt(3))
            {
                case 0 -> clients.get(index).interrupt();
                case 1 -> server.thread(index).interrupt();
                default ->
                {
                    final SocketChannel channel = open.get(index);
                    if (channel != null)
                    {
                        channel.close();
                    }
                }
            }
        }
        isOver = true;
    }

    private void run(
        final int index, final SplittableRandom random, final PnetSelectorProvider provider, final EchoLoops server)
    {
        try (Selector selector = provider.openSelector())
        {
            final SocketAddress address = server.address();
            while (!isOver)
            {
                Thread.interrupted();
                try (SocketChannel channel = provider.openSocketChannel())
                {
                    open.set(index, channel);
                    connection(channel, address, random, selector);
                    exchanges.incrementAndGet();
                }
                catch (final IOException | java.nio.channels.CancelledKeyException ex)
                {
                    // Closed or interrupted under us, as intended.
                    broken.incrementAndGet();
                }
                finally
                {
                    open.set(index, null);
                }
            }
            selector.selectNow();
            assertEquals(0, selector.keys().size());
        }
        catch (final Throwable ex)
        {
            failures.add(ex);
        }
    }

    private void connection(
        final SocketChannel channel,
        final SocketAddress address,
        final SplittableRandom random,
        final Selector selector) throws IOException
    {
        channel.connect(address);
        SelectionKey key = null;
        if (random.nextBoolean())
        {
            channel.configureBlocking(false);
            key = channel.register(selector, SelectionKey.OP_READ);
        }
        final int messages = random.nextInt(10);
        for (int i = 0; i < messages; i++)
        {
            final int length = 1 + random.nextInt(random.nextInt(8) == 0 ? 200_000 : 2_000);
            exchange(channel, length, (byte)random.nextInt(), key);
        }
        switch (random.nextInt(3))
        {
            case 0 -> channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            case 1 -> channel.shutdownOutput();
            default -> channel.setOption(StandardSocketOptions.SO_LINGER, -1);
        }
    }

    /** Sends bytes that count up from the first, and gets them back; without a key the channel blocks. */
    private static void exchange(
        final SocketChannel channel, final int length, final byte first, final SelectionKey key) throws IOException
    {
        final ByteBuffer out = ByteBuffer.allocate(length);
        for (int i = 0; i < length; i++)
        {
            out.put(i, (byte)(first + i));
        }
        final ByteBuffer in = ByteBuffer.allocate(length);
        while (in.hasRemaining())
        {
            if (out.hasRemaining())
            {
                channel.write(out.limit(Math.min(length, out.position() + 10_000)));
                out.limit(length);
            }
            if (key != null)
            {
                key.interestOps(SelectionKey.OP_READ | (out.hasRemaining() ? SelectionKey.OP_WRITE : 0));
                key.selector().select();
                key.selector().selectedKeys().clear();
            }
            if (channel.read(in) < 0)
            {
                throw new IOException("ended early");
            }
            if (Thread.currentThread().isInterrupted() && key != null)
            {
                throw new IOException("interrupted");
            }
        }
        for (int i = 0; i < length; i++)
        {
            if (in.get(i) != (byte)(first + i))
            {
                throw new AssertionError("byte " + i + " of " + length + " is wrong");
            }
        }
    }

    private static void awaitNoConnection(final IpProcess process, final long deadlineNs) throws Exception
    {
        // Those in TIME-WAIT have no buffers and no channel.
        while (connections(process) > 0 && System.nanoTime() < deadlineNs)
        {
            Thread.sleep(5);
        }
        final List<IpAddress> addresses = process.addresses();
        assertEquals(
            0,
            connections(process),
            () -> "connections of " + addresses + "; seed " + SEED + ", frames dropped " +
                process.counters().get(Counter.LINK_TX_DROPPED));
    }

    private static int connections(final IpProcess process)
    {
        return process.exclusively(
            () -> process.stack().tcp().connectionCount() - process.stack().tcp().timeWaitCount());
    }

    private static int chunks(final IpProcess process)
    {
        return process.exclusively(() -> process.stack().largeChunks().inUse() +
            process.stack().sendChunks().inUse() + process.stack().smallChunks().inUse());
    }

    private static int descriptors()
    {
        return new File("/proc/self/fd").list().length;
    }

    private static void await(
        final java.util.function.BooleanSupplier condition, final java.util.function.Supplier<String> otherwise)
        throws InterruptedException
    {
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean())
        {
            assertTrue(System.nanoTime() < deadlineNs, otherwise);
            Thread.sleep(5);
        }
    }
}
