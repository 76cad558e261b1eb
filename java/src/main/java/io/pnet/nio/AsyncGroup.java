package io.pnet.nio;

import java.io.IOException;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A group of asynchronous channels: one thread that waits for all of them on a selector, and the executor that runs
 * their handlers. A handler never runs on the thread that begins an operation, nor on the one that waits.
 */
final class AsyncGroup extends AsynchronousChannelGroup
{
    /** What the group needs of a channel of its own. */
    interface Member
    {
        /** The channel that is selected. */
        SelectableChannel selectable();

        /** The operations that are waited for. Any thread. */
        int wantedOps();

        /** Tries what waits for these. On the group's thread. */
        void onReady(int ops);

        /** An operation of this slot has failed; its handler is told next. Any thread. */
        void onFailed(AsyncOperation.Slot slot);

        boolean isOpen();

        void closeQuietly();
    }

    private final ExecutorService executor;
    private final Selector selector;
    private final Thread thread;
    private final Set<Member> members = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Member> armed = new ConcurrentLinkedQueue<>();
    private final CountDownLatch terminated = new CountDownLatch(1);
    private final ScheduledThreadPoolExecutor timer;
    private volatile boolean isShutdown;

    AsyncGroup(
        final AsynchronousChannelProvider provider, final SelectorProvider channels, final ExecutorService executor)
        throws IOException
    {
        super(provider);
        this.executor = executor;
        selector = channels.openSelector();
        timer = new ScheduledThreadPoolExecutor(1, task -> daemon(task, "pnet-async-timer"));
        timer.setRemoveOnCancelPolicy(true);
        thread = daemon(this::run, "pnet-async");
        thread.start();
    }

    private static Thread daemon(final Runnable task, final String name)
    {
        final Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Takes a channel in. */
    void add(final Member member)
    {
        members.add(member);
        if (isShutdown)
        {
            members.remove(member);
            throw new ShutdownChannelGroupException();
        }
    }

    /** A channel was closed. */
    void remove(final Member member)
    {
        members.remove(member);
        // The selector lets go of it, and sees whether it was the last.
        selector.wakeup();
    }

    /** Has the group's thread wait for what the channel wants. */
    void arm(final Member member)
    {
        armed.add(member);
        selector.wakeup();
    }

    void execute(final Runnable task)
    {
        final Thread caller = Thread.currentThread();
        try
        {
            executor.execute(() -> run(task, caller));
        }
        catch (final RejectedExecutionException ex)
        {
            // The user has shut the pool down under us; a handler must hear of its channel's end all the same.
            run(task, caller);
        }
    }

    /** A handler that the caller itself runs, which may be the thread that waits, is not to end what that does. */
    private static void run(final Runnable task, final Thread caller)
    {
        try
        {
            task.run();
        }
        catch (final Throwable ex)
        {
            if (Thread.currentThread() != caller)
            {
                throw ex;
            }
            caller.getUncaughtExceptionHandler().uncaughtException(caller, ex);
        }
    }

    Future<?> schedule(final Runnable task, final long delay, final TimeUnit unit)
    {
        return timer.schedule(task, delay, unit);
    }

    private void run()
    {
        try
        {
            while (!isShutdown || !members.isEmpty())
            {
                selector.select();
                for (Member member = armed.poll(); member != null; member = armed.poll())
                {
                    want(member);
                }
                for (final SelectionKey key : selector.selectedKeys())
                {
                    ready(key);
                }
                selector.selectedKeys().clear();
            }
        }
        catch (final IOException | ClosedSelectorException ex)
        {
            // Without its selector the group can do nothing more; say so to everybody.
            isShutdown = true;
            List.copyOf(members).forEach(Member::closeQuietly);
        }
        finally
        {
            closeSelector();
            timer.shutdownNow();
            executor.shutdown();
            terminated.countDown();
        }
    }

    private void closeSelector()
    {
        try
        {
            selector.close();
        }
        catch (final IOException ex)
        {
            // Nothing is left to be done with it.
        }
    }

    private void want(final Member member)
    {
        try
        {
            final SelectionKey key = member.selectable().keyFor(selector);
            if (key == null)
            {
                member.selectable().register(selector, member.wantedOps(), member);
            }
            else
            {
                key.interestOps(member.wantedOps());
            }
        }
        catch (final ClosedChannelException | CancelledKeyException ex)
        {
            // Closed meanwhile: whoever closed it ends what was pending.
        }
    }

    private void ready(final SelectionKey key)
    {
        final Member member = (Member)key.attachment();
        try
        {
            member.onReady(key.readyOps());
            key.interestOps(member.wantedOps());
        }
        catch (final CancelledKeyException ex)
        {
            // As above.
        }
    }

    @Override
    public boolean isShutdown()
    {
        return isShutdown;
    }

    @Override
    public boolean isTerminated()
    {
        return terminated.getCount() == 0;
    }

    @Override
    public void shutdown()
    {
        isShutdown = true;
        selector.wakeup();
    }

    @Override
    public void shutdownNow()
    {
        shutdown();
        List.copyOf(members).forEach(Member::closeQuietly);
    }

    @Override
    public boolean awaitTermination(final long timeout, final TimeUnit unit) throws InterruptedException
    {
        final long deadlineNs = System.nanoTime() + unit.toNanos(timeout);
        return terminated.await(timeout, unit) &&
            executor.awaitTermination(Math.max(0, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
}
