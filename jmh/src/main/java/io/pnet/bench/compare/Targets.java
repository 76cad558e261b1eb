package io.pnet.bench.compare;

import io.pnet.bench.Waits;

import java.io.IOException;
import java.nio.file.Files;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * {@code ci/compare --targets}: what Pnet is to reach beside the kernel, and what it does. The kernel's figures are of
 * the same run: the cells of a round take turns, a ratio is of one round, and what is shown is the median of the
 * ratios, with the lowest and the highest.
 *
 * <p>Exit code 0 if every cell has a figure, whether it meets its target or not, 1 if one has not, 2 for a wrong call.
 */
public final class Targets
{
    /** What {@code --only} may name. */
    private static final List<String> GROUPS =
        List.of("shaped", "unshaped", "mtu", "rtt", "nio", "http", "connections", "bench");
    /** Payload and bytes on tbf's account of a full frame with time stamps, IPv4; see {@code ci/net}. */
    private static final double PAYLOAD_OF_FRAME = 1448.0 / 1514;
    private static final double IDLE_S = 2;
    /** A part of a processor that is as good as none. */
    private static final double NO_CPU = 0.01;
    private static final String KERNEL = "kernel, iperf3";
    private static final String KERNEL_NIO = "kernel, Java NIO";
    private static final String IN = "in";
    private static final String OUT = "out";
    private static final String CLAIMED = "out through claimed buffers";

    private final Call call;
    private final Cells cells;
    private final LatencyTest latencyTest;
    private final TargetResults results = new TargetResults();
    private final int latencyRounds;
    private final int bulkRounds;
    private final int shapedRounds;
    /** How far apart the processors were in each run, by the run itself and not by its figures. */
    private final Map<BulkRun, CacheLine.Times> cacheLines = new IdentityHashMap<>();

    private Targets(final Call call, final Cells cells)
    {
        this.call = call;
        this.cells = cells;
        latencyRounds = call.isQuick() ? 1 : 3;
        bulkRounds = call.isQuick() ? 1 : 5;
        shapedRounds = call.isQuick() ? 1 : 2;
        latencyTest = new LatencyTest(call.java(), cells.folder, warmUpS("none"), call.isQuick() ? 0.8 : 1.5);
    }

    /**
     * Fills the table.
     *
     * @param args what {@code ci/compare} hands over.
     * @throws IOException          if the results cannot be written.
     * @throws InterruptedException if the process is asked to stop.
     */
    public static void main(final String[] args) throws IOException, InterruptedException
    {
        Cells.run(args, GROUPS, (call, cells) -> new Targets(call, cells).run());
    }

    private void run() throws IOException, InterruptedException
    {
        results.made = ZonedDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z"));
        results.mode = call.isQuick() ? "quick" : "default";
        results.machine = Machine.here(call.version());
        results.machine.lines().forEach(cells.screen::println);
        CacheLine.warmUp();
        if (call.wants("shaped"))
        {
            for (final String rate : call.isQuick() ? List.of("1g") : List.of("100m", "1g"))
            {
                for (final String offloads : List.of("on", "off"))
                {
                    shaped(Setup.of(rate, offloads));
                }
            }
        }
        if (call.wants("unshaped"))
        {
            final Setup setup = Setup.of("none", "on");
            final Map<String, Rounds<BulkRun>> runs = bulk(setup, List.of(KERNEL, KERNEL_NIO, IN, OUT, CLAIMED));
            goodput("unshaped", setup, runs, IN, 1.1);
            goodput("unshaped", setup, runs, OUT, 0.7);
            goodput("unshaped", setup, runs, CLAIMED, 0.9);
        }
        if (call.wants("mtu"))
        {
            mtu();
        }
        if (call.wants("rtt"))
        {
            roundTrips("rtt", "busy polling, spinning kernel echo", Waits.SPIN, Waits.SPIN, false, 1.15);
        }
        if (call.wants("nio"))
        {
            roundTrips("nio", "selector, spinning kernel echo", Waits.SELECT, Waits.SPIN, false, 0.65);
            roundTrips("nio", "selector, blocking kernel echo", Waits.SELECT, Waits.BLOCK, false, 0.75);
            roundTrips("nio", "selectors at both ends", Waits.SELECT, Waits.SELECT, true, 0.6);
        }
        results.rows.addAll(OtherFigures.of(call));
        results.tookSeconds = cells.elapsedS();
        Pages.write(call.out(), "targets.json", results.json() + "\n");
        Files.writeString(call.out().resolve("targets.md"), results.markdown());
        cells.screen.println();
        cells.screen.println(results.markdown());
        cells.screen.println("Wrote targets.md, targets.json and report.html to " + call.out() + " after " +
            Math.round(results.tookSeconds) + " s.");
    }

    // ---- one stream

