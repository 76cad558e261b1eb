package io.pnet.nio;

import io.pnet.counters.Counter;
import io.pnet.ip.GroupMembership;
import io.pnet.ip.IcmpError;
import io.pnet.ip.IpAddress;
import io.pnet.ip.SourceFilter;
import io.pnet.stack.Home;
import io.pnet.stack.IpProcess;
import io.pnet.udp.UdpEndpoint;
import io.pnet.udp.UdpHandler;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.util.function.Supplier;

/**
 * The Pnet side of a datagram channel: an endpoint, and the datagrams that wait for a reader. One thread at a time
 * receives and one sends; the channel's locks see to that. What is a handler's runs on the stack's owner.
 */
final class UdpPort implements UdpHandler
{
    private final Home home;
    private final DatagramOptions options;
    private final KeyRing keys;
    private final Runnable onReadable;
    private final Runnable onWritable;
    private final DatagramQueue queue = new DatagramQueue();
    private final Supplier<Void> sender = this::sendAsOwner;
    private final UdpEndpoint endpoint;
    private volatile boolean isConnected;
    private volatile boolean isUnreachable;
    private volatile boolean isFull;
    private volatile int limit;

    // Of the send that is under way.
    private ByteBuffer[] sources;
    private int firstSource;
    private int sourceCount;
    private int sourceBytes;
    private IpAddress to;
    private InetSocketAddress toCached;
    private int toPort;
    private int result;

    // Of the last receive.
    private InetSocketAddress from;
    private long fromHi;
    private long fromLo;

    UdpPort(
        final IpProcess process,
        final DatagramOptions options,
        final KeyRing keys,
        final Runnable onReadable,
        final Runnable onWritable,
        final IpAddress local,
        final int port) throws BindException
    {
        home = process.homeOfUdp(port);
        this.options = options;
        this.keys = keys;
        this.onReadable = onReadable;
        this.onWritable = onWritable;
        limit = options.get(StandardSocketOptions.SO_RCVBUF);
        final Object made = home.exclusively(() -> open(local, port));
        if (made instanceof BindException)
        {
            throw new BindException(((BindException)made).getMessage());
        }
        endpoint = (UdpEndpoint)made;
    }

    private Object open(final IpAddress local, final int port)
    {
        try
        {
            final UdpEndpoint made = home.stack().udp().bind(local, port, options.isShared(), this);
            // The JDK switches IP_MULTICAST_ALL off: a channel hears the groups that it has joined itself.
            made.hearGroupsOfOthers(false);
            options.applyTo(made);
            return made;
        }
        catch (final BindException ex)
        {
            return ex;
        }
    }

    int port()
    {
        return endpoint.localPort();
    }

    /** Options were set. */
    void optionsChanged()
    {
        limit = options.get(StandardSocketOptions.SO_RCVBUF);
        home.exclusively(() ->
        {
            options.applyTo(endpoint);
            return null;
        });
    }

    // ---- the peer

    /**
     * Fixes the peer; what waits from others is thrown away. By a thread that may receive.
     *
     * @return the local address from now on.
     */
    InetSocketAddress connect(final IpAddress remote, final int port) throws NoRouteToHostException
    {
        final Object made = home.exclusively(() ->
        {
            try
            {
                endpoint.connect(remote, port);
                return new InetSocketAddress(endpoint.localAddress().toInetAddress(), endpoint.localPort());
            }
            catch (final NoRouteToHostException ex)
            {
                return ex;
            }
        });
        if (made instanceof NoRouteToHostException)
        {
            throw new NoRouteToHostException("No route to host");
        }
        queue.clear();
        isUnreachable = false;
        isConnected = true;
        return (InetSocketAddress)made;
    }

    void disconnect()
    {
        isConnected = false;
        isUnreachable = false;
        home.exclusively(() ->
        {
            endpoint.disconnect();
            return null;
        });
    }

    // ---- groups

    GroupMembership join(final IpAddress group, final SourceFilter filter)
    {
        return home.exclusively(() -> endpoint.join(home.stack().ip().firstInterface(), group, filter));
    }

    void filter(final GroupMembership membership, final SourceFilter filter)
    {
        home.exclusively(() ->
        {
            if (filter.isNone())
            {
                endpoint.leave(membership);
            }
            else
            {
                membership.filter(filter);
            }
            return null;
        });
    }

    // ---- sending

