package io.pnet.counters;

import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.ObjLongConsumer;

/**
 * The counters of one stack: one Agrona counter per {@link Counter}, its id being the enum's ordinal, so that a
 * reader in another process (or another thread) finds them by label.
 *
 * <p>Written by the stack's owner only, with ordered stores; read by anybody.
 */
public final class Counters
{
    private static final Counter[] COUNTERS = Counter.values();

    private final UnsafeBuffer values;
    private final CountersReader reader;

    /** Counters in memory of their own. */
    public Counters()
    {
        this(
            new UnsafeBuffer(ByteBuffer.allocateDirect(COUNTERS.length * CountersReader.METADATA_LENGTH)),
            new UnsafeBuffer(ByteBuffer.allocateDirect(COUNTERS.length * CountersReader.COUNTER_LENGTH)));
    }

    /**
     * Counters in memory that was given, for example a mapped file that other processes read.
     *
     * @param metadata zeroed, {@code Counter.values().length * CountersReader.METADATA_LENGTH} bytes.
     * @param values   zeroed, {@code Counter.values().length * CountersReader.COUNTER_LENGTH} bytes.
     */
    public Counters(final UnsafeBuffer metadata, final UnsafeBuffer values)
    {
        final CountersManager manager = new CountersManager(metadata, values);
        for (final Counter counter : COUNTERS)
        {
            final int id = manager.allocate(counter.label(), 0);
            if (id != counter.ordinal())
            {
                throw new IllegalArgumentException("counters memory is not empty: " + counter + " got id " + id);
            }
        }
        this.values = values;
        this.reader = manager;
    }

    /** What several stacks have counted, as of now: counters of their own. */
    public static Counters sum(final List<Counters> parts)
    {
        final Counters sum = new Counters();
        for (final Counter counter : COUNTERS)
        {
            sum.set(counter, parts.stream().mapToLong(part -> part.get(counter)).sum());
        }
        return sum;
    }

    /** Adds one. Stack's owner only. */
    public void increment(final Counter counter)
    {
        add(counter, 1);
    }

    /** Adds {@code amount}. Stack's owner only. */
    public void add(final Counter counter, final long amount)
    {
        final int offset = CountersReader.counterOffset(counter.ordinal());
        values.putLongOrdered(offset, values.getLong(offset) + amount);
    }

    /** Sets a gauge. Stack's owner only. */
    public void set(final Counter counter, final long value)
    {
        values.putLongOrdered(CountersReader.counterOffset(counter.ordinal()), value);
    }

    /** The value now. Any thread. */
    public long get(final Counter counter)
    {
        return values.getLongVolatile(CountersReader.counterOffset(counter.ordinal()));
    }

    /** The sum of all drops: frames and packets that were counted under a reason and thrown away. Any thread. */
    public long drops()
    {
        long sum = 0;
        for (final Counter counter : COUNTERS)
        {
            if (counter.isDrop())
            {
                sum += get(counter);
            }
        }
        return sum;
    }

    /** The sum of all uses: frames that somebody had a use for. Any thread. */
    public long uses()
    {
        long sum = 0;
        for (final Counter counter : COUNTERS)
        {
            if (counter.isUse())
            {
                sum += get(counter);
            }
        }
        return sum;
    }

    /**
     * Frames that arrived and are in neither account: what transports of the user's own were handed, so 0 where there
     * are none (see {@link Counter}). True between two duty cycles, on the stack's owner.
     */
    public long unaccounted()
    {
        return get(Counter.LINK_RX_FRAMES) + get(Counter.GROUP_RX_FRAMES) - drops() - uses();
    }

    /** Shows every counter and its value, in the enum's order. Any thread. */
    public void forEach(final ObjLongConsumer<Counter> consumer)
    {
        for (final Counter counter : COUNTERS)
        {
            consumer.accept(counter, get(counter));
        }
    }

    /** Agrona's reader over the same counters. */
    public CountersReader reader()
    {
        return reader;
    }
}
