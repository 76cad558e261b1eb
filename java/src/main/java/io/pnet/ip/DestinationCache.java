package io.pnet.ip;

/**
 * Destinations of those who answer or send to many: direct-mapped and bounded, so that nothing is allocated for a peer
 * that was there a moment ago. Owned by the stack's owner.
 */
public final class DestinationCache
{
    private static final class Entry
    {
        long localHi;
        long localLo;
        Destination destination;
    }

    private final Ip ip;
    private final Entry[] entries;

    /**
     * An empty cache.
     *
     * @param capacity entries, a power of two.
     */
    public DestinationCache(final Ip ip, final int capacity)
    {
        this.ip = ip;
        this.entries = new Entry[capacity];
    }

    /**
     * As {@link Ip#route}, from memory if it is there.
     *
     * @return null when there is no route.
     */
    public Destination get(final long localHi, final long localLo, final long remoteHi, final long remoteLo)
    {
        final int hash = AddressTable.hash(localHi * 31 + remoteHi, localLo * 31 + remoteLo);
        final int index = hash & (entries.length - 1);
        Entry entry = entries[index];
        if (entry != null)
        {
            final Destination found = entry.destination;
            // What was chosen for an open source address may have to be chosen anew when anything changed.
            if (entry.localLo == localLo && entry.localHi == localHi &&
                found.remoteLo == remoteLo && found.remoteHi == remoteHi && found.generation == ip.generation)
            {
                return found;
            }
        }
        final Destination made = ip.route(localHi, localLo, remoteHi, remoteLo);
        if (made != null)
        {
            if (entry == null)
            {
                entry = new Entry();
                entries[index] = entry;
            }
            entry.localHi = localHi;
            entry.localLo = localLo;
            entry.destination = made;
        }
        return made;
    }
}