    /**
     * Sends what remains in the sources as one datagram.
     *
     * @param target null for the peer.
     * @return its length, or {@link UdpEndpoint#BACK_PRESSURED}.
     */
    int send(final ByteBuffer[] from, final int offset, final int count, final InetSocketAddress target)
        throws IOException
    {
        throwUnreachable();
        sources = from;
        firstSource = offset;
        sourceCount = count;
        long bytes = 0;
        for (int i = offset; i < offset + count; i++)
        {
            bytes += from[i].remaining();
        }
        sourceBytes = (int)Math.min(Integer.MAX_VALUE, bytes);
        if (target == null)
        {
            to = null;
        }
        else if (target != toCached || to == null)
        {
            toCached = target;
            to = IpAddress.of(target.getAddress());
            toPort = target.getPort();
        }
        try
        {
            home.exclusively(sender);
        }
        finally
        {
            sources = null;
        }
        if (result >= 0 || result == UdpEndpoint.BACK_PRESSURED)
        {
            return result;
        }
        throw failure(result);
    }

    private Void sendAsOwner()
    {
        result = to == null ?
            endpoint.claim(sourceBytes) : endpoint.claim(sourceBytes, to.hi(), to.lo(), toPort);
        if (result >= 0)
        {
            final UnsafeBuffer buffer = endpoint.buffer();
            int at = result;
            for (int i = firstSource; i < firstSource + sourceCount; i++)
            {
                final int length = sources[i].remaining();
                // Advances the source.
                buffer.putBytes(at, sources[i], length);
                at += length;
            }
            endpoint.commit();
            result = sourceBytes;
        }
        else if (result == UdpEndpoint.BACK_PRESSURED)
        {
            isFull = true;
            endpoint.awaitRoom();
        }
        return null;
    }

    private static IOException failure(final int result)
    {
        switch (result)
        {
            case UdpEndpoint.NO_ROUTE:
                return new NoRouteToHostException("No route to host");
            case UdpEndpoint.TOO_LARGE:
                return new SocketException("Message too long");
            case UdpEndpoint.BROADCAST_OFF:
                return new BindException("Permission denied");
            case UdpEndpoint.CLOSED:
                return new ClosedChannelException();
            default:
                return new SocketException("send failed: no peer");
        }
    }

    /** Whether the last send found no room and there is none yet. Any thread. */
    boolean isFull()
    {
        return isFull;
    }

    // ---- receiving

    /** Whether something waits, a datagram or an error. Any thread. */
    boolean isReadable()
    {
        return !queue.isEmpty() || isUnreachable;
    }

    /**
     * Takes a datagram; what does not fit the targets is cut off.
     *
     * @return bytes that were put into the targets, or -1 when there is no datagram.
     * @throws PortUnreachableException when a datagram to the peer met no socket.
     */
    int receive(final ByteBuffer[] targets, final int offset, final int count) throws IOException
    {
        throwUnreachable();
        if (!queue.peek())
        {
            return -1;
        }
        int at = 0;
        for (int i = offset; i < offset + count; i++)
        {
            final int bytes = Math.min(targets[i].remaining(), queue.length() - at);
            queue.get(at, targets[i], bytes);
            at += bytes;
        }
        remember();
        queue.remove();
        return at;
    }

    private void remember()
    {
        final long hi = queue.sourceHi();
        final long lo = queue.sourceLo();
        final int port = queue.sourcePort();
        if (from == null || from.getPort() != port || fromHi != hi || fromLo != lo)
        {
            fromHi = hi;
            fromLo = lo;
            from = new InetSocketAddress(IpAddress.toInetAddress(hi, lo), port);
        }
    }

    /** Who sent the last datagram. */
    InetSocketAddress from()
    {
        return from;
    }

    private void throwUnreachable() throws PortUnreachableException
    {
        if (isUnreachable)
        {
            isUnreachable = false;
            throw new PortUnreachableException();
        }
    }

    void close()
    {
        home.exclusively(() ->
        {
            endpoint.close();
            return null;
        });
    }

    // ---- the handler

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
        if (queue.offer(sourceHi, sourceLo, sourcePort, buffer, offset, length, limit))
        {
            keys.signal(SelectionKey.OP_READ);
            onReadable.run();
        }
        else
        {
            home.stack().counters().increment(Counter.UDP_RX_DROP_QUEUE_FULL);
        }
    }

    @Override
    public void onError(final UdpEndpoint endpoint, final IcmpError.Kind kind)
    {
        // As on Linux: other errors are hints about the way, and none to a socket that has no peer.
        if (isConnected &&
            (kind == IcmpError.Kind.PORT_UNREACHABLE || kind == IcmpError.Kind.PROTOCOL_UNREACHABLE))
        {
            isUnreachable = true;
            keys.signal(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            onReadable.run();
        }
    }

    @Override
    public void onRoom(final UdpEndpoint endpoint)
    {
        isFull = false;
        keys.signal(SelectionKey.OP_WRITE);
        onWritable.run();
    }
}
