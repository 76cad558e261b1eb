package io.pnet.nio;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.util.Set;

/**
 * What {@link java.net.Socket} and {@link java.net.ServerSocket} do their work with when their factories are set, as
 * {@code pnet run} does: a channel that is decided late, in blocking mode, that interrupts do not close. A socket that
 * is decided for the kernel goes on as a platform socket. Any thread.
 */
public final class PnetSocketImpl extends SocketImpl
{
    private static final long MS = 1_000_000L;

    private final PnetSelectorProvider provider;
    private final boolean isServer;
    private PnetServerSocketChannel server;
    private PnetSocketChannel channel;
    /** What does the work of a client: the channel's adaptor, or a socket of the kernel's. */
    private volatile Socket socket;
    private InetSocketAddress bindTo;
    private volatile int timeoutMs;
    private volatile boolean isAtEnd;
    private volatile boolean isClosed;

    /** One for each call of a factory. */
    public PnetSocketImpl(final PnetSelectorProvider provider, final boolean isServer)
    {
        this.provider = provider;
        this.isServer = isServer;
    }

    @Override
    protected void create(final boolean isStream) throws IOException
    {
        if (!isStream)
        {
            throw new IOException("datagram sockets are DatagramSocket's");
        }
        if (isServer)
        {
            server = (PnetServerSocketChannel)provider.openServerSocketChannel();
            server.uninterruptible();
        }
        else
        {
            use((PnetSocketChannel)provider.openSocketChannel());
        }
    }

    private void use(final PnetSocketChannel channel)
    {
        channel.uninterruptible();
        this.channel = channel;
        socket = channel.socket();
    }

    private void requireOpen() throws SocketException
    {
        if (isClosed || socket == null && server == null)
        {
            throw new SocketException("Socket closed");
        }
    }

    /** From now on a socket of the kernel's, with what was set. */
    private void useKernel() throws IOException
    {
        final Socket kernel = KernelSockets.open(provider.kernel());
        try
        {
            channel.options().applyTo(kernel);
            kernel.setSoTimeout(timeoutMs);
            final InetSocketAddress bound = channel.local();
            // Gives our port back.
            channel.close();
            if (bound != null)
            {
                kernel.bind(new InetSocketAddress(bound.getPort()));
            }
        }
        catch (final IOException ex)
        {
            kernel.close();
            throw ex;
        }
        channel = null;
        socket = kernel;
        if (isClosed)
        {
            kernel.close();
        }
    }

    // ---- connecting

    @Override
    protected void connect(final String host, final int port) throws IOException
    {
        connect(new InetSocketAddress(host, port), 0);
    }

    @Override
    protected void connect(final InetAddress address, final int port) throws IOException
    {
        connect(new InetSocketAddress(address, port), 0);
    }

    @Override
    protected void connect(final SocketAddress remote, final int timeoutMs) throws IOException
    {
        if (!(remote instanceof InetSocketAddress inet))
        {
            throw new IOException("Unsupported address type");
        }
        if (inet.isUnresolved())
        {
            throw new UnknownHostException(inet.getHostString());
        }
        requireOpen();
        try
        {
            InetAddress host = inet.getAddress();
            if (host.isAnyLocalAddress())
            {
                host = InetAddress.getByName(host instanceof Inet4Address ? "127.0.0.1" : "::1");
            }
            final InetSocketAddress local = channel == null ? null : channel.local();
            final boolean isBound = local != null && !local.getAddress().isAnyLocalAddress();
            if (channel != null && !isBound && provider.routing().isKernels(host))
            {
                useKernel();
            }
            socket.connect(new InetSocketAddress(host, inet.getPort()), timeoutMs);
            connected(inet);
        }
        catch (final IOException ex)
        {
            close();
            throw ofSocket(ex);
        }
    }

    private void connected(final InetSocketAddress remote)
    {
        address = remote.getAddress();
        port = remote.getPort();
        localport = socket.getLocalPort();
    }

