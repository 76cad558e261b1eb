/**
 * Real Java servers, as they are published, on the kernel and on Pnet side by side: each is started twice, once in a
 * namespace whose kernel has the address and once in one where Pnet has it ({@code pnet run}), and real clients (curl,
 * wrk, h2load, a server's own) ask the same of both from a third and a fourth namespace. Then the other way round:
 * unmodified Java clients, run by {@code pnet run}, ask servers that stand on the kernel.
 *
 * <p>{@link io.pnet.bench.servers.ServersRun} is where to start reading; {@code Catalog} lists the servers and
 * {@code Steps} what is asked of them.
 */
package io.pnet.bench.servers;
