package io.pnet.nio;

import io.pnet.ip.IpAddress;
import io.pnet.stack.IpProcess;
import io.pnet.stack.StackDriver;
import io.pnet.tcp.TcpTransport;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A socket channel that is Pnet's or the kernel's, which {@code connect}, or {@code bind} to an address, decides. Until
 * then it remembers options and a bind to the wildcard. Its contract is {@link SocketChannel}'s.
 */
final class PnetSocketChannel extends SocketChannel implements Selectable
{
    private enum State
    {
        UNCONNECTED, PENDING, CONNECTED, CLOSED
    }

    private final PnetSelectorProvider provider;
    private final IpProcess process;
    private final StackDriver driver;
    private final ProtocolFamily family;
    private final TcpOptionTable options = new TcpOptionTable(TcpOptionTable.OF_CHANNELS);
    private final KeyRing keys;
    /** The connection, or what will be one; unused while the channel is the kernel's. */
    private final TcpStream stream;
    private final ReentrantLock stateLock = new ReentrantLock();

    private volatile SocketChannel kernel;
    private volatile List<SelectableChannel> kernelChannels = List.of();
    private volatile State state = State.UNCONNECTED;
    private volatile InetSocketAddress local;
    private volatile InetSocketAddress remote;
    /** A port that bind has taken, to be given back. */
    private IpAddress boundAddress;
    private int boundPort;
    private boolean isInterruptible = true;
    private Socket socket;

    /** Undecided; {@code family} null for both. */
    PnetSocketChannel(final PnetSelectorProvider provider, final ProtocolFamily family)
    {
        this(provider, family, new TcpStream(provider.process().driver(), new KeyRing()));
    }

    private PnetSocketChannel(
        final PnetSelectorProvider provider, final ProtocolFamily family, final TcpStream stream)
    {
        super(provider);
        this.provider = provider;
        this.process = provider.process();
        this.driver = process.driver();
        this.family = family;
        this.stream = stream;
        this.keys = stream.keys;
    }

    /** A connection that a listener on Pnet has got. */
    static PnetSocketChannel accepted(final PnetSelectorProvider provider, final TcpStream stream)
    {
        final PnetSocketChannel channel = new PnetSocketChannel(provider, null, stream);
        channel.local = stream.connection().localAddress();
        channel.remote = stream.connection().remoteAddress();
        channel.state = State.CONNECTED;
        return channel;
    }

    /** A connection that a listener on the kernel's loopback has got. */
    static PnetSocketChannel accepted(final PnetSelectorProvider provider, final SocketChannel kernel)
        throws IOException
    {
        final PnetSocketChannel channel = new PnetSocketChannel(provider, null);
        channel.decideForKernel(kernel);
        channel.local = (InetSocketAddress)kernel.getLocalAddress();
        channel.remote = (InetSocketAddress)kernel.getRemoteAddress();
        channel.state = State.CONNECTED;
        return channel;
    }

    /** Interrupts wait until a blocking operation is over, as with {@code java.net.Socket}; before any use. */
    void uninterruptible()
    {
        isInterruptible = false;
    }

    // ---- the decision

    private void decideForKernel(final SocketChannel channel)
    {
        kernelChannels = List.of(channel);
        kernel = channel;
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
            if (boundAddress != null)
            {
                final int port = boundPort;
                releasePort();
                bindLike(channel, port);
            }
        }
        catch (final IOException | RuntimeException ex)
        {
            channel.close();
            throw ex;
        }
        decideForKernel(channel);
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

    private void releasePort()
    {
        final IpAddress address = boundAddress;
        final int port = boundPort;
        if (address != null)
        {
            boundAddress = null;
            process.exclusively(() ->
            {
                process.stack().tcp().unbind(address, port);
                return null;
            });
        }
    }

