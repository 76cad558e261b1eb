package io.pnet.link;

import io.pnet.wire.BigEndian;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Extension;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.UdpHeader;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Does in software what a link cannot carry: completes partial checksums and cuts GSO frames into segments.
 *
 * <p>Point it at a frame with {@code begin}, then call {@link #next} until nothing is left; a frame that is no GSO
 * frame comes out as one. It allocates nothing and is owned by one thread; the frame must stay as it is in between.
 *
 * <p>Segments differ from the GSO frame's headers as the kernel's do: IPv4 identification counts up, lengths are the
 * segment's own, TCP sequence numbers advance, FIN and PSH stand only in the last one, CWR only in the first
 * (RFC 3168, section 6.1.2), and all checksums are computed anew.
 */
public final class SoftwareOffload
{
    private static final int MAX_PIECES = 1 + TxFrame.MAX_FRAGMENTS;

    private final Ipv6Extension extension = new Ipv6Extension();
    private final UnsafeBuffer[] buffers = new UnsafeBuffer[MAX_PIECES];
    private final int[] offsets = new int[MAX_PIECES];
    private final int[] lengths = new int[MAX_PIECES];
    private int pieces;
    private int length;
    private int gsoType;
    private int gsoSize;
    private int csumStart;
    private int csumOffset;
    private boolean isV4;
    private boolean isTcp;
    private int transportOffset;
    private int headerLength;
    private int segments;
    private int index;

    /**
     * Starts on a frame that is being sent.
     *
     * @return false when its headers are not what its offload fields claim; nothing can be done with it then.
     */
    public boolean begin(final TxFrame frame)
    {
        pieces = 0;
        length = 0;
        piece(frame.buffer(), frame.offset(), frame.headLength());
        for (int i = 0; i < frame.fragments(); i++)
        {
            piece(frame.fragmentBuffer(i), frame.fragmentOffset(i), frame.fragmentLength(i));
        }
        csumStart = frame.csumStart();
        csumOffset = frame.csumOffset();
        return start(frame.gsoType(), frame.gsoSize());
    }

    /**
     * Starts on a frame that was received.
     *
     * @return false when its headers are not what its offload fields claim; nothing can be done with it then.
     */
    public boolean begin(final RxFrame frame)
    {
        pieces = 0;
        length = 0;
        piece(frame.buffer(), frame.offset(), frame.length());
        final boolean isPartial = frame.checksum() == RxFrame.CHECKSUM_PARTIAL;
        csumStart = isPartial ? frame.csumStart() : 0;
        csumOffset = isPartial ? frame.csumOffset() : 0;
        return start(frame.gsoType(), frame.gsoSize());
    }

    /** Frames that the one begun on becomes. */
    public int segments()
    {
        return segments;
    }

    /** Bytes that {@link #next} will write; 0 when all have been written. */
    public int nextLength()
    {
        if (index >= segments)
        {
            return 0;
        }
        return gsoType == RxFrame.GSO_NONE ? length : headerLength + payloadLength();
    }

    /**
     * Writes the next frame, complete with checksums.
     *
     * @return its length, or 0 when all have been written.
     */
    public int next(final UnsafeBuffer target, final int targetOffset)
    {
        final int frameLength = nextLength();
        if (frameLength == 0)
        {
            return 0;
        }
        if (gsoType == RxFrame.GSO_NONE)
        {
            gather(0, frameLength, target, targetOffset);
            if (csumStart != 0)
            {
                completeChecksum(target, targetOffset, frameLength, csumStart, csumOffset);
            }
        }
        else
        {
            target.putBytes(targetOffset, buffers[0], offsets[0], headerLength);
            gather(headerLength + index * gsoSize, frameLength - headerLength, target, targetOffset + headerLength);
            segmentHeaders(target, targetOffset, frameLength);
        }
        index++;
        return frameLength;
    }

    /** Gives up on what {@link #next} has not written yet; returns how many frames that were. */
    public int skip()
    {
        final int left = segments - index;
        index = segments;
        return left;
    }

    /**
     * Completes a partial checksum in place. A result of 0 is written as 0xFFFF, which is equal in one's complement and
     * means something else in UDP.
     *
     * @param csumStart  first byte that is covered, from the Ethernet header.
     * @param csumOffset the field, from {@code csumStart}; it holds the pseudo-header's sum.
     * @return false, nothing being written, when the field does not lie in the frame.
     */
    public static boolean completeChecksum(
        final UnsafeBuffer buffer, final int offset, final int length, final int csumStart, final int csumOffset)
    {
        if (csumStart < 0 || csumOffset < 0 || csumStart + csumOffset + 2 > length)
        {
            return false;
        }
        final long sum = Checksum.sum(buffer, offset + csumStart, length - csumStart);
        BigEndian.putUint16(buffer, offset + csumStart + csumOffset, Checksum.finishUdp(sum));
        return true;
    }

    /**
     * Makes a whole GSO frame, contiguous and with at least its headers sane, self-consistent in place: IP and UDP
     * lengths and all checksums as if it were one large packet. For what shows frames to people.
     *
     * @return false, nothing being written, when it is not TCP or UDP over IP.
     */
    public boolean completeWhole(final UnsafeBuffer buffer, final int offset, final int frameLength)
    {
        pieces = 0;
        length = 0;
        piece(buffer, offset, frameLength);
        if (!layout())
        {
            return false;
        }
        lengthsAndChecksums(buffer, offset, frameLength);
        return true;
    }

    private void piece(final UnsafeBuffer buffer, final int offset, final int pieceLength)
    {
        buffers[pieces] = buffer;
        offsets[pieces] = offset;
        lengths[pieces] = pieceLength;
        pieces++;
        length += pieceLength;
    }

    private boolean start(final int type, final int size)
    {
        gsoType = type;
        gsoSize = size;
        index = 0;
        segments = 0;
        if (type == RxFrame.GSO_NONE)
        {
            if (csumStart != 0 && (csumStart < 0 || csumOffset < 0 || csumStart + csumOffset + 2 > length))
            {
                return false;
            }
            segments = 1;
            return true;
        }
        if (size <= 0 || !layout() || !isTypeAsClaimed())
        {
            return false;
        }
        segments = Math.max(1, (length - headerLength + size - 1) / size);
        return true;
    }

    private boolean isTypeAsClaimed()
    {
        switch (gsoType)
        {
            case RxFrame.GSO_TCPV4:
                return isTcp && isV4;

            case RxFrame.GSO_TCPV6:
                return isTcp && !isV4;

            case RxFrame.GSO_UDP_L4:
                return !isTcp;

            default:
                return false;
        }
    }

    /** Finds the headers; all of them lie in the first piece. */
    private boolean layout()
    {
        final UnsafeBuffer buffer = buffers[0];
        final int ip = offsets[0] + EthernetHeader.LENGTH;
        final int available = lengths[0];
        if (available < EthernetHeader.LENGTH + Ipv4Header.MIN_LENGTH)
        {
            return false;
        }

        final int type = EthernetHeader.type(buffer, offsets[0]);
        final int protocol;
        if (type == EthernetHeader.TYPE_IPV4)
        {
            final int ipHeaderLength = Ipv4Header.headerLength(buffer, ip);
            if (Ipv4Header.version(buffer, ip) != 4 || ipHeaderLength < Ipv4Header.MIN_LENGTH)
            {
                return false;
            }
            isV4 = true;
            protocol = Ipv4Header.protocol(buffer, ip);
            transportOffset = EthernetHeader.LENGTH + ipHeaderLength;
        }
        else if (type == EthernetHeader.TYPE_IPV6)
        {
            if (available < EthernetHeader.LENGTH + Ipv6Header.LENGTH ||
                extension.walk(buffer, ip, available - EthernetHeader.LENGTH) != Ipv6Extension.TRANSPORT)
            {
                return false;
            }
            isV4 = false;
            protocol = extension.protocol();
            transportOffset = extension.transportOffset() - offsets[0];
        }
        else
        {
            return false;
        }

        isTcp = protocol == ProtocolNumber.TCP;
        if (!isTcp && protocol != ProtocolNumber.UDP ||
            available < transportOffset + (isTcp ? TcpHeader.MIN_LENGTH : UdpHeader.LENGTH))
        {
            return false;
        }
        final int transportHeaderLength =
            isTcp ? TcpHeader.headerLength(buffer, offsets[0] + transportOffset) : UdpHeader.LENGTH;
        headerLength = transportOffset + transportHeaderLength;
        return (!isTcp || transportHeaderLength >= TcpHeader.MIN_LENGTH) && headerLength <= available;
    }

    private int payloadLength()
    {
        return Math.min(gsoSize, length - headerLength - index * gsoSize);
    }

    private void gather(final int from, final int count, final UnsafeBuffer target, final int targetOffset)
    {
        int skip = from;
        int left = count;
        int at = targetOffset;
        for (int i = 0; i < pieces && left > 0; i++)
        {
            if (skip >= lengths[i])
            {
                skip -= lengths[i];
                continue;
            }
            final int n = Math.min(left, lengths[i] - skip);
            target.putBytes(at, buffers[i], offsets[i] + skip, n);
            at += n;
            left -= n;
            skip = 0;
        }
    }

    private void segmentHeaders(final UnsafeBuffer target, final int offset, final int frameLength)
    {
        if (isV4)
        {
            final int at = offset + EthernetHeader.LENGTH + Ipv4Header.IDENTIFICATION_OFFSET;
            BigEndian.putUint16(target, at, BigEndian.getUint16(target, at) + index);
        }
        if (isTcp)
        {
            final int tcp = offset + transportOffset;
            final int seqAt = tcp + TcpHeader.SEQUENCE_NUMBER_OFFSET;
            BigEndian.putInt32(target, seqAt, BigEndian.getInt32(target, seqAt) + index * gsoSize);
            int flags = TcpHeader.flags(target, tcp);
            if (index > 0)
            {
                flags &= ~TcpHeader.CWR;
            }
            if (index < segments - 1)
            {
                flags &= ~(TcpHeader.FIN | TcpHeader.PSH);
            }
            BigEndian.putUint8(target, tcp + TcpHeader.FLAGS_OFFSET, flags);
        }
        lengthsAndChecksums(target, offset, frameLength);
    }

    private void lengthsAndChecksums(final UnsafeBuffer target, final int offset, final int frameLength)
    {
        final int ip = offset + EthernetHeader.LENGTH;
        final int transport = offset + transportOffset;
        final int transportLength = frameLength - transportOffset;
        final int protocol = isTcp ? ProtocolNumber.TCP : ProtocolNumber.UDP;
        final long pseudoHeader;
        if (isV4)
        {
            final int ipHeaderLength = transportOffset - EthernetHeader.LENGTH;
            BigEndian.putUint16(target, ip + Ipv4Header.TOTAL_LENGTH_OFFSET, frameLength - EthernetHeader.LENGTH);
            BigEndian.putUint16(target, ip + Ipv4Header.HEADER_CHECKSUM_OFFSET, 0);
            BigEndian.putUint16(
                target, ip + Ipv4Header.HEADER_CHECKSUM_OFFSET, Checksum.of(target, ip, ipHeaderLength));
            pseudoHeader = Checksum.sum(target, ip + Ipv4Header.SOURCE_OFFSET, 8) + protocol + transportLength;
        }
        else
        {
            BigEndian.putUint16(
                target, ip + Ipv6Header.PAYLOAD_LENGTH_OFFSET, frameLength - EthernetHeader.LENGTH - Ipv6Header.LENGTH);
            pseudoHeader = Checksum.sum(target, ip + Ipv6Header.SOURCE_OFFSET, 32) + protocol + transportLength;
        }
        final int checksumAt = transport + (isTcp ? TcpHeader.CHECKSUM_OFFSET : UdpHeader.CHECKSUM_OFFSET);
        if (!isTcp)
        {
            BigEndian.putUint16(target, transport + UdpHeader.LENGTH_OFFSET, transportLength);
        }
        BigEndian.putUint16(target, checksumAt, 0);
        final long sum = pseudoHeader + Checksum.sum(target, transport, transportLength);
        BigEndian.putUint16(target, checksumAt, isTcp ? Checksum.finish(sum) : Checksum.finishUdp(sum));
    }
}
