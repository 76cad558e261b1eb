/** Microbenchmarks of what transports share: timers, and finding whom a packet is for. */
package io.pnet.bench.transport;
