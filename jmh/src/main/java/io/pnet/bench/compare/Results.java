package io.pnet.bench.compare;

import com.google.gson.GsonBuilder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Everything that a comparison found out; {@code results.json} is this, written down. */
final class Results
{
    String made;
    String mode;
    double tookSeconds;
    double warmUpSeconds;
    double measuredSeconds;
    Machine machine;
    final List<String> notes = new ArrayList<>();
    final List<Bulk> bulk = new ArrayList<>();
    final List<Latency> latency = new ArrayList<>();

    /** A cell of the bulk table: a wire, who sends to whom, and with which program at the kernel's ends. */
    static final class Bulk
    {
        Setup setup;
        Role role;
        String program;
        final List<BulkRun> runs = new ArrayList<>();
        final List<String> failures = new ArrayList<>();
        /** Median goodput over that of the kernel, the faster of its programs on the same wire; 0 if there is none. */
        double ratio;

        double goodput()
        {
            return median(runs, BulkRun::goodput);
        }

        double of(final ToDoubleFunction<BulkRun> figure)
        {
            return median(runs, figure);
        }

        /** Largest difference from the median, as a share of it. */
        double spread()
        {
            final double middle = goodput();
            return runs.stream().mapToDouble(run -> Math.abs(run.goodput() - middle) / middle).max().orElse(0);
        }
    }

    /** A cell of the round-trip table. */
    static final class Latency
    {
        Setup setup;
        Role role;
        boolean loaded;
        /** What each end is and how it waits for its next message. */
        String client;
        String peer;
        final List<LatencyRun> runs = new ArrayList<>();
        final List<String> failures = new ArrayList<>();

        double of(final ToDoubleFunction<LatencyRun> figure)
        {
            return median(runs, figure);
        }
    }

    /** Fills the ratios in, once all runs are there. */
    void compare()
    {
        for (final Bulk cell : bulk)
        {
            final double kernel = kernel(cell.setup);
            cell.ratio = kernel > 0 && !cell.runs.isEmpty() ? cell.goodput() / kernel : 0;
        }
    }

    /** The kernel's goodput: of the faster of its programs on that wire (a TAP stands beside the plain wire's). */
    double kernel(final Setup setup)
    {
        return bulk.stream()
            .filter(cell -> cell.role == Role.KERNEL_TO_KERNEL && !cell.runs.isEmpty())
            .filter(cell -> cell.setup.equals(setup.with(setup.family(), "ring")))
            .mapToDouble(Bulk::goodput).max().orElse(0);
    }

    /** The kernel's cell with the faster program, or null. */
    Bulk kernelCell(final Setup setup)
    {
        final double fastest = kernel(setup);
        return bulk.stream()
            .filter(cell -> cell.role == Role.KERNEL_TO_KERNEL && !cell.runs.isEmpty())
            .filter(cell -> cell.setup.equals(setup.with(setup.family(), "ring")) && cell.goodput() == fastest)
            .findFirst().orElse(null);
    }

    long failed()
    {
        return bulk.stream().filter(cell -> !cell.failures.isEmpty()).count() +
            latency.stream().filter(cell -> !cell.failures.isEmpty()).count();
    }

    String json()
    {
        return new GsonBuilder().setPrettyPrinting().serializeSpecialFloatingPointValues().create().toJson(this);
    }

    static Results ofJson(final String json)
    {
        return new GsonBuilder().create().fromJson(json, Results.class);
    }

    private static <T> double median(final List<T> runs, final ToDoubleFunction<T> figure)
    {
        final double[] sorted = runs.stream().mapToDouble(figure).sorted().toArray();
        if (sorted.length == 0)
        {
            return 0;
        }
        final int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : Arrays.stream(sorted, middle - 1, middle + 1).sum() / 2;
    }
}
