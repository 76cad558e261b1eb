package io.pnet.nio;

import io.pnet.stack.DescriptorWatch;
import io.pnet.stack.VirtualThreads;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * The kernel's channels of a thread that waits for the stack: a selector of the kernel's provider, which is asked
 * without blocking, and a way to learn of it while that thread waits.
 *
 * <p>The way is the selector's epoll descriptor, where {@code java.base/sun.nio.ch} is open to us (the agent and the
 * launcher see to that): it joins the one wait in the kernel. Where it is not, and for virtual threads, which must not
 * wait in native code, a helper thread blocks in the kernel's selector in their place. It is sent for the time of the
 * wait only, and called back before the selector is asked.
 *
 * <p>{@link #register} is for any thread, the rest for the one that waits.
 */
final class KernelReadiness implements AutoCloseable
{
    private final Selector selector;
    private final Runnable onReady;
    private final int descriptor;
    private DescriptorWatch watch;
    private Helper helper;

    /** Opens a selector, and watches its descriptor where that can be had. */
    KernelReadiness(final SelectorProvider kernel, final Runnable onReady) throws IOException
    {
        this(kernel, true, onReady);
    }

    /**
     * Opens a selector.
     *
     * @param kernel              the kernel's provider.
     * @param isDescriptorWatched whether to watch its descriptor where that can be had.
     * @param onReady             wakes the thread that waits; run by the helper.
     */
    KernelReadiness(final SelectorProvider kernel, final boolean isDescriptorWatched, final Runnable onReady)
        throws IOException
    {
        selector = kernel.openSelector();
        this.onReady = onReady;
        descriptor = isDescriptorWatched ? descriptor(selector) : -1;
    }

    /** The epoll descriptor of a selector of the JDK's, or -1 where it cannot be had. */
    static int descriptor(final Selector selector)
    {
        return Internals.descriptor(selector);
    }

    /** Registers a channel of the kernel's; it counts from the next {@link #poll} on. */
    SelectionKey register(final SelectableChannel channel, final int ops, final Object attachment)
        throws ClosedChannelException
    {
        return channel.register(selector, ops, attachment);
    }

    /** Shows what is ready now, and gives back what was cancelled. */
    void poll(final Consumer<SelectionKey> action) throws IOException
    {
        if (helper != null)
        {
            helper.callBack();
        }
        if (watch != null)
        {
            watch.clear();
        }
        selector.selectNow(action);
    }

    /**
     * Makes ready to wait, after {@link #poll} has shown nothing; {@link #isReady} is to be part of the condition.
     *
     * @return what the thread has to watch; null where the helper does.
     */
    DescriptorWatch prepareWait() throws IOException
    {
        if (descriptor >= 0 && !VirtualThreads.isVirtual(Thread.currentThread()))
        {
            if (watch == null)
            {
                watch = new DescriptorWatch(descriptor);
            }
            return watch;
        }
        if (helper == null)
        {
            helper = new Helper();
            helper.start();
        }
        helper.send();
        return null;
    }

    /** Whether something may be ready: {@link #poll} shows it. */
    boolean isReady()
    {
        final DescriptorWatch presentWatch = watch;
        final Helper presentHelper = helper;
        return presentWatch != null && presentWatch.isReady() || presentHelper != null && presentHelper.isBack;
    }

    /** Lets the kernel have the descriptor of a channel that is closed and no longer registered with anybody. */
    static void release(final SelectableChannel channel)
    {
        if (!channel.isOpen() && !channel.isRegistered())
        {
            Internals.kill(channel);
        }
    }

    @Override
    public void close() throws IOException
    {
        if (helper != null)
        {
            helper.callBack();
        }
        selector.close();
        if (helper != null)
        {
            helper.send();
        }
        if (watch != null)
        {
            watch.close();
        }
    }

    /** Blocks in the kernel's selector while it is away. Sent, called back and sent again, by one thread. */
    private final class Helper extends Thread
    {
        private final Semaphore sent = new Semaphore(0);
        private final Semaphore returned = new Semaphore(0);
        private boolean isAway;
        private volatile boolean isBack;

        Helper()
        {
            super("pnet-kernel-selector");
            setDaemon(true);
        }

        void send()
        {
            isAway = true;
            sent.release();
        }

        void callBack()
        {
            if (isAway)
            {
                selector.wakeup();
                returned.acquireUninterruptibly();
                isAway = false;
                isBack = false;
            }
        }

        @Override
        public void run()
        {
            while (true)
            {
                sent.acquireUninterruptibly();
                if (!selector.isOpen())
                {
                    return;
                }
                try
                {
                    selector.select();
                    selector.selectedKeys().clear();
                }
                catch (final IOException | ClosedSelectorException ex)
                {
                    // Whoever asks the selector next is told the same.
                    isBack = true;
                }
                isBack = true;
                onReady.run();
                returned.release();
            }
        }
    }

    /** What the JDK does not show: found once, and missing where {@code sun.nio.ch} is not open. */
    private static final class Internals
    {
        private static final Field DESCRIPTOR = descriptorField();
        private static final Method KILL = killMethod();

        private static Field descriptorField()
        {
            try
            {
                final Field field = Class.forName("sun.nio.ch.EPollSelectorImpl").getDeclaredField("epfd");
                field.setAccessible(true);
                return field;
            }
            catch (final ReflectiveOperationException | RuntimeException ex)
            {
                return null;
            }
        }

        private static Method killMethod()
        {
            try
            {
                final Method method = Class.forName("sun.nio.ch.SelChImpl").getMethod("kill");
                method.setAccessible(true);
                return method;
            }
            catch (final ReflectiveOperationException | RuntimeException ex)
            {
                return null;
            }
        }

        static int descriptor(final Selector selector)
        {
            try
            {
                return DESCRIPTOR != null && DESCRIPTOR.getDeclaringClass().isInstance(selector) ?
                    DESCRIPTOR.getInt(selector) : -1;
            }
            catch (final IllegalAccessException ex)
            {
                return -1;
            }
        }

        static void kill(final SelectableChannel channel)
        {
            if (KILL != null && KILL.getDeclaringClass().isInstance(channel))
            {
                try
                {
                    KILL.invoke(channel);
                }
                catch (final IllegalAccessException | InvocationTargetException ex)
                {
                    throw new IllegalStateException(ex);
                }
            }
        }
    }
}
