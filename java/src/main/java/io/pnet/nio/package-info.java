/**
 * {@code java.nio.channels} and {@code java.net} over a stack: {@link io.pnet.nio.PnetSelectorProvider} opens channels
 * that programs use as they use the JDK's. Each is decided late, on bind or connect, for Pnet or for the kernel, as
 * {@link io.pnet.nio.Routing} says.
 *
 * <p>Any thread may use a channel. What it waits for it drives itself, as {@link io.pnet.stack.StackDriver} says;
 * handlers of this room run on the stack's owner, take no locks that others hold for long, and never block.
 *
 * <p>{@link java.nio.channels.FileChannel#transferTo} to our channels maps the file where {@code sun.nio.ch} is
 * exported to us, as {@code pnet run} does and {@code --add-exports java.base/sun.nio.ch=ALL-UNNAMED}; elsewhere it
 * copies 8 KiB at a time, at half the speed. {@code transferFrom} copies 8 KiB at a time from every socket channel, the
 * kernel's too.
 *
 * <p>Asynchronous channels are {@link io.pnet.nio.PnetAsynchronousProvider}'s.
 *
 * <p>Knows {@code stack} and what lies below, and {@code jvm}.
 */
package io.pnet.nio;
