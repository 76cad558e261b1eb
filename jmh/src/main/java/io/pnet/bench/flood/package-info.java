/** A listener under a flood of spoofed SYNs: the flood, and the clients that want in all the same. */
package io.pnet.bench.flood;
