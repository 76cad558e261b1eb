package io.pnet.tools.net;

import io.pnet.socket.TcpServerSocket;
import io.pnet.socket.TcpSocket;
import io.pnet.socket.UdpSocket;
import io.pnet.stack.IpProcess;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.congestion.CongestionControl;
import io.pnet.tcp.congestion.CongestionControls;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Supplier;

/** An IP process of our own. Owns it: closing the network closes the process. */
public final class PnetNetwork implements Network
{
    private static final int DEFAULT_MTU = 1_500;
    private static final int IP4_HEADERS = 20 + 8;
    private static final int IP6_HEADERS = 40 + 8;

    private final IpProcess process;

    /**
     * @param process running.
     */
    public PnetNetwork(final IpProcess process)
    {
        this.process = process;
    }

    /** The process behind it. */
    public IpProcess process()
    {
        return process;
    }

    @Override
    public Stream connect(
        final InetSocketAddress local,
        final InetSocketAddress remote,
        final StreamOptions options,
        final Duration timeout) throws IOException
    {
        final TcpSettings settings = process.stack().tcp().settings().copy();
        settings.noDelay = options.noDelay();
        try
        {
            settings.congestionControl = congestionControl(options.congestion());
        }
        catch (final IllegalArgumentException ex)
        {
            throw new IOException(ex.getMessage(), ex);
        }
        return new PnetStream(TcpSocket.connect(process, local, remote, settings, timeout));
    }

    @Override
    public StreamServer listen(final InetSocketAddress address, final int backlog) throws IOException
    {
        return new Server(address, backlog);
    }

    @Override
    public Datagrams connectDatagrams(final InetSocketAddress local, final InetSocketAddress remote) throws IOException
    {
        final UdpSocket socket = UdpSocket.open(process, local);
        try
        {
            socket.connect(remote);
        }
        catch (final IOException ex)
        {
            socket.close();
            throw ex;
        }
        return new Peer(socket, remote);
    }

    @Override
    public DatagramServer listenDatagrams(final InetSocketAddress address) throws IOException
    {
        return new Waiting(UdpSocket.open(process, address));
    }

    @Override
    public boolean canChooseCongestion(final String congestion)
    {
        return CongestionControls.has(congestion);
    }

    /** The process's own unless another is asked for: by name, since who asks may be the peer. */
    private Supplier<? extends CongestionControl> congestionControl(final String name)
    {
        return name == null ? process.stack().tcp().settings().congestionControl : CongestionControls.named(name);
    }

    @Override
    public String defaultCongestion()
    {
        return congestionControl(null).get().name();
    }

    @Override
    public int datagramSizeTowards(final Stream stream)
    {
        final StreamInfo info = stream.info();
        final long mtu = info == null || info.pathMtu() <= 0 ? DEFAULT_MTU : info.pathMtu();
        return (int)mtu - (stream.localAddress().getAddress().getAddress().length == 4 ? IP4_HEADERS : IP6_HEADERS);
    }

    /** Also waits until what was written to closed streams has arrived, as a kernel would see to it. */
    @Override
    public void close()
    {
        process.close();
    }

    private final class Server implements StreamServer
    {
        private final TcpServerSocket socket;
        private volatile Supplier<? extends CongestionControl> chosen = congestionControl(null);

        Server(final InetSocketAddress address, final int backlog) throws IOException
        {
            final TcpSettings settings = process.stack().tcp().settings().copy();
            // A listener's settings are its connections', and some of those are asked for answers at once.
            settings.noDelay = true;
            settings.congestionControl = () -> chosen.get();
            socket = TcpServerSocket.bind(process, address, backlog, settings);
        }

        @Override
        public Stream accept() throws IOException
        {
            return new PnetStream(socket.accept());
        }

        @Override
        public void congestion(final String congestion)
        {
            chosen = congestionControl(congestion);
        }

        @Override
        public InetSocketAddress localAddress()
        {
            return socket.localAddress();
        }

        @Override
        public void close()
        {
            socket.close();
        }
    }

    private static final class Peer implements Datagrams
    {
        private final UdpSocket socket;
        private final InetSocketAddress remote;

        Peer(final UdpSocket socket, final InetSocketAddress remote)
        {
            this.socket = socket;
            this.remote = remote;
        }

        @Override
        public void send(final ByteBuffer from) throws IOException
        {
            socket.send(from);
        }

        @Override
        public int receive(final ByteBuffer into) throws IOException
        {
            final int start = into.position();
            socket.receive(into);
            return into.position() - start;
        }

        @Override
        public void receiveTimeout(final Duration timeout)
        {
            socket.receiveTimeout(timeout);
        }

        @Override
        public InetSocketAddress localAddress()
        {
            return socket.localAddress();
        }

        @Override
        public InetSocketAddress remoteAddress()
        {
            return remote;
        }

        @Override
        public void close()
        {
            socket.close();
        }
    }

    private static final class Waiting implements DatagramServer
    {
        private final UdpSocket socket;

        Waiting(final UdpSocket socket)
        {
            this.socket = socket;
        }

        @Override
        public Datagrams accept(final ByteBuffer first, final Duration timeout) throws IOException
        {
            socket.receiveTimeout(timeout);
            final InetSocketAddress from = socket.receive(first);
            socket.receiveTimeout(Duration.ZERO);
            return new Peer(socket.accept(from), from);
        }

        @Override
        public InetSocketAddress receive(final ByteBuffer into) throws IOException
        {
            return socket.receive(into);
        }

        @Override
        public void send(final ByteBuffer from, final InetSocketAddress to) throws IOException
        {
            socket.send(from, to);
        }

        @Override
        public InetSocketAddress localAddress()
        {
            return socket.localAddress();
        }

        @Override
        public void close()
        {
            socket.close();
        }
    }
}
