package io.pnet.bench.compare;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A row of the target table: something that has to reach a bar, and what each round of a run gave.
 *
 * @param group   what it belongs to, see {@link Targets}.
 * @param what    what is measured.
 * @param isFloor whether more is better: the median has to be at least the bar; else at most.
 * @param bar     the target; NaN where there is none and the figure is only stated.
 * @param rounds  what each round gave, a ratio mostly.
 * @param beside  the figures behind it, in words; may be empty.
 * @param failure why there is no figure, or null.
 * @param test    the tests that fail where the bar is not met, instead of a figure; or null.
 */
record Target(
    String group, String what, boolean isFloor, double bar, List<Double> rounds, String beside, String failure,
    String test)
{
    static Target of(
        final String group, final String what, final boolean isFloor, final double bar, final List<Double> rounds,
        final String beside, final String failure)
    {
        final boolean isMissing = rounds.isEmpty();
        return new Target(group, what, isFloor, bar, rounds, isMissing ? "" : beside, isMissing ? failure : null,
            null);
    }

    static Target missing(
        final String group, final String what, final boolean isFloor, final double bar, final String reason)
    {
        return new Target(group, what, isFloor, bar, List.of(), "", reason, null);
    }

    /** A row that tests hold, which every build runs; it has no figure here. */
    static Target heldBy(final String group, final String what, final double bar, final String test)
    {
        return new Target(group, what, false, bar, List.of(), "", null, test);
    }

    double median()
    {
        return median(rounds);
    }

    boolean isMet()
    {
        return failure == null && test == null && (isFloor ? median() >= bar : median() <= bar);
    }

    String target()
    {
        return Double.isNaN(bar) ? "-" : (isFloor ? ">= " : "<= ") + figure(bar);
    }

    String measured()
    {
        return rounds.isEmpty() ? "-" : figure(median());
    }

    /** Lowest and highest round. */
    String spread()
    {
        final double[] sorted = sorted(rounds);
        return sorted.length == 0 ? "-" :
            sorted.length == 1 ? "1 run" : figure(sorted[0]) + " to " + figure(sorted[sorted.length - 1]);
    }

    String verdict()
    {
        return failure != null ? "not measured: " + failure : test != null ? "held by " + test :
            Double.isNaN(bar) ? "stated" : isMet() ? "met" : "MISSED";
    }

    static double median(final List<Double> figures)
    {
        final double[] sorted = sorted(figures);
        final int middle = sorted.length / 2;
        return sorted.length == 0 ? Double.NaN :
            sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Three digits that count, more where a figure is near 1 from below. */
    static String figure(final double figure)
    {
        final String format = figure >= 100 ? "%.0f" : figure >= 10 ? "%.1f" : figure >= 0.995 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, figure);
    }

    private static double[] sorted(final List<Double> figures)
    {
        final double[] sorted = figures.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted;
    }
}
