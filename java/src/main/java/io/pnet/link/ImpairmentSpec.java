package io.pnet.link;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.StringJoiner;

/**
 * What an {@link Impairment} does to frames, direction by direction. Written as
 * {@code loss=1%,burst=5%:3..20,dup=1%,reorder=2%:3..50,delay=10ms,jitter=2ms,corrupt=0.1%,rate=100mbit,queue=256kB,
 * mtu=1400,seed=7}; a key counts for both directions unless it starts with {@code in.} (frames received) or
 * {@code out.} (frames sent).
 * <table>
 *   <caption>Keys</caption>
 *   <tr><td>loss</td><td>share of frames lost, each by itself</td></tr>
 *   <tr><td>burst</td><td>share of frames at which a burst of losses starts, and how many frames it takes</td></tr>
 *   <tr><td>dup</td><td>share of frames delivered twice</td></tr>
 *   <tr><td>reorder</td><td>share of frames held back, and behind how many later ones (50 ms at most)</td></tr>
 *   <tr><td>delay, jitter</td><td>ns, us, ms or s; jitter adds or takes up to that much and keeps the order</td></tr>
 *   <tr><td>corrupt</td><td>share of frames with one flipped bit, or one burst of at most 15 bits</td></tr>
 *   <tr><td>rate</td><td>bit, kbit, mbit or gbit a second on the wire, with Ethernet's 24 bytes of overhead</td></tr>
 *   <tr><td>queue</td><td>B, kB, MB, KiB or MiB that may wait for the rate; 256 kB unless told</td></tr>
 *   <tr><td>mtu</td><td>IP packets larger than this many bytes vanish, as where ICMP errors are lost</td></tr>
 *   <tr><td>seed</td><td>of the random decisions, for both directions</td></tr>
 * </table>
 *
 * @param in   what happens to received frames.
 * @param out  what happens to sent frames.
 * @param seed of the random decisions, if one was given.
 */
public record ImpairmentSpec(Direction in, Direction out, OptionalLong seed)
{
    /** The queue in front of a rate when none is given, in bytes. */
    public static final int DEFAULT_QUEUE_BYTES = 256_000;

    private static final int MAX_RANGE = 10_000;
    private static final String[] KEYS =
        { "loss", "burst", "dup", "reorder", "delay", "jitter", "corrupt", "rate", "queue", "mtu" };
    private static final String[] TIME_UNITS = { "s", "ms", "us", "ns" };
    private static final long[] TIME_FACTORS = { 1_000_000_000L, 1_000_000L, 1_000L, 1L };
    private static final String[] RATE_UNITS = { "gbit", "mbit", "kbit", "bit" };
    private static final long[] RATE_FACTORS = { 1_000_000_000L, 1_000_000L, 1_000L, 1L };
    private static final String[] SIZE_UNITS = { "MB", "kB", "MiB", "KiB", "B" };
    private static final long[] SIZE_FACTORS = { 1_000_000L, 1_000L, 1L << 20, 1L << 10, 1L };

