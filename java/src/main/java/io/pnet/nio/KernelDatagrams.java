package io.pnet.nio;

import io.pnet.stack.DescriptorWatch;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The kernel's channels behind a datagram channel of ours: the only one of a channel that is the kernel's; the ones on
 * its loopback addresses of a channel that is bound to the wildcard; and what is opened when something is first sent to
 * a kernel's address. They never block; a thread that waits for a datagram learns of it by {@link KernelReadiness}.
 *
 * <p>Opened and closed under the channel's state lock, read by whoever may receive.
 */
final class KernelDatagrams
{
    private final SelectorProvider provider;
    private final DatagramOptions options;
    private final List<DatagramChannel> channels = new CopyOnWriteArrayList<>();
    private volatile KernelReadiness readiness;
    private DescriptorWatch watch;
    private boolean hasSeen;
    /** Something was opened that whoever waits does not know of. */
    private volatile boolean hasNew;

    KernelDatagrams(final SelectorProvider provider, final DatagramOptions options)
    {
        this.provider = provider;
        this.options = options;
    }

    /** Opens a channel with everything that was set. */
    DatagramChannel open(final InetAddress local, final int port) throws IOException
    {
        final DatagramChannel channel = provider.openDatagramChannel(
            local instanceof Inet4Address ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
        try
        {
            options.applyTo(channel);
            channel.configureBlocking(false);
            channel.bind(new InetSocketAddress(local, port));
        }
        catch (final IOException ex)
        {
            channel.close();
            throw ex;
        }
        channels.add(channel);
        register(channel);
        return channel;
    }

    /** Opens one on each address at the same port, or none. */
    void openAll(final List<InetAddress> addresses, final int port) throws IOException
    {
        try
        {
            for (final InetAddress address : addresses)
            {
                open(address, port);
            }
        }
        catch (final IOException ex)
        {
            close();
            throw ex;
        }
    }

    /**
     * The channel by which something is sent to a kernel's address; made if there is none.
     *
     * @param port of the channel on a loopback address, if the kernel has it free.
     */
    DatagramChannel toward(final InetAddress target, final int port) throws IOException
    {
        final boolean isV4 = target instanceof Inet4Address;
        final boolean isLoopback = target.isLoopbackAddress();
        for (final DatagramChannel channel : channels)
        {
            final InetAddress local = ((InetSocketAddress)channel.getLocalAddress()).getAddress();
            if (isV4 == local instanceof Inet4Address && isLoopback == local.isLoopbackAddress() &&
                !local.isMulticastAddress())
            {
                return channel;
            }
        }
        final InetAddress local = isLoopback ? target :
            InetAddress.getByName(isV4 ? "0.0.0.0" : "::");
        try
        {
            return open(local, isLoopback ? port : 0);
        }
        catch (final BindException ex)
        {
            return open(local, 0);
        }
    }

    /** A channel that hears a group on one of the kernel's interfaces. */
    DatagramChannel openForGroup(final InetAddress group, final int port) throws IOException
    {
        // Bound to the group, it gets in nobody's way.
        final DatagramChannel channel = provider.openDatagramChannel(
            group instanceof Inet4Address ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
        try
        {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.configureBlocking(false);
            channel.bind(new InetSocketAddress(group, port));
        }
        catch (final IOException ex)
        {
            channel.close();
            throw ex;
        }
        channels.add(channel);
        register(channel);
        return channel;
    }

    /** One is no longer needed. */
    void close(final DatagramChannel channel) throws IOException
    {
        channels.remove(channel);
        channel.close();
    }

    List<SelectableChannel> channels()
    {
        return List.copyOf(channels);
    }

    boolean isEmpty()
    {
        return channels.isEmpty();
    }

    /** The first one. */
    DatagramChannel first()
    {
        return channels.get(0);
    }

    /** Takes a datagram that some channel has; null: there is none. */
    SocketAddress receive(final ByteBuffer target) throws IOException
    {
        if (channels.isEmpty())
        {
            // Mostly so, and then not even an iterator is needed.
            return null;
        }
        for (final DatagramChannel channel : channels)
        {
            final SocketAddress from = channel.receive(target);
            if (from != null)
            {
                return from;
            }
        }
        return null;
    }

    /** Throws away what came by others than the channel that is connected. */
    void discardAllBut(final DatagramChannel peer) throws IOException
    {
        final ByteBuffer nowhere = ByteBuffer.allocate(0);
        for (final DatagramChannel channel : channels)
        {
            while (channel != peer && channel.receive(nowhere) != null)
            {
                nowhere.clear();
            }
        }
    }

    void apply(final SocketOption<?> name) throws IOException
    {
        for (final DatagramChannel channel : channels)
        {
            options.applyTo(channel, name);
        }
    }

    /** Whether groups on this interface are the kernel's business; null is ours. */
    static boolean isKernels(final Routing routing, final NetworkInterface networkInterface) throws IOException
    {
        return networkInterface != null && (networkInterface.isLoopback() ||
            networkInterface.inetAddresses().anyMatch(routing::isKernels));
    }

    // ---- waiting; by one who may receive

    /**
     * Makes ready to wait for a datagram of the kernel's.
     *
     * @param onReady wakes the thread that waits.
     * @return false when there is one already.
     */
    boolean prepareWait(final Runnable onReady) throws IOException
    {
        watch = null;
        hasNew = false;
        if (channels.isEmpty())
        {
            return true;
        }
        KernelReadiness present = readiness;
        if (present == null)
        {
            present = new KernelReadiness(provider, onReady);
            readiness = present;
            for (final DatagramChannel channel : channels)
            {
                present.register(channel, SelectionKey.OP_READ, null);
            }
        }
        hasSeen = false;
        present.poll((key) -> hasSeen = true);
        watch = hasSeen ? null : present.prepareWait();
        return !hasSeen;
    }

    /** What the thread that waits has to watch; null where nothing. */
    DescriptorWatch watch()
    {
        return watch;
    }

    /** Whether there may be a datagram, since {@link #prepareWait}. Any thread. */
    boolean isReady()
    {
        final KernelReadiness present = readiness;
        return hasNew || present != null && present.isReady();
    }

    private void register(final DatagramChannel channel) throws IOException
    {
        final KernelReadiness present = readiness;
        if (present != null)
        {
            present.register(channel, SelectionKey.OP_READ, null);
        }
        hasNew = true;
    }

    // ---- the end

    /** Closes them all. */
    void close() throws IOException
    {
        for (final DatagramChannel channel : channels)
        {
            channel.close();
        }
        channels.clear();
    }

    /** Gives back what waiting took; when nobody waits any more, and all are closed. */
    void closeReadiness() throws IOException
    {
        final KernelReadiness present = readiness;
        readiness = null;
        if (present != null)
        {
            present.close();
        }
    }
}
