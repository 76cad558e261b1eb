package io.pnet.bench;

import io.pnet.nio.PnetSelectorProvider;
import io.pnet.socket.TcpServerSocket;
import io.pnet.socket.TcpSocket;
import io.pnet.stack.IpProcess;
import io.pnet.tcp.TcpSettings;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.List;

/** Blocking TCP without Nagle's algorithm, over the kernel or over Pnet: what a program that measures both needs. */
abstract class Ends implements Closeable
{
    private static final int BACKLOG = 16;
    private static final int TIMEOUT_S = 8;

    /** One end of a connection. One thread may read while another writes. */
    interface End extends Closeable
    {
        /** Reads what there is, at least a byte; -1 at the end. */
        int read(ByteBuffer into) throws IOException;

        /** Writes everything. */
        void write(ByteBuffer from) throws IOException;
    }

    /** Where connections arrive. */
    interface Door extends Closeable
    {
        End accept() throws IOException;
    }

    abstract End connect(InetSocketAddress remote) throws IOException;

    abstract Door listen(int port) throws IOException;

    /**
     * Opens one of the two.
     *
     * @param link      {@code kernel}, or a link of Pnet's.
     * @param addresses with prefix lengths, for Pnet.
     * @param waits     how a reader waits.
     */
    static Ends open(final String link, final List<String> addresses, final Waits waits) throws IOException
    {
        if (link.equals("kernel"))
        {
            return waits == Waits.BLOCK ? new Kernel() :
                new ChannelEnds(
                    SelectorProvider.provider(), waits == Waits.SPIN ? Thread::onSpinWait : null, new Kernel());
        }
        final Pnet pnet = new Pnet(link, addresses);
        final Runnable cycle = () -> pnet.process.exclusively(() -> null);
        return waits == Waits.BLOCK ? pnet : new ChannelEnds(
            new PnetSelectorProvider(pnet.process), waits == Waits.SPIN ? cycle : null, pnet);
    }

    /** The JDK's channels, in blocking mode. */
    private static final class Kernel extends Ends
    {
        @Override
        End connect(final InetSocketAddress remote) throws IOException
        {
            final SocketChannel channel = SocketChannel.open();
            channel.socket().connect(remote, TIMEOUT_S * 1000);
            return new ChannelEnd(channel);
        }

        @Override
        Door listen(final int port) throws IOException
        {
            final ServerSocketChannel channel = ServerSocketChannel.open();
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(new InetSocketAddress(port), BACKLOG);
            return new Door()
            {
                @Override
                public End accept() throws IOException
                {
                    return new ChannelEnd(channel.accept());
                }

                @Override
                public void close() throws IOException
                {
                    channel.close();
                }
            };
        }

        @Override
        public void close()
        {
        }
    }

    private static final class ChannelEnd implements End
    {
        private final SocketChannel channel;

        ChannelEnd(final SocketChannel channel) throws IOException
        {
            this.channel = channel;
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }

        @Override
        public int read(final ByteBuffer into) throws IOException
        {
            return channel.read(into);
        }

        @Override
        public void write(final ByteBuffer from) throws IOException
        {
            while (from.hasRemaining())
            {
                channel.write(from);
            }
        }

        @Override
        public void close() throws IOException
        {
            channel.close();
        }
    }

    /** Pnet's blocking sockets. */
    private static final class Pnet extends Ends
    {
        private final IpProcess process;
        private final TcpSettings settings = new TcpSettings();

        Pnet(final String link, final List<String> addresses) throws IOException
        {
            settings.noDelay = true;
            final var builder = IpProcess.builder().link(link).tcp(settings);
            addresses.forEach(builder::address);
            process = builder.start();
        }

        @Override
        End connect(final InetSocketAddress remote) throws IOException
        {
            return new SocketEnd(TcpSocket.connect(process, remote, Duration.ofSeconds(TIMEOUT_S)));
        }

        @Override
        Door listen(final int port) throws IOException
        {
            final TcpServerSocket server =
                TcpServerSocket.bind(process, new InetSocketAddress(port), BACKLOG, settings);
            return new Door()
            {
                @Override
                public End accept() throws IOException
                {
                    return new SocketEnd(server.accept());
                }

                @Override
                public void close()
                {
                    server.close();
                }
            };
        }

        @Override
        public void close()
        {
            process.close();
        }
    }

    private static final class SocketEnd implements End
    {
        private final TcpSocket socket;

        SocketEnd(final TcpSocket socket)
        {
            this.socket = socket;
        }

        @Override
        public int read(final ByteBuffer into) throws IOException
        {
            return socket.read(into);
        }

        @Override
        public void write(final ByteBuffer from) throws IOException
        {
            socket.write(from);
        }

        @Override
        public void close()
        {
            socket.close();
        }
    }
}
