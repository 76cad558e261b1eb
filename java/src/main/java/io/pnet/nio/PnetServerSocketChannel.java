package io.pnet.nio;

import io.pnet.ip.IpAddress;
import io.pnet.stack.DescriptorWatch;
import io.pnet.stack.IpProcess;
import io.pnet.stack.ListenerGroup;
import io.pnet.stack.StackDriver;
import io.pnet.stack.VirtualThreads;
import io.pnet.tcp.TcpSettings;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A server that listens on Pnet, on the kernel's loopback as well when it is bound to the wildcard, or on the kernel
 * alone when it is bound to an address that is the kernel's. Its contract is {@link ServerSocketChannel}'s.
 */
final class PnetServerSocketChannel extends ServerSocketChannel implements Selectable
{
    /** From here on a wish is for many, and 50 is what {@link java.net.ServerSocket} says when it was told nothing. */
    private static final int MODEST_BACKLOG = 50;
    private static final int BACKLOG_FOR_MANY = 4_096;
    private static final int EPHEMERAL_TRIES = 64;

    private final PnetSelectorProvider provider;
    private final IpProcess process;
    private final StackDriver driver;
    private final ProtocolFamily family;
    private final TcpOptionTable options = new TcpOptionTable(TcpOptionTable.OF_SERVERS);
    private final KeyRing keys = new KeyRing();
    private final ReentrantLock acceptLock = new ReentrantLock();
    private final ReentrantLock stateLock = new ReentrantLock();
    private final Waiter acceptable;
    private final TcpBacklog backlog;
    private volatile LoopbackListeners kernel;
    private volatile List<SelectableChannel> kernelChannels = List.of();
    private volatile InetSocketAddress local;
    private ListenerGroup listener;
    /** What a blocking accept learns of the kernel's listeners by; from the first on, the accept lock holder's. */
    private volatile KernelReadiness readiness;
    private boolean isKernelReady;
    private boolean isInterruptible = true;
    private ServerSocket socket;

    PnetServerSocketChannel(final PnetSelectorProvider provider, final ProtocolFamily family)
    {
        super(provider);
        this.provider = provider;
        this.process = provider.process();
        this.driver = process.driver();
        this.family = family;
        this.kernel = new LoopbackListeners(provider.kernel());
        this.acceptable = new Waiter(driver, this::isAcceptable);
        this.backlog = new TcpBacklog(driver, keys, acceptable::signal);
    }

    /** Interrupts wait until an accept is over, as with {@code java.net.ServerSocket}; before any use. */
    void uninterruptible()
    {
        isInterruptible = false;
    }

    // ---- listening

    /**
     * Binds, with room for so many connections that nobody has accepted yet. A wish for less than 1, or for 50 and
     * more, gets 4,096.
     *
     * <p>In the kernel, connections come one by one while the server accepts beside it. Here a cycle may bring a
     * hundred before the accepting thread has the processor, and each that finds no room costs its client a second. A
     * wave of clients may find the last one there, which has gone again without being accepted.
     */
    @Override
    public ServerSocketChannel bind(final SocketAddress address, final int wantedBacklog) throws IOException
    {
        final InetSocketAddress wanted = address == null ?
            new InetSocketAddress(Families.anyAddress(family), 0) : Families.checked(address, family);
        final int most = wantedBacklog > 0 && wantedBacklog < MODEST_BACKLOG ?
            wantedBacklog : BACKLOG_FOR_MANY;
        stateLock.lock();
        try
        {
            ensureOpen();
            if (local != null)
            {
                throw new AlreadyBoundException();
            }
            final InetAddress host = wanted.getAddress();
            if (provider.routing().isKernels(host))
            {
                kernel.bind(List.of(host), wanted.getPort(), most, options);
                local = kernel.localAddress();
            }
            else if (host.isAnyLocalAddress() && provider.routing().isLoopbackServed())
            {
                bindBoth(wanted, most);
            }
            else
            {
                listener = listen(wanted.getAddress(), wanted.getPort(), most);
                local = new InetSocketAddress(host, listener.port());
            }
            kernelChannels = kernel.channels();
        }
        finally
        {
            stateLock.unlock();
        }
        keys.kernelChanged();
        return this;
    }

