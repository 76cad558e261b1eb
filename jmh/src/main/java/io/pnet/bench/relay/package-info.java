/**
 * Pnet and the kernel through a bad wire: three namespaces, {@code pnet relay} in the middle, the real iperf3 at the
 * kernel's ends and {@code pnet iperf3} at Pnet's, the same seeds for everybody. First the wire itself is held against
 * what it was told to be, kernel to kernel.
 *
 * <p>{@link io.pnet.bench.relay.RelayCompare} is where to start reading.
 */
package io.pnet.bench.relay;
