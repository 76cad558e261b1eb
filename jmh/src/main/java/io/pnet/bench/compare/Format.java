package io.pnet.bench.compare;

import java.util.Locale;

/** Figures with as many digits as they deserve. */
final class Format
{
    private Format()
    {
    }

    static String rate(final double bitsPerSecond)
    {
        return bitsPerSecond >= 1e9 ?
            String.format(Locale.ROOT, "%.2f Gbit/s", bitsPerSecond / 1e9) :
            String.format(Locale.ROOT, "%.1f Mbit/s", bitsPerSecond / 1e6);
    }

    static String ratio(final double ratio)
    {
        return String.format(Locale.ROOT, ratio < 0.995 ? "%.3f" : "%.2f", ratio);
    }

    static String cpu(final double secondsPerGigabyte)
    {
        return String.format(Locale.ROOT, secondsPerGigabyte < 10 ? "%.2f" : "%.1f", secondsPerGigabyte);
    }

    static String micros(final double nanoseconds)
    {
        final double micros = nanoseconds / 1000;
        return micros >= 1000 ?
            String.format(Locale.ROOT, "%.2f ms", micros / 1000) :
            String.format(Locale.ROOT, "%.1f \u00b5s", micros);
    }

    static String percent(final double share)
    {
        return String.format(Locale.ROOT, "%.1f %%", share * 100);
    }
}
