package io.pnet.interop;

import io.pnet.counters.Counter;
import io.pnet.nio.PnetSelectorProvider;
import io.pnet.stack.IpProcess;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.charset.StandardCharsets;

/**
 * Joins a group of either version on veth0, says its name to both until it has heard another name from both, and leaves
 * them; by the channels of Pnet or of the kernel, with the same code.
 *
 * <p>Arguments: name; and for Pnet its link and addresses with prefix lengths.
 */
final class MulticastPeer
{
    static final String GROUP_V4 = "239.77.1.2";
    static final String GROUP_V6 = "ff15::4d2";
    static final int PORT = 7777;

    private static final long PATIENCE_NS = 30_000_000_000L;

    private MulticastPeer()
    {
    }

    public static void main(final String[] args) throws Exception
    {
        if (args.length == 1)
        {
            talk(SelectorProvider.provider(), args[0]);
            return;
        }
        final var builder = IpProcess.builder().link(args[1]);
        for (int i = 2; i < args.length; i++)
        {
            builder.address(args[i]);
        }
        try (IpProcess process = builder.start())
        {
            talk(new PnetSelectorProvider(process), args[0]);
            System.out.println("igmp " + process.counters().get(Counter.IGMP_TX) +
                " mld " + process.counters().get(Counter.MLD_TX));
        }
        System.out.println("end");
    }

    private static void talk(final SelectorProvider provider, final String name) throws Exception
    {
        try (DatagramChannel channel = provider.openDatagramChannel(StandardProtocolFamily.INET6);
            DatagramChannel v4 = provider.openDatagramChannel(StandardProtocolFamily.INET))
        {
            open(channel, GROUP_V6);
            open(v4, GROUP_V4);
            System.out.println("joined");
            String heard4 = null;
            String heard6 = null;
            final long endNs = System.nanoTime() + PATIENCE_NS;
            // Said a while longer than listened to: the other one may be later.
            int said = 0;
            while (System.nanoTime() < endNs && (heard4 == null || heard6 == null || said < 40))
            {
                say(v4, GROUP_V4, name);
                say(channel, GROUP_V6, name);
                said++;
                heard4 = hear(v4, name, heard4);
                heard6 = hear(channel, name, heard6);
                Thread.sleep(50);
            }
            System.out.println("heard " + heard4 + " and " + heard6);
        }
        // Closing has left the groups, which is reported once more within a second.
        Thread.sleep(1_200);
    }

    private static void open(final DatagramChannel channel, final String group) throws IOException
    {
        final NetworkInterface veth = NetworkInterface.getByName("veth0");
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        channel.bind(new InetSocketAddress(PORT));
        if (veth == null)
        {
            // The JDK shows no interface to which the kernel has given no address, and Pnet's is such a one.
            channel.socket().joinGroup(new InetSocketAddress(group, 0), null);
        }
        else
        {
            channel.setOption(StandardSocketOptions.IP_MULTICAST_IF, veth);
            channel.join(InetAddress.getByName(group), veth);
        }
        channel.configureBlocking(false);
    }

    private static void say(final DatagramChannel channel, final String group, final String name) throws IOException
    {
        channel.send(
            ByteBuffer.wrap(name.getBytes(StandardCharsets.US_ASCII)), new InetSocketAddress(group, PORT));
    }

    /** The other's name: its own comes back as well. */
    private static String hear(final DatagramChannel channel, final String name, final String before)
        throws IOException
    {
        String heard = before;
        final ByteBuffer target = ByteBuffer.allocate(100);
        while (channel.receive(target) != null)
        {
            final String text = new String(target.array(), 0, target.position(), StandardCharsets.US_ASCII);
            heard = text.equals(name) ? heard : text;
            target.clear();
        }
        return heard;
    }
}
