package io.pnet.packetdrill;

import io.pnet.ip.IpAddress;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.Listener;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpListenerHandler;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.TcpState;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.net.BindException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** A TCP socket, as Linux and FreeBSD have it: new, listening, connecting, connected, or over. */
final class TcpFile extends OpenFile
{
    /** FreeBSD's send buffer holds whole segments: the stack is given more, and what may be written is held here. */
    static final int BSD_SLACK = 65_536;
    private static final int BLOCK = 4_096;
    private static final int UNREAD_FLAGS = Symbols.MSG_PEEK | Symbols.MSG_DONTWAIT | Symbols.MSG_WAITALL |
        Symbols.MSG_NOSIGNAL | Symbols.MSG_TRUNC;

    private final Kernel kernel;
    private final TcpSettings settings;
    private final TcpOptionsOf options;
    private final UnsafeBuffer block = new UnsafeBuffer(new byte[BLOCK]);
    private final Deque<TcpFile> waiting = new ArrayDeque<>();
    private int localPort;
    private boolean isBound;
    private Listener listener;
    private Connection connection;
    private String error;
    private boolean isEverConnected;
    private boolean isConnectReported;
    private boolean isReadShut;
    private boolean isWriteShut;
    private boolean isClosed;
    private boolean isOver;
    private boolean wasFull;
    private long edges;

    TcpFile(final Kernel kernel, final TcpSettings settings)
    {
        this.kernel = kernel;
        this.settings = settings;
        this.options = new TcpOptionsOf(this, kernel);
    }

    /** The connection, or null before there is one. */
    Connection connection()
    {
        return connection;
    }

    /** The connection's own settings once there is one. */
    TcpSettings settings()
    {
        return connection != null ? connection.settings() : listener != null ? listener.settings() : settings;
    }

    boolean isListening()
    {
        return listener != null;
    }

    /** The name of the pending error, which is cleared. */
    String takeError()
    {
        final String taken = error;
        error = null;
        return taken;
    }

    private final class Handler implements TcpHandler
    {
        @Override
        public void onConnected(final Connection connected)
        {
            isEverConnected = true;
            edges++;
        }

        @Override
        public int onReceive(final Connection from, final UnsafeBuffer buffer, final int offset, final int length)
        {
            if (isReadShut)
            {
                return length;
            }
            edges++;
            return 0;
        }

        @Override
        public void onReadable(final Connection from)
        {
            edges++;
        }

        @Override
        public void onWritable(final Connection to)
        {
            if (wasFull && to.writable() > 0)
            {
                wasFull = false;
                edges++;
            }
        }

        @Override
        public void onPeerClosed(final Connection from)
        {
            edges++;
        }

        @Override
        public void onClosed(final Connection closed, final CloseReason reason)
        {
            if (connection != null && closed != connection)
            {
                return;
            }
            isOver = true;
            edges++;
            error = errno(reason);
        }

        private String errno(final CloseReason reason)
        {
            switch (reason)
            {
                case RESET:
                    return "ECONNRESET";
                case REFUSED:
                    return "ECONNREFUSED";
                case TIMED_OUT:
                    return "ETIMEDOUT";
                case UNREACHABLE:
                    return "EHOSTUNREACH";
                default:
                    return null;
            }
        }
    }

    // ---- opening

    @Override
    Attempt bind(final int port)
    {
        return () ->
        {
            if (isBound)
            {
                return Reply.error("EINVAL");
            }
            if (kernel.isPortTaken(port, this))
            {
                return Reply.error("EADDRINUSE");
            }
            isBound = true;
            localPort = port;
            kernel.bound(port);
            return Reply.OK;
        };
    }

    int boundPort()
    {
        return isBound && !isClosed ? localPort : 0;
    }

    @Override
    Attempt listen(final int backlog)
    {
        return () ->
        {
            if (connection != null)
            {
                return Reply.error(kernel.dialect().isBsd() ? "EOPNOTSUPP" : "EINVAL");
            }
            if (listener != null)
            {
                return Reply.OK;
            }
            try
            {
                // Both kernels let one more wait than they are told.
                listener = kernel.host().stack().tcp().listen(
                    IpAddress.ANY, localPort, Math.max(0, backlog) + 1, settings, new Accepting());
            }
            catch (final BindException ex)
            {
                return Reply.error("EADDRINUSE");
            }
            localPort = listener.port();
            kernel.listening(localPort);
            return Reply.OK;
        };
    }

    private final class Accepting implements TcpListenerHandler
    {
        @Override
        public TcpHandler onAccept(final Connection accepted)
        {
            final TcpFile child = new TcpFile(kernel, accepted.settings());
            child.connection = accepted;
            child.isEverConnected = true;
            child.isConnectReported = true;
            child.options.inherit(options);
            waiting.add(child);
            edges++;
            return child.new Handler();
        }

        @Override
        public int waiting()
        {
            return waiting.size();
        }
    }

