package io.pnet.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The breakdown as tables, for a terminal and for the page. */
final class BreakdownPage
{
    private BreakdownPage()
    {
    }

    static String text(final BreakdownResults results)
    {
        final StringBuilder text = new StringBuilder("What an MTU-sized segment costs, ns of CPU\n");
        text.append(TextTable.aligned(costs(results)));
        text.append("\nEvents a thousand segments, and copies\n").append(TextTable.aligned(events(results)));
        for (final Setup wire : results.wires())
        {
            text.append("\nBy stage, ns of CPU a segment, ").append(wire.title()).append('\n')
                .append(TextTable.aligned(stages(results, wire)));
        }
        text.append("\nWhat the gap was made of\n");
        Findings.of(results).forEach(line -> text.append("- ").append(line).append('\n'));
        text.append("\nHow it was counted\n");
        results.sources.forEach(line -> text.append("- ").append(line).append('\n'));
        return text.toString();
    }

    static Report.Section section(final BreakdownResults results)
    {
        final StringBuilder html = new StringBuilder("<p>What the gap of the 2007 thesis was made of, and what is ")
            .append("left of it. Every figure is of this run: ").append(Report.escape(results.made)).append(", ")
            .append(Report.escape(results.mode)).append(", ").append(Report.escape(results.machine.pnet()))
            .append(".</p>\n");
        Report.list(html, Findings.of(results));
        for (final Setup wire : results.wires())
        {
            html.append("<h3>").append(Report.escape(wire.title())).append("</h3>\n").append(bars(results, wire))
                .append(stageBars(results, wire));
        }
        html.append("<h3>Nanoseconds of CPU for an MTU-sized segment</h3>\n");
        Report.table(html, costs(results));
        html.append("<h3>Events a thousand segments, and copies</h3>\n");
        Report.table(html, events(results));
        for (final Setup wire : results.wires())
        {
            html.append("<h3>By stage, ns of CPU a segment, ").append(Report.escape(wire.title())).append("</h3>\n");
            Report.table(html, stages(results, wire));
        }
        html.append("<h3>How it was counted</h3>\n");
        Report.list(html, results.sources);
        return new Report.Section("What a packet costs", html.toString());
    }

    static List<List<String>> costs(final BreakdownResults results)
    {
        final List<List<String>> rows = new ArrayList<>();
        final List<String> head = new ArrayList<>(List.of("path", "role", "goodput", "all"));
        head.addAll(Packet.PARTS);
        head.addAll(List.of("a frame", "other work"));
        rows.add(head);
        for (final BreakdownResults.Cell cell : results.cells)
        {
            final List<String> row = new ArrayList<>(List.of(cell.setup.title(), cell.role.title()));
            if (cell.runs.isEmpty())
            {
                row.add("FAILED: " + TextTable.reason(cell.failures));
            }
            else
            {
                row.add(Format.rate(cell.of(Packet::goodput)));
                row.add(ns(cell.total()));
                for (int i = 0; i < Packet.PARTS.size(); i++)
                {
                    final int part = i;
                    row.add(ns(cell.of(packet -> packet.parts().get(part))));
                }
                row.add(ns(cell.of(packet -> packet.total() * packet.perFrame())));
                row.add(ns(cell.of(Packet::other)));
            }
            rows.add(row);
        }
        return rows;
    }

