package io.pnet.bench.servers;

import io.pnet.bench.compare.CellFailure;
import io.pnet.bench.compare.Program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** The other way round: Java clients on the side under test, servers at the kernel's end. Figures are seconds. */
final class Clients
{
    private static final double LIMIT_S = 180;

    /** Takes a figure at a place. */
    interface Client
    {
        double on(Place place) throws IOException, InterruptedException;
    }

    private Clients()
    {
    }

    /** The clients by the names that {@code --only} calls them. */
    static Map<String, Map<String, Client>> all()
    {
        return Map.of(
            "client-http", Map.of(
                "HttpClient", place -> http(place, "HttpClient"),
                "HttpURLConnection", place -> http(place, "HttpURLConnection")),
            "client-jdbc", Map.of("PostgreSQL's JDBC driver", Clients::jdbc),
            "client-zookeeper", Map.of("ZooKeeper's CLI", Clients::zooKeeper));
    }

    /** 500 small requests, and the large file down and up, on Tomcat. */
    private static double http(final Place place, final String client) throws IOException, InterruptedException
    {
        final Tools tools = place.tools;
        try (Program server = peer(place, "client-tomcat", Bases::tomcat))
        {
            await(place, server, 8080);
            final String said = run(place, client, tools.tested("", HttpClients.class, client,
                "http://" + Place.LEFT + ":8080", tools.big().toString()));
            Steps.requireDigest(tools, said.substring(0, said.indexOf(" up ")));
            Steps.requireDigest(tools, said.substring(said.indexOf(" up ")));
            return Steps.seconds(said);
        }
    }

    private static double zooKeeper(final Place place) throws IOException, InterruptedException
    {
        try (Program server = peer(place, "client-zookeeper", Bases::zooKeeper))
        {
            await(place, server, 2181);
            final long beganNs = System.nanoTime();
            try (Program client = place.testedWithInput("ZooKeeper's CLI", Steps.ZOOKEEPER_COMMANDS,
                Steps.zooKeeperCli(place.tools, Place.LEFT)))
            {
                Steps.requireZooKeeper(client.await(LIMIT_S));
            }
            return (System.nanoTime() - beganNs) / 1e9;
        }
    }

    /** PostgreSQL never runs as root. */
    private static double jdbc(final Place place) throws IOException, InterruptedException
    {
        final Tools tools = place.tools;
        final Path programs = postgresql();
        final Path data = tools.work().resolve("postgresql-" + place.side.name().toLowerCase(Locale.ROOT));
        final List<String> asUser = List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups");
        if (!Files.exists(data))
        {
            Files.createDirectories(data);
            final List<String> init = new ArrayList<>(asUser);
            init.addAll(List.of(programs.resolve("initdb").toString(), "-D", data.toString(), "-A", "trust", "-N"));
            place.shell("initdb", LIMIT_S, "chown postgres: \"$1\" && cd / && shift && \"$@\"",
                Stream.concat(Stream.of(data.toString()), init.stream()).toArray(String[]::new));
            Files.writeString(data.resolve("pg_hba.conf"), "host all all 10.77.0.0/24 trust\n");
        }
        final List<String> serve = new ArrayList<>(List.of("env", "--chdir=/"));
        serve.addAll(asUser);
        serve.addAll(List.of(programs.resolve("postgres").toString(), "-D", data.toString(), "-h", Place.LEFT,
            "-p", "5432", "-k", "", "-c", "fsync=off"));
        try (Program server = place.peer("PostgreSQL", serve))
        {
            await(place, server, 5432);
            return Steps.seconds(run(place, "the JDBC client", tools.tested(tools.jars("postgresql"),
                JdbcClient.class, "jdbc:postgresql://" + Place.LEFT + "/postgres?user=postgres", tools.big().toString(),
                "" + Math.min(256, tools.megabytes()))));
        }
    }

    private static Path postgresql() throws IOException
    {
        final Path versions = Path.of("/usr/lib/postgresql");
        try (Stream<Path> found = Files.exists(versions) ? Files.list(versions) : Stream.empty())
        {
            return found.map(version -> version.resolve("bin")).filter(bin -> Files.exists(bin.resolve("postgres")))
                .findFirst().orElseThrow(() -> new CellFailure("no PostgreSQL in " + versions));
        }
    }

    private static Program peer(final Place place, final String name, final Server.Start start)
        throws IOException, InterruptedException
    {
        final Path base = Files.createDirectories(
            place.tools.work().resolve(name + "-" + place.side.name().toLowerCase(Locale.ROOT)));
        final Server.Command command = start.in(base, place.tools);
        final List<String> words = new ArrayList<>(List.of("env", "--chdir=" + command.folder()));
        words.addAll(command.words());
        return place.peer(name, words);
    }

    /** The server's port answers. */
    private static void await(final Place place, final Program server, final int port)
        throws IOException, InterruptedException
    {
        server.awaitListening(port, 30);
        place.shell("nc", 30, "until nc -z -w1 \"$1\" \"$2\"; do sleep 0.1; done", Place.LEFT, "" + port);
    }

    private static String run(final Place place, final String title, final List<String> command)
        throws IOException, InterruptedException
    {
        try (Program client = place.tested(title, place.tools.work(), command))
        {
            return client.await(LIMIT_S);
        }
    }
}
