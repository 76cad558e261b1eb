package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The header that virtio put before a frame, in both directions: what is left to do of checksum and segmentation.
 * Fields are in the machine's byte order.
 *
 * <pre>
 *  +---------------+---------------+-------------------------------+
 *  |     flags     |   gso_type    |            hdr_len            |
 *  +---------------+---------------+-------------------------------+
 *  |           gso_size            |          csum_start           |
 *  +-------------------------------+-------------------------------+
 *  |          csum_offset          |   num_buffers (12 bytes only) |
 *  +-------------------------------+-------------------------------+
 * </pre>
 */
final class VnetHeader
{
    static final int FLAGS_OFFSET = 0;
    static final int GSO_TYPE_OFFSET = 1;
    static final int HEADER_LENGTH_OFFSET = 2;
    static final int GSO_SIZE_OFFSET = 4;
    static final int CSUM_START_OFFSET = 6;
    static final int CSUM_OFFSET_OFFSET = 8;
    static final int NUM_BUFFERS_OFFSET = 10;

    /** Its length without and with {@code num_buffers}. */
    static final int SHORT_LENGTH = 10;
    static final int LENGTH = 12;

    static final int NEEDS_CSUM = 1;
    static final int DATA_VALID = 2;
    static final int GSO_ECN = 0x80;

    private VnetHeader()
    {
    }

    static void verify()
    {
        NativeLayout.expect("sizeof virtio_net_hdr", SHORT_LENGTH);
        NativeLayout.expect("offsetof virtio_net_hdr flags", FLAGS_OFFSET);
        NativeLayout.expect("offsetof virtio_net_hdr gso_type", GSO_TYPE_OFFSET);
        NativeLayout.expect("offsetof virtio_net_hdr hdr_len", HEADER_LENGTH_OFFSET);
        NativeLayout.expect("offsetof virtio_net_hdr gso_size", GSO_SIZE_OFFSET);
        NativeLayout.expect("offsetof virtio_net_hdr csum_start", CSUM_START_OFFSET);
        NativeLayout.expect("offsetof virtio_net_hdr csum_offset", CSUM_OFFSET_OFFSET);
        NativeLayout.expect("VIRTIO_NET_HDR_F_NEEDS_CSUM", NEEDS_CSUM);
        NativeLayout.expect("VIRTIO_NET_HDR_F_DATA_VALID", DATA_VALID);
        NativeLayout.expect("VIRTIO_NET_HDR_GSO_ECN", GSO_ECN);
    }

    /**
     * Moves what the header says to a frame that is wrapped already.
     *
     * @return false when it makes no sense for a frame of this length.
     */
    static boolean decode(final UnsafeBuffer buffer, final int offset, final RxFrame frame)
    {
        final int flags = buffer.getByte(offset + FLAGS_OFFSET);
        if ((flags & NEEDS_CSUM) != 0)
        {
            final int csumStart = buffer.getShort(offset + CSUM_START_OFFSET) & 0xFFFF;
            final int csumOffset = buffer.getShort(offset + CSUM_OFFSET_OFFSET) & 0xFFFF;
            if (csumStart + csumOffset + 2 > frame.length())
            {
                return false;
            }
            frame.checksumPartial(csumStart, csumOffset);
        }
        else if ((flags & DATA_VALID) != 0)
        {
            frame.checksum(RxFrame.CHECKSUM_VALID);
        }
        final int gsoType = buffer.getByte(offset + GSO_TYPE_OFFSET) & ~GSO_ECN & 0xFF;
        if (gsoType != RxFrame.GSO_NONE)
        {
            final int gsoSize = buffer.getShort(offset + GSO_SIZE_OFFSET) & 0xFFFF;
            if (gsoSize == 0 || !isKnown(gsoType))
            {
                return false;
            }
            frame.gso(gsoType, gsoSize);
        }
        return true;
    }

    /**
     * Writes what a frame leaves to the link.
     *
     * @param linearLength what the kernel shall copy into the packet's head when the frame is not a GSO frame.
     */
    static void encode(
        final UnsafeBuffer buffer, final int offset, final int length, final TxFrame frame, final int linearLength)
    {
        final boolean isGso = frame.gsoType() != RxFrame.GSO_NONE;
        buffer.putByte(offset + FLAGS_OFFSET, (byte)(frame.isChecksumPartial() ? NEEDS_CSUM : 0));
        buffer.putByte(offset + GSO_TYPE_OFFSET, (byte)(frame.gsoType() | (frame.hasGsoCwr() ? GSO_ECN : 0)));
        buffer.putShort(
            offset + HEADER_LENGTH_OFFSET, (short)(isGso ? frame.gsoHeaderLength() : linearLength));
        buffer.putShort(offset + GSO_SIZE_OFFSET, (short)frame.gsoSize());
        buffer.putShort(offset + CSUM_START_OFFSET, (short)frame.csumStart());
        buffer.putShort(offset + CSUM_OFFSET_OFFSET, (short)frame.csumOffset());
        if (length == LENGTH)
        {
            buffer.putShort(offset + NUM_BUFFERS_OFFSET, (short)0);
        }
    }

    private static boolean isKnown(final int gsoType)
    {
        return gsoType == RxFrame.GSO_TCPV4 || gsoType == RxFrame.GSO_TCPV6 || gsoType == RxFrame.GSO_UDP_L4;
    }
}
