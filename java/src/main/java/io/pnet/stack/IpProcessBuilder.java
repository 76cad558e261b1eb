package io.pnet.stack;

import io.pnet.counters.Counters;
import io.pnet.ip.FlowHash;
import io.pnet.ip.Ip;
import io.pnet.ip.IpAddress;
import io.pnet.ip.IpSettings;
import io.pnet.ip.NetworkInterface;
import io.pnet.ip.Siblings;
import io.pnet.link.Capture;
import io.pnet.link.ChunkPool;
import io.pnet.link.HugePages;
import io.pnet.link.Impairment;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.JvmFlags;
import io.pnet.link.Link;
import io.pnet.link.LinkContext;
import io.pnet.link.LinkOptions;
import io.pnet.link.Links;
import io.pnet.tcp.TcpSettings;
import org.agrona.concurrent.NanoClock;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Describes an {@link IpProcess}. At least a link and an address are needed; everything else has a default. A mistake
 * is an {@link IllegalArgumentException} of one line.
 */
public final class IpProcessBuilder
{
    /** For what arrives; as much again for what is to be sent. */
    private static final long LARGE_CHUNK_BYTES = 128L << 20;
    private static final long SMALL_CHUNK_BYTES = 64L << 20;
    private static final int MOST_STACKS = 64;
    private static final long ADDRESS_TIMEOUT_NS = 10_000_000_000L;

    private record Prefixed(IpAddress address, int prefixLength)
    {
        @Override
        public String toString()
        {
            return address + "/" + prefixLength;
        }
    }

    private String linkSpec;
    private final List<Link> given = new ArrayList<>();
    private FlowHash givenHash;
    private final List<LinkContext> contexts = new ArrayList<>();
    private final LinkOptions linkOptions = new LinkOptions();
    private final List<Prefixed> addresses = new ArrayList<>();
    private final List<IpAddress> gateways = new ArrayList<>();
    private boolean hasMac;
    private Path capture;
    private Consumer<String> warnings = text -> logger().log(System.Logger.Level.WARNING, text);
    private Consumer<String> captureErrors = text -> warnings.accept(text);
    private ImpairmentSpec impairment;
    private IpSettings ipSettings = new IpSettings();
    private TcpSettings tcpSettings = new TcpSettings();
    private RunMode runMode = RunMode.SHARED;
    private int stacks = 1;
    private Pinning pinning = new Pinning();
    private boolean hugePages;
    private long spinNs = 20_000;
    private long lingerNs = 5_000_000_000L;
    private RandomGenerator random;
    private Consumer<Throwable> errorHandler =
        ex -> logger().log(System.Logger.Level.ERROR, "handler failed", ex);

    IpProcessBuilder()
    {
    }

    /** Made when something is to be said: earlier would set up the JVM's logging before the application does. */
    private static System.Logger logger()
    {
        return System.getLogger(IpProcess.class.getName());
    }

    /** The link by name: {@code packet:IFACE}, {@code tap:NAME}, {@code fd:N} or {@code fd:N,M}. */
    public IpProcessBuilder link(final String spec)
    {
        linkSpec = spec;
        return this;
    }

    /** A link that is open, with the context it was opened with. It is closed with the process. */
    public IpProcessBuilder link(final Link link, final LinkContext context)
    {
        return links(List.of(link), List.of(context), null);
    }

    /**
     * Links that are open and share the frames for one MAC address, one for each of {@link #stacks}.
     *
     * @param hash by which they share them: {@link FlowHash#frame}.
     */
    public IpProcessBuilder links(final List<Link> links, final List<LinkContext> contexts, final FlowHash hash)
    {
        given.clear();
        given.addAll(links);
        givenHash = hash;
        this.contexts.clear();
        this.contexts.addAll(contexts);
        return this;
    }

    /** An address with its on-link prefix, as {@code 10.1.0.2/24} or {@code fd00::2/64}; repeatable. */
    public IpProcessBuilder address(final String text)
    {
        final int slash = text.indexOf('/');
        if (slash < 0)
        {
            throw new IllegalArgumentException(
                "'" + text + "' has no prefix length: write it as 10.1.0.2/24 or fd00::2/64");
        }
        final IpAddress address = IpAddress.parse(text.substring(0, slash));
        final int most = address.isV4() ? 32 : 128;
        int length = -1;
        if (text.substring(slash + 1).matches("\\d{1,3}"))
        {
            length = Integer.parseInt(text.substring(slash + 1));
        }
        if (length < 1 || length > most)
        {
            throw new IllegalArgumentException(
                "bad prefix length in '" + text + "': it is a number from 1 to " + most);
        }
        if (address.isMulticast() || address.isUnspecified() || address.isLoopback() ||
            address.equals(IpAddress.BROADCAST_V4))
        {
            throw new IllegalArgumentException("'" + text + "' cannot be a process's address: it is not a unicast one");
        }
        addresses.add(new Prefixed(address, length));
        return this;
    }

