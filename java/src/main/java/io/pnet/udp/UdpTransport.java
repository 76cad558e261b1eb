package io.pnet.udp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Destination;
import io.pnet.ip.DestinationCache;
import io.pnet.ip.IcmpError;
import io.pnet.ip.Ip;
import io.pnet.ip.IpAddress;
import io.pnet.ip.IpPacket;
import io.pnet.link.TxFrame;
import io.pnet.transport.PortSpace;
import io.pnet.transport.Transport;
import io.pnet.transport.TransportContext;
import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.UdpHeader;
import org.agrona.concurrent.UnsafeBuffer;

import java.net.BindException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** UDP: demultiplexes to endpoints, in O(1), and sends for them. Stack's owner only. */
public final class UdpTransport implements Transport
{
    /** Largest payload over IPv4: 65,535 less the IP and UDP headers. */
    public static final int MAX_PAYLOAD_V4 = 65_507;
    /** Largest payload over IPv6. */
    public static final int MAX_PAYLOAD_V6 = 65_527;

    private static final int DESTINATIONS = 1024;
    private static final int DEFAULT_HOP_LIMIT = 64;

    private final EndpointTable endpoints = new EndpointTable();
    private TransportContext context;
    private Counters counters;
    private Ip ip;
    private PortSpace ports;
    private DestinationCache destinations;
    /** Whom one datagram to a group is for; grows. */
    private UdpEndpoint[] listeners = new UdpEndpoint[16];
    /** What is sent to a group that we are in ourselves is kept here for our own copy; made when first needed. */
    private UnsafeBuffer copy;
    private Destination wayBack;
    private List<UdpEndpoint> awaitingRoom = new ArrayList<>();

    @Override
    public void start(final TransportContext transportContext)
    {
        context = transportContext;
        counters = transportContext.counters();
        ip = transportContext.ip();
        ports = new PortSpace(transportContext.random());
        destinations = new DestinationCache(ip, DESTINATIONS);
    }

    @Override
    public int protocol()
    {
        return ProtocolNumber.UDP;
    }

    /**
     * Makes an endpoint.
     *
     * @param local one of our addresses, or unspecified for all; {@link IpAddress#ANY} means those of both versions.
     *              A multicast group receives what is sent to that group.
     * @param port  1 to 65535, or 0 for an ephemeral one.
     * @throws BindException one line, when the address is not ours or the port is taken.
     */
    public UdpEndpoint bind(final IpAddress local, final int port, final UdpHandler handler) throws BindException
    {
        return bind(local, port, false, handler);
    }

    /**
     * Makes an endpoint whose port others may have as well, if it is shared and all of them are.
     *
     * <p>Of several at one address and port, a datagram to that address is given to the last, or to one by its sender
     * if they are {@linkplain UdpEndpoint#balanced balanced}; one to a group or broadcast address is given to all.
     */
    public UdpEndpoint bind(
        final IpAddress local, final int port, final boolean isShared, final UdpHandler handler) throws BindException
    {
        if (port < 0 || port > 0xFFFF)
        {
            throw new IllegalArgumentException("bad port " + port + ": it is 0 to 65535");
        }
        if (!local.isUnspecified() && !local.isMulticast() && !ip.isLocal(local.hi(), local.lo()))
        {
            throw new BindException(
                "Cannot assign requested address: " + local + " is not one of this process, or not ready yet");
        }
        if (port != 0 && !ip.isHomeOfUdp(port))
        {
            throw new BindException(
                "UDP port " + port + " is another stack's of this process; see IpProcess.homeOfUdp");
        }
        final int bound = port == 0 ? ports.bindEphemeral(local.hi(), local.lo(), ip::isHomeOfUdp) :
            isShared ? (ports.bindShared(local.hi(), local.lo(), port) ? port : PortSpace.NONE) :
            ports.bind(local.hi(), local.lo(), port) ? port : PortSpace.NONE;
        if (bound == PortSpace.NONE)
        {
            throw new BindException(port == 0 ?
                "Address already in use: all ephemeral UDP ports on " + local + " are taken, close some endpoints" :
                "Address already in use: UDP port " + port + " on " + local + ", choose another or 0 for any");
        }
        final UdpEndpoint endpoint = new UdpEndpoint(this, local, bound, DEFAULT_HOP_LIMIT, handler);
        endpoints.add(endpoint);
        return endpoint;
    }

