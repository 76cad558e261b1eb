package io.pnet.tools;

import io.pnet.stack.RunMode;
import io.pnet.tcp.congestion.CongestionControls;
import io.pnet.tools.iperf3.Iperf3;
import io.pnet.tools.iperf3.Units;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.Callable;

/** {@code pnet iperf3}: speaks iperf3's protocol, so that the other end may be the real one. */
@Command(
    name = "iperf3",
    description = "Measure throughput; the other end may be the real iperf3.",
    versionProvider = Main.Version.class)
final class IperfCommand implements Callable<Integer>
{
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    // Not picocli's own pair: -V is --verbose here, as it is for the real iperf3.
    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help and exit.")
    private boolean help;

    @Option(names = {"-v", "--version"}, versionHelp = true, description = "Print the version and exit.")
    private boolean showVersion;

    @ArgGroup(exclusive = true, multiplicity = "0..1")
    private Role role = new Role();

    static final class Role
    {
        @Option(names = {"-s", "--server"}, description = "Be the server.")
        private boolean server;

        @Option(names = {"-c", "--client"}, paramLabel = "HOST", description = "Be the client of this server.")
        private String host;
    }

    @Option(names = {"-p", "--port"}, defaultValue = "5201", description = "The server's port (${DEFAULT-VALUE}).")
    private int port;

    @Option(names = {"-i", "--interval"}, defaultValue = "1", description = "Seconds between reports, 0 for none.")
    private double interval;

    @Option(names = {"-J", "--json"}, description = "Print JSON.")
    private boolean json;

    @Option(names = {"-V", "--verbose"}, description = "Say more.")
    private boolean verbose;

    @Option(names = {"-1", "--one-off"}, description = "Server: serve one test, then exit.")
    private boolean oneOff;

    @Option(names = {"-B", "--bind"}, paramLabel = "ADDR", description = "Our address, when there are several.")
    private String bind;

    @Option(names = {"-4", "--version4"}, description = "Only IPv4.")
    private boolean only4;

    @Option(names = {"-6", "--version6"}, description = "Only IPv6.")
    private boolean only6;

    @Option(names = {"-u", "--udp"}, description = "UDP instead of TCP.")
    private boolean udp;

    @Option(
        names = {"-b", "--bitrate", "--bandwidth"},
        paramLabel = "N[KMG][/BURST]",
        description = "Bits/s a stream; 0 for no limit (UDP: 1M unless told, TCP: no limit).")
    private String bitrate;

    @Option(names = {"-t", "--time"}, paramLabel = "SECONDS", description = "How long (10).")
    private Integer seconds;

    @Option(names = {"-n", "--bytes"}, paramLabel = "N[KMG]", description = "Bytes to send instead of -t.")
    private String bytes;

    @Option(names = {"-k", "--blockcount"}, paramLabel = "N[KMG]", description = "Blocks to send instead of -t.")
    private String blocks;

    @Option(
        names = {"-l", "--length"},
        paramLabel = "N[KMG]",
        description = "Bytes of a block (TCP: 128K, UDP: what fits one frame).")
    private String length;

    @Option(names = {"-P", "--parallel"}, defaultValue = "1", description = "Streams at a time (${DEFAULT-VALUE}).")
    private int streams;

    @Option(
        names = "--handlers",
        description = "TCP streams as handlers on the stack's own thread: received in place, encoded in place.")
    private boolean handlers;

    @Option(names = {"-R", "--reverse"}, description = "The server sends.")
    private boolean reverse;

    @Option(names = "--bidir", description = "Both send.")
    private boolean bidirectional;

    @Option(
        names = "-C",
        paramLabel = "NAME",
        description = "Congestion control of the sender, whoever that is; --congestion by name asks for it, too.")
    private String congestion;

    @Option(names = {"-N", "--no-delay"}, description = "TCP without Nagle's algorithm.")
    private boolean noDelay;

    @Option(names = {"-O", "--omit"}, defaultValue = "0", description = "Seconds at the start that do not count.")
    private int omit;

    @Option(names = "--udp-counters-64bit", description = "Number UDP datagrams with 64 bits.")
    private boolean udpCounters64Bit;

    @Option(names = "--connect-timeout", paramLabel = "MS", description = "For the connections to the server.")
    private Integer connectTimeout;

