package io.pnet.udp;

import io.pnet.counters.Counter;
import io.pnet.ip.IcmpError;
import io.pnet.ip.IpAddress;
import io.pnet.link.Link;
import io.pnet.link.LinkContext;
import io.pnet.link.LinkOptions;
import io.pnet.link.Links;
import io.pnet.link.Namespace;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.FutureTask;

import static io.pnet.link.Namespace.sh;

/** Scenarios for {@link KernelIpTest}: the kernel at one end of a veth pair, this layer at the other. */
public final class KernelScenarios
{
    private static final String[] OURS = {"10.9.0.2", "fd09::2"};

    private KernelScenarios()
    {
    }

    public static void main(final String[] arguments) throws Exception
    {
        sh("ip link add pa type veth peer name pb");
        sh("ip link set pa mtu %s", arguments[0]);
        sh("ip link set pb mtu %s", arguments[0]);
        sh("ip link set pb addrgenmode none");
        sh("ip addr add 10.9.0.1/24 dev pa");
        sh("ip addr add fd09::1/64 dev pa nodad");
        sh("ip link set lo up");
        sh("ip link set pa up");
        sh("ip link set pb up");
        Namespace.awaitUp("pa");
        Namespace.awaitUp("pb");

        final LinkContext context = LinkContext.standalone();
        try (Link link = Links.open("packet:pb", new LinkOptions().mac(0x0200_0000_0009L), context))
        {
            final UdpNode node = new UdpNode(context, link, 5).address(OURS[0], 24).address(OURS[1], 64);
            node.udp.bind(IpAddress.ANY, 7, new Echo());
            final FutureTask<String> test = new FutureTask<>(arguments[1].equals("ping") ?
                KernelScenarios::ping : arguments[1].equals("udp") ? KernelScenarios::udp :
                KernelScenarios::unreachable);
            final Thread thread = new Thread(test, "kernel's side");
            thread.start();
            while (thread.isAlive())
            {
                if (node.cycle(System.nanoTime()) == 0)
                {
                    Thread.onSpinWait();
                }
            }
            test.get();
            check(node.counters.get(Counter.STACK_INTERNAL_ERRORS) == 0, "internal errors");
            check(node.handlerErrors.isEmpty(), "handler errors: " + node.handlerErrors);
            for (final Counter counter : new Counter[]{
                Counter.IP_RX_DROP_HEADER_CHECKSUM, Counter.UDP_RX_DROP_CHECKSUM, Counter.ICMP_RX_DROP_CHECKSUM,
                Counter.ICMP_RX_DROP_MALFORMED, Counter.NDP_RX_DROP_MALFORMED, Counter.ARP_RX_DROP_MALFORMED,
                Counter.IP_RX_DROP_FRAGMENT_OVERLAP, Counter.IP_RX_DROP_FRAGMENT_MALFORMED})
            {
                check(node.counters.get(counter) == 0, counter + " " + node.counters.get(counter));
            }
        }
    }

    private static String ping() throws Exception
    {
        for (final String address : OURS)
        {
            for (final int size : new int[]{0, 56, 1472, 9000, 65_000})
            {
                sh("ping -c 3 -i 0.01 -W 2 -s %d %s", size, address);
            }
        }
        final Process process = new ProcessBuilder("ip", "neigh", "show", "dev", "pa").start();
        final String neighbours = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        for (final String address : OURS)
        {
            check(neighbours.contains(address + " lladdr 02:00:00:00:00:09"), neighbours);
        }
        return neighbours;
    }

    private static String udp() throws Exception
    {
        try (DatagramSocket socket = new DatagramSocket())
        {
            socket.setSoTimeout(5_000);
            final Random random = new Random(3);
            for (final String address : OURS)
            {
                final InetSocketAddress to = new InetSocketAddress(InetAddress.getByName(address), 7);
                for (final int size : new int[]{0, 1, 1000, 1452, 1453, 1472, 1473, 8_999, 40_000, 65_507})
                {
                    final byte[] data = new byte[size];
                    random.nextBytes(data);
                    socket.send(new DatagramPacket(data, size, to));
                    final DatagramPacket answer = new DatagramPacket(new byte[70_000], 70_000);
                    socket.receive(answer);
                    check(
                        Arrays.equals(data, Arrays.copyOf(answer.getData(), answer.getLength())),
                        address + " " + size + ": got " + answer.getLength() + " other bytes");
                }
            }
        }
        return "";
    }

    private static String unreachable() throws Exception
    {
        for (final String address : OURS)
        {
            try (DatagramSocket socket = new DatagramSocket())
            {
                socket.setSoTimeout(5_000);
                socket.connect(new InetSocketAddress(InetAddress.getByName(address), 9));
                socket.send(new DatagramPacket(new byte[100], 100));
                boolean isRefused = false;
                try
                {
                    socket.receive(new DatagramPacket(new byte[100], 100));
                }
                catch (final PortUnreachableException ex)
                {
                    isRefused = true;
                }
                check(isRefused, address + " answered");
            }
        }
        return "";
    }

    private static void check(final boolean isTrue, final String message) throws IOException
    {
        if (!isTrue)
        {
            throw new IOException(message);
        }
    }

    private static final class Echo implements UdpHandler
    {
        @Override
        public void onDatagram(
            final UdpEndpoint endpoint,
            final UnsafeBuffer buffer,
            final int offset,
            final int length,
            final long sourceHi,
            final long sourceLo,
            final int sourcePort)
        {
            final int sent = endpoint.send(buffer, offset, length, sourceHi, sourceLo, sourcePort);
            if (sent != length)
            {
                throw new IllegalStateException("sent " + sent + " of " + length);
            }
        }

        @Override
        public void onError(final UdpEndpoint endpoint, final IcmpError.Kind kind)
        {
            throw new IllegalStateException(kind.toString());
        }
    }
}
