package io.pnet.bench.servers;

import com.google.gson.GsonBuilder;
import io.pnet.bench.compare.Machine;

import java.util.ArrayList;
import java.util.List;

/** Everything that was found out; {@code servers.json} is this, written down. */
final class ServersResults
{
    /** The part of the kernel's requests a second that Pnet has to reach at every point of the load table. */
    static final double BAR = 0.8;

    String made;
    String mode;
    String testedJdk;
    double tookSeconds;
    Machine machine;
    final List<Row> rows = new ArrayList<>();

    /** Figures and failures of one side. */
    static final class Cell
    {
        final List<Double> figures = new ArrayList<>();
        final List<String> failures = new ArrayList<>();
        /** Median; 0 if there is none. */
        double median;
    }

    /** Something that is asked of a server, or by a client, on both sides. */
    static final class Row
    {
        String subject;
        String step;
        Unit unit;
        /** Whether the bar stands here. */
        boolean isBarred;
        final Cell kernel = new Cell();
        final Cell pnet = new Cell();
        /** Pnet's median over the kernel's; 0 if one is missing. */
        double ratio;

        Cell cell(final Side side)
        {
            return side == Side.KERNEL ? kernel : pnet;
        }

        boolean isUnderBar()
        {
            return isBarred && ratio > 0 && ratio < BAR;
        }
    }

    /** The row of a subject and step, made when it is first asked for. */
    Row row(final String subject, final String step, final Unit unit)
    {
        for (final Row row : rows)
        {
            if (row.subject.equals(subject) && row.step.equals(step))
            {
                return row;
            }
        }
        final Row row = new Row();
        row.subject = subject;
        row.step = step;
        row.unit = unit;
        rows.add(row);
        return row;
    }

    /** Fills medians and ratios in. */
    void compare()
    {
        for (final Row row : rows)
        {
            row.kernel.median = median(row.kernel.figures);
            row.pnet.median = median(row.pnet.figures);
            row.ratio = row.kernel.median > 0 ? row.pnet.median / row.kernel.median : 0;
        }
    }

    long failed()
    {
        return rows.stream().mapToLong(row -> row.kernel.failures.size() + row.pnet.failures.size()).sum();
    }

    long underBar()
    {
        return rows.stream().filter(Row::isUnderBar).count();
    }

    String json()
    {
        return new GsonBuilder().setPrettyPrinting().create().toJson(this);
    }

    private static double median(final List<Double> figures)
    {
        final double[] sorted = figures.stream().mapToDouble(figure -> figure).sorted().toArray();
        final int middle = sorted.length / 2;
        return sorted.length == 0 ? 0 :
            sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
