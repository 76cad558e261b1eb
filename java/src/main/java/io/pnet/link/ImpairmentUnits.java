package io.pnet.link;

import java.math.BigDecimal;
import java.util.Locale;

/** Times, rates and sizes in an {@link ImpairmentSpec}: a number with a unit behind it. */
enum ImpairmentUnits
{
    TIME(3_600_000_000_000L, new String[]{ "s", "ms", "us", "ns" }, 1_000_000_000L, 1_000_000L, 1_000L, 1L),
    RATE(1_000_000_000_000L, new String[]{ "gbit", "mbit", "kbit", "bit" }, 1_000_000_000L, 1_000_000L, 1_000L, 1L),
    SIZE(1_000_000_000L, new String[]{ "MB", "kB", "MiB", "KiB", "B" }, 1_000_000L, 1_000L, 1L << 20, 1L << 10, 1L);

    private final long max;
    private final String[] units;
    private final long[] factors;

    ImpairmentUnits(final long max, final String[] units, final long... factors)
    {
        this.max = max;
        this.units = units;
        this.factors = factors;
    }

    /** Whether the text ends in one of these units. */
    boolean isUnitOf(final String text)
    {
        return unit(text) >= 0;
    }

    /**
     * Reads a number and its unit.
     *
     * @param item    what an error names.
     * @param example what an error shows.
     */
    long parse(final String item, final String value, final String example)
    {
        final int unit = unit(value);
        if (unit < 0)
        {
            throw noUnit(item, example);
        }
        try
        {
            final BigDecimal scaled =
                new BigDecimal(value.substring(0, digits(value))).multiply(BigDecimal.valueOf(factors[unit]));
            if (scaled.compareTo(BigDecimal.valueOf(max)) <= 0)
            {
                return scaled.longValueExact();
            }
        }
        catch (final NumberFormatException ex)
        {
            throw noUnit(item, example);
        }
        catch (final ArithmeticException ex)
        {
            throw ImpairmentSpec.wrong(
                item, "it is finer than a whole " + units[units.length - 1] + ", for example " + example);
        }
        throw ImpairmentSpec.wrong(item, "it is more than " + max / factors[factors.length - 1] + ' ' +
            units[units.length - 1] + ", for example " + example);
    }

    /** The text that {@link #parse} makes this of, with the first unit that needs no fraction. */
    String text(final long value)
    {
        int i = 0;
        while (value % factors[i] != 0)
        {
            i++;
        }
        return value / factors[i] + units[i];
    }

    private IllegalArgumentException noUnit(final String item, final String example)
    {
        return ImpairmentSpec.wrong(
            item, "write a number and one of " + String.join(", ", units) + ", for example " + example);
    }

    private int unit(final String text)
    {
        final String unit = text.substring(digits(text)).strip().toLowerCase(Locale.ROOT);
        for (int i = 0; i < units.length; i++)
        {
            if (units[i].toLowerCase(Locale.ROOT).equals(unit))
            {
                return i;
            }
        }
        return -1;
    }

    private static int digits(final String text)
    {
        int digits = 0;
        while (digits < text.length() && (Character.isDigit(text.charAt(digits)) || text.charAt(digits) == '.'))
        {
            digits++;
        }
        return digits;
    }
}
