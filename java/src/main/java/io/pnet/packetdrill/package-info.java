/**
 * A runner for scripts in the packetdrill language: system calls, packets in and packets expected out, against one
 * stack on a virtual clock, without privileges.
 *
 * <p>{@link io.pnet.packetdrill.ScriptParser} makes a {@link io.pnet.packetdrill.Script} of events of a text, {@link
 * io.pnet.packetdrill.Executor} plays it against a {@link io.pnet.packetdrill.Host} (a stack, its clock and a link with
 * the script at its other end) and a {@link io.pnet.packetdrill.Kernel} (file descriptors and the socket calls of Linux
 * and FreeBSD over the stack's transports).
 *
 * <p>Knows {@code stack} and what lies below; starts no thread and opens no file.
 */
package io.pnet.packetdrill;
