package io.pnet.nio;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.DatagramSocketImpl;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;

/**
 * What {@link DatagramSocket} and {@link java.net.MulticastSocket} do their work with when their factory is set, as
 * {@code pnet run} does: the socket of a channel in blocking mode, that interrupts do not close if it is ours. Any
 * thread.
 *
 * <p>A factory has to serve every socket of the JVM, and the JDK has no implementation of its own to give it: with the
 * kernel's provider this is a socket of the kernel's.
 */
public final class PnetDatagramSocketImpl extends DatagramSocketImpl
{
    private static final int MAX_DATAGRAM = 65_535;

    private final SelectorProvider provider;
    private volatile DatagramSocket socket;
    /** A datagram that was looked at and not taken. */
    private DatagramPacket held;

    /**
     * One for each call of the factory.
     *
     * @param provider opens the channel: Pnet's, or the kernel's.
     */
    public PnetDatagramSocketImpl(final SelectorProvider provider)
    {
        this.provider = provider;
    }

    @Override
    protected void create() throws SocketException
    {
        try
        {
            final DatagramChannel channel = provider.openDatagramChannel();
            if (channel instanceof PnetDatagramChannel ours)
            {
                ours.uninterruptible();
            }
            socket = channel.socket();
        }
        catch (final IOException ex)
        {
            throw Failures.ofOption(ex);
        }
    }

    @Override
    protected void bind(final int port, final InetAddress address) throws SocketException
    {
        socket.bind(new InetSocketAddress(address, port));
        localPort = socket.getLocalPort();
    }

    @Override
    protected void connect(final InetAddress address, final int port) throws SocketException
    {
        socket.connect(new InetSocketAddress(address, port));
    }

    @Override
    protected void disconnect()
    {
        socket.disconnect();
    }

    @Override
    protected void close()
    {
        if (socket != null)
        {
            socket.close();
        }
    }

    // ---- datagrams

    @Override
    protected void send(final DatagramPacket packet) throws IOException
    {
        socket.send(packet);
    }

    @Override
    protected synchronized void receive(final DatagramPacket packet) throws IOException
    {
        if (held == null)
        {
            socket.receive(packet);
            return;
        }
        copy(held, packet);
        held = null;
    }

    @Override
    @Deprecated
    protected synchronized int peek(final InetAddress address) throws IOException
    {
        throw new SocketException("peek hands out no address: it was superseded by peekData");
    }

    @Override
    protected synchronized int peekData(final DatagramPacket packet) throws IOException
    {
        if (held == null)
        {
            final DatagramPacket taken = new DatagramPacket(new byte[MAX_DATAGRAM], MAX_DATAGRAM);
            socket.receive(taken);
            held = taken;
        }
        copy(held, packet);
        return held.getPort();
    }

    private static void copy(final DatagramPacket from, final DatagramPacket to)
    {
        final int length = Math.min(from.getLength(), to.getLength());
        System.arraycopy(from.getData(), from.getOffset(), to.getData(), to.getOffset(), length);
        to.setSocketAddress(from.getSocketAddress());
        to.setLength(length);
    }

    // ---- groups

    @Override
    protected void join(final InetAddress group) throws IOException
    {
        socket.joinGroup(new InetSocketAddress(group, 0), null);
    }

    @Override
    protected void leave(final InetAddress group) throws IOException
    {
        socket.leaveGroup(new InetSocketAddress(group, 0), null);
    }

    @Override
    protected void joinGroup(final SocketAddress group, final NetworkInterface networkInterface) throws IOException
    {
        socket.joinGroup(group, networkInterface);
    }

    @Override
    protected void leaveGroup(final SocketAddress group, final NetworkInterface networkInterface) throws IOException
    {
        socket.leaveGroup(group, networkInterface);
    }

    @Override
    @Deprecated
    protected void setTTL(final byte ttl) throws IOException
    {
        setTimeToLive(Byte.toUnsignedInt(ttl));
    }

    @Override
    @Deprecated
    protected byte getTTL() throws IOException
    {
        return (byte)getTimeToLive();
    }

    @Override
    protected void setTimeToLive(final int ttl) throws IOException
    {
        socket.setOption(StandardSocketOptions.IP_MULTICAST_TTL, ttl);
    }

