package io.pnet.nio;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.util.Set;

/** A datagram channel as a {@link DatagramSocket}. Every public method is here: the inherited ones know no channel. */
final class PnetDatagramSocketAdaptor extends DatagramSocket
{
    private static final int MAX_PORT = 65_535;

    private final PnetDatagramChannel channel;
    private final DatagramPackets packets;
    private volatile int timeoutMs;

    PnetDatagramSocketAdaptor(final PnetDatagramChannel channel)
    {
        super(new NoDatagramSocketImpl());
        this.channel = channel;
        this.packets = new DatagramPackets(channel);
    }

    @Override
    public void bind(final SocketAddress address) throws SocketException
    {
        if (address != null && !(address instanceof InetSocketAddress))
        {
            throw new IllegalArgumentException("Unsupported address type");
        }
        try
        {
            channel.bind(address == null ? new InetSocketAddress(0) : address);
        }
        catch (final IOException | RuntimeException ex)
        {
            throw Failures.ofOption(ex);
        }
    }

    @Override
    public void connect(final InetAddress address, final int port)
    {
        if (address == null)
        {
            throw new IllegalArgumentException("Address can't be null");
        }
        if (port < 0 || port > MAX_PORT)
        {
            throw new IllegalArgumentException("connect: " + port);
        }
        try
        {
            connect(new InetSocketAddress(address, port));
        }
        catch (final SocketException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    @Override
    public void connect(final SocketAddress address) throws SocketException
    {
        if (address == null)
        {
            throw new IllegalArgumentException("Address can't be null");
        }
        if (!(address instanceof InetSocketAddress))
        {
            throw new IllegalArgumentException("Unsupported address type");
        }
        if (isClosed())
        {
            return;
        }
        try
        {
            channel.connect(address, false);
        }
        catch (final IOException | RuntimeException ex)
        {
            throw Failures.ofOption(ex);
        }
    }

    @Override
    public void disconnect()
    {
        try
        {
            channel.disconnect();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    @Override
    public boolean isBound()
    {
        return channel.local() != null;
    }

    @Override
    public boolean isConnected()
    {
        return channel.remote() != null;
    }

    @Override
    public InetAddress getInetAddress()
    {
        final InetSocketAddress remote = channel.remote();
        return remote == null ? null : remote.getAddress();
    }

    @Override
    public int getPort()
    {
        final InetSocketAddress remote = channel.remote();
        return remote == null ? -1 : remote.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress()
    {
        return channel.remote();
    }

    @Override
    public SocketAddress getLocalSocketAddress()
    {
        return isClosed() ? null : channel.local();
    }

    @Override
    public void send(final DatagramPacket packet) throws IOException
    {
        packets.send(packet);
    }

    @Override
    public void receive(final DatagramPacket packet) throws IOException
    {
        packets.receive(packet, timeoutMs);
    }

    @Override
    public InetAddress getLocalAddress()
    {
        final InetSocketAddress local = channel.local();
        return isClosed() ? null : (local == null ? new InetSocketAddress(0) : local).getAddress();
    }

    @Override
    public int getLocalPort()
    {
        final InetSocketAddress local = channel.local();
        return isClosed() ? -1 : local == null ? 0 : local.getPort();
    }

    // ---- options

    @Override
    public void setSoTimeout(final int timeout) throws SocketException
    {
        ensureOpen();
        if (timeout < 0)
        {
            throw new IllegalArgumentException("timeout < 0");
        }
        timeoutMs = timeout;
    }

    @Override
    public int getSoTimeout() throws SocketException
    {
        ensureOpen();
        return timeoutMs;
    }

    @Override
    public void setSendBufferSize(final int size) throws SocketException
    {
        requirePositive(size, "send");
        ChannelOptions.set(channel, StandardSocketOptions.SO_SNDBUF, size);
    }

    @Override
    public int getSendBufferSize() throws SocketException
    {
        return ChannelOptions.get(channel, StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public void setReceiveBufferSize(final int size) throws SocketException
    {
        requirePositive(size, "receive");
        ChannelOptions.set(channel, StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException
    {
        return ChannelOptions.get(channel, StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public void setReuseAddress(final boolean isOn) throws SocketException
    {
        ChannelOptions.set(channel, StandardSocketOptions.SO_REUSEADDR, isOn);
    }

    @Override
    public boolean getReuseAddress() throws SocketException
    {
        return ChannelOptions.get(channel, StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    public void setBroadcast(final boolean isOn) throws SocketException
    {
        ChannelOptions.set(channel, StandardSocketOptions.SO_BROADCAST, isOn);
    }

    @Override
    public boolean getBroadcast() throws SocketException
    {
        return ChannelOptions.get(channel, StandardSocketOptions.SO_BROADCAST);
    }

    @Override
    public void setTrafficClass(final int value) throws SocketException
    {
        ChannelOptions.set(channel, StandardSocketOptions.IP_TOS, value);
    }

    @Override
    public int getTrafficClass() throws SocketException
    {
        return ChannelOptions.get(channel, StandardSocketOptions.IP_TOS);
    }

    @Override
    public <T> DatagramSocket setOption(final SocketOption<T> name, final T value) throws IOException
    {
        channel.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(final SocketOption<T> name) throws IOException
    {
        return channel.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions()
    {
        return channel.supportedOptions();
    }

    private static void requirePositive(final int size, final String what)
    {
        if (size <= 0)
        {
            throw new IllegalArgumentException("Invalid " + what + " size");
        }
    }

    // ---- groups

    @Override
    public void joinGroup(final SocketAddress group, final NetworkInterface networkInterface) throws IOException
    {
        join(channel, group, networkInterface);
    }

    @Override
    public void leaveGroup(final SocketAddress group, final NetworkInterface networkInterface) throws IOException
    {
        leave(channel, group, networkInterface);
    }

    /**
     * As {@code MulticastSocket.joinGroup}.
     *
     * @param networkInterface null for the one that multicasts go out on.
     */
    static void join(
        final PnetDatagramChannel channel, final SocketAddress group, final NetworkInterface networkInterface)
        throws IOException
    {
        final InetAddress address = checkedGroup(group);
        final NetworkInterface over = networkInterface(channel, networkInterface);
        if (channel.findMembership(address, over) != null)
        {
            throw new SocketException("Already a member of group");
        }
        channel.joinGroup(address, over, null);
    }

    static void leave(
        final PnetDatagramChannel channel, final SocketAddress group, final NetworkInterface networkInterface)
        throws IOException
    {
        final InetAddress address = checkedGroup(group);
        final MembershipKey key = channel.findMembership(address, networkInterface(channel, networkInterface));
        if (key == null)
        {
            throw new SocketException("Not a member of group");
        }
        key.drop();
    }

    private static InetAddress checkedGroup(final SocketAddress group) throws SocketException
    {
        if (!(group instanceof InetSocketAddress inet))
        {
            throw new IllegalArgumentException("Unsupported address type");
        }
        if (inet.isUnresolved())
        {
            throw new IllegalArgumentException("Unresolved address");
        }
        if (!inet.getAddress().isMulticastAddress())
        {
            throw new SocketException("Not a multicast address");
        }
        return inet.getAddress();
    }

    private static NetworkInterface networkInterface(
        final PnetDatagramChannel channel, final NetworkInterface given) throws IOException
    {
        if (!channel.isOpen())
        {
            throw new SocketException("Socket is closed");
        }
        return given != null ? given : channel.getOption(StandardSocketOptions.IP_MULTICAST_IF);
    }

    // ---- the end

    @Override
    public void close()
    {
        try
        {
            channel.close();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    @Override
    public boolean isClosed()
    {
        return !channel.isOpen();
    }

    /** Whether the address is one of the process's. */
    boolean isOurs(final InetAddress address)
    {
        return channel.isOurs(address);
    }

    @Override
    public DatagramChannel getChannel()
    {
        return channel;
    }

    private void ensureOpen() throws SocketException
    {
        if (isClosed())
        {
            throw new SocketException("Socket is closed");
        }
    }
}
