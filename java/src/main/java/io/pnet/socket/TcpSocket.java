package io.pnet.socket;

import io.pnet.ip.IpAddress;
import io.pnet.stack.Home;
import io.pnet.stack.IpProcess;
import io.pnet.stack.StackDriver;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpInfo;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.TcpState;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A blocking TCP connection. One thread may read while another writes; further ones queue. Data is copied once in each
 * direction: into the send buffer, where it stays until it is acknowledged, and out of the memory it arrived in.
 */
public final class TcpSocket implements Closeable
{
    /** A writer is woken when this much fits, or all it has: a block at a time, not a segment. */
    private static final int WRITE_BLOCK = 128 << 10;
    private static final long LINGER_STEP_NS = 5_000_000;
    private static final long OUT_OF_MEMORY_WAIT_NS = 1_000_000;

    private final Home home;
    private final StackDriver driver;
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();
    private final Waiting connected;
    private final Waiting readable;
    private final Waiting writable;
    private final Handler handler = new Handler();
    private volatile Connection connection;
    private volatile boolean isConnected;
    private volatile boolean isClosed;
    private volatile boolean isOutputShutdown;
    private volatile Duration readTimeout = Duration.ZERO;
    private volatile Duration linger;
    private volatile int wantedRoom;

    TcpSocket(final Home home)
    {
        this.home = home;
        driver = home.driver();
        connected = new Waiting(driver, () -> isConnected || connection.closeReason() != null);
        readable = new Waiting(driver, this::isReadable);
        writable = new Waiting(driver, this::isWritable);
    }

    /**
     * Connects.
     *
     * @param timeout zero or null: as long as TCP tries, three minutes and more.
     * @throws ConnectException       when the peer refuses.
     * @throws NoRouteToHostException when there is no way there, or nobody has that address.
     * @throws SocketTimeoutException when time is up.
     */
    public static TcpSocket connect(final IpProcess process, final InetSocketAddress remote, final Duration timeout)
        throws IOException
    {
        return connect(process, null, remote, null, timeout);
    }

    /**
     * Connects, with a local address and settings of its own.
     *
     * @param local    null, or an address and port of which either may be wild.
     * @param settings null for the process's.
     */
    public static TcpSocket connect(
        final IpProcess process,
        final InetSocketAddress local,
        final InetSocketAddress remote,
        final TcpSettings settings,
        final Duration timeout)
        throws IOException
    {
        return connect(process, local, remote, settings, null, timeout);
    }

    /**
     * As {@link #connect(IpProcess, InetSocketAddress, InetSocketAddress, TcpSettings, Duration)}, and writes: with
     * {@link TcpSettings#fastOpen} the first bytes travel in the SYN where the server has given us a cookie.
     *
     * @param first what to write; its position moves to its limit. May be null.
     */
    public static TcpSocket connect(
        final IpProcess process,
        final InetSocketAddress local,
        final InetSocketAddress remote,
        final TcpSettings settings,
        final ByteBuffer first,
        final Duration timeout)
        throws IOException
    {
        if (remote.isUnresolved())
        {
            throw new UnknownHostException("unknown host " + remote.getHostString());
        }
        final IpAddress from =
            local == null || local.getAddress().isAnyLocalAddress() ? IpAddress.ANY : IpAddress.of(local.getAddress());
        final Home home = process.homeOfTcp(
            from, local == null ? 0 : local.getPort(), IpAddress.of(remote.getAddress()), remote.getPort());
        final StackDriver driver = home.driver();
        final TcpSocket socket = new TcpSocket(home);
        final IOException failure = home.exclusively(() ->
        {
            try
            {
                socket.connection = home.stack().tcp().connect(
                    from,
                    local == null ? 0 : local.getPort(),
                    IpAddress.of(remote.getAddress()),
                    remote.getPort(),
                    settings,
                    socket.handler,
                    driver.clock().nanoTime());
                if (first != null)
                {
                    socket.connection.write(first);
                }
                return null;
            }
            catch (final IOException ex)
            {
                return ex;
            }
        });
        if (failure != null)
        {
            throw failure;
        }
        final String what =
            "connect to " + IpAddress.of(remote.getAddress()) + " port " + remote.getPort();
        try
        {
            socket.connected.await(what, Waiting.deadlineNs(driver, timeout));
        }
        catch (final IOException ex)
        {
            socket.abort();
            throw ex;
        }
        if (!socket.isConnected)
        {
            final CloseReason reason = socket.connection.closeReason();
            switch (reason)
            {
                case REFUSED:
                    throw new ConnectException(what + ": connection refused; is the server listening?");
                case UNREACHABLE:
                    throw new NoRouteToHostException(what + ": host unreachable; nobody answers for its address");
                case TIMED_OUT:
                    throw new SocketTimeoutException(what + ": connection timed out; no answer came");
                default:
                    throw new SocketException(what + ": " + reason.text());
            }
        }
        if (first != null && first.hasRemaining())
        {
            socket.write(first);
        }
        return socket;
    }

