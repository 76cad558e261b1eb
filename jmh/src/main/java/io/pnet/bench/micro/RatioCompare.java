package io.pnet.bench.micro;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Compares a run with the baseline: what has become slower beyond the noise, and what allocates and did not.
 *
 * <pre>
 *   RatioCompare --store   BASELINE RESULTS
 *   RatioCompare --slower  BASELINE RESULTS      prints a pattern of the benchmarks that were slower
 *   RatioCompare --compare BASELINE RESULTS...   ends with 1 when something has become worse in each of them
 * </pre>
 */
public final class RatioCompare
{
    /** What another machine, or another hour, makes of a ratio: less than that is no finding. */
    private static final double BOUND = 0.5;
    /** Errors of a few short iterations are wide; wider than that they hide everything. */
    private static final double MAX_ERROR = 0.5;
    /** Bytes an operation, beside what there was. */
    private static final double ALLOCATION_BOUND = 1;

    /**
     * What is to be said about one benchmark.
     *
     * @param change the ratio by the baseline's; 0 when there is none.
     */
    record Line(String name, Ratios.Entry now, Ratios.Entry then, double change, boolean isSlower, boolean allocates)
    {
    }

    private RatioCompare()
    {
    }

    /** See the class. */
    public static void main(final String[] args) throws IOException
    {
        final Path baseline = Path.of(args[1]);
        final Ratios now = Ratios.ofJmh(Files.readString(Path.of(args[2])));
        if ("--store".equals(args[0]))
        {
            Files.write(baseline, now.json().getBytes(StandardCharsets.UTF_8));
            System.out.println("Stored " + now.entries.size() + " ratios in " + baseline);
            return;
        }
        for (final String again : List.of(args).subList(3, args.length))
        {
            now.again(Ratios.ofJmh(Files.readString(Path.of(again))));
        }
        final List<Line> lines = compare(now, Ratios.ofJson(Files.readString(baseline)));
        if ("--slower".equals(args[0]))
        {
            System.out.print(slower(lines));
            return;
        }
        System.out.print(table(lines));
        if (lines.stream().anyMatch(line -> line.isSlower() || line.allocates()))
        {
            System.exit(1);
        }
    }

    /** Every benchmark of the run, in order. */
    static List<Line> compare(final Ratios now, final Ratios baseline)
    {
        final List<Line> lines = new ArrayList<>();
        now.entries.forEach((name, entry) ->
        {
            final Ratios.Entry then = baseline.entries.get(name);
            final double change = then == null ? 0 : entry.ratio() / then.ratio();
            final double noise = then == null ? 0 :
                Math.min(MAX_ERROR, entry.error()) + Math.min(MAX_ERROR, then.error());
            final boolean allocates = entry.allocated() >= ALLOCATION_BOUND &&
                (then == null || entry.allocated() >= then.allocated() * (1 + BOUND) + ALLOCATION_BOUND);
            // What is new is not judged: it has nothing to be worse than.
            lines.add(new Line(name, entry, then, change, change > 1 + BOUND + noise, then != null && allocates));
        });
        return lines;
    }

    /** What JMH is to be told to run the slower ones again, whatever their parameters; empty where none was. */
    static String slower(final List<Line> lines)
    {
        return lines.stream().filter(Line::isSlower).map(line -> line.name().replaceFirst("\\[.*", ""))
            .distinct().map(name -> name.replace(".", "\\.") + "$").collect(Collectors.joining("|"));
    }

    static String table(final List<Line> lines)
    {
        final int width = lines.stream().mapToInt(line -> line.name().length()).max().orElse(0);
        final String format = "%-" + Math.max(9, width) + "s  %9s  %9s  %7s  %9s  %s%n";
        final StringBuilder text = new StringBuilder(
            "Time by that of " + Ratios.REFERENCE + ", and the baseline's\n");
        text.append(String.format(Locale.ROOT, format, "benchmark", "ratio", "baseline", "change", "B/op", ""));
        for (final Line line : lines)
        {
            text.append(String.format(
                Locale.ROOT,
                format,
                line.name(),
                ratio(line.now()),
                line.then() == null ? "-" : ratio(line.then()),
                line.then() == null ? "new" : String.format(Locale.ROOT, "%.2f", line.change()),
                line.now().allocated() < 0 ? "-" : String.format(Locale.ROOT, "%.1f", line.now().allocated()),
                (line.isSlower() ? "SLOWER " : "") + (line.allocates() ? "ALLOCATES" : "")).stripTrailing())
                .append('\n');
        }
        return text.toString();
    }

    private static String ratio(final Ratios.Entry entry)
    {
        return String.format(Locale.ROOT, "%.4f", entry.ratio());
    }
}
