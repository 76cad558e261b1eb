package io.pnet.bench.compare;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Rows of the target table whose figures other commands take; {@code ci/compare} has just run them, and what they
 * wrote lies in the folder of the results: {@code servers.json} of {@code ci/servers}, {@code connects.txt} of
 * {@code ci/connects} and {@code bench.json}, in JMH's own format, of {@code ci/bench}.
 */
final class OtherFigures
{
    private static final double SEGMENT_NS = 150;
    /** What the profiler charges a benchmark with that allocates nothing: less than a byte an operation. */
    private static final double NO_BYTES = 0.5;
    /** Three hundredths are the noise of a benchmark that takes half a minute. */
    private static final double UNCHANGED = 0.97;

    private OtherFigures()
    {
    }

    static List<Target> of(final Call call) throws IOException
    {
        final List<Target> rows = new ArrayList<>();
        if (call.wants("http"))
        {
            http(rows, read(call.out().resolve("servers.json")));
        }
        if (call.wants("connections"))
        {
            rows.add(Target.heldBy("connections", "100,000 connections on one stack: bytes each when idle", 2048,
                "ConnectionMemoryTest"));
            final Path connects = call.out().resolve("connects.txt");
            connects(rows, Files.exists(connects) ? Files.readString(connects) : "");
        }
        if (call.wants("bench"))
        {
            bench(rows, read(call.out().resolve("bench.json")));
            rows.add(Target.heldBy("bench", "bytes allocated for a segment and its timers", 0, "AllocationTest"));
            rows.add(Target.heldBy("bench", "bytes allocated for a datagram", 0, "UdpTest, SteadyStateAllocationTest"));
            rows.add(Target.heldBy("bench", "bytes allocated by NIO: read, write, select", 0,
                "SteadyStateAllocationTest, SelectorAllocationTest, ChannelAllocationTest"));
        }
        return rows;
    }

    /** The file's JSON; null where there is none. */
    private static JsonElement read(final Path file) throws IOException
    {
        try
        {
            return Files.exists(file) ? JsonParser.parseString(Files.readString(file)) : null;
        }
        catch (final JsonParseException e)
        {
            return null;
        }
    }

    // ---- servers.json

    static void http(final List<Target> rows, final JsonElement servers)
    {
        for (final String server : List.of("JDK's web server", "Netty, hello world"))
        {
            for (final String connections : List.of("64", "1000"))
            {
                final String point = "wrk, " + connections + " connections";
                final String what = server + ", " + point;
                final JsonObject rate = row(servers, server, point);
                final JsonObject tail = row(servers, server, point + ", p99");
                rows.add(ratio("http", what + ": requests/s of the kernel's NIO", true, 1.2, rate, rate));
                rows.add(ratio("http", what + ": p99 of the kernel's NIO", false, 1, tail, tail));
                if (server.startsWith("Netty"))
                {
                    final String epoll = "epoll: " + point;
                    rows.add(ratio("http", what + ": requests/s of Netty's epoll transport", true, 1, rate,
                        row(servers, server, epoll)));
                    rows.add(ratio("http", what + ": p99 of Netty's epoll transport", false, 1, tail,
                        row(servers, server, epoll + ", p99")));
                }
            }
        }
    }

    private static JsonObject row(final JsonElement servers, final String subject, final String step)
    {
        if (servers == null)
        {
            return null;
        }
        for (final JsonElement element : servers.getAsJsonObject().getAsJsonArray("rows"))
        {
            final JsonObject row = element.getAsJsonObject();
            if (row.get("subject").getAsString().equals(subject) && row.get("step").getAsString().equals(step))
            {
                return row;
            }
        }
        return null;
    }