    /** The handler to give a connection that was accepted; {@code connection} is on the stack's owner. */
    TcpHandler adopt(final Connection connection)
    {
        this.connection = connection;
        isConnected = true;
        return handler;
    }

    // ---- data

    /**
     * Reads what is there, waiting for the first byte.
     *
     * @return bytes read, at least 1 unless the target is full; -1 after the peer's FIN.
     * @throws SocketTimeoutException after {@link #readTimeout(Duration)}.
     * @throws SocketException        when the connection was reset or is closed.
     */
    public int read(final ByteBuffer target) throws IOException
    {
        readLock.lock();
        try
        {
            if (!target.hasRemaining())
            {
                return 0;
            }
            long deadlineNs = 0;
            while (true)
            {
                if (isClosed)
                {
                    throw new SocketException("read failed: the socket is closed");
                }
                final int n = connection.read(target);
                if (n > 0)
                {
                    driver.kick();
                    return n;
                }
                final CloseReason reason = connection.closeReason();
                if (connection.isEndOfStream())
                {
                    return -1;
                }
                if (reason != null && connection.readable() == 0)
                {
                    throw new SocketException("read failed: " + reason.text());
                }
                if (deadlineNs == 0)
                {
                    deadlineNs = Waiting.deadlineNs(driver, readTimeout);
                }
                readable.await("read", deadlineNs);
            }
        }
        finally
        {
            readLock.unlock();
        }
    }

    /**
     * Writes everything; returns once it is all in the send buffer.
     *
     * @throws SocketException when the connection was reset or is closed, or its output is shut down.
     */
    public void write(final ByteBuffer source) throws IOException
    {
        writeLock.lock();
        try
        {
            while (source.hasRemaining())
            {
                if (isClosed || isOutputShutdown)
                {
                    throw new SocketException(
                        "write failed: " + (isClosed ? "the socket is closed" : "its output is shut down"));
                }
                final CloseReason reason = connection.closeReason();
                if (reason != null)
                {
                    throw new SocketException("write failed: " + reason.text());
                }
                if (connection.offer(source) > 0)
                {
                    driver.flush(connection);
                }
                else
                {
                    final int most = Math.min(WRITE_BLOCK, Math.max(1, connection.sendBufferBytes() / 2));
                    wantedRoom = Math.min(source.remaining(), most);
                    if (isWritable())
                    {
                        // There is room but no memory: other connections have it all for the moment.
                        driver.await(() -> isClosed, driver.clock().nanoTime() + OUT_OF_MEMORY_WAIT_NS);
                    }
                    else
                    {
                        writable.await("write", Long.MAX_VALUE);
                    }
                }
            }
        }
        finally
        {
            writeLock.unlock();
        }
    }

    /** How long {@link #read} waits; zero for ever. */
    public void readTimeout(final Duration timeout)
    {
        readTimeout = timeout;
    }

    /** Sends a FIN behind what was written; reading goes on. */
    public void shutdownOutput()
    {
        isOutputShutdown = true;
        connection.shutdownOutput();
        driver.kick();
    }

    /**
     * Closes: what was written is still sent. Returns at once, unless told to {@link #linger}; a blocked reader or
     * writer fails.
     */
    @Override
    public void close()
    {
        final Duration patience = linger;
        final boolean isFirst = !isClosed;
        end(patience != null && patience.isZero());
        if (isFirst && patience != null && !patience.isZero())
        {
            final long deadlineNs = Waiting.deadlineNs(driver, patience);
            for (long nowNs = driver.clock().nanoTime(); !isSaid() && nowNs < deadlineNs &&
                !Thread.currentThread().isInterrupted(); nowNs = driver.clock().nanoTime())
            {
                // Nobody is told when a FIN is acknowledged: looked at again and again.
                driver.await(this::isSaid, Math.min(deadlineNs, nowNs + LINGER_STEP_NS));
            }
        }
    }