    /** The router for everything that is not on the link, one for each IP version; repeatable. */
    public IpProcessBuilder gateway(final String address)
    {
        gateways.add(IpAddress.parse(address));
        return this;
    }

    /** Our MAC address, as {@code 02:00:00:00:00:01}; by default one is derived from the first address. */
    public IpProcessBuilder mac(final String text)
    {
        if (!text.matches("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}"))
        {
            throw new IllegalArgumentException("not a MAC address: '" + text + "'; write it as 02:00:00:00:00:01");
        }
        linkOptions.mac(Long.parseLong(text.replace(":", ""), 16));
        hasMac = true;
        return this;
    }

    /** Largest IP packet to send, bytes; by default the interface's MTU. */
    public IpProcessBuilder mtu(final int mtu)
    {
        if (mtu < 576 || mtu > 65_535)
        {
            throw new IllegalArgumentException("bad MTU " + mtu + ": it is a number from 576 to 65535");
        }
        linkOptions.mtu(mtu);
        return this;
    }

    /** What else the link can be told. */
    public IpProcessBuilder linkOptions(final Consumer<LinkOptions> options)
    {
        options.accept(linkOptions);
        return this;
    }

    /** Records every frame into a pcap file. */
    public IpProcessBuilder capture(final Path file)
    {
        capture = file;
        return this;
    }

    /** Who is told, in one line, of what an administrator should know; by default it is logged. */
    public IpProcessBuilder warnings(final Consumer<String> onWarning)
    {
        warnings = onWarning;
        return this;
    }

    /** Who is told, in one line, when the capture fails; by default whoever hears of {@link #warnings}. */
    public IpProcessBuilder captureErrors(final Consumer<String> onError)
    {
        captureErrors = onError;
        return this;
    }

    /** Worsens the link, for example {@code loss=1%,delay=10ms,seed=7}; see {@link ImpairmentSpec}. */
    public IpProcessBuilder impair(final String spec)
    {
        impairment = ImpairmentSpec.parse(spec);
        return this;
    }

    /** Defaults for TCP. */
    public IpProcessBuilder tcp(final TcpSettings settings)
    {
        tcpSettings = settings;
        return this;
    }

    /** Settings of the Internet layer. */
    public IpProcessBuilder ip(final IpSettings settings)
    {
        ipSettings = settings;
        return this;
    }

    /** Who runs the stack; {@link RunMode#SHARED} by default. */
    public IpProcessBuilder runMode(final RunMode mode)
    {
        runMode = mode;
        return this;
    }

    /**
     * How many stacks share the addresses, each with a share of the link and of the memory; 1 by default. Several run
     * each on a thread of its own, {@link RunMode#OWN_THREAD}, unless they are {@linkplain RunMode#EMBEDDED embedded};
     * captures of the second and further ones go to files with their number at the end.
     */
    public IpProcessBuilder stacks(final int count)
    {
        if (count < 1 || count > MOST_STACKS)
        {
            throw new IllegalArgumentException("bad number of stacks " + count + ": it is 1 to " + MOST_STACKS);
        }
        stacks = count;
        return this;
    }

    /**
     * Keeps the thread of each stack on a CPU, {@link io.pnet.link.Cpu#pin}: as many as there are stacks, counted
     * from 0; none by default. Each stack then has a thread of its own, {@link RunMode#OWN_THREAD}.
     */
    public IpProcessBuilder pin(final int... cpus)
    {
        pinning = new Pinning(cpus);
        return this;
    }

    /**
     * How many stacks there will be, and on which CPUs if they are not embedded, in one line. Nothing is opened, and
     * whether those CPUs may be had is not tried.
     *
     * @throws IllegalArgumentException one line, when {@link #pin} does not have a CPU for each stack.
     */
    public String explainStacks()
    {
        return pinning.explain(stacks);
    }

