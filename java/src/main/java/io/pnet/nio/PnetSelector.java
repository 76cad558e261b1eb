package io.pnet.nio;

import io.pnet.stack.DescriptorWatch;
import io.pnet.stack.StackDriver;
import org.agrona.LangUtil;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Arrays;
import java.util.Collections;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Selects channels of ours and of the kernel's, by level, as the JDK's selectors do.
 *
 * <p><b>How a key becomes ready.</b> Whoever changes a channel signals its keys: each goes once into its selector's
 * queue, which any thread may push and one thread takes as a whole. A selection looks at the keys from the queue and at
 * those that were ready last time, so that its cost follows the ready keys and not the registered ones.
 *
 * <p><b>How it waits.</b> The selecting thread drives the stack, see {@link StackDriver}; where there are several, each
 * has a thread of its own, and the selecting one is parked at the first and woken by any. The kernel's channels are
 * registered with a selector of the kernel's, see {@link KernelReadiness}, whose descriptor joins the wait.
 *
 * <p>It synchronises on itself and on the selected keys, as {@link Selector} says. Registrations, interest and the
 * kernel's channels of a connection that is being decided take effect at once, also on the selection under way.
 */
final class PnetSelector extends AbstractSelector
{
    private static final VarHandle QUEUE;
    private static final VarHandle IS_WOKEN;

