package io.pnet.bench.relay;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.pnet.bench.compare.CellFailure;
import io.pnet.bench.compare.Program;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One iperf3 transfer from left to right over a bad wire.
 *
 * @param seed            of the wire.
 * @param goodput         payload that the receiver's program took in, in bit/s, from the first byte on.
 * @param retransmissions segments sent again, as the sender's stack counts them; -1 unknown.
 * @param relay           what the wire did meanwhile.
 */
record Transfer(int seed, double goodput, long retransmissions, RelayCounts relay)
{
    private static final int PORT = 5201;
    private static final double START_TIMEOUT_S = 15;
    /** The programs exchange their results over the same bad wire when the time is over. */
    private static final double PATIENCE_S = 45;

    /**
     * Runs one.
     *
     * @param name       what the namespaces' names begin with.
     * @param impairment what the relay is told beside the seed.
     * @param seconds    how long the sender sends.
     */
    static Transfer run(
        final BadWire.Tools tools,
        final String name,
        final Ends ends,
        final String impairment,
        final int seconds,
        final int seed) throws IOException, InterruptedException
    {
        try (BadWire wire = BadWire.up(tools, name, ends, impairment + ",seed=" + seed))
        {
            final List<String> serverCommand = command(wire, ends.pnetReceives, 2);
            serverCommand.addAll(List.of("-s", "-1", "-J", "-p", Integer.toString(PORT)));
            final List<String> clientCommand = command(wire, ends.pnetSends, 1);
            clientCommand.addAll(List.of("-c", "10.77.0.2", "-J", "-t", Integer.toString(seconds),
                "-p", Integer.toString(PORT)));
            try (Program server = wire.start("receiver", "right", serverCommand))
            {
                server.awaitListening(PORT, START_TIMEOUT_S);
                try (Program client = wire.start("sender", "left", clientCommand))
                {
                    final JsonObject end = end(client.await(seconds + PATIENCE_S));
                    return new Transfer(seed, goodput(end), retransmissions(end), wire.end());
                }
            }
        }
    }

    private static List<String> command(final BadWire wire, final boolean isPnet, final int end)
    {
        if (!isPnet)
        {
            return new ArrayList<>(List.of("iperf3"));
        }
        final List<String> command = new ArrayList<>(List.of(
            wire.tools().pnet().toString(), "iperf3", "--link", "packet:veth0", "--ip", "10.77.0." + end + "/24"));
        if (!wire.tools().congestion().isEmpty())
        {
            command.addAll(List.of("--congestion", wire.tools().congestion()));
        }
        return command;
    }

    private static JsonObject end(final String text)
    {
        try
        {
            final JsonObject object = JsonParser.parseString(text.substring(Math.max(0, text.indexOf('{'))))
                .getAsJsonObject();
            if (object.has("error"))
            {
                throw new CellFailure("sender: " + object.get("error").getAsString());
            }
            return object.getAsJsonObject("end");
        }
        catch (final JsonParseException | IllegalStateException e)
        {
            throw new CellFailure("sender printed no JSON: " + e.getMessage());
        }
    }

    private static double goodput(final JsonObject end)
    {
        final JsonObject sum = end.getAsJsonObject("sum_received");
        if (sum == null || sum.get("seconds").getAsDouble() <= 0)
        {
            throw new CellFailure("the receiver told nothing");
        }
        return sum.get("bytes").getAsDouble() * 8 / sum.get("seconds").getAsDouble();
    }

    private static long retransmissions(final JsonObject end)
    {
        final JsonObject sum = end.getAsJsonObject("sum_sent");
        return sum.has("retransmits") ? sum.get("retransmits").getAsLong() : -1;
    }
}
