/**
 * The same cases over the kernel's channels and over ours. A case is a method of a {@code ...Cases} class; it asks its
 * {@link io.pnet.nio.permutation.Pair} for a client's and a server's provider and knows no more. A {@code ...Test}
 * class runs all of them over one pair. The kernel against itself comes first: what it does is right, so a case that
 * fails there is wrong. What ours does otherwise is a bug, or a line in
 * {@link io.pnet.nio.permutation.Difference} and in {@code java/nio-differences.md}.
 */
package io.pnet.nio.permutation;
