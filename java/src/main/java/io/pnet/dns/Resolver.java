package io.pnet.dns;

import io.pnet.ip.IpAddress;
import io.pnet.stack.IpProcess;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Names and addresses: the process's own name, the hosts file, then the name servers. Keeps no answers: InetAddress,
 * which asks it, has a cache of its own ({@code networkaddress.cache.ttl}). Every method blocks; any thread but the
 * stack's owner.
 */
public final class Resolver
{
    private static final String LOCALHOST = "localhost";
    private static final List<IpAddress> LOOPBACK = List.of(IpAddress.parse("127.0.0.1"), IpAddress.parse("::1"));

    private final IpProcess process;
    private final DnsSettings settings;
    private final HostsFile hosts;
    private final String ownName;
    private final Exchange pnet;
    private final Exchange kernel;
    private final Predicate<InetAddress> isKernels;
    private final AtomicInteger rotation = new AtomicInteger();

    /**
     * A resolver.
     *
     * @param kernel    who opens the kernel's channels.
     * @param isKernels which name servers are reached through the kernel.
     */
    public Resolver(
        final IpProcess process,
        final DnsSettings settings,
        final SelectorProvider kernel,
        final Predicate<InetAddress> isKernels)
    {
        this.process = process;
        this.settings = settings;
        this.hosts = new HostsFile(settings.hostsFile);
        this.ownName = settings.hostName != null ? settings.hostName : defaultName(process);
        this.pnet = new PnetExchange(process);
        this.kernel = new KernelExchange(kernel);
        this.isKernels = isKernels;
    }

    /** The kernel's; of a machine that has none, one that is not everybody's. */
    private static String defaultName(final IpProcess process)
    {
        final String name = SystemResolver.kernelHostName();
        return name.equals(LOCALHOST) ?
            "pnet-" + process.addresses().get(0).toString().replaceAll("[.:]+", "-") : name;
    }

    /** The name of this process. */
    public String ownName()
    {
        return ownName;
    }

    /**
     * The addresses of a host, each with the name that was asked for, in no order of versions.
     *
     * @param wantsV4 whether IPv4 addresses are of use.
     * @param wantsV6 whether IPv6 addresses are of use. Servers are asked for a version that the process has an address
     *                of; a hosts file's are taken as they are.
     * @throws UnknownHostException one line: there is no such name, or who did not answer.
     */
    public List<InetAddress> addresses(final String host, final boolean wantsV4, final boolean wantsV6)
        throws UnknownHostException
    {
        final String name = DnsName.canonical(host);
        final List<InetAddress> found = new ArrayList<>();
        for (final IpAddress each : known(name))
        {
            if (each.isV4() ? wantsV4 : wantsV6)
            {
                found.add(withName(host, each));
            }
        }
        if (!found.isEmpty())
        {
            return found;
        }
        if (!DnsName.isValid(name))
        {
            throw new UnknownHostException(host + ": not a host name");
        }
        for (final IpAddress each : ask(host, name, wantsV4, wantsV6))
        {
            found.add(withName(host, each));
        }
        return found;
    }

    /**
     * The name of an address.
     *
     * @throws UnknownHostException one line, when it has none.
     */
    public String name(final IpAddress address) throws UnknownHostException
    {
        if (process.addresses().contains(address))
        {
            return ownName;
        }
        final String known = hosts.name(address);
        if (known != null)
        {
            return known;
        }
        if (address.isLoopback())
        {
            return LOCALHOST;
        }
        final Lookup lookup = lookup(reverseName(address), DnsMessage.PTR);
        for (final DnsMessage.Data each : lookup.records())
        {
            if (DnsName.isHostName(each.target()))
            {
                return each.target();
            }
        }
        throw new UnknownHostException(address + (lookup.isOpen() ? ": " + lookup.failure() : " has no name"));
    }

    /** What needs no server. */
    private List<IpAddress> known(final String name)
    {
        if (name.equals(DnsName.canonical(ownName)) && !name.equals(LOCALHOST))
        {
            return process.addresses();
        }
        final List<IpAddress> addresses = hosts.addresses(name);
        // RFC 6761 section 6.3: names of the loopback are never asked for.
        return addresses.isEmpty() && (name.equals(LOCALHOST) || name.endsWith("." + LOCALHOST)) ? LOOPBACK : addresses;
    }

