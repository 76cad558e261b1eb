package io.pnet.tools;

import io.pnet.ip.IpAddress;
import io.pnet.socket.PingSocket;
import io.pnet.tools.net.PnetNetwork;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** {@code pnet ping}: ICMP echo, reported as iputils reports it. Exit code 1 when nobody answers. */
@Command(
    name = "ping",
    description = "Ask a host for echoes (ICMP, IPv4 and IPv6).",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class PingCommand implements Callable<Integer>
{
    private static final int MAX_SIZE = 65_507;
    private static final int ICMP_HEADER = 8;
    private static final int IP4_HEADER = 20;

    @Mixin
    private CommonOptions common;

    @Option(names = "-c", paramLabel = "COUNT", description = "How many requests; until interrupted unless told.")
    private Integer count;

    @Option(names = "-i", paramLabel = "SECONDS", defaultValue = "1", description = "Between requests (1).")
    private double interval;

    @Option(names = "-s", paramLabel = "BYTES", defaultValue = "56", description = "Payload (56).")
    private int size;

    @Option(names = "-W", paramLabel = "SECONDS", defaultValue = "1", description = "Wait for each reply (1).")
    private double patience;

    @Option(names = "-4", description = "Only IPv4.")
    private boolean only4;

    @Option(names = "-6", description = "Only IPv6.")
    private boolean only6;

    @Parameters(paramLabel = "HOST", description = "Address or name.")
    private String host;

    private final CountDownLatch stop = new CountDownLatch(1);
    private long transmitted;
    private long received;
    private double minMs = Double.MAX_VALUE;
    private double maxMs;
    private double sumMs;
    private double sumOfSquares;

    @Override
    public Integer call() throws IOException, InterruptedException
    {
        check();
        common.validate();
        final InetAddress address = Hosts.resolve(
            host, only4 ? Hosts.Version.V4 : only6 ? Hosts.Version.V6 : Hosts.Version.ANY);
        final PrintStream out = System.out;
        try (NetworkScope scope = new NetworkScope(common);
            PingSocket socket = PingSocket.open(((PnetNetwork)scope.network()).process()))
        {
            scope.onInterrupt(stop::countDown);
            ping(socket, address, out);
        }
        if (received == 0)
        {
            throw new CommandException("ping: " + host + " did not answer");
        }
        return Main.OK;
    }

    private void check()
    {
        if (count != null && count < 1)
        {
            throw common.usage("-c " + count + " is out of range: at least 1");
        }
        if (size < 0 || size > MAX_SIZE)
        {
            throw common.usage("-s " + size + " is out of range: 0 to " + MAX_SIZE);
        }
        if (!(interval >= 0.001 && interval <= 3_600))
        {
            throw common.usage("-i " + interval + " is out of range: 0.001 to 3600");
        }
        if (!(patience > 0 && patience <= 3_600))
        {
            throw common.usage("-W " + patience + " is out of range: more than 0, up to 3600");
        }
        if (only4 && only6)
        {
            throw common.usage("-4 and -6 exclude each other");
        }
        if (common.isKernel())
        {
            throw common.usage("ping needs a link of its own, not --link kernel: the kernel has a ping already");
        }
    }

    private void ping(final PingSocket socket, final InetAddress address, final PrintStream out)
        throws IOException, InterruptedException
    {
        final String literal = IpAddress.of(address).toString();
        final boolean isV4 = address.getAddress().length == 4;
        print(out, "PING %s (%s) %s", host, literal,
            isV4 ? size + "(" + (size + ICMP_HEADER + IP4_HEADER) + ") bytes of data." : size + " data bytes");
        final long startNs = System.nanoTime();
        for (int sequence = 1; count == null || sequence <= count; sequence++)
        {
            final long sentNs = System.nanoTime();
            one(socket, address, literal, sequence, out);
            final boolean isLast = count != null && sequence == count;
            final long restNs = isLast ? 0 : sentNs + (long)(interval * 1e9) - System.nanoTime();
            if (stop.await(Math.max(0, restNs), TimeUnit.NANOSECONDS))
            {
                break;
            }
        }
        summarize(out, (System.nanoTime() - startNs) / 1_000_000);
    }

    private void one(
        final PingSocket socket,
        final InetAddress address,
        final String literal,
        final int sequence,
        final PrintStream out)
        throws IOException
    {
        transmitted++;
        try
        {
            final long rttNs = socket.ping(address, sequence, size, Duration.ofNanos((long)(patience * 1e9)));
            final double ms = rttNs / 1e6;
            received++;
            minMs = Math.min(minMs, ms);
            maxMs = Math.max(maxMs, ms);
            sumMs += ms;
            sumOfSquares += ms * ms;
            if (!common.isQuiet())
            {
                print(out, "%d bytes from %s: icmp_seq=%d ttl=%d time=%s ms",
                    size + ICMP_HEADER, literal, sequence, socket.replyHopLimit(), time(ms));
            }
        }
        catch (final SocketTimeoutException ex)
        {
            // As iputils does: silence is told by the summary.
            return;
        }
        catch (final java.net.NoRouteToHostException ex)
        {
            if (!common.isQuiet())
            {
                print(out, "icmp_seq=%d %s", sequence, ex.getMessage());
            }
        }
    }

    private void summarize(final PrintStream out, final long elapsedMs)
    {
        print(out, "");
        print(out, "--- %s ping statistics ---", host);
        final double loss = 100.0 * (transmitted - received) / transmitted;
        final String percent = loss == Math.rint(loss) ?
            String.valueOf((long)loss) : String.format(Locale.ROOT, "%.4f", loss);
        print(out, "%d packets transmitted, %d received, %s%% packet loss, time %dms",
            transmitted, received, percent, elapsedMs);
        if (received > 0)
        {
            final double average = sumMs / received;
            final double deviation = Math.sqrt(Math.max(0, sumOfSquares / received - average * average));
            print(out, "rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms", minMs, average, maxMs, deviation);
        }
        out.flush();
    }

    private static String time(final double ms)
    {
        return String.format(Locale.ROOT, ms < 1 ? "%.3f" : ms < 10 ? "%.2f" : ms < 100 ? "%.1f" : "%.0f", ms);
    }

    private static void print(final PrintStream out, final String format, final Object... args)
    {
        out.print(args.length == 0 ? format : String.format(Locale.ROOT, format, args));
        out.print('\n');
        out.flush();
    }
}
