package io.pnet.nio;

import io.pnet.nio.AsyncOperation.Slot;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritePendingException;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** An asynchronous channel over a selectable one. Its contract is {@link AsynchronousSocketChannel}'s. */
final class AsyncSocketChannel extends AsynchronousSocketChannel implements AsyncGroup.Member
{
    private final AsyncGroup group;
    private final SocketChannel channel;
    private final Slot connecting = new Slot();
    private final Slot reading = new Slot();
    private final Slot writing = new Slot();
    private volatile boolean isClosed;

    /** Over a channel that nobody else uses. */
    AsyncSocketChannel(final AsyncGroup group, final SocketChannel channel) throws IOException
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
        return (connecting.isTaken() ? SelectionKey.OP_CONNECT : 0) |
            (reading.isTaken() ? SelectionKey.OP_READ : 0) |
            (writing.isTaken() ? SelectionKey.OP_WRITE : 0);
    }

    @Override
    public void onReady(final int ops)
    {
        if ((ops & SelectionKey.OP_CONNECT) != 0)
        {
            connecting.advance();
        }
        if ((ops & SelectionKey.OP_READ) != 0)
        {
            reading.advance();
        }
        if ((ops & SelectionKey.OP_WRITE) != 0)
        {
            writing.advance();
        }
    }

    @Override
    public void onFailed(final Slot slot)
    {
        if (slot == connecting)
        {
            // A channel that could not be connected is of no more use, and closed like the JDK's.
            closeQuietly();
        }
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

    // ---- connecting

    @Override
    public Future<Void> connect(final SocketAddress remote)
    {
        return begin(remote, null, null);
    }

    @Override
    public <A> void connect(
        final SocketAddress remote, final A attachment, final CompletionHandler<Void, ? super A> handler)
    {
        begin(remote, attachment, Objects.requireNonNull(handler, "'handler' is null"));
    }

    private Future<Void> begin(
        final SocketAddress remote, final Object attachment, final CompletionHandler<Void, ?> handler)
    {
        final AsyncOperation<Void> operation = new AsyncOperation<>(
            group, this, connecting, () -> channel.finishConnect() ? AsyncOperation.DONE : null, handler, attachment);
        if (isClosed)
        {
            return operation.refuse(new ClosedChannelException());
        }
        try
        {
            // Throws what is wrong with the address or the state, and begins; finishConnect says how it went.
            channel.connect(remote);
        }
        catch (final IOException ex)
        {
            return operation.refuse(ex);
        }
        if (channel.isConnected())
        {
            return new AsyncOperation<Void>(
                group, this, connecting, () -> AsyncOperation.DONE, handler, attachment)
                .begin(0, TimeUnit.NANOSECONDS, ConnectionPendingException::new);
        }
        return operation.begin(0, TimeUnit.NANOSECONDS, ConnectionPendingException::new);
    }

    // ---- reading and writing

    @Override
    public Future<Integer> read(final ByteBuffer target)
    {
        return begin(target, 0, TimeUnit.NANOSECONDS, null, null);
    }

    @Override
    public <A> void read(
        final ByteBuffer target,
        final long timeout,
        final TimeUnit unit,
        final A attachment,
        final CompletionHandler<Integer, ? super A> handler)
    {
        begin(target, timeout, unit, attachment, Objects.requireNonNull(handler, "'handler' is null"));
    }

    private Future<Integer> begin(
        final ByteBuffer target,
        final long timeout,
        final TimeUnit unit,
        final Object attachment,
        final CompletionHandler<Integer, ?> handler)
    {
        if (target.isReadOnly())
        {
            throw new IllegalArgumentException("Read-only buffer");
        }
        return transfer(reading, timeout, unit, attachment, handler, () ->
        {
            final int n = channel.read(target);
            return n == 0 && target.hasRemaining() ? null : (Object)n;
        });
    }

    @Override
    public <A> void read(
        final ByteBuffer[] targets,
        final int offset,
        final int length,
        final long timeout,
        final TimeUnit unit,
        final A attachment,
        final CompletionHandler<Long, ? super A> handler)
    {
        Objects.requireNonNull(handler, "'handler' is null");
        Objects.checkFromIndexSize(offset, length, targets.length);
        for (int i = offset; i < offset + length; i++)
        {
            if (targets[i].isReadOnly())
            {
                throw new IllegalArgumentException("Read-only buffer");
            }
        }
        transfer(reading, timeout, unit, attachment, handler, () ->
        {
            final long n = channel.read(targets, offset, length);
            return n == 0 && hasRemaining(targets, offset, length) ? null : (Object)n;
        });
    }

    @Override
    public Future<Integer> write(final ByteBuffer source)
    {
        return transfer(writing, 0, TimeUnit.NANOSECONDS, null, (CompletionHandler<Integer, Object>)null,
            () -> written(source));
    }

    @Override
    public <A> void write(
        final ByteBuffer source,
        final long timeout,
        final TimeUnit unit,
        final A attachment,
        final CompletionHandler<Integer, ? super A> handler)
    {
        transfer(writing, timeout, unit, attachment, Objects.requireNonNull(handler, "'handler' is null"),
            () -> written(source));
    }

    private Object written(final ByteBuffer source) throws IOException
    {
        final int n = channel.write(source);
        return n == 0 && source.hasRemaining() ? null : (Object)n;
    }

    @Override
    public <A> void write(
        final ByteBuffer[] sources,
        final int offset,
        final int length,
        final long timeout,
        final TimeUnit unit,
        final A attachment,
        final CompletionHandler<Long, ? super A> handler)
    {
        Objects.requireNonNull(handler, "'handler' is null");
        Objects.checkFromIndexSize(offset, length, sources.length);
        transfer(writing, timeout, unit, attachment, handler, () ->
        {
            final long n = channel.write(sources, offset, length);
            return n == 0 && hasRemaining(sources, offset, length) ? null : (Object)n;
        });
    }

    private <V> Future<V> transfer(
        final Slot slot,
        final long timeout,
        final TimeUnit unit,
        final Object attachment,
        final CompletionHandler<V, ?> handler,
        final AsyncOperation.Attempt attempt)
    {
        final AsyncOperation<V> operation = new AsyncOperation<>(group, this, slot, attempt, handler, attachment);
        if (isClosed)
        {
            return operation.refuse(new ClosedChannelException());
        }
        if (group.isTerminated())
        {
            return operation.refuse(new ShutdownChannelGroupException());
        }
        if (!channel.isConnected())
        {
            throw new NotYetConnectedException();
        }
        if (slot.isSpoilt())
        {
            throw new IllegalStateException(
                (slot == reading ? "Reading" : "Writing") + " not allowed due to timeout or cancellation");
        }
        return operation.begin(
            timeout, unit, slot == reading ? ReadPendingException::new : WritePendingException::new);
    }

    private static boolean hasRemaining(final ByteBuffer[] buffers, final int offset, final int length)
    {
        for (int i = offset; i < offset + length; i++)
        {
            if (buffers[i].hasRemaining())
            {
                return true;
            }
        }
        return false;
    }

    // ---- the rest

    @Override
    public AsynchronousSocketChannel bind(final SocketAddress local) throws IOException
    {
        channel.bind(local);
        return this;
    }

    @Override
    public <T> AsynchronousSocketChannel setOption(final SocketOption<T> name, final T value) throws IOException
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
    public AsynchronousSocketChannel shutdownInput() throws IOException
    {
        channel.shutdownInput();
        reading.advance();
        return this;
    }

    @Override
    public AsynchronousSocketChannel shutdownOutput() throws IOException
    {
        channel.shutdownOutput();
        return this;
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException
    {
        return channel.getRemoteAddress();
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
            connecting.fail(new AsynchronousCloseException());
            reading.fail(new AsynchronousCloseException());
            writing.fail(new AsynchronousCloseException());
        }
    }
}
