package io.pnet.tcp;

import java.util.random.RandomGenerator;

/**
 * SipHash-2-4 of five words under a key: who does not know the key learns nothing of one value from others. Whoever
 * uses one key for several purposes tells them apart in the last word. Owned by the stack's owner.
 */
final class SipHash
{
    private final long key0;
    private final long key1;
    private long v0;
    private long v1;
    private long v2;
    private long v3;

    SipHash(final RandomGenerator random)
    {
        key0 = random.nextLong();
        key1 = random.nextLong();
    }

    /** Half of the key, for hashes that need less. */
    long key0()
    {
        return key0;
    }

    /** The other half. */
    long key1()
    {
        return key1;
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
