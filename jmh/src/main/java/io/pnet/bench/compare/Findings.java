package io.pnet.bench.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the figures of a breakdown say, in words that are made from them. */
final class Findings
{
    /** What a host has on it that filters a little and tracks connections. */
    private static final String USUAL_TABLE = "100:track";
    private static final int STAGES_TOLD = 6;

    private Findings()
    {
    }

    static List<String> of(final BreakdownResults results)
    {
        final List<String> lines = new ArrayList<>();
        for (final Setup wire : results.wires())
        {
            for (final Role role : List.of(Role.PNET_TO_KERNEL, Role.KERNEL_TO_PNET))
            {
                gap(lines, results, wire, role);
            }
        }
        for (final Role role : Role.values())
        {
            netfilter(lines, results, role);
        }
        return lines;
    }

    /** One wire and direction: how much more than the kernel, of what it is made, and what is left of it. */
    private static void gap(
        final List<String> lines, final BreakdownResults results, final Setup wire, final Role role)
    {
        final BreakdownResults.Cell kernel = results.measured(wire, Role.KERNEL_TO_KERNEL);
        final BreakdownResults.Cell direct = results.measured(wire, role);
        if (kernel == null || direct == null)
        {
            lines.add(title(wire, role) + ": not measured, see the table.");
            return;
        }
        final double left = direct.total() - kernel.total();
        final double switches = direct.of(Packet::machineSwitches) - kernel.of(Packet::machineSwitches);
        final BreakdownResults.Cell routed = results.measured(wire.routed(null), role);
        if (routed != null)
        {
            final Map<String, Double> parts = new LinkedHashMap<>();
            parts.put("the extra trip through the host's IP stack over a TAP", routed.total() - direct.total());
            final BreakdownResults.Cell filtered = results.measured(wire.routed(USUAL_TABLE), role);
            final BreakdownResults.Cell last = filtered == null ? routed : filtered;
            if (filtered != null)
            {
                parts.put("netfilter with 100 rules and tracking", filtered.total() - routed.total());
            }
            parts.put("Pnet itself", left);
            lines.add(title(wire, role) + ", in the thesis's arrangement: " +
                Format.ratio(last.of(Packet::goodput) / kernel.of(Packet::goodput)) + " of the kernel's goodput and " +
                ns(last.total()) + " of CPU a segment, where the kernel needs " + ns(kernel.total()) +
                ". The difference of " + ns(last.total() - kernel.total()) + " is made of: " + shares(parts) + ".");
        }
        lines.add(title(wire, role) + ", on the ring, without the hop: " +
            Format.ratio(direct.of(Packet::goodput) / kernel.of(Packet::goodput)) + " of the kernel's goodput at " +
            Format.ratio(direct.total() / kernel.total()) + " of its CPU (" + ns(direct.total()) + " and " +
            ns(kernel.total()) + " a segment). " + switched(results, direct, kernel, switches, left) + " " +
            byPart(direct, kernel) + byStage(results, wire, role));
    }

    /** What the sampled stages say of the difference, the largest first; nothing where they were not sampled. */
    private static String byStage(final BreakdownResults results, final Setup wire, final Role role)
    {
        final BreakdownResults.Profile pnet = results.find(wire, role).profile;
        final BreakdownResults.Profile kernel = results.find(wire, Role.KERNEL_TO_KERNEL).profile;
        if (pnet == null || kernel == null || pnet.stages().isEmpty() || kernel.stages().isEmpty())
        {
            return "";
        }
        final Map<String, Double> more = new LinkedHashMap<>();
        StageSplit.NAMES.forEach(name -> more.put(name,
            pnet.stages().getOrDefault(name, 0.0) - kernel.stages().getOrDefault(name, 0.0)));
        return " By stage, sampled: " + String.join("; ", more.entrySet().stream()
            .sorted((one, other) -> Double.compare(Math.abs(other.getValue()), Math.abs(one.getValue())))
            .limit(STAGES_TOLD).map(stage -> stage.getKey() + " " + signed(stage.getValue())).toList()) + " ns.";
    }

