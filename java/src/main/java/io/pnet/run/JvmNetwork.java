package io.pnet.run;

import io.pnet.counters.Counter;
import io.pnet.dns.DnsSettings;
import io.pnet.dns.Resolver;
import io.pnet.dns.SystemResolver;
import io.pnet.nio.PnetSelectorProvider;
import io.pnet.stack.AddressHeldException;
import io.pnet.stack.IpProcess;
import io.pnet.stack.IpProcessBuilder;
import io.pnet.tcp.EcnMode;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.congestion.CongestionControls;

import java.io.IOException;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;

/** The JVM's one network, started when it is first asked for. */
final class JvmNetwork
{
    private final RunSettings settings;
    private final String version;
    private final SelectorProvider kernel;
    private final ProcessFamily family;
    private volatile SelectorProvider provider;
    private volatile IpProcess process;
    private boolean isStarting;

    JvmNetwork(final RunSettings settings, final String session, final String version)
        throws ReflectiveOperationException
    {
        this.settings = settings;
        this.version = version;
        kernel = JavaBase.kernelProvider();
        family = new ProcessFamily(session);
    }

    /**
     * Opens the JVM's channels: over our own stack, or the kernel's where the address is another process's. Starts the
     * network if it is not, and ends the JVM with one line if it cannot be. Any thread.
     */
    SelectorProvider provider()
    {
        final SelectorProvider started = provider;
        if (started != null)
        {
            return started;
        }
        try
        {
            return start();
        }
        catch (final Exception | LinkageError ex)
        {
            say(Launch.oneLine(ex));
            if (settings.debug)
            {
                ex.printStackTrace();
            }
            System.exit(1);
            throw new IllegalStateException("unreachable: the JVM has ended", ex);
        }
    }

    /**
     * Starts it, unless it is started.
     *
     * @throws IOException one line: what could not be had, why, and what to do.
     */
    synchronized SelectorProvider start() throws IOException, ReflectiveOperationException
    {
        if (provider != null || isStarting)
        {
            // Whatever the start itself opens is the kernel's.
            return provider == null ? kernel : provider;
        }
        isStarting = true;
        NativeFiles.load();
        final DnsSettings names = names();
        try
        {
            process = builder().start();
        }
        catch (final AddressHeldException ex)
        {
            if (!family.has(ex.holder()))
            {
                throw ex;
            }
            if (!settings.quiet)
            {
                say(ex.address() + " belongs to " + ex.holderName() + ": this JVM keeps to the kernel's network");
            }
            provider = kernel;
            return kernel;
        }
        JavaBase.atExit(this::end);
        SystemResolver.install(new Resolver(process, names, kernel, settings.routing::isKernels));
        if (!settings.quiet)
        {
            say(String.join(", ", settings.addresses) + " on " + settings.link + ", Pnet " + version);
        }
        provider = new PnetSelectorProvider(process, settings.routing, kernel);
        return provider;
    }

    /** The process, started if it is not; null while it starts, and where this JVM keeps to the kernel. */
    IpProcess process()
    {
        provider();
        return process;
    }

    /** Whether this JVM has an address of its own, once it is started. */
    boolean isOurs()
    {
        return process != null;
    }

    private DnsSettings names()
    {
        final DnsSettings names = DnsSettings.system();
        if (!settings.dns.isEmpty())
        {
            names.servers(String.join("+", settings.dns));
        }
        if (!settings.search.isEmpty())
        {
            names.search = settings.search;
        }
        if (settings.hosts != null)
        {
            if (!Files.isReadable(settings.hosts))
            {
                throw new IllegalArgumentException("cannot read the hosts file " + settings.hosts);
            }
            names.hostsFile = settings.hosts;
        }
        if (settings.hostName != null)
        {
            names.hostName = settings.hostName;
        }
        return names;
    }

    private IpProcessBuilder builder()
    {
        final TcpSettings tcp = new TcpSettings();
        if (settings.ecn)
        {
            tcp.ecn = EcnMode.REQUEST;
        }
        if (settings.congestion != null)
        {
            if (!CongestionControls.has(settings.congestion))
            {
                throw new IllegalArgumentException(
                    "bad congestion '" + settings.congestion + "': it is newreno, cubic, cubic-abe or bbr");
            }
            tcp.congestionControl = CongestionControls.named(settings.congestion);
        }
        final IpProcessBuilder builder = IpProcess.builder()
            .link(settings.link)
            .tcp(tcp)
            .stacks(settings.stacks)
            .pin(settings.cpus)
            .hugePages(settings.hugePages)
            .linger(settings.linger)
            .warnings(this::warn)
            .errorHandler(ex -> warn("internal error: " + ex));
        settings.addresses.forEach(builder::address);
        settings.gateways.forEach(builder::gateway);
        if (settings.mac != null)
        {
            builder.mac(settings.mac);
        }
        if (settings.mtu != null)
        {
            builder.mtu(settings.mtu);
        }
        if (settings.pcap != null)
        {
            builder.capture(settings.pcap);
        }
        if (settings.impair != null)
        {
            builder.impair(settings.impair);
        }
        return builder;
    }

    /** Last of all that the JVM does: the application's hooks have run, and its daemon threads may still be at work. */
    private void end()
    {
        process.end();
        if (settings.counters)
        {
            process.counters().forEach(JvmNetwork::show);
        }
    }

    private static void show(final Counter counter, final long value)
    {
        if (value != 0)
        {
            say(counter.label() + " " + value);
        }
    }

    private void warn(final String text)
    {
        // What goes wrong at the start is told by the exception that ends it.
        if (process != null)
        {
            say(text);
        }
    }

    static void say(final String line)
    {
        System.err.println("pnet: " + line);
    }
}