    @Override
    public Integer call()
    {
        if (role.host == null && !role.server)
        {
            throw wrong("say -s to be the server, or -c HOST to be its client");
        }
        final Iperf3 iperf3 = new Iperf3();
        iperf3.host = role.host;
        iperf3.port = inRange("--port", port, 1, 65_535);
        iperf3.intervalSeconds = interval;
        iperf3.json = json;
        iperf3.verbose = verbose;
        iperf3.oneOff = oneOff;
        iperf3.version = Main.Version.text();
        if (interval != 0 && !(interval >= 0.1 && interval <= 60))
        {
            throw wrong("--interval " + interval + " is out of range: 0.1 to 60, or 0");
        }
        if (only4 && only6)
        {
            throw wrong("-4 and -6 exclude each other");
        }
        if (role.host == null)
        {
            refuseForServer();
        }
        else
        {
            client(iperf3);
        }
        common.validate();
        if (handlers && common.isKernel())
        {
            throw wrong("--handlers run on Pnet's own stack: give a --link other than kernel, or leave it out");
        }
        if (handlers && udp)
        {
            throw wrong("--handlers is for TCP: leave out -u or --handlers");
        }
        iperf3.handlers = handlers;

        final PrintStream err = System.err;
        final Hosts.Version version = only4 ? Hosts.Version.V4 : only6 ? Hosts.Version.V6 : Hosts.Version.ANY;
        if (role.host != null)
        {
            iperf3.server = Hosts.resolve(role.host, version);
        }
        iperf3.local = bind == null ? null : Hosts.resolve(bind, version);
        iperf3.wildcard = Hosts.wildcard(version);
        try (NetworkScope scope = new NetworkScope(common, handlers ? RunMode.OWN_THREAD : RunMode.SHARED))
        {
            iperf3.run(scope.network(), System.out, err, scope::onInterrupt);
        }
        return Main.OK;
    }

    private void client(final Iperf3 iperf3)
    {
        iperf3.udp = udp;
        iperf3.reverse = reverse;
        iperf3.bidirectional = bidirectional;
        iperf3.noDelay = noDelay;
        iperf3.udpCounters64Bit = udpCounters64Bit;
        final boolean isOurs = congestion == null && common.congestion() != null;
        if (congestion != null && !common.isKernel() && !CongestionControls.has(congestion))
        {
            throw wrong("-C " + congestion + " is not known: newreno, cubic and bbr are; a class is for --congestion");
        }
        // A class is this side's alone: the other may not have it.
        iperf3.congestion = isOurs ?
            CongestionControls.has(common.congestion()) ? common.congestion() : null : congestion;
        iperf3.streams = inRange("--parallel", streams, 1, 128);
        iperf3.omitSeconds = inRange("--omit", omit, 0, 600);
        iperf3.connectTimeout = Duration.ofMillis(
            connectTimeout == null ? 30_000 : inRange("--connect-timeout", connectTimeout, 1, 3_600_000));
        if (reverse && bidirectional)
        {
            throw wrong("--reverse and --bidir exclude each other");
        }
        if ((seconds != null ? 1 : 0) + (bytes != null ? 1 : 0) + (blocks != null ? 1 : 0) > 1)
        {
            throw wrong("--time, --bytes and --blockcount exclude each other");
        }
        if (oneOff)
        {
            throw wrong("--one-off is for the server");
        }
        iperf3.seconds = seconds == null ? 10 : inRange("--time", seconds, 1, 86_400);
        iperf3.bytes = bytes == null ? 0 : atLeastOne("--bytes", amount("--bytes", bytes));
        iperf3.blocks = blocks == null ? 0 : atLeastOne("--blockcount", amount("--blockcount", blocks));
        if (length != null)
        {
            final long blockSize = amount("--length", length);
            final int least = udp ? 16 : 1;
            final int most = udp ? 65_507 : 1 << 20;
            if (blockSize < least || blockSize > most)
            {
                throw wrong("--length " + length + " is out of range: " + least + " to " + most);
            }
            iperf3.blockSize = (int)blockSize;
        }
        rate(iperf3);
    }

    private void rate(final Iperf3 iperf3)
    {
        iperf3.bitrate = udp ? 1_000_000 : 0;
        if (bitrate == null)
        {
            return;
        }
        final int slash = bitrate.indexOf('/');
        try
        {
            iperf3.bitrate = Units.parseRate(slash < 0 ? bitrate : bitrate.substring(0, slash));
            iperf3.burst = slash < 0 ? 0 : inRange(
                "--bitrate's burst", Integer.parseInt(bitrate.substring(slash + 1)), 1, 1_000);
        }
        catch (final NumberFormatException ex)
        {
            throw wrong("--bitrate " + bitrate + " is no rate: write it like 100M or 1G/10");
        }
    }

    private void refuseForServer()
    {
        if (udp || bitrate != null || seconds != null || bytes != null || blocks != null || length != null ||
            streams != 1 || reverse || bidirectional || congestion != null || noDelay || omit != 0 ||
            udpCounters64Bit || connectTimeout != null)
        {
            throw wrong("a server takes its test from the client: leave out all options for clients");
        }
    }

    private long amount(final String option, final String text)
    {
        try
        {
            return Units.parseBytes(text);
        }
        catch (final NumberFormatException ex)
        {
            throw wrong(option + " " + text + " is no amount: write it like 10M");
        }
    }

    private long atLeastOne(final String option, final long amount)
    {
        if (amount < 1)
        {
            throw wrong(option + " must be at least 1");
        }
        return amount;
    }

    private int inRange(final String option, final int value, final int least, final int most)
    {
        if (value < least || value > most)
        {
            throw wrong(option + " " + value + " is out of range: " + least + " to " + most);
        }
        return value;
    }

    private ParameterException wrong(final String message)
    {
        return new ParameterException(spec.commandLine(), message);
    }
}
