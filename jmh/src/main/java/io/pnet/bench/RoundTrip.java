package io.pnet.bench;

import com.google.gson.GsonBuilder;
import com.sun.management.OperatingSystemMXBean;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * 64-byte TCP round trips, the same program over the kernel and over Pnet.
 *
 * <pre>
 * RoundTrip server --port P --link kernel|packet:IFACE|tap:NAME [--ip ADDR/PREFIX] [--wait block|spin|select]
 * RoundTrip client --port P --link ... [--ip ...] [--wait ...] --host HOST [--warm-up S] [--seconds S] [--idle S]
 *     [--load]
 * </pre>
 *
 * <p>One request at a time: the client sends 64 bytes, waits for the same 64 bytes, and notes the time in between in a
 * histogram. With {@code --load} a second connection between the same two processes carries as much bulk data as it can
 * from client to server; that is for {@code --wait block}, the usual one. With {@code --idle} the client then waits for
 * another message that nobody sends. The first byte of a connection says what it is for. The client prints one JSON
 * object with times in nanoseconds and its own CPU time as a part of a processor; the server ends when a connection for
 * round trips ends.
 */
public final class RoundTrip
{
    /** How the ends over the kernel wait for their next message. */
    public static final String KERNEL_WAITS =
        "JDK NIO, a thread in a blocking read of a SocketChannel, asleep in the kernel";
    /** How the ends over Pnet wait for their next message. */
    public static final String PNET_WAITS =
        "Pnet's blocking socket, whose waiting thread drives the stack itself: it polls for 20 \u00b5s, then sleeps " +
            "in the kernel";

    private static final int MESSAGE = 64;
    private static final int BLOCK = 128 * 1024;
    private static final byte ECHO = 'E';
    private static final byte LOAD = 'L';
    private static final long SETTLE_MS = 700;
    /** Longer than any round trip that is still one. */
    private static final long HIGHEST_NS = 10_000_000_000L;

    private String link = "kernel";
    private final List<String> addresses = new ArrayList<>();
    private String host = "127.0.0.1";
    private int port = 5301;
    private double warmUpS = 0.5;
    private double seconds = 2;
    private double idleS;
    private Waits waits = Waits.BLOCK;
    private boolean load;

    private RoundTrip()
    {
    }

    /**
     * Runs one side.
     *
     * @param args see the class.
     * @throws IOException          if the network fails.
     * @throws InterruptedException never, in practice.
     */
    public static void main(final String[] args) throws IOException, InterruptedException
    {
        if (args.length == 0 || !args[0].equals("server") && !args[0].equals("client"))
        {
            System.err.println("RoundTrip: say server or client first");
            System.exit(2);
        }
        final RoundTrip program = new RoundTrip();
        program.read(args);
        try (Ends ends = Ends.open(program.link, program.addresses, program.waits))
        {
            if (args[0].equals("server"))
            {
                program.serve(ends);
            }
            else
            {
                program.measure(ends);
            }
        }
        catch (final IOException e)
        {
            System.err.println("RoundTrip: " + e.getMessage());
            System.exit(1);
        }
        // Bulk threads may still be in a read or a write.
        System.exit(0);
    }

    private void read(final String[] args)
    {
        for (int i = 1; i < args.length; i++)
        {
            switch (args[i])
            {
                case "--link" -> link = args[++i];
                case "--ip" -> addresses.add(args[++i]);
                case "--host" -> host = args[++i];
                case "--port" -> port = Integer.parseInt(args[++i]);
                case "--warm-up" -> warmUpS = Double.parseDouble(args[++i]);
                case "--seconds" -> seconds = Double.parseDouble(args[++i]);
                case "--idle" -> idleS = Double.parseDouble(args[++i]);
                case "--wait" -> waits = Waits.valueOf(args[++i].toUpperCase(Locale.ROOT));
                case "--load" -> load = true;
                default -> throw new IllegalArgumentException("no option " + args[i]);
            }
        }
    }

    private void serve(final Ends ends) throws IOException, InterruptedException
    {
        try (Ends.Door door = ends.listen(port))
        {
            System.out.println("listening on port " + port);
            final AtomicBoolean over = new AtomicBoolean();
            final Object monitor = new Object();
            final Thread acceptor = new Thread(() ->
            {
                try
                {
                    while (true)
                    {
                        final Ends.End end = door.accept();
                        start(() ->
                        {
                            if (serve(end))
                            {
                                synchronized (monitor)
                                {
                                    over.set(true);
                                    monitor.notifyAll();
                                }
                            }
                        });
                    }
                }
                catch (final IOException e)
                {
                    if (!over.get())
                    {
                        System.err.println("RoundTrip: accept: " + e.getMessage());
                    }
                }
            });
            acceptor.setDaemon(true);
            acceptor.start();
            synchronized (monitor)
            {
                while (!over.get())
                {
                    monitor.wait();
                }
            }
        }
    }

