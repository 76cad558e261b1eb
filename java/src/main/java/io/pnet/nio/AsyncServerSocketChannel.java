package io.pnet.nio;

import io.pnet.nio.AsyncOperation.Slot;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AcceptPendingException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** An asynchronous listener over a selectable one. Its contract is {@link AsynchronousServerSocketChannel}'s. */
final class AsyncServerSocketChannel extends AsynchronousServerSocketChannel implements AsyncGroup.Member
{
    private final AsyncGroup group;
    private final ServerSocketChannel channel;
    private final Slot accepting = new Slot();
    private volatile boolean isClosed;

    /** Over a listener that nobody else uses. */
    AsyncServerSocketChannel(final AsyncGroup group, final ServerSocketChannel channel) throws IOException
    {
        super(group.provider());
        this.group = group;
        this.channel = channel;
        channel.configureBlocking(false);
        group.add(this);
    }

    // ---- for the group

    @Override
    public SelectableChannel selectable()
    {
        return channel;
    }

    @Override
    public int wantedOps()
    {
        return accepting.isTaken() ? SelectionKey.OP_ACCEPT : 0;
    }

    @Override
    public void onReady(final int ops)
    {
        accepting.advance();
    }

    @Override
    public void onFailed(final Slot slot)
    {
        // The next accept may do better.
    }

    @Override
    public void closeQuietly()
    {
        try
        {
            close();
        }
        catch (final IOException ex)
        {
            // It is closed all the same.
        }
    }

    // ---- accepting

    @Override
    public Future<AsynchronousSocketChannel> accept()
    {
        return begin(null, null);
    }

    @Override
    public <A> void accept(
        final A attachment, final CompletionHandler<AsynchronousSocketChannel, ? super A> handler)
    {
        begin(attachment, Objects.requireNonNull(handler, "'handler' is null"));
    }

    private Future<AsynchronousSocketChannel> begin(
        final Object attachment, final CompletionHandler<AsynchronousSocketChannel, ?> handler)
    {
        final AsyncOperation<AsynchronousSocketChannel> operation =
            new AsyncOperation<>(group, this, accepting, this::tryAccept, handler, attachment);
        if (isClosed)
        {
            return operation.refuse(new ClosedChannelException());
        }
        if (group.isTerminated())
        {
            return operation.refuse(new ShutdownChannelGroupException());
        }
        try
        {
            if (channel.getLocalAddress() == null)
            {
                throw new NotYetBoundException();
            }
        }
        catch (final IOException ex)
        {
            return operation.refuse(new AsynchronousCloseException());
        }
        if (accepting.isSpoilt())
        {
            throw new IllegalStateException("Accept not allowed due to cancellation");
        }
        return operation.begin(0, TimeUnit.NANOSECONDS, AcceptPendingException::new);
    }

    private Object tryAccept() throws IOException
    {
        final SocketChannel accepted = channel.accept();
        if (accepted == null)
        {
            return null;
        }
        try
        {
            return new AsyncSocketChannel(group, accepted);
        }
        catch (final IOException | ShutdownChannelGroupException ex)
        {
            accepted.close();
            throw ex;
        }
    }

    // ---- the rest

    @Override
    public AsynchronousServerSocketChannel bind(final SocketAddress local, final int backlog) throws IOException
    {
        channel.bind(local, backlog);
        return this;
    }

    @Override
    public <T> AsynchronousServerSocketChannel setOption(final SocketOption<T> name, final T value)
        throws IOException
    {
        channel.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(final SocketOption<T> name) throws IOException
    {
        return channel.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions()
    {
        return channel.supportedOptions();
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException
    {
        return channel.getLocalAddress();
    }

    @Override
    public boolean isOpen()
    {
        return !isClosed;
    }

    @Override
    public void close() throws IOException
    {
        synchronized (this)
        {
            if (isClosed)
            {
                return;
            }
            isClosed = true;
        }
        try
        {
            channel.close();
        }
        finally
        {
            group.remove(this);
            accepting.fail(new AsynchronousCloseException());
        }
    }
}
