package io.pnet.bench.servers;

import io.pnet.bench.compare.CellFailure;
import io.pnet.bench.compare.Machine;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code ci/servers}: real servers and clients, as they are published, on the kernel and on Pnet.
 *
 * <p>Exit code 0 if everything worked on both sides and Pnet reached the bar at every point of the load table, 1 if
 * not, 2 for a wrong call. A quick run has no bar: its figures are too short.
 */
public final class ServersRun
{
    private static final List<String> PATHS =
        List.of("--net", "--pnet", "--java", "--artifacts", "--work", "--classes", "--out");

    private final Options options;
    private final ServersResults results = new ServersResults();
    private final PrintStream screen =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    private final long beganNs = System.nanoTime();

    /** What the command line says. */
    private static final class Options
    {
        boolean isQuick;
        boolean isLoadAlone;
        final List<String> only = new ArrayList<>();
        final List<Side> sides = new ArrayList<>(List.of(Side.values()));
        String name = "pntsrv";
        String version = "";
        Path out;
        Tools tools;

        Options(final String[] args)
        {
            final Map<String, Path> paths = new TreeMap<>();
            String sha256 = "";
            int megabytes = 0;
            for (int i = 0; i < args.length; i++)
            {
                switch (args[i])
                {
                    case "--quick" -> isQuick = true;
                    case "--load" -> isLoadAlone = true;
                    case "--only" -> only.addAll(List.of(args[++i].split(",")));
                    case "--side" -> sides.removeAll(List.of(args[++i].equals("kernel") ? Side.PNET : Side.KERNEL));
                    case "--name" -> name = args[++i];
                    case "--pnet-version" -> version = args[++i];
                    case "--sha256" -> sha256 = args[++i];
                    case "--megabytes" -> megabytes = Integer.parseInt(args[++i]);
                    case "--net", "--pnet", "--java", "--artifacts", "--work", "--classes", "--out" ->
                        paths.put(args[i], Path.of(args[++i]));
                    default -> throw new IllegalArgumentException("no option " + args[i]);
                }
            }
            for (final String path : PATHS)
            {
                if (!paths.containsKey(path))
                {
                    throw new IllegalArgumentException(path + " is needed; ci/servers gives it");
                }
            }
            out = paths.get("--out");
            tools = new Tools(paths.get("--net"), paths.get("--pnet"), paths.get("--java"), paths.get("--artifacts"),
                paths.get("--work"), paths.get("--classes").toString(), megabytes, sha256);
            for (final String each : only)
            {
                if (Catalog.all().stream().noneMatch(server -> server.name().equals(each)) &&
                    !Clients.all().containsKey(each))
                {
                    throw new IllegalArgumentException(
                        "--only " + each + ": nothing is called so; there are " + names());
                }
            }
        }

        boolean has(final String each)
        {
            return only.isEmpty() ? !isQuick || List.of("jdk", "netty").contains(each) : only.contains(each);
        }
    }

    private ServersRun(final Options options)
    {
        this.options = options;
    }

    /**
     * Runs the servers and clients.
     *
     * @param args what {@code ci/servers} hands over.
     * @throws IOException          if the results cannot be written.
     * @throws InterruptedException if the process is asked to stop.
     */
    public static void main(final String[] args) throws IOException, InterruptedException
    {
        final Options options;
        try
        {
            options = new Options(args);
        }
        catch (final IllegalArgumentException | ArrayIndexOutOfBoundsException e)
        {
            System.err.println("servers: " + e.getMessage());
            System.exit(2);
            return;
        }
        System.exit(new ServersRun(options).run() ? 0 : 1);
    }

    private static String names()
    {
        final List<String> names = new ArrayList<>(Catalog.all().stream().map(Server::name).toList());
        names.addAll(new TreeMap<>(Clients.all()).keySet());
        return String.join(", ", names);
    }

    private boolean run() throws IOException, InterruptedException
    {
        final Path logs = Files.createDirectories(options.out.resolve("servers-logs"));
        results.made = ZonedDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z"));
        results.mode = options.isQuick ? "quick" : "usual";
        results.machine = Machine.here(options.version);
        results.machine.lines().forEach(screen::println);
        results.testedJdk = version(options.tools.java());
        screen.println("Servers and clients under test run on " + results.testedJdk);
        Bases.quiet(options.tools.work());

        final List<Place> places = new ArrayList<>();
        try
        {
            for (final Side side : options.sides)
            {
                places.add(Place.up(side, options.tools, options.name));
            }
            final Trial.Plan whole = options.isQuick ? Trial.Plan.quick() : Trial.Plan.usual();
            final Trial.Plan plan = options.isLoadAlone ? whole.loadAlone() : whole;
            for (final Server server : Catalog.all())
            {
                if (options.has(server.name()))
                {
                    new Trial(plan, server, results, this::say).run(places, logs);
                }
            }
            for (final Map.Entry<String, Map<String, Clients.Client>> group : new TreeMap<>(Clients.all()).entrySet())
            {
                if (options.has(group.getKey()))
                {
                    new TreeMap<>(group.getValue()).forEach((title, client) -> client(title, client, places));
                }
            }
        }
        finally
        {
            for (final Place place : places)
            {
                place.close();
            }
        }
        return report();
    }

    private void client(final String title, final Clients.Client client, final List<Place> places)
    {
        final ServersResults.Row row = results.row("clients", title, Unit.SECONDS);
        for (final Place place : places)
        {
            String outcome;
            try
            {
                final double seconds = client.on(place);
                row.cell(place.side).figures.add(seconds);
                outcome = row.unit.format(seconds);
            }
            catch (final CellFailure | IOException e)
            {
                row.cell(place.side).failures.add(String.valueOf(e.getMessage()));
                outcome = "FAILED: " + e.getMessage();
            }
            catch (final InterruptedException e)
            {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
            say("client: " + title + ", " + place.side.title + ": " + outcome);
        }
    }

    private boolean report() throws IOException
    {
        results.compare();
        results.tookSeconds = elapsedS();
        final String table = ServersTable.of(results.rows);
        screen.println();
        screen.println(table);
        ServersTable.failures(results).forEach(screen::println);
        Files.writeString(options.out.resolve("servers.json"), results.json() + "\n");
        Files.writeString(options.out.resolve("servers.md"), table + "\n");
        screen.println("Wrote " + options.out.resolve("servers.json") +
            ", servers.md and servers-logs beside it, after " + Math.round(results.tookSeconds) + " s.");
        final long under = options.isQuick ? 0 : results.underBar();
        screen.println(results.failed() + " failed, " + under + " points of the load table under " +
            ServersResults.BAR + " of the kernel's requests a second.");
        return results.failed() == 0 && under == 0;
    }

    private void say(final String line)
    {
        screen.printf("[%4.0f s] %s%n", elapsedS(), line);
    }

    private static String version(final Path java) throws IOException, InterruptedException
    {
        final Process process = new ProcessBuilder(java.toString(), "-version").redirectErrorStream(true).start();
        final String said = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return said.lines().skip(1).findFirst().orElse(said).strip();
    }

    private double elapsedS()
    {
        return (System.nanoTime() - beganNs) / 1e9;
    }
}
