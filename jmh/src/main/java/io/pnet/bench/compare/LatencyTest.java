package io.pnet.bench.compare;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import io.pnet.bench.Waits;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs {@link io.pnet.bench.RoundTrip} at both ends of a wire. */
final class LatencyTest
{
    private static final int PORT = 5301;
    private static final double START_TIMEOUT_S = 8;

    private final List<String> java;
    private final Path folder;
    private final double warmUpS;
    private final double seconds;

    /**
     * How to run the tests.
     *
     * @param java    the command that runs a class of the benchmarks: JVM, flags and class path.
     * @param folder  where the programs' output is kept while they run.
     * @param warmUpS seconds of round trips before that are not counted.
     * @param seconds how long round trips are counted.
     */
    LatencyTest(final List<String> java, final Path folder, final double warmUpS, final double seconds)
    {
        this.warmUpS = warmUpS;
        this.java = java;
        this.folder = folder;
        this.seconds = seconds;
    }

    /**
     * Round trips from the left end to the right one and back.
     *
     * @param loaded whether a bulk stream runs from left to right at the same time, between the same two processes.
     */
    LatencyRun run(final Wire wire, final Setup setup, final Role role, final boolean loaded)
        throws IOException, InterruptedException
    {
        return run(wire, setup, role, loaded, Waits.BLOCK, Waits.BLOCK, 0);
    }

    /**
     * The same, with ends that wait otherwise than in a blocking read.
     *
     * @param idleS for how long the client waits afterwards for what does not come; 0 for not at all.
     */
    LatencyRun run(
        final Wire wire,
        final Setup setup,
        final Role role,
        final boolean loaded,
        final Waits clientWaits,
        final Waits serverWaits,
        final double idleS) throws IOException, InterruptedException
    {
        final List<String> serverCommand = command(setup, 2, role.pnetReceives, "server", serverWaits);
        final List<String> clientCommand = command(setup, 1, role.pnetSends, "client", clientWaits);
        clientCommand.addAll(List.of("--idle", Double.toString(idleS)));
        clientCommand.addAll(List.of(
            "--host", setup.address(2),
            "--warm-up", Double.toString(warmUpS),
            "--seconds", Double.toString(seconds)));
        if (loaded)
        {
            clientCommand.add("--load");
        }
        try (Program server = Program.start("echo server", wire.right(), folder, serverCommand))
        {
            server.awaitListening(PORT, START_TIMEOUT_S);
            try (Program client = Program.start("round-trip client", wire.left(), folder, clientCommand))
            {
                final String printed = client.await(warmUpS + seconds + idleS + START_TIMEOUT_S);
                return new Gson().fromJson(printed, LatencyRun.class);
            }
            catch (final JsonParseException e)
            {
                throw new CellFailure("the round-trip client printed no JSON: " + e.getMessage());
            }
        }
    }

    private List<String> command(
        final Setup setup, final int end, final boolean isPnet, final String side, final Waits waits)
    {
        final List<String> command = new ArrayList<>(java);
        command.addAll(List.of(
            "io.pnet.bench.RoundTrip", side, "--port", Integer.toString(PORT), "--wait", waits.name()));
        if (isPnet)
        {
            command.addAll(List.of("--link", "packet:veth0", "--ip", setup.prefix(end)));
        }
        else
        {
            command.addAll(List.of("--link", "kernel"));
        }
        return command;
    }
}
