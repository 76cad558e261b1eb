/**
 * The Internet layer: addresses, routes, neighbours (ARP, NDP), groups (IGMP, MLD), fragments, ICMP, path MTU; input
 * and output, for IPv4 and IPv6 alike.
 *
 * <p>An address is 128 bits in two longs everywhere; an IPv4 address is the IPv4-mapped IPv6 address
 * ({@code ::ffff:a.b.c.d}), so that transports know addresses and not versions.
 *
 * <p>Every frame that a link shows meets exactly one end, so that at any time between two polls
 * <pre>
 *   link.rx.frames = the drops of link, eth, arp, ip, icmp, igmp, mld, ndp and stack
 *                  + arp.rx + ndp.rx + igmp.rx + mld.rx + icmp.rx
 *                  + ip.fragments.merged + ip.fragments.waiting
 *                  + ip.rx.delivered
 * </pre>
 * where "drops" are the counters whose {@link io.pnet.counters.Counter#isDrop()} is true. What was delivered to a
 * transport is that transport's to account for: its own drops are counted on top, and what it uses (see
 * {@link io.pnet.counters.Counter}).
 *
 * <p>Knows {@code link}, {@code wire} and {@code counters}. Reads no clock, draws no random number of its own, starts
 * no thread.
 */
package io.pnet.ip;