    @Override
    public void onPacket(final IpPacket packet, final long nowNs)
    {
        final UnsafeBuffer buffer = packet.buffer();
        final int offset = packet.offset();
        final int available = packet.length();
        if (available < UdpHeader.LENGTH)
        {
            counters.increment(Counter.UDP_RX_DROP_MALFORMED);
            return;
        }
        final int length = BigEndian.getUint16(buffer, offset + UdpHeader.LENGTH_OFFSET);
        final int localPort = BigEndian.getUint16(buffer, offset + UdpHeader.DESTINATION_PORT_OFFSET);
        if (length < UdpHeader.LENGTH || length > available || localPort == 0)
        {
            counters.increment(Counter.UDP_RX_DROP_MALFORMED);
            return;
        }
        if (!isChecksumValid(packet, length))
        {
            counters.increment(Counter.UDP_RX_DROP_CHECKSUM);
            return;
        }
        final int remotePort = BigEndian.getUint16(buffer, offset + UdpHeader.SOURCE_PORT_OFFSET);
        final int count = listeners(packet, localPort, remotePort);
        if (count == 0)
        {
            counters.increment(Counter.UDP_RX_DROP_NO_PORT);
            // The layer below answers only what may be answered.
            ip.sendPortUnreachable(packet, nowNs);
            return;
        }
        counters.increment(Counter.UDP_RX_PACKETS);
        for (int i = 0; i < count; i++)
        {
            final UdpEndpoint endpoint = listeners[i];
            listeners[i] = null;
            if (!endpoint.isClosed())
            {
                deliver(endpoint, packet, length - UdpHeader.LENGTH, remotePort);
            }
        }
    }

    private void deliver(
        final UdpEndpoint endpoint, final IpPacket packet, final int payload, final int remotePort)
    {
        endpoint.receivedTrafficClass = packet.trafficClass();
        final long sourceHi = packet.sourceHi();
        final long sourceLo = packet.sourceLo();
        final int offset = packet.offset() + UdpHeader.LENGTH;
        final int step = packet.gsoSize() > 0 ? packet.gsoSize() : payload;
        int at = 0;
        do
        {
            // One frame may carry several datagrams of one flow (USO): each arrives as if it had come alone.
            final int piece = Math.min(step, payload - at);
            deliver(endpoint, packet.buffer(), offset + at, piece, sourceHi, sourceLo, remotePort);
            at += piece;
        }
        while (at < payload && !endpoint.isClosed());
    }

    /** Finds whom a datagram is for; how many. */
    private int listeners(final IpPacket packet, final int localPort, final int remotePort)
    {
        final long hi = packet.destinationHi();
        final long lo = packet.destinationLo();
        final boolean isGroup = IpAddress.isMulticast(hi, lo);
        if (!isGroup && ip.isLocal(hi, lo))
        {
            UdpEndpoint endpoint = find(hi, lo, localPort, packet.sourceHi(), packet.sourceLo(), remotePort);
            if (endpoint == null)
            {
                return 0;
            }
            if (endpoint.isBalanced() && !endpoint.isConnected)
            {
                endpoint = endpoints.balance(endpoint, packet.sourceHi(), packet.sourceLo(), remotePort);
            }
            listeners[0] = endpoint;
            return 1;
        }
        int count = isGroup ? collect(0, packet, hi, lo, localPort, true) : 0;
        if (IpAddress.isV4(hi, lo))
        {
            count = collect(count, packet, IpAddress.ANY_V4.hi(), IpAddress.ANY_V4.lo(), localPort, isGroup);
        }
        return collect(count, packet, 0, 0, localPort, isGroup);
    }

