/**
 * TCP (RFC 9293), cut by concern: {@link io.pnet.tcp.TcpTransport} (tables, the way of segments), {@link
 * io.pnet.tcp.Connection} (the control block and the user's calls), input, output, recovery and timers as classes of
 * their own that work on a connection, and the stores: send buffer, receive queue, reassembly, sent segments.
 *
 * <p>Knows {@code transport} and what lies below. Everything is owned by the stack's owner, but for the two buffers,
 * which are single-producer single-consumer between the owner and a user's thread.
 *
 * <p><b>Lanes.</b> With everything kept until it is acknowledged and one copy for the application each way, {@code
 * ci/lanes 2} measured over veth against kernel TCP (2 cores, Linux 6.18, Gbit/s, out and in): kernel 34.1 and 33.5;
 * gathered from chunks out, 2 KiB slots and the socket's queue in, 26.5 to 30.1 and 32.5; copied next to the headers
 * 26.8 and 34.8; slots of 68 KiB both ways 9.9 to 23.3 and 36.8; MTU-sized frames with software checksums out 3.8. So
 * what is sent is gathered, which also makes a retransmission cost no copy; and 2 KiB slots are the default, since a
 * ring of 68 KiB slots for as many MTU-sized frames would take 34 times their 16 MiB.
 *
 * <p><b>No software GRO.</b> What it is for elsewhere, one acknowledgement and one wake-up for a train of frames,
 * comes with the duty cycle: at full speed one acknowledgement covers 16 to 30 MTU-sized segments. A second way in,
 * on which a frame that continues the last one has its headers compared and its payload appended, was tried: an
 * in-order segment took half ({@code ci/bench -p payload=1448 tcp.InputBenchmark} has 95 ns without), and the thread
 * of a stream 4 to 6 % less on a ring and nothing that could be told from noise on a TAP, with the same goodput.
 * Reading a frame's cold lines, copying its payload and sending acknowledgements are what it costs.
 */
package io.pnet.tcp;
