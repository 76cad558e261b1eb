package io.pnet.nio;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SocketChannel;
import java.util.Set;

/**
 * A channel as a {@link Socket}. Every public method is overridden: one that is not would open a socket of the
 * kernel's.
 */
final class PnetSocketAdaptor extends Socket
{
    private static final long MS = 1_000_000L;

    private final PnetSocketChannel channel;
    private volatile int timeoutMs;

    private PnetSocketAdaptor(final PnetSocketChannel channel) throws SocketException
    {
        super(new NoSocketImpl());
        this.channel = channel;
    }

    static Socket of(final PnetSocketChannel channel)
    {
        try
        {
            return new PnetSocketAdaptor(channel);
        }
        catch (final SocketException ex)
        {
            throw new IllegalStateException(ex);
        }
    }

    @Override
    public void connect(final SocketAddress remote) throws IOException
    {
        connect(remote, 0);
    }

    @Override
    public void connect(final SocketAddress remote, final int timeoutMs) throws IOException
    {
        if (remote == null)
        {
            throw new IllegalArgumentException("connect: The address can't be null");
        }
        if (timeoutMs < 0)
        {
            throw new IllegalArgumentException("connect: timeout can't be negative");
        }
        if (remote instanceof InetSocketAddress inet && inet.isUnresolved())
        {
            requireOpen();
            if (channel.isConnected())
            {
                throw new SocketException("Already connected");
            }
            close();
            throw new UnknownHostException(remote.toString());
        }
        if (!channel.isBlocking())
        {
            throw new IllegalBlockingModeException();
        }
        try
        {
            channel.connect(remote, Waiter.deadlineNs(channel.driver(), timeoutMs * MS), true);
        }
        catch (final IOException | RuntimeException ex)
        {
            throw Failures.ofSocket(ex);
        }
    }

    @Override
    public void bind(final SocketAddress local) throws IOException
    {
        try
        {
            channel.bind(local);
        }
        catch (final IOException | RuntimeException ex)
        {
            throw Failures.ofSocket(ex);
        }
    }

    // ---- addresses

    @Override
    public InetAddress getInetAddress()
    {
        final InetSocketAddress remote = remote();
        return remote == null ? null : remote.getAddress();
    }

    @Override
    public InetAddress getLocalAddress()
    {
        final InetSocketAddress local = channel.isOpen() ? channel.local() : null;
        return local == null ? new InetSocketAddress(0).getAddress() : local.getAddress();
    }

    @Override
    public int getPort()
    {
        final InetSocketAddress remote = remote();
        return remote == null ? 0 : remote.getPort();
    }

