package io.pnet.nio;

import io.pnet.stack.VirtualThreads;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;

/**
 * The bytes of a socket channel: reads and writes, blocking or not, of a connection that is ours or the kernel's.
 * {@link PnetSocketChannel} decides which, connects and closes.
 *
 * <p>A blocking operation is one between {@code begin} and {@code end}, so that an interrupt closes the channel; nobody
 * who closes waits for it, since the interrupting thread does so with a lock that {@code end} wants.
 */
abstract class StreamChannel extends SocketChannel
{
    /** The connection, or what will be one; unused while the channel is the kernel's. */
    final TcpStream stream;
    /** The kernel's channel behind this one, once it is decided so. */
    volatile SocketChannel kernel;
    private boolean isInterruptible = true;

    StreamChannel(final SelectorProvider provider, final TcpStream stream)
    {
        super(provider);
        this.stream = stream;
    }

    /** Interrupts wait until a blocking operation is over, as with {@code java.net.Socket}; before any use. */
    void uninterruptible()
    {
        isInterruptible = false;
    }

    /** Also where they are not: virtual threads can always be interrupted. */
    final boolean isInterruptible()
    {
        return isInterruptible || VirtualThreads.isVirtual(Thread.currentThread());
    }

    abstract void ensureOpenAndConnected() throws ClosedChannelException;

    // ---- reading

    @Override
    public int read(final ByteBuffer target) throws IOException
    {
        return read(target, Long.MAX_VALUE, isBlocking());
    }

    /** As {@link #read(ByteBuffer)}, with a time limit; for sockets. */
    int read(final ByteBuffer target, final long deadlineNs, final boolean isBlocking) throws IOException
    {
        Objects.requireNonNull(target);
        if (target.isReadOnly())
        {
            throw new IllegalArgumentException("Read-only buffer");
        }
        if (kernel != null)
        {
            return kernelRead(target);
        }
        stream.readLock.lock();
        try
        {
            ensureOpenAndConnected();
            int n = 0;
            beginIf(isBlocking);
            try
            {
                n = stream.read(target);
                while (isBlocking && n == 0 && target.hasRemaining() && isOpen())
                {
                    stream.awaitReadable(deadlineNs, isInterruptible());
                    hearInterrupt();
                    n = isOpen() ? stream.read(target) : 0;
                }
            }
            finally
            {
                endIf(isBlocking, n != 0);
            }
            return n;
        }
        finally
        {
            unlockRead();
        }
    }

    private int kernelRead(final ByteBuffer target) throws IOException
    {
        ensureOpenAndConnected();
        try
        {
            return kernel.read(target);
        }
        catch (final ClosedChannelException ex)
        {
            closeWithKernel();
            throw ex;
        }
    }

    @Override
    public long read(final ByteBuffer[] targets, final int offset, final int length) throws IOException
    {
        Objects.checkFromIndexSize(offset, length, targets.length);
        boolean hasRoom = false;
        for (int i = offset; i < offset + length; i++)
        {
            if (targets[i].isReadOnly())
            {
                throw new IllegalArgumentException("Read-only buffer");
            }
            hasRoom |= targets[i].hasRemaining();
        }
        if (kernel != null)
        {
            return kernelRead(targets, offset, length);
        }
        final boolean isBlocking = isBlocking();
        stream.readLock.lock();
        try
        {
            ensureOpenAndConnected();
            long n = 0;
            beginIf(isBlocking);
            try
            {
                n = stream.read(targets, offset, length);
                while (isBlocking && n == 0 && hasRoom && isOpen())
                {
                    stream.awaitReadable(Long.MAX_VALUE, isInterruptible());
                    hearInterrupt();
                    n = isOpen() ? stream.read(targets, offset, length) : 0;
                }
            }
            finally
            {
                endIf(isBlocking, n != 0);
            }
            return n;
        }
        finally
        {
            unlockRead();
        }
    }

