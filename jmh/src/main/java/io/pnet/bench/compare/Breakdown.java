package io.pnet.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * {@code ci/compare --breakdown}: what a packet costs, and where. The same transfer over the direct ring, over the
 * arrangement of the 2007 thesis (a TAP behind the host's IP forwarding), and through netfilter there; Pnet sending,
 * Pnet receiving, and the kernel alone. What a hop or a rule costs is the difference between two of them.
 *
 * <p>Exit code 0 if every cell has figures, 1 if one has not, 2 for a wrong call.
 */
public final class Breakdown
{
    private static final List<Role> ROLES =
        List.of(Role.KERNEL_TO_KERNEL, Role.PNET_TO_KERNEL, Role.KERNEL_TO_PNET);
    private static final List<String> COUNTERS = List.of(
        "tcp.tx.copied.bytes", "tcp.tx.gathered.bytes", "tcp.rx.copied.bytes", "tcp.rx.retained.bytes",
        "link.tx.bytes", "link.rx.bytes");

    /** What starting and stopping a recorder takes. */
    private static final double SLACK_S = 6;
    /** How long samples are taken. */
    private static final double SAMPLING_S = 3;

    private final Call call;
    private final Cells cells;
    private final BulkTest test;
    private final BulkTest slowTest;
    private final double measureS;
    private final Syscalls syscalls;
    private final boolean maySample;
    private final BreakdownResults results = new BreakdownResults();

    private Breakdown(final Call call, final Cells cells) throws InterruptedException
    {
        this.call = call;
        this.cells = cells;
        measureS = call.isQuick() ? 1.0 : 1.5;
        // Most of the stack is compiled after some three seconds; what is compiled later is shown as a part.
        final double warmUpS = call.isQuick() ? 1.0 : 3.0;
        test = new BulkTest(call.pnet(), cells.folder, warmUpS, measureS);
        slowTest = new BulkTest(call.pnet(), cells.folder, warmUpS, measureS, SLACK_S);
        syscalls = Syscalls.here();
        maySample = CpuSamples.mayRecord(cells.folder);
    }

    /**
     * Takes a packet's cost apart.
     *
     * @param args what {@code ci/compare} hands over.
     * @throws IOException          if the results cannot be written.
     * @throws InterruptedException if the process is asked to stop.
     */
    public static void main(final String[] args) throws IOException, InterruptedException
    {
        Cells.run(args, Set.of(), (call, cells) -> new Breakdown(call, cells).run());
    }

    private void run() throws IOException, InterruptedException
    {
        results.made = ZonedDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z"));
        results.mode = call.isQuick() ? "quick" : "default";
        results.machine = Machine.here(call.version());
        results.machine.lines().forEach(cells.screen::println);
        results.handoverNs = Handover.costNs();
        final List<Setup> wires = call.isQuick() ?
            List.of(Setup.of("1g", "on"), Setup.of("none", "mtu")) :
            List.of(Setup.of("100m", "on"), Setup.of("1g", "on"), Setup.of("none", "on"), Setup.of("none", "mtu"));
        final boolean mayRoute = Plan.mayOpenTaps();
        for (final Setup wire : wires)
        {
            ROLES.forEach(role -> transfer(wire, role));
            if (mayRoute)
            {
                ROLES.forEach(role -> transfer(wire.routed(null), role));
            }
        }
        results.sources.add(mayRoute ?
            "The routed hop: Pnet on a TAP, whose host forwards between it and the veth. The kernel's counterpart " +
                "stands in a namespace behind a forwarding one." :
            "No routed hop and no netfilter in this run: /dev/net/tun is not open to this user.");
        if (mayRoute)
        {
            netfilter(wires.get(wires.size() - 1));
        }
        for (final Setup wire : wires)
        {
            ROLES.forEach(role -> profile(wire, role));
        }
        results.sources.add("CPU is from /proc/stat and /proc/PID/stat, in ticks of 10 ms: what a slow link needs is " +
            "only a few of them. System time is without softirq, which has a part of its own. Other work is what " +
            "the machine did besides; much of it makes a figure doubtful. Context switches are those of every " +
            "thread, from /proc/PID/task/*/status, and of the machine, from /proc/stat.");
        results.sources.add("A wake-up's cost is measured in this run: two threads that park and unpark each other.");
        results.sources.add(syscalls.words());
        results.sources.add(maySample ?
            "The stages are samples of every processor by perf (cpu-clock, " + CpuSamples.FREQUENCY + " a second) in " +
                "runs of their own; what is in the kernel belongs to the innermost function whose name says what it " +
                "works for, both ends' together. Java code is split as Flight Recorder's samples of the same run " +
                "are, one a millisecond, by the innermost of Pnet's rooms that is no mere view over bytes. Fewer " +
                "than some hundred samples are a guess." :
            "No stages in this run: they need perf, and root or kernel.perf_event_paranoid below 0.");
        results.tookSeconds = cells.elapsedS();
        Pages.write(call.out(), "breakdown.json", results.json() + "\n");
        final String text = BreakdownPage.text(results);
        Files.writeString(call.out().resolve("breakdown.txt"), text);
        cells.screen.println();
        cells.screen.println(text);
        cells.screen.println("Wrote breakdown.txt, breakdown.json and report.html to " + call.out() + " after " +
            Math.round(results.tookSeconds) + " s.");
    }

    private void netfilter(final Setup wire)
    {
        final List<String> tables = call.isQuick() ?
            List.of("0", "1000", "100:track") :
            List.of("0", "100", "1000",
                "0:track", "100:track", "1000:track", "0:notrack", "100:notrack", "1000:notrack");
        for (final Role role : call.isQuick() ? ROLES.subList(1, 3) : ROLES)
        {
            tables.forEach(table -> transfer(wire.routed(table), role));
            // Once more without, since what the tables cost is a difference to that.
            transfer(wire.routed(null), role);
        }
    }

    private void transfer(final Setup setup, final Role role)
    {
        final BreakdownResults.Cell cell = results.cell(setup, role);
        cells.take(setup.title() + ", " + role.title(), setup, role, cell.failures, wire ->
        {
            final Sample[] samples = new Sample[2];
            final BulkRun run = test.run(wire, setup, role, false, List.of(), (sender, receiver) ->
                samples[samples[0] == null ? 0 : 1] = Sample.of(sender, receiver, setup.device()));
            final Packet packet = Packet.of(run.goodput(), samples[0], samples[1]);
            cell.runs.add(packet);
            return Format.rate(run.goodput()) + ", " + Math.round(packet.total()) + " ns CPU a segment, " +
                Target.figure(packet.machineSwitches() * 1000) + " context switches a thousand";
        });
    }

    private void profile(final Setup setup, final Role role)
    {
        final BreakdownResults.Cell cell = results.cell(setup, role);
        cells.take("profile of " + setup.title() + ", " + role.title(), setup, role, cell.failures, wire ->
        {
            final Profiler profiler = new Profiler(role);
            final BulkRun run = slowTest.run(wire, setup, role, false, List.of("--counters"), profiler);
            final double perSecond = run.goodput() / 8 / Packet.PAYLOAD;
            final int samples = profiler.samples.values().stream().mapToInt(Integer::intValue).sum();
            cell.profile = new BreakdownResults.Profile(
                profiler.senderCalls / (perSecond * measureS), profiler.receiverCalls / (perSecond * measureS),
                StageSplit.of(profiler.samples, profiler.java, perSecond * SAMPLING_S), samples, profiler.copies);
            return Target.figure(cell.profile.senderCalls()) + " and " + Target.figure(cell.profile.receiverCalls()) +
                " system calls a segment, " + samples + " samples";
        });
    }

    /** Counts and samples the two processes of one transfer. */
    private final class Profiler implements BulkTest.Watcher
    {
        private final Role role;
        private final Path fromFile = cells.folder.resolve("calls-from");
        private final Path toFile = cells.folder.resolve("calls-to");
        private final Path samplesFile = cells.folder.resolve("samples.perf");
        private final Map<String, Double> copies = new LinkedHashMap<>();
        private Map<String, Integer> samples = Map.of();
        private Map<String, Integer> java = Map.of();
        private Process from;
        private Process to;
        private Process recording;

        private double senderCalls;
        private double receiverCalls;

        Profiler(final Role role)
        {
            this.role = role;
        }

        @Override
        public void look(final Program sender, final Program receiver) throws IOException, InterruptedException
        {
            final boolean hasPnet = role.pnetSends || role.pnetReceives;
            final long pnetPid = !hasPnet ? 0 : role.pnetSends ? sender.pid() : receiver.pid();
            if (from == null && recording == null)
            {
                if (maySample)
                {
                    if (hasPnet)
                    {
                        Stages.start(pnetPid);
                    }
                    recording = CpuSamples.start(SAMPLING_S, samplesFile);
                }
                from = syscalls.start(sender.pid(), measureS, fromFile);
                to = syscalls.start(receiver.pid(), measureS, toFile);
                return;
            }
            senderCalls = Syscalls.calls(from, fromFile);
            receiverCalls = Syscalls.calls(to, toFile);
            if (!maySample)
            {
                return;
            }
            recording.waitFor();
            if (hasPnet)
            {
                java = Stages.stop(pnetPid, cells.folder.resolve("stages.jfr"));
                Stages.nameCode(pnetPid);
            }
            final List<Long> programs = Stream.of(sender, receiver).map(Program::pid)
                .filter(pid -> pid != pnetPid).toList();
            try
            {
                samples = CpuSamples.read(recording, samplesFile, pnetPid, programs);
            }
            finally
            {
                // Where the JVM has left the names of its code.
                Files.deleteIfExists(Path.of("/tmp/perf-" + pnetPid + ".map"));
            }
        }

        @Override
        public void ended(final Program sender, final Program receiver) throws IOException
        {
            if (role.pnetSends || role.pnetReceives)
            {
                copies.putAll(copies((role.pnetSends ? sender : receiver).errors(), role.pnetSends));
            }
        }
    }

    /** Bytes by counter, for a byte that the link carried in the direction of the transfer. */
    static Map<String, Double> copies(final String counters, final boolean isSender)
    {
        final Map<String, Double> bytes = new LinkedHashMap<>();
        counters.lines().map(line -> line.split(" ")).filter(words -> words.length == 2 && COUNTERS.contains(words[0]))
            .forEach(words -> bytes.put(words[0], Double.parseDouble(words[1])));
        final double all = bytes.getOrDefault(isSender ? "link.tx.bytes" : "link.rx.bytes", 0.0);
        bytes.replaceAll((name, value) -> all == 0 ? Double.NaN : value / all);
        return bytes;
    }
}
