package io.pnet.nio;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ServerSocketChannel;
import java.util.Set;

/**
 * A channel as a {@link ServerSocket}. Every public method is overridden: one that is not would open a socket of the
 * kernel's.
 */
final class PnetServerSocketAdaptor extends ServerSocket
{
    private static final long MS = 1_000_000L;
    private static final int DEFAULT_BACKLOG = 50;

    private final PnetServerSocketChannel channel;
    private volatile int timeoutMs;

    private PnetServerSocketAdaptor(final PnetServerSocketChannel channel)
    {
        super(new NoSocketImpl());
        this.channel = channel;
    }

    static ServerSocket of(final PnetServerSocketChannel channel)
    {
        return new PnetServerSocketAdaptor(channel);
    }

    @Override
    public void bind(final SocketAddress local) throws IOException
    {
        bind(local, DEFAULT_BACKLOG);
    }

    @Override
    public void bind(final SocketAddress local, final int backlog) throws IOException
    {
        try
        {
            channel.bind(local, backlog);
        }
        catch (final IOException | RuntimeException ex)
        {
            throw Failures.ofSocket(ex);
        }
    }

    @Override
    public Socket accept() throws IOException
    {
        final PnetSocketChannel accepted;
        try
        {
            final boolean isBlocking = channel.isBlocking();
            final int timeoutMs = this.timeoutMs;
            if (!isBlocking && timeoutMs > 0)
            {
                throw new IllegalBlockingModeException();
            }
            // As the JDK's: without a time-out a channel that does not block gives what is there.
            accepted = channel.accept(Waiter.deadlineNs(channel.driver(), timeoutMs * MS), isBlocking);
        }
        catch (final IOException | RuntimeException ex)
        {
            throw Failures.ofSocket(ex);
        }
        if (accepted == null)
        {
            throw new IllegalBlockingModeException();
        }
        return accepted.socket();
    }

    @Override
    public InetAddress getInetAddress()
    {
        final InetSocketAddress local = channel.local();
        return local == null ? null : local.getAddress();
    }

    @Override
    public int getLocalPort()
    {
        final InetSocketAddress local = channel.local();
        return local == null ? -1 : local.getPort();
    }

    @Override
    public SocketAddress getLocalSocketAddress()
    {
        return channel.local();
    }

    @Override
    public ServerSocketChannel getChannel()
    {
        return channel;
    }

    @Override
    public void close() throws IOException
    {
        channel.close();
    }

    @Override
    public boolean isBound()
    {
        return channel.local() != null;
    }

    @Override
    public boolean isClosed()
    {
        return !channel.isOpen();
    }

    private void requireOpen() throws SocketException
    {
        if (!channel.isOpen())
        {
            throw new SocketException("Socket is closed");
        }
    }

    @Override
    public void setSoTimeout(final int timeoutMs) throws SocketException
    {
        requireOpen();
        if (timeoutMs < 0)
        {
            throw new IllegalArgumentException("timeout < 0");
        }
        this.timeoutMs = timeoutMs;
    }

    @Override
    public int getSoTimeout() throws IOException
    {
        requireOpen();
        return timeoutMs;
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
    public void setReceiveBufferSize(final int size) throws SocketException
    {
        if (size <= 0)
        {
            throw new IllegalArgumentException("size cannot be 0 or negative");
        }
        ChannelOptions.set(channel, StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException
    {
        return ChannelOptions.get(channel, StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public void setPerformancePreferences(final int connectionTime, final int latency, final int bandwidth)
    {
        // Hints; the JDK's sockets do not take them either.
    }

    @Override
    public <T> ServerSocket setOption(final SocketOption<T> name, final T value) throws IOException
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

    @Override
    public String toString()
    {
        return isBound() ?
            "ServerSocket[addr=" + getInetAddress() + ",localport=" + getLocalPort() + "]" : "ServerSocket[unbound]";
    }
}