    @Override
    Attempt accept(final boolean isNonBlockingChild)
    {
        return () ->
        {
            if (listener == null)
            {
                return Reply.error("EINVAL");
            }
            final TcpFile child = waiting.poll();
            if (child == null)
            {
                return isNonBlocking ? Reply.error("EAGAIN") : null;
            }
            child.isNonBlocking = isNonBlockingChild || kernel.dialect().isBsd() && isNonBlocking;
            return Reply.of(kernel.open(child));
        };
    }

    @Override
    Attempt connect(final boolean isUnspecified, final int port)
    {
        if (isUnspecified)
        {
            return this::disconnect;
        }
        final Reply first = startConnect(port);
        if (first != null || isNonBlocking)
        {
            return () -> first != null ? first : connecting();
        }
        return () -> isEverConnected || isOver ? finishConnect() : null;
    }

    private Reply connecting()
    {
        return isOver ? finishConnect() : Reply.error("EINPROGRESS");
    }

    private Reply startConnect(final int port)
    {
        if (listener != null)
        {
            return Reply.error(kernel.dialect().isBsd() ? "EOPNOTSUPP" : "EISCONN");
        }
        if (connection != null)
        {
            if (error != null)
            {
                return Reply.error(takeError());
            }
            if (!isEverConnected && !isOver)
            {
                return Reply.error("EALREADY");
            }
            if (!isConnectReported && !kernel.dialect().isBsd())
            {
                isConnectReported = true;
                return Reply.OK;
            }
            return Reply.error(isOver ? "ECONNABORTED" : "EISCONN");
        }
        try
        {
            connection = kernel.host().stack().tcp().connect(
                IpAddress.ANY, localPort, kernel.host().remote, port, settings, new Handler(), kernel.host().nowNs());
            kernel.connecting(connection.localAddress().getPort(), port);
            kernel.host().settle();
            return null;
        }
        catch (final BindException ex)
        {
            return Reply.error("EADDRINUSE");
        }
        catch (final IOException ex)
        {
            return Reply.error("EHOSTUNREACH");
        }
    }

    private Reply finishConnect()
    {
        if (error != null)
        {
            return Reply.error(takeError());
        }
        isConnectReported = true;
        return Reply.OK;
    }

    /** Linux: a connect to AF_UNSPEC makes the socket new again. */
    private Reply disconnect()
    {
        if (connection != null)
        {
            connection.abort();
            kernel.host().settle();
        }
        connection = null;
        error = null;
        isEverConnected = false;
        isConnectReported = false;
        isOver = false;
        isReadShut = false;
        isWriteShut = false;
        localPort = isBound ? localPort : 0;
        return Reply.OK;
    }

    // ---- data

    @Override
    Attempt read(final long length, final int flags)
    {
        kernel.require((flags & ~UNREAD_FLAGS) == 0, "these flags of recv");
        final boolean isPeek = (flags & Symbols.MSG_PEEK) != 0;
        final boolean mayWait = !isNonBlocking && (flags & Symbols.MSG_DONTWAIT) == 0;
        final long atLeast = (flags & Symbols.MSG_WAITALL) != 0 && mayWait ? length : Math.min(length, 1);
        final long[] done = {0};
        return () ->
        {
            if (connection == null)
            {
                return Reply.error("ENOTCONN");
            }
            if (isPeek)
            {
                if (connection.readable() > 0 || length == 0)
                {
                    return Reply.of(Math.min(length, connection.readable()));
                }
            }
            else
            {
                done[0] += take(length - done[0]);
                if (done[0] >= atLeast)
                {
                    kernel.host().settle();
                    return Reply.of(done[0]);
                }
            }
            return noData(done[0], mayWait);
        };
    }

    private Reply noData(final long done, final boolean mayWait)
    {
        final boolean isEnd = isReadShut || isOver || connection.isEndOfStream();
        if (done > 0)
        {
            return isEnd || error != null || !mayWait ? Reply.of(done) : null;
        }
        if (error != null)
        {
            return Reply.error(takeError());
        }
        if (isEnd)
        {
            return Reply.of(0);
        }
        return mayWait ? null : Reply.error("EAGAIN");
    }

    private long take(final long length)
    {
        long done = 0;
        while (done < length)
        {
            final int n = connection.read(block, 0, (int)Math.min(BLOCK, length - done));
            if (n == 0)
            {
                break;
            }
            done += n;
        }
        return done;
    }

