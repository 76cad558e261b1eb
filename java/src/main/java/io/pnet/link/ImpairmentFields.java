package io.pnet.link;

import java.math.BigDecimal;

/** One direction of an {@link ImpairmentSpec} while it is being read. */
final class ImpairmentFields
{
    private static final int MAX_RANGE = 10_000;

    private double loss;
    private double burst;
    private int burstMin;
    private int burstMax;
    private double dup;
    private double reorder;
    private int reorderMin;
    private int reorderMax;
    private long holdMinNs;
    private long holdMaxNs;
    private long delayNs;
    private long jitterNs;
    private double corrupt;
    private long rate;
    private int queue;
    private long queueNs;
    private int mtu;
    private boolean mtuIcmp;
    private ImpairmentSpec.Blackout blackout = ImpairmentSpec.Blackout.NEVER;

    ImpairmentSpec.Direction direction(final String prefix)
    {
        if ((queue != 0 || queueNs != 0) && rate == 0)
        {
            throw ImpairmentSpec.wrong(
                prefix + "queue", "a queue waits for a rate, add one, for example rate=100mbit");
        }
        return new ImpairmentSpec.Direction(
            loss,
            burst,
            burst == 0 ? 0 : burstMin,
            burst == 0 ? 0 : burstMax,
            dup,
            reorder,
            reorder == 0 ? 0 : reorderMin,
            reorder == 0 ? 0 : reorderMax,
            reorder == 0 ? 0 : holdMinNs,
            reorder == 0 ? 0 : holdMaxNs,
            delayNs,
            jitterNs,
            corrupt,
            rate,
            queueBytes(),
            mtu,
            mtuIcmp,
            blackout);
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
                burstMin = frames(item, low(value));
                burstMax = frames(item, high(value));
                inOrder(item, burstMin, burstMax);
                break;

            case "dup":
                dup = share(item, value);
                break;

            case "reorder":
                reorder(item, value);
                break;

            case "delay":
                delayNs = ImpairmentUnits.TIME.parse(item, value, "delay=10ms");
                break;

            case "jitter":
                jitterNs = ImpairmentUnits.TIME.parse(item, value, "jitter=2ms");
                break;

            case "corrupt":
                corrupt = share(item, value);
                break;

            case "rate":
                rate = ImpairmentUnits.RATE.parse(item, value, "rate=100mbit");
                break;

            case "queue":
                queue(item, value);
                break;

            case "mtu":
                mtuIcmp = value.endsWith(":icmp");
                mtu = mtu(item, mtuIcmp ? value.substring(0, value.length() - ":icmp".length()) : value);
                break;

            case "blackout":
                blackout = blackout(item, value);
                break;

            default:
                throw ImpairmentSpec.wrong(item, "the keys are " + String.join(", ", ImpairmentSpec.KEYS) +
                    " (with in. or out. in front for one direction) and seed");
        }
    }

    private void reorder(final String item, final String value)
    {
        reorder = share(item, beforeColon(item, value));
        if (ImpairmentUnits.TIME.isUnitOf(high(value)))
        {
            holdMinNs = ImpairmentUnits.TIME.parse(item, low(value), "reorder=2%:1ms..5ms");
            holdMaxNs = ImpairmentUnits.TIME.parse(item, high(value), "reorder=2%:1ms..5ms");
            if (holdMinNs > holdMaxNs || holdMaxNs == 0)
            {
                throw ImpairmentSpec.wrong(item, "a range of times is LOW..HIGH, for example 1ms..5ms");
            }
            return;
        }
        reorderMin = frames(item, low(value));
        reorderMax = frames(item, high(value));
        inOrder(item, reorderMin, reorderMax);
    }

    private void queue(final String item, final String value)
    {
        if (ImpairmentUnits.TIME.isUnitOf(value))
        {
            queueNs = ImpairmentUnits.TIME.parse(item, value, "queue=20ms");
        }
        else
        {
            queue = (int)ImpairmentUnits.SIZE.parse(item, value, "queue=256kB");
        }
    }

    private int queueBytes()
    {
        if (rate == 0 || queue != 0)
        {
            return queue;
        }
        return queueNs == 0 ? ImpairmentSpec.DEFAULT_QUEUE_BYTES :
            (int)Math.max(1, Math.min(Integer.MAX_VALUE, rate / 8e9 * queueNs));
    }

    private static ImpairmentSpec.Blackout blackout(final String item, final String value)
    {
        final int slash = value.indexOf('/');
        final String range = slash < 0 ? value : value.substring(0, slash);
        final String example = "blackout=5s..7s/30s";
        if (!range.contains(".."))
        {
            throw ImpairmentSpec.wrong(item, "it takes two times, and maybe a period, for example " + example);
        }
        final long fromNs = ImpairmentUnits.TIME.parse(item, low(range), example);
        final long toNs = ImpairmentUnits.TIME.parse(item, high(range), example);
        final long periodNs =
            slash < 0 ? 0 : ImpairmentUnits.TIME.parse(item, value.substring(slash + 1), example);
        if (fromNs >= toNs || slash >= 0 && periodNs <= toNs)
        {
            throw ImpairmentSpec.wrong(
                item, "it ends after it begins, and a period ends after both, for example " + example);
        }
        return new ImpairmentSpec.Blackout(fromNs, toNs, periodNs);
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
        throw ImpairmentSpec.wrong(item, "a share is 0% to 100%, for example 1%");
    }

    private static String beforeColon(final String item, final String value)
    {
        final int colon = value.indexOf(':');
        if (colon < 0)
        {
            throw ImpairmentSpec.wrong(item, "it takes a share and a number of frames, for example 2%:3..50");
        }
        return value.substring(0, colon);
    }

    /** The lower bound of a range; a single value is both. */
    private static String low(final String value)
    {
        final String range = value.substring(value.indexOf(':') + 1);
        final int dots = range.indexOf("..");
        return (dots < 0 ? range : range.substring(0, dots)).strip();
    }

    private static String high(final String value)
    {
        final String range = value.substring(value.indexOf(':') + 1);
        final int dots = range.indexOf("..");
        return (dots < 0 ? range : range.substring(dots + 2)).strip();
    }

    private static int frames(final String item, final String value)
    {
        try
        {
            final int frames = Integer.parseInt(value);
            if (frames >= 1 && frames <= MAX_RANGE)
            {
                return frames;
            }
        }
        catch (final NumberFormatException ex)
        {
            // Told below, with the values outside.
        }
        throw noRange(item);
    }

    private static void inOrder(final String item, final int low, final int high)
    {
        if (low > high)
        {
            throw noRange(item);
        }
    }

    private static IllegalArgumentException noRange(final String item)
    {
        return ImpairmentSpec.wrong(item, "a number of frames is LOW..HIGH with 1 <= LOW <= HIGH <= " + MAX_RANGE +
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
        throw ImpairmentSpec.wrong(item, "an MTU is 68 to 65535 bytes, for example mtu=1400 or mtu=1400:icmp");
    }
}
