/**
 * Views over bytes: flyweights for the headers of Ethernet, ARP, IPv4, IPv6, ICMP, NDP, MLD, UDP and TCP, the Internet
 * checksum, and sequence number arithmetic. Each class names its RFC and draws its header.
 *
 * <p>Knows nobody but Agrona. A view holds a buffer and an offset, nothing else; whoever wraps it owns it, and has
 * checked that the header's bytes are there. Everything on the wire is big-endian; lengths are in bytes even where the
 * wire counts words.
 */
package io.pnet.wire;
