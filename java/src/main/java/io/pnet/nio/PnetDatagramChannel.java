package io.pnet.nio;

import io.pnet.ip.IpAddress;
import io.pnet.ip.SourceFilter;
import io.pnet.stack.DescriptorWatch;
import io.pnet.stack.IpProcess;
import io.pnet.stack.StackDriver;
import io.pnet.stack.VirtualThreads;
import io.pnet.udp.UdpEndpoint;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A datagram channel that is on Pnet, and on the kernel's side as far as {@link Routing} says. Its contract is {@link
 * DatagramChannel}'s.
 *
 * <ul>
 * <li>Bound to a kernel's address (127.0.0.1, an excluded one) it is the kernel's alone.
 * <li>Bound to an address of Pnet's it is Pnet's alone: what is sent to a kernel's address is refused as invalid.
 * <li>Bound to the wildcard it receives on Pnet, and on the kernel's loopback at the same port unless that is switched
 * off. What is sent to a kernel's address goes through the kernel, everything else through Pnet.
 * <li>Not bound by the application but by its first send or connect it is on Pnet; on the kernel's loopback only from
 * when something is first sent there.
 * <li>Connected it hears its peer alone, on the side on which the peer is.
 * <li>Groups are joined on Pnet's link, whichever interface is named, but for the kernel's loopback interface and those
 * with an excluded address.
 * </ul>
 */
final class PnetDatagramChannel extends DatagramChannel implements Selectable
{
    private static final int EPHEMERAL_TRIES = 64;
    /** A full link is looked at again after this time at the latest. */
    private static final long FULL_NS = 1_000_000;

    private final PnetSelectorProvider provider;
    private final IpProcess process;
    private final StackDriver driver;
    private final ProtocolFamily family;
    private final DatagramOptions options = new DatagramOptions();
    private final DatagramGroups groups = new DatagramGroups();
    private final KeyRing keys = new KeyRing();
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();
    private final ReentrantLock stateLock = new ReentrantLock();
    private final Waiter readable;
    private final Waiter writable;
    private final ByteBuffer[] readOne = new ByteBuffer[1];
    private final ByteBuffer[] writeOne = new ByteBuffer[1];
    private volatile UdpPort port;
    private volatile KernelDatagrams kernel;
    private volatile List<SelectableChannel> kernelChannels = List.of();
    /** Bound to a kernel's address. */
    private volatile boolean isKernels;
    /** The kernel's channel that is connected; null: the peer, if any, is Pnet's. */
    private volatile DatagramChannel kernelPeer;
    private volatile InetSocketAddress local;
    private volatile InetSocketAddress remote;
    private InetSocketAddress boundLocal;
    private boolean isKernelsTurn;
    private boolean isInterruptible = true;
    private DatagramSocket socket;

    PnetDatagramChannel(final PnetSelectorProvider provider, final ProtocolFamily family)
    {
        super(provider);
        this.provider = provider;
        this.process = provider.process();
        this.driver = process.driver();
        this.family = family;
        this.kernel = new KernelDatagrams(provider.kernel(), options);
        this.readable = new Waiter(driver, this::isReadable);
        this.writable = new Waiter(driver, () -> !isFull() || !isOpen());
    }

    /** Interrupts wait until an operation is over, as with {@code java.net.DatagramSocket}; before any use. */
    void uninterruptible()
    {
        isInterruptible = false;
    }

    // ---- binding

