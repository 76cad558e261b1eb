/** Microbenchmarks of the views and the checksum. */
package io.pnet.bench.wire;
