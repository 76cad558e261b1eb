package io.pnet.link;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.StringJoiner;

/**
 * What an {@link Impairment} does to frames, direction by direction. Written as
 * {@code loss=1%,burst=5%:3..20,dup=1%,reorder=2%:3..50,delay=10ms,jitter=2ms,corrupt=0.1%,rate=100mbit,queue=256kB,
 * mtu=1400:icmp,blackout=5s..7s/30s,seed=7}; a key counts for both directions unless it starts with {@code in.} (frames
 * received) or {@code out.} (frames sent).
 * <table>
 *   <caption>Keys</caption>
 *   <tr><td>loss</td><td>share of frames lost, each by itself</td></tr>
 *   <tr><td>burst</td><td>share of frames at which a burst of losses starts, and how many frames it takes</td></tr>
 *   <tr><td>dup</td><td>share of frames delivered twice</td></tr>
 *   <tr><td>reorder</td><td>share of frames held back, and behind how many later ones (50 ms at most), or for how long:
 *   {@code 2%:3..50} or {@code 2%:1ms..5ms}</td></tr>
 *   <tr><td>delay, jitter</td><td>ns, us, ms or s; jitter adds or takes up to that much and keeps the order</td></tr>
 *   <tr><td>corrupt</td><td>share of frames with one flipped bit, or one burst of at most 15 bits</td></tr>
 *   <tr><td>rate</td><td>bit, kbit, mbit or gbit a second on the wire, with Ethernet's 24 bytes of overhead</td></tr>
 *   <tr><td>queue</td><td>B, kB, MB, KiB or MiB that may wait for the rate, or ns, us, ms or s of it; 256 kB unless
 *   told; what finds it full is dropped</td></tr>
 *   <tr><td>mtu</td><td>IP packets larger than this many bytes vanish, as where ICMP errors are lost; with
 *   {@code :icmp} their sender is told (RFC 1191, RFC 4443)</td></tr>
 *   <tr><td>blackout</td><td>everything is lost from one time to another, counted from the first frame of either
 *   direction, and again after each period if one is given: {@code 5s..7s} or {@code 5s..7s/30s}</td></tr>
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

    static final String[] KEYS =
        { "loss", "burst", "dup", "reorder", "delay", "jitter", "corrupt", "rate", "queue", "mtu", "blackout" };

    /**
     * One direction; shares are 0 to 1, and 0 means "not at all" everywhere.
     *
     * @param loss       share lost.
     * @param burst      share at which a burst starts.
     * @param burstMin   fewest frames of a burst.
     * @param burstMax   most frames of a burst.
     * @param dup        share duplicated.
     * @param reorder    share held back.
     * @param reorderMin fewest frames to be overtaken by; 0 when a time decides.
     * @param reorderMax most frames to be overtaken by.
     * @param holdMinNs  shortest time to be held back; 0 when a number of frames decides.
     * @param holdMaxNs  longest time to be held back.
     * @param delayNs    delay.
     * @param jitterNs   deviation from the delay, at most.
     * @param corrupt    share corrupted.
     * @param rate       bits a second.
     * @param queue      bytes in front of the rate.
     * @param mtu        largest IP packet that passes.
     * @param mtuIcmp    whether the sender of a larger one is told.
     * @param blackout   when nothing passes.
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
        long holdMinNs,
        long holdMaxNs,
        long delayNs,
        long jitterNs,
        double corrupt,
        long rate,
        int queue,
        int mtu,
        boolean mtuIcmp,
        Blackout blackout)
    {
        /** A direction in which nothing happens. */
        public static final Direction NONE =
            new Direction(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false, Blackout.NEVER);

        /** Whether anything happens to frames at all. */
        public boolean isActive()
        {
            return !equals(NONE);
        }
    }

    /**
     * When nothing passes.
     *
     * @param fromNs   its begin, after the first frame.
     * @param toNs     its end; 0: there is none at all.
     * @param periodNs after which it comes again; 0: it does not.
     */
    public record Blackout(long fromNs, long toNs, long periodNs)
    {
        /** No black-out. */
        public static final Blackout NEVER = new Blackout(0, 0, 0);

        /** Whether nothing passes this long after the first frame. */
        public boolean isAt(final long sinceNs)
        {
            final long atNs = periodNs == 0 ? sinceNs : sinceNs % periodNs;
            return atNs >= fromNs && atNs < toNs;
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
        final ImpairmentFields in = new ImpairmentFields();
        final ImpairmentFields out = new ImpairmentFields();
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
                return share(direction.burst, direction.burstMin + ".." + direction.burstMax);

            case "dup":
                return share(direction.dup);

            case "reorder":
                return share(direction.reorder, direction.holdMaxNs == 0 ?
                    direction.reorderMin + ".." + direction.reorderMax :
                    ImpairmentUnits.TIME.text(direction.holdMinNs) + ".." +
                        ImpairmentUnits.TIME.text(direction.holdMaxNs));

            case "delay":
                return unlessNone(direction.delayNs, ImpairmentUnits.TIME);

            case "jitter":
                return unlessNone(direction.jitterNs, ImpairmentUnits.TIME);

            case "corrupt":
                return share(direction.corrupt);

            case "rate":
                return unlessNone(direction.rate, ImpairmentUnits.RATE);

            case "queue":
                return direction.queue == DEFAULT_QUEUE_BYTES ?
                    null : unlessNone(direction.queue, ImpairmentUnits.SIZE);

            case "mtu":
                return direction.mtu == 0 ? null : direction.mtu + (direction.mtuIcmp ? ":icmp" : "");

            default:
                return blackout(direction.blackout);
        }
    }

    private static String share(final double share)
    {
        return share == 0 ? null :
            BigDecimal.valueOf(share).movePointRight(2).stripTrailingZeros().toPlainString() + '%';
    }

    private static String share(final double share, final String range)
    {
        return share == 0 ? null : share(share) + ':' + range;
    }

    private static String unlessNone(final long value, final ImpairmentUnits units)
    {
        return value == 0 ? null : units.text(value);
    }

    private static String blackout(final Blackout blackout)
    {
        return blackout.toNs == 0 ? null :
            ImpairmentUnits.TIME.text(blackout.fromNs) + ".." + ImpairmentUnits.TIME.text(blackout.toNs) +
                (blackout.periodNs == 0 ? "" : '/' + ImpairmentUnits.TIME.text(blackout.periodNs));
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

    static IllegalArgumentException wrong(final String item, final String advice)
    {
        return new IllegalArgumentException("impairment '" + item + "' is not understood: " + advice);
    }
}
