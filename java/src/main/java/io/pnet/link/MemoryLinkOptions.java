package io.pnet.link;

/**
 * How a link in memory ({@link Pipe}, {@link Switch}, {@link Loopback}) behaves. Fluent; copied by the link when it is
 * made.
 */
public final class MemoryLinkOptions
{
    private static final int MAX_MTU = 65_521;
    private static final long SMALL_CHUNK_BYTES = 32L << 20;

    private long macAddress;
    private int mtu = 1_500;
    private boolean isTxOffload;
    private boolean isRxGso;
    private int queueFrames = 1_024;
    private ChunkPool smallChunks;

    /** The link's MAC address, 48 bits; 0: one is made up. */
    public MemoryLinkOptions macAddress(final long macAddress)
    {
        this.macAddress = macAddress;
        return this;
    }

    /** Largest IP packet, 68 to 65,521 bytes; 1,500 unless told. A larger frame is dropped and counted. */
    public MemoryLinkOptions mtu(final int mtu)
    {
        if (mtu < 68 || mtu > MAX_MTU)
        {
            throw new IllegalArgumentException("MTU " + mtu + " is outside 68.." + MAX_MTU + ": choose one inside");
        }
        this.mtu = mtu;
        return this;
    }

    /**
     * Whether the sender may leave checksums and segmentation (TCP and UDP, frames up to 65,535 bytes) to the link; off
     * unless told.
     */
    public MemoryLinkOptions txOffload(final boolean isOn)
    {
        isTxOffload = isOn;
        return this;
    }

    /**
     * Whether GSO frames and partial checksums may arrive as they are; off unless told, and then the sending side cuts
     * and completes in software.
     */
    public MemoryLinkOptions rxGso(final boolean isOn)
    {
        isRxGso = isOn;
        return this;
    }

    /** Frames that may wait to be polled; what comes on top is dropped and counted. 1,024 unless told. */
    public MemoryLinkOptions queueFrames(final int frames)
    {
        if (frames < 1)
        {
            throw new IllegalArgumentException("a queue of " + frames + " frames holds none: choose at least 1");
        }
        queueFrames = frames;
        return this;
    }

    /** Where arriving frames of up to {@link ChunkPool#SMALL} bytes are kept; a pool of the link's own unless told. */
    public MemoryLinkOptions smallChunks(final ChunkPool pool)
    {
        smallChunks = pool;
        return this;
    }

    int queueFrames()
    {
        return queueFrames;
    }

    ChunkPool smallChunks()
    {
        return smallChunks != null ? smallChunks : new ChunkPool(ChunkPool.SMALL, SMALL_CHUNK_BYTES);
    }

    LinkCapabilities capabilities(final long madeUpMacAddress)
    {
        return new LinkCapabilities(
            macAddress != 0 ? macAddress : madeUpMacAddress,
            mtu,
            mtu + 14,
            256,
            isTxOffload,
            isTxOffload ? 65_535 : 0,
            isTxOffload,
            isRxGso,
            false);
    }
}