    /**
     * One direction; shares are 0 to 1, and 0 means "not at all" everywhere.
     *
     * @param loss       share lost.
     * @param burst      share at which a burst starts.
     * @param burstMin   fewest frames of a burst.
     * @param burstMax   most frames of a burst.
     * @param dup        share duplicated.
     * @param reorder    share held back.
     * @param reorderMin fewest frames to be overtaken by.
     * @param reorderMax most frames to be overtaken by.
     * @param delayNs    delay.
     * @param jitterNs   deviation from the delay, at most.
     * @param corrupt    share corrupted.
     * @param rate       bits a second.
     * @param queue      bytes in front of the rate.
     * @param mtu        largest IP packet that passes.
     */
    public record Direction(
        double loss,
        double burst,
        int burstMin,
        int burstMax,
        double dup,
        double reorder,
        int reorderMin,
        int reorderMax,
        long delayNs,
        long jitterNs,
        double corrupt,
        long rate,
        int queue,
        int mtu)
    {
        /** A direction in which nothing happens. */
        public static final Direction NONE = new Direction(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

        /** Whether anything happens to frames at all. */
        public boolean isActive()
        {
            return !equals(NONE);
        }
    }

    /** Checks that nothing is null. */
    public ImpairmentSpec
    {
        Objects.requireNonNull(in);
        Objects.requireNonNull(out);
        Objects.requireNonNull(seed);
    }

    /**
     * Reads a specification; an empty text impairs nothing.
     *
     * @throws IllegalArgumentException with one line that says which part is wrong and what would be right.
     */
    public static ImpairmentSpec parse(final String text)
    {
        final Fields in = new Fields();
        final Fields out = new Fields();
        OptionalLong seed = OptionalLong.empty();
        final Set<String> seen = new HashSet<>();
        for (final String part : text.isBlank() ? new String[0] : text.split(",", -1))
        {
            final String item = part.strip();
            final int equals = item.indexOf('=');
            if (equals <= 0 || equals == item.length() - 1)
            {
                throw wrong(item, "write KEY=VALUE, for example loss=1%");
            }
            final String name = item.substring(0, equals).strip();
            final String value = item.substring(equals + 1).strip();
            final boolean isIn = name.startsWith("in.");
            final boolean isOut = name.startsWith("out.");
            final String key = isIn || isOut ? name.substring(name.indexOf('.') + 1) : name;
            final boolean isNewIn = isOut || seen.add("in." + key);
            final boolean isNewOut = isIn || seen.add("out." + key);
            if (!isNewIn || !isNewOut)
            {
                throw wrong(item, key + " is given twice for one direction, give it once");
            }
            if ("seed".equals(name))
            {
                seed = OptionalLong.of(seed(item, value));
                continue;
            }
            if (!isOut)
            {
                in.set(item, key, value);
            }
            if (!isIn)
            {
                out.set(item, key, value);
            }
        }
        return new ImpairmentSpec(in.direction("in."), out.direction("out."), seed);
    }

    /** The text that {@link #parse} makes this of. */
    @Override
    public String toString()
    {
        final StringJoiner text = new StringJoiner(",");
        for (final String key : KEYS)
        {
            final String inValue = valueOf(in, key);
            final String outValue = valueOf(out, key);
            if (inValue != null && inValue.equals(outValue))
            {
                text.add(key + '=' + inValue);
                continue;
            }
            if (inValue != null)
            {
                text.add("in." + key + '=' + inValue);
            }
            if (outValue != null)
            {
                text.add("out." + key + '=' + outValue);
            }
        }
        seed.ifPresent(value -> text.add("seed=" + value));
        return text.toString();
    }

    private static String valueOf(final Direction direction, final String key)
    {
        switch (key)
        {
            case "loss":
                return share(direction.loss);

            case "burst":
                return ranged(direction.burst, direction.burstMin, direction.burstMax);

            case "dup":
                return share(direction.dup);

            case "reorder":
                return ranged(direction.reorder, direction.reorderMin, direction.reorderMax);

            case "delay":
                return scaled(direction.delayNs, TIME_UNITS, TIME_FACTORS);

            case "jitter":
                return scaled(direction.jitterNs, TIME_UNITS, TIME_FACTORS);

            case "corrupt":
                return share(direction.corrupt);

            case "rate":
                return scaled(direction.rate, RATE_UNITS, RATE_FACTORS);

            case "queue":
                return direction.queue == DEFAULT_QUEUE_BYTES ? null :
                    scaled(direction.queue, SIZE_UNITS, SIZE_FACTORS);

            default:
                return direction.mtu == 0 ? null : Integer.toString(direction.mtu);
        }
    }

    private static String share(final double share)
    {
        return share == 0 ? null :
            BigDecimal.valueOf(share).movePointRight(2).stripTrailingZeros().toPlainString() + '%';
    }

    private static String ranged(final double share, final int min, final int max)
    {
        return share == 0 ? null : share(share) + ':' + min + ".." + max;
    }

    private static String scaled(final long value, final String[] units, final long[] factors)
    {
        if (value == 0)
        {
            return null;
        }
        int i = 0;
        while (value % factors[i] != 0)
        {
            i++;
        }
        return value / factors[i] + units[i];
    }

    private static long seed(final String item, final String value)
    {
        try
        {
            return Long.parseLong(value);
        }
        catch (final NumberFormatException ex)
        {
            throw wrong(item, "a seed is a whole number, for example seed=7");
        }
    }

    private static IllegalArgumentException wrong(final String item, final String advice)
    {
        return new IllegalArgumentException("impairment '" + item + "' is not understood: " + advice);
    }

    /** One direction while it is being read. */
    private static final class Fields
    {
        private double loss;
        private double burst;
        private int burstMin;
        private int burstMax;
        private double dup;
        private double reorder;
        private int reorderMin;
        private int reorderMax;
        private long delayNs;
        private long jitterNs;
        private double corrupt;
        private long rate;
        private int queue;
        private int mtu;

        Direction direction(final String prefix)
        {
            if (queue != 0 && rate == 0)
            {
                throw wrong(prefix + "queue", "a queue waits for a rate, add one, for example rate=100mbit");
            }
            return new Direction(
                loss,
                burst,
                burst == 0 ? 0 : burstMin,
                burst == 0 ? 0 : burstMax,
                dup,
                reorder,
                reorder == 0 ? 0 : reorderMin,
                reorder == 0 ? 0 : reorderMax,
                delayNs,
                jitterNs,
                corrupt,
                rate,
                rate != 0 && queue == 0 ? DEFAULT_QUEUE_BYTES : queue,
                mtu);
        }

        void set(final String item, final String key, final String value)
        {
            switch (key)
            {
                case "loss":
                    loss = share(item, value);
                    break;

                case "burst":
                    burst = share(item, beforeColon(item, value));
                    burstMin = low(item, value);
                    burstMax = high(item, value);
                    break;

                case "dup":
                    dup = share(item, value);
                    break;

                case "reorder":
                    reorder = share(item, beforeColon(item, value));
                    reorderMin = low(item, value);
                    reorderMax = high(item, value);
                    break;

                case "delay":
                    delayNs = scaled(item, value, TIME_UNITS, TIME_FACTORS, 3_600_000_000_000L, "delay=10ms");
                    break;

                case "jitter":
                    jitterNs = scaled(item, value, TIME_UNITS, TIME_FACTORS, 3_600_000_000_000L, "jitter=2ms");
                    break;

                case "corrupt":
                    corrupt = share(item, value);
                    break;

                case "rate":
                    rate = scaled(item, value, RATE_UNITS, RATE_FACTORS, 1_000_000_000_000L, "rate=100mbit");
                    break;

                case "queue":
                    queue = (int)scaled(item, value, SIZE_UNITS, SIZE_FACTORS, 1_000_000_000L, "queue=256kB");
                    break;

                case "mtu":
                    mtu = mtu(item, value);
                    break;

                default:
                    throw wrong(item, "the keys are " + String.join(", ", KEYS) +
                        " (with in. or out. in front for one direction) and seed");
            }
        }

        private static double share(final String item, final String value)
        {
            try
            {
                final BigDecimal number = value.endsWith("%") ?
                    new BigDecimal(value.substring(0, value.length() - 1)).movePointLeft(2) : new BigDecimal(value);
                final double share = number.doubleValue();
                if (share >= 0 && share <= 1)
                {
                    return share;
                }
            }
            catch (final NumberFormatException ex)
            {
                // Told below, with the values outside.
            }
            throw wrong(item, "a share is 0% to 100%, for example 1%");
        }

        private static String beforeColon(final String item, final String value)
        {
            final int colon = value.indexOf(':');
            if (colon < 0)
            {
                throw wrong(item, "it takes a share and a number of frames, for example 2%:3..50");
            }
            return value.substring(0, colon);
        }

        private static int low(final String item, final String value)
        {
            return bound(item, value, 0);
        }

        private static int high(final String item, final String value)
        {
            return bound(item, value, 1);
        }

        private static int bound(final String item, final String value, final int index)
        {
            try
            {
                final String[] bounds = value.substring(value.indexOf(':') + 1).split("\\.\\.", -1);
                final int low = Integer.parseInt(bounds[0]);
                final int high = bounds.length == 1 ? low : Integer.parseInt(bounds[1]);
                if (bounds.length <= 2 && low >= 1 && low <= high && high <= MAX_RANGE)
                {
                    return index == 0 ? low : high;
                }
            }
            catch (final NumberFormatException ex)
            {
                // Told below, with the values outside.
            }
            throw wrong(item, "a number of frames is LOW..HIGH with 1 <= LOW <= HIGH <= " + MAX_RANGE +
                ", for example 3..50");
        }

        private static int mtu(final String item, final String value)
        {
            try
            {
                final int bytes = Integer.parseInt(value);
                if (bytes >= 68 && bytes <= 65_535)
                {
                    return bytes;
                }
            }
            catch (final NumberFormatException ex)
            {
                // Told below, with the values outside.
            }
            throw wrong(item, "an MTU is 68 to 65535 bytes, for example mtu=1400");
        }

        private static long scaled(
            final String item,
            final String value,
            final String[] units,
            final long[] factors,
            final long max,
            final String example)
        {
            int digits = 0;
            while (digits < value.length() && (Character.isDigit(value.charAt(digits)) || value.charAt(digits) == '.'))
            {
                digits++;
            }
            final String unit = value.substring(digits).strip().toLowerCase(Locale.ROOT);
            for (int i = 0; i < units.length; i++)
            {
                if (units[i].toLowerCase(Locale.ROOT).equals(unit))
                {
                    try
                    {
                        final BigDecimal scaled =
                            new BigDecimal(value.substring(0, digits)).multiply(BigDecimal.valueOf(factors[i]));
                        if (scaled.compareTo(BigDecimal.valueOf(max)) <= 0)
                        {
                            return scaled.longValueExact();
                        }
                    }
                    catch (final NumberFormatException ex)
                    {
                        break;
                    }
                    catch (final ArithmeticException ex)
                    {
                        throw wrong(item, "it is finer than a whole " + units[units.length - 1] + ", for example " +
                            example);
                    }
                    throw wrong(item, "it is more than " + max / factors[factors.length - 1] + ' ' +
                        units[units.length - 1] + ", for example " + example);
                }
            }
            throw wrong(item, "write a number and one of " + String.join(", ", units) + ", for example " + example);
        }
    }
}
