package io.pnet.ip;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * An ICMP or ICMPv6 error as a transport sees it, quoting the head of a packet we sent. One object per stack; valid
 * until {@link IpProtocol#onIcmpError} returns. Whoever acts on it first checks that the quoted ports and sequence
 * number are of something that is in flight (RFC 5927).
 */
public final class IcmpError
{
    /** What went wrong. */
    public enum Kind
    {
        NETWORK_UNREACHABLE,
        HOST_UNREACHABLE,
        PROTOCOL_UNREACHABLE,
        PORT_UNREACHABLE,
        ADMINISTRATIVELY_PROHIBITED,
        /** Fragmentation needed and DF set, or ICMPv6 Packet Too Big: {@link IcmpError#mtu()} says what would fit. */
        PACKET_TOO_BIG,
        TIME_EXCEEDED,
        PARAMETER_PROBLEM
    }

    Kind kind;
    long localHi;
    long localLo;
    long remoteHi;
    long remoteLo;
    int mtu;
    UnsafeBuffer buffer;
    int offset;
    int length;

    /** Fills everything; the IP layer's, and for tests. */
    public IcmpError set(
        final Kind kind,
        final IpAddress local,
        final IpAddress remote,
        final int mtu,
        final UnsafeBuffer buffer,
        final int offset,
        final int length)
    {
        this.kind = kind;
        this.localHi = local.hi();
        this.localLo = local.lo();
        this.remoteHi = remote.hi();
        this.remoteLo = remote.lo();
        this.mtu = mtu;
        this.buffer = buffer;
        this.offset = offset;
        this.length = length;
        return this;
    }

    public Kind kind()
    {
        return kind;
    }

    /** Source address of the quoted packet: ours. */
    public long localHi()
    {
        return localHi;
    }

    public long localLo()
    {
        return localLo;
    }

    /** Destination address of the quoted packet. */
    public long remoteHi()
    {
        return remoteHi;
    }

    public long remoteLo()
    {
        return remoteLo;
    }

    /** With {@link Kind#PACKET_TOO_BIG}: the next hop's MTU, 0 when the router did not say (RFC 1191 section 4). */
    public int mtu()
    {
        return mtu;
    }

    /** The memory of the quoted transport header. */
    public UnsafeBuffer buffer()
    {
        return buffer;
    }

    /** Where the quoted transport header starts. */
    public int offset()
    {
        return offset;
    }

    /** Bytes quoted from the transport header on; at least 8. */
    public int length()
    {
        return length;
    }
}
