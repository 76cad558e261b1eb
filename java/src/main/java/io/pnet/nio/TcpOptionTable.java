package io.pnet.nio;

import io.pnet.stack.Home;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpSettings;
import jdk.net.ExtendedSocketOptions;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The options of one TCP channel: what was set, remembered for the side that it is decided for, and what holds where
 * nothing was set. Any thread.
 */
final class TcpOptionTable
{
    /** Of channels that connect. */
    static final Set<SocketOption<?>> OF_CHANNELS;
    /** Of servers. */
    static final Set<SocketOption<?>> OF_SERVERS;

    private static final long S = 1_000_000_000L;
    private static final int MAX_LINGER_S = 65_535;
    private static final int MAX_TIME_S = 32_767;
    private static final int MAX_PROBES = 127;
    /** As on Linux: what is less is as much. */
    private static final int MIN_BUFFER_BYTES = 2_304;
    private static final int MAX_BUFFER_BYTES = 32 << 20;
    private static final int INITIAL_SEND_BYTES = 256 << 10;
    private static final int INITIAL_RECEIVE_BYTES = 65_535;

    /** What a runtime without the module {@code jdk.net} does without. */
    private static final class Extended
    {
        static final Set<SocketOption<?>> ALL = Set.of(
            ExtendedSocketOptions.TCP_KEEPIDLE,
            ExtendedSocketOptions.TCP_KEEPINTERVAL,
            ExtendedSocketOptions.TCP_KEEPCOUNT,
            ExtendedSocketOptions.TCP_QUICKACK);
    }

    static
    {
        final Set<SocketOption<?>> server = new HashSet<>(
            Set.of(StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_REUSEADDR));
        try
        {
            server.addAll(Extended.ALL);
        }
        catch (final NoClassDefFoundError ex)
        {
            // There is no way to name them, then.
        }
        final Set<SocketOption<?>> channel = new HashSet<>(server);
        channel.addAll(Set.of(
            StandardSocketOptions.SO_SNDBUF,
            StandardSocketOptions.SO_KEEPALIVE,
            StandardSocketOptions.SO_LINGER,
            StandardSocketOptions.TCP_NODELAY,
            StandardSocketOptions.IP_TOS));
        OF_SERVERS = Collections.unmodifiableSet(server);
        OF_CHANNELS = Collections.unmodifiableSet(channel);
    }

    private final Set<SocketOption<?>> supported;
    private final Map<SocketOption<?>, Object> values = new ConcurrentHashMap<>();

    TcpOptionTable(final Set<SocketOption<?>> supported)
    {
        this.supported = supported;
    }

    /**
     * Refuses what is not supported.
     *
     * @throws UnsupportedOperationException as the JDK's channels do.
     */
    void check(final SocketOption<?> name)
    {
        Objects.requireNonNull(name);
        if (!supported.contains(name))
        {
            throw new UnsupportedOperationException("'" + name + "' not supported");
        }
    }

    /**
     * Remembers a value.
     *
     * @return whether a connection has to know: it does not know of SO_LINGER and SO_REUSEADDR, and knows already what
     *     was set before. Servers set options on everything they accept.
     * @throws IllegalArgumentException when it is none for this option.
     */
    <T> boolean set(final SocketOption<T> name, final T value)
    {
        check(name);
        if (!name.type().isInstance(value))
        {
            throw new IllegalArgumentException("Invalid value '" + value + "'");
        }
        Object kept = value;
        if (name == StandardSocketOptions.SO_SNDBUF || name == StandardSocketOptions.SO_RCVBUF)
        {
            requireRange("send/receive buffer size", (Integer)value, 0, Integer.MAX_VALUE);
            kept = Math.max(MIN_BUFFER_BYTES, Math.min(MAX_BUFFER_BYTES, (Integer)value));
        }
        else if (name == StandardSocketOptions.SO_LINGER)
        {
            kept = Math.max(-1, Math.min(MAX_LINGER_S, (Integer)value));
        }
        else if (name == StandardSocketOptions.IP_TOS)
        {
            requireRange("IP_TOS value", (Integer)value, 0, 255);
        }
        else if (isNamed(name, "TCP_KEEPIDLE") || isNamed(name, "TCP_KEEPINTERVAL"))
        {
            requireRange(name.name() + " value", (Integer)value, 1, MAX_TIME_S);
        }
        else if (isNamed(name, "TCP_KEEPCOUNT"))
        {
            requireRange(name.name() + " value", (Integer)value, 1, MAX_PROBES);
        }
        final Object old = values.put(name, kept);
        final boolean isTheChannels =
            name == StandardSocketOptions.SO_LINGER || name == StandardSocketOptions.SO_REUSEADDR;
        return !isTheChannels && (!kept.equals(old) || isNamed(name, "TCP_QUICKACK"));
    }

    private static void requireRange(final String what, final int value, final int min, final int max)
    {
        if (value < min || value > max)
        {
            throw new IllegalArgumentException("Invalid " + what + " " + value);
        }
    }

    private static boolean isNamed(final SocketOption<?> option, final String name)
    {
        return option.name().equals(name);
    }

