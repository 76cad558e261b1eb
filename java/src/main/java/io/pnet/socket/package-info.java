/**
 * Blocking sockets over a stack, for threads that do not own it. What they wait for they drive themselves, or a thread
 * of the stack's own does, as {@link io.pnet.stack.RunMode} says; data is copied once in each direction.
 *
 * <p>Knows {@code stack} and what lies below.
 */
package io.pnet.socket;
