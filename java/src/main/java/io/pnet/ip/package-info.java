/**
 * The Internet layer: addresses, routes, neighbours (ARP, NDP), fragments, ICMP, path MTU; input and output, for IPv4
 * and IPv6 alike.
 *
 * <p>An address is 128 bits in two longs everywhere; an IPv4 address is the IPv4-mapped IPv6 address
 * ({@code ::ffff:a.b.c.d}), so that transports know addresses and not versions.
 *
 * <p>Knows {@code link}, {@code wire} and {@code counters}. Reads no clock, draws no random number of its own, starts
 * no thread.
 */
package io.pnet.ip;
