package io.pnet.tools.net;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** The kernel's network through the JDK's NIO channels, as a plain Java program would use it. */
public final class KernelNetwork implements Network
{
    private static final int IP4_HEADERS = 20 + 8;
    private static final int IP6_HEADERS = 40 + 8;

    @Override
    public Stream connect(
        final InetSocketAddress local,
        final InetSocketAddress remote,
        final StreamOptions options,
        final Duration timeout) throws IOException
    {
        if (options.congestion() != null && !canChooseCongestion(options.congestion()))
        {
            throw new IOException("the JDK cannot choose the kernel's congestion control " + options.congestion() +
                ": set net.ipv4.tcp_congestion_control or the route's congctl");
        }
        final SocketChannel channel = SocketChannel.open();
        try
        {
            if (local != null)
            {
                channel.bind(local);
            }
            channel.setOption(StandardSocketOptions.TCP_NODELAY, options.noDelay());
            channel.socket().connect(remote, (int)Math.max(1, timeout.toMillis()));
            return new KernelStream(channel);
        }
        catch (final SocketTimeoutException ex)
        {
            channel.close();
            throw new SocketTimeoutException("Connection timed out");
        }
        catch (final UnresolvedAddressException ex)
        {
            channel.close();
            throw new ConnectException("Unknown host");
        }
        catch (final IOException ex)
        {
            channel.close();
            throw ex;
        }
    }

    @Override
    public StreamServer listen(final InetSocketAddress address, final int backlog) throws IOException
    {
        final ServerSocketChannel channel = ServerSocketChannel.open();
        try
        {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(address, backlog);
        }
        catch (final IOException ex)
        {
            channel.close();
            throw ex;
        }
        return new Server(channel);
    }

    @Override
    public Datagrams connectDatagrams(final InetSocketAddress local, final InetSocketAddress remote) throws IOException
    {
        return KernelDatagrams.connected(local, remote);
    }

    @Override
    public DatagramServer listenDatagrams(final InetSocketAddress address) throws IOException
    {
        return new KernelDatagramServer(address);
    }

    @Override
    public boolean canChooseCongestion(final String congestion)
    {
        return congestion.equals(defaultCongestion());
    }

    @Override
    public String defaultCongestion()
    {
        try
        {
            return Files.readString(Path.of("/proc/sys/net/ipv4/tcp_congestion_control")).strip();
        }
        catch (final IOException ex)
        {
            return null;
        }
    }

    @Override
    public int datagramSizeTowards(final Stream stream)
    {
        final int headers = stream.localAddress().getAddress().getAddress().length == 4 ? IP4_HEADERS : IP6_HEADERS;
        try
        {
            final NetworkInterface out = NetworkInterface.getByInetAddress(stream.localAddress().getAddress());
            return out == null ? 1_460 : out.getMTU() - headers;
        }
        catch (final IOException ex)
        {
            return 1_460;
        }
    }

    @Override
    public void close()
    {
        // The process's sockets are closed by who opened them.
    }

    private static final class Server implements StreamServer
    {
        private final ServerSocketChannel channel;

        Server(final ServerSocketChannel channel)
        {
            this.channel = channel;
        }

        @Override
        public Stream accept() throws IOException
        {
            return new KernelStream(channel.accept());
        }

        @Override
        public void congestion(final String congestion)
        {
            // What can be chosen is the kernel's default, which they have anyway.
        }

        @Override
        public InetSocketAddress localAddress()
        {
            return localAddressOf(channel);
        }

        @Override
        public void close()
        {
            closeQuietly(channel);
        }
    }

    static InetSocketAddress localAddressOf(final java.nio.channels.NetworkChannel channel)
    {
        try
        {
            return (InetSocketAddress)channel.getLocalAddress();
        }
        catch (final ClosedChannelException ex)
        {
            throw new IllegalStateException("socket is closed", ex);
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException(ex.getMessage(), ex);
        }
    }

    static void closeQuietly(final AutoCloseable closeable)
    {
        try
        {
            closeable.close();
        }
        catch (final Exception ex)
        {
            // Nothing depends on it any more.
            System.getLogger(KernelNetwork.class.getName()).log(System.Logger.Level.DEBUG, "close", ex);
        }
    }
}
