package io.pnet.tcp;

/**
 * Initial sequence numbers and time stamp offsets (RFC 6528, RFC 7323 section 5.4): a clock plus a keyed hash of the
 * connection's addresses and ports, so that nobody off the path can guess them and no two incarnations collide. The
 * hash is {@link SipHash} with a key drawn once per stack.
 */
final class IsnGenerator
{
    private final SipHash hash;
    private final long key0;
    private final long key1;

    IsnGenerator(final SipHash hash)
    {
        this.hash = hash;
        key0 = hash.key0();
        key1 = hash.key1();
    }

    /** The clock of RFC 9293 section 3.4.1 ticks every 4 us. */
    int initialSequenceNumber(
        final long localHi,
        final long localLo,
        final int localPort,
        final long remoteHi,
        final long remoteLo,
        final int remotePort,
        final long nowNs)
    {
        final long ports = (long)localPort << 16 | remotePort;
        return (int)(nowNs / 4_000) + (int)hash.hash(localHi, localLo, remoteHi, remoteLo, ports);
    }

    int timestampOffset(final long localHi, final long localLo, final long remoteHi, final long remoteLo)
    {
        return (int)hash.hash(remoteHi, remoteLo, localHi, localLo, 1L << 40);
    }

    /** Well mixed, for the connection table: nobody can aim at one slot. */
    int tableHash(
        final long localHi, final long localLo, final long remoteHi, final long remoteLo, final long ports)
    {
        long h = (remoteLo ^ key0) * 0x9E3779B97F4A7C15L;
        h = (h ^ h >>> 32 ^ ports ^ remoteHi) * 0xD6E8FEB86659FD93L;
        h = (h ^ h >>> 32 ^ localLo ^ localHi ^ key1) * 0xD6E8FEB86659FD93L;
        return (int)(h ^ h >>> 32);
    }
}