    /** The same port on Pnet and on the kernel's loopback; an ephemeral one is tried until both have it free. */
    private void bindBoth(final InetSocketAddress wanted, final int most) throws IOException
    {
        final List<InetAddress> loopbacks = LoopbackListeners.addresses(family == StandardProtocolFamily.INET);
        for (int i = 1; local == null; i++)
        {
            final ListenerGroup ours = listen(wanted.getAddress(), wanted.getPort(), most);
            final LoopbackListeners theirs = new LoopbackListeners(provider.kernel());
            try
            {
                theirs.bind(loopbacks, ours.port(), most, options);
                kernel = theirs;
                listener = ours;
                local = new InetSocketAddress(wanted.getAddress(), ours.port());
            }
            catch (final IOException ex)
            {
                ours.close();
                if (!(ex instanceof BindException) || wanted.getPort() != 0 || i == EPHEMERAL_TRIES)
                {
                    throw ex;
                }
            }
        }
    }

    private ListenerGroup listen(final InetAddress host, final int port, final int most) throws SocketException
    {
        Failures.requireRunning(process);
        // IPv4 alone is 0.0.0.0; else the wildcard stands for both.
        final boolean isV4Any = host.isAnyLocalAddress() && family == StandardProtocolFamily.INET;
        final IpAddress address =
            isV4Any ? IpAddress.ANY_V4 : host.isAnyLocalAddress() ? IpAddress.ANY : IpAddress.of(host);
        final TcpSettings general = process.stack().tcp().settings();
        final TcpSettings settings = options.settings(general);
        // Settings of its own, even if they are the same: options may be set while it listens.
        return ListenerGroup.listen(
            process, address, port, most, settings == null ? general : settings, backlog::from);
    }

    // ---- accepting

    @Override
    public SocketChannel accept() throws IOException
    {
        return accept(Long.MAX_VALUE, isBlocking());
    }

    /**
     * As {@link #accept()}, with a time limit; for sockets.
     *
     * @param deadlineNs by the stack's clock.
     */
    PnetSocketChannel accept(final long deadlineNs, final boolean isBlocking) throws IOException
    {
        acceptLock.lock();
        try
        {
            ensureOpen();
            if (local == null)
            {
                throw new NotYetBoundException();
            }
            PnetSocketChannel accepted = null;
            beginIf(isBlocking);
            try
            {
                ensureOpen();
                accepted = poll();
                while (isBlocking && accepted == null && isOpen())
                {
                    await(deadlineNs);
                    accepted = isOpen() ? poll() : null;
                }
            }
            finally
            {
                endIf(isBlocking, accepted != null);
            }
            return accepted;
        }
        finally
        {
            acceptLock.unlock();
            closeReadiness();
        }
    }

    private PnetSocketChannel poll() throws IOException
    {
        final TcpStream stream = backlog.poll();
        if (stream != null)
        {
            return PnetSocketChannel.accepted(provider, stream);
        }
        final SocketChannel theirs = kernel.accept();
        return theirs == null ? null : PnetSocketChannel.accepted(provider, theirs);
    }

    /** Waits for Pnet's listener, and for the kernel's where there are any. */
    private void await(final long deadlineNs) throws IOException
    {
        DescriptorWatch watch = null;
        if (!kernel.isEmpty())
        {
            if (readiness == null)
            {
                readiness = new KernelReadiness(provider.kernel(), acceptable::signal);
                kernel.register(readiness);
            }
            isKernelReady = false;
            readiness.poll(key -> isKernelReady = true);
            if (isKernelReady)
            {
                return;
            }
            watch = readiness.prepareWait();
        }
        if (!acceptable.await(deadlineNs, isInterruptible(), watch))
        {
            if (driver.clock().nanoTime() >= deadlineNs)
            {
                throw new SocketTimeoutException("Accept timed out");
            }
            if (!driver.isOpen())
            {
                throw new SocketException("accept failed: the stack was closed");
            }
            if (Thread.currentThread().isInterrupted() && isInterruptible() && isOpen())
            {
                // It came just as the operation began, and found nothing to close: heard now.
                begin();
            }
        }
    }