    @Override
    protected int getTimeToLive() throws IOException
    {
        return socket.getOption(StandardSocketOptions.IP_MULTICAST_TTL);
    }

    // ---- options

    @Override
    protected <T> void setOption(final SocketOption<T> name, final T value) throws IOException
    {
        socket.setOption(name, value);
    }

    @Override
    protected <T> T getOption(final SocketOption<T> name) throws IOException
    {
        return socket.getOption(name);
    }

    @Override
    protected Set<SocketOption<?>> supportedOptions()
    {
        return socket.supportedOptions();
    }

    @Override
    public void setOption(final int option, final Object value) throws SocketException
    {
        try
        {
            switch (option)
            {
                case SocketOptions.SO_TIMEOUT:
                    socket.setSoTimeout((Integer)value);
                    break;
                case SocketOptions.IP_MULTICAST_LOOP:
                    // Says "off" where the standard option says "on".
                    socket.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, !(Boolean)value);
                    break;
                case SocketOptions.IP_MULTICAST_IF:
                    setInterface((InetAddress)value);
                    break;
                case SocketOptions.IP_MULTICAST_IF2:
                    socket.setOption(StandardSocketOptions.IP_MULTICAST_IF, (NetworkInterface)value);
                    break;
                case SocketOptions.IP_TOS:
                    socket.setOption(StandardSocketOptions.IP_TOS, (Integer)value);
                    break;
                case SocketOptions.SO_SNDBUF:
                    socket.setSendBufferSize((Integer)value);
                    break;
                case SocketOptions.SO_RCVBUF:
                    socket.setReceiveBufferSize((Integer)value);
                    break;
                default:
                    socket.setOption(flag(option), (Boolean)value);
                    break;
            }
        }
        catch (final IOException ex)
        {
            throw Failures.ofOption(ex);
        }
    }

    private static SocketOption<Boolean> flag(final int option) throws SocketException
    {
        switch (option)
        {
            case SocketOptions.SO_REUSEADDR:
                return StandardSocketOptions.SO_REUSEADDR;
            case SocketOptions.SO_REUSEPORT:
                return StandardSocketOptions.SO_REUSEPORT;
            case SocketOptions.SO_BROADCAST:
                return StandardSocketOptions.SO_BROADCAST;
            default:
                throw new SocketException("invalid option: " + option);
        }
    }

    /** An address of Pnet's is on no interface of the kernel's: its groups go out on the link, as they do anyway. */
    private void setInterface(final InetAddress address) throws IOException
    {
        final NetworkInterface networkInterface = NetworkInterface.getByInetAddress(address);
        if (networkInterface != null)
        {
            socket.setOption(StandardSocketOptions.IP_MULTICAST_IF, networkInterface);
        }
        else if (!(socket instanceof PnetDatagramSocketAdaptor ours && ours.isOurs(address)))
        {
            throw new SocketException("No network interface found with address " + address.getHostAddress());
        }
    }

    @Override
    public Object getOption(final int option) throws SocketException
    {
        try
        {
            switch (option)
            {
                case SocketOptions.SO_TIMEOUT:
                    return socket.getSoTimeout();
                case SocketOptions.SO_BINDADDR:
                    return socket.getLocalAddress();
                case SocketOptions.IP_MULTICAST_LOOP:
                    return !socket.getOption(StandardSocketOptions.IP_MULTICAST_LOOP);
                case SocketOptions.IP_MULTICAST_IF:
                    final NetworkInterface outgoing = socket.getOption(StandardSocketOptions.IP_MULTICAST_IF);
                    return outgoing == null ? new InetSocketAddress(0).getAddress() :
                        outgoing.inetAddresses().findFirst().orElse(new InetSocketAddress(0).getAddress());
                case SocketOptions.IP_MULTICAST_IF2:
                    return socket.getOption(StandardSocketOptions.IP_MULTICAST_IF);
                case SocketOptions.IP_TOS:
                    return socket.getTrafficClass();
                case SocketOptions.SO_SNDBUF:
                    return socket.getSendBufferSize();
                case SocketOptions.SO_RCVBUF:
                    return socket.getReceiveBufferSize();
                default:
                    return socket.getOption(flag(option));
            }
        }
        catch (final IOException ex)
        {
            throw Failures.ofOption(ex);
        }
    }
}
