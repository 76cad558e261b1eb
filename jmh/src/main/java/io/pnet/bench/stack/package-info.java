/** Benchmarks of whole stacks. */
package io.pnet.bench.stack;
