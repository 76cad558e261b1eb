package io.pnet.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * {@code ci/compare --against}: this build of Pnet beside an earlier one, on the same wires in the same minutes. The
 * two builds take turns, and who begins changes from round to round, so that a slow minute of a shared machine falls on
 * both. A wire's ratio is the median of its rounds' ratios.
 *
 * <p>Exit code 0 if every transfer gave a figure, 1 if one did not, 2 for a wrong call.
 */
public final class Against
{
    private static final List<String> RATES = List.of("100m", "1g", "none");
    private static final double WARM_UP_S = 1;
    private static final double MEASURE_S = 2;

    private final Path net;
    private final String name;
    private int failures;

    private Against(final Path net, final String name)
    {
        this.net = net;
        this.name = name;
    }

    /**
     * Compares.
     *
     * @param args {@code ci/net}, what namespaces are called, rounds, the earlier build's launcher, this build's.
     */
    public static void main(final String[] args) throws IOException
    {
        if (args.length != 5)
        {
            System.err.println("against: wants NET NAME ROUNDS BEFORE NOW; ci/compare gives them");
            System.exit(2);
        }
        final Against against = new Against(Path.of(args[0]), args[1]);
        final Path folder = Files.createTempDirectory("pnet-against");
        try
        {
            final BulkTest before = new BulkTest(Path.of(args[3]), folder, WARM_UP_S, MEASURE_S);
            final BulkTest now = new BulkTest(Path.of(args[4]), folder, WARM_UP_S, MEASURE_S);
            against.run(before, now, Integer.parseInt(args[2]));
        }
        finally
        {
            try (Stream<Path> files = Files.walk(folder))
            {
                for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
                {
                    Files.delete(file);
                }
            }
        }
        System.exit(against.failures == 0 ? 0 : 1);
    }

    private void run(final BulkTest before, final BulkTest now, final int rounds) throws IOException
    {
        System.out.printf(Locale.ROOT, "%-42s %14s %14s %9s  %s%n",
            "one TCP stream, medians", "before", "now", "ratio", "of each round");
        for (final String rate : RATES)
        {
            for (final String offloads : List.of("on", "mtu"))
            {
                for (final Role role : List.of(Role.PNET_TO_KERNEL, Role.KERNEL_TO_PNET))
                {
                    row(before, now, Setup.of(rate, offloads), role, rounds);
                }
            }
        }
    }

    private void row(
        final BulkTest before, final BulkTest now, final Setup setup, final Role role, final int rounds)
        throws IOException
    {
        final List<Double> old = new ArrayList<>();
        final List<Double> present = new ArrayList<>();
        for (int round = 0; round < rounds; round++)
        {
            final boolean isOldFirst = round % 2 == 0;
            final double first = goodput(isOldFirst ? before : now, setup, role);
            final double second = goodput(isOldFirst ? now : before, setup, role);
            if (first > 0 && second > 0)
            {
                old.add(isOldFirst ? first : second);
                present.add(isOldFirst ? second : first);
            }
        }
        final double[] ratios = new double[old.size()];
        for (int i = 0; i < ratios.length; i++)
        {
            ratios[i] = present.get(i) / old.get(i);
        }
        Arrays.sort(ratios);
        final StringBuilder all = new StringBuilder();
        Arrays.stream(ratios).forEach(ratio -> all.append(String.format(Locale.ROOT, " %.2f", ratio)));
        System.out.printf(Locale.ROOT, "%-42s %14s %14s %9.2f %s%n",
            setup.title() + ", " + role.title(), Format.rate(median(old)), Format.rate(median(present)),
            median(Arrays.stream(ratios).boxed().toList()), all);
    }

    /** Goodput in bits a second; 0 when there was none, which is said and counted. */
    private double goodput(final BulkTest test, final Setup setup, final Role role) throws IOException
    {
        try (Wire wire = Wire.up(net, name, setup, role))
        {
            return test.run(wire, setup, role, false).goodput();
        }
        catch (final CellFailure ex)
        {
            failures++;
            System.out.println("FAILED: " + setup.title() + ", " + role.title() + ": " + ex.getMessage());
            return 0;
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", ex);
        }
    }

    private static double median(final List<Double> figures)
    {
        final double[] sorted = figures.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        final int middle = sorted.length / 2;
        return sorted.length == 0 ? Double.NaN :
            sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
