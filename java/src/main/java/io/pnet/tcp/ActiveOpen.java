package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Destination;
import io.pnet.ip.Ip;
import io.pnet.ip.IpAddress;
import io.pnet.transport.PortSpace;

import java.io.IOException;
import java.net.BindException;
import java.net.NoRouteToHostException;

/**
 * Active opens (RFC 9293 section 3.10.1): the way there, a local port that is free towards the peer, and an initial
 * sequence number that lies beyond what an earlier connection with the same ports has used. One per transport; owned by
 * the stack's owner.
 */
final class ActiveOpen
{
    private final TcpTransport tcp;
    private final Ip ip;
    private final Counters counters;
    private final PortSpace ports;
    private final IsnGenerator isn;
    private final TimeWaits timeWaits;

    ActiveOpen(
        final TcpTransport tcp,
        final Ip ip,
        final Counters counters,
        final PortSpace ports,
        final IsnGenerator isn,
        final TimeWaits timeWaits)
    {
        this.tcp = tcp;
        this.ip = ip;
        this.counters = counters;
        this.ports = ports;
        this.isn = isn;
        this.timeWaits = timeWaits;
    }

    /** As {@link TcpTransport#connect}, with the settings given. */
    Connection connect(
        final IpAddress local,
        final int localPort,
        final IpAddress remote,
        final int remotePort,
        final TcpSettings settings,
        final TcpHandler handler,
        final long nowNs)
        throws IOException
    {
        final Destination destination = ip.route(local.hi(), local.lo(), remote.hi(), remote.lo());
        if (destination == null)
        {
            throw new NoRouteToHostException(
                "no route to " + remote + ": add a gateway or an address on its network");
        }
        if (remote.isMulticast() || remote.isUnspecified() || destination.isBroadcast())
        {
            throw new NoRouteToHostException("cannot connect to " + remote + ": not a unicast address");
        }
        final int port = localPort != 0 ? localPort : ports.choose(candidate ->
            ports.isFree(0, 0, candidate) && isFree(destination, candidate, remotePort, settings, nowNs) &&
            ip.isHomeOfTcp(destination, candidate, remotePort));
        if (port != PortSpace.NONE && !ip.isHomeOfTcp(destination, port, remotePort))
        {
            throw new BindException(
                "port " + port + " towards this peer is another stack's of this process; see IpProcess.homeOfTcp");
        }
        if (port == PortSpace.NONE || !isFree(destination, port, remotePort, settings, nowNs))
        {
            throw new BindException(
                "no free local port towards " + remote + " port " + remotePort +
                (localPort != 0 ? ": port " + localPort + " is in use" : ": all ephemeral ports are in use"));
        }
        int iss = isn.initialSequenceNumber(
            destination.sourceHi(), destination.sourceLo(), port, remote.hi(), remote.lo(), remotePort, nowNs);
        if (tcp.find(destination, port, remotePort) instanceof TimeWait old)
        {
            iss = TimeWaits.successor(old, iss);
            counters.increment(Counter.TCP_TIME_WAIT_REUSED);
            timeWaits.end(old);
        }
        final Connection c = tcp.open(destination, port, remotePort, settings, null, handler, iss, nowNs);
        c.state = TcpState.SYN_SENT;
        counters.increment(Counter.TCP_CONNECTS);
        tcp.activate(c);
        return c;
    }

    /** Whether a connect may have these ports: nobody has them, or something that is over and lets them go. */
    private boolean isFree(
        final Destination destination,
        final int localPort,
        final int remotePort,
        final TcpSettings settings,
        final long nowNs)
    {
        final Flow flow = tcp.find(destination, localPort, remotePort);
        return flow == null || timeWaits.isReusable(flow, settings, nowNs);
    }
}