    /** How much of the difference context switches can be. */
    private static String switched(
        final BreakdownResults results, final BreakdownResults.Cell direct, final BreakdownResults.Cell kernel,
        final double switches, final double left)
    {
        final double cost = switches * results.handoverNs;
        final String counted = "The machine switches " + Target.figure(direct.of(Packet::machineSwitches) * 1000) +
            " times a thousand segments, with the kernel alone " +
            Target.figure(kernel.of(Packet::machineSwitches) * 1000) + "; at " + ns(results.handoverNs) +
            " of CPU a wake-up ";
        return counted + (cost <= 0 ? "that saves " + ns(-cost) + " a segment." :
            "that is " + ns(cost) + " a segment" +
                (left > 0 ? ", " + Math.round(Math.min(1, cost / left) * 100) + " % of what Pnet needs more." : "."));
    }

    /** The difference by who was charged. */
    private static String byPart(final BreakdownResults.Cell direct, final BreakdownResults.Cell kernel)
    {
        final List<String> words = new ArrayList<>();
        for (int i = 0; i < Packet.PARTS.size(); i++)
        {
            final int part = i;
            final double more = direct.of(packet -> packet.parts().get(part)) -
                kernel.of(packet -> packet.parts().get(part));
            words.add(Packet.PARTS.get(i) + " " + signed(more));
        }
        return "By who was charged: " + String.join("; ", words) + " ns.";
    }

    private static void netfilter(final List<String> lines, final BreakdownResults results, final Role role)
    {
        final Map<String, Double> more = new LinkedHashMap<>();
        final List<String> failed = new ArrayList<>();
        Setup wire = null;
        for (final BreakdownResults.Cell cell : results.cells)
        {
            if (cell.role != role || cell.setup.netfilter() == null)
            {
                continue;
            }
            final BreakdownResults.Cell without = results.measured(cell.setup.routed(null), role);
            if (cell.runs.isEmpty() || without == null)
            {
                failed.add(cell.setup.netfilter() + ": " + TextTable.reason(cell.failures));
                continue;
            }
            wire = cell.setup;
            more.put(cell.setup.netfilter(), cell.total() - without.total());
        }
        if (!more.isEmpty())
        {
            final List<String> words = new ArrayList<>();
            more.forEach((table, ns) -> words.add(table + " " + signed(ns)));
            final BreakdownResults.Cell without = results.measured(wire.routed(null), role);
            final double spread = spread(without);
            lines.add("Netfilter on the routed path, " + role.title() + ", " + wire.link() + ", " + wire.frames() +
                ", ns of CPU a segment more than the " + ns(without.total()) + " without a table (rules, and how " +
                "connections are tracked): " + String.join("; ", words) + ". Two runs without it differ by " +
                ns(spread) + ", so that less than that is nothing.");
        }
        failed.forEach(reason -> lines.add("Netfilter, " + role.title() + ": not measured with " + reason));
    }

    private static double spread(final BreakdownResults.Cell cell)
    {
        final double[] totals = cell.runs.stream().mapToDouble(Packet::total).sorted().toArray();
        return totals[totals.length - 1] - totals[0];
    }

    /** The largest part first; what saves something says so. */
    private static String shares(final Map<String, Double> parts)
    {
        final double all = parts.values().stream().filter(part -> part > 0).mapToDouble(Double::doubleValue).sum();
        return String.join(", ", parts.entrySet().stream()
            .sorted((one, other) -> Double.compare(other.getValue(), one.getValue()))
            .map(part -> part.getKey() + " " + (part.getValue() <= 0 ? "saves " + ns(-part.getValue()) :
                ns(part.getValue()) + " (" + Math.round(part.getValue() / all * 100) + " %)")).toList());
    }

    private static String title(final Setup wire, final Role role)
    {
        return wire.title() + ", " + role.title();
    }

    private static String ns(final double ns)
    {
        return String.format(Locale.ROOT, "%,d ns", Math.round(ns));
    }

    private static String signed(final double ns)
    {
        return String.format(Locale.ROOT, "%+,d", Math.round(ns));
    }
}