    @Override
    Attempt write(final long length, final int flags, final int port)
    {
        kernel.require(
            (flags & ~(Symbols.MSG_DONTWAIT | Symbols.MSG_NOSIGNAL)) == 0, "these flags of send");
        final boolean mayWait = !isNonBlocking && (flags & Symbols.MSG_DONTWAIT) == 0;
        final long[] done = {0};
        return () ->
        {
            if (error != null)
            {
                return done[0] > 0 ? Reply.of(done[0]) : Reply.error(takeError());
            }
            if (isWriteShut || isOver)
            {
                return done[0] > 0 ? Reply.of(done[0]) : Reply.error("EPIPE");
            }
            if (connection == null)
            {
                return Reply.error(kernel.dialect().isBsd() ? "ENOTCONN" : "EPIPE");
            }
            if (!isEverConnected)
            {
                return mayWait ? null : Reply.error(kernel.dialect().isBsd() ? "ENOTCONN" : "EAGAIN");
            }
            done[0] += put(length - done[0]);
            kernel.host().settle();
            if (done[0] == length || !mayWait && done[0] > 0)
            {
                return Reply.of(done[0]);
            }
            return mayWait ? null : Reply.error("EAGAIN");
        };
    }

    private long put(final long length)
    {
        final UnsafeBuffer bytes = new UnsafeBuffer(new byte[(int)Math.min(length, 1 << 20)]);
        long done = 0;
        while (done < length)
        {
            final int n = connection.write(
                bytes, 0, (int)Math.min(room(), Math.min(bytes.capacity(), length - done)));
            if (n == 0)
            {
                wasFull = true;
                break;
            }
            done += n;
        }
        return done;
    }

    /** What may be written now. */
    private int room()
    {
        return kernel.dialect().isBsd() ? Math.max(0, sendBufferBytes() - connection.unacknowledged()) :
            Integer.MAX_VALUE;
    }

    /** As the dialect's system counts it. */
    int sendBufferBytes()
    {
        if (!kernel.dialect().isBsd())
        {
            return connection != null ? connection.sendBufferBytes() : settings().sendBufferBytes;
        }
        final int plain = settings().sendBufferBytes - BSD_SLACK;
        final int mss = isEverConnected ? Math.max(1, connection.info().mss()) : 1;
        return (plain + mss - 1) / mss * mss;
    }

    // ---- closing

    @Override
    Attempt shutdown(final int how)
    {
        return () ->
        {
            if (connection == null || isOver)
            {
                return Reply.error("ENOTCONN");
            }
            isReadShut |= how != 1;
            if (how != 0 && !isWriteShut)
            {
                isWriteShut = true;
                connection.shutdownOutput();
                kernel.host().settle();
            }
            return Reply.OK;
        };
    }

    @Override
    Attempt close()
    {
        isClosed = true;
        final long startNs = kernel.host().elapsedNs();
        if (listener != null)
        {
            listener.close();
            waiting.forEach(child -> child.connection.abort());
        }
        else if (connection != null)
        {
            if (options.lingerNs() == 0)
            {
                connection.abort();
            }
            else
            {
                connection.close();
            }
        }
        kernel.host().settle();
        if (connection == null || options.lingerNs() <= 0 || isNonBlocking)
        {
            return () -> Reply.OK;
        }
        return new Attempt()
        {
            @Override
            public Reply attempt()
            {
                final boolean isDone = isOver || connection.state() == TcpState.FIN_WAIT_2 ||
                    connection.state() == TcpState.TIME_WAIT || kernel.host().elapsedNs() >= deadlineNs();
                return isDone ? Reply.OK : null;
            }

            @Override
            public long deadlineNs()
            {
                return startNs + options.lingerNs();
            }
        };
    }

    // ---- the rest

    @Override
    int readiness()
    {
        if (listener != null)
        {
            return waiting.isEmpty() ? 0 : Symbols.POLLIN | Symbols.POLLRDNORM;
        }
        if (connection == null)
        {
            return kernel.dialect().isBsd() ? Symbols.POLLOUT | Symbols.POLLWRNORM :
                Symbols.POLLOUT | Symbols.POLLWRNORM | Symbols.POLLHUP;
        }
        int events = error != null && !kernel.dialect().isBsd() ? Symbols.POLLERR : 0;
        if (!isEverConnected && !isOver)
        {
            return events;
        }
        final boolean isEnd = isReadShut || isOver || connection.peerHasFinished();
        if (connection.readable() > 0 || isEnd)
        {
            events |= Symbols.POLLIN | Symbols.POLLRDNORM;
        }
        if (isEnd)
        {
            events |= Symbols.POLLRDHUP;
        }
        if (isOver || isEnd && isWriteShut)
        {
            events |= Symbols.POLLHUP;
        }
        if (isOver || isWriteShut || Math.min(room(), connection.writable()) > sendBufferBytes() / 3)
        {
            events |= Symbols.POLLOUT | Symbols.POLLWRNORM;
        }
        return events;
    }

    @Override
    long readEdges()
    {
        return edges;
    }

    @Override
    Reply setOption(final String level, final String name, final List<Value> value)
    {
        return options.set(name, value);
    }

    @Override
    Long getOption(final String level, final String name)
    {
        return options.get(name);
    }

    @Override
    long readable()
    {
        return connection == null ? 0 : connection.readable();
    }

    @Override
    long unacknowledged()
    {
        return connection == null ? 0 : connection.unacknowledged();
    }
}
