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
 */
package io.pnet.stack;
