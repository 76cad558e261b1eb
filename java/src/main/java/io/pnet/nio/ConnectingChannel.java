package io.pnet.nio;

import io.pnet.stack.IpProcess;
import io.pnet.stack.StackDriver;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How a socket channel comes to be connected: whether it is Pnet's or the kernel's, which {@code connect}, or
 * {@code bind} to an address, decides, and what it remembers until then.
 */
abstract class ConnectingChannel extends StreamChannel
{
    /** How far it has come. */
    enum State
    {
        UNCONNECTED, PENDING, CONNECTED, CLOSED
    }

    private final PnetSelectorProvider provider;
    private final ProtocolFamily family;
    final IpProcess process;
    final StackDriver driver;
    final TcpOptionTable options = new TcpOptionTable(TcpOptionTable.OF_CHANNELS);
    final KeyRing keys;
    final ReentrantLock stateLock = new ReentrantLock();

    volatile List<SelectableChannel> kernelChannels = List.of();
    volatile State state = State.UNCONNECTED;
    volatile InetSocketAddress local;
    volatile InetSocketAddress remote;
    private BoundPort bound;

    ConnectingChannel(final PnetSelectorProvider provider, final ProtocolFamily family, final TcpStream stream)
    {
        super(provider, stream);
        this.provider = provider;
        this.process = provider.process();
        this.driver = process.driver();
        this.family = family;
        this.keys = stream.keys;
    }

    // ---- the decision

    /**
     * Selectors may have the kernel's channel now. Not before it connects: until then the kernel reports it as hung up,
     * which would look like the end of a connect.
     */
    final void showKernel()
    {
        kernelChannels = List.of(kernel);
        keys.kernelChanged();
    }

    /** Opens the kernel's channel, in our mode, with what was set and bound here. Under the state lock. */
    private SocketChannel openKernel() throws IOException
    {
        final SocketChannel channel = family == null ?
            provider.kernel().openSocketChannel() : provider.kernel().openSocketChannel(family);
        try
        {
            options.applyTo(channel);
            channel.configureBlocking(isBlocking());
            if (bound != null)
            {
                final int port = bound.port();
                releasePort();
                bindLike(channel, port);
            }
        }
        catch (final IOException | RuntimeException ex)
        {
            channel.close();
            throw ex;
        }
        kernel = channel;
        return channel;
    }

    /** The port that we have told, or another one where the kernel has given it to somebody else. */
    private static void bindLike(final SocketChannel channel, final int port) throws IOException
    {
        try
        {
            channel.bind(new InetSocketAddress(port));
        }
        catch (final BindException ex)
        {
            channel.bind(null);
        }
    }

    final void releasePort()
    {
        if (bound != null)
        {
            bound.release(process);
            bound = null;
        }
    }

    @Override
    public SocketChannel bind(final SocketAddress address) throws IOException
    {
        final InetSocketAddress wanted = address == null ?
            new InetSocketAddress(Families.anyAddress(family), 0) : Families.checked(address, family);
        stream.readLock.lock();
        stream.writeLock.lock();
        stateLock.lock();
        try
        {
            ensureOpen();
            if (state == State.PENDING)
            {
                throw new ConnectionPendingException();
            }
            if (local != null)
            {
                throw new AlreadyBoundException();
            }
            if (provider.routing().isKernels(wanted.getAddress()))
            {
                final SocketChannel channel = openKernel();
                channel.bind(wanted);
                local = (InetSocketAddress)channel.getLocalAddress();
            }
            else
            {
                bound = BoundPort.bind(process, wanted);
                local = new InetSocketAddress(wanted.getAddress(), bound.port());
            }
        }
        finally
        {
            stateLock.unlock();
            stream.writeLock.unlock();
            unlockRead();
        }
        return this;
    }

    // ---- connecting

    @Override
    public boolean connect(final SocketAddress address) throws IOException
    {
        return connect(address, Long.MAX_VALUE, isBlocking());
    }

