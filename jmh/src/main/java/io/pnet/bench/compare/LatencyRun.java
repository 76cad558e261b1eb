package io.pnet.bench.compare;

import java.util.List;

/**
 * 64-byte TCP round trips of one pair of ends, in nanoseconds.
 *
 * @param percentiles points of the curve: percentile (0 to 100) and nanoseconds.
 * @param loadGoodput payload of the bulk stream beside it, in bit/s; 0 without one.
 * @param cpu         processors that the client's process took meanwhile.
 * @param idleCpu     the same while it waited afterwards and nothing came; 0 if it was not asked to.
 */
record LatencyRun(
    long count,
    double p50,
    double p99,
    double p999,
    double max,
    double loadGoodput,
    double cpu,
    double idleCpu,
    List<double[]> percentiles)
{
}
