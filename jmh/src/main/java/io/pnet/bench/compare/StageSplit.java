package io.pnet.bench.compare;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The whole machine's time by stage: what {@code perf} sampled, with Java taken apart by {@link Stages}. */
final class StageSplit
{
    /** From the application down to the wire, and up to the other end. */
    static final List<String> NAMES = List.of(
        "application", "API", "TCP", "IP", "link", "duty cycle", "JDK", CpuSamples.COPYING_IN_JAVA, CpuSamples.JVM,
        CpuSamples.WAITING, CpuSamples.CALLS, CpuSamples.COPYING, CpuSamples.RING, CpuSamples.DEVICES,
        CpuSamples.NETFILTER, CpuSamples.KERNEL_IP, CpuSamples.KERNEL_TCP, CpuSamples.PROGRAM, CpuSamples.REST);

    private StageSplit()
    {
    }

    /**
     * Nanoseconds a segment.
     *
     * @param machine  samples of the machine by part.
     * @param java     samples of Pnet's Java code by stage; where there is none, it all counts for the duty cycle.
     * @param segments that were carried meanwhile.
     */
    static Map<String, Double> of(
        final Map<String, Integer> machine, final Map<String, Integer> java, final double segments)
    {
        final Map<String, Double> stages = new LinkedHashMap<>();
        final double perSample = 1e9 / CpuSamples.FREQUENCY / segments;
        machine.forEach((part, samples) -> stages.merge(part, samples * perSample, Double::sum));
        final Double all = stages.remove(CpuSamples.JAVA);
        if (all != null)
        {
            final double taken = java.values().stream().mapToInt(Integer::intValue).sum();
            if (taken == 0)
            {
                stages.merge("duty cycle", all, Double::sum);
            }
            java.forEach((stage, samples) ->
            {
                if (samples > 0)
                {
                    stages.merge(stage, all * samples / taken, Double::sum);
                }
            });
        }
        return stages;
    }
}
