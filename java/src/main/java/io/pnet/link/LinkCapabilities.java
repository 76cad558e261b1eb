package io.pnet.link;

/**
 * What a link can do. Checksum and segmentation offload are what the stack may leave undone on transmit
 * ({@code tx...}) and what it must be ready to meet on receive ({@code rx...}).
 *
 * @param macAddress     the link's own MAC address, 48 bits in the low end of the long.
 * @param mtu            largest IP packet on the wire, in bytes.
 * @param maxFrame       largest frame that {@link Link#claim} takes as a plain head, Ethernet header included.
 * @param maxHead        largest head of a gathered frame.
 * @param txChecksum     the stack may hand over frames whose transport checksum holds only the pseudo-header's sum.
 * @param txGsoMaxBytes  largest GSO frame, Ethernet header included; 0 when the link takes none.
 * @param txGsoUdp       whether UDP GSO (USO) frames are taken as well as TCP.
 * @param rxGso          frames larger than the MTU, with several segments in them, may arrive.
 * @param rxTimestamps   frames carry the kernel's CLOCK_REALTIME ingress time.
 */
public record LinkCapabilities(
    long macAddress,
    int mtu,
    int maxFrame,
    int maxHead,
    boolean txChecksum,
    int txGsoMaxBytes,
    boolean txGsoUdp,
    boolean rxGso,
    boolean rxTimestamps)
{
    /** A link with no offloads at all: the software does everything. */
    public static LinkCapabilities plain(final long macAddress, final int mtu)
    {
        return new LinkCapabilities(macAddress, mtu, mtu + 14, 256, false, 0, false, false, false);
    }
}
