package io.pnet.tcp;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Connections by their addresses and ports: open addressing with linear probing, the hash kept beside the entry, at
 * most half full. Owned by the stack's owner.
 */
final class ConnectionTable
{
    private Connection[] entries = new Connection[64];
    private int[] hashes = new int[64];
    private int size;

    int size()
    {
        return size;
    }

    /** @param ports the local port in the high half, the remote in the low. */
    Connection find(
        final int hash,
        final long localHi,
        final long localLo,
        final long remoteHi,
        final long remoteLo,
        final int ports)
    {
        final int mask = entries.length - 1;
        for (int i = hash & mask; entries[i] != null; i = (i + 1) & mask)
        {
            final Connection c = entries[i];
            if (hashes[i] == hash && c.remoteLo == remoteLo && c.localLo == localLo &&
                (c.localPort << 16 | c.remotePort) == ports && c.remoteHi == remoteHi && c.localHi == localHi)
            {
                return c;
            }
        }
        return null;
    }

    void add(final int hash, final Connection connection)
    {
        if (size * 2 >= entries.length)
        {
            grow();
        }
        insert(hash, connection);
        connection.tableHash = hash;
        size++;
    }

    void remove(final Connection connection)
    {
        final int mask = entries.length - 1;
        int i = connection.tableHash & mask;
        while (entries[i] != connection)
        {
            if (entries[i] == null)
            {
                return;
            }
            i = (i + 1) & mask;
        }
        size--;
        // Close the gap: whatever follows moves up unless that would put it before its home.
        int gap = i;
        for (int j = (gap + 1) & mask; entries[j] != null; j = (j + 1) & mask)
        {
            final int home = hashes[j] & mask;
            if (((j - home) & mask) >= ((j - gap) & mask))
            {
                entries[gap] = entries[j];
                hashes[gap] = hashes[j];
                gap = j;
            }
        }
        entries[gap] = null;
    }

    /** Shows a copy, so that the consumer may remove. */
    void forEach(final Consumer<Connection> consumer)
    {
        final List<Connection> copy = new ArrayList<>(size);
        for (final Connection c : entries)
        {
            if (c != null)
            {
                copy.add(c);
            }
        }
        copy.forEach(consumer);
    }

    private void insert(final int hash, final Connection connection)
    {
        final int mask = entries.length - 1;
        int i = hash & mask;
        while (entries[i] != null)
        {
            i = (i + 1) & mask;
        }
        entries[i] = connection;
        hashes[i] = hash;
    }

    private void grow()
    {
        final Connection[] oldEntries = entries;
        final int[] oldHashes = hashes;
        entries = new Connection[oldEntries.length * 2];
        hashes = new int[entries.length];
        for (int i = 0; i < oldEntries.length; i++)
        {
            if (oldEntries[i] != null)
            {
                insert(oldHashes[i], oldEntries[i]);
            }
        }
    }
}
