package io.pnet.udp;

import java.util.function.Consumer;

/**
 * Endpoints by local address and port, and by the peer's when they are connected: O(1), without allocation. Those that
 * share a port are found latest first.
 */
final class EndpointTable
{
    private UdpEndpoint[] buckets = new UdpEndpoint[64];
    private int size;

    void add(final UdpEndpoint endpoint)
    {
        if (size >= buckets.length)
        {
            grow();
        }
        link(endpoint);
        size++;
    }

    void remove(final UdpEndpoint endpoint)
    {
        final int bucket = bucketOf(endpoint);
        UdpEndpoint before = null;
        for (UdpEndpoint at = buckets[bucket]; at != null; at = at.nextInBucket)
        {
            if (at == endpoint)
            {
                if (before == null)
                {
                    buckets[bucket] = at.nextInBucket;
                }
                else
                {
                    before.nextInBucket = at.nextInBucket;
                }
                at.nextInBucket = null;
                size--;
                return;
            }
            before = at;
        }
    }

    /** The endpoint with exactly these addresses and ports; a remote port of 0 asks for one that is not connected. */
    UdpEndpoint find(
        final long localHi,
        final long localLo,
        final int localPort,
        final long remoteHi,
        final long remoteLo,
        final int remotePort)
    {
        final int bucket = hash(localHi, localLo, localPort, remoteHi, remoteLo, remotePort) & (buckets.length - 1);
        for (UdpEndpoint at = buckets[bucket]; at != null; at = at.nextInBucket)
        {
            if (at.localPort == localPort && at.remotePort == remotePort &&
                at.localLo == localLo && at.localHi == localHi && at.remoteLo == remoteLo && at.remoteHi == remoteHi)
            {
                return at;
            }
        }
        return null;
    }

    /**
     * As {@link #find}, of those that share the port by SO_REUSEPORT the one on which this peer's datagrams always
     * land.
     *
     * @param first the one that was found.
     */
    UdpEndpoint balance(final UdpEndpoint first, final long remoteHi, final long remoteLo, final int remotePort)
    {
        int count = 0;
        for (UdpEndpoint at = first; at != null; at = at.nextInBucket)
        {
            count += at.isBalanced() && isAlike(at, first) ? 1 : 0;
        }
        final int hash = hash(first.localHi, first.localLo, first.localPort, remoteHi, remoteLo, remotePort);
        int skip = Integer.remainderUnsigned(hash >>> 8, count);
        UdpEndpoint at = first;
        while (!(at.isBalanced() && isAlike(at, first)) || skip-- > 0)
        {
            at = at.nextInBucket;
        }
        return at;
    }

    /** The next endpoint with the same addresses and ports; null: there is none. */
    static UdpEndpoint nextAlike(final UdpEndpoint endpoint)
    {
        UdpEndpoint at = endpoint.nextInBucket;
        while (at != null && !isAlike(at, endpoint))
        {
            at = at.nextInBucket;
        }
        return at;
    }

    private static boolean isAlike(final UdpEndpoint a, final UdpEndpoint b)
    {
        return a.localPort == b.localPort && a.remotePort == b.remotePort && a.localLo == b.localLo &&
            a.localHi == b.localHi && a.remoteLo == b.remoteLo && a.remoteHi == b.remoteHi;
    }

    void forEach(final Consumer<UdpEndpoint> consumer)
    {
        for (final UdpEndpoint bucket : buckets.clone())
        {
            UdpEndpoint at = bucket;
            while (at != null)
            {
                final UdpEndpoint next = at.nextInBucket;
                consumer.accept(at);
                at = next;
            }
        }
    }

    private void grow()
    {
        final UdpEndpoint[] old = buckets;
        buckets = new UdpEndpoint[old.length * 2];
        for (final UdpEndpoint bucket : old)
        {
            UdpEndpoint at = bucket;
            while (at != null)
            {
                final UdpEndpoint next = at.nextInBucket;
                link(at);
                at = next;
            }
        }
    }

    private void link(final UdpEndpoint endpoint)
    {
        final int bucket = bucketOf(endpoint);
        endpoint.nextInBucket = buckets[bucket];
        buckets[bucket] = endpoint;
    }

    private int bucketOf(final UdpEndpoint endpoint)
    {
        return hash(
            endpoint.localHi, endpoint.localLo, endpoint.localPort,
            endpoint.remoteHi, endpoint.remoteLo, endpoint.remotePort) & (buckets.length - 1);
    }

    private static int hash(
        final long localHi,
        final long localLo,
        final int localPort,
        final long remoteHi,
        final long remoteLo,
        final int remotePort)
    {
        long mixed = (localHi * 31 + localLo) * 31 + remoteHi;
        mixed = (mixed * 31 + remoteLo) * 31 + ((long)localPort << 16 | remotePort);
        return (int)(mixed * 0x9E37_79B9_7F4A_7C15L >>> 32);
    }
}
