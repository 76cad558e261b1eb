package io.pnet.nio;

import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** The keys of one channel, one for each selector it is registered with. Any thread. */
final class KeyRing
{
    private static final PnetSelectionKey[] NONE = {};

    private volatile PnetSelectionKey[] keys = NONE;

    synchronized void add(final PnetSelectionKey key)
    {
        final PnetSelectionKey[] more = Arrays.copyOf(keys, keys.length + 1);
        more[keys.length] = key;
        keys = more;
    }

    synchronized void remove(final PnetSelectionKey key)
    {
        keys = Arrays.stream(keys).filter(each -> each != key).toArray(PnetSelectionKey[]::new);
    }

    /**
     * Operations may have become ready; mostly called by a handler, on the stack's owner. Copies no memory and takes no
     * lock. What makes them ready is published before this looks at who is interested or queued already: the other side
     * says that it is, or is no longer, before it looks at what is ready.
     *
     * @param ops which; keys that are not interested in any of them need not look.
     */
    void signal(final int ops)
    {
        VarHandle.fullFence();
        for (final PnetSelectionKey key : keys)
        {
            key.signal(ops);
        }
    }

    /** The channel was decided for the kernel, or its kernel channels have changed otherwise. */
    void kernelChanged()
    {
        for (final PnetSelectionKey key : keys)
        {
            key.kernelChanged();
        }
    }

    /** The channel is closed: selections under way let go of its keys. */
    void closed()
    {
        for (final PnetSelectionKey key : keys)
        {
            key.channelClosed();
        }
    }

    /** How many there are now. */
    int size()
    {
        return keys.length;
    }

    /** Keys that were cancelled no longer keep the kernel's channels, though no selector has looked yet. */
    void cancelKernelKeys()
    {
        for (final PnetSelectionKey key : keys)
        {
            if (!key.isValid())
            {
                key.cancelKernelKeys();
            }
        }
    }
}