    static List<List<String>> events(final BreakdownResults results)
    {
        final List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("path", "role", "segments a frame", "switches, sender", "receiver", "machine",
            "system calls, sender", "receiver", "bytes copied for a byte on the wire"));
        for (final BreakdownResults.Cell cell : results.cells)
        {
            if (cell.runs.isEmpty())
            {
                continue;
            }
            final BreakdownResults.Profile profile = cell.profile;
            rows.add(List.of(cell.setup.title(), cell.role.title(),
                Target.figure(cell.of(Packet::perFrame)),
                Target.figure(cell.of(packet -> packet.senderSwitches() * 1000)),
                Target.figure(cell.of(packet -> packet.receiverSwitches() * 1000)),
                Target.figure(cell.of(packet -> packet.machineSwitches() * 1000)),
                profile == null ? "-" : calls(profile.senderCalls()),
                profile == null ? "-" : calls(profile.receiverCalls()),
                copies(cell)));
        }
        return rows;
    }

    /** The stages of a wire's direct paths, one column a role. */
    static List<List<String>> stages(final BreakdownResults results, final Setup wire)
    {
        final List<List<String>> rows = new ArrayList<>();
        rows.add(new ArrayList<>(List.of("stage")));
        StageSplit.NAMES.forEach(name -> rows.add(new ArrayList<>(List.of(name))));
        rows.add(new ArrayList<>(List.of("samples")));
        for (final BreakdownResults.Cell cell : profiled(results, wire))
        {
            rows.get(0).add(cell.role.title());
            for (int i = 0; i < StageSplit.NAMES.size(); i++)
            {
                rows.get(1 + i).add(ns(cell.profile.stages().getOrDefault(StageSplit.NAMES.get(i), 0.0)));
            }
            rows.get(rows.size() - 1).add("" + cell.profile.samples());
        }
        return rows;
    }

    private static List<BreakdownResults.Cell> profiled(final BreakdownResults results, final Setup wire)
    {
        return results.cells.stream().filter(cell ->
            cell.setup.equals(wire) && cell.profile != null && !cell.profile.stages().isEmpty()).toList();
    }

    private static String stageBars(final BreakdownResults results, final Setup wire)
    {
        final List<BreakdownResults.Cell> cells = profiled(results, wire);
        return cells.isEmpty() ? "" : StackedBars.svg("ns of CPU a segment by stage, direct", StageSplit.NAMES,
            cells.stream().map(cell -> new StackedBars.Bar(cell.role.title(), StageSplit.NAMES.stream()
                .map(name -> cell.profile.stages().getOrDefault(name, 0.0)).toList())).toList());
    }

    /** Bars of a wire's direct and routed paths, one below the other. */
    private static String bars(final BreakdownResults results, final Setup wire)
    {
        final List<StackedBars.Bar> bars = new ArrayList<>();
        for (final BreakdownResults.Cell cell : results.cells)
        {
            final boolean isOfWire = cell.setup.equals(wire) ||
                cell.setup.attach().equals("routed") && cell.setup.rate().equals(wire.rate()) &&
                    cell.setup.offloads().equals(wire.offloads());
            if (isOfWire && !cell.runs.isEmpty())
            {
                final List<Double> parts = new ArrayList<>();
                for (int i = 0; i < Packet.PARTS.size(); i++)
                {
                    final int part = i;
                    parts.add(cell.of(packet -> packet.parts().get(part)));
                }
                final String path = cell.setup.attach().equals("ring") ? "direct" :
                    cell.setup.netfilter() == null ? "routed" : "routed, " + cell.setup.netfilter() + " rules";
                bars.add(new StackedBars.Bar(cell.role.title() + ", " + path, parts));
            }
        }
        return StackedBars.svg("ns of CPU a segment, whole machine", Packet.PARTS, bars);
    }

    /** How often a byte is copied, and by whom: Pnet's counters, and what a read, a write and the kernel always do. */
    private static String copies(final BreakdownResults.Cell cell)
    {
        if (cell.profile == null)
        {
            return "-";
        }
        final Map<String, Double> counted = cell.profile.copies();
        return switch (cell.role)
        {
            case PNET_TO_KERNEL -> String.format(Locale.ROOT,
                "write 1, chunks to frames %.2f (gathered in place %.2f), kernel out of our memory 1; kernel's read 1",
                counted.getOrDefault("tcp.tx.copied.bytes", 0.0), counted.getOrDefault("tcp.tx.gathered.bytes", 0.0));
            case KERNEL_TO_PNET -> String.format(Locale.ROOT,
                "kernel's write 1; kernel into our memory 1, together in chunks %.2f (kept in place %.2f), read 1",
                counted.getOrDefault("tcp.rx.copied.bytes", 0.0), counted.getOrDefault("tcp.rx.retained.bytes", 0.0));
            default -> "write 1, read 1";
        };
    }

    private static String calls(final double calls)
    {
        return Double.isNaN(calls) ? "not counted" : Target.figure(calls * 1000);
    }

    private static String ns(final double ns)
    {
        return Long.toString(Math.round(ns));
    }
}
