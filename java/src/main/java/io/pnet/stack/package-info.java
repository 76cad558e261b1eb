/**
 * The composition root: a {@link io.pnet.stack.Stack} puts links, the Internet layer and transports together and runs
 * their duty cycle; {@link io.pnet.stack.StackDriver} decides which thread runs it; {@link io.pnet.stack.IpProcess} is
 * what users build. This is the lowest room that reads a clock, draws random numbers or starts a thread.
 *
 * <h2>Several stacks behind one set of addresses</h2>
 *
 * <p>A process may have several stacks ({@link io.pnet.stack.IpProcessBuilder#stacks}), each with a link, memory,
 * counters and a thread of its own. A flow has one {@link io.pnet.stack.Home}, by {@link io.pnet.ip.FlowHash}, and
 * stays there: TCP by a symmetric hash over addresses and ports, UDP by our port, so that one endpoint has all its
 * peers. A packet ring has the kernel steer by the same hash (PACKET_FANOUT with a classic BPF program of ours: the
 * kernel's own hash is keyed, and connections could not be opened on a stack of choice), and a TAP's queues by the same
 * program, translated. A connect takes a home by turns and then a port that leads there; a
 * {@link io.pnet.stack.ListenerGroup} listens on all.
 *
 * <p><b>Shared on a segment's way:</b> nothing. No lock, counter, pool or table is another stack's.
 *
 * <p><b>Stack 0</b> gets what the hash does not cover. It alone probes, defends and announces the addresses, and
 * answers ARP, neighbour solicitations and echo requests. It forwards ({@link io.pnet.ip.Siblings}, a ring without
 * locks for each stack, frames copied): ICMP errors to the flow they quote; packets put together from fragments to
 * their home; copies of ARP, neighbour advertisements and membership queries to all. Each stack asks for its neighbours
 * itself and hears the answers as a copy; a path MTU that one learns is told to all; each reports the multicast groups
 * of its own endpoints.
 *
 * <p><b>What sixteen would meet.</b> In simulation ({@code GroupTest}) sixteen stacks share 8,000 connections within
 * five standard deviations of a fair choice, and no segment is seen anywhere but at its home. What grows with their
 * number:
 * <ul>
 * <li>neighbours and path MTUs are learnt by each, so there are up to sixteen solicitations for one router, every 30 s
 * or so, and fifteen copies of each answer: at a thousand ARP packets a second 15,000 copies of 60 bytes at stack 0;
 * <li>a connect tries sixteen ports on average before one leads home;
 * <li>a fixed backlog, SYN table or TIME_WAIT limit is each stack's own, so that the sums are sixteen times as large;
 * ring, buffer and chunk memory is divided, so that one flow can use a sixteenth of it;
 * <li>one flow is one stack's: sixteen flows leave about a third of the stacks idle, and the most loaded one has three
 * or four; balance needs many more flows than stacks;
 * <li>the kernel's part is not ours to divide: on a veth the sender's softirq copies into all rings; on a NIC its
 * receive queues must be spread over processors (RSS), or one of them feeds all rings;
 * <li>fragments and one UDP port are as fast as one stack, and a fragment that goes on is copied once more.
 * </ul>
 *
 * <p>Limits: descriptors that were handed over serve one stack. Several on a TAP need its queues (IFF_MULTI_QUEUE) and
 * an eBPF program of ours, which the kernel mostly takes from CAP_BPF only: by itself it has a flow's frames follow the
 * queue where we last sent one, and opens its own flows by a hash that is not ours. Fragmented datagrams to a multicast
 * group arrive if the endpoint's home is stack 0.
 *
 * <h2>Holding a driver back</h2>
 *
 * <p>While data streams in at more than 2 Gbit/s a driver pauses for 30 us before it waits for the link
 * ({@link io.pnet.stack.Moderation}): the sender is spared a wake-up for each frame. On shaped links it does not pay,
 * and is not done: those hand over their frames in batches as it is. At 1 Gbit/s with MTU-sized frames a receiver waits
 * 1,900 times a second, and pauses of 16 frames' time were more waits, not fewer (1.22 CPU seconds a gigabyte instead
 * of 0.73); at 100 Mbit/s a 64 KiB frame comes every 5 ms.
 *
 * <p>What a shaped link costs is the number of wake-ups, each with cold caches, and what a JVM that is seconds old
 * compiles. At 100 Mbit/s the threads of a stream ({@code pnet iperf3} on a wire of {@code ci/net up --rate 100m}) give
 * the processor up 350 to 550 times a second, by voluntary_ctxt_switches of their status: the keeper naps, a
 * full link is looked at when its descriptor says so, and frames to a near peer are as large as they may be. It was
 * 1,100 in and 2,100 out.
 *
 * <p>The compilers are slow there, not in a circle: a method that runs some hundred times a second, as often as the
 * driver wakes, comes to the last tier after tens of seconds. At 1 Gbit/s, sending, they take 20 % of a processor 5 to
 * 9 seconds after the start and 3 % after 20, and no hot method is compiled more than twice.
 *
 * <h2>False sharing</h2>
 *
 * <p>No field is padded: nothing gains by it beyond what runs differ by. A build for that alone put what one thread
 * writes and another reads into groups of {@code jdk.internal.vm.annotation.Contended}, by writer (javac with
 * {@code --add-exports}, and {@code -source 17 -target 17} for {@code --release 17}): Ownership, DrivingPlace,
 * DutyCycle, WaitingThreads, WaitLoop, Keeper; TCP's send buffer, receive queue and requests, and what users read of a
 * connection; chunk pools, selectors and their keys, waiters. Counters are 128 bytes apart anyway. The same jar has the
 * usual layout, and with {@code -XX:-RestrictContended} 128 bytes around each group. Usual and padded in turns, on two
 * processors (AMD EPYC, JDK 17) and {@code ci/net up NAME --left ring}, 4 s after 3 s that do not count: medians of 8
 * runs, and their range.
 * <ul>
 * <li>{@code pnet iperf3 -c}, Gbit/s: 28.4 (10.8 to 33.5) and 28.0 (14.3 to 32.5), of 16 runs; with {@code -P 2} 24.6
 * (15.0 to 27.6) and 25.2 (21.6 to 30.9); with {@code -l 1K} 3.25 (2.83 to 3.51) and 3.19 (2.34 to 3.33); with
 * {@code -l 1K --stacks 2}, where the writer never drives, 3.45 (2.84 to 3.57) and 3.46 (3.12 to 3.61);
 * <li>{@code pnet iperf3 -s} and the kernel's client: 48.1 (31.7 to 59.9) and 47.7 (34.5 to 53.4); with {@code -P 2}
 * 28.8 (14.9 to 30.3) and 28.2 (19.1 to 39.2);
 * <li>{@code io.pnet.bench.RoundTrip}, 2.5 s warm, us: half in 21.3 (20.4 to 35.0) and 21.6 (20.4 to 25.5), 99 % in 93
 * (69 to 130) and 98 (86 to 110);
 * <li>{@code pnet run} with Netty's hello world, {@code wrk -t1 -c64} for 5 s after 7 s, thousand requests a second:
 * 76 (74 to 88) and 77 (44 to 81), of 5 runs.
 * </ul>
 *
 * <p>It is there all the same: two threads that do nothing but write 64 bytes at a time into a send buffer, and look at
 * it and acknowledge, take 114 ns a write (76 to 168, 6 runs), and 90 (50 to 111) padded. In a program a write of
 * 1 KiB takes 2,500 ns with all that follows: with the send buffer alone padded, {@code -l 1K --stacks 2} gave 3.26
 * Gbit/s (2.97 to 3.65) and 3.45 (2.87 to 3.65), more in 10 of 16 pairs. A channel's connection would take 4,280 bytes
 * instead of 920 for the objects that were padded. The two processors share their third-level cache; where they do not,
 * a line costs more, and it is to be asked again.
 */
package io.pnet.stack;
