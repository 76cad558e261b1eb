/** Microbenchmarks of UDP: datagrams through a stack without I/O. */
package io.pnet.bench.udp;
