package io.pnet.jvm;

import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.stack.IpProcess;

import java.lang.instrument.Instrumentation;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/** A program whose agent changes NetworkInterface; prints what that says. Run by {@link SystemInterfacesTest}. */
public final class InterfacesProgram
{
    private static final AtomicReference<IpProcess> PROCESS = new AtomicReference<>();

    private InterfacesProgram()
    {
    }

    /** The agent. */
    public static void premain(final String options, final Instrumentation instrumentation)
    {
        SystemInterfaces.install(instrumentation, PROCESS::get, InetAddress::isLoopbackAddress);
    }

    public static void main(final String[] arguments) throws Exception
    {
        print("before", addresses());
        final LinkContext left = new LinkContext(new ChunkPool(ChunkPool.LARGE, 16L << 20), new Counters());
        final LinkContext right = new LinkContext(new ChunkPool(ChunkPool.LARGE, 16L << 20), new Counters());
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions(), left, right);
        final IpSettings ip = new IpSettings();
        ip.addressDetection = false;
        try (IpProcess process = IpProcess.builder().link(pipe.left(), left).ip(ip).linger(Duration.ZERO)
            .address("10.0.0.1/20").address("fd00::1/64").start())
        {
            PROCESS.set(process);
            print("all", addresses());
            final NetworkInterface link = NetworkInterface.getByName("pnet0");
            print("name", link.getName() + "/" + link.getDisplayName());
            print("up", link.isUp() + "/" + link.supportsMulticast() + "/" + link.isLoopback() + "/" +
                link.isPointToPoint() + "/" + link.isVirtual());
            print("mac", HexFormat.of().formatHex(link.getHardwareAddress()).equals(
                String.format("%012x", process.link().macAddress())));
            print("mtu", link.getMTU() == process.link().mtu());
            print("prefixes", link.getInterfaceAddresses().stream()
                .map(each -> each.getNetworkPrefixLength() + " " + each.getBroadcast())
                .collect(Collectors.joining("+")));
            print("byAddress", NetworkInterface.getByInetAddress(InetAddress.getByName("10.0.0.1")).getName());
            print("byIndex", NetworkInterface.getByIndex(link.getIndex()).equals(link));
            print("bySix", NetworkInterface.getByInetAddress(InetAddress.getByName("fd00::1")).getName());
            print("stranger", NetworkInterface.getByInetAddress(InetAddress.getByName("192.0.2.77")));
            final NetworkInterface loopback =
                NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1"));
            print("loopback", loopback == null ? "none" :
                loopback.isLoopback() + "/" + loopback.isUp() + "/" + (loopback.getMTU() > 0));
            print("nobody", NetworkInterface.getByName("nobody0"));
            print("stream", NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress()).map(InetAddress::getHostAddress)
                .collect(Collectors.joining("+")));
            // As servers look for the address that they advertise.
            print("bindings", Collections.list(NetworkInterface.getNetworkInterfaces()).stream()
                .flatMap(each -> each.getInterfaceAddresses().stream()).map(InterfaceAddress::getAddress)
                .filter(address -> !address.isLoopbackAddress()).map(InetAddress::getHostAddress)
                .collect(Collectors.joining("+")));
        }
    }

    private static String addresses() throws Exception
    {
        return NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
            .filter(address -> !address.isLoopbackAddress()).map(InetAddress::getHostAddress).sorted()
            .collect(Collectors.joining("+"));
    }

    private static void print(final String key, final Object value)
    {
        System.out.println(key + "=" + value);
    }
}
