package io.pnet.bench.flood;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The honest clients of an echo server, on the JDK's channels: one connection that runs all the time, and others that
 * come and go.
 *
 * <pre>FloodClient HOST PORT SECONDS CONNECTS-PER-SECOND</pre>
 *
 * Prints the goodput of the one, and how many of the others were connected and answered within 3 seconds.
 */
public final class FloodClient
{
    private static final int TIMEOUT_MS = 3_000;
    private static final int BLOCK = 64 << 10;

    private final InetSocketAddress server;
    private final AtomicLong echoed = new AtomicLong();
    private final AtomicBoolean isOver = new AtomicBoolean();
    private final List<Long> connectNs = Collections.synchronizedList(new ArrayList<>());

    private FloodClient(final InetSocketAddress server)
    {
        this.server = server;
    }

    /** Runs all clients. */
    public static void main(final String[] arguments) throws Exception
    {
        if (arguments.length != 4)
        {
            System.err.println("usage: FloodClient HOST PORT SECONDS CONNECTS-PER-SECOND");
            System.exit(2);
        }
        new FloodClient(new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])))
            .run(Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
    }

    private void run(final int seconds, final int perSecond) throws Exception
    {
        try (SocketChannel bulk = SocketChannel.open(server))
        {
            daemon(() -> write(bulk)).start();
            daemon(() -> read(bulk)).start();
            final ExecutorService clients = Executors.newCachedThreadPool(FloodClient::daemon);
            final long startNs = System.nanoTime();
            final long echoedBefore = echoed.get();
            for (int i = 0; i < seconds * perSecond; i++)
            {
                final long dueNs = startNs + i * 1_000_000_000L / perSecond;
                TimeUnit.NANOSECONDS.sleep(dueNs - System.nanoTime());
                clients.execute(this::connect);
            }
            final double elapsed = (System.nanoTime() - startNs) / 1e9;
            final long bytes = echoed.get() - echoedBefore;
            clients.shutdown();
            clients.awaitTermination(2L * TIMEOUT_MS, TimeUnit.MILLISECONDS);
            isOver.set(true);
            Collections.sort(connectNs);
            final int n = connectNs.size();
            System.out.printf(
                "{\"mbit_per_second\": %.1f, \"connects\": %d, \"connected\": %d, " +
                "\"p50_ms\": %.2f, \"p99_ms\": %.2f}%n",
                bytes * 8 / elapsed / 1e6,
                seconds * perSecond,
                n,
                n == 0 ? -1 : connectNs.get(n / 2) / 1e6,
                n == 0 ? -1 : connectNs.get(Math.min(n - 1, n * 99 / 100)) / 1e6);
        }
    }

    private void connect()
    {
        final long startNs = System.nanoTime();
        try (SocketChannel channel = SocketChannel.open())
        {
            channel.socket().connect(server, TIMEOUT_MS);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.socket().setSoTimeout(TIMEOUT_MS);
            channel.socket().getOutputStream().write(1);
            if (channel.socket().getInputStream().read() == 1 &&
                System.nanoTime() - startNs <= TIMEOUT_MS * 1_000_000L)
            {
                connectNs.add(System.nanoTime() - startNs);
                return;
            }
        }
        catch (final IOException ex)
        {
            // Not connected, and so not among those that were.
        }
    }

    private void write(final SocketChannel channel)
    {
        final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
        try
        {
            while (!isOver.get())
            {
                channel.write(block.clear());
            }
        }
        catch (final IOException ex)
        {
            report(ex);
        }
    }

    private void read(final SocketChannel channel)
    {
        final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
        try
        {
            while (!isOver.get())
            {
                final int n = channel.read(block.clear());
                if (n < 0)
                {
                    throw new IOException("the server has closed");
                }
                echoed.addAndGet(n);
            }
        }
        catch (final IOException ex)
        {
            report(ex);
        }
    }

    private void report(final IOException ex)
    {
        if (!isOver.get())
        {
            System.err.println("the running connection failed: " + ex);
        }
    }

    private static Thread daemon(final Runnable work)
    {
        final Thread thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    }
}
