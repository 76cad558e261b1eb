package io.pnet.nio;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Arrays;

/** Many connections on one selector, each of which sends a message, and the next one when it has it back. */
final class EchoClients implements AutoCloseable
{
    private static final int BURST = 256;

    private final Selector selector;
    private final Client[] clients;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(4 << 10);
    private final int messageBytes;
    private long[] latenciesNs = new long[1 << 16];
    private int rounds;
    private int connected;
    private boolean isOver;

    EchoClients(final SelectorProvider provider, final int count, final int messageBytes) throws IOException
    {
        selector = provider.openSelector();
        clients = new Client[count];
        this.messageBytes = messageBytes;
        for (int i = 0; i < count; i++)
        {
            clients[i] = new Client(provider.openSocketChannel());
        }
    }

    /** Connects all, so many at a time. */
    void connect(final SocketAddress address, final int atOnce, final long patienceNs) throws IOException
    {
        final long deadlineNs = System.nanoTime() + patienceNs;
        int begun = 0;
        while (connected < clients.length)
        {
            for (; begun < clients.length && begun - connected < atOnce; begun++)
            {
                clients[begun].connect(address);
            }
            selector.select(this::serve, 1000);
            ensure(System.nanoTime() < deadlineNs, connected + " of " + clients.length + " connected in time");
        }
    }

    /** Sends a message on each connection at a time, until time is up and all are back; round trips done. */
    int run(final long durationNs, final long patienceNs) throws IOException
    {
        rounds = 0;
        final long startNs = System.nanoTime();
        for (int i = 0; i < clients.length; i++)
        {
            clients[i].send();
            if (i % BURST == BURST - 1)
            {
                // More at once than the pipe takes would be a test of retransmissions.
                selector.selectNow(this::serve);
            }
        }
        int left = clients.length;
        while (left > 0)
        {
            selector.select(this::serve, 1000);
            final long nowNs = System.nanoTime();
            ensure(nowNs < startNs + durationNs + patienceNs, left + " messages are not back");
            if (nowNs - startNs > durationNs)
            {
                isOver = true;
                left = (int)Arrays.stream(clients).filter(each -> each.isWaiting).count();
            }
        }
        isOver = false;
        return rounds;
    }

    /** Of the last run. */
    long latencyNs(final double quantile)
    {
        final int count = Math.min(rounds, latenciesNs.length);
        final long[] sorted = Arrays.copyOf(latenciesNs, count);
        Arrays.sort(sorted);
        return sorted[(int)Math.min(count - 1, (long)(quantile * count))];
    }

    /** Closes some of the connections. */
    void close(final int from, final int to) throws IOException
    {
        for (int i = from; i < to; i++)
        {
            clients[i].channel.close();
        }
        selector.selectNow();
    }

    int keys()
    {
        return selector.keys().size();
    }

    private void serve(final SelectionKey key)
    {
        try
        {
            ((Client)key.attachment()).serve(key);
        }
        catch (final IOException ex)
        {
            throw new AssertionError("a connection failed", ex);
        }
    }

    private static void ensure(final boolean condition, final String otherwise)
    {
        if (!condition)
        {
            throw new AssertionError(otherwise);
        }
    }

    @Override
    public void close() throws IOException
    {
        if (selector.isOpen())
        {
            close(0, clients.length);
            selector.close();
        }
    }

    private final class Client
    {
        private final SocketChannel channel;
        private int received;
        private long sentNs;
        private boolean isWaiting;

        Client(final SocketChannel channel)
        {
            this.channel = channel;
        }

        void connect(final SocketAddress address) throws IOException
        {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_CONNECT, this);
            if (channel.connect(address))
            {
                connected(channel.keyFor(selector));
            }
        }

        private void connected(final SelectionKey key)
        {
            connected++;
            key.interestOps(SelectionKey.OP_READ);
        }

        void send() throws IOException
        {
            buffer.clear().limit(messageBytes);
            isWaiting = true;
            received = 0;
            sentNs = System.nanoTime();
            ensure(channel.write(buffer) == messageBytes, "a small message goes at once");
        }

        void serve(final SelectionKey key) throws IOException
        {
            if (key.isConnectable())
            {
                ensure(channel.finishConnect(), "connected");
                connected(key);
                return;
            }
            buffer.clear();
            final int n = channel.read(buffer);
            ensure(n >= 0 && received + n <= messageBytes, "the peer echoes what it got");
            received += n;
            if (received == messageBytes)
            {
                latenciesNs[rounds++ & latenciesNs.length - 1] = System.nanoTime() - sentNs;
                isWaiting = false;
                if (!isOver)
                {
                    send();
                }
            }
        }
    }
}
