package io.pnet.ip;

import io.pnet.link.TxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.IcmpHeader;
import io.pnet.wire.Icmpv6Header;
import io.pnet.wire.ProtocolNumber;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;

/** The asking side of ICMP echo, for IPv4 and IPv6 (RFC 792, RFC 4443 section 4). Stack's owner only. */
public final class IcmpEcho
{
    private final Ip ip;
    private final Int2ObjectHashMap<EchoHandler> handlers = new Int2ObjectHashMap<>();

    IcmpEcho(final Ip ip)
    {
        this.ip = ip;
    }

    /**
     * Takes an identifier that nobody uses.
     *
     * @return the identifier, 16 bits; {@link #close} gives it back.
     * @throws IllegalStateException when all are taken.
     */
    public int open(final EchoHandler handler)
    {
        if (handlers.size() > 0xFFFF)
        {
            throw new IllegalStateException("no echo identifier is free: 65536 are open; close some");
        }
        int identifier = ip.random.nextInt() & 0xFFFF;
        while (handlers.containsKey(identifier))
        {
            identifier = identifier + 1 & 0xFFFF;
        }
        handlers.put(identifier, handler);
        return identifier;
    }

    /** Gives an identifier back; later replies are dropped. */
    public void close(final int identifier)
    {
        handlers.remove(identifier);
    }

    /**
     * Sends one request.
     *
     * @param destination from {@link Ip#route}.
     * @param sequence    16 bits.
     * @param length      bytes of payload; what is larger than the path MTU is fragmented.
     * @return false when it could not be sent now: the link is full, or there is no way (counted).
     */
    public boolean send(
        final Destination destination,
        final int identifier,
        final int sequence,
        final UnsafeBuffer payload,
        final int offset,
        final int length)
    {
        final boolean isV4 = destination.isV4();
        final int type = isV4 ? IcmpHeader.TYPE_ECHO_REQUEST : Icmpv6Header.TYPE_ECHO_REQUEST;
        return sendEcho(
            ip, destination, 0, type, identifier << 16 | (sequence & 0xFFFF), payload, offset, length);
    }

    static boolean sendEcho(
        final Ip ip,
        final Destination destination,
        final int trafficClass,
        final int type,
        final int identifierAndSequence,
        final UnsafeBuffer payload,
        final int offset,
        final int length)
    {
        final boolean isV4 = destination.isV4();
        final int total = IcmpHeader.LENGTH + length;
        final TxFrame frame = ip.claim(
            destination, isV4 ? ProtocolNumber.ICMP : ProtocolNumber.ICMPV6, trafficClass, total, false);
        if (frame == null)
        {
            return false;
        }
        final UnsafeBuffer buffer = frame.buffer();
        final int at = ip.transportOffset();
        BigEndian.putInt32(buffer, at, type << 24);
        BigEndian.putInt32(buffer, at + IcmpHeader.REST_OFFSET, identifierAndSequence);
        buffer.putBytes(at + IcmpHeader.LENGTH, payload, offset, length);
        Icmp.commit(ip, frame, isV4, at, total);
        return true;
    }

    boolean onReply(final IpPacket packet)
    {
        final UnsafeBuffer buffer = packet.buffer;
        final int identifier = BigEndian.getUint16(buffer, packet.offset + IcmpHeader.IDENTIFIER_OFFSET);
        final EchoHandler handler = handlers.get(identifier);
        if (handler == null)
        {
            return false;
        }
        handler.onReply(
            identifier,
            BigEndian.getUint16(buffer, packet.offset + IcmpHeader.SEQUENCE_NUMBER_OFFSET),
            packet.sourceHi,
            packet.sourceLo,
            buffer,
            packet.offset + IcmpHeader.LENGTH,
            packet.length - IcmpHeader.LENGTH,
            packet.hopLimit,
            packet.receivedNs);
        return true;
    }

    boolean onError(final IcmpError error)
    {
        final UnsafeBuffer buffer = error.buffer;
        final int type = BigEndian.getUint8(buffer, error.offset);
        final boolean isV4 = IpAddress.isV4(error.remoteHi, error.remoteLo);
        if (type != (isV4 ? IcmpHeader.TYPE_ECHO_REQUEST : Icmpv6Header.TYPE_ECHO_REQUEST))
        {
            return false;
        }
        final int identifier = BigEndian.getUint16(buffer, error.offset + IcmpHeader.IDENTIFIER_OFFSET);
        final EchoHandler handler = handlers.get(identifier);
        if (handler == null)
        {
            return false;
        }
        handler.onError(
            identifier, BigEndian.getUint16(buffer, error.offset + IcmpHeader.SEQUENCE_NUMBER_OFFSET), error);
        return true;
    }
}