    /**
     * What {@link #close} does about bytes that are not acknowledged (SO_LINGER).
     *
     * @param patience null: it returns at once, and they are sent all the same. Zero: they are dropped and the
     *                 connection is reset. Longer: it waits so long for the peer to acknowledge them and the FIN, and
     *                 goes on as with null after that.
     */
    public void linger(final Duration patience)
    {
        linger = patience;
    }

    /** Whether the peer has everything of ours, or there is nobody to have it. */
    private boolean isSaid()
    {
        final TcpState state = connection.state();
        return state == TcpState.CLOSED || state == TcpState.FIN_WAIT_2 || state == TcpState.TIME_WAIT;
    }

    /** Ends at once, with a reset. */
    public void abort()
    {
        end(true);
    }

    private void end(final boolean hard)
    {
        if (isClosed)
        {
            return;
        }
        isClosed = true;
        readable.signal();
        writable.signal();
        // What is unread is given back by the owner; no reader may still be at it.
        final boolean locked = !readLock.isHeldByCurrentThread() && lockQuietly();
        try
        {
            if (hard)
            {
                connection.abort();
            }
            else
            {
                connection.close();
            }
            driver.kick();
        }
        finally
        {
            if (locked)
            {
                readLock.unlock();
            }
        }
    }

    private boolean lockQuietly()
    {
        while (!readLock.tryLock())
        {
            readable.signal();
            Thread.yield();
        }
        return true;
    }

    /** The socket as a stream; closing it closes the socket. */
    public InputStream inputStream()
    {
        return new InputStream()
        {
            private final byte[] one = new byte[1];

            @Override
            public int read() throws IOException
            {
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(final byte[] bytes, final int offset, final int length) throws IOException
            {
                return TcpSocket.this.read(ByteBuffer.wrap(bytes, offset, length));
            }

            @Override
            public int available()
            {
                return connection.readable();
            }

            @Override
            public void close()
            {
                TcpSocket.this.close();
            }
        };
    }

    /** The socket as a stream; closing it closes the socket. */
    public OutputStream outputStream()
    {
        return new OutputStream()
        {
            @Override
            public void write(final int b) throws IOException
            {
                write(new byte[]{(byte)b}, 0, 1);
            }

            @Override
            public void write(final byte[] bytes, final int offset, final int length) throws IOException
            {
                TcpSocket.this.write(ByteBuffer.wrap(bytes, offset, length));
            }

            @Override
            public void close()
            {
                TcpSocket.this.close();
            }
        };
    }

    public InetSocketAddress localAddress()
    {
        return connection.localAddress();
    }

    public InetSocketAddress remoteAddress()
    {
        return connection.remoteAddress();
    }

    /** What TCP knows of the connection now. */
    public TcpInfo info()
    {
        return connection.info();
    }

    /** Which of the process's stacks the connection is on. */
    public Home home()
    {
        return home;
    }

    /** The connection underneath. */
    public Connection connection()
    {
        return connection;
    }

    private boolean isReadable()
    {
        return connection.readable() > 0 || connection.peerHasFinished() ||
            connection.closeReason() != null || isClosed;
    }

    private boolean isWritable()
    {
        return connection.writable() >= wantedRoom || connection.closeReason() != null || isClosed || isOutputShutdown;
    }

    private final class Handler implements TcpHandler
    {
        @Override
        public void onConnected(final Connection connection)
        {
            isConnected = true;
            connected.signal();
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            // Kept in the connection's queue, to be read by the thread that wants it.
            return 0;
        }

        @Override
        public void onReadable(final Connection connection)
        {
            readable.signal();
        }

        @Override
        public void onWritable(final Connection connection)
        {
            if (connection.writable() >= wantedRoom)
            {
                writable.signal();
            }
        }

        @Override
        public void onPeerClosed(final Connection connection)
        {
            readable.signal();
        }

        @Override
        public void onClosed(final Connection connection, final CloseReason reason)
        {
            connected.signal();
            readable.signal();
            writable.signal();
        }
    }
}
