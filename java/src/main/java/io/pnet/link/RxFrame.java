package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * One received frame, in place: where it lies, and what the link knows of it. One object per link, re-pointed for every
 * frame; owned by the link's owner.
 */
public final class RxFrame
{
    /** The transport checksum has to be verified. */
    public static final int CHECKSUM_UNKNOWN = 0;
    /** The link has verified the transport checksum. */
    public static final int CHECKSUM_VALID = 1;
    /**
     * The sender left the checksum to a device that never came (virtio's NEEDS_CSUM): the field at
     * {@code csumStart + csumOffset} holds the pseudo-header's sum. Trust it, or complete it before passing it on.
     */
    public static final int CHECKSUM_PARTIAL = 2;

    /** {@link #gsoType()}: one segment. */
    public static final int GSO_NONE = 0;
    /** {@link #gsoType()}: TCP over IPv4, {@link #gsoSize()} payload bytes a segment. */
    public static final int GSO_TCPV4 = 1;
    /** {@link #gsoType()}: TCP over IPv6. */
    public static final int GSO_TCPV6 = 4;
    /** {@link #gsoType()}: UDP, {@link #gsoSize()} payload bytes a datagram (USO). */
    public static final int GSO_UDP_L4 = 5;

    /** {@link #timestampNs()}: the link does not stamp frames. */
    public static final long NO_TIMESTAMP = 0;

    private UnsafeBuffer buffer;
    private int offset;
    private int length;
    private long timestampNs;
    private int checksum;
    private int csumStart;
    private int csumOffset;
    private int gsoType;
    private int gsoSize;
    private int vlanTci;
    private Chunk chunk;

    /** Points at a plain frame: checksum unknown, no GSO, no VLAN tag, no time stamp, no chunk. */
    public RxFrame wrap(final UnsafeBuffer buffer, final int offset, final int length)
    {
        this.buffer = buffer;
        this.offset = offset;
        this.length = length;
        timestampNs = NO_TIMESTAMP;
        checksum = CHECKSUM_UNKNOWN;
        csumStart = 0;
        csumOffset = 0;
        gsoType = GSO_NONE;
        gsoSize = 0;
        vlanTci = -1;
        chunk = null;
        return this;
    }

    public RxFrame timestampNs(final long timestampNs)
    {
        this.timestampNs = timestampNs;
        return this;
    }

    /** The state of the transport checksum: one of the CHECKSUM constants. */
    public RxFrame checksum(final int state)
    {
        this.checksum = state;
        return this;
    }

    /** Marks the checksum as partial; both offsets count from the Ethernet header as virtio's do. */
    public RxFrame checksumPartial(final int csumStart, final int csumOffset)
    {
        this.checksum = CHECKSUM_PARTIAL;
        this.csumStart = csumStart;
        this.csumOffset = csumOffset;
        return this;
    }

    public RxFrame gso(final int gsoType, final int gsoSize)
    {
        this.gsoType = gsoType;
        this.gsoSize = gsoSize;
        return this;
    }

    public RxFrame vlanTci(final int vlanTci)
    {
        this.vlanTci = vlanTci;
        return this;
    }

    /** Says that the frame lies in a chunk which the handler may take. */
    public RxFrame chunk(final Chunk chunk)
    {
        this.chunk = chunk;
        return this;
    }

    /** The memory the frame lies in. */
    public UnsafeBuffer buffer()
    {
        return buffer;
    }

    /** Where the Ethernet header starts in {@link #buffer()}. */
    public int offset()
    {
        return offset;
    }

    /** Bytes from the Ethernet header on, without frame check sequence. */
    public int length()
    {
        return length;
    }

    /** Ingress time, CLOCK_REALTIME in ns, or {@link #NO_TIMESTAMP}. */
    public long timestampNs()
    {
        return timestampNs;
    }

    /** One of {@link #CHECKSUM_UNKNOWN}, {@link #CHECKSUM_VALID}, {@link #CHECKSUM_PARTIAL}. */
    public int checksum()
    {
        return checksum;
    }

    /** With {@link #CHECKSUM_PARTIAL}: first byte that the sum covers, from the Ethernet header. */
    public int csumStart()
    {
        return csumStart;
    }

    /** With {@link #CHECKSUM_PARTIAL}: the checksum field, from {@link #csumStart()}. */
    public int csumOffset()
    {
        return csumOffset;
    }

    public int gsoType()
    {
        return gsoType;
    }

    /** Payload bytes a segment in a GSO frame, else 0. */
    public int gsoSize()
    {
        return gsoSize;
    }

    /** The tag that the kernel stripped, or -1. */
    public int vlanTci()
    {
        return vlanTci;
    }

    /** Whether {@link #takeChunk()} gives anything. */
    public boolean hasChunk()
    {
        return chunk != null;
    }

    /**
     * Takes over the chunk that the frame lies in ({@link #buffer()} is its buffer): the caller owns it and releases it
     * when done. The frame stays readable through the chunk.
     *
     * @return the chunk; null when the frame does not lie in one, or it is already taken.
     */
    public Chunk takeChunk()
    {
        final Chunk taken = chunk;
        chunk = null;
        return taken;
    }
}
