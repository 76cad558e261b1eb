package io.pnet.bench.compare;

import java.util.List;

/**
 * 64-byte TCP round trips of one pair of ends, in nanoseconds.
 *
 * @param percentiles points of the curve: percentile (0 to 100) and nanoseconds.
 * @param loadGoodput payload of the bulk stream beside it, in bit/s; 0 without one.
 */
record LatencyRun(
    long count, double p50, double p99, double p999, double max, double loadGoodput, List<double[]> percentiles)
{
}
