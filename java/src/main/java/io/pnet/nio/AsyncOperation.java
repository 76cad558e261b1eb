package io.pnet.nio;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.InterruptedByTimeoutException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * One operation of an asynchronous channel, from its beginning until its handler is told or its future is done. Any
 * thread may try, end or cancel it; the first that ends it does.
 */
final class AsyncOperation<V>
{
    /** What an attempt returns whose operation has no result but that it is done. */
    static final Object DONE = new Object();

    /** A try that does not block. */
    interface Attempt
    {
        /** The result; null when the channel is not ready. */
        Object run() throws IOException;
    }

    /** The place in its channel that the operation has while it is pending. */
    static final class Slot
    {
        private AsyncOperation<?> pending;
        private boolean isSpoilt;

        /** Whether an operation is pending here. */
        synchronized boolean isTaken()
        {
            return pending != null;
        }

        private synchronized boolean take(final AsyncOperation<?> operation)
        {
            if (pending != null)
            {
                return false;
            }
            pending = operation;
            return true;
        }

        private synchronized void free(final AsyncOperation<?> operation)
        {
            pending = pending == operation ? null : pending;
        }

        private synchronized AsyncOperation<?> pending()
        {
            return pending;
        }

        /** Whether an operation was ended by time or cancelled, so that nobody knows how far it got. */
        synchronized boolean isSpoilt()
        {
            return isSpoilt;
        }

        private synchronized void spoil()
        {
            isSpoilt = true;
        }

        /** Tries what is pending here. */
        void advance()
        {
            final AsyncOperation<?> operation = pending();
            if (operation != null)
            {
                operation.advance();
            }
        }

        /** Ends what is pending here. */
        void fail(final Throwable ex)
        {
            final AsyncOperation<?> operation = pending();
            if (operation != null)
            {
                operation.end(null, ex);
            }
        }
    }

    private final AsyncGroup group;
    private final AsyncGroup.Member channel;
    private final Slot slot;
    private final Attempt attempt;
    private final CompletionHandler<V, Object> handler;
    private final Object attachment;
    private final Result result = new Result();
    private Future<?> timer;
    private boolean isEnded;

    /** What the caller gets who gave no handler. */
    private final class Result extends CompletableFuture<V>
    {
        @Override
        public boolean cancel(final boolean mayInterrupt)
        {
            return AsyncOperation.this.cancel(mayInterrupt);
        }

        private boolean cancelled()
        {
            return super.cancel(false);
        }
    }

    /** An operation that is not begun. */
    @SuppressWarnings("unchecked")
    AsyncOperation(
        final AsyncGroup group,
        final AsyncGroup.Member channel,
        final Slot slot,
        final Attempt attempt,
        final CompletionHandler<V, ?> handler,
        final Object attachment)
    {
        this.group = group;
        this.channel = channel;
        this.slot = slot;
        this.attempt = attempt;
        this.handler = (CompletionHandler<V, Object>)handler;
        this.attachment = attachment;
    }

    /**
     * Begins: tries at once, and waits in its slot if that is too early.
     *
     * @param timeout    0 or less for none.
     * @param whenTaken makes what is thrown when another operation is pending.
     */
    Future<V> begin(final long timeout, final TimeUnit unit, final Supplier<RuntimeException> whenTaken)
    {
        if (!slot.take(this))
        {
            throw whenTaken.get();
        }
        advance();
        synchronized (this)
        {
            if (!isEnded && timeout > 0)
            {
                timer = group.schedule(this::expire, timeout, unit);
            }
        }
        if (slot.pending() == this)
        {
            group.arm(channel);
        }
        if (!channel.isOpen())
        {
            // Closed meanwhile, perhaps before it could see us pending.
            end(null, new AsynchronousCloseException());
        }
        return result;
    }

    /** Ends it before it has begun. */
    Future<V> refuse(final Throwable ex)
    {
        end(null, ex);
        return result;
    }

    private void advance()
    {
        Object value = null;
        Throwable failure = null;
        synchronized (this)
        {
            if (isEnded)
            {
                return;
            }
            try
            {
                value = attempt.run();
            }
            catch (final IOException | RuntimeException ex)
            {
                failure = channel.isOpen() ? ex : new AsynchronousCloseException();
            }
            // In the same breath: whoever tried again would move bytes that nobody hears of.
            if (value == null && failure == null || !claimEnd())
            {
                return;
            }
        }
        tell(value, failure);
    }

    private void expire()
    {
        slot.spoil();
        end(null, new InterruptedByTimeoutException());
    }

    private boolean cancel(final boolean mayInterrupt)
    {
        if (!claimEnd())
        {
            return false;
        }
        slot.spoil();
        slot.free(this);
        result.cancelled();
        if (mayInterrupt)
        {
            channel.closeQuietly();
        }
        return true;
    }

    private void end(final Object outcome, final Throwable failure)
    {
        if (claimEnd())
        {
            tell(outcome, failure);
        }
    }

    /** Its end, by whoever has claimed it. */
    private void tell(final Object outcome, final Throwable failure)
    {
        if (failure != null)
        {
            channel.onFailed(slot);
        }
        @SuppressWarnings("unchecked")
        final V value = outcome == DONE ? null : (V)outcome;
        // Free first: the handler may begin the next.
        slot.free(this);
        if (handler != null)
        {
            group.execute(() ->
            {
                if (failure == null)
                {
                    handler.completed(value, attachment);
                }
                else
                {
                    handler.failed(failure, attachment);
                }
            });
        }
        else if (failure == null)
        {
            result.complete(value);
        }
        else
        {
            result.completeExceptionally(failure);
        }
    }

    private synchronized boolean claimEnd()
    {
        if (isEnded)
        {
            return false;
        }
        isEnded = true;
        if (timer != null)
        {
            timer.cancel(false);
        }
        return true;
    }
}