    @Override
    protected void bind(final InetAddress host, final int port) throws IOException
    {
        requireOpen();
        final InetSocketAddress local = new InetSocketAddress(host, port);
        if (isServer)
        {
            // With the backlog, which only listen knows.
            bindTo = local;
            return;
        }
        if (provider.routing().isKernels(host))
        {
            useKernel();
        }
        socket.bind(local);
        localport = socket.getLocalPort();
    }

    // ---- accepting

    @Override
    protected void listen(final int backlog) throws IOException
    {
        requireOpen();
        server.bind(bindTo, backlog);
        localport = server.local().getPort();
        address = server.local().getAddress();
    }

    @Override
    protected void accept(final SocketImpl accepted) throws IOException
    {
        requireOpen();
        if (!(accepted instanceof PnetSocketImpl impl))
        {
            throw new SocketException("cannot accept into a " + accepted.getClass().getName());
        }
        final PnetSocketChannel taken;
        try
        {
            taken = server.accept(Waiter.deadlineNs(server.driver(), timeoutMs * MS), true);
        }
        catch (final IOException | RuntimeException ex)
        {
            throw ofSocket(ex);
        }
        impl.use(taken);
        impl.connected(taken.remote());
    }

    // ---- streams

    /** Whether the connection is on Pnet; else it is the kernel's, by {@code connect} or accepted from the loopback. */
    private boolean isOurs()
    {
        return channel != null && channel.kernel() == null;
    }

