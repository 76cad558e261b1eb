package io.pnet.nio;

import io.pnet.ip.IpAddress;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Which stack a bind or connect goes to. The rules, the first that fits counts:
 * <ol>
 * <li>127.0.0.0/8 and ::1 are the kernel's;
 * <li>so is every prefix that the user excludes;
 * <li>everything else is Pnet's: the process's own addresses, the wildcard, multicast groups, every remote host.
 * </ol>
 * A server that is bound to the wildcard listens on the kernel's loopback as well, unless that is switched off.
 * Unix-domain sockets are always the kernel's. Immutable.
 */
public final class Routing
{
    /** Nothing excluded, wildcard servers also on the kernel's loopback. */
    public static final Routing DEFAULT = new Routing(List.of(), true);

    private record Excluded(IpAddress network, int length)
    {
        static Excluded parse(final String text)
        {
            final int slash = text.indexOf('/');
            final IpAddress network = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
            final int most = network.isV4() ? 32 : 128;
            int length = most;
            if (slash >= 0)
            {
                final String digits = text.substring(slash + 1);
                length = digits.matches("\\d{1,3}") ? Integer.parseInt(digits) : -1;
            }
            if (length < 0 || length > most)
            {
                throw new IllegalArgumentException(
                    "bad prefix length in '" + text + "': it is a number from 0 to " + most);
            }
            return new Excluded(network, length);
        }

        boolean contains(final IpAddress address)
        {
            if (address.isV4() != network.isV4())
            {
                return false;
            }
            final int bits = network.isV4() ? 96 + length : length;
            final long maskHi = bits == 0 ? 0 : bits >= 64 ? -1L : -1L << 64 - bits;
            final long maskLo = bits <= 64 ? 0 : -1L << 128 - bits;
            return ((address.hi() ^ network.hi()) & maskHi) == 0 && ((address.lo() ^ network.lo()) & maskLo) == 0;
        }

        @Override
        public String toString()
        {
            return network + "/" + length;
        }
    }

    private final List<Excluded> excluded;
    private final boolean isLoopbackServed;

    private Routing(final List<Excluded> excluded, final boolean isLoopbackServed)
    {
        this.excluded = excluded;
        this.isLoopbackServed = isLoopbackServed;
    }

    /**
     * From options that are separated by commas: {@code exclude=CIDR[+CIDR..]} leaves those addresses to the kernel,
     * {@code loopback=off} keeps wildcard servers off the kernel's loopback.
     *
     * @throws IllegalArgumentException one line, when the text is neither.
     */
    public static Routing parse(final String options)
    {
        final List<Excluded> excluded = new ArrayList<>();
        boolean isLoopbackServed = true;
        for (final String option : options.isBlank() ? new String[0] : options.split(","))
        {
            final int equals = option.indexOf('=');
            final String name = equals < 0 ? option.trim() : option.substring(0, equals).trim();
            final String value = equals < 0 ? "" : option.substring(equals + 1).trim();
            if (name.equals("exclude") && !value.isEmpty())
            {
                for (final String prefix : value.split("\\+"))
                {
                    excluded.add(Excluded.parse(prefix));
                }
            }
            else if (name.equals("loopback") && (value.equals("on") || value.equals("off")))
            {
                isLoopbackServed = value.equals("on");
            }
            else
            {
                throw new IllegalArgumentException(
                    "bad routing option '" + option + "': there are exclude=CIDR[+CIDR..] and loopback=on|off");
            }
        }
        return new Routing(List.copyOf(excluded), isLoopbackServed);
    }

    /** Whether an address, local or remote, is left to the kernel. */
    public boolean isKernels(final InetAddress address)
    {
        if (address.isLoopbackAddress())
        {
            return true;
        }
        if (excluded.isEmpty() || address.isAnyLocalAddress())
        {
            return false;
        }
        final IpAddress ours = IpAddress.of(address);
        for (final Excluded each : excluded)
        {
            if (each.contains(ours))
            {
                return true;
            }
        }
        return false;
    }

    /** Whether a server bound to the wildcard listens on the kernel's loopback as well. */
    public boolean isLoopbackServed()
    {
        return isLoopbackServed;
    }

    /** The rules in words, one a line, in the order in which they are looked at. */
    public List<String> explain()
    {
        final List<String> lines = new ArrayList<>();
        lines.add("127.0.0.0/8, ::1: kernel");
        excluded.forEach(each -> lines.add(each + ": kernel (excluded)"));
        lines.add("Unix-domain sockets: kernel");
        lines.add("everything else (own addresses, wildcard, multicast, remote hosts): Pnet");
        lines.add("servers on the wildcard: Pnet" + (isLoopbackServed ? ", and the kernel's loopback" : " only"));
        return lines;
    }

    @Override
    public String toString()
    {
        return String.join("; ", explain());
    }
}