    private void shaped(final Setup setup)
    {
        final Map<String, Rounds<BulkRun>> runs = bulk(setup, List.of(KERNEL_NIO, IN, OUT));
        final double limit = (setup.rate().equals("1g") ? 984.4e6 : 98.44e6) * PAYLOAD_OF_FRAME;
        final Rounds<BulkRun> kernel = runs.get(KERNEL_NIO);
        for (final String way : List.of(IN, OUT))
        {
            final Rounds<BulkRun> ours = runs.get(way);
            results.rows.add(Target.of("shaped", setup.title() + ", " + way + ": goodput of the Ethernet limit", true,
                0.995, ours.figures(run -> run.goodput() / limit),
                Format.rate(ours.median(BulkRun::goodput)) + " of " + Format.rate(limit) + ", the kernel " +
                    Format.rate(kernel.median(BulkRun::goodput)), TextTable.reason(ours.failures)));
            results.rows.add(Target.of("shaped", setup.title() + ", " + way + ": CPU per gigabyte of the kernel's NIO",
                false, 1, ours.over(kernel, run -> run.cpu().total()),
                Format.cpu(ours.median(run -> run.cpu().total())) + " CPU s/GB, of which the JIT compilers " +
                    Format.cpu(ours.median(run -> run.cpu().compilers())) + "; the kernel " +
                    Format.cpu(kernel.median(run -> run.cpu().total())) + ", " +
                    Format.cpu(kernel.median(run -> run.cpu().compilers())), ours.reason(kernel)));
        }
    }

    private void mtu()
    {
        final Setup ring = Setup.of("none", "mtu");
        final Map<String, Rounds<BulkRun>> runs = bulk(ring, List.of(KERNEL, KERNEL_NIO, IN, OUT));
        goodput("mtu", ring, runs, IN, 1.0);
        goodput("mtu", ring, runs, OUT, 0.75);
        // Bridged to the wire of the others: on a TAP alone the kernel hands over 64 KiB at once, whatever it is told.
        final Setup tap = ring.with(4, "tap");
        final String reason = "/dev/net/tun is not open to this user";
        for (final String way : List.of(IN, OUT))
        {
            if (!Plan.mayOpenTaps())
            {
                results.rows.add(Target.missing("mtu", tap.title() + ", " + way, true, 1, reason));
            }
        }
        if (Plan.mayOpenTaps())
        {
            final Map<String, Rounds<BulkRun>> all = bulk(tap, List.of(KERNEL, KERNEL_NIO, IN, OUT));
            goodput("mtu", tap, all, IN, 1.0);
            goodput("mtu", tap, all, OUT, 1.0);
        }
    }

    /** A row of goodput over that of the kernel's faster program. */
    private void goodput(
        final String group, final Setup setup, final Map<String, Rounds<BulkRun>> runs, final String way,
        final double bar)
    {
        final boolean isNioFaster = !(runs.get(KERNEL).median(BulkRun::goodput) >
            runs.get(KERNEL_NIO).median(BulkRun::goodput));
        final String program = isNioFaster ? KERNEL_NIO : KERNEL;
        final Rounds<BulkRun> kernel = runs.get(program);
        final Rounds<BulkRun> ours = runs.get(way);
        results.rows.add(Target.of(group, setup.title() + ", " + way + ": goodput of the kernel's", true, bar,
            ours.over(kernel, BulkRun::goodput),
            Format.rate(ours.median(BulkRun::goodput)) + ", " + program + " " +
                Format.rate(kernel.median(BulkRun::goodput)) + "; CPU s/GB " +
                Format.cpu(ours.median(run -> run.cpu().total())) + " and " +
                Format.cpu(kernel.median(run -> run.cpu().total())) + alike(ours, kernel), ours.reason(kernel)));
    }

    /** The ratio of those runs alone between which the processors did not move. */
    private String alike(final Rounds<BulkRun> ours, final Rounds<BulkRun> kernel)
    {
        final List<Double> ratios = new ArrayList<>();
        double leastNs = Double.POSITIVE_INFINITY;
        double mostNs = 0;
        for (final BulkRun run : ours.runs.values())
        {
            final CacheLine.Times line = cacheLines.get(run);
            for (final BulkRun beside : kernel.runs.values())
            {
                final CacheLine.Times other = cacheLines.get(beside);
                if (Double.isNaN(line.mostNs(other)))
                {
                    continue;
                }
                leastNs = Math.min(leastNs, line.leastNs(other));
                mostNs = Math.max(mostNs, line.mostNs(other));
                if (line.isAlike(other))
                {
                    ratios.add(run.goodput() / beside.goodput());
                }
            }
        }
        final String ratio = ratios.isEmpty() ? "never alike" : "where alike " + Target.figure(Target.median(ratios));
        return mostNs == 0 ? "" :
            String.format(Locale.ROOT, "; a cache line %.0f to %.0f ns, %s", leastNs, mostNs, ratio);
    }

    /**
     * Servers are older than seconds: what a JVM compiles while it is young is not what a stack costs. And what runs
     * some hundred times a second is compiled after tens of seconds, the slower the link the later.
     */
    private double warmUpS(final String rate)
    {
        return call.isQuick() ? 1 : rate.equals("100m") ? 30 : rate.equals("1g") ? 12 : 5;
    }

