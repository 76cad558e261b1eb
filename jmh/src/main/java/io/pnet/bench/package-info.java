/**
 * Benchmarks: microbenchmarks by room in the sub-packages, programs that measure over a wire here.
 *
 * <p>Knows everything; nobody knows it.
 */
package io.pnet.bench;
