package io.pnet.tools;

import io.pnet.stack.IpProcess;
import io.pnet.stack.IpProcessBuilder;
import io.pnet.stack.RunMode;
import io.pnet.tcp.EcnMode;
import io.pnet.tcp.TcpSettings;
import io.pnet.tools.net.KernelNetwork;
import io.pnet.tools.net.Network;
import io.pnet.tools.net.PnetNetwork;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The options that every command has: which link, who we are there, and what is done to its frames. */
public final class CommonOptions
{
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
        names = "--link",
        paramLabel = "LINK",
        description = "packet:IFACE, tap:NAME, fd:N[,M], or kernel for the operating system's own network.")
    private String link;

    @Option(
        names = "--ip",
        paramLabel = "ADDR/PREFIX",
        description = "Our address and its network, for example 10.0.0.2/24 or fd00::2/64; repeatable.")
    private final List<String> addresses = new ArrayList<>();

    @Option(
        names = "--gateway", paramLabel = "ADDR", description = "Router to everything else; one for each IP version.")
    private final List<String> gateways = new ArrayList<>();

    @Option(
        names = "--mac",
        paramLabel = "MAC",
        description = "Our MAC address; otherwise made from the IP address. A macvlan lets only its own through: " +
            "/sys/class/net/IFACE/address.")
    private String mac;

    @Option(names = "--mtu", paramLabel = "BYTES", description = "Largest IP packet; otherwise the interface's.")
    private Integer mtu;

    @Option(names = "--pcap", paramLabel = "FILE", description = "Write every frame to a capture file.")
    private Path pcap;

    @Option(
        names = "--impair",
        paramLabel = "SPEC",
        description = "Worsen the link, for example loss=1%%,delay=10ms,seed=7; in. and out. choose a direction.")
    private String impair;

    @Option(
        names = "--ecn",
        description = "Ask TCP peers for explicit congestion notification; otherwise it is used where they ask.")
    private boolean ecn;

    @Option(
        names = "--congestion",
        paramLabel = "NAME|CLASS",
        description = "TCP's congestion control: newreno, cubic, cubic-abe, bbr, or a class on the class path " +
            "(PNET_CLASSPATH).")
    private String congestion;

    @Option(
        names = "--stacks",
        paramLabel = "N",
        description = "Stacks that share the addresses, each on a thread of its own; 1 by default.")
    private Integer stacks;

    @Option(
        names = "--pin",
        paramLabel = "CPU",
        split = ",",
        description = "Keep the stack's thread on this CPU; with several stacks one for each, as 0,1.")
    private int[] cpus;

    @Option(names = "--huge-pages", description = "Put buffers on pages of 2 MiB, where the kernel gives any.")
    private boolean hugePages;

    @Option(names = "--counters", description = "Say at the end what was counted, on the error stream.")
    private boolean counters;

    @Option(names = "--quiet", description = "Only results and errors.")
    private boolean quiet;

    @Option(names = "--debug", description = "Show a stack trace when something fails.")
    private boolean debug;

    private volatile String captureFailure;

    boolean isQuiet()
    {
        return quiet;
    }

    /** TCP's congestion control, by name or class; null for the default. */
    String congestion()
    {
        return congestion;
    }

    boolean isCounting()
    {
        return counters;
    }

    boolean isKernel()
    {
        return "kernel".equals(link);
    }

    ParameterException usage(final String message)
    {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Checks everything that can be known wrong before anything is opened. */
    void validate()
    {
        if (link == null)
        {
            throw usage("missing --link: say packet:IFACE, tap:NAME, fd:N, or kernel");
        }
        if (isKernel())
        {
            if (!addresses.isEmpty() || !gateways.isEmpty() || mac != null || mtu != null || pcap != null ||
                impair != null || ecn || stacks != null || cpus != null || hugePages)
            {
                throw usage("--link kernel has its own addresses and frames: leave out --ip, --gateway, --mac, " +
                    "--mtu, --pcap, --impair, --ecn, --stacks, --pin and --huge-pages");
            }
            if (congestion != null && !new KernelNetwork().canChooseCongestion(congestion))
            {
                throw usage("--congestion " + congestion + " is not what the kernel uses, and the JDK cannot choose: " +
                    "set net.ipv4.tcp_congestion_control or the route's congctl");
            }
            return;
        }
        OptionCheck.link(this, link);
        if (addresses.isEmpty())
        {
            throw usage("missing --ip: give the address to use on " + link + ", for example --ip 10.0.0.2/24");
        }
        addresses.forEach(address -> OptionCheck.prefix(this, address));
        gateways.forEach(gateway -> OptionCheck.gateway(this, gateway, addresses));
        OptionCheck.mac(this, mac);
        OptionCheck.mtu(this, mtu, addresses);
        OptionCheck.impairment(this, impair);
        OptionCheck.congestion(this, congestion);
    }

    /**
     * Opens the network.
     *
     * @param mode who runs the stack, if it is one of ours.
     * @throws CommandException with one line that says what failed and what to do.
     */
    Network open(final RunMode mode)
    {
        validate();
        if (isKernel())
        {
            return new KernelNetwork();
        }
        OptionCheck.capture(pcap);
        try
        {
            return new PnetNetwork(process(mode));
        }
        catch (final IllegalArgumentException | IllegalStateException ex)
        {
            throw usage(ex.getMessage());
        }
        catch (final IOException | UnsatisfiedLinkError ex)
        {
            throw new CommandException(ex.getMessage(), ex);
        }
    }

    private IpProcess process(final RunMode mode) throws IOException
    {
        final IpProcessBuilder builder = IpProcess.builder().link(link).runMode(mode);
        addresses.forEach(builder::address);
        gateways.forEach(builder::gateway);
        if (mac != null)
        {
            builder.mac(mac);
        }
        if (mtu != null)
        {
            builder.mtu(mtu);
        }
        if (stacks != null)
        {
            builder.stacks(stacks);
        }
        if (cpus != null)
        {
            builder.pin(cpus);
        }
        builder.hugePages(hugePages);
        if (pcap != null)
        {
            builder.capture(pcap).captureErrors(this::onCaptureError);
        }
        if (impair != null)
        {
            builder.impair(impair);
        }
        final TcpSettings settings = new TcpSettings();
        if (ecn)
        {
            settings.ecn = EcnMode.REQUEST;
        }
        if (congestion != null)
        {
            settings.congestionControl = OptionCheck.congestion(this, congestion);
        }
        builder.tcp(settings);
        return builder.start();
    }

    private void onCaptureError(final String message)
    {
        final String line = "--pcap " + pcap + ": " + message;
        captureFailure = line;
        System.getLogger(CommonOptions.class.getName()).log(System.Logger.Level.WARNING, line);
    }

    /** Why the capture is incomplete; null when it is not. To be asked when the network is closed. */
    String captureFailure()
    {
        return captureFailure;
    }
}