    /** Runs these in turns; kernel to kernel always on the plain wire. */
    private Map<String, Rounds<BulkRun>> bulk(final Setup setup, final List<String> whats)
    {
        final boolean isShaped = !setup.rate().equals("none");
        final int rounds = isShaped ? shapedRounds : bulkRounds;
        final double measureS = call.isQuick() ? 1.0 : isShaped ? 3 : 1.9;
        final BulkTest test = new BulkTest(call.pnet(), cells.folder, warmUpS(setup.rate()), measureS);
        final Map<String, Rounds<BulkRun>> runs = new LinkedHashMap<>();
        whats.forEach(what -> runs.put(what, new Rounds<>()));
        for (int i = 1; i <= rounds; i++)
        {
            final int round = i;
            runs.forEach((what, cell) ->
            {
                final boolean isKernel = what.startsWith("kernel");
                final Role role = isKernel ? Role.KERNEL_TO_KERNEL :
                    what.equals(IN) ? Role.KERNEL_TO_PNET : Role.PNET_TO_KERNEL;
                final Setup wireOf = isKernel ? setup.with(setup.family(), "ring") : setup;
                cells.take(wireOf.title() + ", " + what + ", round " + round, wireOf, role, cell.failures, wire ->
                {
                    final List<Double> lineNs = new ArrayList<>();
                    final BulkRun run = test.run(wire, wireOf, role, what.equals(KERNEL_NIO),
                        what.equals(CLAIMED) ? List.of("--handlers") : List.of(),
                        (sender, receiver) -> lineNs.add(isShaped ? Double.NaN : CacheLine.measureNs()));
                    final CacheLine.Times line = new CacheLine.Times(lineNs.get(0), lineNs.get(1));
                    cell.runs.put(round, run);
                    cacheLines.put(run, line);
                    return Format.rate(run.goodput()) + ", " + Format.cpu(run.cpu().total()) + " CPU s/GB" +
                        (isShaped ? "" : String.format(Locale.ROOT, ", a cache line %.0f ns", line.endNs()));
                });
            });
        }
        return runs;
    }

    // ---- round trips

    /** Rows of p50 and p99 over the kernel's, and of the client's CPU. */
    private void roundTrips(
        final String group, final String what, final Waits client, final Waits server, final boolean isPnetBoth,
        final double bar)
    {
        final Setup setup = Setup.of("none", "on");
        final Rounds<LatencyRun> kernel = new Rounds<>();
        final Rounds<LatencyRun> pnet = new Rounds<>();
        for (int i = 1; i <= latencyRounds; i++)
        {
            final int round = i;
            for (final boolean isPnet : new boolean[] {false, true})
            {
                final Rounds<LatencyRun> cell = isPnet ? pnet : kernel;
                final Role ours = isPnetBoth ? Role.PNET_TO_PNET : Role.PNET_TO_KERNEL;
                final Role role = isPnet ? ours : Role.KERNEL_TO_KERNEL;
                final String title = "64-byte round trip, " + what + ", " + role.title() + ", round " + round;
                cells.take(title, setup, role, cell.failures, wire ->
                {
                    // Waiting for nothing is shown where it is the question: in a selector, once.
                    final double idleS = client == Waits.SELECT && server == Waits.BLOCK ? IDLE_S : 0;
                    final LatencyRun run = latencyTest.run(wire, setup, role, false, client, server, idleS);
                    cell.runs.put(round, run);
                    return "p50 " + Format.micros(run.p50()) + ", p99 " + Format.micros(run.p99()) +
                        String.format(Locale.ROOT, ", CPU of the client %.2f, idle %.3f", run.cpu(), run.idleCpu());
                });
            }
        }
        final String title = "64-byte round trip, " + what;
        percentile(group, title + ": p50 of the kernel's", bar, pnet, kernel, LatencyRun::p50);
        percentile(group, title + ": p99 of the kernel's", bar, pnet, kernel, LatencyRun::p99);
        if (client == Waits.SELECT)
        {
            results.rows.add(Target.of(group, title + ": processors of the client while it waits", false, Double.NaN,
                pnet.figures(LatencyRun::cpu),
                String.format(Locale.ROOT, "the kernel's client %.2f", kernel.median(LatencyRun::cpu)),
                pnet.reason(kernel)));
        }
        if (client == Waits.SELECT && server == Waits.BLOCK)
        {
            results.rows.add(Target.of(group, "idle in a selector: processors of the process", false, NO_CPU,
                pnet.figures(LatencyRun::idleCpu),
                String.format(Locale.ROOT, "the kernel's client %.4f", kernel.median(LatencyRun::idleCpu)),
                pnet.reason(kernel)));
        }
    }

    private void percentile(
        final String group, final String what, final double bar, final Rounds<LatencyRun> pnet,
        final Rounds<LatencyRun> kernel, final ToDoubleFunction<LatencyRun> figure)
    {
        results.rows.add(Target.of(group, what, false, bar, pnet.over(kernel, figure),
            Format.micros(pnet.median(figure)) + ", the kernel " + Format.micros(kernel.median(figure)),
            pnet.reason(kernel)));
    }
}
