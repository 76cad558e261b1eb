package io.pnet.ip;

import java.util.ArrayList;
import java.util.List;

/** Our addresses: found in O(1) for every packet, walked for everything else. */
final class AddressTable
{
    private final List<LocalAddress> all = new ArrayList<>();
    private LocalAddress[] slots = new LocalAddress[16];
    private int[] broadcasts = new int[0];

    void add(final LocalAddress address)
    {
        all.add(address);
        rebuild();
    }

    void remove(final LocalAddress address)
    {
        all.remove(address);
        rebuild();
    }

    List<LocalAddress> all()
    {
        return all;
    }

    /** The address in whatever state; null when it is not ours. */
    LocalAddress find(final long hi, final long lo)
    {
        final int mask = slots.length - 1;
        for (int i = hash(hi, lo) & mask; ; i = (i + 1) & mask)
        {
            final LocalAddress address = slots[i];
            if (address == null || (address.lo == lo && address.hi == hi))
            {
                return address;
            }
        }
    }

    /** Whether the address is ours and usable. */
    boolean isReady(final long hi, final long lo)
    {
        final LocalAddress address = find(hi, lo);
        return address != null && address.state == LocalAddress.State.READY;
    }

    /** Whether it is the limited broadcast address, or the directed broadcast of a prefix of ours (RFC 1122 3.3.6). */
    boolean isBroadcast(final int bits)
    {
        if (bits == -1)
        {
            return true;
        }
        for (final int broadcast : broadcasts)
        {
            if (broadcast == bits)
            {
                return true;
            }
        }
        return false;
    }

    /**
     * Chooses a source address on an interface (RFC 6724 section 5): the destination itself, then the same scope, then
     * the longest common prefix, then the one that was added first.
     */
    LocalAddress select(final NetworkInterface networkInterface, final long hi, final long lo)
    {
        LocalAddress best = null;
        int bestScore = -1;
        final boolean isV4 = IpAddress.isV4(hi, lo);
        for (final LocalAddress candidate : all)
        {
            if (candidate.networkInterface == networkInterface && candidate.isV4 == isV4 && candidate.isReady())
            {
                final int score = score(candidate, hi, lo);
                if (score > bestScore)
                {
                    best = candidate;
                    bestScore = score;
                }
            }
        }
        return best;
    }

    private static int score(final LocalAddress candidate, final long hi, final long lo)
    {
        if (candidate.hi == hi && candidate.lo == lo)
        {
            return Integer.MAX_VALUE;
        }
        final boolean isSameScope =
            IpAddress.isLinkLocal(candidate.hi, candidate.lo) == isLinkScope(hi, lo) &&
            IpAddress.isLoopback(candidate.hi, candidate.lo) == IpAddress.isLoopback(hi, lo);
        final long differentHi = candidate.hi ^ hi;
        final int common = differentHi != 0 ?
            Long.numberOfLeadingZeros(differentHi) : 64 + Long.numberOfLeadingZeros(candidate.lo ^ lo);
        // A common prefix counts only as far as the candidate's own prefix goes (RFC 6724 section 2.2).
        return (isSameScope ? 1 << 16 : 0) + Math.min(common, candidate.prefixLength);
    }

    private static boolean isLinkScope(final long hi, final long lo)
    {
        return IpAddress.isLinkLocal(hi, lo) || ((hi >>> 56) == 0xFF && ((hi >>> 48) & 0xF) <= 2);
    }

    private void rebuild()
    {
        int size = 16;
        while (size < all.size() * 4)
        {
            size <<= 1;
        }
        slots = new LocalAddress[size];
        for (final LocalAddress address : all)
        {
            int i = hash(address.hi, address.lo) & (size - 1);
            while (slots[i] != null)
            {
                i = (i + 1) & (size - 1);
            }
            slots[i] = address;
        }
        broadcasts = all.stream()
            .filter((address) -> address.isV4 && address.prefixLength <= 96 + 30)
            .mapToInt((address) -> (int)address.lo | (int)~Prefix.maskLo(address.prefixLength))
            .distinct()
            .toArray();
    }

    static int hash(final long hi, final long lo)
    {
        final long mixed = (hi * 31 + lo) * 0x9E37_79B9_7F4A_7C15L;
        return (int)(mixed >>> 32);
    }
}