    /**
     * Whether buffers lie on {@linkplain HugePages huge pages}, by default not. Where the kernel gives none,
     * {@link #warnings} hears of it.
     */
    public IpProcessBuilder hugePages(final boolean areWanted)
    {
        hugePages = areWanted;
        return this;
    }

    /** How long a thread polls before it waits in the kernel, ns; 20 us by default. */
    public IpProcessBuilder spinNs(final long spinNs)
    {
        this.spinNs = spinNs;
        return this;
    }

    /**
     * How long {@link IpProcess#close} waits for peers to acknowledge the end of closed connections; 5 s by default.
     */
    public IpProcessBuilder linger(final Duration limit)
    {
        lingerNs = limit.toNanos();
        return this;
    }

    /** The source of secrets, sequence numbers and ports; a {@link SecureRandom} seeds it by default. */
    public IpProcessBuilder random(final RandomGenerator random)
    {
        this.random = random;
        return this;
    }

    /** Gets what handlers throw; by default it is logged. */
    public IpProcessBuilder errorHandler(final Consumer<Throwable> errorHandler)
    {
        this.errorHandler = errorHandler;
        return this;
    }

    /**
     * Opens the link, starts the stack, probes the addresses and announces them.
     *
     * @throws IOException one line: what could not be opened or is taken, why, and what to do.
     */
    public IpProcess start() throws IOException
    {
        JvmFlags.check();
        if (linkSpec == null && given.isEmpty())
        {
            throw new IllegalArgumentException("no link: name one as packet:IFACE, tap:NAME or fd:N");
        }
        if (addresses.isEmpty())
        {
            throw new IllegalArgumentException("no address: give one as 10.1.0.2/24");
        }
        if (!given.isEmpty() && given.size() != stacks)
        {
            throw new IllegalArgumentException(
                "a link that is open serves one stack: there are " + given.size() + ", and " + stacks + " stacks");
        }
        gateways.forEach(this::checkGateway);
        pinning.check(stacks, runMode);
        final NanoClock clock = System::nanoTime;
        final RandomGenerator source = random != null ? random : new SecureRandom();
        final FlowHash hash = givenHash != null ? givenHash : new FlowHash(source.nextInt(), stacks);
        final boolean hasThreads = stacks > 1 || !pinning.isNone();
        final RunMode mode = hasThreads && runMode == RunMode.SHARED ? RunMode.OWN_THREAD : runMode;
        final AddressClaims claims = new AddressClaims();
        if (given.isEmpty())
        {
            // Before the link, which may be one for a single process: the one that has the address is the one to name.
            claims.take(linkSpec, addresses.stream().map(Prefixed::address).distinct().toList());
        }
        final List<Link> links = new ArrayList<>();
        final List<StackDriver> drivers = new ArrayList<>();
        final IpProcess process;
        try
        {
            links.addAll(openLinks(clock, hash));
            for (final Link each : links)
            {
                drivers.add(new StackDriver(each, clock, mode, spinNs));
            }
            process = assemble(links, drivers, source, hash, claims);
        }
        catch (final IOException | RuntimeException ex)
        {
            drivers.forEach(StackDriver::closeUnstarted);
            links.forEach(Link::close);
            claims.close();
            throw ex;
        }
        for (final Home home : process.homes())
        {
            home.driver().start(
                home.stack(),
                "pnet-" + addresses.get(0).address + (stacks > 1 ? "-" + home.index() : ""),
                pinning.of(home.index(), warnings));
        }
        if (runMode != RunMode.EMBEDDED)
        {
            try
            {
                process.awaitAddresses(ADDRESS_TIMEOUT_NS);
            }
            catch (final IOException ex)
            {
                process.close();
                throw ex;
            }
        }
        return process;
    }

    /** A router nobody can reach would only show as silence. */
    private void checkGateway(final IpAddress gateway)
    {
        if (addresses.stream().noneMatch(each -> each.address.hasNeighbour(gateway, each.prefixLength)))
        {
            throw new IllegalArgumentException("gateway " + gateway + " is not on a network of ours, " +
                addresses.stream().map(Prefixed::toString).collect(Collectors.joining(", ")) +
                ": give an address beside it");
        }
    }

