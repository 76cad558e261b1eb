package io.pnet.ip;

import io.pnet.link.LinkCapabilities;
import io.pnet.wire.Checksum;

/**
 * A destination cache entry (RFC 4861 section 5.1): from which of our addresses to which remote one, over which
 * interface and next hop, and how large a packet may be. A transport keeps one per connection; the IP layer refreshes
 * it when routes, addresses or path MTUs change. Owned by the stack's owner.
 */
public final class Destination
{
    final long sourceHi;
    final long sourceLo;
    final long remoteHi;
    final long remoteLo;
    final boolean isV4;
    /** Whether packets come back in over the loopback interface, whatever routes say: our own copy of a group's. */
    boolean isLooped;
    /** What the addresses add to a pseudo-header's sum. */
    final long addressSum;
    private final Ip ip;
    NetworkInterface networkInterface;
    Neighbour neighbour;
    int pathMtu;
    int generation = -1;
    int hopLimit;
    /** Of the next packet that is cut: a count from a random start, per destination (RFC 7739 section 5.3). */
    private int identification;

    Destination(
        final Ip ip, final long sourceHi, final long sourceLo, final long remoteHi, final long remoteLo)
    {
        this.ip = ip;
        this.hopLimit = ip.settings.hopLimit;
        this.identification = ip.random.nextInt();
        this.sourceHi = sourceHi;
        this.sourceLo = sourceLo;
        this.remoteHi = remoteHi;
        this.remoteLo = remoteLo;
        this.isV4 = IpAddress.isV4(remoteHi, remoteLo);
        this.addressSum = Checksum.pseudoHeader(sourceHi, sourceLo, remoteHi, remoteLo, 0, 0);
    }

    int nextIdentification()
    {
        return identification++;
    }

    public long sourceHi()
    {
        return sourceHi;
    }

    public long sourceLo()
    {
        return sourceLo;
    }

    public long remoteHi()
    {
        return remoteHi;
    }

    public long remoteLo()
    {
        return remoteLo;
    }

    public boolean isV4()
    {
        return isV4;
    }

    /** Largest IP packet that reaches the remote address unfragmented, as far as is known, in bytes. */
    public int pathMtu()
    {
        if (generation != ip.generation)
        {
            ip.refresh(this);
        }
        return pathMtu;
    }

    /** Whether the remote address is a broadcast address. */
    public boolean isBroadcast()
    {
        return networkInterface != null && neighbour == networkInterface.broadcast();
    }

    /** Whether there is a way there now. */
    public boolean isUsable()
    {
        return generation == ip.generation || ip.refresh(this);
    }

    /** Bytes of IP header in front of the transport header. */
    public int headerLength()
    {
        return isV4 ? 20 : 40;
    }

    /** What the link under the current route can do. */
    public LinkCapabilities capabilities()
    {
        return networkInterface.capabilities();
    }

    /** Whether the link there takes nothing more for now. */
    public boolean isCongested()
    {
        return networkInterface.link().isCongested();
    }

    /** Sets TTL or hop limit of what is sent from now on. */
    public Destination hopLimit(final int hopLimit)
    {
        this.hopLimit = hopLimit;
        return this;
    }
}
