package io.pnet.socket;

import io.pnet.ip.IpAddress;
import io.pnet.stack.IpProcess;
import io.pnet.stack.StackDriver;
import io.pnet.tcp.Connection;
import io.pnet.tcp.Listener;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpListenerHandler;
import io.pnet.tcp.TcpSettings;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/** A blocking TCP listener. Any thread may accept; they queue. */
public final class TcpServerSocket implements Closeable
{
    private final IpProcess process;
    private final StackDriver driver;
    private final ConcurrentLinkedQueue<TcpSocket> backlog = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final ReentrantLock acceptLock = new ReentrantLock();
    private final Waiting acceptable;
    private Listener listener;
    private volatile InetSocketAddress localAddress;
    private volatile Duration acceptTimeout = Duration.ZERO;
    private volatile boolean isClosed;

    private TcpServerSocket(final IpProcess process)
    {
        this.process = process;
        this.driver = process.driver();
        acceptable = new Waiting(driver, () -> !backlog.isEmpty() || isClosed);
    }

    /**
     * Listens.
     *
     * @param local    an address of the process or the wildcard; port 0 for an ephemeral one.
     * @param backlog  connections that may wait to be accepted.
     * @param settings null for the process's.
     * @throws BindException one line, when the port is in use or the address is not ours.
     */
    public static TcpServerSocket bind(
        final IpProcess process, final InetSocketAddress local, final int backlog, final TcpSettings settings)
        throws IOException
    {
        final TcpServerSocket server = new TcpServerSocket(process);
        final IpAddress address =
            local.getAddress().isAnyLocalAddress() ? IpAddress.ANY : IpAddress.of(local.getAddress());
        final BindException failure = process.exclusively(() ->
        {
            try
            {
                server.listener = process.stack().tcp().listen(
                    address, local.getPort(), backlog, settings, server.new Handler());
                return null;
            }
            catch (final BindException ex)
            {
                return ex;
            }
        });
        if (failure != null)
        {
            throw failure;
        }
        server.localAddress = new InetSocketAddress(local.getAddress(), server.listener.port());
        return server;
    }

    /**
     * Waits for a connection.
     *
     * @throws java.net.SocketTimeoutException after {@link #acceptTimeout(Duration)}.
     * @throws SocketException                 when the socket is closed.
     */
    public TcpSocket accept() throws IOException
    {
        acceptLock.lock();
        try
        {
            final long deadlineNs = Waiting.deadlineNs(driver, acceptTimeout);
            while (true)
            {
                if (isClosed)
                {
                    throw new SocketException("accept failed: the socket is closed");
                }
                final TcpSocket socket = backlog.poll();
                if (socket != null)
                {
                    waiting.decrementAndGet();
                    return socket;
                }
                acceptable.await("accept", deadlineNs);
            }
        }
        finally
        {
            acceptLock.unlock();
        }
    }

    /** How long {@link #accept} waits; zero for ever. */
    public void acceptTimeout(final Duration timeout)
    {
        acceptTimeout = timeout;
    }

    public InetSocketAddress localAddress()
    {
        return localAddress;
    }

    /** Stops listening; connections that nobody has accepted are reset. */
    @Override
    public void close()
    {
        if (isClosed)
        {
            return;
        }
        isClosed = true;
        acceptable.signal();
        process.exclusively(() ->
        {
            listener.close();
            return null;
        });
        for (TcpSocket socket = backlog.poll(); socket != null; socket = backlog.poll())
        {
            socket.abort();
        }
        driver.kick();
    }

    private final class Handler implements TcpListenerHandler
    {
        @Override
        public TcpHandler onAccept(final Connection connection)
        {
            final TcpSocket socket = new TcpSocket(driver);
            final TcpHandler handler = socket.adopt(connection);
            if (isClosed)
            {
                connection.abort();
            }
            else
            {
                waiting.incrementAndGet();
                backlog.add(socket);
                acceptable.signal();
            }
            return handler;
        }

        @Override
        public int waiting()
        {
            return waiting.get();
        }
    }
}