    @Override
    public SocketChannel bind(final SocketAddress address) throws IOException
    {
        final InetSocketAddress wanted = address == null ?
            new InetSocketAddress(anyAddress(), 0) : checked(address);
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
                bindOurs(wanted);
            }
        }
        finally
        {
            stateLock.unlock();
            stream.writeLock.unlock();
            stream.readLock.unlock();
        }
        return this;
    }

    private void bindOurs(final InetSocketAddress wanted) throws IOException
    {
        final IpAddress address = ours(wanted.getAddress());
        final Object result = process.exclusively(() ->
        {
            try
            {
                return process.stack().tcp().bind(address, wanted.getPort());
            }
            catch (final BindException ex)
            {
                return ex;
            }
        });
        if (result instanceof BindException failure)
        {
            throw failure;
        }
        boundAddress = address;
        boundPort = (Integer)result;
        local = new InetSocketAddress(wanted.getAddress(), boundPort);
    }

    private static IpAddress ours(final InetAddress address)
    {
        return address.isAnyLocalAddress() ? IpAddress.ANY : IpAddress.of(address);
    }

    private InetAddress anyAddress()
    {
        return family == StandardProtocolFamily.INET ?
            IpAddress.ANY_V4.toInetAddress() : new InetSocketAddress(0).getAddress();
    }

    private InetSocketAddress checked(final SocketAddress address)
    {
        final InetSocketAddress inet = Failures.checked(address);
        if (family == StandardProtocolFamily.INET && !(inet.getAddress() instanceof Inet4Address))
        {
            throw new UnsupportedAddressTypeException();
        }
        return inet;
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
        InetSocketAddress wanted = checked(address);
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
                stream.readLock.unlock();
                finishClose();
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
            final boolean isBoundToOurs = boundAddress != null && !boundAddress.isUnspecified();
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

    private boolean connectOurs(final InetSocketAddress wanted, final long deadlineNs, final boolean isBlocking)
        throws IOException
    {
        boolean isDone = false;
        beginIf(isBlocking);
        try
        {
            ensureOpen();
            open(wanted);
            if (isBlocking && !stream.awaitConnected(deadlineNs, isInterruptible) &&
                driver.clock().nanoTime() >= deadlineNs)
            {
                throw new SocketTimeoutException("Connect timed out");
            }
            isDone = isOpen() && (isBlocking || stream.isConnectDone());
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

    /** Sends the SYN. */
    private void open(final InetSocketAddress wanted) throws IOException
    {
        final IpAddress from = boundAddress == null ? IpAddress.ANY : boundAddress;
        final int port = boundAddress == null ? 0 : boundPort;
        final IOException failure = process.exclusively(() ->
        {
            try
            {
                final TcpTransport tcp = process.stack().tcp();
                stream.connection(
                    tcp.connect(
                        from,
                        port,
                        IpAddress.of(wanted.getAddress()),
                        wanted.getPort(),
                        options.settings(tcp.settings()),
                        stream,
                        driver.clock().nanoTime()),
                    false);
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
        local = stream.connection().localAddress();
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
                return finish(isBlocking());
            }
            finally
            {
                stream.writeLock.unlock();
                stream.readLock.unlock();
                finishClose();
            }
        }
        catch (final IOException ex)
        {
            close();
            throw ex;
        }
    }

    private boolean finish(final boolean isBlocking) throws IOException
    {
        boolean isDone = false;
        if (kernel != null)
        {
            isDone = kernel.finishConnect();
            if (isDone)
            {
                local = (InetSocketAddress)kernel.getLocalAddress();
                connected();
            }
            return isDone;
        }
        beginIf(isBlocking);
        try
        {
            ensureOpen();
            if (isBlocking)
            {
                stream.awaitConnected(Long.MAX_VALUE, isInterruptible);
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

    // ---- data

    @Override
    public int read(final ByteBuffer target) throws IOException
    {
        return read(target, Long.MAX_VALUE, isBlocking());
    }

    /** As {@link #read(ByteBuffer)}, with a time limit; for sockets. */
    int read(final ByteBuffer target, final long deadlineNs, final boolean isBlocking) throws IOException
    {
        Objects.requireNonNull(target);
        if (target.isReadOnly())
        {
            throw new IllegalArgumentException("Read-only buffer");
        }
        if (kernel != null)
        {
            return kernelRead(target);
        }
        stream.readLock.lock();
        try
        {
            ensureOpenAndConnected();
            int n = 0;
            beginIf(isBlocking);
            try
            {
                n = stream.read(target);
                while (isBlocking && n == 0 && target.hasRemaining() && isOpen())
                {
                    stream.awaitReadable(deadlineNs, isInterruptible);
                    n = isOpen() ? stream.read(target) : 0;
                }
            }
            finally
            {
                endIf(isBlocking, n != 0);
            }
            return n;
        }
        finally
        {
            stream.readLock.unlock();
            finishClose();
        }
    }

    private int kernelRead(final ByteBuffer target) throws IOException
    {
        requireKernelConnected();
        try
        {
            return kernel.read(target);
        }
        catch (final ClosedChannelException ex)
        {
            close();
            throw ex;
        }
    }

    @Override
    public long read(final ByteBuffer[] targets, final int offset, final int length) throws IOException
    {
        Objects.checkFromIndexSize(offset, length, targets.length);
        boolean hasRoom = false;
        for (int i = offset; i < offset + length; i++)
        {
            if (targets[i].isReadOnly())
            {
                throw new IllegalArgumentException("Read-only buffer");
            }
            hasRoom |= targets[i].hasRemaining();
        }
        if (kernel != null)
        {
            return kernelRead(targets, offset, length);
        }
        final boolean isBlocking = isBlocking();
        stream.readLock.lock();
        try
        {
            ensureOpenAndConnected();
            long n = 0;
            beginIf(isBlocking);
            try
            {
                n = stream.read(targets, offset, length);
                while (isBlocking && n == 0 && hasRoom && isOpen())
                {
                    stream.awaitReadable(Long.MAX_VALUE, isInterruptible);
                    n = isOpen() ? stream.read(targets, offset, length) : 0;
                }
            }
            finally
            {
                endIf(isBlocking, n != 0);
            }
            return n;
        }
        finally
        {
            stream.readLock.unlock();
            finishClose();
        }
    }

    private long kernelRead(final ByteBuffer[] targets, final int offset, final int length) throws IOException
    {
        requireKernelConnected();
        try
        {
            return kernel.read(targets, offset, length);
        }
        catch (final ClosedChannelException ex)
        {
            close();
            throw ex;
        }
    }

    @Override
    public int write(final ByteBuffer source) throws IOException
    {
        return write(source, isBlocking());
    }

    /** Writes; all of it when blocking. */
    int write(final ByteBuffer source, final boolean isBlocking) throws IOException
    {
        Objects.requireNonNull(source);
        if (kernel != null)
        {
            requireKernelConnected();
            try
            {
                return kernel.write(source);
            }
            catch (final ClosedChannelException ex)
            {
                closeWithKernel();
                throw ex;
            }
        }
        stream.writeLock.lock();
        try
        {
            ensureOpenAndConnected();
            int n = 0;
            beginIf(isBlocking);
            try
            {
                n = stream.write(source);
                while (isBlocking && source.hasRemaining() && isOpen())
                {
                    stream.awaitWritable(source.remaining(), isInterruptible);
                    n += isOpen() ? stream.write(source) : 0;
                }
            }
            finally
            {
                endIf(isBlocking, n > 0);
            }
            return n;
        }
        finally
        {
            stream.writeLock.unlock();
        }
    }

    @Override
    public long write(final ByteBuffer[] sources, final int offset, final int length) throws IOException
    {
        Objects.checkFromIndexSize(offset, length, sources.length);
        if (kernel != null)
        {
            requireKernelConnected();
            try
            {
                return kernel.write(sources, offset, length);
            }
            catch (final ClosedChannelException ex)
            {
                closeWithKernel();
                throw ex;
            }
        }
        final boolean isBlocking = isBlocking();
        stream.writeLock.lock();
        try
        {
            ensureOpenAndConnected();
            long n = 0;
            beginIf(isBlocking);
            try
            {
                n = stream.write(sources, offset, length);
                long left = isBlocking ? remaining(sources, offset, length) : 0;
                while (left > 0 && isOpen())
                {
                    stream.awaitWritable(left, isInterruptible);
                    n += isOpen() ? stream.write(sources, offset, length) : 0;
                    left = remaining(sources, offset, length);
                }
            }
            finally
            {
                endIf(isBlocking, n > 0);
            }
            return n;
        }
        finally
        {
            stream.writeLock.unlock();
        }
    }

    private static long remaining(final ByteBuffer[] buffers, final int offset, final int length)
    {
        long sum = 0;
        for (int i = offset; i < offset + length; i++)
        {
            sum += buffers[i].remaining();
        }
        return sum;
    }

    private void beginIf(final boolean isBlocking)
    {
        if (isBlocking && isInterruptible)
        {
            begin();
        }
    }

    private void endIf(final boolean isBlocking, final boolean isCompleted) throws IOException
    {
        if (isBlocking && isInterruptible)
        {
            end(isCompleted);
        }
        else if (isBlocking && !isCompleted && !isOpen())
        {
            throw new AsynchronousCloseException();
        }
    }

    // ---- half close

    @Override
    public SocketChannel shutdownInput() throws IOException
    {
        stateLock.lock();
        try
        {
            ensureOpen();
            requireConnected();
            if (kernel != null)
            {
                kernel.shutdownInput();
            }
            else if (!stream.isInputShut())
            {
                stream.shutdownInput();
            }
        }
        finally
        {
            stateLock.unlock();
        }
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException
    {
        stateLock.lock();
        try
        {
            ensureOpen();
            requireConnected();
            if (kernel != null)
            {
                kernel.shutdownOutput();
            }
            else if (!stream.isOutputShut())
            {
                stream.shutdownOutput();
            }
        }
        finally
        {
            stateLock.unlock();
        }
        return this;
    }

    // ---- the end

    @Override
    protected void implConfigureBlocking(final boolean isBlocking) throws IOException
    {
        stream.readLock.lock();
        stream.writeLock.lock();
        try
        {
            if (kernel != null)
            {
                kernel.configureBlocking(isBlocking);
            }
        }
        finally
        {
            stream.writeLock.unlock();
            stream.readLock.unlock();
            finishClose();
        }
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException
    {
        stream.beginClose();
        stateLock.lock();
        try
        {
            state = State.CLOSED;
            if (kernel != null)
            {
                kernel.close();
            }
            releasePort();
        }
        finally
        {
            stateLock.unlock();
        }
        final int lingerS = options.lingerS();
        if (finishClose() && lingerS > 0 && isBlocking())
        {
            stream.linger(lingerS * 1_000_000_000L);
        }
    }

    /** The one who closes does it, or a reader that was at the memory when it leaves. */
    private boolean finishClose()
    {
        return stream.isClosed() && stream.connection() != null && stream.finishClose(options.lingerS() == 0);
    }

    /** The kernel's channel was closed by an interrupt: so are we. */
    private void closeWithKernel() throws IOException
    {
        if (!kernel.isOpen())
        {
            close();
        }
    }

    // ---- addresses and options

    @Override
    public SocketAddress getLocalAddress() throws IOException
    {
        ensureOpen();
        return local;
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException
    {
        ensureOpen();
        return remote;
    }

    /** Also when closed. */
    InetSocketAddress local()
    {
        return local;
    }

    /** Also when closed. */
    InetSocketAddress remote()
    {
        return remote;
    }

    @Override
    public boolean isConnected()
    {
        return state == State.CONNECTED;
    }

    @Override
    public boolean isConnectionPending()
    {
        return state == State.PENDING;
    }

    @Override
    public <T> SocketChannel setOption(final SocketOption<T> name, final T value) throws IOException
    {
        options.check(name);
        stateLock.lock();
        try
        {
            ensureOpen();
            options.set(name, value);
            if (kernel != null)
            {
                options.applyTo(kernel, name);
            }
            else if (stream.connection() != null)
            {
                process.exclusively(() ->
                {
                    options.apply(name, stream.connection());
                    return null;
                });
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
        stateLock.lock();
        try
        {
            ensureOpen();
            return kernel != null ? kernel.getOption(name) :
                options.get(name, process.stack().tcp().settings(), stream.connection());
        }
        finally
        {
            stateLock.unlock();
        }
    }

    @Override
    public Set<SocketOption<?>> supportedOptions()
    {
        return TcpOptionTable.OF_CHANNELS;
    }

    @Override
    public Socket socket()
    {
        stateLock.lock();
        try
        {
            if (socket == null)
            {
                socket = PnetSocketAdaptor.of(this);
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

    private void requireConnected()
    {
        if (state != State.CONNECTED)
        {
            throw new NotYetConnectedException();
        }
    }

    private void ensureOpenAndConnected() throws ClosedChannelException
    {
        if (state == State.CLOSED)
        {
            throw new ClosedChannelException();
        }
        requireConnected();
    }

    private void requireKernelConnected() throws ClosedChannelException
    {
        ensureOpenAndConnected();
    }

    // ---- for selectors and adaptors

    @Override
    public int readyOps()
    {
        return kernel != null ? 0 : stream.readyOps();
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

    /** Bytes that a read would give now. */
    int available() throws IOException
    {
        ensureOpenAndConnected();
        return kernel != null ? kernel.socket().getInputStream().available() : stream.available();
    }

    /** Sends a byte of urgent data, if there is room for it. Only where the channel is ours. */
    boolean writeUrgent(final byte data) throws IOException
    {
        stream.writeLock.lock();
        try
        {
            ensureOpenAndConnected();
            return stream.writeUrgent(data);
        }
        finally
        {
            stream.writeLock.unlock();
        }
    }

    boolean isInputShut()
    {
        return kernel != null ? kernel.socket().isInputShutdown() : stream.isInputShut();
    }

    boolean isOutputShut()
    {
        return kernel != null ? kernel.socket().isOutputShutdown() : stream.isOutputShut();
    }

    /** The kernel's channel behind this one, or null. */
    SocketChannel kernel()
    {
        return kernel;
    }

    TcpOptionTable options()
    {
        return options;
    }

    StackDriver driver()
    {
        return driver;
    }

    @Override
    public String toString()
    {
        return getClass().getSimpleName() + "[" + (state == State.CLOSED ? "closed" :
            "local=" + local + " remote=" + remote + " " + state.name().toLowerCase(Locale.ROOT) +
            (kernel != null ? " kernel" : "")) + "]";
    }
}
