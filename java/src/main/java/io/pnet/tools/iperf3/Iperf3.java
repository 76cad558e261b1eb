package io.pnet.tools.iperf3;

import io.pnet.tools.CommandException;
import io.pnet.tools.net.Network;

import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Consumer;

/** What a user asked {@code pnet iperf3} for. Filled, then run once. */
public final class Iperf3
{
    /** The server as the user named it; null to be one. */
    public String host;
    /** The server's address; null to be one. */
    public InetAddress server;
    /** The server's port. */
    public int port = 5201;
    /** Our address when there are several; null for any. */
    public InetAddress local;
    /** The wildcard of the wanted IP version. */
    public InetAddress wildcard;
    /** Between reports; 0 for one at the end only. */
    public double intervalSeconds = 1;
    /** JSON instead of lines. */
    public boolean json;
    /** More lines. */
    public boolean verbose;
    /** Server: one test only. */
    public boolean oneOff;
    /** Who we are, for the JSON. */
    public String version = "pnet";
    /** UDP instead of TCP. */
    public boolean udp;
    /** TCP streams as handlers on the stack's thread; for a {@link io.pnet.tools.net.PnetNetwork} only. */
    public boolean handlers;
    /** The server sends. */
    public boolean reverse;
    /** Both send. */
    public boolean bidirectional;
    /** TCP without Nagle. */
    public boolean noDelay;
    /** 64-bit numbers in UDP. */
    public boolean udpCounters64Bit;
    /** Congestion control; null for the default. */
    public String congestion;
    /** Streams at a time, in each direction. */
    public int streams = 1;
    /** Warm-up. */
    public int omitSeconds;
    /** For each connection. */
    public Duration connectTimeout = Duration.ofSeconds(30);
    /** How long. */
    public int seconds = 10;
    /** Bytes instead of seconds; 0 for none. */
    public long bytes;
    /** Blocks instead of seconds; 0 for none. */
    public long blocks;
    /** Bytes of a block; 0 for the default. */
    public int blockSize;
    /** Bit/s a stream; 0 for no limit. */
    public long bitrate;
    /** Blocks at a time when there is a rate; 0 for the default. */
    public int burst;

    /**
     * Runs the test, or serves.
     *
     * @param out         gets the report.
     * @param err         gets a line for each test that failed while the server goes on.
     * @param onInterrupt is told how to end everything early.
     * @throws CommandException when there is no result.
     */
    public void run(
        final Network network, final PrintStream out, final PrintStream err, final Consumer<Runnable> onInterrupt)
    {
        final Lane lane = handlers ? Lane.HANDLERS : Lane.BLOCKING;
        final Report report = json ? new JsonReport(out, version) : new HumanReport(out, verbose);
        if (host == null)
        {
            final InetAddress address = local == null ? wildcard : local;
            try (Iperf3Server running = new Iperf3Server(
                network, new InetSocketAddress(address, port), lane, report, err, intervalSeconds, oneOff))
            {
                onInterrupt.accept(running::close);
                running.run();
            }
            return;
        }
        final Iperf3Client client = new Iperf3Client(
            network,
            local == null ? null : new InetSocketAddress(local, 0),
            new InetSocketAddress(server, port),
            settings(),
            lane,
            report,
            intervalSeconds,
            connectTimeout);
        onInterrupt.accept(client::interrupt);
        try
        {
            client.run(host);
        }
        catch (final CommandException ex)
        {
            report.failed(ex.getMessage());
            throw ex;
        }
        finally
        {
            report.finish();
        }
    }

    private Settings settings()
    {
        final Settings settings = new Settings();
        settings.udp = udp;
        settings.reverse = reverse;
        settings.bidirectional = bidirectional;
        settings.noDelay = noDelay;
        settings.udpCounters64Bit = udpCounters64Bit;
        settings.congestion = congestion;
        settings.streams = streams;
        settings.omitSeconds = omitSeconds;
        settings.seconds = seconds;
        settings.bytes = bytes;
        settings.blocks = blocks;
        settings.blockSize = blockSize;
        settings.bitrate = bitrate;
        settings.burst = burst;
        return settings;
    }
}
