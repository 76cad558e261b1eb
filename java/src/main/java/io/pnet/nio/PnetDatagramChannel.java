package io.pnet.nio;

import io.pnet.ip.IpAddress;
import io.pnet.stack.IpProcess;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.SelectableChannel;
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
final class PnetDatagramChannel extends DatagramTransfer
{
    private static final int EPHEMERAL_TRIES = 64;

    /** Guards what is decided; taken after the locks of readers and writers. */
    final ReentrantLock stateLock = new ReentrantLock();
    private final PnetSelectorProvider provider;
    private final IpProcess process;
    private final ProtocolFamily family;
    private final DatagramGroups groups = new DatagramGroups(this);
    private volatile List<SelectableChannel> kernelChannels = List.of();
    /** A host that datagrams go to over Pnet: the JDK copies an address to tell. */
    private InetAddress lastOurs;
    /** Where it was bound, which a connect does not change. */
    private InetSocketAddress boundLocal;
    private DatagramSocket socket;

    PnetDatagramChannel(final PnetSelectorProvider provider, final ProtocolFamily family)
    {
        super(provider);
        this.provider = provider;
        this.process = provider.process();
        this.family = family;
    }

    // ---- binding

    @Override
    public DatagramChannel bind(final SocketAddress address) throws IOException
    {
        final InetSocketAddress wanted = address == null ?
            new InetSocketAddress(Families.anyAddress(family), 0) : checked(address);
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
    @Override
    UdpPort ensureBound() throws IOException
    {
        UdpPort present = port;
        if (present == null)
        {
            stateLock.lock();
            try
            {
                ensureOpen();
                present = port == null && local == null ? open(Families.anyAddress(family), 0) : port;
                boundLocal = local;
            }
            finally
            {
                stateLock.unlock();
            }
        }
        return present;
    }

    @Override
    InetSocketAddress checked(final SocketAddress address)
    {
        return Families.checked(address, family);
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
    @Override
    InetAddress ownAddress()
    {
        return process.addresses().isEmpty() ? Families.anyAddress(family) : process.addresses().get(0).toInetAddress();
    }

    /** The kernel's channel for a destination that is the kernel's; else null. */
    @Override
    DatagramChannel kernelFor(final InetSocketAddress to) throws IOException
    {
        final InetAddress host = to.getAddress();
        if (isKernels)
        {
            return kernel.first();
        }
        if (host == lastOurs)
        {
            return null;
        }
        if (!provider.routing().isKernels(host) && !(host.isMulticastAddress() && isOutgoingKernels()))
        {
            // What a group goes to may be set again.
            lastOurs = host.isMulticastAddress() ? null : host;
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
        if (kernel.channels().size() != before)
        {
            kernelChanged();
        }
        return channel;
    }

    private boolean isOutgoingKernels() throws IOException
    {
        final NetworkInterface outgoing = options.get(StandardSocketOptions.IP_MULTICAST_IF);
        return KernelDatagrams.isKernels(provider.routing(), outgoing);
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
            return groups.join(group, networkInterface, source);
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

    /** Whether groups on this interface are joined at the kernel. */
    boolean isKernels(final NetworkInterface networkInterface) throws IOException
    {
        return isKernels || KernelDatagrams.isKernels(provider.routing(), networkInterface);
    }

    /** The kernel's channels behind this one have changed. Under the state lock. */
    void kernelChanged()
    {
        if (remote == null)
        {
            kernelChannels = kernel.channels();
            keys.kernelChanged();
        }
        readable.signal();
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

    // ---- for selectors and adaptors

    @Override
    public List<SelectableChannel> kernelChannels()
    {
        return kernelChannels;
    }

    /** Whether the address is one of the process's. */
    boolean isOurs(final InetAddress address)
    {
        return process.addresses().contains(IpAddress.of(address));
    }

    @Override
    public String toString()
    {
        return getClass().getSimpleName() + "[" + (!isOpen() ? "closed" : local == null ? "unbound" :
            local + (remote == null ? "" : " to " + remote)) + "]";
    }
}
