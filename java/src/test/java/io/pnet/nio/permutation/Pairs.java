package io.pnet.nio.permutation;

import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Namespace;
import io.pnet.link.Pipe;
import io.pnet.nio.GroupWire;
import io.pnet.nio.PnetDatagramSocketImpl;
import io.pnet.nio.PnetSelectorProvider;
import io.pnet.nio.PnetSocketImpl;
import io.pnet.stack.IpProcess;
import io.pnet.stack.IpProcessBuilder;

import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** The pairs that the cases run over. */
final class Pairs
{
    /** The JDK's own channels. */
    static final SelectorProvider KERNEL = SelectorProvider.provider();

    private static final String LEFT = "10.0.0.1";
    private static final String RIGHT = "10.0.0.2";
    private static final String LEFT_6 = "fd00::1";
    private static final String RIGHT_6 = "fd00::2";
    private static final String ABSENT = "10.0.0.99";

    private Pairs()
    {
    }

    static Pair named(final String name) throws Exception
    {
        switch (name)
        {
            case "kernel":
                return kernelToKernel();
            case "pnet":
                return pnetToPnet();
            case "itself":
                return pnetToItself();
            case "net-kernel":
                return kernelToKernel();
            case "net-pnet":
                return javaNetOfItself();
            case "kernel-pnet":
                return kernelToPnet();
            case "pnet-kernel":
                return pnetToKernel();
            default:
                throw new IllegalArgumentException("no pair called " + name);
        }
    }

    /** The kernel with itself, over its loopback: says whether the cases are right. */
    static Pair kernelToKernel() throws IOException
    {
        final InetAddress loopback6 = InetAddress.getByName("::1");
        final Side kernel = new Side(
            "kernel",
            KERNEL,
            InetAddress.getByName("127.0.0.1"),
            NetworkInterface.getByInetAddress(loopback6) == null ? null : loopback6,
            true);
        return new Pair(kernel, kernel, null, null);
    }

    /** Two processes, joined in memory. */
    static Pair pnetToPnet() throws IOException
    {
        final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        final LinkContext left = context();
        final LinkContext right = context();
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions().txOffload(true).rxGso(true), left, right);
        final IpProcess client = process(failures, LEFT, LEFT_6).link(pipe.left(), left).start();
        pipe.left().onFrames(client.driver()::wakeup);
        final IpProcess server = process(failures, RIGHT, RIGHT_6).link(pipe.right(), right).start();
        pipe.right().onFrames(server.driver()::wakeup);
        return new Pair(
            side(client, LEFT, LEFT_6), side(server, RIGHT, RIGHT_6), InetAddress.getByName(ABSENT),
            end(failures, client, server));
    }

    /** As {@link #pnetToPnet}, and each of the processes has two stacks. */
    static Pair groupToGroup() throws IOException
    {
        final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        final GroupWire wire = new GroupWire(2);
        final IpProcess client = wire.startLeft(process(failures, LEFT, LEFT_6));
        final IpProcess server = wire.startRight(process(failures, RIGHT, RIGHT_6));
        return new Pair(
            side(client, LEFT, LEFT_6), side(server, RIGHT, RIGHT_6), InetAddress.getByName(ABSENT),
            end(failures, client, server));
    }

    /** One process that connects to its own address. */
    static Pair pnetToItself() throws IOException
    {
        final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        final LinkContext left = context();
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions(), left, context());
        final IpProcess process = process(failures, LEFT, LEFT_6).link(pipe.left(), left).start();
        pipe.left().onFrames(process.driver()::wakeup);
        final Side side = side(process, LEFT, LEFT_6);
        return new Pair(side, side, InetAddress.getByName(ABSENT), end(failures, process));
    }

    /** As {@link #pnetToItself}, and every socket of java.net in this JVM is the process's; for a JVM of its own. */
    @SuppressWarnings("deprecation")
    static Pair javaNetOfItself() throws IOException
    {
        final Pair pair = pnetToItself();
        final PnetSelectorProvider provider = (PnetSelectorProvider)pair.client().provider();
        Socket.setSocketImplFactory(() -> new PnetSocketImpl(provider, false));
        ServerSocket.setSocketFactory(() -> new PnetSocketImpl(provider, true));
        DatagramSocket.setDatagramSocketImplFactory(() -> new PnetDatagramSocketImpl(provider));
        return pair;
    }

    /** The kernel at one end of a TAP, in a namespace of its own, connects to a process at the other. */
    static Pair kernelToPnet() throws Exception
    {
        final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        final IpProcess process = behindTap(failures);
        return new Pair(
            kernelAtTap(), side(process, RIGHT, RIGHT_6), InetAddress.getByName(ABSENT), end(failures, process));
    }

    /** As {@link #kernelToPnet}, the other way round. */
    static Pair pnetToKernel() throws Exception
    {
        final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        final IpProcess process = behindTap(failures);
        return new Pair(
            side(process, RIGHT, RIGHT_6), kernelAtTap(), InetAddress.getByName(ABSENT), end(failures, process));
    }

    private static Side kernelAtTap() throws IOException
    {
        return new Side("kernel", KERNEL, InetAddress.getByName(LEFT), InetAddress.getByName(LEFT_6), true);
    }

    private static IpProcess behindTap(final Queue<Throwable> failures) throws Exception
    {
        Namespace.sh("ip link set lo up");
        Namespace.sh("ip tuntap add dev pt mode tap vnet_hdr");
        Namespace.sh("ip addr add %s/24 dev pt", LEFT);
        Namespace.sh("ip link set pt up");
        Namespace.sh("ip addr add %s/64 dev pt nodad", LEFT_6);
        final IpProcess process = process(failures, RIGHT, RIGHT_6).link("tap:pt").start();
        Namespace.awaitUp("pt");
        return process;
    }

    private static LinkContext context()
    {
        return new LinkContext(new ChunkPool(ChunkPool.LARGE, 128L << 20), new Counters());
    }

    private static IpProcessBuilder process(
        final Queue<Throwable> failures, final String address, final String address6)
    {
        final IpSettings settings = new IpSettings();
        settings.addressDetection = false;
        return IpProcess.builder()
            .address(address + "/24").address(address6 + "/64")
            .ip(settings).linger(Duration.ZERO).errorHandler(failures::add);
    }

    private static Side side(final IpProcess process, final String address, final String address6) throws IOException
    {
        return new Side(
            "Pnet", new PnetSelectorProvider(process), InetAddress.getByName(address),
            InetAddress.getByName(address6), false);
    }

    /** Ends the processes; no handler of theirs may have failed. */
    private static Closeable end(final Queue<Throwable> failures, final IpProcess... processes)
    {
        return () ->
        {
            for (final IpProcess each : processes)
            {
                each.close();
            }
            assertTrue(failures.isEmpty(), () -> "failures of handlers: " + failures);
        };
    }
}
