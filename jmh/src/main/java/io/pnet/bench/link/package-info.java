/** Microbenchmarks of links. */
package io.pnet.bench.link;
