package io.pnet.nio;

import io.pnet.udp.UdpEndpoint;

import java.io.IOException;
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
 * The options of one datagram channel: what was set, remembered for the sides that it is decided for, and what holds
 * where nothing was set. Any thread.
 */
final class DatagramOptions
{
    /** What is supported: the standard ones, and IP_DONTFRAGMENT where the JDK has it. */
    static final Set<SocketOption<?>> SUPPORTED;
    /** Bytes that may wait for a reader unless told otherwise; as much as on Linux. */
    static final int DEFAULT_BUFFER_BYTES = 212_992;

    /** JDK 19 and later; null before. */
    private static final SocketOption<?> DONT_FRAGMENT = dontFragment();
    private static final int MIN_BUFFER_BYTES = 2_304;
    private static final int MAX_BUFFER_BYTES = 32 << 20;
    private static final int MAX_BYTE = 255;

    static
    {
        final Set<SocketOption<?>> all = new HashSet<>(Set.of(
            StandardSocketOptions.SO_SNDBUF,
            StandardSocketOptions.SO_RCVBUF,
            StandardSocketOptions.SO_REUSEADDR,
            StandardSocketOptions.SO_REUSEPORT,
            StandardSocketOptions.SO_BROADCAST,
            StandardSocketOptions.IP_TOS,
            StandardSocketOptions.IP_MULTICAST_IF,
            StandardSocketOptions.IP_MULTICAST_TTL,
            StandardSocketOptions.IP_MULTICAST_LOOP));
        if (DONT_FRAGMENT != null)
        {
            all.add(DONT_FRAGMENT);
        }
        SUPPORTED = Collections.unmodifiableSet(all);
    }

    private final Map<SocketOption<?>, Object> values = new ConcurrentHashMap<>();

    private static SocketOption<?> dontFragment()
    {
        try
        {
            return (SocketOption<?>)Class.forName("jdk.net.ExtendedSocketOptions")
                .getField("IP_DONTFRAGMENT").get(null);
        }
        catch (final ReflectiveOperationException ex)
        {
            return null;
        }
    }

    /**
     * Refuses what is not supported.
     *
     * @throws UnsupportedOperationException as the JDK's channels do.
     */
    static void check(final SocketOption<?> name)
    {
        Objects.requireNonNull(name);
        if (!SUPPORTED.contains(name))
        {
            throw new UnsupportedOperationException("'" + name + "' not supported");
        }
    }

    /**
     * Remembers a value.
     *
     * @throws IllegalArgumentException when it is none for this option.
     */
    <T> void set(final SocketOption<T> name, final T value)
    {
        check(name);
        if (!name.type().isInstance(value))
        {
            throw new IllegalArgumentException("Invalid value '" + value + "'");
        }
        Object kept = value;
        if (name == StandardSocketOptions.SO_SNDBUF || name == StandardSocketOptions.SO_RCVBUF)
        {
            requireRange("send/receive buffer size", (Integer)value, Integer.MAX_VALUE);
            kept = Math.max(MIN_BUFFER_BYTES, Math.min(MAX_BUFFER_BYTES, (Integer)value));
        }
        else if (name == StandardSocketOptions.IP_TOS)
        {
            requireRange("IP_TOS value", (Integer)value, MAX_BYTE);
        }
        else if (name == StandardSocketOptions.IP_MULTICAST_TTL)
        {
            requireRange("TTL/hop value", (Integer)value, MAX_BYTE);
        }
        values.put(name, kept);
    }

    private static void requireRange(final String what, final int value, final int max)
    {
        if (value < 0 || value > max)
        {
            throw new IllegalArgumentException("Invalid " + what);
        }
    }

    /** What holds; null for an interface that was not chosen. */
    @SuppressWarnings("unchecked")
    <T> T get(final SocketOption<T> name)
    {
        check(name);
        final Object value = values.get(name);
        return (T)(value != null ? value : unset(name));
    }

    private static Object unset(final SocketOption<?> name)
    {
        switch (name.name())
        {
            case "SO_SNDBUF":
            case "SO_RCVBUF":
                return DEFAULT_BUFFER_BYTES;
            case "IP_TOS":
                return 0;
            case "IP_MULTICAST_TTL":
                return 1;
            case "IP_MULTICAST_LOOP":
                return true;
            case "IP_MULTICAST_IF":
                return null;
            default:
                return false;
        }
    }

    /** Whether others may have the port as well. */
    boolean isShared()
    {
        return get(StandardSocketOptions.SO_REUSEADDR) || get(StandardSocketOptions.SO_REUSEPORT);
    }

    /** Gives an endpoint of ours everything. Stack's owner. */
    void applyTo(final UdpEndpoint endpoint)
    {
        endpoint.broadcast(get(StandardSocketOptions.SO_BROADCAST))
            .trafficClass(get(StandardSocketOptions.IP_TOS))
            .groupHopLimit(get(StandardSocketOptions.IP_MULTICAST_TTL))
            .loopBack(get(StandardSocketOptions.IP_MULTICAST_LOOP))
            .balanced(get(StandardSocketOptions.SO_REUSEPORT))
            .fragmenting(DONT_FRAGMENT == null || !(Boolean)get(DONT_FRAGMENT));
    }

    /** Gives a kernel's channel everything that was set. */
    void applyTo(final NetworkChannel channel) throws IOException
    {
        for (final SocketOption<?> name : values.keySet())
        {
            applyTo(channel, name);
        }
    }

    /** Gives a kernel's channel one that was set, if it has such a one. */
    @SuppressWarnings("unchecked")
    void applyTo(final NetworkChannel channel, final SocketOption<?> name) throws IOException
    {
        if (channel.supportedOptions().contains(name))
        {
            channel.setOption((SocketOption<Object>)name, values.get(name));
        }
    }
}
