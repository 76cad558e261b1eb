package io.pnet.tools.iperf3;

import java.util.Locale;

/** Amounts as iperf3 writes and reads them: bytes count in 1024s, bits in 1000s. */
public final class Units
{
    private static final String[] PREFIXES = {"", "K", "M", "G", "T"};

    private Units()
    {
    }

    /** For example {@code 1.25 MBytes}. */
    static String bytes(final double bytes)
    {
        return adaptive(bytes, 1024, "Bytes");
    }

    /** For example {@code 954 Mbits/sec}. */
    static String bitsPerSecond(final double bits)
    {
        return adaptive(bits, 1000, "bits/sec");
    }

    private static String adaptive(final double amount, final int base, final String unit)
    {
        double scaled = amount;
        int prefix = 0;
        while (scaled >= base && prefix < PREFIXES.length - 1)
        {
            scaled /= base;
            prefix++;
        }
        final String format = scaled < 9.995 ? "%4.2f" : scaled < 99.95 ? "%4.1f" : "%4.0f";
        return String.format(Locale.ROOT, format, scaled) + " " + PREFIXES[prefix] + unit;
    }

    /**
     * Reads an amount with an optional K, M, G or T of 1024.
     *
     * @throws NumberFormatException when it is none.
     */
    public static long parseBytes(final String text)
    {
        return parse(text, 1024);
    }

    /**
     * Reads a rate with an optional K, M, G or T of 1000.
     *
     * @throws NumberFormatException when it is none.
     */
    public static long parseRate(final String text)
    {
        return parse(text, 1000);
    }

    private static long parse(final String text, final int base)
    {
        if (text.isEmpty())
        {
            throw new NumberFormatException("no number");
        }
        final int power = "KMGT".indexOf(Character.toUpperCase(text.charAt(text.length() - 1))) + 1;
        final double number = Double.parseDouble(power > 0 ? text.substring(0, text.length() - 1) : text);
        final double amount = number * Math.pow(base, power);
        if (!(amount >= 0 && amount <= Long.MAX_VALUE))
        {
            throw new NumberFormatException("out of range: " + text);
        }
        return Math.round(amount);
    }
}
