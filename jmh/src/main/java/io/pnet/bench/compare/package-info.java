/**
 * The comparison: Pnet and the kernel doing the same work on the same wire, one after the other. Makes the wires (with
 * {@code ci/net}), runs the programs, takes the figures, and writes the table, {@code results.json}, the plots and
 * {@code report.html}.
 *
 * <p>{@link io.pnet.bench.compare.Compare} is where to start reading.
 */
package io.pnet.bench.compare;
