package io.pnet.tcp;

import java.util.random.RandomGenerator;

/**
 * Initial sequence numbers and time stamp offsets (RFC 6528, RFC 7323 section 5.4): a clock plus a keyed hash of the
 * connection's addresses and ports, so that nobody off the path can guess them and no two incarnations collide. The
 * hash is SipHash-2-4 with a key drawn once per stack.
 */
final class IsnGenerator
{
    private final long key0;
    private final long key1;

    IsnGenerator(final RandomGenerator random)
    {
        key0 = random.nextLong();
        key1 = random.nextLong();
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
        return (int)(nowNs / 4_000) + (int)hash(localHi, localLo, remoteHi, remoteLo, ports);
    }

    int timestampOffset(final long localHi, final long localLo, final long remoteHi, final long remoteLo)
    {
        return (int)hash(remoteHi, remoteLo, localHi, localLo, 1L << 40);
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

    long hash(final long a, final long b, final long c, final long d, final long e)
    {
        v0 = key0 ^ 0x736f6d6570736575L;
        v1 = key1 ^ 0x646f72616e646f6dL;
        v2 = key0 ^ 0x6c7967656e657261L;
        v3 = key1 ^ 0x7465646279746573L;
        compress(a);
        compress(b);
        compress(c);
        compress(d);
        compress(e);
        compress(40L << 56);
        v2 ^= 0xff;
        round();
        round();
        round();
        round();
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private long v0;
    private long v1;
    private long v2;
    private long v3;

    private void compress(final long message)
    {
        v3 ^= message;
        round();
        round();
        v0 ^= message;
    }

    private void round()
    {
        v0 += v1;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v3;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v2 = Long.rotateLeft(v2, 32);
    }
}
