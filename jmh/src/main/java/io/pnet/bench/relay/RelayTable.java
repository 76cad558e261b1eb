package io.pnet.bench.relay;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The results as a table: one line a path, the ends beside each other, as Markdown that reads well as it is. */
final class RelayTable
{
    private RelayTable()
    {
    }

    static String of(final RelayResults results)
    {
        final List<Ends> ends = results.cells.stream().map(cell -> cell.ends).distinct().toList();
        final List<List<String>> rows = new ArrayList<>();
        final List<String> titles = new ArrayList<>(List.of("path"));
        for (final Ends each : ends)
        {
            titles.add(each.title + ", Mbit/s");
            if (each != Ends.LINUX_TO_LINUX)
            {
                titles.add("ratio");
            }
        }
        rows.add(titles);
        for (final Point point : results.cells.stream().map(cell -> cell.point).distinct().toList())
        {
            final List<String> row = new ArrayList<>(List.of(point.name()));
            for (final Ends each : ends)
            {
                final RelayResults.Cell cell = results.cell(point, each);
                row.add(goodput(cell));
                if (each != Ends.LINUX_TO_LINUX)
                {
                    row.add(cell.ratio > 0 ? String.format(Locale.ROOT, "%.2f", cell.ratio) : "-");
                }
            }
            rows.add(row);
        }
        return aligned(rows);
    }

    /** What stands under the table. */
    static List<String> notes(final RelayResults results)
    {
        final List<String> notes = new ArrayList<>();
        notes.add(String.format(Locale.ROOT, "Goodput is what the receiver took in from the first byte on: median " +
            "(least to most) of %d seeds, the same for everybody; a ratio is the median over Linux to Linux's. " +
            "Faults fall on both directions. The wire carries %d Mbit/s each way with a queue of one " +
            "bandwidth-delay product; Linux has CUBIC, Pnet %s. Where the MTU is narrow Linux has tcp_mtu_probing=1.",
            results.seeds, Point.RATE_MBIT, results.congestion));
        notes.add(String.format(Locale.ROOT, "The transfers of one seed ran at the same time, each over a wire of " +
            "its own. The relay%s lost %d frames of its own; at most %.2f %% of a transfer's frames left it more " +
            "than 1 ms late. Load average %.1f before, %.1f after.",
            results.relayInRealTime ? ", scheduled in real time," : "",
            results.ownDrops(), results.late() * 100, results.loadAtBegin, results.loadAtEnd));
        return notes;
    }

    static List<String> failures(final RelayResults results)
    {
        final List<String> lines = new ArrayList<>();
        for (final RelayResults.Cell cell : results.cells)
        {
            for (final String failure : cell.failures)
            {
                lines.add("FAILED: " + cell.point.name() + ", " + cell.ends.title + ": " + failure);
            }
        }
        return lines;
    }

    private static String goodput(final RelayResults.Cell cell)
    {
        if (cell.transfers.isEmpty())
        {
            return "FAILED";
        }
        return mbit(cell.goodput()) + " (" + mbit(cell.least()) + " to " + mbit(cell.most()) + ")" +
            (cell.failures.isEmpty() ? "" : " " + cell.failures.size() + " FAILED");
    }

    static String mbit(final double bitsPerSecond)
    {
        final double mbit = bitsPerSecond / 1e6;
        return String.format(Locale.ROOT, mbit < 1 ? "%.3f" : mbit < 10 ? "%.2f" : "%.1f", mbit);
    }

    private static String aligned(final List<List<String>> rows)
    {
        final int columns = rows.get(0).size();
        final int[] widths = new int[columns];
        rows.forEach(row ->
        {
            for (int i = 0; i < columns; i++)
            {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        final StringBuilder text = new StringBuilder();
        for (int r = 0; r < rows.size(); r++)
        {
            final StringBuilder rule = new StringBuilder("|");
            text.append('|');
            for (int i = 0; i < columns; i++)
            {
                final String gap = " ".repeat(widths[i] - rows.get(r).get(i).length());
                final boolean isLeft = i == 0;
                text.append(' ').append(isLeft ? "" : gap).append(rows.get(r).get(i)).append(isLeft ? gap : "")
                    .append(" |");
                rule.append(isLeft ? ":" : "-").append("-".repeat(widths[i])).append(isLeft ? "-" : ":").append('|');
            }
            text.append('\n');
            if (r == 0)
            {
                text.append(rule).append('\n');
            }
        }
        return text.toString();
    }
}