    /**
     * Connects.
     *
     * @param deadlineNs by the stack's clock; a time-out closes the channel.
     * @param isBlocking whether to wait.
     */
    boolean connect(final SocketAddress address, final long deadlineNs, final boolean isBlocking) throws IOException
    {
        InetSocketAddress wanted = Families.checked(address, family);
        if (wanted.getAddress().isAnyLocalAddress())
        {
            wanted = new InetSocketAddress(
                InetAddress.getByName(wanted.getAddress() instanceof Inet4Address ? "127.0.0.1" : "::1"),
                wanted.getPort());
        }
        try
        {
            stream.readLock.lock();
            stream.writeLock.lock();
            try
            {
                ensureOpen();
                return beginConnect(wanted) ? connectOurs(wanted, deadlineNs, isBlocking) :
                    connectKernel(wanted, deadlineNs, isBlocking);
            }
            finally
            {
                stream.writeLock.unlock();
                unlockRead();
            }
        }
        catch (final IOException ex)
        {
            close();
            throw ex;
        }
    }

    /** Decides, and returns whether for Pnet. */
    private boolean beginConnect(final InetSocketAddress wanted) throws IOException
    {
        stateLock.lock();
        try
        {
            ensureOpen();
            if (state == State.CONNECTED)
            {
                throw new AlreadyConnectedException();
            }
            if (state == State.PENDING)
            {
                throw new ConnectionPendingException();
            }
            final boolean isBoundToOurs = bound != null && !bound.address().isUnspecified();
            if (kernel == null && !isBoundToOurs && provider.routing().isKernels(wanted.getAddress()))
            {
                openKernel();
            }
            remote = wanted;
            state = State.PENDING;
            return kernel == null;
        }
        finally
        {
            stateLock.unlock();
        }
    }

    /**
     * Begins, and sees it through as far as it may wait.
     *
     * @param wanted null when it has begun.
     */
    private boolean connectOurs(final InetSocketAddress wanted, final long deadlineNs, final boolean isBlocking)
        throws IOException
    {
        boolean isDone = false;
        beginIf(isBlocking);
        try
        {
            ensureOpen();
            if (wanted != null)
            {
                stream.connect(process, bound, wanted, options);
                local = stream.connection().localAddress();
            }
            if (isBlocking)
            {
                awaitConnected(deadlineNs);
            }
            isDone = isOpen() && stream.isConnectDone();
            if (isDone)
            {
                stream.adopt();
                connected();
            }
        }
        finally
        {
            endIf(isBlocking, isDone);
        }
        return isDone;
    }

    private void awaitConnected(final long deadlineNs) throws IOException
    {
        while (isOpen() && !stream.awaitConnected(deadlineNs, isInterruptible()))
        {
            if (driver.clock().nanoTime() >= deadlineNs)
            {
                throw new SocketTimeoutException("Connect timed out");
            }
            Failures.requireRunning(process);
            hearInterrupt();
        }
    }

    private void connected()
    {
        stateLock.lock();
        try
        {
            if (state == State.PENDING)
            {
                state = State.CONNECTED;
            }
        }
        finally
        {
            stateLock.unlock();
        }
    }

    private boolean connectKernel(final InetSocketAddress wanted, final long deadlineNs, final boolean isBlocking)
        throws IOException
    {
        final boolean isDone;
        if (isBlocking && deadlineNs != Long.MAX_VALUE)
        {
            final long leftNs = Math.max(0, deadlineNs - driver.clock().nanoTime());
            kernel.socket().connect(wanted, (int)Math.max(1, leftNs / 1_000_000));
            isDone = true;
        }
        else
        {
            isDone = kernel.connect(wanted);
        }
        showKernel();
        if (isDone)
        {
            connected();
        }
        local = (InetSocketAddress)kernel.getLocalAddress();
        return isDone;
    }

    @Override
    public boolean finishConnect() throws IOException
    {
        try
        {
            stream.readLock.lock();
            stream.writeLock.lock();
            try
            {
                if (state == State.CONNECTED)
                {
                    return true;
                }
                ensureOpen();
                if (state != State.PENDING)
                {
                    throw new NoConnectionPendingException();
                }
                return kernel != null ? finishKernel() : connectOurs(null, Long.MAX_VALUE, isBlocking());
            }
            finally
            {
                stream.writeLock.unlock();
                unlockRead();
            }
        }
        catch (final IOException ex)
        {
            close();
            throw ex;
        }
    }

    private boolean finishKernel() throws IOException
    {
        final boolean isDone = kernel.finishConnect();
        if (isDone)
        {
            local = (InetSocketAddress)kernel.getLocalAddress();
            connected();
        }
        return isDone;
    }

    final void ensureOpen() throws ClosedChannelException
    {
        if (!isOpen())
        {
            throw new ClosedChannelException();
        }
    }
}
