package io.pnet.nio;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * The kernel's listeners behind a server of ours: those on the loopback addresses of one that is bound to the wildcard,
 * or the only one of a server that is the kernel's. They never block; a thread in a blocking accept learns of their
 * connections by a helper thread, which exists from the first such accept on.
 */
final class LoopbackListeners
{
    private final SelectorProvider provider;
    private final List<ServerSocketChannel> channels = new ArrayList<>();
    private final Semaphore looked = new Semaphore(0);
    private Selector selector;
    private volatile boolean isReady;

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

    // ---- the helper thread

    /** Has the helper say, by {@code onReady}, when there is a connection. By the holder of the accept lock. */
    void watch(final Runnable onReady, final String name) throws IOException
    {
        if (selector == null && !channels.isEmpty())
        {
            final Selector opened = provider.openSelector();
            for (final ServerSocketChannel channel : channels)
            {
                channel.register(opened, SelectionKey.OP_ACCEPT);
            }
            selector = opened;
            final Thread helper = new Thread(() -> run(opened, onReady), name);
            helper.setDaemon(true);
            helper.start();
        }
        if (isReady)
        {
            // Nobody was there any more when we looked.
            isReady = false;
            looked.release();
        }
    }

    /** Whether the helper has seen a connection since {@link #watch}. */
    boolean isReady()
    {
        return isReady;
    }

    private void run(final Selector selector, final Runnable onReady)
    {
        try
        {
            while (selector.isOpen())
            {
                selector.select();
                selector.selectedKeys().clear();
                if (selector.isOpen())
                {
                    isReady = true;
                    onReady.run();
                    looked.acquireUninterruptibly();
                }
            }
        }
        catch (final IOException | ClosedSelectorException ex)
        {
            // Closed: nobody waits any more, or whoever does finds that out by himself.
            isReady = true;
            onReady.run();
        }
    }

    /** Stops listening, and ends the helper. */
    void close() throws IOException
    {
        for (final ServerSocketChannel channel : channels)
        {
            channel.close();
        }
        if (selector != null)
        {
            selector.close();
            looked.release();
        }
    }
}