    /** Serves a connection until it ends; true if it was for round trips. */
    private static boolean serve(final Ends.End end)
    {
        try (end)
        {
            final ByteBuffer buffer = ByteBuffer.allocateDirect(BLOCK);
            buffer.limit(1);
            if (end.read(buffer) < 1)
            {
                return false;
            }
            if (buffer.get(0) == LOAD)
            {
                while (end.read(buffer.clear()) >= 0)
                {
                    // Taken in, nothing to do with it.
                }
                return false;
            }
            while (readMessage(end, buffer))
            {
                end.write(buffer.flip());
            }
        }
        catch (final IOException e)
        {
            // The client is gone, which ends this connection like any other way.
        }
        return true;
    }

    private void measure(final Ends ends) throws IOException, InterruptedException
    {
        final InetSocketAddress server = new InetSocketAddress(host, port);
        final AtomicLong loadBytes = new AtomicLong();
        try (Ends.End end = ends.connect(server))
        {
            final ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE);
            end.write(ByteBuffer.allocateDirect(1).put(0, ECHO));
            if (load)
            {
                final Ends.End bulk = ends.connect(server);
                start(() -> pour(bulk, loadBytes));
            }
            final Histogram histogram = new Histogram(HIGHEST_NS, 3);
            exchange(end, message, warmUpS, histogram);
            histogram.reset();
            final long loadBefore = loadBytes.get();
            final long cpuBeforeNs = cpuNs();
            final long beganNs = System.nanoTime();
            exchange(end, message, seconds, histogram);
            final double took = (System.nanoTime() - beganNs) / 1e9;
            final double cpu = (cpuNs() - cpuBeforeNs) / 1e9 / took;
            System.out.println(json(histogram, (loadBytes.get() - loadBefore) * 8 / took, cpu, idleCpu(end)));
        }
    }

    /** The part of a processor that this process takes while a thread of it waits and nothing comes. */
    private double idleCpu(final Ends.End end) throws InterruptedException
    {
        if (idleS == 0)
        {
            return 0;
        }
        start(() ->
        {
            try
            {
                end.read(ByteBuffer.allocateDirect(1));
            }
            catch (final IOException e)
            {
                // The process is ending.
            }
        });
        // What happens once, like the last compilations, is no waiting.
        Thread.sleep(SETTLE_MS);
        final long beforeNs = cpuNs();
        Thread.sleep((long)(idleS * 1000));
        return (cpuNs() - beforeNs) / 1e9 / idleS;
    }

    private static long cpuNs()
    {
        return ((OperatingSystemMXBean)ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static void exchange(
        final Ends.End end, final ByteBuffer message, final double forS, final Histogram histogram) throws IOException
    {
        final long deadlineNs = System.nanoTime() + (long)(forS * 1e9);
        long nowNs = System.nanoTime();
        long sequence = 0;
        while (nowNs - deadlineNs < 0)
        {
            message.clear();
            message.putLong(0, ++sequence);
            final long sentNs = System.nanoTime();
            end.write(message);
            if (!readMessage(end, message))
            {
                throw new IOException("the server closed the connection");
            }
            nowNs = System.nanoTime();
            histogram.recordValue(Math.min(HIGHEST_NS, nowNs - sentNs));
            if (message.getLong(0) != sequence)
            {
                throw new IOException("reply " + message.getLong(0) + " to request " + sequence);
            }
        }
    }

    /** Fills the buffer with one message; false at the end of the stream. */
    private static boolean readMessage(final Ends.End end, final ByteBuffer buffer) throws IOException
    {
        buffer.clear().limit(MESSAGE);
        while (buffer.hasRemaining())
        {
            if (end.read(buffer) < 0)
            {
                return false;
            }
        }
        return true;
    }

    private static void pour(final Ends.End bulk, final AtomicLong bytes)
    {
        try (bulk)
        {
            final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
            bulk.write(ByteBuffer.allocateDirect(1).put(0, LOAD));
            while (true)
            {
                bulk.write(block.clear());
                bytes.addAndGet(BLOCK);
            }
        }
        catch (final IOException e)
        {
            // The process is ending; an end of the load before that shows in its rate.
        }
    }

    private static void start(final Runnable work)
    {
        final Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }

    private static String json(
        final Histogram histogram, final double loadGoodput, final double cpu, final double idleCpu)
    {
        final List<double[]> points = new ArrayList<>();
        for (final HistogramIterationValue value : histogram.percentiles(5))
        {
            points.add(new double[] {value.getPercentile(), value.getValueIteratedTo()});
        }
        final Map<String, Object> object = new LinkedHashMap<>();
        object.put("count", histogram.getTotalCount());
        object.put("p50", histogram.getValueAtPercentile(50));
        object.put("p99", histogram.getValueAtPercentile(99));
        object.put("p999", histogram.getValueAtPercentile(99.9));
        object.put("max", histogram.getMaxValue());
        object.put("loadGoodput", loadGoodput);
        object.put("cpu", cpu);
        object.put("idleCpu", idleCpu);
        object.put("percentiles", points);
        return new GsonBuilder().create().toJson(object);
    }
}
