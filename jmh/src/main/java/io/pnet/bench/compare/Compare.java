package io.pnet.bench.compare;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code ci/compare}: Pnet beside the kernel. Each cell of the plan gets a wire of its own, made afresh, so that
 * nothing is left over from the one before; the cells of a round take turns between kernel and Pnet, so that a slow
 * minute of a shared machine falls on both.
 *
 * <p>Exit code 0 if every cell has a figure, 1 if one has not (it is shown as failed, with the reason), 2 for a wrong
 * call.
 */
public final class Compare
{
    private final Plan plan;
    private final Options options;
    private final PrintStream screen = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true,
        StandardCharsets.UTF_8);
    private final long beganNs = System.nanoTime();
    private int done;
    private int total;

    /** What the command line says. */
    private record Options(Plan plan, Path out, Path net, Path pnet, String name, String version, List<String> java)
    {
        static Options of(final String[] args)
        {
            Plan plan = Plan.usual();
            Path out = null;
            Path net = null;
            Path pnet = null;
            String name = "pnetcmp";
            String version = "";
            String classPath = System.getProperty("java.class.path");
            for (int i = 0; i < args.length; i++)
            {
                switch (args[i])
                {
                    case "--quick" -> plan = Plan.quick();
                    case "--out" -> out = Path.of(args[++i]);
                    case "--net" -> net = Path.of(args[++i]);
                    case "--pnet" -> pnet = Path.of(args[++i]);
                    case "--name" -> name = args[++i];
                    case "--pnet-version" -> version = args[++i];
                    case "--class-path" -> classPath = args[++i];
                    default -> throw new IllegalArgumentException("no option " + args[i]);
                }
            }
            if (out == null || net == null || pnet == null)
            {
                throw new IllegalArgumentException("--out, --net and --pnet are needed; ci/compare gives them");
            }
            final List<String> java = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
                "-Dorg.bytedeco.javacpp.noPointerGC=true",
                "-cp", classPath);
            return new Options(plan, out, net, pnet, name, version, java);
        }
    }

    private Compare(final Options options)
    {
        this.options = options;
        this.plan = options.plan();
    }

    /**
     * Runs the comparison.
     *
     * @param args what {@code ci/compare} hands over.
     * @throws IOException          if the results cannot be written.
     * @throws InterruptedException if the process is asked to stop.
     */
    public static void main(final String[] args) throws IOException, InterruptedException
    {
        System.setProperty("java.awt.headless", "true");
        if (args.length == 3 && args[0].equals("--report-only"))
        {
            // The pictures and the page again, from results that were written before.
            write(Results.ofJson(Files.readString(Path.of(args[1]))), Path.of(args[2]));
            return;
        }
        final Options options;
        try
        {
            options = Options.of(args);
        }
        catch (final IllegalArgumentException | ArrayIndexOutOfBoundsException e)
        {
            System.err.println("compare: " + e.getMessage());
            System.exit(2);
            return;
        }
        System.exit(new Compare(options).run() ? 0 : 1);
    }

    private boolean run() throws IOException, InterruptedException
    {
        Files.createDirectories(options.out());
        final Path folder = Files.createTempDirectory("pnet-compare");
        try
        {
            return run(folder);
        }
        finally
        {
            try (Stream<Path> files = Files.walk(folder))
            {
                files.sorted(Comparator.reverseOrder()).forEach(Compare::delete);
            }
        }
    }

    private boolean run(final Path folder) throws IOException, InterruptedException
    {
        final Results results = new Results();
        results.made = ZonedDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z"));
        results.mode = plan.mode();
        results.warmUpSeconds = plan.warmUpS();
        results.measuredSeconds = plan.measureS();
        results.machine = Machine.here(options.version());
        results.machine.lines().forEach(screen::println);

        final BulkTest bulkTest = new BulkTest(options.pnet(), folder, plan.warmUpS(), plan.measureS());
        final LatencyTest latencyTest = new LatencyTest(
            options.java(), folder, Math.max(0.5, plan.latencyS() / 3), plan.latencyS());
        results.bulk.addAll(plan.bulk());
        final List<Results.Bulk> once = plan.once();
        if (!Plan.mayOpenTaps())
        {
            results.notes.add("No TAP in this comparison: /dev/net/tun is not open to this user.");
            screen.println(results.notes.get(0));
        }
        results.latency.addAll(plan.latency());
        total = results.bulk.size() * plan.rounds() + once.size() + results.latency.size() * plan.latencyRounds();

        // First everything once, then the further rounds: a run that gets short of time has no holes.
        int rounds = 0;
        while (rounds < plan.rounds())
        {
            final double roundBeganS = elapsedS();
            for (final Results.Bulk cell : results.bulk)
            {
                bulk(bulkTest, cell, rounds + 1);
            }
            rounds++;
            final double roundS = elapsedS() - roundBeganS;
            if (rounds == 1)
            {
                once.forEach(cell -> bulk(bulkTest, cell, 1));
                for (int i = 0; i < plan.latencyRounds(); i++)
                {
                    results.latency.forEach(cell -> latency(latencyTest, cell));
                }
            }
            if (rounds < plan.rounds() && elapsedS() + roundS > plan.limitS())
            {
                results.notes.add("Only " + rounds + " of " + plan.rounds() + " rounds fitted into the time.");
                break;
            }
        }
        results.bulk.addAll(once);
        results.compare();
        results.notes.addAll(Notes.about(results));
        results.tookSeconds = elapsedS();

        screen.println();
        screen.println(TextTable.of(results));
        write(results, options.out());
        screen.println("Wrote " + options.out().resolve("report.html") +
            ", results.json and the plots beside it, after " + Math.round(results.tookSeconds) + " s.");
        if (results.failed() > 0)
        {
            screen.println(results.failed() + " cells failed; they are marked above.");
        }
        return results.failed() == 0;
    }

    private void bulk(final BulkTest test, final Results.Bulk cell, final int round)
    {
        final String title = cell.setup.title() + ", " + cell.role.title() + program(cell) + ", round " + round;
        attempt(title, cell.failures, cell.setup, cell.role, wire ->
        {
            final BulkRun run = test.run(wire, cell.setup, cell.role, cell.program.equals("Java NIO"));
            cell.runs.add(run);
            return Format.rate(run.goodput()) + ", " + Format.cpu(run.cpu().total()) + " CPU s/GB";
        });
    }

    private void latency(final LatencyTest test, final Results.Latency cell)
    {
        final String title = cell.setup.title() + ", " + cell.role.title() + ", round trips " +
            (cell.loaded ? "under load" : "idle");
        attempt(title, cell.failures, cell.setup, cell.role, wire ->
        {
            final LatencyRun run = test.run(wire, cell.setup, cell.role, cell.loaded);
            cell.runs.add(run);
            return "p50 " + Format.micros(run.p50()) + ", p99 " + Format.micros(run.p99());
        });
    }

    /** Something that gives a figure on a wire. */
    private interface Measurement
    {
        String on(Wire wire) throws IOException, InterruptedException;
    }

    private void attempt(
        final String title, final List<String> failures, final Setup setup, final Role role, final Measurement figure)
    {
        done++;
        String outcome;
        try (Wire wire = Wire.up(options.net(), options.name(), setup, role))
        {
            outcome = figure.on(wire);
        }
        catch (final CellFailure e)
        {
            failures.add(e.getMessage());
            outcome = "FAILED: " + e.getMessage();
        }
        catch (final IOException e)
        {
            throw new UncheckedIOException(e);
        }
        catch (final InterruptedException e)
        {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        screen.printf("[%3d/%d %3.0f s] %s: %s%n", done, total, elapsedS(), title, outcome);
    }

    private static String program(final Results.Bulk cell)
    {
        return cell.role == Role.KERNEL_TO_KERNEL ? " (" + cell.program + ")" : "";
    }

    private double elapsedS()
    {
        return (System.nanoTime() - beganNs) / 1e9;
    }

    private static void write(final Results results, final Path out) throws IOException
    {
        Pages.write(out, "results.json", results.json() + "\n");
        Files.writeString(out.resolve("table.txt"), TextTable.of(results) + "\n");
    }

    private static void delete(final Path path)
    {
        try
        {
            Files.delete(path);
        }
        catch (final IOException e)
        {
            throw new UncheckedIOException(e);
        }
    }
}
