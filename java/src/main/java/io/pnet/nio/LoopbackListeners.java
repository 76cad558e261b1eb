package io.pnet.nio;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;

/**
 * The kernel's listeners behind a server of ours: those on the loopback addresses of one that is bound to the wildcard,
 * or the only one of a server that is the kernel's. They never block.
 */
final class LoopbackListeners
{
    private final SelectorProvider provider;
    private final List<ServerSocketChannel> channels = new ArrayList<>();

    LoopbackListeners(final SelectorProvider provider)
    {
        this.provider = provider;
    }

    /** The loopback addresses that the kernel has, of IPv4 only or of both versions. */
    static List<InetAddress> addresses(final boolean isV4Only) throws IOException
    {
        final List<InetAddress> addresses = new ArrayList<>();
        for (final String literal : List.of("127.0.0.1", "::1"))
        {
            final InetAddress address = InetAddress.getByName(literal);
            if (!(isV4Only && literal.contains(":")) && isThere(address))
            {
                addresses.add(address);
            }
        }
        return addresses;
    }

    private static boolean isThere(final InetAddress address)
    {
        try
        {
            final NetworkInterface loopback = NetworkInterface.getByInetAddress(address);
            return loopback != null && loopback.isUp();
        }
        catch (final SocketException ex)
        {
            return false;
        }
    }

    /**
     * Listens on each address.
     *
     * @throws java.net.BindException when the port is taken on one of them; then none is open.
     */
    void bind(
        final List<InetAddress> addresses, final int port, final int backlog, final TcpOptionTable options)
        throws IOException
    {
        try
        {
            for (final InetAddress address : addresses)
            {
                final ServerSocketChannel channel = provider.openServerSocketChannel();
                channels.add(channel);
                options.applyTo(channel);
                channel.configureBlocking(false);
                channel.bind(new InetSocketAddress(address, port), backlog);
            }
        }
        catch (final IOException ex)
        {
            close();
            throw ex;
        }
    }

    List<SelectableChannel> channels()
    {
        return List.copyOf(channels);
    }

    boolean isEmpty()
    {
        return channels.isEmpty();
    }

    /** The address of the first one. */
    InetSocketAddress localAddress() throws IOException
    {
        return (InetSocketAddress)channels.get(0).getLocalAddress();
    }

    void apply(final TcpOptionTable options, final SocketOption<?> name) throws IOException
    {
        for (final ServerSocketChannel channel : channels)
        {
            options.applyTo(channel, name);
        }
    }

    /** A connection, or null when there is none now. */
    SocketChannel accept() throws IOException
    {
        for (final ServerSocketChannel channel : channels)
        {
            final SocketChannel accepted = channel.accept();
            if (accepted != null)
            {
                return accepted;
            }
        }
        return null;
    }

    // ---- waiting; by the holder of the accept lock

    /** Registers with what a blocking accept waits for. */
    void register(final KernelReadiness readiness) throws IOException
    {
        for (final ServerSocketChannel channel : channels)
        {
            readiness.register(channel, SelectionKey.OP_ACCEPT, null);
        }
    }

    /** Stops listening. */
    void close() throws IOException
    {
        for (final ServerSocketChannel channel : channels)
        {
            channel.close();
        }
    }
}
