package io.pnet.transport;

import io.pnet.ip.IpAddress;
import org.agrona.collections.Int2ObjectHashMap;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/**
 * The ports of one protocol: who has which, by local address, and ephemeral ones chosen so that nobody outside can
 * guess them (RFC 6056 section 3.3.1). Every operation is O(1) in the number of bindings; choosing is so on average
 * while most ports are free.
 *
 * <p>An unspecified address stands for every address: {@code ::} for those of both versions, {@code 0.0.0.0} for
 * IPv4's. Two bindings of a port conflict when there is an address that both stand for, unless both are shared. Owned
 * by the stack's owner.
 */
public final class PortSpace
{
    /** First ephemeral port. */
    public static final int EPHEMERAL_FIRST = 32_768;
    /** Last ephemeral port. */
    public static final int EPHEMERAL_LAST = 60_999;
    /** No port: what the choosing methods return when none is free. */
    public static final int NONE = -1;

    private static final int EPHEMERAL_COUNT = EPHEMERAL_LAST - EPHEMERAL_FIRST + 1;
    private static final int RANDOM_TRIES = 16;

    /** Bindings of one port by kind, and how many of them let no other have the port. */
    private static final class Port
    {
        int any;
        int anyV4;
        int v4;
        int v6;
        int exclusiveAny;
        int exclusiveAnyV4;
        int exclusiveV4;
        int exclusiveV6;

        boolean isEmpty()
        {
            return any == 0 && anyV4 == 0 && v4 == 0 && v6 == 0;
        }
    }

    /** How often an address and port are taken. */
    private static final class Use
    {
        int count;
        boolean isShared;
    }

    private record Binding(long hi, long lo, int port)
    {
    }

    private final RandomGenerator random;
    private final Int2ObjectHashMap<Port> ports = new Int2ObjectHashMap<>();
    private final Map<Binding, Use> bindings = new HashMap<>();

    /**
     * All ports free.
     *
     * @param random where ephemeral ports are drawn from.
     */
    public PortSpace(final RandomGenerator random)
    {
        this.random = random;
    }

    /**
     * Takes a port.
     *
     * @param hi   local address, or unspecified for all.
     * @param port 1 to 65535.
     * @return false when somebody has it.
     */
    public boolean bind(final long hi, final long lo, final int port)
    {
        if (port < 1 || port > 0xFFFF)
        {
            throw new IllegalArgumentException("bad port " + port + ": it is 1 to 65535");
        }
        if (!isFree(hi, lo, port))
        {
            return false;
        }
        take(hi, lo, port, false);
        return true;
    }

    /**
     * Takes a port that others who share may have as well, as SO_REUSEADDR does for datagrams.
     *
     * @return false when somebody has it who does not share.
     */
    public boolean bindShared(final long hi, final long lo, final int port)
    {
        if (!isSharable(hi, lo, port))
        {
            return false;
        }
        take(hi, lo, port, true);
        return true;
    }

    /**
     * Takes an ephemeral port.
     *
     * @return the port, or {@link #NONE} when all are taken.
     */
    public int bindEphemeral(final long hi, final long lo)
    {
        return bindEphemeral(hi, lo, candidate -> true);
    }

    /**
     * Takes an ephemeral port that will do.
     *
     * @return the port, or {@link #NONE} when there is none.
     */
    public int bindEphemeral(final long hi, final long lo, final IntPredicate isUsable)
    {
        final int port = choose((candidate) -> isUsable.test(candidate) && isFree(hi, lo, candidate));
        if (port != NONE)
        {
            bind(hi, lo, port);
        }
        return port;
    }

