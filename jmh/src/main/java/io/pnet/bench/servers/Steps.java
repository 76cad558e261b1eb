package io.pnet.bench.servers;

import io.pnet.bench.compare.CellFailure;
import io.pnet.bench.compare.Program;

import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What clients at the kernel's end ask of a running server. Each returns its figure or fails with the reason. */
final class Steps
{
    /** What ZooKeeper's own command line is asked to do, as {@code printf} takes it. */
    static final String ZOOKEEPER_COMMANDS =
        "create /pnet hello-from-pnet\\nget /pnet\\nls /\\ndelete /pnet\\nquit\\n";

    private static final double TRANSFER_LIMIT_S = 120;
    private static final Pattern SECONDS = Pattern.compile("seconds ([0-9.]+)");

    private Steps()
    {
    }

    /** curl fetches the large file; the digest must be that of the file. Bytes a second. */
    static double download(final Running running) throws IOException, InterruptedException
    {
        final long beganNs = System.nanoTime();
        final String digest = running.place.shell("curl", TRANSFER_LIMIT_S,
            "curl -skSf \"$1\" | openssl dgst -sha256 -r", running.server.url(running.server.download()));
        return rate(running.place.tools, digest, beganNs);
    }

    /** curl posts the large file; the server answers with the digest of what it got. Bytes a second. */
    static double upload(final Running running) throws IOException, InterruptedException
    {
        final long beganNs = System.nanoTime();
        final String digest = running.place.shell("curl", TRANSFER_LIMIT_S, "curl -skSf -X POST -T \"$1\" \"$2\"",
            running.place.tools.big().toString(), running.server.url(running.server.upload()));
        return rate(running.place.tools, digest, beganNs);
    }

    /** The large file goes there and back on one connection. Bytes a second, of one direction. */
    static double echo(final Running running) throws IOException, InterruptedException
    {
        final Tools tools = running.place.tools;
        final String said = running.place.ask("the echo client", TRANSFER_LIMIT_S, tools.ours(EchoTransfer.class,
            Place.RIGHT, "" + running.server.port(), tools.big().toString()));
        requireDigest(tools, said);
        return tools.bytes() / seconds(said);
    }

    /** Many connections at a time, three answers on each. Seconds for all. */
    static double keepAlive(final Running running, final int connections) throws IOException, InterruptedException
    {
        return seconds(running.place.ask("the keep-alive client", TRANSFER_LIMIT_S,
            keepAlive(running, connections, "leave")));
    }

    /** SIGTERM while connections are open: the server ends in time, and every connection ends as well. Seconds. */
    static double stop(final Running running, final int connections) throws IOException, InterruptedException
    {
        if (running.server.protocol() == Server.Protocol.HTTP2_TLS)
        {
            return running.stop();
        }
        running.requireRunning();
        try (Program client = running.place.peer("the keep-alive client", keepAlive(running, connections, "stay")))
        {
            client.awaitWord("staying", TRANSFER_LIMIT_S);
            final double seconds = running.stop();
            client.await(30);
            return seconds;
        }
    }

    /** ZooKeeper's own command line makes a node, reads it and lists it. Seconds. */
    static double zooKeeperCli(final Running running) throws IOException, InterruptedException
    {
        final long beganNs = System.nanoTime();
        requireZooKeeper(running.place.shell("ZooKeeper's CLI", 60,
            "printf '" + ZOOKEEPER_COMMANDS + "' | \"$@\" 2>&1",
            zooKeeperCli(running.place.tools, Place.RIGHT).toArray(String[]::new)));
        return (System.nanoTime() - beganNs) / 1e9;
    }

    static List<String> zooKeeperCli(final Tools tools, final String address)
    {
        return List.of(tools.java().toString(), "-Dlogback.configurationFile=" + tools.work().resolve("logback.xml"),
            "-cp", tools.jars("zookeeper"), "org.apache.zookeeper.ZooKeeperMain", "-server", address + ":2181");
    }

    static void requireZooKeeper(final String said)
    {
        for (final String word : List.of("hello-from-pnet", "[pnet, zookeeper]"))
        {
            if (!said.contains(word))
            {
                throw new CellFailure("ZooKeeper's CLI did not say '" + word + "': " + said.strip().replace('\n', ' '));
            }
        }
    }

    static double seconds(final String said)
    {
        final Matcher matcher = SECONDS.matcher(said);
        if (!matcher.find())
        {
            throw new CellFailure("no seconds in: " + said.strip());
        }
        return Double.parseDouble(matcher.group(1));
    }

    static void requireDigest(final Tools tools, final String said)
    {
        if (!said.contains(tools.sha256()))
        {
            throw new CellFailure("another digest than the file's, " + tools.sha256() + ": " + said.strip());
        }
    }

    private static double rate(final Tools tools, final String digest, final long beganNs)
    {
        requireDigest(tools, digest);
        return tools.bytes() / ((System.nanoTime() - beganNs) / 1e9);
    }

    private static List<String> keepAlive(final Running running, final int connections, final String end)
    {
        return running.place.tools.ours(KeepAlive.class, Place.RIGHT, "" + running.server.port(), "" + connections,
            running.server.protocol().name(), running.server.hello(), end);
    }
}
