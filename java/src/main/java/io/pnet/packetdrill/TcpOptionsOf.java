package io.pnet.packetdrill;

import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.congestion.CongestionControls;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The options of one TCP socket, mapped to the stack's settings where they mean something there. */
final class TcpOptionsOf
{
    private static final long S = 1_000_000_000L;
    private static final long MS = 1_000_000L;
    /** Options that change nothing which the stack or a script can tell. */
    private static final Set<String> WITHOUT_EFFECT = Set.of(
        "SO_REUSEADDR", "SO_REUSEPORT", "SO_DEBUG", "SO_NOSIGPIPE", "SO_PRIORITY", "SO_MARK", "SO_BUSY_POLL",
        "SO_TIMESTAMP", "IPV6_V6ONLY", "SO_OOBINLINE", "SO_INCOMING_CPU");

    private final TcpFile file;
    private final Kernel kernel;
    private final Map<String, Long> plain = new HashMap<>();
    private long lingerNs = -1;

    TcpOptionsOf(final TcpFile file, final Kernel kernel)
    {
        this.file = file;
        this.kernel = kernel;
    }

    /** What an accepted socket has of its listener. */
    void inherit(final TcpOptionsOf listener)
    {
        plain.putAll(listener.plain);
        lingerNs = listener.lingerNs;
    }

    /** -1: close returns at once; 0: close resets. */
    long lingerNs()
    {
        return lingerNs;
    }

    /** Returns null when the option is unknown here. */
    Reply set(final String name, final List<Value> value)
    {
        final TcpSettings settings = file.settings();
        if (name.equals("SO_LINGER"))
        {
            return linger(value);
        }
        if (name.equals("TCP_CONGESTION"))
        {
            return congestion(value);
        }
        if (value.isEmpty())
        {
            return null;
        }
        final long n = kernel.number(value.get(0));
        switch (name)
        {
            case "SO_RCVBUF":
            case "SO_RCVBUFFORCE":
                settings.receiveBufferBytes = (int)(kernel.dialect().isBsd() ? n : Math.max(2_304, 2 * n));
                break;
            case "SO_SNDBUF":
            case "SO_SNDBUFFORCE":
                settings.sendBufferBytes = (int)(kernel.dialect().isBsd() ? n + TcpFile.BSD_SLACK :
                    Math.max(4_608, 2 * n));
                break;
            case "SO_KEEPALIVE":
                settings.keepAlive = n != 0;
                break;
            case "TCP_NODELAY":
                settings.noDelay = n != 0;
                break;
            case "TCP_MAXSEG":
                settings.maxSegmentSize = (int)n;
                break;
            case "TCP_NOOPT":
                settings.compatibility.noOptions = n != 0;
                break;
            case "TCP_KEEPINIT":
                settings.synTimeoutNs = n * S;
                break;
            case "TCP_KEEPIDLE":
            case "TCP_KEEPALIVE":
                settings.keepAliveIdleNs = n * S;
                break;
            case "TCP_KEEPINTVL":
                settings.keepAliveIntervalNs = n * S;
                break;
            case "TCP_KEEPCNT":
                settings.keepAliveProbes = (int)n;
                break;
            case "TCP_USER_TIMEOUT":
                settings.userTimeoutNs = n * MS;
                break;
            case "TCP_SYNCNT":
                settings.synTimeoutNs = settings.initialRtoNs * ((1L << n + 1) - 1);
                break;
            case "IP_TOS":
            case "IPV6_TCLASS":
                settings.trafficClass = (int)n;
                break;
            case "IP_TTL":
            case "IPV6_UNICAST_HOPS":
                settings.hopLimit = (int)n;
                break;
            case "TCP_NOTSENT_LOWAT":
                // Only a limit that is none changes nothing here.
                kernel.require(n < 0 || n >= Integer.MAX_VALUE, "TCP_NOTSENT_LOWAT of " + n);
                break;
            case "IP_MTU_DISCOVER":
            case "IPV6_MTU_DISCOVER":
                kernel.require(n == 1 || n == 2, "path MTU discovery of another kind");
                break;
            default:
                if (!WITHOUT_EFFECT.contains(name))
                {
                    return null;
                }
                break;
        }
        plain.put(name, n);
        return Reply.OK;
    }

    private Reply linger(final List<Value> value)
    {
        final Value first = value.isEmpty() ? new Value.Any() : value.get(0);
        final long on;
        final long seconds;
        if (first instanceof Value.Struct struct)
        {
            final Value onoff = struct.fields().getOrDefault("onoff", struct.fields().getOrDefault(
                "l_onoff", struct.fields().get("0")));
            final Value linger = struct.fields().getOrDefault("linger", struct.fields().getOrDefault(
                "l_linger", struct.fields().get("1")));
            kernel.require(onoff != null && linger != null, "this form of SO_LINGER");
            on = kernel.number(onoff);
            seconds = kernel.number(linger);
        }
        else
        {
            kernel.require(value.size() == 2, "this form of SO_LINGER");
            on = kernel.number(first);
            seconds = kernel.number(value.get(1));
        }
        lingerNs = on == 0 ? -1 : seconds * S;
        return Reply.OK;
    }

    private Reply congestion(final List<Value> value)
    {
        final String name = value.get(0) instanceof Value.Text text ? text.text() : value.get(0).toString();
        final String ours = name.equals("reno") ? "newreno" : name;
        if (!CongestionControls.has(ours))
        {
            return null;
        }
        file.settings().congestionControl = CongestionControls.named(ours);
        return Reply.OK;
    }

    /** Returns null when the option is unknown here. */
    Long get(final String name)
    {
        final TcpSettings settings = file.settings();
        switch (name)
        {
            case "SO_RCVBUF":
                return (long)(file.connection() != null ?
                    file.connection().receiveBufferBytes() : settings.receiveBufferBytes);
            case "SO_SNDBUF":
                return (long)file.sendBufferBytes();
            case "SO_KEEPALIVE":
                return settings.keepAlive ? 1L : 0L;
            case "SO_ACCEPTCONN":
                return file.isListening() ? 1L : 0L;
            case "SO_TYPE":
                return 1L;
            case "SO_PROTOCOL":
                return 6L;
            case "TCP_NODELAY":
                return flag(settings.noDelay);
            case "TCP_NOOPT":
                return flag(settings.compatibility.noOptions);
            case "TCP_MAXSEG":
                return file.connection() != null ? (long)file.connection().info().mss() :
                    settings.maxSegmentSize > 0 ? (long)settings.maxSegmentSize : 536L;
            case "TCP_KEEPINIT":
                return settings.synTimeoutNs / S;
            case "TCP_KEEPIDLE":
            case "TCP_KEEPALIVE":
                return settings.keepAliveIdleNs / S;
            case "TCP_KEEPINTVL":
                return settings.keepAliveIntervalNs / S;
            case "TCP_KEEPCNT":
                return (long)settings.keepAliveProbes;
            case "TCP_USER_TIMEOUT":
                return plain.getOrDefault(name, 0L);
            case "IP_TOS":
            case "IPV6_TCLASS":
                return (long)settings.trafficClass;
            case "IP_TTL":
            case "IPV6_UNICAST_HOPS":
                return settings.hopLimit == 0 ? 64L : (long)settings.hopLimit;
            default:
                return WITHOUT_EFFECT.contains(name) ? plain.getOrDefault(name, 0L) : plain.get(name);
        }
    }

    private static long flag(final boolean isSet)
    {
        return isSet ? 1 : 0;
    }
}
