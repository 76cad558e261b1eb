package io.pnet.ip;

/**
 * What is known of path MTUs that are smaller than the link's (RFC 1191, RFC 8201). Entries age out, so that a path
 * that has become wider is found again. Bounded: a full cache forgets an entry near the new one.
 */
final class PathMtuCache
{
    /** RFC 1191 section 6.3, RFC 8201 section 4: no sooner than 5 minutes, 10 recommended. */
    static final long LIFETIME_NS = 600_000_000_000L;
    /** Smaller claims for IPv4 are taken as this: forged ones would make every segment tiny. */
    static final int FLOOR_V4 = 552;
    static final int FLOOR_V6 = 1280;

    private static final int CAPACITY = 1024;
    private static final int PROBES = 8;

    /** RFC 1191 section 7.1: MTUs that exist. */
    private static final int[] PLATEAUS = {32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, FLOOR_V4};

    private static final class Entry
    {
        long hi;
        long lo;
        int mtu;
        long deadlineNs;
    }

    private final Entry[] entries = new Entry[CAPACITY];
    private int size;
    private long nextDeadlineNs = Long.MAX_VALUE;

    /** What to try next when a router does not say what would fit. */
    static int plateauBelow(final int mtu)
    {
        for (final int plateau : PLATEAUS)
        {
            if (plateau < mtu)
            {
                return plateau;
            }
        }
        return FLOOR_V4;
    }

    /** The path MTU known, or {@link Integer#MAX_VALUE}. */
    int get(final long hi, final long lo)
    {
        if (size == 0)
        {
            return Integer.MAX_VALUE;
        }
        final Entry entry = find(hi, lo);
        return entry == null ? Integer.MAX_VALUE : entry.mtu;
    }

    /** Keeps the smaller of what was known and what is said now; returns whether anything changed. */
    boolean update(final long hi, final long lo, final int mtu, final long nowNs)
    {
        final int floored = Math.max(mtu, IpAddress.isV4(hi, lo) ? FLOOR_V4 : FLOOR_V6);
        Entry entry = find(hi, lo);
        if (entry != null && entry.mtu <= floored)
        {
            return false;
        }
        if (entry == null)
        {
            entry = free(hi, lo);
        }
        entry.hi = hi;
        entry.lo = lo;
        entry.mtu = floored;
        entry.deadlineNs = nowNs + LIFETIME_NS;
        nextDeadlineNs = Math.min(nextDeadlineNs, entry.deadlineNs);
        return true;
    }

    long nextDeadlineNs()
    {
        return nextDeadlineNs;
    }

    /** Forgets what is too old; returns how many entries that were. */
    int onTimers(final long nowNs)
    {
        if (nowNs < nextDeadlineNs)
        {
            return 0;
        }
        int expired = 0;
        nextDeadlineNs = Long.MAX_VALUE;
        for (int i = 0; i < CAPACITY; i++)
        {
            if (entries[i] != null)
            {
                if (entries[i].deadlineNs <= nowNs)
                {
                    entries[i] = null;
                    size--;
                    expired++;
                }
                else
                {
                    nextDeadlineNs = Math.min(nextDeadlineNs, entries[i].deadlineNs);
                }
            }
        }
        return expired;
    }

    private Entry find(final long hi, final long lo)
    {
        final int home = AddressTable.hash(hi, lo);
        for (int i = 0; i < PROBES; i++)
        {
            final Entry entry = entries[(home + i) & (CAPACITY - 1)];
            if (entry != null && entry.lo == lo && entry.hi == hi)
            {
                return entry;
            }
        }
        return null;
    }

    private Entry free(final long hi, final long lo)
    {
        final int home = AddressTable.hash(hi, lo);
        Entry oldest = null;
        for (int i = 0; i < PROBES; i++)
        {
            final int at = (home + i) & (CAPACITY - 1);
            if (entries[at] == null)
            {
                size++;
                entries[at] = new Entry();
                return entries[at];
            }
            if (oldest == null || entries[at].deadlineNs < oldest.deadlineNs)
            {
                oldest = entries[at];
            }
        }
        return oldest;
    }
}
