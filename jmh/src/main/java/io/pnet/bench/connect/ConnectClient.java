package io.pnet.bench.connect;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/**
 * Opens connections, has a byte sent back over each and sees it end, so many at a time, as fast as it can; one thread,
 * one selector.
 *
 * <pre>ConnectClient ADDRESS PORT SERVER_CLOSES|CLIENT_RESETS AT-A-TIME SECONDS WARM-UP-SECONDS</pre>
 *
 * Prints how many a second were opened, used and closed, how long each took, and how many failed.
 */
public final class ConnectClient
{
    private final InetSocketAddress server;
    private final Ending ending;
    private final Selector selector = Selector.open();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64);
    private long[] latencies = new long[1 << 16];
    private int done;
    private int failed;
    private IOException failure;

    private ConnectClient(final InetSocketAddress server, final Ending ending) throws IOException
    {
        this.server = server;
        this.ending = ending;
    }

    /** Runs. */
    public static void main(final String[] arguments) throws IOException
    {
        if (arguments.length != 6)
        {
            System.err.println(
                "usage: ConnectClient ADDRESS PORT SERVER_CLOSES|CLIENT_RESETS AT-A-TIME SECONDS WARM-UP-SECONDS");
            System.exit(2);
        }
        final ConnectClient client = new ConnectClient(
            new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])), Ending.valueOf(arguments[2]));
        for (int i = 0; i < Integer.parseInt(arguments[3]); i++)
        {
            client.open();
        }
        client.run(Integer.parseInt(arguments[5]));
        client.done = 0;
        client.failed = 0;
        client.report(client.run(Integer.parseInt(arguments[4])));
        // The connections that are open now go with the process.
        System.exit(0);
    }

    /** Returns how long it took, in seconds. */
    private double run(final int seconds) throws IOException
    {
        final long startNs = System.nanoTime();
        final long durationNs = seconds * 1_000_000_000L;
        while (System.nanoTime() - startNs < durationNs)
        {
            selector.select(this::onReady, 100);
        }
        return (System.nanoTime() - startNs) / 1e9;
    }

    private void open() throws IOException
    {
        final long startNs = System.nanoTime();
        final SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        if (ending == Ending.CLIENT_RESETS)
        {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        channel.connect(server);
        channel.register(selector, SelectionKey.OP_CONNECT, startNs);
    }

    private void onReady(final SelectionKey key)
    {
        final SocketChannel channel = (SocketChannel)key.channel();
        try
        {
            if (key.isConnectable())
            {
                channel.finishConnect();
                key.interestOps(SelectionKey.OP_READ);
                channel.write(buffer.clear().limit(1));
                return;
            }
            final int n = channel.read(buffer.clear());
            if (n == 0 || n > 0 && ending == Ending.SERVER_CLOSES)
            {
                return;
            }
            channel.close();
            if (done == latencies.length)
            {
                latencies = Arrays.copyOf(latencies, done * 2);
            }
            latencies[done++] = System.nanoTime() - (Long)key.attachment();
        }
        catch (final IOException ex)
        {
            fail(channel, ex);
        }
        again();
    }

    private void again()
    {
        try
        {
            open();
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException("cannot open another connection", ex);
        }
    }

    private void fail(final SocketChannel channel, final IOException cause)
    {
        failed++;
        failure = cause;
        try
        {
            channel.close();
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException("a channel does not close", ex);
        }
    }

    private void report(final double seconds)
    {
        final long[] sorted = Arrays.copyOf(latencies, done);
        Arrays.sort(sorted);
        System.out.printf(
            "{\"per_second\": %.0f, \"p50_us\": %.0f, \"p99_us\": %.0f, \"failed\": %d}%n",
            done / seconds,
            done == 0 ? -1 : sorted[done / 2] / 1e3,
            done == 0 ? -1 : sorted[(int)(done * 0.99)] / 1e3,
            failed);
        if (failure != null)
        {
            System.err.println("the last one that failed: " + failure);
        }
    }
}
