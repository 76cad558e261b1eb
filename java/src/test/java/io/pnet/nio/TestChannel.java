package io.pnet.nio;

import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A channel of ours that is ready for what a test says. */
final class TestChannel extends AbstractSelectableChannel implements Selectable
{
    static final int ALL =
        SelectionKey.OP_READ | SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT | SelectionKey.OP_ACCEPT;

    private final KeyRing keys = new KeyRing();
    private final AtomicInteger readyOps = new AtomicInteger();
    private final AtomicInteger tokens = new AtomicInteger();
    private volatile List<SelectableChannel> kernelChannels = List.of();

    TestChannel()
    {
        super(SelectorProvider.provider());
        nonBlocking(this);
    }

    static <T extends SelectableChannel> T nonBlocking(final T channel)
    {
        try
        {
            channel.configureBlocking(false);
            return channel;
        }
        catch (final java.io.IOException ex)
        {
            throw new java.io.UncheckedIOException(ex);
        }
    }

    /** Becomes ready for more, and says so. */
    void become(final int ops)
    {
        readyOps.getAndUpdate(present -> present | ops);
        keys.signal(ops);
    }

    /** Is no longer ready for something. */
    void take(final int ops)
    {
        readyOps.getAndUpdate(present -> present & ~ops);
    }

    /** Becomes readable by one token more. */
    void give()
    {
        tokens.incrementAndGet();
        keys.signal(SelectionKey.OP_READ);
    }

    int takeTokens()
    {
        return tokens.getAndSet(0);
    }

    void kernelChannels(final SelectableChannel... channels)
    {
        kernelChannels = List.of(channels);
        keys.kernelChanged();
    }

    @Override
    public int readyOps()
    {
        return readyOps.get() | (tokens.get() > 0 ? SelectionKey.OP_READ : 0);
    }

    @Override
    public List<SelectableChannel> kernelChannels()
    {
        return kernelChannels;
    }

    @Override
    public KeyRing keys()
    {
        return keys;
    }

    @Override
    public int validOps()
    {
        return ALL;
    }

    @Override
    protected void implCloseSelectableChannel()
    {
        readyOps.set(0);
        keys.closed();
    }

    @Override
    protected void implConfigureBlocking(final boolean block)
    {
        assert isOpen();
    }
}
