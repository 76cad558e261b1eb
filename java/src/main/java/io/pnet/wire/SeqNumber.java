package io.pnet.wire;

/**
 * Arithmetic on 32-bit sequence numbers, modulo 2^32 (RFC 9293, section 3.4).
 *
 * <p>A comparison is meaningful while the numbers are less than 2^31 apart. Two numbers exactly 2^31 apart are each
 * less than the other, as in RFC 1982 nobody should ask.
 */
public final class SeqNumber
{
    private SeqNumber()
    {
    }

    /** a &lt; b. */
    public static boolean lt(final int a, final int b)
    {
        return a - b < 0;
    }

    /** a &lt;= b. */
    public static boolean leq(final int a, final int b)
    {
        return a == b || a - b < 0;
    }

    /** a &gt; b. */
    public static boolean gt(final int a, final int b)
    {
        return b - a < 0;
    }

    /** a &gt;= b. */
    public static boolean geq(final int a, final int b)
    {
        return a == b || b - a < 0;
    }

    /** The later of the two. */
    public static int max(final int a, final int b)
    {
        return b - a > 0 ? b : a;
    }

    /** The earlier of the two. */
    public static int min(final int a, final int b)
    {
        return b - a < 0 ? b : a;
    }

    /** How far {@code a} is ahead of {@code b}; negative when it is behind. */
    public static int diff(final int a, final int b)
    {
        return a - b;
    }

    /** low &lt;= x &lt;= high, for any distance between the bounds. */
    public static boolean between(final int low, final int x, final int high)
    {
        return Integer.compareUnsigned(x - low, high - low) <= 0;
    }

    /** low &lt;= x &lt; low + size, size being unsigned: whether {@code x} lies in a window. */
    public static boolean inWindow(final int x, final int low, final int size)
    {
        return Integer.compareUnsigned(x - low, size) < 0;
    }
}
