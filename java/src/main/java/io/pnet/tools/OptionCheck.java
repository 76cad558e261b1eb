package io.pnet.tools;

import io.pnet.ip.IpAddress;
import io.pnet.link.ImpairmentSpec;
import io.pnet.tcp.congestion.CongestionControl;
import io.pnet.tcp.congestion.CongestionControls;

import java.lang.reflect.Constructor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/** Says in one line what is wrong with an option's value. */
final class OptionCheck
{
    private static final int MIN_MTU = 576;
    private static final int MIN_MTU_V6 = 1_280;
    private static final int MAX_MTU = 65_535;

    private OptionCheck()
    {
    }

    static void link(final CommonOptions options, final String link)
    {
        if (!link.matches("packet:\\S+|tap:\\S+|fd:\\d+(,\\d+)?"))
        {
            throw options.usage("--link " + link + " is no link: say packet:IFACE, tap:NAME, fd:N, or kernel");
        }
    }

    static void prefix(final CommonOptions options, final String text)
    {
        final int slash = text.indexOf('/');
        if (slash < 0)
        {
            throw options.usage("--ip " + text + " has no prefix length: write it like " + text +
                (text.indexOf(':') < 0 ? "/24" : "/64"));
        }
        final IpAddress address = address(options, "--ip", text.substring(0, slash));
        final int most = address.isV4() ? 32 : 128;
        int length = -1;
        try
        {
            length = Integer.parseInt(text.substring(slash + 1));
        }
        catch (final NumberFormatException ex)
        {
            // Reported below like a number that is out of range.
        }
        if (length < 1 || length > most)
        {
            throw options.usage("--ip " + text + " has a bad prefix length: it is 1 to " + most);
        }
        if (address.isMulticast() || address.isUnspecified() || address.isLoopback() ||
            address.equals(IpAddress.BROADCAST_V4))
        {
            throw options.usage("--ip " + text + " is not an address that one process can have");
        }
    }

    static IpAddress address(final CommonOptions options, final String option, final String text)
    {
        try
        {
            return IpAddress.parse(text);
        }
        catch (final IllegalArgumentException ex)
        {
            throw options.usage(option + " " + text + ": no IP address: write it like 10.0.0.2 or fd00::2");
        }
    }

    /** A router nobody can reach would only show as silence. */
    static void gateway(final CommonOptions options, final String text, final List<String> prefixes)
    {
        final IpAddress gateway = address(options, "--gateway", text);
        for (final String prefix : prefixes)
        {
            final int slash = prefix.indexOf('/');
            final IpAddress address = IpAddress.parse(prefix.substring(0, slash));
            if (address.hasNeighbour(gateway, Integer.parseInt(prefix.substring(slash + 1))))
            {
                return;
            }
        }
        throw options.usage("--gateway " + text + " is not on a network of ours: give an --ip beside it, not " +
            String.join(", ", prefixes));
    }

    /** Not a matter of usage: it depends on the file system. */
    static void capture(final Path file)
    {
        final Path folder = file == null ? null : file.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder))
        {
            throw new CommandException("--pcap " + file + ": there is no such directory");
        }
        if (folder != null && (Files.isDirectory(file) || !Files.isWritable(Files.exists(file) ? file : folder)))
        {
            throw new CommandException("--pcap " + file + ": this file cannot be written, choose another");
        }
    }

    static int port(final CommonOptions options, final String text)
    {
        try
        {
            final int port = Integer.parseInt(text);
            if (port >= 1 && port <= 65_535)
            {
                return port;
            }
        }
        catch (final NumberFormatException ex)
        {
            // Reported below like a number that is out of range.
        }
        throw options.usage("port " + text + " is out of range: 1 to 65535");
    }

    static void mac(final CommonOptions options, final String mac)
    {
        if (mac == null)
        {
            return;
        }
        if (!mac.matches("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}"))
        {
            throw options.usage("--mac " + mac + " is no MAC address: write it like 02:00:00:00:00:01");
        }
        if ((Integer.parseInt(mac.substring(0, 2), 16) & 1) != 0 || mac.matches("[0:]+"))
        {
            throw options.usage("--mac " + mac + " is no address of one station: the first byte must be even");
        }
    }

    static void mtu(final CommonOptions options, final Integer mtu, final List<String> addresses)
    {
        if (mtu == null)
        {
            return;
        }
        final int least = addresses.stream().anyMatch(text -> text.indexOf(':') >= 0) ? MIN_MTU_V6 : MIN_MTU;
        if (mtu < least || mtu > MAX_MTU)
        {
            throw options.usage("--mtu " + mtu + " is out of range: " + least + " to " + MAX_MTU);
        }
    }

    static void impairment(final CommonOptions options, final String impair)
    {
        if (impair == null)
        {
            return;
        }
        try
        {
            ImpairmentSpec.parse(impair);
        }
        catch (final IllegalArgumentException ex)
        {
            throw options.usage("--impair: " + ex.getMessage());
        }
    }

    /** The congestion control of this name, or of this class of the user's; null for null. */
    static Supplier<? extends CongestionControl> congestion(final CommonOptions options, final String congestion)
    {
        if (congestion == null)
        {
            return null;
        }
        if (CongestionControls.has(congestion))
        {
            return CongestionControls.named(congestion);
        }
        try
        {
            final Constructor<? extends CongestionControl> constructor =
                Class.forName(congestion).asSubclass(CongestionControl.class).getConstructor();
            // Once here, so that what it throws is told before anything is opened.
            constructor.newInstance();
            return () -> create(constructor);
        }
        catch (final ClassNotFoundException ex)
        {
            throw options.usage("--congestion " + congestion +
                " is neither newreno, cubic, cubic-abe nor bbr, nor a class on the class path: set PNET_CLASSPATH");
        }
        catch (final ClassCastException ex)
        {
            throw options.usage("--congestion " + congestion + " does not implement CongestionControl");
        }
        catch (final ReflectiveOperationException ex)
        {
            throw options.usage("--congestion " + congestion + " needs a public constructor without parameters: " + ex);
        }
    }

    private static CongestionControl create(final Constructor<? extends CongestionControl> constructor)
    {
        try
        {
            return constructor.newInstance();
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new IllegalStateException(ex);
        }
    }
}
