package io.pnet.ip;

/**
 * A neighbour cache entry: an on-link address and how it is reached (RFC 4861 section 7.3 for both versions; ARP takes
 * the place of solicitations on IPv4).
 */
final class Neighbour
{
    long macAddress;
}
