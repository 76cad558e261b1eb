/** Microbenchmarks of java.nio over a stack, beside the kernel's. */
package io.pnet.bench.nio;
