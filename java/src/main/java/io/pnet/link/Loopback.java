package io.pnet.link;

/**
 * A link that receives what it sends, for connections between a stack's own addresses. It takes whole GSO frames and
 * leaves checksums partial: memory does not corrupt them.
 */
public final class Loopback extends MemoryLink
{
    /** Largest IP packet: with its Ethernet header it is as large as a GSO frame may be. */
    public static final int MTU = 65_521;

    private static final long MAC_ADDRESS = 0x0250_4E00_0000L;

    /** A loopback on which up to 1,024 frames wait. */
    public Loopback(final LinkContext context)
    {
        this(new MemoryLinkOptions(), context);
    }

    /** A loopback with a MAC address, queue and small chunks as told; its MTU and offloads are always all it can. */
    public Loopback(final MemoryLinkOptions options, final LinkContext context)
    {
        super(options.mtu(MTU).txOffload(true).rxGso(true), context, MAC_ADDRESS);
    }

    @Override
    void route(final TxFrame frame)
    {
        inbound().stage(frame, offload(), this);
    }
}
