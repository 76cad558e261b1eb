package io.pnet.bench.relay;

import java.util.Locale;

/**
 * One kind of path.
 *
 * @param title   what people call it.
 * @param rttMs   of the empty path, half of it each way.
 * @param faults  what else happens, in both directions, in the words of {@code pnet relay}; may be empty.
 * @param seconds how long a transfer takes.
 */
record Point(String title, int rttMs, String faults, int seconds)
{
    /** Everybody's rate; the queue in front of it is one bandwidth-delay product. */
    static final int RATE_MBIT = 100;

    static Point loss(final String share, final int rttMs, final int seconds)
    {
        return new Point("loss " + share.replace("%", " %"), rttMs, "loss=" + share, seconds);
    }

    /** What the relay is told, without the seed. */
    String impairment()
    {
        return String.format(Locale.ROOT, "rate=%dmbit,queue=%dms,delay=%sms", RATE_MBIT, rttMs,
            rttMs % 2 == 0 ? rttMs / 2 : rttMs / 2.0) + (faults.isEmpty() ? "" : "," + faults);
    }

    String name()
    {
        return title + ", " + rttMs + " ms";
    }
}
