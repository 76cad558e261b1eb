/**
 * Whole networks in one JVM on a virtual clock, deterministic from a seed: for tests, and shipped for those who build
 * on the stack and want to test so too.
 *
 * <p>Knows {@code stack} and what lies below; starts no thread.
 */
package io.pnet.sim;
