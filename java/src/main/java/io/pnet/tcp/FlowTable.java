package io.pnet.tcp;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Flows by their addresses and ports, whatever has become of them: open addressing with linear probing, the hash kept
 * beside the entry, at most half full. Owned by the stack's owner.
 */
final class FlowTable
{
    private Flow[] entries = new Flow[64];
    private int[] hashes = new int[64];
    private int size;

    int size()
    {
        return size;
    }

    /** @param ports the local port in the high half, the remote in the low. */
    Flow find(
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
            final Flow each = entries[i];
            if (hashes[i] == hash && each.remoteLo == remoteLo && each.localLo == localLo &&
                each.ports() == ports && each.remoteHi == remoteHi && each.localHi == localHi)
            {
                return each;
            }
        }
        return null;
    }

    void add(final int hash, final Flow flow)
    {
        if (size * 2 >= entries.length)
        {
            grow();
        }
        insert(hash, flow);
        flow.tableHash = hash;
        size++;
    }

    void remove(final Flow flow)
    {
        final int mask = entries.length - 1;
        int i = flow.tableHash & mask;
        while (entries[i] != flow)
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
    void forEach(final Consumer<Flow> consumer)
    {
        final List<Flow> copy = new ArrayList<>(size);
        for (final Flow each : entries)
        {
            if (each != null)
            {
                copy.add(each);
            }
        }
        copy.forEach(consumer);
    }

    private void insert(final int hash, final Flow flow)
    {
        final int mask = entries.length - 1;
        int i = hash & mask;
        while (entries[i] != null)
        {
            i = (i + 1) & mask;
        }
        entries[i] = flow;
        hashes[i] = hash;
    }

    private void grow()
    {
        final Flow[] oldEntries = entries;
        final int[] oldHashes = hashes;
        entries = new Flow[oldEntries.length * 2];
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
