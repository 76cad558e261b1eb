package io.pnet.udp;

import io.pnet.ip.Destination;
import io.pnet.ip.GroupMembership;
import io.pnet.ip.IpAddress;
import io.pnet.ip.NetworkInterface;
import io.pnet.ip.SourceFilter;
import io.pnet.link.TxFrame;
import org.agrona.concurrent.UnsafeBuffer;

import java.net.NoRouteToHostException;
import java.util.Arrays;

/**
 * A local address and port from which datagrams are sent and to which they come; connected, it has one peer and hears
 * from nobody else. Stack's owner only.
 *
 * <p>What sends returns the payload's length, or why nothing was sent: one of the negative constants.
 */
public final class UdpEndpoint implements AutoCloseable
{
    /** The link is full: flush and try again later. Also while too much waits for a next hop's address. */
    public static final int BACK_PRESSURED = -1;
    /** There is no route, or no source address for it. */
    public static final int NO_ROUTE = -2;
    /** More than a datagram holds: 65,507 bytes over IPv4, 65,527 over IPv6. */
    public static final int TOO_LARGE = -3;
    /** The address is a broadcast address and {@link #broadcast} is off. */
    public static final int BROADCAST_OFF = -4;
    /** The endpoint is closed. */
    public static final int CLOSED = -5;
    /** No peer was given, and the endpoint is not connected. */
    public static final int NOT_CONNECTED = -6;

    final UdpHandler handler;
    final long boundHi;
    final long boundLo;
    long localHi;
    long localLo;
    final int localPort;
    long remoteHi;
    long remoteLo;
    int remotePort;
    boolean isConnected;
    UdpEndpoint nextInBucket;
    private final UdpTransport transport;
    private Destination destination;
    private boolean isClosed;
    private boolean isPortOwner = true;
    private boolean isBroadcastOn;
    private int trafficClass;
    int receivedTrafficClass;
    private int hopLimit;
    /** RFC 1112 section 6.1: groups are not left to roam unless somebody wants it. */
    private int groupHopLimit = 1;
    private boolean isLoopedBack = true;
    private boolean isBalanced;
    private boolean isFragmenting = true;
    private boolean hearsGroupsOfOthers = true;
    private GroupMembership[] memberships = new GroupMembership[0];
    boolean isAwaitingRoom;
    private TxFrame claimed;
    private Destination claimedTo;
    private int claimedLength;
    private int claimedPort;

    UdpEndpoint(
        final UdpTransport transport,
        final IpAddress local,
        final int localPort,
        final int hopLimit,
        final UdpHandler handler)
    {
        this.transport = transport;
        this.boundHi = local.hi();
        this.boundLo = local.lo();
        this.localHi = boundHi;
        this.localLo = boundLo;
        this.localPort = localPort;
        this.hopLimit = hopLimit;
        this.handler = handler;
    }

    /** The local address; unspecified when bound to all and not connected. */
    public IpAddress localAddress()
    {
        return new IpAddress(localHi, localLo);
    }

    public int localPort()
    {
        return localPort;
    }

    /** The peer's address, or null. */
    public IpAddress remoteAddress()
    {
        return isConnected ? new IpAddress(remoteHi, remoteLo) : null;
    }

    /** The peer's port, or 0. */
    public int remotePort()
    {
        return remotePort;
    }

    public boolean isConnected()
    {
        return isConnected;
    }

    public boolean isClosed()
    {
        return isClosed;
    }

    /** Whether datagrams may be sent to broadcast addresses; off at first. */
    public UdpEndpoint broadcast(final boolean isOn)
    {
        isBroadcastOn = isOn;
        return this;
    }

    /** TOS or traffic class, with ECN in its two low bits, of what is sent; 0 at first. */
    public UdpEndpoint trafficClass(final int value)
    {
        trafficClass = value;
        return this;
    }

    /** TOS or traffic class, with ECN in its two low bits, of the datagram that the handler is being shown. */
    public int receivedTrafficClass()
    {
        return receivedTrafficClass;
    }

    /** TTL or hop limit of what is sent to groups; 1 at first. */
    public UdpEndpoint groupHopLimit(final int value)
    {
        groupHopLimit = value;
        return this;
    }

    /** Whether what is sent to groups and broadcast reaches sockets of this process, too; on at first. */
    public UdpEndpoint loopBack(final boolean isOn)
    {
        isLoopedBack = isOn;
        return this;
    }

