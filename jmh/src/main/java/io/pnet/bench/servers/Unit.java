package io.pnet.bench.servers;

import java.util.Locale;

/** What a figure counts, and which way is better. */
enum Unit
{
    SECONDS(false), BYTES_PER_SECOND(true), REQUESTS_PER_SECOND(true), LATENCY_NS(false);

    final boolean isMoreBetter;

    Unit(final boolean isMoreBetter)
    {
        this.isMoreBetter = isMoreBetter;
    }

    String format(final double figure)
    {
        return switch (this)
        {
            case SECONDS -> String.format(Locale.ROOT, "%.2f s", figure);
            case BYTES_PER_SECOND -> String.format(Locale.ROOT, "%.0f MB/s", figure / 1e6);
            case REQUESTS_PER_SECOND -> String.format(Locale.ROOT, "%.0f/s", figure);
            case LATENCY_NS -> figure >= 1e6 ?
                String.format(Locale.ROOT, "%.1f ms", figure / 1e6) :
                String.format(Locale.ROOT, "%.0f us", figure / 1e3);
        };
    }
}
