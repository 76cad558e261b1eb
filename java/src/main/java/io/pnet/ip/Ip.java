package io.pnet.ip;

import io.pnet.counters.Counters;
import io.pnet.link.Link;
import io.pnet.link.TxFrame;

import java.util.random.RandomGenerator;

/**
 * The Internet layer of one stack: its interfaces, addresses, routes and neighbours; input to the registered protocols
 * and output for them. Everything here is called by the stack's owner only.
 */
public final class Ip
{
    public Ip(final IpSettings settings, final Counters counters, final RandomGenerator random)
    {
        throw new UnsupportedOperationException();
    }

    /** Adds an interface over a link; the link is polled, flushed and (by the stack) closed from now on. */
    public NetworkInterface addInterface(final Link link)
    {
        throw new UnsupportedOperationException();
    }

    /**
     * Adds one of our addresses, with its on-link prefix. Unless {@link IpSettings#addressDetection} is off it is
     * tentative first: probed for conflicts (RFC 5227, RFC 4862 section 5.4), then announced.
     */
    public void addAddress(final NetworkInterface networkInterface, final IpAddress address, final int prefixLength)
    {
        throw new UnsupportedOperationException();
    }

    /** Adds a route; the longest prefix wins, the later of equal ones. */
    public void addRoute(
        final IpAddress prefix, final int prefixLength, final IpAddress gateway, final NetworkInterface networkInterface)
    {
        throw new UnsupportedOperationException();
    }

    /** Registers a protocol by its number; one each. ICMP is the layer's own. */
    public void register(final IpProtocol protocol)
    {
        throw new UnsupportedOperationException();
    }

    /** Who is told of address states. */
    public void addressListener(final AddressListener listener)
    {
        throw new UnsupportedOperationException();
    }

    /** Whether the address is one of ours and usable. */
    public boolean isLocal(final long hi, final long lo)
    {
        throw new UnsupportedOperationException();
    }

    /**
     * Finds the way to a remote address.
     *
     * @param localHi the source address to use, or any (unspecified) to have one chosen (RFC 6724).
     * @return null when there is no route, or no source address for it.
     */
    public Destination route(final long localHi, final long localLo, final long remoteHi, final long remoteLo)
    {
        throw new UnsupportedOperationException();
    }

    /**
     * Room for one packet: link and IP headers are the layer's, the caller writes {@code transportLength} bytes at
     * {@link #transportOffset}. If the next hop's address is not yet known the packet waits, in a bounded queue.
     *
     * @param trafficClass TOS or traffic class, with ECN bits.
     * @param gathered     whether payload will be appended to the frame by reference.
     * @return null when the link is full, or nothing may be sent there now (counted).
     */
    public TxFrame claim(
        final Destination destination,
        final int protocol,
        final int trafficClass,
        final int transportLength,
        final boolean gathered)
    {
        throw new UnsupportedOperationException();
    }

    /** Where the transport header of the frame that was claimed last goes, in {@code frame.buffer()}. */
    public int transportOffset()
    {
        throw new UnsupportedOperationException();
    }

    /**
     * Completes and queues the packet claimed last: IP length and header checksum, and the transport checksum, which is
     * left to the link when it can.
     *
     * @param checksumOffset where the transport's checksum field is, from the transport header; -1: it has none, or has
     *                       filled it in.
     * @param gsoSize        payload bytes a segment when the packet is to be cut by the link, else 0.
     * @param headerLength   bytes of transport header, for GSO.
     */
    public void commit(final TxFrame frame, final int checksumOffset, final int gsoSize, final int headerLength)
    {
        throw new UnsupportedOperationException();
    }

    /** The smaller of the path MTUs known and this one is used from now on; the caller has validated the message. */
    public void updatePathMtu(final Destination destination, final int mtu)
    {
        throw new UnsupportedOperationException();
    }

    /** A transport has forward progress with this destination (RFC 4861 section 7.3.1): its neighbour is reachable. */
    public void confirmReachable(final Destination destination, final long nowNs)
    {
        throw new UnsupportedOperationException();
    }

    /** Answers a packet with destination unreachable, port unreachable (RFC 1122 section 4.1.3.1), rate limited. */
    public void sendPortUnreachable(final IpPacket packet, final long nowNs)
    {
        throw new UnsupportedOperationException();
    }

    /**
     * Receives: shows up to {@code limit} frames of every link to the protocols.
     *
     * @param realtimeOffsetNs what to add to CLOCK_REALTIME to get {@code nowNs}'s clock.
     * @return frames taken.
     */
    public int poll(final int limit, final long nowNs, final long realtimeOffsetNs)
    {
        throw new UnsupportedOperationException();
    }

    /** Runs timers that are due: ARP, NDP, reassembly, path MTU ageing. */
    public int onTimers(final long nowNs)
    {
        throw new UnsupportedOperationException();
    }

    /** When {@link #onTimers} or a link next has something to do. */
    public long nextDeadlineNs()
    {
        throw new UnsupportedOperationException();
    }

    /** Hands everything committed to the links. */
    public int flush(final long nowNs)
    {
        throw new UnsupportedOperationException();
    }
}
