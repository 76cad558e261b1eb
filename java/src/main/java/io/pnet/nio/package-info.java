/**
 * {@code java.nio.channels} and {@code java.net} over a stack: {@link io.pnet.nio.PnetSelectorProvider} opens channels
 * that programs use as they use the JDK's. Each is decided late, on bind or connect, for Pnet or for the kernel, as
 * {@link io.pnet.nio.Routing} says.
 *
 * <p>Any thread may use a channel. What it waits for it drives itself, as {@link io.pnet.stack.StackDriver} says;
 * handlers of this room run on the stack's owner, take no locks that others hold for long, and never block.
 *
 * <p>Where a process has several stacks, a connection is one's for good: that of its {@code connect}, by turns or by
 * the port that it was bound to, or that which has accepted it; a server listens on all, with one backlog; datagrams
 * are the stack's that their port belongs to. Each stack has a thread of its own then, and whoever waits, a selector
 * for channels of all of them, parks until a handler of any wakes it.
 *
 * <p>{@link java.nio.channels.FileChannel#transferTo} to our channels maps the file where {@code sun.nio.ch} is
 * exported to us, as {@code pnet run} does and {@code --add-exports java.base/sun.nio.ch=ALL-UNNAMED}; elsewhere it
 * copies 8 KiB at a time, at half the speed. {@code transferFrom} copies 8 KiB at a time from every socket channel, the
 * kernel's too.
 *
 * <p>Reading, writing and selecting allocate nothing once they have run for a while, whatever the buffers. An iterator
 * over the selected keys is an object of 32 bytes; {@code select(Consumer)}, or a look at the set and {@code clear},
 * needs none. {@code DatagramChannel.receive} returns the address it returned last if the sender is the same, else a
 * new one of 120 bytes; where the channel listens on the kernel's loopback as well, the kernel's channel is asked, too,
 * and allocates as it does.
 *
 * <p>Asynchronous channels are {@link io.pnet.nio.PnetAsynchronousProvider}'s.
 *
 * <p>Knows {@code stack} and what lies below, and {@code jvm}.
 */
package io.pnet.nio;