    @Override
    protected InputStream getInputStream() throws IOException
    {
        requireOpen();
        final InputStream stream =
            isOurs() ? ChannelStreams.input(channel, () -> timeoutMs) : socket.getInputStream();
        return new FilterInputStream(stream)
        {
            @Override
            public int read(final byte[] bytes, final int offset, final int length) throws IOException
            {
                if (isAtEnd && length > 0)
                {
                    return -1;
                }
                try
                {
                    final int n = super.read(bytes, offset, length);
                    isAtEnd = n < 0;
                    return n;
                }
                catch (final IOException | RuntimeException ex)
                {
                    throw ofSocket(ex);
                }
            }

            @Override
            public int read() throws IOException
            {
                final byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int available() throws IOException
            {
                return PnetSocketImpl.this.available();
            }

            @Override
            public void close() throws IOException
            {
                PnetSocketImpl.this.close();
            }
        };
    }

    @Override
    protected OutputStream getOutputStream() throws IOException
    {
        requireOpen();
        final OutputStream stream = isOurs() ? ChannelStreams.output(channel) : socket.getOutputStream();
        return new FilterOutputStream(stream)
        {
            @Override
            public void write(final byte[] bytes, final int offset, final int length) throws IOException
            {
                try
                {
                    out.write(bytes, offset, length);
                }
                catch (final IOException | RuntimeException ex)
                {
                    throw ofSocket(ex);
                }
            }

            @Override
            public void write(final int b) throws IOException
            {
                write(new byte[]{(byte)b}, 0, 1);
            }

            @Override
            public void close() throws IOException
            {
                PnetSocketImpl.this.close();
            }
        };
    }

    @Override
    protected int available() throws IOException
    {
        requireOpen();
        try
        {
            return isAtEnd ? 0 : isOurs() ? channel.available() : socket.getInputStream().available();
        }
        catch (final IOException | RuntimeException ex)
        {
            throw ofSocket(ex);
        }
    }

    @Override
    protected boolean supportsUrgentData()
    {
        return true;
    }

    @Override
    protected void sendUrgentData(final int data) throws IOException
    {
        requireOpen();
        socket.sendUrgentData(data);
    }

    // ---- the end

    @Override
    protected void close() throws IOException
    {
        isClosed = true;
        if (server != null)
        {
            server.close();
        }
        if (socket != null)
        {
            socket.close();
        }
    }

    @Override
    protected void shutdownInput() throws IOException
    {
        requireOpen();
        socket.shutdownInput();
    }

    @Override
    protected void shutdownOutput() throws IOException
    {
        requireOpen();
        socket.shutdownOutput();
    }

    /** What a platform socket throws: a SocketException, but for time-outs and what says more than it. */
    private static IOException ofSocket(final Exception ex)
    {
        if (ex instanceof ClosedByInterruptException)
        {
            // Of a virtual thread: Socket and ServerSocket close themselves upon it, and say so.
            return new InterruptedIOException("Closed by interrupt");
        }
        if (ex instanceof ClosedChannelException)
        {
            return new SocketException("Socket closed");
        }
        return ex instanceof SocketTimeoutException timeout ? timeout : Failures.ofOption(ex);
    }

    // ---- options

    @Override
    protected Set<SocketOption<?>> supportedOptions()
    {
        return isServer ? TcpOptionTable.OF_SERVERS : TcpOptionTable.OF_CHANNELS;
    }

    @Override
    protected <T> void setOption(final SocketOption<T> name, final T value) throws IOException
    {
        requireOpen();
        if (isServer)
        {
            server.setOption(name, value);
        }
        else
        {
            socket.setOption(name, value);
        }
    }

    @Override
    protected <T> T getOption(final SocketOption<T> name) throws IOException
    {
        requireOpen();
        return isServer ? server.getOption(name) : socket.getOption(name);
    }

    @Override
    public void setOption(final int id, final Object value) throws SocketException
    {
        requireOpen();
        try
        {
            switch (id)
            {
                case SocketOptions.SO_TIMEOUT:
                    timeoutMs = (Integer)value;
                    if (socket != null)
                    {
                        socket.setSoTimeout(timeoutMs);
                    }
                    break;
                case SocketOptions.SO_LINGER:
                    setOption(StandardSocketOptions.SO_LINGER, value instanceof Integer seconds ? seconds : -1);
                    break;
                case SocketOptions.SO_OOBINLINE:
                    socket.setOOBInline((Boolean)value);
                    break;
                case SocketOptions.TCP_NODELAY:
                    setOption(StandardSocketOptions.TCP_NODELAY, (Boolean)value);
                    break;
                case SocketOptions.SO_KEEPALIVE:
                    setOption(StandardSocketOptions.SO_KEEPALIVE, (Boolean)value);
                    break;
                case SocketOptions.SO_REUSEADDR:
                    setOption(StandardSocketOptions.SO_REUSEADDR, (Boolean)value);
                    break;
                case SocketOptions.SO_SNDBUF:
                    setOption(StandardSocketOptions.SO_SNDBUF, (Integer)value);
                    break;
                case SocketOptions.SO_RCVBUF:
                    setOption(StandardSocketOptions.SO_RCVBUF, (Integer)value);
                    break;
                case SocketOptions.IP_TOS:
                    setOption(StandardSocketOptions.IP_TOS, (Integer)value);
                    break;
                default:
                    throw new SocketException("Unknown option " + id);
            }
        }
        catch (final IOException ex)
        {
            throw Failures.ofOption(ex);
        }
    }

    @Override
    public Object getOption(final int id) throws SocketException
    {
        requireOpen();
        try
        {
            switch (id)
            {
                case SocketOptions.SO_TIMEOUT:
                    return timeoutMs;
                case SocketOptions.SO_BINDADDR:
                    return isServer ? server.local().getAddress() : socket.getLocalAddress();
                case SocketOptions.SO_LINGER:
                    return getOption(StandardSocketOptions.SO_LINGER);
                case SocketOptions.SO_OOBINLINE:
                    return socket.getOOBInline();
                case SocketOptions.TCP_NODELAY:
                    return getOption(StandardSocketOptions.TCP_NODELAY);
                case SocketOptions.SO_KEEPALIVE:
                    return getOption(StandardSocketOptions.SO_KEEPALIVE);
                case SocketOptions.SO_REUSEADDR:
                    return getOption(StandardSocketOptions.SO_REUSEADDR);
                case SocketOptions.SO_SNDBUF:
                    return getOption(StandardSocketOptions.SO_SNDBUF);
                case SocketOptions.SO_RCVBUF:
                    return getOption(StandardSocketOptions.SO_RCVBUF);
                case SocketOptions.IP_TOS:
                    return getOption(StandardSocketOptions.IP_TOS);
                default:
                    throw new SocketException("Unknown option " + id);
            }
        }
        catch (final IOException ex)
        {
            throw Failures.ofOption(ex);
        }
    }
}
