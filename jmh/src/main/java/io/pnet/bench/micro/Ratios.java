package io.pnet.bench.micro;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A run of the microbenchmarks as ratios: each one's time by that of a reference in the same run, which says what the
 * machine is worth. Written down, it is the baseline.
 */
final class Ratios
{
    /** The plain loop that everything is a ratio to: 64 KiB summed up in place. */
    static final String REFERENCE = "wire.ChecksumBenchmark.aligned[length=65483]";

    private static final String ROOT = "io.pnet.bench.";
    private static final String ALLOCATION = "gc.alloc.rate.norm";
    /** Bytes a second below which it is the harness that allocates. */
    private static final double HARNESS_RATE = 1e6;

    /**
     * One benchmark.
     *
     * @param ratio     its time by the reference's, each of its best iteration: what else a machine does makes one
     *                  longer and never shorter.
     * @param error     what the ratio may be off by, as a share of it: the middle iteration over the best, of both.
     * @param allocated bytes an operation; -1 when it was not recorded.
     */
    record Entry(double ratio, double error, double allocated)
    {
    }

    final Map<String, Entry> entries = new TreeMap<>();

    /**
     * Reads what JMH wrote with {@code -rff}.
     *
     * @throws IllegalArgumentException when the reference is not in it.
     */
    static Ratios ofJmh(final String json)
    {
        final Map<String, JsonObject> results = new TreeMap<>();
        for (final JsonElement each : JsonParser.parseString(json).getAsJsonArray())
        {
            results.put(name(each.getAsJsonObject()), each.getAsJsonObject());
        }
        final JsonObject reference = results.get(REFERENCE);
        if (reference == null)
        {
            throw new IllegalArgumentException(
                "the results have no " + REFERENCE + ", which everything is compared with: run it as well");
        }
        final Ratios ratios = new Ratios();
        results.forEach((name, result) -> ratios.entries.put(name, new Entry(
            best(result) / best(reference),
            error(result) + (result == reference ? 0 : error(reference)),
            allocated(result))));
        return ratios;
    }

    /** What another run took again takes the lower ratio of the two. */
    void again(final Ratios other)
    {
        other.entries.forEach((name, entry) ->
            entries.merge(name, entry, (one, two) -> one.ratio() <= two.ratio() ? one : two));
    }

    static Ratios ofJson(final String json)
    {
        return new Gson().fromJson(json, Ratios.class);
    }

    String json()
    {
        return new GsonBuilder().setPrettyPrinting().create().toJson(this) + "\n";
    }

    private static String name(final JsonObject result)
    {
        final String full = result.get("benchmark").getAsString();
        final StringBuilder name = new StringBuilder(full.startsWith(ROOT) ? full.substring(ROOT.length()) : full);
        if (result.has("params"))
        {
            final Map<String, String> params = new TreeMap<>();
            result.getAsJsonObject("params").entrySet().forEach(
                param -> params.put(param.getKey(), param.getValue().getAsString()));
            params.forEach((key, value) -> name.append('[').append(key).append('=').append(value).append(']'));
        }
        return name.toString();
    }

    /** What the iterations of all forks took, the best first. */
    private static double[] sorted(final JsonObject result)
    {
        final List<Double> times = new ArrayList<>();
        result.getAsJsonObject("primaryMetric").getAsJsonArray("rawData").forEach(fork ->
            fork.getAsJsonArray().forEach(time -> times.add(time.getAsDouble())));
        return times.stream().mapToDouble(time -> time).sorted().toArray();
    }

    private static double best(final JsonObject result)
    {
        return sorted(result)[0];
    }

    /** A single iteration leaves nothing to say: it may be off by as much as it is. */
    private static double error(final JsonObject result)
    {
        final double[] times = sorted(result);
        return times.length == 1 ? 1 : times[times.length / 2] / times[0] - 1;
    }

    private static double allocated(final JsonObject result)
    {
        final JsonObject metrics = result.getAsJsonObject("secondaryMetrics");
        for (final String key : metrics == null ? Map.<String, JsonElement>of().keySet() : metrics.keySet())
        {
            // With a middle dot in front, in some versions.
            if (key.endsWith(ALLOCATION))
            {
                final double bytes = metrics.getAsJsonObject(key).get("score").getAsDouble();
                return bytes * 1e9 / best(result) < HARNESS_RATE ? 0 : bytes;
            }
        }
        return -1;
    }
}