    private Set<IpAddress> ask(final String host, final String name, final boolean wantsV4, final boolean wantsV6)
        throws UnknownHostException
    {
        final int[] types = types(wantsV4, wantsV6);
        if (types.length == 0)
        {
            throw new UnknownHostException(host + ": this process has no address of the IP version that is wanted");
        }
        String failure = "no such name";
        for (final String candidate : candidates(name, host.endsWith(".")))
        {
            final Lookup lookup = lookup(candidate, types);
            final Set<IpAddress> addresses = new LinkedHashSet<>();
            for (final DnsMessage.Data each : lookup.records())
            {
                addresses.add(IpAddress.of(withName(null, each.address())));
            }
            if (!addresses.isEmpty())
            {
                return addresses;
            }
            if (lookup.isOpen())
            {
                failure = lookup.failure();
                if (!lookup.hasFailedAnswer())
                {
                    break;
                }
            }
        }
        throw new UnknownHostException(host + ": " + failure);
    }

    private int[] types(final boolean wantsV4, final boolean wantsV6)
    {
        final boolean hasV4 = process.addresses().stream().anyMatch(IpAddress::isV4);
        final boolean hasV6 = process.addresses().stream().anyMatch(address -> !address.isV4());
        final boolean asksV4 = wantsV4 && hasV4;
        final boolean asksV6 = wantsV6 && hasV6 && !settings.noAaaa;
        return asksV4 && asksV6 ? new int[]{DnsMessage.A, DnsMessage.AAAA} :
            asksV4 ? new int[]{DnsMessage.A} : asksV6 ? new int[]{DnsMessage.AAAA} : new int[0];
    }

    /** The names to be tried, in order. */
    private List<String> candidates(final String name, final boolean isComplete)
    {
        if (isComplete)
        {
            return List.of(name);
        }
        final List<String> candidates = new ArrayList<>();
        for (final String domain : settings.search)
        {
            final String longer = name + "." + DnsName.canonical(domain);
            if (DnsName.isValid(longer))
            {
                candidates.add(longer);
            }
        }
        final boolean isFirst = name.chars().filter(c -> c == '.').count() >= settings.ndots;
        candidates.add(isFirst ? 0 : candidates.size(), name);
        return candidates;
    }

    private Lookup lookup(final String name, final int... types) throws UnknownHostException
    {
        final Lookup lookup = new Lookup(settings, this::exchange, this::random, name, types);
        // An interrupt from before would end each wait at once.
        final boolean wasInterrupted = Thread.interrupted();
        try
        {
            lookup.run(settings.rotate ? Math.floorMod(rotation.getAndIncrement(), settings.servers.size()) : 0);
        }
        catch (final RuntimeException ex)
        {
            throw (UnknownHostException)new UnknownHostException(name + ": " + ex.getMessage()).initCause(ex);
        }
        finally
        {
            if (wasInterrupted)
            {
                Thread.currentThread().interrupt();
            }
        }
        return lookup;
    }

    private Exchange exchange(final InetSocketAddress server)
    {
        return isKernels.test(server.getAddress()) ? kernel : pnet;
    }

    private int random()
    {
        return process.exclusively(() -> process.stack().random().nextInt());
    }

    private static InetAddress withName(final String host, final IpAddress address) throws UnknownHostException
    {
        return InetAddress.getByAddress(host, address.toInetAddress().getAddress());
    }

    private static InetAddress withName(final String host, final byte[] address) throws UnknownHostException
    {
        return InetAddress.getByAddress(host, address);
    }

    /** As in RFC 1035 section 3.5 and RFC 3596 section 2.5. */
    static String reverseName(final IpAddress address)
    {
        final StringBuilder name = new StringBuilder();
        if (address.isV4())
        {
            for (int shift = 0; shift < 32; shift += 8)
            {
                name.append(address.v4Bits() >>> shift & 0xFF).append('.');
            }
            return name.append("in-addr.arpa").toString();
        }
        for (int i = 0; i < 32; i++)
        {
            final long half = i < 16 ? address.lo() : address.hi();
            name.append(Character.forDigit((int)(half >>> (i & 15) * 4) & 0xF, 16)).append('.');
        }
        return name.append("ip6.arpa").toString();
    }
}
