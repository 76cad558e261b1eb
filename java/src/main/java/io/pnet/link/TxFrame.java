package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * One frame on its way out: a head written in place, payload appended by reference, and the work left to the link
 * (checksum, segmentation). Made and reset by the link, filled by its owner between {@link Link#claim} and
 * {@link Link#commit}.
 *
 * <p>{@code csumStart} counts from the Ethernet header, {@code csumOffset} from {@code csumStart}, as virtio's do.
 */
public final class TxFrame
{
    /** How many pieces of payload can be appended. */
    public static final int MAX_FRAGMENTS = 3;

    private final UnsafeBuffer[] fragmentBuffers = new UnsafeBuffer[MAX_FRAGMENTS];
    private final int[] fragmentOffsets = new int[MAX_FRAGMENTS];
    private final int[] fragmentLengths = new int[MAX_FRAGMENTS];
    private UnsafeBuffer buffer;
    private int offset;
    private int headLength;
    private int fragments;
    private int fragmentBytes;
    private int csumStart;
    private int csumOffset;
    private int gsoType;
    private int gsoSize;
    private int gsoHeaderLength;
    private boolean hasGsoCwr;

    /** Points at an empty head; for links. */
    public TxFrame wrap(final UnsafeBuffer buffer, final int offset, final int headLength)
    {
        this.buffer = buffer;
        this.offset = offset;
        this.headLength = headLength;
        fragments = 0;
        fragmentBytes = 0;
        csumStart = 0;
        csumOffset = 0;
        gsoType = RxFrame.GSO_NONE;
        gsoSize = 0;
        gsoHeaderLength = 0;
        hasGsoCwr = false;
        return this;
    }

    /** Where the head is written. */
    public UnsafeBuffer buffer()
    {
        return buffer;
    }

    /** Where the Ethernet header starts in {@link #buffer()}. */
    public int offset()
    {
        return offset;
    }

    /** Bytes of the head, as claimed. */
    public int headLength()
    {
        return headLength;
    }

    /** Head and appended payload together. */
    public int length()
    {
        return headLength + fragmentBytes;
    }

    /** Appends payload by reference; it stays unchanged until the frame has left. */
    public TxFrame append(final UnsafeBuffer buffer, final int offset, final int length)
    {
        fragmentBuffers[fragments] = buffer;
        fragmentOffsets[fragments] = offset;
        fragmentLengths[fragments] = length;
        fragments++;
        fragmentBytes += length;
        return this;
    }

    public int fragments()
    {
        return fragments;
    }

    public UnsafeBuffer fragmentBuffer(final int index)
    {
        return fragmentBuffers[index];
    }

    public int fragmentOffset(final int index)
    {
        return fragmentOffsets[index];
    }

    public int fragmentLength(final int index)
    {
        return fragmentLengths[index];
    }

    /** Leaves the transport checksum to the link; the field holds the pseudo-header's sum. */
    public TxFrame checksumPartial(final int csumStart, final int csumOffset)
    {
        this.csumStart = csumStart;
        this.csumOffset = csumOffset;
        return this;
    }

    /** Whether the link has to complete the checksum. */
    public boolean isChecksumPartial()
    {
        return csumStart != 0;
    }

    public int csumStart()
    {
        return csumStart;
    }

    public int csumOffset()
    {
        return csumOffset;
    }

    /**
     * Leaves segmentation to the link.
     *
     * @param gsoType      one of {@link RxFrame}'s GSO constants.
     * @param gsoSize      payload bytes a segment.
     * @param headerLength bytes of all headers, Ethernet to transport.
     */
    public TxFrame gso(final int gsoType, final int gsoSize, final int headerLength)
    {
        this.gsoType = gsoType;
        this.gsoSize = gsoSize;
        this.gsoHeaderLength = headerLength;
        return this;
    }

    /** Says that the TCP header has CWR, which of a GSO frame's segments only the first may carry (RFC 3168). */
    public TxFrame gsoCwr()
    {
        hasGsoCwr = true;
        return this;
    }

    /** Whether it is a GSO frame, and its first segment alone is to carry CWR. */
    public boolean hasGsoCwr()
    {
        return hasGsoCwr && gsoType != RxFrame.GSO_NONE;
    }

    public int gsoType()
    {
        return gsoType;
    }

    public int gsoSize()
    {
        return gsoSize;
    }

    public int gsoHeaderLength()
    {
        return gsoHeaderLength;
    }

    /** Copies head and fragments, in order, to one contiguous place; returns {@link #length()}. */
    public int copyTo(final UnsafeBuffer target, final int targetOffset)
    {
        target.putBytes(targetOffset, buffer, offset, headLength);
        int at = targetOffset + headLength;
        for (int i = 0; i < fragments; i++)
        {
            target.putBytes(at, fragmentBuffers[i], fragmentOffsets[i], fragmentLengths[i]);
            at += fragmentLengths[i];
        }
        return length();
    }
}
