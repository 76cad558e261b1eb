package io.pnet.ip;

/**
 * What the IP layer delivers to: one per protocol number. Called on the stack's owner only.
 */
public interface IpProtocol
{
    /** The protocol number: 6 for TCP, 17 for UDP. */
    int protocol();

    /** One packet for one of our addresses, its IP header checked and its fragments put together. */
    void onPacket(IpPacket packet, long nowNs);

    /** An ICMP error that quotes a packet of this protocol which one of our addresses sent. Not yet validated. */
    void onIcmpError(IcmpError error, long nowNs);
}