    /** The process as it is before anything of it runs. */
    private IpProcess assemble(
        final List<Link> links,
        final List<StackDriver> drivers,
        final RandomGenerator source,
        final FlowHash hash,
        final AddressClaims claims)
    {
        final List<Home> homes = new ArrayList<>();
        for (int i = 0; i < stacks; i++)
        {
            homes.add(home(i, links.get(i), drivers.get(i), i == 0 ? source : new SecureRandom()));
        }
        final IpProcess process = new IpProcess(
            homes,
            hash,
            links.get(0),
            linkSpec != null ? linkSpec : links.get(0).getClass().getSimpleName(),
            runMode == RunMode.EMBEDDED ? 0 : lingerNs,
            claims,
            warnings);
        addresses.forEach(each -> process.expect(each.address, each.prefixLength));
        final Siblings[] places = stacks == 1 ? null : Siblings.group(hash);
        if (places != null)
        {
            homes.forEach(home -> home.stack().ip().join(places[home.index()], home.driver()::wakeup));
        }
        homes.forEach(home -> addAddresses(home.stack().ip(), links.get(home.index())));
        return process;
    }

    private Home home(
        final int index, final Link opened, final StackDriver driver, final RandomGenerator source)
    {
        final Stack stack = new Stack(
            contexts.get(index), new ChunkPool(ChunkPool.SMALL, SMALL_CHUNK_BYTES / stacks), ipSettings, tcpSettings,
            source, errorHandler, driver::wakeup, driver.clock().nanoTime());
        stack.add(opened);
        return new Home(index, stack, driver);
    }

    private void addAddresses(final Ip ip, final Link opened)
    {
        final NetworkInterface networkInterface = ip.addInterface(opened);
        for (final Prefixed each : addresses)
        {
            ip.addAddress(networkInterface, each.address, each.prefixLength);
        }
        for (final IpAddress gateway : gateways)
        {
            ip.addRoute(gateway.isV4() ? IpAddress.ANY_V4 : IpAddress.ANY, 0, gateway, networkInterface);
        }
    }

    private List<Link> openLinks(final NanoClock clock, final FlowHash hash) throws IOException
    {
        final List<Link> opened = new ArrayList<>();
        opened.addAll(given);
        if (given.isEmpty())
        {
            final String refusal = hugePages ? HugePages.refusal() : null;
            if (refusal != null)
            {
                warnings.accept(refusal);
            }
            final long largeBytes = Math.min(LARGE_CHUNK_BYTES, Runtime.getRuntime().maxMemory() / 4) / stacks;
            for (int i = 0; i < stacks; i++)
            {
                contexts.add(
                    new LinkContext(new ChunkPool(ChunkPool.LARGE, largeBytes, hugePages), new Counters()));
            }
            if (!hasMac)
            {
                linkOptions.macSeed(addresses.get(0).address.lo() * 31 + addresses.get(0).address.hi());
            }
            opened.addAll(Links.openGroup(linkSpec, linkOptions, contexts, hash.seed()));
        }
        try
        {
            for (int i = 0; i < stacks; i++)
            {
                opened.set(i, wrap(opened.get(i), i, clock));
            }
            return opened;
        }
        catch (final IOException ex)
        {
            opened.forEach(Link::close);
            throw new IOException("cannot write the capture to " + capture + ": " + reason(ex), ex);
        }
    }

    /** The exceptions of files name the file, and only some say what is the matter with it. */
    private static String reason(final IOException ex)
    {
        return ex instanceof NoSuchFileException ? "there is no such directory" :
            ex instanceof AccessDeniedException ? "permission denied" :
            ex instanceof FileSystemException file && file.getReason() != null ? file.getReason() : ex.getMessage();
    }

    private Link wrap(final Link inner, final int index, final NanoClock clock) throws IOException
    {
        Link wrapped = inner;
        if (capture != null)
        {
            final long epochOffsetNs = System.currentTimeMillis() * 1_000_000L - clock.nanoTime();
            wrapped = new Capture(
                wrapped,
                FileChannel.open(
                    index == 0 ? capture : Path.of(capture + "." + index),
                    StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING),
                Capture.WHOLE_FRAMES,
                clock.nanoTime(),
                nowNs -> nowNs + epochOffsetNs,
                captureErrors);
        }
        if (impairment != null)
        {
            // Without a seed in the specification, another run is another run.
            wrapped = new Impairment(
                wrapped, impairment, new SplittableRandom(new SecureRandom().nextLong()), contexts.get(index));
        }
        return wrapped;
    }
}
