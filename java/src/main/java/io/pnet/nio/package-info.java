/**
 * {@code java.nio.channels} and {@code java.net} over a stack: {@link io.pnet.nio.PnetSelectorProvider} opens channels
 * that programs use as they use the JDK's. Each is decided late, on bind or connect, for Pnet or for the kernel, as
 * {@link io.pnet.nio.Routing} says.
 *
 * <p>Any thread may use a channel. What it waits for it drives itself, as {@link io.pnet.stack.StackDriver} says;
 * handlers of this room run on the stack's owner, take no locks that others hold for long, and never block.
 *
 * <p>Knows {@code stack} and what lies below.
 */
package io.pnet.nio;
