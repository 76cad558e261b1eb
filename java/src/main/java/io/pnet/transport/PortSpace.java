package io.pnet.transport;

import io.pnet.ip.IpAddress;
import org.agrona.collections.Int2ObjectHashMap;

import java.util.HashSet;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/**
 * The ports of one protocol: who has which, by local address, and ephemeral ones chosen so that nobody outside can
 * guess them (RFC 6056 section 3.3.1). Every operation is O(1) in the number of bindings; choosing is so on average
 * while most ports are free.
 *
 * <p>An unspecified address stands for every address: {@code ::} for those of both versions, {@code 0.0.0.0} for
 * IPv4's. Two bindings of a port conflict when there is an address that both stand for. Owned by the stack's owner.
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

    /** Bindings of one port by kind. */
    private static final class Port
    {
        boolean hasAny;
        boolean hasAnyV4;
        int v4;
        int v6;

        boolean isEmpty()
        {
            return !hasAny && !hasAnyV4 && v4 == 0 && v6 == 0;
        }
    }

    private record Binding(long hi, long lo, int port)
    {
    }

    private final RandomGenerator random;
    private final Int2ObjectHashMap<Port> ports = new Int2ObjectHashMap<>();
    private final Set<Binding> bindings = new HashSet<>();

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
        Port entry = ports.get(port);
        if (entry == null)
        {
            entry = new Port();
            ports.put(port, entry);
        }
        count(entry, hi, lo, 1);
        bindings.add(new Binding(hi, lo, port));
        return true;
    }

    /**
     * Takes an ephemeral port.
     *
     * @return the port, or {@link #NONE} when all are taken.
     */
    public int bindEphemeral(final long hi, final long lo)
    {
        final int port = choose((candidate) -> isFree(hi, lo, candidate));
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
        if (entry.hasAny)
        {
            return false;
        }
        if (!IpAddress.isUnspecified(hi, lo))
        {
            return !(IpAddress.isV4(hi, lo) && entry.hasAnyV4) && !bindings.contains(new Binding(hi, lo, port));
        }
        return IpAddress.isV4(hi, lo) ? !entry.hasAnyV4 && entry.v4 == 0 : entry.isEmpty();
    }

    /** Gives a port back; nothing happens if it was not taken with this address. */
    public void release(final long hi, final long lo, final int port)
    {
        if (bindings.remove(new Binding(hi, lo, port)))
        {
            final Port entry = ports.get(port);
            count(entry, hi, lo, -1);
            if (entry.isEmpty())
            {
                ports.remove(port);
            }
        }
    }

    /** Bindings altogether. */
    public int size()
    {
        return bindings.size();
    }

    private static void count(final Port entry, final long hi, final long lo, final int change)
    {
        final boolean isV4 = IpAddress.isV4(hi, lo);
        if (!IpAddress.isUnspecified(hi, lo))
        {
            entry.v4 += isV4 ? change : 0;
            entry.v6 += isV4 ? 0 : change;
        }
        else if (isV4)
        {
            entry.hasAnyV4 = change > 0;
        }
        else
        {
            entry.hasAny = change > 0;
        }
    }
}
