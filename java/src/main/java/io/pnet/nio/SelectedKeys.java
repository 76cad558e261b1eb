package io.pnet.nio;

import java.nio.channels.SelectionKey;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The selected keys of one selector: an array, in which every key knows its place, so that selecting allocates nothing.
 * The application may remove but not add; an iterator fails fast when the set changes behind it.
 *
 * <p>Not safe for several threads but under its own monitor, like the JDK's.
 */
final class SelectedKeys extends AbstractSet<SelectionKey>
{
    private final PnetSelector selector;
    private PnetSelectionKey[] keys = new PnetSelectionKey[64];
    private int size;
    private int changes;

    SelectedKeys(final PnetSelector selector)
    {
        this.selector = selector;
    }

    /** For the selector: adds a key that is not in the set. */
    void select(final PnetSelectionKey key)
    {
        if (size == keys.length)
        {
            keys = Arrays.copyOf(keys, 2 * size);
        }
        key.selectedIndex(size);
        keys[size++] = key;
        changes++;
    }

    boolean isSelected(final PnetSelectionKey key)
    {
        return key.selectedIndex() >= 0;
    }

    @Override
    public int size()
    {
        return size;
    }

    @Override
    public boolean contains(final Object key)
    {
        return key instanceof PnetSelectionKey ours && ours.selector() == selector && isSelected(ours);
    }

    @Override
    public boolean add(final SelectionKey key)
    {
        throw new UnsupportedOperationException("only the selector adds to its selected keys");
    }

    @Override
    public boolean addAll(final Collection<? extends SelectionKey> others)
    {
        throw new UnsupportedOperationException("only the selector adds to its selected keys");
    }

    @Override
    public boolean remove(final Object key)
    {
        if (!contains(key))
        {
            return false;
        }
        removeAt(((PnetSelectionKey)key).selectedIndex());
        return true;
    }

    @Override
    public void clear()
    {
        for (int i = 0; i < size; i++)
        {
            keys[i].selectedIndex(-1);
            keys[i] = null;
        }
        changes += size > 0 ? 1 : 0;
        size = 0;
    }

    /** The last key takes the place of the one that leaves. */
    private void removeAt(final int index)
    {
        keys[index].selectedIndex(-1);
        final PnetSelectionKey last = keys[--size];
        keys[size] = null;
        if (index < size)
        {
            keys[index] = last;
            last.selectedIndex(index);
        }
        changes++;
    }

    @Override
    public Iterator<SelectionKey> iterator()
    {
        return new KeyIterator();
    }

    private final class KeyIterator implements Iterator<SelectionKey>
    {
        private int index;
        private int expectedChanges = changes;
        private boolean canRemove;

        @Override
        public boolean hasNext()
        {
            return index < size;
        }

        @Override
        public SelectionKey next()
        {
            ensureUnchanged();
            if (index >= size)
            {
                throw new NoSuchElementException();
            }
            canRemove = true;
            return keys[index++];
        }

        @Override
        public void remove()
        {
            if (!canRemove)
            {
                throw new IllegalStateException("next() comes first");
            }
            ensureUnchanged();
            canRemove = false;
            // The one that takes its place was not shown yet.
            removeAt(--index);
            expectedChanges = changes;
        }

        private void ensureUnchanged()
        {
            if (changes != expectedChanges)
            {
                throw new ConcurrentModificationException();
            }
        }
    }
}
