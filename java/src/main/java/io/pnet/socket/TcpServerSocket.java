package io.pnet.socket;

import io.pnet.ip.IpAddress;
import io.pnet.stack.Home;
import io.pnet.stack.IpProcess;
import io.pnet.stack.ListenerGroup;
import io.pnet.stack.StackDriver;
import io.pnet.tcp.Connection;
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
    /** Whose waiting threads accept, whichever the stack. */
    private final StackDriver driver;
    private final ConcurrentLinkedQueue<TcpSocket> backlog = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final ReentrantLock acceptLock = new ReentrantLock();
    private final Waiting acceptable;
    private ListenerGroup listener;
    private volatile InetSocketAddress localAddress;
    private volatile Duration acceptTimeout = Duration.ZERO;
    private volatile boolean isClosed;

    private TcpServerSocket(final IpProcess process)
    {
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
        server.listener = ListenerGroup.listen(
            process, address, local.getPort(), backlog, settings, home -> server.new Handler(home));
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
        listener.close();
        for (TcpSocket socket = backlog.poll(); socket != null; socket = backlog.poll())
        {
            socket.abort();
        }
        driver.kick();
    }

    /** Of one of the process's stacks. */
    private final class Handler implements TcpListenerHandler
    {
        private final Home home;

        private Handler(final Home home)
        {
            this.home = home;
        }

        @Override
        public TcpHandler onAccept(final Connection connection)
        {
            final TcpSocket socket = new TcpSocket(home);
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