    /** Whether what is larger than the path MTU is sent in fragments, and not refused as too large; on at first. */
    public UdpEndpoint fragmenting(final boolean isOn)
    {
        isFragmenting = isOn;
        return this;
    }

    /**
     * Whether datagrams of different peers are spread over the endpoints that share the port, as SO_REUSEPORT does, and
     * not all given to the last of them; off at first.
     */
    public UdpEndpoint balanced(final boolean isOn)
    {
        isBalanced = isOn;
        return this;
    }

    boolean isBalanced()
    {
        return isBalanced;
    }

    /** Whether it hears groups that it has not joined itself but that somebody here has; on at first. */
    public UdpEndpoint hearGroupsOfOthers(final boolean isOn)
    {
        hearsGroupsOfOthers = isOn;
        return this;
    }

    /**
     * Joins a group: its datagrams to the endpoint's port are heard from now on. By the membership's filter it is
     * changed and left; closing the endpoint leaves, too.
     */
    public GroupMembership join(final NetworkInterface over, final IpAddress group, final SourceFilter filter)
    {
        if (isClosed)
        {
            throw new IllegalStateException("cannot join " + group + ": the endpoint is closed");
        }
        final GroupMembership membership = transport.ip().joinGroup(over, group, filter);
        memberships = Arrays.copyOf(memberships, memberships.length + 1);
        memberships[memberships.length - 1] = membership;
        return membership;
    }

    /** Leaves a group that was joined here. */
    public void leave(final GroupMembership membership)
    {
        membership.filter(SourceFilter.NONE);
        memberships = Arrays.stream(memberships).filter((other) -> other != membership).toArray(GroupMembership[]::new);
    }

    /** Whether a datagram to a group is for this endpoint: joined by it, from a sender that it wants to hear. */
    boolean hears(
        final NetworkInterface over, final long groupHi, final long groupLo, final long sourceHi, final long sourceLo)
    {
        boolean isMember = false;
        for (final GroupMembership membership : memberships)
        {
            if (membership.accepts(over, groupHi, groupLo, sourceHi, sourceLo))
            {
                return true;
            }
            isMember |= membership.group().lo() == groupLo && membership.group().hi() == groupHi;
        }
        return !isMember && hearsGroupsOfOthers;
    }

    /** TTL or hop limit of what is sent to hosts. */
    public UdpEndpoint hopLimit(final int value)
    {
        hopLimit = value;
        return this;
    }

    /**
     * Binds the endpoint to one peer. Bound to all addresses, it takes the one from which the peer is reached.
     *
     * @throws NoRouteToHostException one line, when there is no route or no source address for it.
     */
    public UdpEndpoint connect(final IpAddress remote, final int port) throws NoRouteToHostException
    {
        if (isClosed)
        {
            throw new IllegalStateException("cannot connect: the endpoint is closed");
        }
        if (port < 1 || port > 0xFFFF)
        {
            throw new IllegalArgumentException("bad port " + port + ": it is 1 to 65535");
        }
        final Destination found = transport.ip().route(boundHi, boundLo, remote.hi(), remote.lo());
        if (found == null)
        {
            throw new NoRouteToHostException("no route to " + remote + " from " + new IpAddress(boundHi, boundLo) +
                ": add an address on its network or a gateway");
        }
        transport.remove(this);
        destination = found;
        localHi = found.sourceHi();
        localLo = found.sourceLo();
        remoteHi = remote.hi();
        remoteLo = remote.lo();
        remotePort = port;
        isConnected = true;
        transport.add(this);
        return this;
    }

    /**
     * Makes a connected endpoint beside this one, at the same address and port: from now on it gets the peer's
     * datagrams and this one does not. The port stays this endpoint's and is given back with it.
     *
     * @throws NoRouteToHostException as {@link #connect}.
     */
    public UdpEndpoint accept(final IpAddress remote, final int port, final UdpHandler acceptedHandler)
        throws NoRouteToHostException
    {
        final UdpEndpoint accepted = new UdpEndpoint(
            transport, new IpAddress(boundHi, boundLo), localPort, hopLimit, acceptedHandler);
        accepted.isPortOwner = false;
        transport.add(accepted);
        try
        {
            return accepted.connect(remote, port);
        }
        catch (final NoRouteToHostException ex)
        {
            transport.remove(accepted);
            throw ex;
        }
    }

