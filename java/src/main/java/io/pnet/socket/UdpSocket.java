package io.pnet.socket;

import io.pnet.counters.Counter;
import io.pnet.ip.GroupMembership;
import io.pnet.ip.IcmpError;
import io.pnet.ip.IpAddress;
import io.pnet.ip.SourceFilter;
import io.pnet.stack.Home;
import io.pnet.stack.IpProcess;
import io.pnet.stack.StackDriver;
import io.pnet.udp.UdpEndpoint;
import io.pnet.udp.UdpHandler;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A blocking UDP socket. One thread may receive while another sends; further ones queue. What arrives waits in a queue
 * of {@value #QUEUE_BYTES} bytes; what does not fit is dropped and counted.
 */
public final class UdpSocket implements Closeable
{
    /** Bytes of datagrams that may wait, each with 32 bytes of header. */
    public static final int QUEUE_BYTES = 2 << 20;

    private static final int TYPE = 1;
    private static final int SOURCE_BYTES = 24;
    private static final long BACK_PRESSURE_PARK_NS = 50_000;

    private final Home home;
    private final StackDriver driver;
    private final OneToOneRingBuffer queue = new OneToOneRingBuffer(
        new UnsafeBuffer(ByteBuffer.allocateDirect(QUEUE_BYTES + RingBufferDescriptor.TRAILER_LENGTH)));
    private final Waiting receivable;
    private final ReentrantLock receiveLock = new ReentrantLock();
    private final ReentrantLock sendLock = new ReentrantLock();
    private final Supplier<Void> sender = this::sendAsOwner;
    private final MessageHandler reader = this::onMessage;
    /** The groups that were joined; the stack's owner's. */
    private final Map<IpAddress, GroupMembership> groups = new HashMap<>();
    private UdpEndpoint endpoint;
    private volatile InetSocketAddress localAddress;
    private volatile Duration receiveTimeout = Duration.ZERO;
    private volatile IcmpError.Kind error;
    private volatile boolean isConnected;
    private volatile boolean isClosed;

    // Of the send that is under way.
    private ByteBuffer source;
    private IpAddress toAddress;
    private InetSocketAddress toCached;
    private int toPort;
    private int result;

    // Of the receive that is under way.
    private ByteBuffer target;
    private InetSocketAddress from;
    private long fromHi;
    private long fromLo;

    private UdpSocket(final Home home)
    {
        this.home = home;
        this.driver = home.driver();
        receivable = new Waiting(driver, () -> queue.size() > 0 || error != null || isClosed);
    }

    /**
     * Opens a socket.
     *
     * @param local null, or an address and port of which either may be wild.
     * @throws BindException one line, when the port is in use or the address is not ours.
     */
    public static UdpSocket open(final IpProcess process, final InetSocketAddress local) throws IOException
    {
        final int port = local == null ? 0 : local.getPort();
        final Home home = process.homeOfUdp(port);
        final UdpSocket socket = new UdpSocket(home);
        final boolean isWild = local == null || local.getAddress().isAnyLocalAddress();
        final IpAddress address = isWild ? IpAddress.ANY : IpAddress.of(local.getAddress());
        final BindException failure = home.exclusively(() ->
        {
            try
            {
                socket.endpoint = home.stack().udp().bind(
                    address, port, socket.new Handler());
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
        socket.localAddress = new InetSocketAddress(
            isWild ? IpAddress.ANY_V4.toInetAddress() : local.getAddress(), socket.endpoint.localPort());
        return socket;
    }

    /** Fixes the peer: only its datagrams are received, {@link #send(ByteBuffer)} goes to it. */
    public void connect(final InetSocketAddress remote) throws IOException
    {
        final NoRouteToHostException failure = home.exclusively(() ->
        {
            try
            {
                endpoint.connect(IpAddress.of(remote.getAddress()), remote.getPort());
                localAddress =
                    new InetSocketAddress(endpoint.localAddress().toInetAddress(), endpoint.localPort());
                return null;
            }
            catch (final NoRouteToHostException ex)
            {
                return ex;
            }
        });
        if (failure != null)
        {
            throw failure;
        }
        isConnected = true;
    }

    /**
     * Makes a socket of its own for a peer, at the same port: it gets the peer's datagrams from now on, this one gets
     * everybody else's. The port stays this socket's.
     */
    public UdpSocket accept(final InetSocketAddress remote) throws IOException
    {
        final UdpSocket accepted = new UdpSocket(home);
        final NoRouteToHostException failure = home.exclusively(() ->
        {
            try
            {
                accepted.endpoint = endpoint.accept(
                    IpAddress.of(remote.getAddress()), remote.getPort(), accepted.new Handler());
                accepted.localAddress = new InetSocketAddress(
                    accepted.endpoint.localAddress().toInetAddress(), accepted.endpoint.localPort());
                return null;
            }
            catch (final NoRouteToHostException ex)
            {
                return ex;
            }
        });
        if (failure != null)
        {
            throw failure;
        }
        accepted.isConnected = true;
        return accepted;
    }

    /** Whether datagrams may go to broadcast addresses; off unless told. */
    public void broadcast(final boolean isOn)
    {
        home.exclusively(() -> endpoint.broadcast(isOn));
    }

    /**
     * Joins a multicast group on the link: what is sent to it and to this socket's port is received from now on, and
     * routers are told (IGMPv3, MLDv2).
     *
     * @param source null for whatever sender; else the only one, or one more, from which the group is received.
     * @throws SocketException one line, when there is no link, the group is joined for every sender already, or the
     *                         socket is closed.
     */
    public void join(final InetAddress group, final InetAddress source) throws SocketException
    {
        if (!group.isMulticastAddress())
        {
            throw new IllegalArgumentException("cannot join " + group.getHostAddress() + ": it is no group's address");
        }
        final IpAddress address = IpAddress.of(group);
        final RuntimeException failure = home.exclusively(() ->
        {
            try
            {
                final GroupMembership present = groups.get(address);
                if (present != null && (source == null || present.filter().isExclude()))
                {
                    return new IllegalStateException("it is joined already");
                }
                if (present != null)
                {
                    present.filter(present.filter().allow(IpAddress.of(source)));
                    return null;
                }
                groups.put(address, endpoint.join(
                    home.stack().ip().firstInterface(), address,
                    source == null ? SourceFilter.ALL : SourceFilter.only(IpAddress.of(source))));
                return null;
            }
            catch (final IllegalStateException ex)
            {
                return ex;
            }
        });
        if (failure != null)
        {
            throw new SocketException("cannot join " + group.getHostAddress() + ": " + failure.getMessage());
        }
    }

    /** Leaves a group; nothing happens if it was not joined. */
    public void leave(final InetAddress group)
    {
        home.exclusively(() ->
        {
            final GroupMembership membership = groups.remove(IpAddress.of(group));
            if (membership != null && !isClosed)
            {
                endpoint.leave(membership);
            }
            return null;
        });
    }

    /** TTL or hop limit of what is sent to groups; 1, the link, unless told. */
    public void groupHopLimit(final int hops)
    {
        home.exclusively(() -> endpoint.groupHopLimit(hops));
    }

    /** Whether what is sent to groups is received by sockets of this process that are in them; on unless told. */
    public void loopBack(final boolean isOn)
    {
        home.exclusively(() -> endpoint.loopBack(isOn));
    }

    /** Sends what is in the source to the connected peer, as one datagram. */
    public void send(final ByteBuffer source) throws IOException
    {
        send(source, null);
    }

    /**
     * Sends what is in the source as one datagram; waits while the link is full.
     *
     * @throws PortUnreachableException when an earlier datagram to the connected peer met no socket.
     * @throws SocketException          when it is too large, there is no way, or the socket is closed.
     */
    public void send(final ByteBuffer source, final InetSocketAddress to) throws IOException
    {
        sendLock.lock();
        try
        {
            throwError();
            this.source = source;
            if (to == null)
            {
                toAddress = null;
            }
            else if (to != toCached)
            {
                toCached = to;
                toAddress = IpAddress.of(to.getAddress());
                toPort = to.getPort();
            }
            else if (toAddress == null)
            {
                toAddress = IpAddress.of(to.getAddress());
            }
            while (true)
            {
                home.exclusively(sender);
                if (result >= 0)
                {
                    source.position(source.limit());
                    return;
                }
                if (result != UdpEndpoint.BACK_PRESSURED)
                {
                    throw failure(to);
                }
                LockSupport.parkNanos(this, BACK_PRESSURE_PARK_NS);
            }
        }
        finally
        {
            this.source = null;
            sendLock.unlock();
        }
    }

    private IOException failure(final InetSocketAddress to)
    {
        switch (result)
        {
            case UdpEndpoint.NO_ROUTE:
                return new NoRouteToHostException(
                    "no route to " + to + ": add a gateway or an address on its network");
            case UdpEndpoint.TOO_LARGE:
                return new SocketException(
                    "datagram of " + source.remaining() + " bytes is too large: at most 65507 over IPv4");
            case UdpEndpoint.BROADCAST_OFF:
                return new SocketException("broadcast to " + to + " is not allowed: turn broadcast on first");
            case UdpEndpoint.NOT_CONNECTED:
                return new SocketException("send without a destination: connect the socket first");
            default:
                return new SocketException("send failed: the socket is closed");
        }
    }

    private Void sendAsOwner()
    {
        final int length = source.remaining();
        result = toAddress == null ?
            endpoint.claim(length) : endpoint.claim(length, toAddress.hi(), toAddress.lo(), toPort);
        if (result >= 0)
        {
            endpoint.buffer().putBytes(result, source, source.position(), length);
            endpoint.commit();
        }
        return null;
    }

    /**
     * Waits for a datagram; what does not fit the target is cut off.
     *
     * @return its sender.
     * @throws java.net.SocketTimeoutException after {@link #receiveTimeout(Duration)}.
     * @throws PortUnreachableException        when a datagram to the connected peer met no socket.
     */
    public InetSocketAddress receive(final ByteBuffer target) throws IOException
    {
        receiveLock.lock();
        try
        {
            this.target = target;
            final long deadlineNs = Waiting.deadlineNs(driver, receiveTimeout);
            while (true)
            {
                if (isClosed)
                {
                    throw new SocketException("receive failed: the socket is closed");
                }
                if (queue.read(reader, 1) > 0)
                {
                    return from;
                }
                throwError();
                receivable.await("receive", deadlineNs);
            }
        }
        finally
        {
            this.target = null;
            receiveLock.unlock();
        }
    }

    private void onMessage(
        final int type, final MutableDirectBuffer buffer, final int index, final int length)
    {
        final long hi = buffer.getLong(index);
        final long lo = buffer.getLong(index + 8);
        final int port = buffer.getInt(index + 16);
        if (from == null || from.getPort() != port || fromHi != hi || fromLo != lo)
        {
            fromHi = hi;
            fromLo = lo;
            from = new InetSocketAddress(new IpAddress(hi, lo).toInetAddress(), port);
        }
        buffer.getBytes(index + SOURCE_BYTES, target, Math.min(target.remaining(), length - SOURCE_BYTES));
    }

    private void throwError() throws IOException
    {
        final IcmpError.Kind kind = error;
        if (kind != null)
        {
            error = null;
            throw kind == IcmpError.Kind.PORT_UNREACHABLE || kind == IcmpError.Kind.PROTOCOL_UNREACHABLE ?
                new PortUnreachableException("nobody listens on the port of the peer") :
                new NoRouteToHostException("the peer is unreachable");
        }
    }

    /** How long {@link #receive} waits; zero for ever. */
    public void receiveTimeout(final Duration timeout)
    {
        receiveTimeout = timeout;
    }

    public InetSocketAddress localAddress()
    {
        return localAddress;
    }

    /** Whether {@link #connect} has fixed the peer. */
    public boolean isConnected()
    {
        return isConnected;
    }

    @Override
    public void close()
    {
        if (!isClosed)
        {
            isClosed = true;
            home.exclusively(() ->
            {
                endpoint.close();
                return null;
            });
            receivable.signal();
        }
    }

    private final class Handler implements UdpHandler
    {
        @Override
        public void onDatagram(
            final UdpEndpoint endpoint,
            final UnsafeBuffer buffer,
            final int offset,
            final int length,
            final long sourceHi,
            final long sourceLo,
            final int sourcePort)
        {
            final int index = queue.tryClaim(TYPE, SOURCE_BYTES + length);
            if (index < 0)
            {
                home.stack().counters().increment(Counter.UDP_RX_DROP_QUEUE_FULL);
                return;
            }
            final AtomicBuffer target = queue.buffer();
            target.putLong(index, sourceHi);
            target.putLong(index + 8, sourceLo);
            target.putInt(index + 16, sourcePort);
            target.putBytes(index + SOURCE_BYTES, buffer, offset, length);
            queue.commit(index);
            receivable.signal();
        }

        @Override
        public void onError(final UdpEndpoint endpoint, final IcmpError.Kind kind)
        {
            if (isConnected)
            {
                error = kind;
                receivable.signal();
            }
        }
    }
}
