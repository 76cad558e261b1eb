package io.pnet.bench.servers;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The results as a table, as Markdown that reads well as it is: one line a step, the sides beside each other. */
final class ServersTable
{
    private ServersTable()
    {
    }

    static String of(final List<ServersResults.Row> results)
    {
        final List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("server", "what", "kernel", "Pnet", "Pnet / kernel"));
        rows.add(List.of("-", "-", "-", "-", "-"));
        String subject = "";
        for (final ServersResults.Row row : results)
        {
            final String ratio = row.ratio == 0 ? "-" : String.format(Locale.ROOT, "%.2f", row.ratio);
            rows.add(List.of(row.subject.equals(subject) ? "" : row.subject, row.step,
                cell(row, Side.KERNEL), cell(row, Side.PNET), ratio + (row.isUnderBar() ? " UNDER" : "")));
            subject = row.subject;
        }
        return aligned(rows);
    }

    static List<String> failures(final ServersResults results)
    {
        final List<String> lines = new ArrayList<>();
        for (final ServersResults.Row row : results.rows)
        {
            for (final Side side : Side.values())
            {
                row.cell(side).failures.forEach(reason ->
                    lines.add("FAILED: " + row.subject + ", " + row.step + ", " + side.title + ": " + reason));
            }
        }
        return lines;
    }

    private static String cell(final ServersResults.Row row, final Side side)
    {
        final ServersResults.Cell cell = row.cell(side);
        final String failed = cell.failures.isEmpty() ? "" : "FAILED";
        return cell.figures.isEmpty() ? (failed.isEmpty() ? "-" : failed) :
            (failed + " " + row.unit.format(cell.median)).strip();
    }

    private static String aligned(final List<List<String>> rows)
    {
        final int[] widths = new int[rows.get(0).size()];
        rows.forEach(row ->
        {
            for (int i = 0; i < widths.length; i++)
            {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        final StringBuilder text = new StringBuilder();
        for (final List<String> row : rows)
        {
            text.append('|');
            for (int i = 0; i < widths.length; i++)
            {
                final boolean isRule = row.get(i).equals("-") && row == rows.get(1);
                final String gap = (isRule ? "-" : " ").repeat(widths[i] - row.get(i).length());
                // Words to the left, figures to the right.
                text.append(' ').append(i < 2 || isRule ? row.get(i) + gap : gap + row.get(i)).append(" |");
            }
            text.append('\n');
        }
        return text.toString();
    }
}