    @Override
    public DatagramChannel bind(final SocketAddress address) throws IOException
    {
        final InetSocketAddress wanted = address == null ? new InetSocketAddress(anyAddress(), 0) : checked(address);
        readLock.lock();
        writeLock.lock();
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
                local = (InetSocketAddress)kernel.open(host, wanted.getPort()).getLocalAddress();
                isKernels = true;
            }
            else if (host.isAnyLocalAddress() && provider.routing().isLoopbackServed())
            {
                bindBoth(wanted);
            }
            else
            {
                open(host, wanted.getPort());
            }
            boundLocal = local;
            kernelChannels = kernel.channels();
        }
        finally
        {
            stateLock.unlock();
            writeLock.unlock();
            readLock.unlock();
        }
        keys.kernelChanged();
        return this;
    }

    /** The same port on Pnet and on the kernel's loopback; an ephemeral one is tried until both have it free. */
    private void bindBoth(final InetSocketAddress wanted) throws IOException
    {
        final List<InetAddress> loopbacks = LoopbackListeners.addresses(family == StandardProtocolFamily.INET);
        for (int i = 1; local == null; i++)
        {
            final UdpPort ours = open(wanted.getAddress(), wanted.getPort());
            final InetSocketAddress bound = local;
            local = null;
            final KernelDatagrams theirs = new KernelDatagrams(provider.kernel(), options);
            try
            {
                theirs.openAll(loopbacks, ours.port());
                kernel = theirs;
                local = bound;
            }
            catch (final IOException ex)
            {
                port = null;
                ours.close();
                if (!(ex instanceof BindException) || wanted.getPort() != 0 || i == EPHEMERAL_TRIES)
                {
                    throw ex;
                }
            }
        }
    }

    private UdpPort open(final InetAddress host, final int wantedPort) throws IOException
    {
        // IPv4 alone is 0.0.0.0; else the wildcard stands for both.
        final boolean isV4Any = host.isAnyLocalAddress() && family == StandardProtocolFamily.INET;
        final IpAddress address =
            isV4Any ? IpAddress.ANY_V4 : host.isAnyLocalAddress() ? IpAddress.ANY : IpAddress.of(host);
        final UdpPort opened = new UdpPort(
            process, options, keys, readable::signal, writable::signal, address, wantedPort);
        groups.attach(opened);
        port = opened;
        local = new InetSocketAddress(host, opened.port());
        return opened;
    }

    /** Binds what was not bound, on Pnet. */
    private UdpPort ensureBound() throws IOException
    {
        UdpPort present = port;
        if (present == null)
        {
            stateLock.lock();
            try
            {
                ensureOpen();
                present = port == null && local == null ? open(anyAddress(), 0) : port;
                boundLocal = local;
            }
            finally
            {
                stateLock.unlock();
            }
        }
        return present;
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

    // ---- the peer

    @Override
    public DatagramChannel connect(final SocketAddress address) throws IOException
    {
        return connect(address, true);
    }

    /** As {@link #connect(SocketAddress)}; sockets may change their peer. */
    DatagramChannel connect(final SocketAddress address, final boolean isOnce) throws IOException
    {
        final InetSocketAddress peer = checked(address);
        readLock.lock();
        writeLock.lock();
        stateLock.lock();
        try
        {
            ensureOpen();
            if (remote != null && isOnce)
            {
                throw new AlreadyConnectedException();
            }
            if (peer.getPort() == 0)
            {
                throw new SocketException("Can't connect to port 0");
            }
            forgetPeer();
            final InetAddress host = peer.getAddress();
            if (isKernels || provider.routing().isKernels(host))
            {
                connectToKernel(peer);
            }
            else
            {
                final InetAddress target = host.isAnyLocalAddress() ? ownAddress() : host;
                local = ensureBound().connect(IpAddress.of(target), peer.getPort());
            }
            remote = peer;
            kernelChannels = kernelPeer != null ? List.of(kernelPeer) : List.of();
        }
        finally
        {
            stateLock.unlock();
            writeLock.unlock();
            readLock.unlock();
        }
        keys.kernelChanged();
        return this;
    }

    private void connectToKernel(final InetSocketAddress peer) throws IOException
    {
        if (!isKernels && local == null)
        {
            ensureBound();
        }
        final DatagramChannel channel = kernelToward(peer.getAddress());
        channel.connect(peer);
        kernelPeer = channel;
        local = (InetSocketAddress)channel.getLocalAddress();
    }

    @Override
    public DatagramChannel disconnect() throws IOException
    {
        readLock.lock();
        writeLock.lock();
        stateLock.lock();
        try
        {
            if (!isOpen() || remote == null)
            {
                return this;
            }
            forgetPeer();
            kernelChannels = kernel.channels();
        }
        finally
        {
            stateLock.unlock();
            writeLock.unlock();
            readLock.unlock();
        }
        keys.kernelChanged();
        return this;
    }

    private void forgetPeer() throws IOException
    {
        if (remote != null)
        {
            if (kernelPeer != null)
            {
                kernelPeer.disconnect();
                kernelPeer = null;
            }
            else
            {
                port.disconnect();
            }
            remote = null;
            local = boundLocal;
        }
    }

    @Override
    public boolean isConnected()
    {
        return remote != null;
    }

    /** What the wildcard means as a destination: ourselves. */
    private InetAddress ownAddress()
    {
        return process.addresses().isEmpty() ? anyAddress() : process.addresses().get(0).toInetAddress();
    }

    // ---- sending

    @Override
    public int send(final ByteBuffer source, final SocketAddress target) throws IOException
    {
        return send(source, target, isBlocking());
    }

    int send(final ByteBuffer source, final SocketAddress target, final boolean isBlocking) throws IOException
    {
        Objects.requireNonNull(source);
        final InetSocketAddress to = checked(target);
        writeLock.lock();
        try
        {
            ensureOpen();
            final InetSocketAddress peer = remote;
            if (peer != null && !peer.equals(to))
            {
                throw new AlreadyConnectedException();
            }
            if (to.getPort() == 0)
            {
                throw new SocketException("Can't send to port 0");
            }
            writeOne[0] = source;
            return (int)transmit(writeOne, 0, 1, peer != null ? null : to, isBlocking);
        }
        finally
        {
            writeOne[0] = null;
            writeLock.unlock();
        }
    }

    @Override
    public int write(final ByteBuffer source) throws IOException
    {
        Objects.requireNonNull(source);
        writeLock.lock();
        try
        {
            ensureConnected();
            writeOne[0] = source;
            return (int)transmit(writeOne, 0, 1, null, isBlocking());
        }
        finally
        {
            writeOne[0] = null;
            writeLock.unlock();
        }
    }

    @Override
    public long write(final ByteBuffer[] sources, final int offset, final int length) throws IOException
    {
        Objects.checkFromIndexSize(offset, length, sources.length);
        writeLock.lock();
        try
        {
            ensureConnected();
            return transmit(sources, offset, length, null, isBlocking());
        }
        finally
        {
            writeLock.unlock();
        }
    }

    /** Sends one datagram; to null: to the peer. */
    private long transmit(
        final ByteBuffer[] sources,
        final int offset,
        final int length,
        final InetSocketAddress to,
        final boolean isBlocking) throws IOException
    {
        long sent = -1;
        beginIf(isBlocking);
        try
        {
            ensureOpen();
            sent = trySend(sources, offset, length, to);
            while (sent < 0 && isBlocking && isOpen())
            {
                writable.await(driver.clock().nanoTime() + FULL_NS, isInterruptible());
                hearInterrupt();
                sent = isOpen() ? trySend(sources, offset, length, to) : sent;
            }
        }
        finally
        {
            endIf(isBlocking, sent >= 0);
        }
        return Math.max(0, sent);
    }

    /** The bytes that were sent, or -1: no room. */
    private long trySend(
        final ByteBuffer[] sources, final int offset, final int length, final InetSocketAddress to) throws IOException
    {
        final DatagramChannel theirs = to != null ? kernelFor(to) : kernelPeer;
        if (theirs != null)
        {
            final boolean isEmpty = isEmpty(sources, offset, length);
            final long sent = to != null ? theirs.send(sources[offset], to) : theirs.write(sources, offset, length);
            return sent == 0 && !isEmpty ? -1 : sent;
        }
        final InetSocketAddress target = to == null || !to.getAddress().isAnyLocalAddress() ?
            to : new InetSocketAddress(ownAddress(), to.getPort());
        final int sent = ensureBound().send(sources, offset, length, target);
        return sent == UdpEndpoint.BACK_PRESSURED ? -1 : sent;
    }

    private static boolean isEmpty(final ByteBuffer[] buffers, final int offset, final int length)
    {
        for (int i = offset; i < offset + length; i++)
        {
            if (buffers[i].hasRemaining())
            {
                return false;
            }
        }
        return true;
    }

    /** The kernel's channel for a destination that is the kernel's; else null. */
    private DatagramChannel kernelFor(final InetSocketAddress to) throws IOException
    {
        final InetAddress host = to.getAddress();
        if (isKernels)
        {
            return kernel.first();
        }
        if (!provider.routing().isKernels(host) && !(host.isMulticastAddress() && isOutgoingKernels()))
        {
            return null;
        }
        ensureBound();
        stateLock.lock();
        try
        {
            ensureOpen();
            return kernelToward(host);
        }
        finally
        {
            stateLock.unlock();
        }
    }

    private DatagramChannel kernelToward(final InetAddress host) throws IOException
    {
        if (isKernels)
        {
            return kernel.first();
        }
        if (!boundLocal.getAddress().isAnyLocalAddress())
        {
            // Bound to an address of Pnet's: as with the kernel, from there is no way to the kernel's loopback.
            throw new SocketException("Invalid argument");
        }
        final int before = kernel.channels().size();
        final DatagramChannel channel = kernel.toward(host, boundLocal.getPort());
        if (kernel.channels().size() != before && remote == null)
        {
            kernelChannels = kernel.channels();
            keys.kernelChanged();
        }
        return channel;
    }

    private boolean isOutgoingKernels() throws IOException
    {
        final NetworkInterface outgoing = options.get(StandardSocketOptions.IP_MULTICAST_IF);
        return KernelDatagrams.isKernels(provider.routing(), outgoing);
    }

    // ---- receiving

    @Override
    public SocketAddress receive(final ByteBuffer target) throws IOException
    {
        return receive(target, Long.MAX_VALUE, isBlocking());
    }

    /**
     * As {@link #receive(ByteBuffer)}, with a time limit; for sockets.
     *
     * @param deadlineNs by the stack's clock.
     */
    SocketAddress receive(final ByteBuffer target, final long deadlineNs, final boolean isBlocking) throws IOException
    {
        if (target.isReadOnly())
        {
            throw new IllegalArgumentException("Read-only buffer");
        }
        readLock.lock();
        try
        {
            ensureOpen();
            if (local == null)
            {
                ensureBound();
            }
            readOne[0] = target;
            SocketAddress from = null;
            beginIf(isBlocking);
            try
            {
                ensureOpen();
                from = tryReceive(target);
                while (isBlocking && from == null && isOpen())
                {
                    await(deadlineNs);
                    from = isOpen() ? tryReceive(target) : null;
                }
            }
            finally
            {
                endIf(isBlocking, from != null);
            }
            return from;
        }
        finally
        {
            readOne[0] = null;
            unlockRead();
        }
    }

    private SocketAddress tryReceive(final ByteBuffer target) throws IOException
    {
        final DatagramChannel peer = kernelPeer;
        if (peer != null)
        {
            return peer.receive(target);
        }
        // Neither side is to starve the other.
        isKernelsTurn = !isKernelsTurn;
        SocketAddress from = isKernelsTurn && remote == null ? kernel.receive(target) : null;
        final UdpPort ours = port;
        if (from == null && ours != null && ours.receive(readOne, 0, 1) >= 0)
        {
            from = ours.from();
        }
        return from == null && !isKernelsTurn && remote == null ? kernel.receive(target) : from;
    }

    @Override
    public int read(final ByteBuffer target) throws IOException
    {
        if (target.isReadOnly())
        {
            throw new IllegalArgumentException("Read-only buffer");
        }
        readLock.lock();
        try
        {
            readOne[0] = target;
            return (int)read(readOne, 0, 1, isBlocking());
        }
        finally
        {
            readOne[0] = null;
            unlockRead();
        }
    }

    @Override
    public long read(final ByteBuffer[] targets, final int offset, final int length) throws IOException
    {
        Objects.checkFromIndexSize(offset, length, targets.length);
        for (int i = offset; i < offset + length; i++)
        {
            if (targets[i].isReadOnly())
            {
                throw new IllegalArgumentException("Read-only buffer");
            }
        }
        readLock.lock();
        try
        {
            return read(targets, offset, length, isBlocking());
        }
        finally
        {
            unlockRead();
        }
    }

    private long read(
        final ByteBuffer[] targets, final int offset, final int length, final boolean isBlocking) throws IOException
    {
        ensureConnected();
        long count = -1;
        beginIf(isBlocking);
        try
        {
            ensureOpen();
            count = tryRead(targets, offset, length);
            while (isBlocking && count < 0 && isOpen())
            {
                await(Long.MAX_VALUE);
                count = isOpen() ? tryRead(targets, offset, length) : count;
            }
        }
        finally
        {
            endIf(isBlocking, count >= 0);
        }
        return Math.max(0, count);
    }

    /** Bytes, or -1: there is nothing. */
    private long tryRead(final ByteBuffer[] targets, final int offset, final int length) throws IOException
    {
        final DatagramChannel peer = kernelPeer;
        if (peer == null)
        {
            return port.receive(targets, offset, length);
        }
        // An empty datagram and none look alike to read, not to receive.
        if (length == 1)
        {
            final int before = targets[offset].position();
            return peer.receive(targets[offset]) == null ? -1 : targets[offset].position() - before;
        }
        final long count = peer.read(targets, offset, length);
        return count == 0 && !isEmpty(targets, offset, length) ? -1 : count;
    }

    private void await(final long deadlineNs) throws IOException
    {
        DescriptorWatch watch = null;
        if (kernelPeer != null || remote == null)
        {
            if (kernelPeer != null)
            {
                kernel.discardAllBut(kernelPeer);
            }
            if (!kernel.prepareWait(readable::signal))
            {
                return;
            }
            watch = kernel.watch();
        }
        if (!readable.await(deadlineNs, isInterruptible(), watch))
        {
            if (driver.clock().nanoTime() >= deadlineNs)
            {
                throw new SocketTimeoutException("Receive timed out");
            }
            if (!driver.isOpen())
            {
                throw new SocketException("receive failed: the stack was closed");
            }
            hearInterrupt();
        }
    }

    /** One that came just as the operation began, and found nothing to close. */
    private void hearInterrupt()
    {
        if (Thread.currentThread().isInterrupted() && isInterruptible() && isOpen())
        {
            begin();
        }
    }

    private boolean isReadable()
    {
        final UdpPort ours = port;
        return kernelPeer == null && ours != null && ours.isReadable() || kernel.isReady() || !isOpen();
    }

    private boolean isFull()
    {
        final UdpPort ours = port;
        return ours != null && ours.isFull();
    }

    private void unlockRead() throws IOException
    {
        readLock.unlock();
        if (!isOpen())
        {
            closeReadiness();
        }
    }

    private void ensureConnected() throws ClosedChannelException
    {
        ensureOpen();
        if (remote == null)
        {
            throw new NotYetConnectedException();
        }
    }

    /** An interrupted virtual thread closes sockets as well, as with the JDK's. */
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

    // ---- groups

    @Override
    public MembershipKey join(final InetAddress group, final NetworkInterface networkInterface) throws IOException
    {
        return joinGroup(group, Objects.requireNonNull(networkInterface), null);
    }

    @Override
    public MembershipKey join(
        final InetAddress group, final NetworkInterface networkInterface, final InetAddress source) throws IOException
    {
        return joinGroup(
            group, Objects.requireNonNull(networkInterface), Objects.requireNonNull(source, "source address is null"));
    }

    /**
     * As {@link #join(InetAddress, NetworkInterface)}; for sockets.
     *
     * @param networkInterface null for the one that multicasts go out on.
     * @param source           null for all.
     */
    MembershipKey joinGroup(
        final InetAddress group, final NetworkInterface networkInterface, final InetAddress source) throws IOException
    {
        DatagramGroups.check(group, source, family);
        stateLock.lock();
        try
        {
            ensureOpen();
            final PnetMembershipKey present = groups.find(group, networkInterface, source);
            if (present != null)
            {
                return present;
            }
            final PnetMembershipKey key;
            if (isKernels || KernelDatagrams.isKernels(provider.routing(), networkInterface))
            {
                key = joinAtKernel(group, networkInterface, source);
            }
            else
            {
                key = new PnetMembershipKey(this, group, networkInterface, source, null, null);
                if (port != null)
                {
                    key.attach(port);
                }
            }
            groups.add(key);
            return key;
        }
        finally
        {
            stateLock.unlock();
        }
    }

    private PnetMembershipKey joinAtKernel(
        final InetAddress group, final NetworkInterface networkInterface, final InetAddress source) throws IOException
    {
        if (local == null)
        {
            throw new SocketException(
                "join " + group.getHostAddress() + " on " + networkInterface.getName() + ": bind the channel first");
        }
        final DatagramChannel channel =
            isKernels ? kernel.first() : kernel.openForGroup(group, boundLocal.getPort());
        final MembershipKey theirs = source == null ?
            channel.join(group, networkInterface) : channel.join(group, networkInterface, source);
        if (remote == null)
        {
            kernelChannels = kernel.channels();
            keys.kernelChanged();
        }
        return new PnetMembershipKey(this, group, networkInterface, source, isKernels ? null : channel, theirs);
    }

    void drop(final PnetMembershipKey key)
    {
        stateLock.lock();
        try
        {
            if (key.isValid())
            {
                key.invalidate();
                groups.remove(key);
                if (key.kernelKey() != null)
                {
                    key.kernelKey().drop();
                }
                if (key.kernelChannel() != null)
                {
                    kernel.close(key.kernelChannel());
                    kernelChannels = remote == null ? kernel.channels() : kernelChannels;
                    keys.kernelChanged();
                }
                key.filter(SourceFilter.NONE);
            }
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException(ex);
        }
        finally
        {
            stateLock.unlock();
        }
    }

    void block(final PnetMembershipKey key, final InetAddress source) throws IOException
    {
        stateLock.lock();
        try
        {
            ensureValid(key);
            DatagramGroups.checkSource(key.group(), source);
            if (key.kernelKey() != null)
            {
                key.kernelKey().block(source);
            }
            else
            {
                try
                {
                    key.filter(key.filter().block(IpAddress.of(source)));
                }
                catch (final IllegalStateException ex)
                {
                    throw new IOException(ex.getMessage(), ex);
                }
            }
        }
        finally
        {
            stateLock.unlock();
        }
    }

    void unblock(final PnetMembershipKey key, final InetAddress source)
    {
        stateLock.lock();
        try
        {
            ensureValid(key);
            if (key.kernelKey() != null)
            {
                key.kernelKey().unblock(source);
                return;
            }
            if (key.filter().accepts(IpAddress.of(source).hi(), IpAddress.of(source).lo()))
            {
                throw new IllegalStateException("not blocked");
            }
            key.filter(key.filter().allow(IpAddress.of(source)));
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException(ex);
        }
        finally
        {
            stateLock.unlock();
        }
    }

    /** The key of a group on an interface, for sockets; null: none. */
    MembershipKey findMembership(final InetAddress group, final NetworkInterface networkInterface)
    {
        stateLock.lock();
        try
        {
            return groups.findAny(group, networkInterface);
        }
        finally
        {
            stateLock.unlock();
        }
    }

    private static void ensureValid(final PnetMembershipKey key)
    {
        if (!key.isValid())
        {
            throw new IllegalStateException("key is no longer valid");
        }
    }

    // ---- the end

    @Override
    protected void implConfigureBlocking(final boolean isBlocking)
    {
        // The kernel's channels never block, and ours asks at each operation.
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException
    {
        readable.signal();
        writable.signal();
        stateLock.lock();
        try
        {
            groups.invalidate();
            if (port != null)
            {
                port.close();
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

    /** Gives back what waiting took, if nobody waits: whoever does does so when done. */
    private void closeReadiness() throws IOException
    {
        if (readLock.tryLock())
        {
            try
            {
                kernel.closeReadiness();
            }
            finally
            {
                readLock.unlock();
            }
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
    public <T> DatagramChannel setOption(final SocketOption<T> name, final T value) throws IOException
    {
        DatagramOptions.check(name);
        stateLock.lock();
        try
        {
            ensureOpen();
            options.set(name, value);
            if (name != StandardSocketOptions.IP_MULTICAST_IF || isOutgoingKernels())
            {
                kernel.apply(name);
            }
            if (port != null)
            {
                port.optionsChanged();
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
        DatagramOptions.check(name);
        ensureOpen();
        return options.get(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions()
    {
        return DatagramOptions.SUPPORTED;
    }

    @Override
    public DatagramSocket socket()
    {
        stateLock.lock();
        try
        {
            if (socket == null)
            {
                socket = new PnetDatagramSocketAdaptor(this);
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
        if (isKernels || kernelPeer != null)
        {
            return 0;
        }
        final UdpPort ours = port;
        // Not bound yet, it can be written to: that binds it.
        return (ours != null && ours.isReadable() ? SelectionKey.OP_READ : 0) |
            (ours != null && ours.isFull() ? 0 : SelectionKey.OP_WRITE);
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

    /** Whether the address is one of the process's. */
    boolean isOurs(final InetAddress address)
    {
        return process.addresses().contains(IpAddress.of(address));
    }

    StackDriver driver()
    {
        return driver;
    }

    @Override
    public String toString()
    {
        return getClass().getSimpleName() + "[" + (!isOpen() ? "closed" : local == null ? "unbound" :
            local + (remote == null ? "" : " to " + remote)) + "]";
    }
}