    private boolean isAcceptable()
    {
        final KernelReadiness present = readiness;
        return !backlog.isEmpty() || present != null && present.isReady() || !isOpen();
    }

    /** By whoever closes, or by the one who waits in accept when it leaves. */
    private void closeReadiness() throws IOException
    {
        if (!isOpen() && acceptLock.tryLock())
        {
            try
            {
                final KernelReadiness present = readiness;
                readiness = null;
                if (present != null)
                {
                    present.close();
                }
            }
            finally
            {
                acceptLock.unlock();
            }
        }
    }

    private boolean isInterruptible()
    {
        return isInterruptible || VirtualThreads.isVirtual(Thread.currentThread());
    }

    private void beginIf(final boolean isBlocking)
    {
        if (isBlocking && isInterruptible())
        {
            begin();
        }
    }

    private void endIf(final boolean isBlocking, final boolean isCompleted) throws IOException
    {
        if (isBlocking && isInterruptible())
        {
            end(isCompleted);
        }
        else if (isBlocking && !isCompleted && !isOpen())
        {
            throw new AsynchronousCloseException();
        }
    }

    // ---- the end

    @Override
    protected void implConfigureBlocking(final boolean isBlocking)
    {
        // The kernel's listeners never block, and ours asks at each accept.
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException
    {
        acceptable.signal();
        stateLock.lock();
        try
        {
            if (listener != null)
            {
                listener.close();
                backlog.close();
            }
            kernel.close();
        }
        finally
        {
            stateLock.unlock();
        }
        keys.closed();
        closeReadiness();
    }

    // ---- addresses and options

    @Override
    public SocketAddress getLocalAddress() throws IOException
    {
        ensureOpen();
        return local;
    }

    /** Also when closed. */
    InetSocketAddress local()
    {
        return local;
    }

    @Override
    public <T> ServerSocketChannel setOption(final SocketOption<T> name, final T value) throws IOException
    {
        options.check(name);
        stateLock.lock();
        try
        {
            ensureOpen();
            options.set(name, value);
            kernel.apply(options, name);
            if (listener != null)
            {
                listener.forEachSettings(settings -> options.apply(name, settings));
            }
        }
        finally
        {
            stateLock.unlock();
        }
        return this;
    }

    @Override
    public <T> T getOption(final SocketOption<T> name) throws IOException
    {
        options.check(name);
        ensureOpen();
        return options.get(name, process.stack().tcp().settings(), null);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions()
    {
        return TcpOptionTable.OF_SERVERS;
    }

    @Override
    public ServerSocket socket()
    {
        stateLock.lock();
        try
        {
            if (socket == null)
            {
                socket = PnetServerSocketAdaptor.of(this);
            }
            return socket;
        }
        finally
        {
            stateLock.unlock();
        }
    }

    private void ensureOpen() throws ClosedChannelException
    {
        if (!isOpen())
        {
            throw new ClosedChannelException();
        }
    }

    // ---- for selectors and adaptors

    @Override
    public int readyOps()
    {
        return backlog.isEmpty() ? 0 : SelectionKey.OP_ACCEPT;
    }

    @Override
    public List<SelectableChannel> kernelChannels()
    {
        return kernelChannels;
    }

    @Override
    public KeyRing keys()
    {
        return keys;
    }

    StackDriver driver()
    {
        return driver;
    }

    @Override
    public String toString()
    {
        return getClass().getSimpleName() + "[" + (isOpen() ? local == null ? "unbound" : local : "closed") + "]";
    }
}