    /** Undoes {@link #connect}. */
    public void disconnect()
    {
        if (isConnected && !isClosed)
        {
            transport.remove(this);
            forgetPeer();
            transport.add(this);
        }
    }

    /** Sends a copy to the peer. */
    public int send(final UnsafeBuffer buffer, final int offset, final int length)
    {
        final int at = claim(length);
        return at < 0 ? at : copyAndCommit(at, buffer, offset, length);
    }

    /** Sends a copy to whom it may concern. */
    public int send(
        final UnsafeBuffer buffer,
        final int offset,
        final int length,
        final long toHi,
        final long toLo,
        final int toPort)
    {
        final int at = claim(length, toHi, toLo, toPort);
        return at < 0 ? at : copyAndCommit(at, buffer, offset, length);
    }

    /**
     * Room for one datagram to the peer, to be written in place and then {@linkplain #commit() committed}. A claim
     * that is not committed is void with the next claim of anything on the stack.
     *
     * @return where in {@link #buffer()} the payload goes; or a negative constant.
     */
    public int claim(final int length)
    {
        return isConnected ? claim(destination, length, remotePort) : isClosed ? CLOSED : NOT_CONNECTED;
    }

    /** As {@link #claim(int)}, to any address. */
    public int claim(final int length, final long toHi, final long toLo, final int toPort)
    {
        if (isClosed)
        {
            return CLOSED;
        }
        final Destination to = transport.destinations().get(localHi, localLo, toHi, toLo);
        return to == null ? NO_ROUTE : claim(to, length, toPort);
    }

    /** Has the handler told, once, when there may be room again; after a {@link #BACK_PRESSURED}. */
    public void awaitRoom()
    {
        if (!isAwaitingRoom && !isClosed)
        {
            isAwaitingRoom = true;
            transport.awaitRoom(this);
        }
    }

    /** Where the datagram that was claimed last is written. */
    public UnsafeBuffer buffer()
    {
        return claimed.buffer();
    }

    /** Sends the datagram that was claimed last. */
    public void commit()
    {
        final Destination to = claimedTo;
        final boolean isForMany = IpAddress.isMulticast(to.remoteHi(), to.remoteLo()) || to.isBroadcast();
        if (isForMany && isLoopedBack)
        {
            transport.commitAndLoopBack(this, to, trafficClass, claimed, claimedLength, claimedPort);
        }
        else
        {
            transport.commit(this, claimed, claimedLength, claimedPort);
        }
        claimed = null;
    }

    /** Gives the port back. Closing twice does nothing. */
    @Override
    public void close()
    {
        if (!isClosed)
        {
            transport.remove(this);
            if (isPortOwner)
            {
                transport.release(this);
            }
            for (final GroupMembership membership : memberships)
            {
                membership.filter(SourceFilter.NONE);
            }
            memberships = new GroupMembership[0];
            isClosed = true;
            forgetPeer();
        }
    }

    private int claim(final Destination to, final int length, final int port)
    {
        if (length > (to.isV4() ? UdpTransport.MAX_PAYLOAD_V4 : UdpTransport.MAX_PAYLOAD_V6))
        {
            return TOO_LARGE;
        }
        if (!isFragmenting && length > transport.unfragmentedPayload(to))
        {
            return TOO_LARGE;
        }
        if (!isBroadcastOn && to.isBroadcast())
        {
            return BROADCAST_OFF;
        }
        to.hopLimit(IpAddress.isMulticast(to.remoteHi(), to.remoteLo()) ? groupHopLimit : hopLimit);
        claimed = transport.claim(to, trafficClass, length);
        if (claimed == null)
        {
            return to.isUsable() ? BACK_PRESSURED : NO_ROUTE;
        }
        claimedTo = to;
        claimedLength = length;
        claimedPort = port;
        return transport.payloadOffset();
    }

    private int copyAndCommit(final int at, final UnsafeBuffer buffer, final int offset, final int length)
    {
        claimed.buffer().putBytes(at, buffer, offset, length);
        commit();
        return length;
    }

    private void forgetPeer()
    {
        isConnected = false;
        destination = null;
        localHi = boundHi;
        localLo = boundLo;
        remoteHi = 0;
        remoteLo = 0;
        remotePort = 0;
    }
}
