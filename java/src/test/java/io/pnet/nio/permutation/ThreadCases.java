package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Many threads on the same channels, and virtual ones. */
class ThreadCases extends Permutation
{
    ThreadCases(final Pair pair)
    {
        super(pair);
    }

    private static Object echo(final SocketChannel channel) throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocate(1_000);
        while (channel.read(buffer) >= 0)
        {
            writeAll(channel, buffer.flip());
            buffer.clear();
        }
        channel.close();
        return null;
    }

    private static Object ask(final SocketChannel channel, final int times, final long seed) throws IOException
    {
        for (int i = 0; i < times; i++)
        {
            final byte[] message = bytes(1 + i % 500, seed + i);
            writeAll(channel, ByteBuffer.wrap(message));
            assertArrayEquals(message, read(channel, message.length));
        }
        channel.close();
        return null;
    }

    @Test
    void writersTakeTurns() throws Exception
    {
        final Joined joined = joined();
        final int block = 100_000;
        final List<Task<Object>> writers = new ArrayList<>();
        for (int i = 0; i < 4; i++)
        {
            final byte mark = (byte)(i + 1);
            writers.add(start(() ->
            {
                final byte[] content = new byte[block];
                Arrays.fill(content, mark);
                for (int k = 0; k < 5; k++)
                {
                    assertEquals(block, joined.client().write(ByteBuffer.wrap(content)));
                }
                return null;
            }));
        }
        for (int i = 0; i < 20; i++)
        {
            final byte[] seen = read(joined.server(), block);
            for (final byte each : seen)
            {
                assertEquals(seen[0], each);
            }
        }
        for (final Task<Object> writer : writers)
        {
            writer.get();
        }
    }

    @Test
    void readersShareWhatArrives() throws Exception
    {
        final Joined joined = joined();
        final List<Task<Long>> readers = new ArrayList<>();
        for (int i = 0; i < 4; i++)
        {
            readers.add(start(() -> drain(joined.server())));
        }
        writeAll(joined.client(), ByteBuffer.allocate(4 << 20));
        joined.client().close();
        long total = 0;
        for (final Task<Long> reader : readers)
        {
            total += reader.get();
        }
        assertEquals(4 << 20, total);
    }

    @Test
    void manyConnectionsOfManyThreads() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final List<Task<Object>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++)
        {
            final Joined joined = joined(listener);
            final int seed = i;
            all.add(start(() -> echo(joined.server())));
            all.add(start(() -> ask(joined.client(), 50, seed)));
        }
        for (final Task<Object> each : all)
        {
            each.get();
        }
    }

    @Test
    void bossAndWorkersWithSelectors() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final AtomicInteger ended = new AtomicInteger();
        final List<Selector> workers = List.of(serverSelector(), serverSelector(), serverSelector());
        final List<Task<Object>> working = new ArrayList<>();
        for (final Selector worker : workers)
        {
            working.add(start(() -> work(worker, ended, 24)));
        }
        final Task<Object> boss = start(() ->
        {
            for (int i = 0; i < 24; i++)
            {
                final SocketChannel accepted = own(listener.accept());
                accepted.configureBlocking(false);
                accepted.register(workers.get(i % workers.size()), SelectionKey.OP_READ);
                workers.get(i % workers.size()).wakeup();
            }
            return null;
        });
        final List<Task<Object>> clients = new ArrayList<>();
        for (int i = 0; i < 24; i++)
        {
            final int seed = i;
            clients.add(start(() ->
            {
                final SocketChannel client = clientChannel();
                client.connect(listener.getLocalAddress());
                return ask(client, 20, seed);
            }));
        }
        for (final Task<Object> client : clients)
        {
            client.get();
        }
        boss.get();
        while (ended.get() < 24)
        {
            Thread.sleep(1);
        }
        workers.forEach(Selector::wakeup);
        for (final Task<Object> each : working)
        {
            each.get();
        }
    }

    private static Object work(final Selector selector, final AtomicInteger ended, final int all) throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(1_000);
        while (ended.get() < all)
        {
            selector.select();
            for (final SelectionKey key : selector.selectedKeys())
            {
                final SocketChannel channel = (SocketChannel)key.channel();
                if (channel.read(buffer.clear()) < 0)
                {
                    channel.close();
                    ended.incrementAndGet();
                }
                else
                {
                    writeAll(channel, buffer.flip());
                }
            }
            selector.selectedKeys().clear();
        }
        return null;
    }

    @Test
    void oneSelectorServesManyClients() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Selector selector = serverSelector();
        final AtomicInteger ended = new AtomicInteger();
        for (int i = 0; i < 50; i++)
        {
            final Joined joined = joined(listener);
            register(joined.server(), selector, SelectionKey.OP_READ);
            final int seed = i;
            start(() -> ask(joined.client(), 10, seed));
        }
        final Task<Object> worker = start(() -> work(selector, ended, 50));
        await("fifty ends", () -> ended.get() == 50);
        selector.wakeup();
        worker.get();
    }

    @Test
    void aVirtualThreadReads() throws Exception
    {
        VirtualThreads.areNeeded();
        final Joined joined = joined();
        final Task<String> reader = startVirtual(() -> readText(joined.client(), 5));
        Thread.sleep(QUIET_MS);
        assertFalse(reader.isDone());
        write(joined.server(), "hello");
        assertEquals("hello", reader.get());
    }

    @Test
    void aVirtualThreadIsInterrupted() throws Exception
    {
        VirtualThreads.areNeeded();
        final Joined joined = joined();
        final Task<Integer> reader =
            startVirtual(() -> joined.client().read(ByteBuffer.allocate(1))).awaitBlocked();
        reader.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, reader.failure());
        assertFalse(joined.client().isOpen());
    }

    @Test
    void closeEndsAVirtualThreadsRead() throws Exception
    {
        VirtualThreads.areNeeded();
        final Joined joined = joined();
        final Task<Integer> reader =
            startVirtual(() -> joined.client().read(ByteBuffer.allocate(1))).awaitBlocked();
        joined.client().close();
        assertInstanceOf(AsynchronousCloseException.class, reader.failure());
    }

    @Test
    void aVirtualThreadsReadGivesUp() throws Exception
    {
        VirtualThreads.areNeeded();
        final Joined joined = joined();
        joined.client().socket().setSoTimeout(50);
        final InputStream in = joined.client().socket().getInputStream();
        final Task<Integer> reader = startVirtual(() -> in.read());
        assertInstanceOf(SocketTimeoutException.class, reader.failure());
    }

    @Test
    void manyVirtualThreads() throws Exception
    {
        VirtualThreads.areNeeded();
        final ServerSocketChannel listener = listen();
        final List<Task<Object>> all = new ArrayList<>();
        for (int i = 0; i < 100; i++)
        {
            final Joined joined = joined(listener);
            final int seed = i;
            all.add(startVirtual(() -> echo(joined.server())));
            all.add(startVirtual(() -> ask(joined.client(), 10, seed)));
        }
        for (final Task<Object> each : all)
        {
            each.get();
        }
    }

    @Test
    void virtualThreadsAcceptAndConnect() throws Exception
    {
        VirtualThreads.areNeeded();
        final ServerSocketChannel listener = listen();
        final Task<Object> server = startVirtual(() -> echo(own(listener.accept())));
        final Task<Object> client = startVirtual(() ->
        {
            final SocketChannel channel = clientChannel();
            channel.connect(listener.getLocalAddress());
            return ask(channel, 10, 1);
        });
        client.get();
        server.get();
    }

    @Test
    void waitingVirtualThreadsDoNotHoldCarriers() throws Exception
    {
        VirtualThreads.areNeeded();
        final ServerSocketChannel listener = listen();
        final List<Joined> waiting = new ArrayList<>();
        final List<Task<byte[]>> readers = new ArrayList<>();
        for (int i = 0; i < 10 * Runtime.getRuntime().availableProcessors(); i++)
        {
            final Joined joined = joined(listener);
            waiting.add(joined);
            readers.add(startVirtual(() -> read(joined.client(), 1)));
        }
        assertTrue(startVirtual(() -> true).get());
        for (final Joined each : waiting)
        {
            write(each.server(), "x");
        }
        for (final Task<byte[]> reader : readers)
        {
            assertEquals('x', reader.get()[0]);
        }
    }

    @Test
    void aVirtualThreadSelects() throws Exception
    {
        VirtualThreads.areNeeded();
        final Joined joined = joined();
        final Selector selector = clientSelector();
        register(joined.client(), selector, SelectionKey.OP_READ);
        final Task<Integer> waiting = startVirtual(() -> selector.select());
        Thread.sleep(QUIET_MS);
        assertFalse(waiting.isDone());
        write(joined.server(), "x");
        assertEquals(1, waiting.get());
    }

    @Test
    void aVirtualThreadReceivesDatagrams() throws Exception
    {
        VirtualThreads.areNeeded();
        final DatagramChannel server = serverDatagrams().bind(serverAny());
        final Task<Integer> receiver = startVirtual(() ->
        {
            final ByteBuffer target = ByteBuffer.allocate(10);
            server.receive(target);
            return target.position();
        });
        Thread.sleep(QUIET_MS);
        assertFalse(receiver.isDone());
        clientDatagrams().send(text("abc"), server.getLocalAddress());
        assertEquals(3, receiver.get());
    }
}