    /** Adds those that are bound so and hear the packet. */
    private int collect(
        final int before,
        final IpPacket packet,
        final long boundHi,
        final long boundLo,
        final int port,
        final boolean isGroup)
    {
        int count = before;
        UdpEndpoint at = endpoints.find(boundHi, boundLo, port, 0, 0, 0);
        while (at != null)
        {
            if (!isGroup || at.hears(
                packet.networkInterface(), packet.destinationHi(), packet.destinationLo(),
                packet.sourceHi(), packet.sourceLo()))
            {
                if (count == listeners.length)
                {
                    listeners = Arrays.copyOf(listeners, count * 2);
                }
                listeners[count++] = at;
            }
            at = EndpointTable.nextAlike(at);
        }
        return count;
    }

    @Override
    public void onIcmpError(final IcmpError error, final long nowNs)
    {
        final UnsafeBuffer buffer = error.buffer();
        final int offset = error.offset();
        final UdpEndpoint endpoint = find(
            error.localHi(), error.localLo(),
            BigEndian.getUint16(buffer, offset + UdpHeader.SOURCE_PORT_OFFSET),
            error.remoteHi(), error.remoteLo(),
            BigEndian.getUint16(buffer, offset + UdpHeader.DESTINATION_PORT_OFFSET));
        if (endpoint == null)
        {
            return;
        }
        if (error.kind() == IcmpError.Kind.PACKET_TOO_BIG)
        {
            final Destination destination =
                destinations.get(error.localHi(), error.localLo(), error.remoteHi(), error.remoteLo());
            if (destination != null)
            {
                ip.updatePathMtu(destination, error.mtu());
            }
        }
        try
        {
            endpoint.handler.onError(endpoint, error.kind());
        }
        catch (final Throwable ex)
        {
            onHandlerError(ex);
        }
    }

    @Override
    public int doWork(final long nowNs)
    {
        return 0;
    }

    @Override
    public long nextDeadlineNs()
    {
        return Long.MAX_VALUE;
    }

    @Override
    public void onFlushed(final boolean isComplete)
    {
        if (isComplete && !awaitingRoom.isEmpty())
        {
            final List<UdpEndpoint> told = awaitingRoom;
            awaitingRoom = new ArrayList<>();
            for (final UdpEndpoint endpoint : told)
            {
                endpoint.isAwaitingRoom = false;
                try
                {
                    endpoint.handler.onRoom(endpoint);
                }
                catch (final Throwable ex)
                {
                    onHandlerError(ex);
                }
            }
        }
    }

    @Override
    public void close(final long nowNs)
    {
        endpoints.forEach(UdpEndpoint::close);
    }

    void awaitRoom(final UdpEndpoint endpoint)
    {
        awaitingRoom.add(endpoint);
    }

    Ip ip()
    {
        return ip;
    }

    DestinationCache destinations()
    {
        return destinations;
    }

    void add(final UdpEndpoint endpoint)
    {
        endpoints.add(endpoint);
    }

    void remove(final UdpEndpoint endpoint)
    {
        endpoints.remove(endpoint);
    }

    void release(final UdpEndpoint endpoint)
    {
        ports.release(endpoint.boundHi, endpoint.boundLo, endpoint.localPort);
    }

    TxFrame claim(final Destination destination, final int trafficClass, final int length)
    {
        return ip.claim(destination, ProtocolNumber.UDP, trafficClass, UdpHeader.LENGTH + length, false);
    }

    int payloadOffset()
    {
        return ip.transportOffset() + UdpHeader.LENGTH;
    }

    void commit(final UdpEndpoint endpoint, final TxFrame frame, final int length, final int toPort)
    {
        final UnsafeBuffer buffer = frame.buffer();
        final int at = ip.transportOffset();
        BigEndian.putInt32(buffer, at, endpoint.localPort << 16 | toPort);
        BigEndian.putInt32(buffer, at + UdpHeader.LENGTH_OFFSET, UdpHeader.LENGTH + length << 16);
        ip.commit(frame, UdpHeader.CHECKSUM_OFFSET, 0, UdpHeader.LENGTH);
        counters.increment(Counter.UDP_TX_DATAGRAMS);
    }

