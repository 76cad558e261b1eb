/**
 * TCP (RFC 9293), cut by concern: {@link io.pnet.tcp.TcpTransport} (tables, the way of segments), {@link
 * io.pnet.tcp.Connection} (the control block and the user's calls), input, output, recovery and timers as classes of
 * their own that work on a connection, and the stores: send buffer, receive queue, reassembly, sent segments.
 *
 * <p>Knows {@code transport} and what lies below. Everything is owned by the stack's owner, but for the two buffers,
 * which are single-producer single-consumer between the owner and a user's thread.
 */
package io.pnet.tcp;
