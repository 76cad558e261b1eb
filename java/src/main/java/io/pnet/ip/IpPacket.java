package io.pnet.ip;

import io.pnet.link.Chunk;
import io.pnet.link.RxFrame;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One received IP packet as its transport sees it, in place. One object per stack, re-pointed for every packet; valid
 * until the transport's {@link IpProtocol#onPacket} returns.
 */
public final class IpPacket
{
    UnsafeBuffer buffer;
    int networkOffset;
    int offset;
    int length;
    int protocol;
    long sourceHi;
    long sourceLo;
    long destinationHi;
    long destinationLo;
    int trafficClass;
    int hopLimit;
    int checksum;
    int gsoSize;
    long receivedNs;
    boolean isUnicast;
    boolean isReassembled;
    /** IPv6: position of the field that names the transport, from the IPv6 header. */
    int nextHeaderPosition;
    RxFrame frame;
    NetworkInterface networkInterface;

    /** Package-private fields are the IP layer's to fill; tests and transports that inject packets use this. */
    public IpPacket wrap(
        final UnsafeBuffer buffer,
        final int offset,
        final int length,
        final int protocol,
        final IpAddress source,
        final IpAddress destination)
    {
        this.buffer = buffer;
        this.networkOffset = offset;
        this.offset = offset;
        this.length = length;
        this.protocol = protocol;
        this.sourceHi = source.hi();
        this.sourceLo = source.lo();
        this.destinationHi = destination.hi();
        this.destinationLo = destination.lo();
        this.trafficClass = 0;
        this.hopLimit = 64;
        this.checksum = RxFrame.CHECKSUM_UNKNOWN;
        this.gsoSize = 0;
        this.receivedNs = 0;
        this.isUnicast = true;
        this.isReassembled = false;
        this.frame = null;
        this.networkInterface = null;
        return this;
    }

    boolean isV4()
    {
        return IpAddress.isV4(destinationHi, destinationLo);
    }

    /** The memory the packet lies in. */
    public UnsafeBuffer buffer()
    {
        return buffer;
    }

    /** Where the IP header starts. */
    public int networkOffset()
    {
        return networkOffset;
    }

    /** Where the transport header starts. */
    public int offset()
    {
        return offset;
    }

    /** Bytes of transport header and payload. */
    public int length()
    {
        return length;
    }

    public int protocol()
    {
        return protocol;
    }

    public long sourceHi()
    {
        return sourceHi;
    }

    public long sourceLo()
    {
        return sourceLo;
    }

    public long destinationHi()
    {
        return destinationHi;
    }

    public long destinationLo()
    {
        return destinationLo;
    }

    /** TOS or traffic class; ECN in the two low bits. */
    public int trafficClass()
    {
        return trafficClass;
    }

    /** TTL or hop limit as it arrived. */
    public int hopLimit()
    {
        return hopLimit;
    }

    /** Payload bytes a segment when the packet carries several (GSO), else 0. */
    public int gsoSize()
    {
        return gsoSize;
    }

    /** Ingress time on the monotonic clock, never later than the duty cycle's now. */
    public long receivedNs()
    {
        return receivedNs;
    }

    /** Whether it was addressed to one of our own unicast addresses, and in a unicast frame. */
    public boolean isUnicast()
    {
        return isUnicast;
    }

    /** Whether it was put together from fragments. */
    public boolean isReassembled()
    {
        return isReassembled;
    }

    /** Where it came in. */
    public NetworkInterface networkInterface()
    {
        return networkInterface;
    }

    /**
     * Takes over the chunk that {@link #buffer()} belongs to, see {@link RxFrame#takeChunk()}.
     *
     * @return null when the packet does not lie in a chunk of its own.
     */
    public Chunk takeChunk()
    {
        return frame == null ? null : frame.takeChunk();
    }

    /** Whether {@link #takeChunk()} would give a chunk. */
    public boolean hasChunk()
    {
        return frame != null && frame.hasChunk();
    }

    /**
     * Whether the transport checksum, an RFC 1071 sum over pseudo-header, header and payload, is right: verified here
     * unless the link vouches for it.
     */
    public boolean isChecksumValid()
    {
        return checksum != RxFrame.CHECKSUM_UNKNOWN || TransportChecksum.isValid(this);
    }
}