    /** As {@link #commit}, and a copy comes in over the loopback interface, for sockets of our own that hear it. */
    void commitAndLoopBack(
        final UdpEndpoint endpoint,
        final Destination to,
        final int trafficClass,
        final TxFrame frame,
        final int length,
        final int toPort)
    {
        final boolean isGroup = IpAddress.isMulticast(to.remoteHi(), to.remoteLo());
        if (isGroup && !ip.isJoined(to.remoteHi(), to.remoteLo()))
        {
            commit(endpoint, frame, length, toPort);
            return;
        }
        if (copy == null)
        {
            copy = new UnsafeBuffer(ByteBuffer.allocateDirect(MAX_PAYLOAD_V6));
        }
        copy.putBytes(0, frame.buffer(), payloadOffset(), length);
        commit(endpoint, frame, length, toPort);
        if (wayBack == null || wayBack.remoteLo() != to.remoteLo() || wayBack.remoteHi() != to.remoteHi() ||
            wayBack.sourceLo() != to.sourceLo() || wayBack.sourceHi() != to.sourceHi())
        {
            wayBack = ip.routeBack(to.sourceHi(), to.sourceLo(), to.remoteHi(), to.remoteLo());
        }
        final TxFrame back = wayBack == null ? null : claim(wayBack, trafficClass, length);
        if (back != null)
        {
            back.buffer().putBytes(payloadOffset(), copy, 0, length);
            commit(endpoint, back, length, toPort);
        }
    }

    /** Largest payload that reaches the peer in one packet, as far as is known. */
    int unfragmentedPayload(final Destination to)
    {
        return to.pathMtu() - to.headerLength() - UdpHeader.LENGTH;
    }

    /** Zero means "none" over IPv4 (RFC 768) and is forbidden over IPv6 (RFC 8200 section 8.1). */
    private static boolean isChecksumValid(final IpPacket packet, final int length)
    {
        final UnsafeBuffer buffer = packet.buffer();
        if (BigEndian.getUint16(buffer, packet.offset() + UdpHeader.CHECKSUM_OFFSET) == 0)
        {
            return IpAddress.isV4(packet.destinationHi(), packet.destinationLo());
        }
        if (length == packet.length())
        {
            return packet.isChecksumValid();
        }
        // The datagram is shorter than its packet: only it is covered.
        final long pseudoSum = Checksum.pseudoHeader(
            packet.sourceHi(), packet.sourceLo(), packet.destinationHi(), packet.destinationLo(),
            ProtocolNumber.UDP, length);
        return Checksum.isValid(pseudoSum + Checksum.sum(buffer, packet.offset(), length));
    }

    /** The most specific endpoint: connected to the peer, bound to the address, bound to all. */
    private UdpEndpoint find(
        final long localHi,
        final long localLo,
        final int localPort,
        final long remoteHi,
        final long remoteLo,
        final int remotePort)
    {
        // 0 is what endpoints without a peer are filed under.
        UdpEndpoint found = remotePort == 0 ? null :
            endpoints.find(localHi, localLo, localPort, remoteHi, remoteLo, remotePort);
        if (found == null)
        {
            found = endpoints.find(localHi, localLo, localPort, 0, 0, 0);
        }
        if (found == null && IpAddress.isV4(localHi, localLo))
        {
            found = endpoints.find(IpAddress.ANY_V4.hi(), IpAddress.ANY_V4.lo(), localPort, 0, 0, 0);
        }
        return found == null ? endpoints.find(0, 0, localPort, 0, 0, 0) : found;
    }

    private void deliver(
        final UdpEndpoint endpoint,
        final UnsafeBuffer buffer,
        final int offset,
        final int length,
        final long sourceHi,
        final long sourceLo,
        final int sourcePort)
    {
        counters.increment(Counter.UDP_RX_DATAGRAMS);
        try
        {
            endpoint.handler.onDatagram(endpoint, buffer, offset, length, sourceHi, sourceLo, sourcePort);
        }
        catch (final Throwable ex)
        {
            onHandlerError(ex);
        }
    }

    private void onHandlerError(final Throwable ex)
    {
        counters.increment(Counter.STACK_HANDLER_ERRORS);
        context.errorHandler().accept(ex);
    }
}
