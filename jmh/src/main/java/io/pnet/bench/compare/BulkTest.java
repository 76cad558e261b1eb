package io.pnet.bench.compare;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs iperf3's test over a wire, with the real iperf3 or {@code pnet iperf3} at either end. */
final class BulkTest
{
    /** Who looks at nothing. */
    static final Watcher NOBODY = (sender, receiver) ->
    {
    };

    private static final int PORT = 5201;
    private static final double INTERVAL_S = 0.5;
    private static final long STARTED_BYTES = 100_000;
    private static final double START_TIMEOUT_S = 8;

    private final Path pnet;
    private final Path folder;
    private final double warmUpS;
    private final double measureS;
    private final double slackS;

    /**
     * How to run the tests.
     *
     * @param pnet     the launcher.
     * @param folder   where the programs' output is kept while they run.
     * @param warmUpS  seconds at the start that count for nothing, for everybody alike: slow start, and the JVM's.
     * @param measureS seconds that count.
     */
    BulkTest(final Path pnet, final Path folder, final double warmUpS, final double measureS)
    {
        this(pnet, folder, warmUpS, measureS, 0);
    }

    /** @param slackS seconds that a transfer lasts longer, for a watcher that takes its time. */
    BulkTest(
        final Path pnet, final Path folder, final double warmUpS, final double measureS, final double slackS)
    {
        this.slackS = slackS;
        this.pnet = pnet;
        this.folder = folder;
        this.warmUpS = warmUpS;
        this.measureS = measureS;
    }

    /**
     * One transfer from left to right.
     *
     * @param wire       a wire made for this setup and role.
     * @param kernelJava whether the kernel's ends run {@code pnet iperf3 --link kernel} instead of the real iperf3.
     */
    BulkRun run(final Wire wire, final Setup setup, final Role role, final boolean kernelJava)
        throws IOException, InterruptedException
    {
        return run(wire, setup, role, kernelJava, List.of(), NOBODY);
    }

    /** Looks at the two processes. */
    interface Watcher
    {
        /** At the beginning and at the end of the time that counts. */
        void look(Program sender, Program receiver) throws IOException, InterruptedException;

        /** Both have ended, and have said all that they say. */
        default void ended(final Program sender, final Program receiver) throws IOException
        {
        }
    }

    /**
     * The same.
     *
     * @param pnetOptions further options of {@code pnet iperf3} at Pnet's ends.
     * @param watcher     is called at the beginning and at the end of the time that counts, and after the end.
     */
    BulkRun run(
        final Wire wire,
        final Setup setup,
        final Role role,
        final boolean kernelJava,
        final List<String> pnetOptions,
        final Watcher watcher) throws IOException, InterruptedException
    {
        final int seconds = (int)Math.ceil(warmUpS + measureS + slackS + 0.05);
        final List<String> serverCommand = command(setup, 2, role.pnetReceives, kernelJava, pnetOptions);
        serverCommand.addAll(List.of(
            "-s", "-1", "-J", "-i", Double.toString(INTERVAL_S), "-p", Integer.toString(PORT)));
        final List<String> clientCommand = command(setup, 1, role.pnetSends, kernelJava, pnetOptions);
        clientCommand.addAll(List.of(
            "-c", setup.target(role), "-J", "-t", Integer.toString(seconds), "-p", Integer.toString(PORT)));

        try (Program server = Program.start("receiver", wire.right(), folder, serverCommand))
        {
            server.awaitListening(PORT, START_TIMEOUT_S);
            try (Program client = Program.start("sender", wire.left(), folder, clientCommand))
            {
                final Cpu spent;
                final double windowS;
                awaitTraffic(server, client, setup.device());
                Thread.sleep((long)(warmUpS * 1000));
                final long beginNs = System.nanoTime();
                watcher.look(client, server);
                final Cpu before = Cpu.sample(client.pid(), server.pid());
                Thread.sleep((long)(measureS * 1000));
                client.requireAlive();
                server.requireAlive();
                spent = Cpu.sample(client.pid(), server.pid()).minus(before);
                windowS = (System.nanoTime() - beginNs) / 1e9;
                watcher.look(client, server);

                final JsonObject sent = json("sender", client.await(seconds + 5));
                final JsonObject received = json("receiver", server.await(5));
                watcher.ended(client, server);
                final double goodput = goodput(received, seconds);
                return new BulkRun(goodput, retransmissions(sent), spent.dividedBy(goodput / 8 * windowS / 1e9));
            }
        }
    }

    private List<String> command(
        final Setup setup,
        final int end,
        final boolean isPnet,
        final boolean kernelJava,
        final List<String> pnetOptions)
    {
        final List<String> command = new ArrayList<>();
        if (isPnet)
        {
            command.addAll(List.of(pnet.toString(), "iperf3"));
            command.addAll(setup.pnetOptions(end));
            command.addAll(pnetOptions);
        }
        else if (kernelJava)
        {
            command.addAll(List.of(pnet.toString(), "iperf3", "--link", "kernel"));
        }
        else
        {
            command.add("iperf3");
        }
        return command;
    }

    private static void awaitTraffic(final Program server, final Program client, final String device)
        throws IOException, InterruptedException
    {
        final long deadlineNs = System.nanoTime() + (long)(START_TIMEOUT_S * 1e9);
        while (server.carriedBytes(device) < STARTED_BYTES)
        {
            client.requireAlive();
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new CellFailure("no traffic reached the receiver within " + (int)START_TIMEOUT_S + " s");
            }
            Thread.sleep(10);
        }
    }

    private static JsonObject json(final String who, final String text)
    {
        try
        {
            final JsonObject object = JsonParser.parseString(text.substring(Math.max(0, text.indexOf('{'))))
                .getAsJsonObject();
            if (object.has("error"))
            {
                throw new CellFailure(who + ": " + object.get("error").getAsString());
            }
            return object;
        }
        catch (final JsonParseException | IllegalStateException e)
        {
            throw new CellFailure(who + " printed no JSON: " + text.substring(0, Math.min(200, text.length())));
        }
    }

    /** The receiver's own figure, of whole intervals after the warm-up. */
    private double goodput(final JsonObject received, final int seconds)
    {
        double bytes = 0;
        double time = 0;
        for (final JsonElement interval : received.getAsJsonArray("intervals"))
        {
            final JsonObject sum = interval.getAsJsonObject().getAsJsonObject("sum");
            final double start = sum.get("start").getAsDouble();
            final double length = sum.get("seconds").getAsDouble();
            if (start > warmUpS - INTERVAL_S / 4 && start + length < seconds + INTERVAL_S / 4)
            {
                bytes += sum.get("bytes").getAsDouble();
                time += length;
            }
        }
        if (bytes == 0 || time < measureS / 2)
        {
            throw new CellFailure("the receiver saw no data after the first " + warmUpS + " s");
        }
        return bytes * 8 / time;
    }

    private static long retransmissions(final JsonObject sent)
    {
        final JsonObject sum = sent.getAsJsonObject("end").getAsJsonObject("sum_sent");
        return sum.has("retransmits") ? sum.get("retransmits").getAsLong() : -1;
    }
}