    private long kernelRead(final ByteBuffer[] targets, final int offset, final int length) throws IOException
    {
        ensureOpenAndConnected();
        try
        {
            return kernel.read(targets, offset, length);
        }
        catch (final ClosedChannelException ex)
        {
            closeWithKernel();
            throw ex;
        }
    }

    // ---- writing

    @Override
    public int write(final ByteBuffer source) throws IOException
    {
        return write(source, isBlocking());
    }

    /** Writes; all of it when blocking. */
    int write(final ByteBuffer source, final boolean isBlocking) throws IOException
    {
        Objects.requireNonNull(source);
        if (kernel != null)
        {
            ensureOpenAndConnected();
            try
            {
                return kernel.write(source);
            }
            catch (final ClosedChannelException ex)
            {
                closeWithKernel();
                throw ex;
            }
        }
        stream.writeLock.lock();
        try
        {
            ensureOpenAndConnected();
            int n = 0;
            beginIf(isBlocking);
            try
            {
                n = stream.write(source);
                while (isBlocking && source.hasRemaining() && isOpen())
                {
                    stream.awaitWritable(source.remaining(), isInterruptible());
                    hearInterrupt();
                    n += isOpen() ? stream.write(source) : 0;
                }
            }
            finally
            {
                endIf(isBlocking, n > 0);
            }
            return n;
        }
        finally
        {
            stream.writeLock.unlock();
        }
    }

    @Override
    public long write(final ByteBuffer[] sources, final int offset, final int length) throws IOException
    {
        Objects.checkFromIndexSize(offset, length, sources.length);
        if (kernel != null)
        {
            ensureOpenAndConnected();
            try
            {
                return kernel.write(sources, offset, length);
            }
            catch (final ClosedChannelException ex)
            {
                closeWithKernel();
                throw ex;
            }
        }
        final boolean isBlocking = isBlocking();
        stream.writeLock.lock();
        try
        {
            ensureOpenAndConnected();
            long n = 0;
            beginIf(isBlocking);
            try
            {
                n = stream.write(sources, offset, length);
                long left = isBlocking ? remaining(sources, offset, length) : 0;
                while (left > 0 && isOpen())
                {
                    stream.awaitWritable(left, isInterruptible());
                    hearInterrupt();
                    n += isOpen() ? stream.write(sources, offset, length) : 0;
                    left = remaining(sources, offset, length);
                }
            }
            finally
            {
                endIf(isBlocking, n > 0);
            }
            return n;
        }
        finally
        {
            stream.writeLock.unlock();
        }
    }

    private static long remaining(final ByteBuffer[] buffers, final int offset, final int length)
    {
        long sum = 0;
        for (int i = offset; i < offset + length; i++)
        {
            sum += buffers[i].remaining();
        }
        return sum;
    }

    /** Lets others read, and does what they have left to the one who held the lock. */
    final void unlockRead()
    {
        stream.readLock.unlock();
        stream.drainIfShut();
        stream.finishClose();
    }

    // ---- what blocks

    /**
     * After a wait: an interrupt that came just as the operation began may have found nothing to close. It is heard
     * now, else the thread could not wait any more.
     */
    final void hearInterrupt()
    {
        if (Thread.currentThread().isInterrupted() && isInterruptible() && isOpen())
        {
            begin();
        }
    }

    final void beginIf(final boolean isBlocking)
    {
        if (isBlocking && isInterruptible())
        {
            begin();
        }
    }

    final void endIf(final boolean isBlocking, final boolean isCompleted) throws IOException
    {
        if (isBlocking && isInterruptible())
        {
            end(isCompleted);
        }
        else if (isBlocking && !isCompleted && !isOpen())
        {
            throw new AsynchronousCloseException();
        }
    }

    /** The kernel's channel was closed by an interrupt: so are we. */
    private void closeWithKernel() throws IOException
    {
        if (!kernel.isOpen())
        {
            close();
        }
    }
}
