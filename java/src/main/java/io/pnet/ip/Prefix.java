package io.pnet.ip;

/** Masks of prefixes over the 128-bit form of addresses. */
final class Prefix
{
    private Prefix()
    {
    }

    static long maskHi(final int length)
    {
        return length == 0 ? 0 : length >= 64 ? -1L : -1L << (64 - length);
    }

    static long maskLo(final int length)
    {
        return length <= 64 ? 0 : -1L << (128 - length);
    }
}