    /**
     * What holds.
     *
     * @param defaults   where nothing was set.
     * @param connection null while there is none.
     */
    @SuppressWarnings("unchecked")
    <T> T get(final SocketOption<T> name, final TcpSettings defaults, final Connection connection)
    {
        check(name);
        final Object value = values.get(name);
        return (T)(value != null ? value : unset(name, defaults, connection));
    }

    private Object unset(final SocketOption<?> name, final TcpSettings process, final Connection connection)
    {
        // What was accepted has its listener's.
        final TcpSettings defaults = connection != null ? connection.settings() : process;
        switch (name.name())
        {
            case "SO_SNDBUF":
                return connection != null ? connection.sendBufferBytes() :
                    defaults.sendBufferBytes > 0 ? defaults.sendBufferBytes : INITIAL_SEND_BYTES;
            case "SO_RCVBUF":
                return defaults.receiveBufferBytes > 0 ? defaults.receiveBufferBytes : INITIAL_RECEIVE_BYTES;
            case "SO_KEEPALIVE":
                return defaults.keepAlive;
            case "SO_REUSEADDR":
                // The JDK sets it for servers.
                return supported == OF_SERVERS;
            case "SO_LINGER":
                return -1;
            case "TCP_NODELAY":
                return defaults.noDelay;
            case "IP_TOS":
                return defaults.trafficClass;
            case "TCP_KEEPIDLE":
                return (int)(defaults.keepAliveIdleNs / S);
            case "TCP_KEEPINTERVAL":
                return (int)(defaults.keepAliveIntervalNs / S);
            case "TCP_KEEPCOUNT":
                return defaults.keepAliveProbes;
            default:
                // TCP_QUICKACK: on until acknowledgements travel with answers.
                return true;
        }
    }

    /** SO_LINGER in seconds, -1 for off. */
    int lingerS()
    {
        return (Integer)values.getOrDefault(StandardSocketOptions.SO_LINGER, -1);
    }

    /** The process's settings, but for what was set here; null where nothing was. */
    TcpSettings settings(final TcpSettings defaults)
    {
        if (values.isEmpty())
        {
            return null;
        }
        final TcpSettings settings = defaults.copy();
        values.forEach((name, value) -> apply(name, value, settings));
        return settings;
    }

    private static void apply(final SocketOption<?> name, final Object value, final TcpSettings settings)
    {
        switch (name.name())
        {
            case "SO_SNDBUF":
                settings.sendBufferBytes = (Integer)value;
                break;
            case "SO_RCVBUF":
                settings.receiveBufferBytes = (Integer)value;
                break;
            case "SO_KEEPALIVE":
                settings.keepAlive = (Boolean)value;
                break;
            case "TCP_NODELAY":
                settings.noDelay = (Boolean)value;
                break;
            case "IP_TOS":
                settings.trafficClass = (Integer)value;
                break;
            case "TCP_KEEPIDLE":
                settings.keepAliveIdleNs = (Integer)value * S;
                break;
            case "TCP_KEEPINTERVAL":
                settings.keepAliveIntervalNs = (Integer)value * S;
                break;
            case "TCP_KEEPCOUNT":
                settings.keepAliveProbes = (Integer)value;
                break;
            default:
                // The others are the channel's business, or the moment's.
        }
    }

    /**
     * Gives a running connection one that has just been set. Any thread; it waits for the stack only where the next
     * call could see the difference: servers set the others on everything they accept, while the stack is busy.
     */
    void apply(final SocketOption<?> name, final Home home, final Connection connection)
    {
        final Object value = values.get(name);
        final boolean isQuickAck = isNamed(name, "TCP_QUICKACK");
        if (isQuickAck || name == StandardSocketOptions.SO_SNDBUF)
        {
            home.exclusively(() ->
            {
                if (isQuickAck)
                {
                    connection.quickAck((Boolean)value);
                }
                else
                {
                    connection.changeSettings(settings -> apply(name, value, settings));
                }
                return null;
            });
            return;
        }
        connection.wantSettings(settings -> apply(name, value, settings));
        if (connection.unacknowledged() > 0)
        {
            // What Nagle's algorithm holds back may be free to go.
            home.driver().kick();
        }
    }

    /** Gives a listener's settings one that has just been set. Stack's owner. */
    void apply(final SocketOption<?> name, final TcpSettings settings)
    {
        apply(name, values.get(name), settings);
    }

    /** Gives everything that was set to a kernel's channel. */
    void applyTo(final NetworkChannel channel) throws IOException
    {
        for (final SocketOption<?> name : values.keySet())
        {
            applyTo(channel, name);
        }
    }

    /** Gives everything that was set to a kernel's socket. */
    @SuppressWarnings("unchecked")
    void applyTo(final Socket socket) throws IOException
    {
        for (final SocketOption<?> name : values.keySet())
        {
            if (socket.supportedOptions().contains(name))
            {
                socket.setOption((SocketOption<Object>)name, values.get(name));
            }
        }
    }

    /** Gives one that was set to a kernel's channel, if it has such a one. */
    @SuppressWarnings("unchecked")
    void applyTo(final NetworkChannel channel, final SocketOption<?> name) throws IOException
    {
        if (channel.supportedOptions().contains(name))
        {
            channel.setOption((SocketOption<Object>)name, values.get(name));
        }
    }
}
