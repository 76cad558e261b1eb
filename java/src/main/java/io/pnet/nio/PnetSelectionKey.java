package io.pnet.nio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.AbstractSelectionKey;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A registration with a selector of ours: of a channel of ours, with the kernel's channels behind it, or of a channel
 * of the kernel's.
 *
 * <p>Interest and ready set are for any thread, as {@link SelectionKey} says; the rest belongs to the thread that
 * selects, but for {@link #signal} and {@link #kernelChanged}.
 */
final class PnetSelectionKey extends AbstractSelectionKey
{
    private static final SelectionKey[] NONE = {};
    private static final VarHandle INTEREST_OPS;
    private static final VarHandle IS_QUEUED;

    static
    {
        try
        {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            INTEREST_OPS = lookup.findVarHandle(PnetSelectionKey.class, "interestOps", int.class);
            IS_QUEUED = lookup.findVarHandle(PnetSelectionKey.class, "isQueued", boolean.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final PnetSelector selector;
    private final SelectableChannel channel;
    /** The channel, if it is ours. */
    private final Selectable selectable;
    private volatile int interestOps;
    private volatile int readyOps;

    /** In the selector's queue, linked by {@link #next}. */
    private volatile boolean isQueued;
    private PnetSelectionKey next;

    private volatile boolean hasKernelChanged;
    private volatile SelectionKey[] kernelKeys = NONE;
    private int kernelInterestOps = -1;

    /** What the kernel's channels have reported since it was last looked at. */
    private int kernelReadyOps;
    /** What the selection under way has found ready. */
    private int foundOps;
    /** Among those that the selector looks at in every selection. */
    private boolean isHot;
    private int selectedIndex = -1;

    PnetSelectionKey(final PnetSelector selector, final SelectableChannel channel, final int ops)
    {
        this.selector = selector;
        this.channel = channel;
        selectable = channel instanceof Selectable ours ? ours : null;
        interestOps = ops;
        hasKernelChanged = selectable != null;
    }

    // ---- for the application

    @Override
    public SelectableChannel channel()
    {
        return channel;
    }

    @Override
    public PnetSelector selector()
    {
        return selector;
    }

    @Override
    public int interestOps()
    {
        ensureValid();
        return interestOps;
    }

    @Override
    public SelectionKey interestOps(final int ops)
    {
        ensureValid();
        ensureSupported(ops);
        changed((int)INTEREST_OPS.getAndSet(this, ops), ops);
        return this;
    }

    @Override
    public int interestOpsOr(final int ops)
    {
        ensureValid();
        ensureSupported(ops);
        final int old = (int)INTEREST_OPS.getAndBitwiseOr(this, ops);
        changed(old, old | ops);
        return old;
    }

    @Override
    public int interestOpsAnd(final int ops)
    {
        ensureValid();
        final int old = (int)INTEREST_OPS.getAndBitwiseAnd(this, ops);
        changed(old, old & ops);
        return old;
    }

    @Override
    public int readyOps()
    {
        ensureValid();
        return readyOps;
    }

    private void ensureValid()
    {
        if (!isValid())
        {
            throw new CancelledKeyException();
        }
    }

    private void ensureSupported(final int ops)
    {
        if ((ops & ~channel.validOps()) != 0)
        {
            throw new IllegalArgumentException("the channel does not support operations " + ops);
        }
    }

    private void changed(final int old, final int ops)
    {
        if (old != ops)
        {
            selector.enqueue(this);
        }
    }

    // ---- for the channel

    /**
     * Operations may have become ready. Any thread.
     *
     * <p>A key that is not interested is left alone; when its interest changes it is looked at anyway.
     */
    void signal(final int ops)
    {
        if ((ops & interestOps) != 0)
        {
            selector.enqueue(this);
        }
    }

    /** The channel's kernel channels have changed. Any thread. */
    void kernelChanged()
    {
        hasKernelChanged = true;
        selector.enqueue(this);
    }

    /** The channel is closed. Any thread. */
    void channelClosed()
    {
        selector.enqueue(this);
    }

    // ---- for the selector's queue

    /** Takes the place in the queue, unless it has one. */
    boolean tryQueue()
    {
        return !isQueued && IS_QUEUED.compareAndSet(this, false, true);
    }

    PnetSelectionKey next()
    {
        return next;
    }

    void next(final PnetSelectionKey key)
    {
        next = key;
    }

    /** Out of the queue: signals from now on queue it again. To be called before the channel is looked at. */
    void dequeued()
    {
        next = null;
        isQueued = false;
    }

    // ---- for the thread that selects

    /** Whether it is now among those looked at and was not before. */
    boolean heat()
    {
        final boolean isNew = !isHot;
        isHot = true;
        return isNew;
    }

    void kernelReady(final int ops)
    {
        kernelReadyOps |= ops;
    }

    /** Looks at the channel: whether anything of interest is ready, else it is no longer looked at. */
    boolean look()
    {
        int ops = kernelReadyOps;
        kernelReadyOps = 0;
        if (selectable != null)
        {
            ops |= selectable.readyOps();
        }
        foundOps = isValid() ? ops & interestOps : 0;
        isHot = foundOps != 0;
        return isHot;
    }

    /** What {@link #look} has found and is still of interest. */
    int foundOps()
    {
        return isValid() ? foundOps & interestOps : 0;
    }

    void readyOps(final int ops)
    {
        readyOps = ops;
    }

    /** Adds to the ready set; whether that has changed it. */
    boolean addReadyOps(final int ops)
    {
        final int old = readyOps;
        readyOps = old | ops;
        return (ops & ~old) != 0;
    }

    int selectedIndex()
    {
        return selectedIndex;
    }

    void selectedIndex(final int index)
    {
        selectedIndex = index;
    }

    // ---- the kernel's channels

    /** A channel of the kernel's has been registered. */
    void kernelKey(final SelectionKey key)
    {
        kernelKeys = new SelectionKey[]{key};
    }

    /** Whether {@link #updateKernel} would have something to do. */
    boolean isKernelStale()
    {
        return isValid() && (hasKernelChanged || kernelKeys.length > 0 && kernelInterestOps != interestOps);
    }

    /** Registers what the channel has on the kernel's side, and tells it what is of interest. */
    void updateKernel()
    {
        if (hasKernelChanged)
        {
            hasKernelChanged = false;
            final List<SelectableChannel> channels = selectable.kernelChannels();
            for (final SelectionKey each : kernelKeys)
            {
                if (!channels.contains(each.channel()))
                {
                    each.cancel();
                }
            }
            kernelKeys = channels.isEmpty() ? NONE :
                channels.stream().map(this::register).filter(Objects::nonNull).toArray(SelectionKey[]::new);
        }
        final int ops = interestOps;
        kernelInterestOps = ops;
        for (final SelectionKey each : kernelKeys)
        {
            try
            {
                each.interestOps(ops & each.channel().validOps());
            }
            catch (final CancelledKeyException ex)
            {
                // Closed meanwhile; our channel learns of that by itself.
                continue;
            }
        }
    }

    private SelectionKey register(final SelectableChannel each)
    {
        try
        {
            return selector.kernel().register(each, interestOps & each.validOps(), this);
        }
        catch (final ClosedChannelException | CancelledKeyException ex)
        {
            return null;
        }
    }

    /** Any thread. */
    void cancelKernelKeys()
    {
        Arrays.stream(kernelKeys).forEach(SelectionKey::cancel);
    }

    /** The selector forgets it. */
    void dropped()
    {
        cancelKernelKeys();
        if (selectable != null)
        {
            selectable.keys().remove(this);
        }
    }

    boolean isKernels()
    {
        return selectable == null;
    }

    @Override
    public String toString()
    {
        return "key of " + channel + (isValid() ? ", interest " + interestOps + ", ready " + readyOps : ", cancelled");
    }
}
