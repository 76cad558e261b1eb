package io.pnet.tools;

import io.pnet.link.JvmFlags;
import io.pnet.link.Link;
import io.pnet.link.LinkCapabilities;
import io.pnet.link.LinkContext;
import io.pnet.link.LinkOptions;
import io.pnet.link.Links;
import io.pnet.link.NativeLibrary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/**
 * {@code pnet selftest}: what this machine lets Pnet do, one line a check with advice where something is missing. Exit
 * code 1 when something fails that nothing works without.
 */
@Command(
    name = "selftest",
    description = "Check what works on this machine, and say what to do where it does not.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class SelfTestCommand implements Callable<Integer>
{
    private static final int CAP_NET_ADMIN = 12;
    private static final int CAP_NET_RAW = 13;

    @Option(names = "--debug", description = "Show a stack trace when something fails.")
    private boolean debug;

    private final PrintStream out = System.out;
    private boolean isEssentialMissing;
    private int missing;

    @Override
    public Integer call()
    {
        java();
        final boolean hasNative = nativeLibrary();
        kernel();
        final boolean hasRaw = capability(CAP_NET_RAW, "CAP_NET_RAW", "packet rings (--link packet:IFACE)",
            "run as root, or: setpriv --inh-caps=+net_raw --ambient-caps=+net_raw, or hand a socket over (fd:N)");
        final boolean hasAdmin = capability(CAP_NET_ADMIN, "CAP_NET_ADMIN", "creating TAPs, large receive buffers",
            "run as root, or in a namespace of your own: unshare --user --map-root-user --net");
        final boolean hasTun = tun();
        links(hasNative && hasRaw && hasAdmin && hasTun);
        memory();
        if (isEssentialMissing)
        {
            throw new CommandException("selftest: something essential is missing, see the lines with FAIL");
        }
        out.println(missing == 0 ?
            "Everything works." : "Pnet works; " + missing + " part(s) need what is said above.");
        return Main.OK;
    }

    private void java()
    {
        final int feature = Runtime.version().feature();
        essential(feature >= 17, "Java " + Runtime.version(), "install a JDK of version 17 or newer");
        final String flags = JvmFlags.missing();
        essential(flags == null, "JVM flags", flags);
    }

    private boolean nativeLibrary()
    {
        final boolean isThere = NativeLibrary.isAvailable();
        essential(isThere, "native library", isThere ? null : Main.oneLine(
            String.valueOf(NativeLibrary.unavailabilityCause().getMessage())) +
            ": build it with mvn package, or add the classifier jar for this platform");
        return isThere;
    }

    private void kernel()
    {
        final String version = System.getProperty("os.version", "");
        final String[] parts = version.split("[^0-9]+", 3);
        boolean isNew = false;
        if (parts.length >= 2 && !parts[0].isEmpty() && !parts[1].isEmpty())
        {
            final int major = Integer.parseInt(parts[0]);
            isNew = major > 5 || major == 5 && Integer.parseInt(parts[1]) >= 6;
        }
        essential(isNew && "Linux".equals(System.getProperty("os.name")),
            System.getProperty("os.name") + " " + version, "Linux 5.6 or newer is needed for links of the kernel");
    }

    private boolean capability(final int bit, final String name, final String use, final String advice)
    {
        boolean has = false;
        try
        {
            for (final String line : Files.readAllLines(Path.of("/proc/self/status")))
            {
                if (line.startsWith("CapEff:"))
                {
                    has = (Long.parseUnsignedLong(line.substring(7).strip(), 16) >>> bit & 1) != 0;
                }
            }
        }
        catch (final IOException ex)
        {
            has = false;
        }
        useful(has, name + " for " + use, advice);
        return has;
    }

    private boolean tun()
    {
        final Path device = Path.of("/dev/net/tun");
        final boolean isThere = Files.exists(device);
        final boolean isOpen = isThere && Files.isReadable(device) && Files.isWritable(device);
        useful(isOpen, "/dev/net/tun for TAPs (--link tap:NAME)",
            isThere ? "run as root, or: chmod 0666 /dev/net/tun" : "load the driver: modprobe tun");
        return isOpen;
    }

    private void links(final boolean isPossible)
    {
        if (!isPossible)
        {
            out.println("SKIP  packet ring and TAP offloads: need everything above");
            return;
        }
        // The interface is gone when the TAP is closed.
        final String name = "pnt" + ProcessHandle.current().pid();
        try (Link tap = Links.open("tap:" + name, new LinkOptions(), LinkContext.standalone()))
        {
            useful(true, "TAP: " + describe(tap.capabilities()), null);
            try (Link ring = Links.open("packet:" + name, new LinkOptions(), LinkContext.standalone()))
            {
                useful(true, "packet ring: " + describe(ring.capabilities()), null);
            }
            catch (final IOException ex)
            {
                useful(false, "packet ring", ex.getMessage());
            }
        }
        catch (final IOException ex)
        {
            useful(false, "TAP", ex.getMessage());
        }
    }

    private static String describe(final LinkCapabilities link)
    {
        return "MTU " + link.mtu() +
            ", checksum offload " + onOff(link.txChecksum()) +
            ", TCP segmentation " + (link.txGsoMaxBytes() > 0 ? "to " + link.txGsoMaxBytes() + " bytes" : "off") +
            ", UDP segmentation " + onOff(link.txGsoUdp()) +
            ", large receive " + onOff(link.rxGso()) +
            ", ingress time stamps " + onOff(link.rxTimestamps());
    }

    private static String onOff(final boolean isOn)
    {
        return isOn ? "on" : "off";
    }

    private void memory()
    {
        try
        {
            essential(true, MemoryRun.run(), null);
        }
        catch (final Exception ex)
        {
            essential(false, "in-memory run", Main.oneLine(String.valueOf(ex.getMessage())));
            if (debug)
            {
                ex.printStackTrace();
            }
        }
    }

    private void essential(final boolean isGood, final String what, final String advice)
    {
        out.println((isGood ? "pass  " : "FAIL  ") + what + (isGood ? "" : ": " + advice));
        isEssentialMissing |= !isGood;
    }

    private void useful(final boolean isGood, final String what, final String advice)
    {
        out.println((isGood ? "pass  " : "no    ") + what + (isGood ? "" : ": " + advice));
        missing += isGood ? 0 : 1;
    }
}
