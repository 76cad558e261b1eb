/** Microbenchmarks of TCP: segments through a stack, from the link's seam to the handler and back, without I/O. */
package io.pnet.bench.tcp;