    /**
     * Chooses an ephemeral port without taking it, for protocols that may use one towards several peers at a time.
     *
     * @param isUsable says whether a port will do.
     * @return the port, or {@link #NONE} when none will do.
     */
    public int choose(final IntPredicate isUsable)
    {
        for (int i = 0; i < RANDOM_TRIES; i++)
        {
            final int port = EPHEMERAL_FIRST + random.nextInt(EPHEMERAL_COUNT);
            if (isUsable.test(port))
            {
                return port;
            }
        }
        // Nearly full: everything, from a random place on.
        final int start = random.nextInt(EPHEMERAL_COUNT);
        for (int i = 0; i < EPHEMERAL_COUNT; i++)
        {
            final int port = EPHEMERAL_FIRST + (start + i) % EPHEMERAL_COUNT;
            if (isUsable.test(port))
            {
                return port;
            }
        }
        return NONE;
    }

    /** Whether {@link #bind} would succeed. */
    public boolean isFree(final long hi, final long lo, final int port)
    {
        final Port entry = ports.get(port);
        if (entry == null)
        {
            return true;
        }
        if (entry.any > 0)
        {
            return false;
        }
        if (!IpAddress.isUnspecified(hi, lo))
        {
            return !(IpAddress.isV4(hi, lo) && entry.anyV4 > 0) && !bindings.containsKey(new Binding(hi, lo, port));
        }
        return IpAddress.isV4(hi, lo) ? entry.anyV4 == 0 && entry.v4 == 0 : entry.isEmpty();
    }

    private boolean isSharable(final long hi, final long lo, final int port)
    {
        final Port entry = ports.get(port);
        if (entry == null)
        {
            return true;
        }
        if (entry.exclusiveAny > 0)
        {
            return false;
        }
        final boolean isV4 = IpAddress.isV4(hi, lo);
        if (!IpAddress.isUnspecified(hi, lo))
        {
            final Use use = bindings.get(new Binding(hi, lo, port));
            return !(isV4 && entry.exclusiveAnyV4 > 0) && (use == null || use.isShared);
        }
        return entry.exclusiveAnyV4 == 0 && entry.exclusiveV4 == 0 && (isV4 || entry.exclusiveV6 == 0);
    }

    /** Gives a port back; nothing happens if it was not taken with this address. */
    public void release(final long hi, final long lo, final int port)
    {
        final Binding binding = new Binding(hi, lo, port);
        final Use use = bindings.get(binding);
        if (use != null)
        {
            final Port entry = ports.get(port);
            count(entry, hi, lo, use.isShared, -1);
            if (--use.count == 0)
            {
                bindings.remove(binding);
            }
            if (entry.isEmpty())
            {
                ports.remove(port);
            }
        }
    }

    /** Bindings altogether. */
    public int size()
    {
        int size = 0;
        for (final Use use : bindings.values())
        {
            size += use.count;
        }
        return size;
    }

    private void take(final long hi, final long lo, final int port, final boolean isShared)
    {
        Port entry = ports.get(port);
        if (entry == null)
        {
            entry = new Port();
            ports.put(port, entry);
        }
        count(entry, hi, lo, isShared, 1);
        final Use use = bindings.computeIfAbsent(new Binding(hi, lo, port), (binding) -> new Use());
        use.count++;
        use.isShared = isShared;
    }

    private static void count(
        final Port entry, final long hi, final long lo, final boolean isShared, final int change)
    {
        final boolean isV4 = IpAddress.isV4(hi, lo);
        final int exclusive = isShared ? 0 : change;
        if (IpAddress.isUnspecified(hi, lo))
        {
            entry.anyV4 += isV4 ? change : 0;
            entry.any += isV4 ? 0 : change;
            entry.exclusiveAnyV4 += isV4 ? exclusive : 0;
            entry.exclusiveAny += isV4 ? 0 : exclusive;
        }
        else
        {
            entry.v4 += isV4 ? change : 0;
            entry.v6 += isV4 ? 0 : change;
            entry.exclusiveV4 += isV4 ? exclusive : 0;
            entry.exclusiveV6 += isV4 ? 0 : exclusive;
        }
    }
}