    @Override
    public int getLocalPort()
    {
        final InetSocketAddress local = channel.local();
        return local == null ? -1 : local.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress()
    {
        return remote();
    }

    @Override
    public SocketAddress getLocalSocketAddress()
    {
        return channel.local();
    }

    private InetSocketAddress remote()
    {
        return channel.remote();
    }

    @Override
    public SocketChannel getChannel()
    {
        return channel;
    }

    // ---- streams

    @Override
    public InputStream getInputStream() throws IOException
    {
        requireConnected();
        if (isInputShutdown())
        {
            throw new SocketException("Socket input is shutdown");
        }
        if (channel.kernel() != null)
        {
            final Socket kernel = channel.kernel().socket();
            kernel.setSoTimeout(timeoutMs);
            return new FilterInputStream(kernel.getInputStream())
            {
                @Override
                public void close() throws IOException
                {
                    channel.close();
                }
            };
        }
        return ChannelStreams.input(channel, () -> timeoutMs);
    }

    @Override
    public OutputStream getOutputStream() throws IOException
    {
        requireConnected();
        if (isOutputShutdown())
        {
            throw new SocketException("Socket output is shutdown");
        }
        if (channel.kernel() == null)
        {
            return ChannelStreams.output(channel);
        }
        return new FilterOutputStream(channel.kernel().socket().getOutputStream())
        {
            @Override
            public void write(final byte[] bytes, final int offset, final int length) throws IOException
            {
                out.write(bytes, offset, length);
            }

            @Override
            public void close() throws IOException
            {
                channel.close();
            }
        };
    }

    private void requireOpen() throws SocketException
    {
        if (!channel.isOpen())
        {
            throw new SocketException("Socket is closed");
        }
    }

    private void requireConnected() throws SocketException
    {
        requireOpen();
        if (!channel.isConnected())
        {
            throw new SocketException("Socket is not connected");
        }
    }

    @Override
    public void sendUrgentData(final int data) throws IOException
    {
        requireConnected();
        if (channel.kernel() != null)
        {
            channel.kernel().socket().sendUrgentData(data);
        }
        else if (!channel.writeUrgent((byte)data))
        {
            throw new IOException("Socket buffer full");
        }
    }

    // ---- the end

    @Override
    public void close() throws IOException
    {
        channel.close();
    }

    @Override
    public void shutdownInput() throws IOException
    {
        try
        {
            channel.shutdownInput();
        }
        catch (final IOException | RuntimeException ex)
        {
            throw Failures.ofSocket(ex);
        }
    }

    @Override
    public void shutdownOutput() throws IOException
    {
        try
        {
            channel.shutdownOutput();
        }
        catch (final IOException | RuntimeException ex)
        {
            throw Failures.ofSocket(ex);
        }
    }

    // ---- state

    @Override
    public boolean isConnected()
    {
        return channel.isConnected();
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

    @Override
    public boolean isInputShutdown()
    {
        return channel.isInputShut();
    }

    @Override
    public boolean isOutputShutdown()
    {
        return channel.isOutputShut();
    }

    @Override
    public String toString()
    {
        return channel.isConnected() ?
            "Socket[addr=" + getInetAddress() + ",port=" + getPort() + ",localport=" + getLocalPort() + "]" :
            "Socket[unconnected]";
    }

    // ---- options

    @Override
    public void setTcpNoDelay(final boolean isOn) throws SocketException
    {
        ChannelOptions.set(channel, StandardSocketOptions.TCP_NODELAY, isOn);
    }

    @Override
    public boolean getTcpNoDelay() throws SocketException
    {
        return ChannelOptions.get(channel, StandardSocketOptions.TCP_NODELAY);
    }

    @Override
    public void setSoLinger(final boolean isOn, final int seconds) throws SocketException
    {
        ChannelOptions.set(channel, StandardSocketOptions.SO_LINGER, isOn ? seconds : -1);
    }

    @Override
    public int getSoLinger() throws SocketException
    {
        return ChannelOptions.get(channel, StandardSocketOptions.SO_LINGER);
    }

    @Override
    public void setOOBInline(final boolean isOn) throws SocketException
    {
        requireOpen();
        if (channel.kernel() != null)
        {
            channel.kernel().socket().setOOBInline(isOn);
        }
    }

    /** On Pnet always true, whatever was set: urgent data stays in the stream (RFC 6093). */
    @Override
    public boolean getOOBInline() throws SocketException
    {
        requireOpen();
        return channel.kernel() != null ? channel.kernel().socket().getOOBInline() : true;
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
        if (channel.kernel() != null)
        {
            channel.kernel().socket().setSoTimeout(timeoutMs);
        }
    }

    @Override
    public int getSoTimeout() throws SocketException
    {
        requireOpen();
        return timeoutMs;
    }

    @Override
    public void setSendBufferSize(final int size) throws SocketException
    {
        if (size <= 0)
        {
            throw new IllegalArgumentException("Invalid send size");
        }
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
        if (size <= 0)
        {
            throw new IllegalArgumentException("Invalid receive size");
        }
        ChannelOptions.set(channel, StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException
    {
        return ChannelOptions.get(channel, StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public void setKeepAlive(final boolean isOn) throws SocketException
    {
        ChannelOptions.set(channel, StandardSocketOptions.SO_KEEPALIVE, isOn);
    }

    @Override
    public boolean getKeepAlive() throws SocketException
    {
        return ChannelOptions.get(channel, StandardSocketOptions.SO_KEEPALIVE);
    }

    @Override
    public void setTrafficClass(final int trafficClass) throws SocketException
    {
        ChannelOptions.set(channel, StandardSocketOptions.IP_TOS, trafficClass);
    }

    @Override
    public int getTrafficClass() throws SocketException
    {
        return ChannelOptions.get(channel, StandardSocketOptions.IP_TOS);
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
    public void setPerformancePreferences(final int connectionTime, final int latency, final int bandwidth)
    {
        // Hints; the JDK's sockets do not take them either.
    }

    @Override
    public <T> Socket setOption(final SocketOption<T> name, final T value) throws IOException
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
}
