package io.pnet.tcp;

import io.pnet.ip.IpPacket;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An arriving segment, its header decoded once. One object per transport, re-pointed for every packet. Its sequence
 * range can be trimmed to what the receiver wants of it.
 */
final class Segment
{
    final TcpHeader header = new TcpHeader();
    final TcpOptions options = new TcpOptions();
    IpPacket packet;
    UnsafeBuffer buffer;
    int seq;
    int ack;
    int flags;
    int window;
    int payloadOffset;
    int payloadLength;
    boolean hasOptions;
    boolean hasTimestamps;

    /**
     * Decodes the header.
     *
     * @return false when it is malformed: shorter than its header, or a header length below 20.
     */
    boolean parse(final IpPacket packet)
    {
        final int length = packet.length();
        if (length < TcpHeader.MIN_LENGTH)
        {
            return false;
        }
        this.packet = packet;
        buffer = packet.buffer();
        header.wrap(buffer, packet.offset());
        final int headerLength = header.headerLength();
        if (headerLength < TcpHeader.MIN_LENGTH || headerLength > length)
        {
            return false;
        }
        seq = header.sequenceNumber();
        ack = header.acknowledgmentNumber();
        flags = header.flags();
        window = header.window();
        payloadOffset = packet.offset() + headerLength;
        payloadLength = length - headerLength;
        hasOptions = headerLength > TcpHeader.MIN_LENGTH;
        hasTimestamps = false;
        if (hasOptions)
        {
            // A list that breaks off is used as far as it goes (MUST-7: an illegal length must not crash us).
            options.parse(buffer, packet.offset() + TcpHeader.OPTIONS_OFFSET, headerLength - TcpHeader.MIN_LENGTH);
            hasTimestamps = options.hasTimestamps();
        }
        return true;
    }

    boolean is(final int flag)
    {
        return (flags & flag) != 0;
    }

    boolean isSyn()
    {
        return is(TcpHeader.SYN);
    }

    boolean isAck()
    {
        return is(TcpHeader.ACK);
    }

    boolean isRst()
    {
        return is(TcpHeader.RST);
    }

    boolean isFin()
    {
        return is(TcpHeader.FIN);
    }

    /** SEG.LEN: payload plus SYN and FIN. */
    int sequenceLength()
    {
        return payloadLength + (isSyn() ? 1 : 0) + (isFin() ? 1 : 0);
    }

    /** Options of a SYN; none when there were none. */
    TcpOptions synOptions()
    {
        if (!hasOptions)
        {
            options.reset();
        }
        return options;
    }

    /** Cuts what lies before {@code rcvNxt}: a SYN first, then payload. */
    void trimFront(final int rcvNxt)
    {
        int cut = rcvNxt - seq;
        if (cut <= 0)
        {
            return;
        }
        if (isSyn())
        {
            // ECE and CWR of a SYN are part of what it asks; on anything else they mean something else.
            flags &= ~(TcpHeader.SYN | TcpHeader.ECE | TcpHeader.CWR);
            seq++;
            cut--;
        }
        final int n = Math.min(cut, payloadLength);
        payloadOffset += n;
        payloadLength -= n;
        seq += n;
    }

    /** Cuts what lies at or behind the window's right edge, a FIN first. */
    void trimBack(final int rightEdge)
    {
        final int excess = seq + payloadLength + (isFin() ? 1 : 0) - rightEdge;
        if (excess > 0)
        {
            if (isFin())
            {
                flags &= ~TcpHeader.FIN;
                payloadLength = Math.max(0, payloadLength - (excess - 1));
            }
            else
            {
                payloadLength = Math.max(0, payloadLength - excess);
            }
        }
    }
}
