package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Ip;
import io.pnet.link.TxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Builds the segments of connections in frames of the link: the header (RFC 9293 section 3.1), time stamps (RFC 7323
 * section 3) and SACK blocks (RFC 2018 section 3), and data, copied or by reference. Each acknowledges what has arrived
 * (RFC 9293 section 3.8.6.3), which is noted. What goes when is decided elsewhere.
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class OutgoingSegments
{
    private final Ip ip;
    private final Counters counters;

    OutgoingSegments(final Ip ip, final Counters counters)
    {
        this.ip = ip;
        this.counters = counters;
    }

    // ---- with data

    /**
     * Builds and queues one segment, or one GSO frame of several.
     *
     * @return payload bytes sent, which may be fewer than asked for; -1 when the link is full.
     */
    int transmit(
        final Connection c, final int seq, final int payload, final boolean fin, final boolean again, final long nowNs)
    {
        final int headerLength = headerLength(c);
        final boolean gathered = payload > c.settings.copyLimit;
        final boolean isNew = !again && isNew(c, seq, payload);
        final TxFrame frame = claim(
            c, gathered ? headerLength : headerLength + payload, gathered, c.ecn.codepoint(isNew));
        if (frame == null)
        {
            return -1;
        }
        final long offset = c.offsetOf(seq);
        final int at = ip.transportOffset();
        final UnsafeBuffer buffer = frame.buffer();
        final int n = putPayload(c, frame, at + headerLength, offset, payload, gathered);
        putOptions(c, buffer, at, nowNs);
        final int flags = flags(c, offset, n, fin && n == payload) |
            (isNew && c.ecn.isCwrDue() ? reduced(c, frame) : 0);
        putHeader(
            buffer, at, c.localPort, c.remotePort, seq, c.rcvNxt, headerLength, flags,
            c.receiveWindow.advertise(c, nowNs));
        if ((flags & TcpHeader.URG) != 0)
        {
            BigEndian.putUint16(buffer, at + TcpHeader.URGENT_POINTER_OFFSET, Urgent.pointer(c, offset));
        }
        ip.commit(frame, TcpHeader.CHECKSUM_OFFSET, n > c.sndMss ? c.sndMss : 0, headerLength);
        counters.increment(Counter.TCP_TX_SEGMENTS);
        Pacer.onSent(c, n, nowNs);
        onAcknowledged(c, again || hasNothingToSack(c));
        return n;
    }

    /**
     * By reference, or copied behind the header.
     *
     * @return bytes of payload that the frame has taken.
     */
    private int putPayload(
        final Connection c,
        final TxFrame frame,
        final int at,
        final long offset,
        final int payload,
        final boolean gathered)
    {
        if (gathered)
        {
            final int n = c.sendBuffer.appendTo(frame, offset, payload);
            counters.add(Counter.TCP_TX_GATHERED_BYTES, n);
            return n;
        }
        if (payload > 0)
        {
            c.sendBuffer.copyTo(frame.buffer(), at, offset, payload);
            counters.add(Counter.TCP_TX_COPIED_BYTES, payload);
        }
        return payload;
    }

    private static void putOptions(final Connection c, final UnsafeBuffer buffer, final int at, final long nowNs)
    {
        if (c.timestamps)
        {
            TcpOptions.putTimestamps(buffer, at + TcpHeader.OPTIONS_OFFSET, c.timestamp(nowNs), c.tsRecent);
        }
    }

    /** What SACK has to tell, no data segment of ours carries. */
    private static boolean hasNothingToSack(final Connection c)
    {
        return c.reassembly.isEmpty() && !c.reassembly.hasDuplicate();
    }

    /** Of a segment with data: with time stamps where they were agreed on. */
    static int headerLength(final Connection c)
    {
        return c.timestamps ? TcpHeader.MIN_LENGTH + TcpOptions.TIMESTAMPS_LENGTH : TcpHeader.MIN_LENGTH;
    }

    /** A window probe is no data that anybody has room for, and is not ECN-capable (RFC 3168 section 6.1.6). */
    private static boolean isNew(final Connection c, final int seq, final int payload)
    {
        return payload > 0 && seq + payload - c.sndUna <= c.sndWnd;
    }

    private static int flags(final Connection c, final long offset, final int n, final boolean fin)
    {
        int flags = TcpHeader.ACK | c.ecn.ackFlags();
        if (fin)
        {
            flags |= TcpHeader.FIN | (n > 0 ? TcpHeader.PSH : 0);
        }
        else if (n > 0 && offset + n == c.sendBuffer.written())
        {
            flags |= TcpHeader.PSH;
        }
        return Urgent.isAhead(c, offset) ? flags | TcpHeader.URG : flags;
    }

    /** The answer to ECE; only the first segment of a GSO frame may carry it. */
    private static int reduced(final Connection c, final TxFrame frame)
    {
        c.ecn.onCwrSent();
        frame.gsoCwr();
        return TcpHeader.CWR;
    }

    // ---- without

    /**
     * Builds and queues a segment without data: an acknowledgement, a keepalive, or a reset.
     *
     * @param withSack with the SACK blocks that there are.
     * @return false when the link is full.
     */
    boolean sendBare(final Connection c, final int seq, final int flags, final boolean withSack, final long nowNs)
    {
        final Reassembly reassembly = c.reassembly;
        int blocks = 0;
        if (withSack && c.sackPermitted)
        {
            blocks = Math.min(
                reassembly.blocks() + (reassembly.hasDuplicate() ? 1 : 0),
                c.timestamps ? Reassembly.MAX_BLOCKS - 1 : Reassembly.MAX_BLOCKS);
        }
        final int ece = (flags & TcpHeader.RST) == 0 ? c.ecn.ackFlags() : 0;
        final int headerLength = headerLength(c) +
            (blocks > 0 ? TcpOptions.SACK_HEADER_LENGTH + blocks * TcpOptions.SACK_BLOCK_LENGTH : 0);
        final TxFrame frame = claim(c, headerLength, false, 0);
        if (frame == null)
        {
            return false;
        }
        final int at = ip.transportOffset();
        final UnsafeBuffer buffer = frame.buffer();
        int option = at + TcpHeader.OPTIONS_OFFSET;
        if (c.timestamps)
        {
            option = TcpOptions.putTimestamps(buffer, option, c.timestamp(nowNs), c.tsRecent);
        }
        if (blocks > 0)
        {
            putSack(reassembly, buffer, option, blocks);
        }
        final int window = c.receiveWindow.advertise(c, nowNs);
        putHeader(buffer, at, c.localPort, c.remotePort, seq, c.rcvNxt, headerLength, flags | ece, window);
        ip.commit(frame, TcpHeader.CHECKSUM_OFFSET, 0, headerLength);
        counters.increment(Counter.TCP_TX_SEGMENTS);
        if (withSack)
        {
            reassembly.clearDuplicate();
        }
        onAcknowledged(c, true);
        return true;
    }

    private static void putSack(
        final Reassembly reassembly, final UnsafeBuffer buffer, final int offset, final int blocks)
    {
        int option = TcpOptions.putSackHeader(buffer, offset, blocks);
        int block = 0;
        if (reassembly.hasDuplicate())
        {
            option = TcpOptions.putSackBlock(
                buffer, option, reassembly.duplicateLeft(), reassembly.duplicateRight());
            block++;
        }
        for (int i = 0; block < blocks; i++, block++)
        {
            option = TcpOptions.putSackBlock(buffer, option, reassembly.blockLeft(i), reassembly.blockRight(i));
        }
    }

    // ---- all of them

    private static void onAcknowledged(final Connection c, final boolean complete)
    {
        c.lastAckSent = c.rcvNxt;
        if (complete)
        {
            c.ackNow = false;
        }
        c.segmentsToAck = 0;
        c.delayedAckAtNs = Connection.NEVER;
        if (c.quickAcks > 0)
        {
            c.quickAcks--;
        }
    }

    /** Room for one segment, headers below included; null when the link is full. */
    TxFrame claim(final Connection c, final int length, final boolean gathered, final int codepoint)
    {
        final int trafficClass = c.settings.trafficClass & ~Ecn.MASK | codepoint;
        if (c.settings.hopLimit != 0)
        {
            c.destination.hopLimit(c.settings.hopLimit);
        }
        return ip.claim(c.destination, ProtocolNumber.TCP, trafficClass, length, gathered);
    }

    /** A header without options; what they take is in its length. */
    static void putHeader(
        final UnsafeBuffer buffer,
        final int at,
        final int sourcePort,
        final int destinationPort,
        final int seq,
        final int ack,
        final int headerLength,
        final int flags,
        final int window)
    {
        BigEndian.putInt32(buffer, at + TcpHeader.SOURCE_PORT_OFFSET, sourcePort << 16 | destinationPort);
        BigEndian.putInt32(buffer, at + TcpHeader.SEQUENCE_NUMBER_OFFSET, seq);
        BigEndian.putInt32(buffer, at + TcpHeader.ACKNOWLEDGMENT_NUMBER_OFFSET, ack);
        BigEndian.putInt32(
            buffer, at + TcpHeader.DATA_OFFSET_OFFSET, headerLength << 26 | flags << 16 | window);
        // Checksum and urgent pointer.
        BigEndian.putInt32(buffer, at + TcpHeader.CHECKSUM_OFFSET, 0);
    }
}
