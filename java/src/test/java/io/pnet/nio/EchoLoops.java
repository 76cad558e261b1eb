package io.pnet.nio;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An echo server as the common frameworks build one: some threads with a selector each, connections dealt out among
 * them, wake-ups to hand over what was accepted. A connection that fails or ends is closed.
 */
@SuppressWarnings("try")
final class EchoLoops implements AutoCloseable
{
    private final ServerSocketChannel server;
    private final List<Loop> loops = new ArrayList<>();
    /** What ended a loop; it is empty when all is well. */
    final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    final AtomicInteger connections = new AtomicInteger();
    private volatile boolean isClosed;

    EchoLoops(final SelectorProvider provider, final SocketAddress address, final int backlog, final int count)
        throws IOException
    {
        server = provider.openServerSocketChannel();
        server.bind(address, backlog);
        server.configureBlocking(false);
        for (int i = 0; i < count; i++)
        {
            loops.add(new Loop(provider.openSelector(), i));
        }
        server.register(loops.get(0).selector, SelectionKey.OP_ACCEPT);
        loops.forEach(Thread::start);
    }

    SocketAddress address() throws IOException
    {
        return server.getLocalAddress();
    }

    Thread thread(final int index)
    {
        return loops.get(index % loops.size());
    }

    /** Keys of all loops, the listener's included. */
    int keys()
    {
        return loops.stream().mapToInt(each -> each.selector.wakeup().keys().size()).sum();
    }

    /** Waits until the loops have no more keys than that: cancelled ones go with the next selection. */
    void awaitKeys(final int count, final long deadlineNs) throws InterruptedException
    {
        while (keys() > count)
        {
            if (System.nanoTime() > deadlineNs)
            {
                throw new AssertionError(keys() + " keys are left, not " + count);
            }
            Thread.sleep(1);
        }
    }

    @Override
    public void close() throws IOException, InterruptedException
    {
        isClosed = true;
        server.close();
        for (final Loop loop : loops)
        {
            loop.selector.wakeup();
            loop.join(10_000);
            if (loop.isAlive())
            {
                throw new AssertionError(loop + " still runs");
            }
            for (final SelectionKey key : loop.selector.keys())
            {
                key.channel().close();
            }
            loop.selector.close();
        }
    }

    /** One thread with a selector. */
    private final class Loop extends Thread
    {
        private final Selector selector;
        private final int index;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(16 << 10);
        private final ConcurrentLinkedQueue<SocketChannel> arrivals = new ConcurrentLinkedQueue<>();
        private int dealt;

        Loop(final Selector selector, final int index)
        {
            super("echo-" + index);
            this.selector = selector;
            this.index = index;
            setDaemon(true);
        }

        @Override
        public void run()
        {
            try
            {
                while (!isClosed)
                {
                    selector.select(this::serve);
                    // The soak interrupts loops: that ends a selection and nothing else.
                    Thread.interrupted();
                    for (SocketChannel each = arrivals.poll(); each != null; each = arrivals.poll())
                    {
                        register(each);
                    }
                }
            }
            catch (final Throwable ex)
            {
                failures.add(ex);
            }
        }

        private void register(final SocketChannel channel) throws IOException
        {
            try
            {
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ);
                connections.incrementAndGet();
            }
            catch (final ClosedChannelException ex)
            {
                channel.close();
            }
        }

        private void serve(final SelectionKey key)
        {
            try
            {
                if (key.isAcceptable())
                {
                    accept();
                }
                else
                {
                    echo(key, (SocketChannel)key.channel());
                }
            }
            catch (final IOException | CancelledKeyException ex)
            {
                end(key);
            }
        }

        private void accept() throws IOException
        {
            SocketChannel accepted = accepted();
            while (accepted != null)
            {
                final Loop loop = loops.get(dealt++ % loops.size());
                loop.arrivals.add(accepted);
                if (loop != this)
                {
                    loop.selector.wakeup();
                }
                accepted = accepted();
            }
        }

        private SocketChannel accepted() throws IOException
        {
            try
            {
                return server.accept();
            }
            catch (final ClosedChannelException ex)
            {
                return null;
            }
        }

        private void echo(final SelectionKey key, final SocketChannel channel) throws IOException
        {
            ByteBuffer pending = (ByteBuffer)key.attachment();
            if (pending == null)
            {
                buffer.clear();
                if (channel.read(buffer) < 0)
                {
                    end(key);
                    return;
                }
                buffer.flip();
                channel.write(buffer);
                if (buffer.hasRemaining())
                {
                    pending = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
                    key.attach(pending);
                    key.interestOps(SelectionKey.OP_WRITE);
                }
            }
            else
            {
                channel.write(pending);
                if (!pending.hasRemaining())
                {
                    key.attach(null);
                    key.interestOps(SelectionKey.OP_READ);
                }
            }
        }

        private void end(final SelectionKey key)
        {
            try
            {
                if (key.channel().isOpen())
                {
                    connections.decrementAndGet();
                    key.channel().close();
                }
            }
            catch (final IOException ex)
            {
                failures.add(ex);
            }
        }

        @Override
        public String toString()
        {
            return "echo loop " + index;
        }
    }
}
