package io.pnet.tcp;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Flows by their addresses and ports, whatever has become of them: open addressing with linear probing, the hash kept
 * beside the entry, at most half full. It grows by degrees: whatever adds a flow then moves a few others from the table
 * that has become too small, and until all are moved both are looked at. Owned by the stack's owner.
 */
final class FlowTable
{
    /** Places of the old table that each addition empties: done long before the next one is too small. */
    private static final int STEP = 16;

    private static final class Table
    {
        final Flow[] entries;
        final int[] hashes;

        Table(final int capacity)
        {
            entries = new Flow[capacity];
            hashes = new int[capacity];
        }

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

        void insert(final int hash, final Flow flow)
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

        /** Returns whether it was here. */
        boolean remove(final Flow flow)
        {
            final int mask = entries.length - 1;
            int i = flow.tableHash & mask;
            while (entries[i] != flow)
            {
                if (entries[i] == null)
                {
                    return false;
                }
                i = (i + 1) & mask;
            }
            removeAt(i);
            return true;
        }

        /** Closes the gap: whatever follows moves up unless that would put it before its home. */
        void removeAt(final int index)
        {
            final int mask = entries.length - 1;
            int gap = index;
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
    }

    private Table table = new Table(64);
    /** What has become too small, until all of it is moved; else null. */
    private Table old;
    /** All places of the old one before this are empty. */
    private int emptied;
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
        final Flow flow = table.find(hash, localHi, localLo, remoteHi, remoteLo, ports);
        return flow != null || old == null ? flow : old.find(hash, localHi, localLo, remoteHi, remoteLo, ports);
    }

    void add(final int hash, final Flow flow)
    {
        if (size * 2 >= table.entries.length)
        {
            old = table;
            emptied = 0;
            table = new Table(old.entries.length * 2);
        }
        if (old != null)
        {
            move();
        }
        table.insert(hash, flow);
        flow.tableHash = hash;
        size++;
    }

    void remove(final Flow flow)
    {
        if (table.remove(flow) || old != null && old.remove(flow))
        {
            size--;
        }
    }

    /** Shows a copy, so that the consumer may remove. */
    void forEach(final Consumer<Flow> consumer)
    {
        final List<Flow> copy = new ArrayList<>(size);
        collect(table, copy);
        if (old != null)
        {
            collect(old, copy);
        }
        copy.forEach(consumer);
    }

    private static void collect(final Table from, final List<Flow> into)
    {
        for (final Flow each : from.entries)
        {
            if (each != null)
            {
                into.add(each);
            }
        }
    }

    private void move()
    {
        final int end = Math.min(old.entries.length, emptied + STEP);
        for (; emptied < end; emptied++)
        {
            // What follows moves up into the gap.
            for (Flow each = old.entries[emptied]; each != null; each = old.entries[emptied])
            {
                table.insert(each.tableHash, each);
                old.removeAt(emptied);
            }
        }
        if (emptied == old.entries.length)
        {
            old = null;
        }
    }
}
