package io.pnet.bench.compare;

import java.util.ArrayList;
import java.util.List;

/** The results as a table for a terminal. */
final class TextTable
{
    private TextTable()
    {
    }

    static String of(final Results results)
    {
        final StringBuilder text = new StringBuilder("TCP, one stream\n");
        text.append(aligned(bulkRows(results)));
        text.append("\n64-byte TCP round trips\n");
        text.append(aligned(latencyRows(results)));
        return text.toString();
    }

    static List<List<String>> bulkRows(final Results results)
    {
        final List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("wire", "role", "goodput", "ratio", "spread", "retrans",
            "CPU s/GB", "user", "system", "softirq", "sender", "receiver", "JIT"));
        Setup last = null;
        for (final Results.Bulk cell : results.bulk)
        {
            final List<String> row = new ArrayList<>();
            row.add(cell.setup.equals(last) ? "" : cell.setup.title());
            last = cell.setup;
            row.add(cell.role.title() + (cell.role == Role.KERNEL_TO_KERNEL ? " (" + cell.program + ")" : ""));
            if (cell.runs.isEmpty())
            {
                row.add("FAILED: " + reason(cell.failures));
            }
            else
            {
                final double retransmissions = cell.of(BulkRun::retransmissions);
                row.add(Format.rate(cell.goodput()));
                row.add(cell.ratio > 0 ? Format.ratio(cell.ratio) : "-");
                row.add(cell.runs.size() > 1 ? "\u00b1" + Format.percent(cell.spread()) : "1 run");
                row.add(retransmissions < 0 ? "-" : Long.toString(Math.round(retransmissions)));
                row.add(Format.cpu(cell.of(run -> run.cpu().total())));
                row.add(Format.cpu(cell.of(run -> run.cpu().user())));
                row.add(Format.cpu(cell.of(run -> run.cpu().system())));
                row.add(Format.cpu(cell.of(run -> run.cpu().softirq())));
                row.add(Format.cpu(cell.of(run -> run.cpu().sender())));
                row.add(Format.cpu(cell.of(run -> run.cpu().receiver())));
                row.add(Format.cpu(cell.of(run -> run.cpu().compilers())));
                if (!cell.failures.isEmpty())
                {
                    row.add(cell.failures.size() + " FAILED: " + reason(cell.failures));
                }
            }
            rows.add(row);
        }
        return rows;
    }

    static List<List<String>> latencyRows(final Results results)
    {
        final List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("wire", "client \u2192 peer", "p50", "p99", "p99.9", "round trips", "load"));
        String last = "";
        for (final Results.Latency cell : results.latency)
        {
            final List<String> row = new ArrayList<>();
            final String wire = cell.setup.title() + (cell.loaded ? ", under load" : ", idle");
            row.add(wire.equals(last) ? "" : wire);
            last = wire;
            row.add(cell.role.title());
            if (cell.runs.isEmpty())
            {
                row.add("FAILED: " + reason(cell.failures));
            }
            else
            {
                row.add(Format.micros(cell.of(LatencyRun::p50)));
                row.add(Format.micros(cell.of(LatencyRun::p99)));
                row.add(Format.micros(cell.of(LatencyRun::p999)));
                row.add(Long.toString(Math.round(cell.of(LatencyRun::count))));
                row.add(cell.loaded ? Format.rate(cell.of(LatencyRun::loadGoodput)) : "-");
            }
            rows.add(row);
        }
        return rows;
    }

    static String reason(final List<String> failures)
    {
        return failures.isEmpty() ? "not run" : failures.get(failures.size() - 1);
    }

    static String aligned(final List<List<String>> rows)
    {
        final int columns = rows.get(0).size();
        final int[] widths = new int[columns];
        for (final List<String> row : rows)
        {
            // A row cut short by a failure says its reason in its last cell, which may run on.
            final int last = row.size() < columns ? row.size() - 1 : columns;
            for (int i = 0; i < Math.min(last, row.size()); i++)
            {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        final StringBuilder text = new StringBuilder();
        for (final List<String> row : rows)
        {
            final StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++)
            {
                final String gap = i < columns ? " ".repeat(Math.max(0, widths[i] - row.get(i).length())) : "";
                // Words to the left, figures to the right.
                line.append(i < 2 ? row.get(i) + gap : gap + row.get(i)).append("  ");
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
