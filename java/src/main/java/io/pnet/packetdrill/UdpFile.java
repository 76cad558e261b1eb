package io.pnet.packetdrill;

import io.pnet.ip.IcmpError;
import io.pnet.ip.IpAddress;
import io.pnet.udp.UdpEndpoint;
import io.pnet.udp.UdpHandler;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.net.BindException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** A UDP socket. */
final class UdpFile extends OpenFile
{
    private final Kernel kernel;
    private final Deque<Integer> waiting = new ArrayDeque<>();
    private UdpEndpoint endpoint;
    private boolean isConnected;
    private String error;
    private int trafficClass;
    private int hopLimit;
    private long edges;

    UdpFile(final Kernel kernel)
    {
        this.kernel = kernel;
    }

    private final class Handler implements UdpHandler
    {
        @Override
        public void onDatagram(
            final UdpEndpoint at,
            final UnsafeBuffer buffer,
            final int offset,
            final int length,
            final long sourceHi,
            final long sourceLo,
            final int sourcePort)
        {
            waiting.add(length);
            edges++;
        }

        @Override
        public void onError(final UdpEndpoint at, final IcmpError.Kind kind)
        {
            if (!isConnected)
            {
                return;
            }
            edges++;
            switch (kind)
            {
                case PORT_UNREACHABLE:
                    error = "ECONNREFUSED";
                    break;
                case PROTOCOL_UNREACHABLE:
                    error = "ENOPROTOOPT";
                    break;
                case PACKET_TOO_BIG:
                    error = "EMSGSIZE";
                    break;
                default:
                    error = "EHOSTUNREACH";
                    break;
            }
        }
    }

    private boolean open(final int port)
    {
        if (endpoint != null)
        {
            return true;
        }
        try
        {
            endpoint = kernel.host().stack().udp().bind(IpAddress.ANY, port, new Handler());
            kernel.bound(endpoint.localPort());
            apply();
            return true;
        }
        catch (final BindException ex)
        {
            return false;
        }
    }

    private void apply()
    {
        if (endpoint != null && trafficClass != 0)
        {
            endpoint.trafficClass(trafficClass);
        }
        if (endpoint != null && hopLimit != 0)
        {
            endpoint.hopLimit(hopLimit);
        }
    }

    @Override
    Attempt bind(final int port)
    {
        return () -> endpoint != null ? Reply.error("EINVAL") : open(port) ? Reply.OK : Reply.error("EADDRINUSE");
    }

    @Override
    Attempt connect(final boolean isUnspecified, final int port)
    {
        return () ->
        {
            if (isUnspecified)
            {
                isConnected = false;
                if (endpoint != null)
                {
                    endpoint.disconnect();
                }
                return Reply.OK;
            }
            if (!open(0))
            {
                return Reply.error("EADDRNOTAVAIL");
            }
            try
            {
                endpoint.connect(kernel.host().remote, port);
                isConnected = true;
                kernel.connecting(endpoint.localPort(), port);
                return Reply.OK;
            }
            catch (final IOException ex)
            {
                return Reply.error("EHOSTUNREACH");
            }
        };
    }

    @Override
    Attempt read(final long length, final int flags)
    {
        kernel.require((flags & ~(Symbols.MSG_DONTWAIT | Symbols.MSG_PEEK | Symbols.MSG_TRUNC)) == 0,
            "these flags of recv on UDP");
        final boolean mayWait = !isNonBlocking && (flags & Symbols.MSG_DONTWAIT) == 0;
        return () ->
        {
            if (error != null)
            {
                return Reply.error(takeError());
            }
            final Integer size = (flags & Symbols.MSG_PEEK) != 0 ? waiting.peek() : waiting.poll();
            if (size == null)
            {
                return mayWait ? null : Reply.error("EAGAIN");
            }
            return Reply.of((flags & Symbols.MSG_TRUNC) != 0 ? size : Math.min(length, size));
        };
    }

    @Override
    Attempt write(final long length, final int flags, final int port)
    {
        kernel.require((flags & ~(Symbols.MSG_DONTWAIT | Symbols.MSG_NOSIGNAL)) == 0, "these flags of send on UDP");
        return () ->
        {
            if (error != null)
            {
                return Reply.error(takeError());
            }
            if (!open(0))
            {
                return Reply.error("EADDRNOTAVAIL");
            }
            if (port < 0 && !isConnected)
            {
                return Reply.error("EDESTADDRREQ");
            }
            final UnsafeBuffer bytes = new UnsafeBuffer(new byte[(int)Math.min(length, 1 << 16)]);
            final IpAddress to = kernel.host().remote;
            if (port >= 0)
            {
                kernel.connecting(endpoint.localPort(), port);
            }
            final int sent = port < 0 ? endpoint.send(bytes, 0, (int)length) :
                endpoint.send(bytes, 0, (int)length, to.hi(), to.lo(), port);
            kernel.host().settle();
            switch (sent)
            {
                case UdpEndpoint.NO_ROUTE:
                    return Reply.error("ENETUNREACH");
                case UdpEndpoint.TOO_LARGE:
                    return Reply.error("EMSGSIZE");
                case UdpEndpoint.BACK_PRESSURED:
                    return Reply.error("EAGAIN");
                case UdpEndpoint.BROADCAST_OFF:
                    return Reply.error("EACCES");
                default:
                    return sent < 0 ? Reply.error("EPIPE") : Reply.of(length);
            }
        };
    }

    @Override
    Attempt shutdown(final int how)
    {
        return () -> isConnected ? Reply.OK : Reply.error("ENOTCONN");
    }

    @Override
    Attempt close()
    {
        if (endpoint != null)
        {
            endpoint.close();
            kernel.host().settle();
        }
        return () -> Reply.OK;
    }

    @Override
    int readiness()
    {
        return (waiting.isEmpty() && error == null ? 0 : Symbols.POLLIN | Symbols.POLLRDNORM) |
            Symbols.POLLOUT | Symbols.POLLWRNORM | (error == null ? 0 : Symbols.POLLERR);
    }

    @Override
    long readEdges()
    {
        return edges;
    }

    @Override
    Reply setOption(final String level, final String name, final List<Value> value)
    {
        switch (name)
        {
            case "SO_REUSEADDR":
            case "SO_REUSEPORT":
            case "SO_RCVBUF":
            case "SO_SNDBUF":
            case "IP_MTU_DISCOVER":
            case "IPV6_MTU_DISCOVER":
                return Reply.OK;
            case "SO_BROADCAST":
                return Reply.OK;
            case "IP_TOS":
            case "IPV6_TCLASS":
                trafficClass = (int)kernel.number(value.get(0));
                apply();
                return Reply.OK;
            case "IP_TTL":
            case "IPV6_UNICAST_HOPS":
                hopLimit = (int)kernel.number(value.get(0));
                apply();
                return Reply.OK;
            default:
                return null;
        }
    }

    @Override
    Long getOption(final String level, final String name)
    {
        switch (name)
        {
            case "SO_TYPE":
                return 2L;
            case "IP_TOS":
            case "IPV6_TCLASS":
                return (long)trafficClass;
            default:
                return null;
        }
    }

    String takeError()
    {
        final String taken = error;
        error = null;
        return taken;
    }

    @Override
    long readable()
    {
        return waiting.isEmpty() ? 0 : waiting.peek();
    }
}