    static
    {
        try
        {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            QUEUE = lookup.findVarHandle(PnetSelector.class, "queue", PnetSelectionKey.class);
            IS_WOKEN = lookup.findVarHandle(PnetSelector.class, "isWoken", boolean.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final SelectorProvider kernelProvider;
    private final boolean isDescriptorWatched;
    private final StackDriver driver;
    private final Object kernelOpening = new Object();
    private final Set<SelectionKey> keys = ConcurrentHashMap.newKeySet();
    private final Set<SelectionKey> keysView = Collections.unmodifiableSet(keys);
    private final SelectedKeys selectedKeys = new SelectedKeys(this);
    private final BooleanSupplier hasNews = this::hasNews;
    private final Consumer<SelectionKey> onKernelReady = this::onKernelReady;

    /** The last key that was queued; the others follow by {@link PnetSelectionKey#next()}. */
    private volatile PnetSelectionKey queue;
    private volatile boolean isWoken;
    private volatile KernelReadiness kernel;
    /** Who waits, and for which descriptor besides. */
    private volatile Thread waiting;
    private volatile DescriptorWatch waitingFor;

    /** Keys to look at: those from the queue, and those that were ready last time. */
    private PnetSelectionKey[] hot = new PnetSelectionKey[64];
    private int hotCount;
    private boolean isSelecting;
    /** Whether the selection under way has let go of a channel that was closed. */
    private boolean hasLetGo;

    /**
     * A selector.
     *
     * @param provider whose it is.
     * @param kernel   the provider of the kernel's channels.
     * @param driver   of the stack that the selecting thread drives, or is parked at.
     */
    PnetSelector(final SelectorProvider provider, final SelectorProvider kernel, final StackDriver driver)
    {
        this(provider, kernel, driver, true);
    }

    /** @param isDescriptorWatched false to have a helper thread even where the descriptor could be watched. */
    PnetSelector(
        final SelectorProvider provider,
        final SelectorProvider kernel,
        final StackDriver driver,
        final boolean isDescriptorWatched)
    {
        super(provider);
        kernelProvider = kernel;
        this.isDescriptorWatched = isDescriptorWatched;
        this.driver = driver;
    }

    // ---- keys

    @Override
    public Set<SelectionKey> keys()
    {
        ensureOpen();
        return keysView;
    }

    @Override
    public Set<SelectionKey> selectedKeys()
    {
        ensureOpen();
        return selectedKeys;
    }

    private void ensureOpen()
    {
        if (!isOpen())
        {
            throw new ClosedSelectorException();
        }
    }

    @Override
    protected SelectionKey register(final AbstractSelectableChannel channel, final int ops, final Object attachment)
    {
        ensureOpen();
        final PnetSelectionKey key = new PnetSelectionKey(this, channel, ops);
        key.attach(attachment);
        if (channel instanceof Selectable ours)
        {
            ours.keys().add(key);
        }
        else
        {
            key.kernelKey(registerKernels(channel, ops, key));
        }
        keys.add(key);
        if (!isOpen())
        {
            keys.remove(key);
            key.dropped();
            key.cancel();
            throw new ClosedSelectorException();
        }
        enqueue(key);
        return key;
    }

    /** Registers a channel of the kernel's; others are refused by the kernel's selector. */
    private SelectionKey registerKernels(final SelectableChannel channel, final int ops, final PnetSelectionKey key)
    {
        try
        {
            return kernel().register(channel, ops, key);
        }
        catch (final ClosedChannelException ex)
        {
            // Which is what registering throws.
            LangUtil.rethrowUnchecked(ex);
            return null;
        }
    }

    /** The place for the kernel's channels. Any thread. */
    KernelReadiness kernel()
    {
        synchronized (kernelOpening)
        {
            if (kernel == null)
            {
                ensureOpen();
                try
                {
                    kernel = new KernelReadiness(kernelProvider, isDescriptorWatched, this::signal);
                }
                catch (final IOException ex)
                {
                    throw new UncheckedIOException(ex);
                }
            }
            return kernel;
        }
    }

    /** Has the next look at a key, or the one under way, see to it. Any thread. */
    void enqueue(final PnetSelectionKey key)
    {
        if (!key.tryQueue())
        {
            return;
        }
        PnetSelectionKey last;
        do
        {
            last = queue;
            key.next(last);
        }
        while (!QUEUE.compareAndSet(this, last, key));
        if (last == null)
        {
            signal();
        }
    }

    /** There is news for the thread that selects, if it waits. Any thread. */
    private void signal()
    {
        final Thread thread = waiting;
        if (thread != null && thread != Thread.currentThread())
        {
            driver.unpark(thread, waitingFor);
        }
    }

    @Override
    public Selector wakeup()
    {
        if (!isWoken && IS_WOKEN.compareAndSet(this, false, true))
        {
            signal();
        }
        return this;
    }

    // ---- selecting

    @Override
    public int selectNow() throws IOException
    {
        return lockAndSelect(null, 0);
    }

    @Override
    public int select() throws IOException
    {
        return lockAndSelect(null, Long.MAX_VALUE);
    }

    @Override
    public int select(final long timeoutMs) throws IOException
    {
        return lockAndSelect(null, timeoutNs(timeoutMs));
    }

    @Override
    public int selectNow(final Consumer<SelectionKey> action) throws IOException
    {
        return lockAndSelect(Objects.requireNonNull(action), 0);
    }

    @Override
    public int select(final Consumer<SelectionKey> action) throws IOException
    {
        return lockAndSelect(Objects.requireNonNull(action), Long.MAX_VALUE);
    }

    @Override
    public int select(final Consumer<SelectionKey> action, final long timeoutMs) throws IOException
    {
        return lockAndSelect(Objects.requireNonNull(action), timeoutNs(timeoutMs));
    }

    private static long timeoutNs(final long timeoutMs)
    {
        if (timeoutMs < 0)
        {
            throw new IllegalArgumentException("Negative timeout");
        }
        return timeoutMs == 0 || timeoutMs > Long.MAX_VALUE / 2_000_000 ? Long.MAX_VALUE : timeoutMs * 1_000_000;
    }

    private int lockAndSelect(final Consumer<SelectionKey> action, final long timeoutNs) throws IOException
    {
        synchronized (this)
        {
            ensureOpen();
            if (isSelecting)
            {
                throw new IllegalStateException("select in progress");
            }
            isSelecting = true;
            try
            {
                synchronized (selectedKeys)
                {
                    return doSelect(action, timeoutNs);
                }
            }
            finally
            {
                isSelecting = false;
            }
        }
    }

    private int doSelect(final Consumer<SelectionKey> action, final long timeoutNs) throws IOException
    {
        hasLetGo = false;
        if (!dropAndLook() && timeoutNs > 0)
        {
            begin();
            try
            {
                await(timeoutNs == Long.MAX_VALUE ? Long.MAX_VALUE : driver.clock().nanoTime() + timeoutNs);
            }
            finally
            {
                end();
            }
            // What was cancelled while it looked for the last time.
            dropCancelled();
        }
        if (isWoken)
        {
            isWoken = false;
        }
        return report(action);
    }

    /**
     * Waits until a key is ready, the thread is woken, a channel is closed, or time is over; what wakes it for nothing
     * does not count.
     */
    private void await(final long deadlineNs) throws IOException
    {
        while (!isWoken && !hasLetGo && isOpen())
        {
            final KernelReadiness present = kernel;
            final DescriptorWatch watch = present == null ? null : present.prepareWait();
            waitingFor = watch;
            waiting = Thread.currentThread();
            try
            {
                if (driver.isOpen())
                {
                    driver.await(hasNews, deadlineNs, watch);
                }
                else
                {
                    awaitWithoutStack(deadlineNs, watch);
                }
            }
            finally
            {
                waiting = null;
                waitingFor = null;
            }
            if (dropAndLook() || Thread.currentThread().isInterrupted() || driver.clock().nanoTime() >= deadlineNs)
            {
                return;
            }
        }
    }

    /** The process is closed: its channels are, too, but the kernel's go on, and so do wake-ups. */
    private void awaitWithoutStack(final long deadlineNs, final DescriptorWatch watch)
    {
        final long leftNs = deadlineNs == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNs - driver.clock().nanoTime();
        if (hasNews() || leftNs <= 0)
        {
            return;
        }
        if (watch != null)
        {
            watch.await(leftNs);
        }
        else
        {
            LockSupport.parkNanos(this, leftNs);
        }
    }

    private boolean hasNews()
    {
        final KernelReadiness present = kernel;
        return queue != null || isWoken || !isOpen() || present != null && present.isReady();
    }

    /** Whether keys are ready, after those that are cancelled, or whose channels are closed, are gone. */
    private boolean dropAndLook() throws IOException
    {
        dropCancelled();
        boolean isReady = look();
        if (hasLetGo)
        {
            dropCancelled();
            isReady = look();
        }
        return isReady;
    }

    /** Looks at the keys that may be ready, and keeps those that are; whether there are any. */
    private boolean look() throws IOException
    {
        takeQueue();
        final KernelReadiness present = kernel;
        if (present != null)
        {
            present.poll(onKernelReady);
        }
        int ready = 0;
        for (int i = 0; i < hotCount; i++)
        {
            final PnetSelectionKey key = hot[i];
            if (key.look())
            {
                hot[ready++] = key;
            }
        }
        Arrays.fill(hot, ready, hotCount, null);
        hotCount = ready;
        return ready > 0;
    }

    private void takeQueue()
    {
        if (queue == null)
        {
            return;
        }
        PnetSelectionKey last = (PnetSelectionKey)QUEUE.getAndSet(this, null);
        // The last one is at the head: turn it round, so that the first to be ready is the first to be served.
        PnetSelectionKey first = null;
        while (last != null)
        {
            final PnetSelectionKey next = last.next();
            last.next(first);
            first = last;
            last = next;
        }
        while (first != null)
        {
            final PnetSelectionKey next = first.next();
            first.dequeued();
            if (!first.channel().isOpen())
            {
                // Whoever closes it is about to do the same.
                first.cancel();
                hasLetGo = true;
            }
            else if (first.isKernelStale())
            {
                first.updateKernel();
            }
            heat(first);
            first = next;
        }
        // Who finds a key queued leaves it at that: only now may be looked at what was ready when they did.
        VarHandle.fullFence();
    }

    private void onKernelReady(final SelectionKey kernelKey)
    {
        final PnetSelectionKey key = (PnetSelectionKey)kernelKey.attachment();
        key.kernelReady(kernelKey.readyOps());
        heat(key);
    }

    private void heat(final PnetSelectionKey key)
    {
        if (key.heat())
        {
            if (hotCount == hot.length)
            {
                hot = Arrays.copyOf(hot, 2 * hotCount);
            }
            hot[hotCount++] = key;
        }
    }

    /** @return the keys whose ready set has changed, or that the action was run for. */
    private int report(final Consumer<SelectionKey> action)
    {
        int updated = 0;
        for (int i = 0; i < hotCount; i++)
        {
            final PnetSelectionKey key = hot[i];
            final int ops = key.foundOps();
            if (ops == 0)
            {
                continue;
            }
            if (action != null)
            {
                key.readyOps(ops);
                action.accept(key);
                ensureOpen();
                updated++;
            }
            else if (selectedKeys.isSelected(key))
            {
                updated += key.addReadyOps(ops) ? 1 : 0;
            }
            else
            {
                key.readyOps(ops);
                selectedKeys.select(key);
                updated++;
            }
        }
        return updated;
    }

    // ---- the end of keys, and of the selector

    private void dropCancelled()
    {
        final Set<SelectionKey> cancelled = cancelledKeys();
        synchronized (cancelled)
        {
            if (!cancelled.isEmpty())
            {
                cancelled.forEach(key -> drop((PnetSelectionKey)key));
                cancelled.clear();
            }
        }
    }

    private void drop(final PnetSelectionKey key)
    {
        key.dropped();
        selectedKeys.remove(key);
        keys.remove(key);
        deregister(key);
        if (key.isKernels())
        {
            KernelReadiness.release(key.channel());
        }
    }

    @Override
    protected void implCloseSelector() throws IOException
    {
        wakeup();
        synchronized (this)
        {
            synchronized (selectedKeys)
            {
                dropCancelled();
                keys.forEach(key -> drop((PnetSelectionKey)key));
                selectedKeys.clear();
                Arrays.fill(hot, null);
                hotCount = 0;
            }
            synchronized (kernelOpening)
            {
                if (kernel != null)
                {
                    kernel.close();
                }
            }
        }
    }
}