    /** Pnet's figures of one row over the kernel's of another, round by round. */
    private static Target ratio(
        final String group, final String what, final boolean isFloor, final double bar, final JsonObject pnet,
        final JsonObject kernel)
    {
        if (pnet == null || kernel == null)
        {
            return Target.missing(group, what, isFloor, bar, "ci/servers gave no such figure; its failures say why");
        }
        final List<Double> ours = figures(pnet.getAsJsonObject("pnet"));
        final List<Double> theirs = figures(kernel.getAsJsonObject("kernel"));
        final List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < Math.min(ours.size(), theirs.size()); i++)
        {
            ratios.add(ours.get(i) / theirs.get(i));
        }
        final String unit = what.contains("p99") ? " ms" : "/s";
        final double scale = what.contains("p99") ? 1e-6 : 1;
        return Target.of(group, what, isFloor, bar, ratios,
            Target.figure(Target.median(ours) * scale) + unit + " and " +
                Target.figure(Target.median(theirs) * scale) + unit,
            failure(pnet.getAsJsonObject("pnet"), kernel.getAsJsonObject("kernel")));
    }

    private static String failure(final JsonObject... cells)
    {
        for (final JsonObject cell : cells)
        {
            final JsonArray failures = cell.getAsJsonArray("failures");
            if (failures != null && !failures.isEmpty())
            {
                return failures.get(0).getAsString();
            }
        }
        return "ci/servers gave no such figure";
    }

    private static List<Double> figures(final JsonObject cell)
    {
        final List<Double> figures = new ArrayList<>();
        cell.getAsJsonArray("figures").forEach(figure -> figures.add(figure.getAsDouble()));
        return figures;
    }

    // ---- connects.txt

    /** Lines of an end, how connections close, a stack and connections a second; one for each round. */
    static void connects(final List<Target> rows, final String table)
    {
        for (final String end : List.of("client", "server"))
        {
            for (final String how : List.of("SERVER_CLOSES", "CLIENT_RESETS"))
            {
                final List<Double> ours = rates(table, end, how, "pnet");
                final List<Double> theirs = rates(table, end, how, "kernel");
                final List<Double> ratios = new ArrayList<>();
                for (int i = 0; i < Math.min(ours.size(), theirs.size()); i++)
                {
                    ratios.add(ours.get(i) / theirs.get(i));
                }
                rows.add(Target.of("connections", "connect and close, Pnet's end the " + end +
                    (how.equals("SERVER_CLOSES") ? ", the server closes" : ", the client resets") +
                    ": connections/s of the kernel's", true, 1, ratios,
                    Target.figure(Target.median(ours)) + "/s and " + Target.figure(Target.median(theirs)) + "/s",
                    "ci/connects gave no figure"));
            }
        }
    }

    private static List<Double> rates(final String table, final String end, final String how, final String stack)
    {
        return table.lines().map(line -> line.trim().split("\\s+"))
            .filter(words -> words.length >= 4 && words[0].equals(end) && words[1].equals(how))
            .filter(words -> words[2].equals(stack)).map(words -> Double.parseDouble(words[3])).toList();
    }

    // ---- bench.json

    static void bench(final List<Target> rows, final JsonElement bench)
    {
        final List<Target> allocation = new ArrayList<>();
        for (final String name :
            List.of("InputBenchmark.inOrder", "OutputBenchmark.claimed", "OutputBenchmark.written"))
        {
            for (final String payload : List.of("1448", "65160"))
            {
                final JsonObject run = benchmark(bench, name, "payload", payload);
                final String what = (name.startsWith("Input") ? "segment in" :
                    name.endsWith("claimed") ? "segment out, claimed" : "segment out, written and so copied") +
                    ", " + payload + " bytes";
                // The copy of a write is the user's; a segment is one that fits the MTU.
                final boolean isJudged = payload.equals("1448") && !name.endsWith("written");
                final double bar = isJudged ? SEGMENT_NS : Double.NaN;
                if (run == null)
                {
                    rows.add(Target.missing("bench", what + ": ns", false, bar, "ci/bench gave no such benchmark"));
                    allocation.add(Target.missing(
                        "bench", what + ": bytes allocated", false, NO_BYTES, "ci/bench gave no such benchmark"));
                    continue;
                }
                final JsonObject time = run.getAsJsonObject("primaryMetric");
                rows.add(Target.of("bench", what + ": ns", false, bar, raw(time), "JMH", null));
                final JsonObject all = run.getAsJsonObject("secondaryMetrics");
                final JsonObject bytes = all == null ? null : norm(all);
                allocation.add(bytes == null ?
                    Target.missing("bench", what + ": bytes allocated", false, NO_BYTES, "run without -prof gc") :
                    Target.of("bench", what + ": bytes allocated", false, NO_BYTES, raw(bytes),
                        "JMH -prof gc, " + bytes.get("scoreUnit").getAsString(), null));
            }
        }
        rows.addAll(allocation);
        rows.add(active(benchmark(bench, "IdleBenchmark.message", "idle", "0"),
            benchmark(bench, "IdleBenchmark.message", "idle", "100000")));
    }

    /** Iterations are no rounds of a run in turns: the ratio is of the medians. */
    private static Target active(final JsonObject alone, final JsonObject beside)
    {
        final String what = "64 active connections beside 100,000 idle ones: messages/s of what they carry alone";
        if (alone == null || beside == null)
        {
            return Target.missing("bench", what, true, UNCHANGED, "ci/bench gave no such benchmark");
        }
        final double aloneNs = Target.median(raw(alone.getAsJsonObject("primaryMetric")));
        final double besideNs = Target.median(raw(beside.getAsJsonObject("primaryMetric")));
        return Target.of("bench", what, true, UNCHANGED, List.of(aloneNs / besideNs),
            "JMH, " + Target.figure(besideNs) + " ns a message, alone " + Target.figure(aloneNs), null);
    }

    /** Bytes an operation; the name begins with a dot in older versions. */
    private static JsonObject norm(final JsonObject metrics)
    {
        return metrics.entrySet().stream().filter(metric -> metric.getKey().endsWith("gc.alloc.rate.norm"))
            .map(metric -> metric.getValue().getAsJsonObject()).findFirst().orElse(null);
    }

    private static JsonObject benchmark(
        final JsonElement bench, final String name, final String parameter, final String value)
    {
        if (bench == null || !bench.isJsonArray())
        {
            return null;
        }
        for (final JsonElement element : bench.getAsJsonArray())
        {
            final JsonObject run = element.getAsJsonObject();
            if (run.get("benchmark").getAsString().endsWith("." + name) &&
                run.getAsJsonObject("params").get(parameter).getAsString().equals(value))
            {
                return run;
            }
        }
        return null;
    }

    /** What each iteration gave, of all forks. */
    private static List<Double> raw(final JsonObject metric)
    {
        final List<Double> figures = new ArrayList<>();
        metric.getAsJsonArray("rawData").forEach(fork ->
            fork.getAsJsonArray().forEach(figure ->
                figures.add(Double.parseDouble(figure.getAsString().toLowerCase(Locale.ROOT)))));
        return figures;
    }
}
