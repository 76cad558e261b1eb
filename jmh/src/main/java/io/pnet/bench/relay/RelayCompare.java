package io.pnet.bench.relay;

import io.pnet.bench.compare.CellFailure;
import io.pnet.bench.compare.Machine;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * {@code ci/relay}: Pnet beside the kernel over bad wires. Every transfer gets three namespaces and a relay of its own;
 * those of one path and seed run at the same time, so that a slow minute of the machine falls on all of them.
 *
 * <p>Exit code 0 if the wire is what it was told to be and every transfer has a figure, 1 if not, 2 for a wrong call.
 */
public final class RelayCompare
{
    private final RelayPlan plan;
    private final Path out;
    private final String name;
    private final String version;
    private final BadWire.Tools tools;
    private final PrintStream screen =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    private final long beganNs = System.nanoTime();

    private RelayCompare(
        final RelayPlan plan, final Path out, final String name, final String version, final BadWire.Tools tools)
    {
        this.plan = plan;
        this.out = out;
        this.name = name;
        this.version = version;
        this.tools = tools;
    }

    /**
     * Runs the comparison.
     *
     * @param args what {@code ci/relay} hands over.
     * @throws IOException          if the results cannot be written.
     * @throws InterruptedException if the process is asked to stop.
     */
    public static void main(final String[] args) throws IOException, InterruptedException
    {
        RelayPlan plan = RelayPlan.usual();
        Path out = null;
        Path net = null;
        Path pnet = null;
        String name = "pntrly";
        String version = "";
        int seeds = 0;
        String only = "";
        String congestion = "";
        try
        {
            for (int i = 0; i < args.length; i++)
            {
                switch (args[i])
                {
                    case "--quick" -> plan = RelayPlan.quick();
                    case "--full" -> plan = RelayPlan.full();
                    case "--seeds" -> seeds = Integer.parseInt(args[++i]);
                    case "--only" -> only = args[++i];
                    case "--congestion" -> congestion = args[++i];
                    case "--out" -> out = Path.of(args[++i]);
                    case "--net" -> net = Path.of(args[++i]);
                    case "--pnet" -> pnet = Path.of(args[++i]);
                    case "--name" -> name = args[++i];
                    case "--pnet-version" -> version = args[++i];
                    default -> throw new IllegalArgumentException("no option " + args[i]);
                }
            }
            plan = plan.with(seeds, only);
            if (out == null || net == null || pnet == null)
            {
                throw new IllegalArgumentException("--out, --net and --pnet are needed; ci/relay gives them");
            }
            if (plan.points().isEmpty())
            {
                throw new IllegalArgumentException("--only " + only + ": no path is called so");
            }
        }
        catch (final IllegalArgumentException | ArrayIndexOutOfBoundsException e)
        {
            System.err.println("relay: " + e.getMessage());
            System.exit(2);
            return;
        }
        final boolean isGood;
        final Path folder = Files.createTempDirectory("pnet-relay");
        try
        {
            final boolean isRealTime = new ProcessBuilder("chrt", "-f", "10", "true")
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
            final BadWire.Tools tools = new BadWire.Tools(net, pnet, congestion, folder, isRealTime);
            isGood = new RelayCompare(plan, out, name, version, tools).run();
        }
        finally
        {
            try (Stream<Path> files = Files.walk(folder))
            {
                for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
                {
                    Files.deleteIfExists(file);
                }
            }
        }
        System.exit(isGood ? 0 : 1);
    }

    private boolean run() throws IOException, InterruptedException
    {
        final RelayResults results = new RelayResults();
        results.made = ZonedDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z"));
        results.mode = plan.mode();
        results.seeds = plan.seeds();
        results.congestion = tools.congestion().isEmpty() ? "CUBIC" : tools.congestion();
        results.machine = Machine.here(version);
        results.relayInRealTime = tools.realTime();
        results.loadAtBegin = load();
        results.machine.lines().forEach(screen::println);
        try
        {
            for (final String line : new Validation(tools, name).run())
            {
                results.validation.add(line);
                screen.println("The wire, Linux to Linux: " + line);
            }
        }
        catch (final CellFailure e)
        {
            screen.println("FAILED: " + e.getMessage());
            return false;
        }
        for (final Point point : plan.points())
        {
            for (final Ends ends : plan.ends())
            {
                final RelayResults.Cell cell = new RelayResults.Cell();
                cell.point = point;
                cell.impairment = point.impairment();
                cell.ends = ends;
                results.cells.add(cell);
            }
        }
        transfers(results);
        results.compare();
        results.loadAtEnd = load();
        results.tookSeconds = elapsedS();

        final String table = RelayTable.of(results);
        screen.println();
        screen.println(table);
        RelayTable.notes(results).forEach(screen::println);
        RelayTable.failures(results).forEach(screen::println);
        Files.createDirectories(out);
        Files.writeString(out.resolve("relay.json"), results.json() + "\n");
        Files.writeString(out.resolve("relay.md"),
            table + "\n" + String.join("\n\n", RelayTable.notes(results)) + "\n");
        screen.println("Wrote " + out.resolve("relay.json") + " and relay.md beside it, after " +
            Math.round(results.tookSeconds) + " s.");
        return results.failed() == 0;
    }

    private void transfers(final RelayResults results) throws InterruptedException
    {
        final ExecutorService executor = Executors.newFixedThreadPool(plan.ends().size());
        try
        {
            int done = 0;
            for (final Point point : plan.points())
            {
                for (int seed = 1; seed <= plan.seeds(); seed++)
                {
                    final String line = together(executor, results, point, seed);
                    done++;
                    screen.printf("[%2d/%d %4.0f s] %s, seed %d: %s%n", done, plan.points().size() * plan.seeds(),
                        elapsedS(), point.name(), seed, line);
                }
            }
        }
        finally
        {
            executor.shutdownNow();
        }
    }

    /** One seed for all pairs of ends at the same time. */
    private String together(
        final ExecutorService executor, final RelayResults results, final Point point, final int seed)
        throws InterruptedException
    {
        final List<Future<Transfer>> running = new ArrayList<>();
        for (final Ends ends : plan.ends())
        {
            final String wire = name + ends.ordinal();
            running.add(executor.submit(() ->
                Transfer.run(tools, wire, ends, point.impairment(), point.seconds(), seed)));
        }
        final List<String> said = new ArrayList<>();
        for (int i = 0; i < running.size(); i++)
        {
            final RelayResults.Cell cell = results.cell(point, plan.ends().get(i));
            try
            {
                final Transfer transfer = running.get(i).get();
                cell.transfers.add(transfer);
                said.add(cell.ends.title + " " + RelayTable.mbit(transfer.goodput()));
            }
            catch (final ExecutionException e)
            {
                if (!(e.getCause() instanceof CellFailure))
                {
                    throw new IllegalStateException(e.getCause());
                }
                cell.failures.add("seed " + seed + ": " + e.getCause().getMessage());
                said.add(cell.ends.title + " FAILED: " + e.getCause().getMessage());
            }
        }
        return String.join(", ", said) + " Mbit/s";
    }

    private static double load()
    {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    private double elapsedS()
    {
        return (System.nanoTime() - beganNs) / 1e9;
    }
}
