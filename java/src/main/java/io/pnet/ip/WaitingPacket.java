package io.pnet.ip;

import io.pnet.link.Chunk;

/** A complete packet that waits for its next hop's link-layer address. */
final class WaitingPacket
{
    /** Where the Ethernet header starts in the chunk: the IP header is aligned to 4 then. */
    static final int OFFSET = 2;

    Chunk chunk;
    /** From the Ethernet header on. */
    int length;
    /** What it is cut to when it is larger. */
    int mtu;
    WaitingPacket next;
}
