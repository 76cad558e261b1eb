package io.pnet.nio;

import io.pnet.stack.DescriptorWatch;
import io.pnet.stack.StackDriver;
import io.pnet.stack.VirtualThreads;
import io.pnet.udp.UdpEndpoint;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How datagrams get into and out of a channel, wherever it is: sending, receiving, and waiting for either. Where it is
 * {@link PnetDatagramChannel} decides.
 */
abstract class DatagramTransfer extends DatagramChannel implements Selectable
{
    /** A full link is looked at again after this time at the latest. */
    private static final long FULL_NS = 1_000_000;

    final DatagramOptions options = new DatagramOptions();
    final KeyRing keys = new KeyRing();
    final ReentrantLock readLock = new ReentrantLock();
    final ReentrantLock writeLock = new ReentrantLock();
    final Waiter readable;
    final Waiter writable;
    /** Our side; null until it is bound there. */
    volatile UdpPort port;
    /** The kernel's side; empty if there is none. */
    volatile KernelDatagrams kernel;
    /** The kernel's channel that is connected; null: the peer, if any, is Pnet's. */
    volatile DatagramChannel kernelPeer;
    /** Bound to a kernel's address. */
    volatile boolean isKernels;
    volatile InetSocketAddress local;
    volatile InetSocketAddress remote;
    private final StackDriver driver;
    private final ByteBuffer[] readOne = new ByteBuffer[1];
    private final ByteBuffer[] writeOne = new ByteBuffer[1];
    private boolean isKernelsTurn;
    private boolean isInterruptible = true;

    DatagramTransfer(final PnetSelectorProvider provider)
    {
        super(provider);
        driver = provider.process().driver();
        kernel = new KernelDatagrams(provider.kernel(), options);
        readable = new Waiter(driver, this::isReadable);
        writable = new Waiter(driver, () -> !isFull() || !isOpen());
    }

    /** Interrupts wait until an operation is over, as with {@code java.net.DatagramSocket}; before any use. */
    void uninterruptible()
    {
        isInterruptible = false;
    }

    // ---- what is decided elsewhere

    /** Binds what was not bound, on Pnet. */
    abstract UdpPort ensureBound() throws IOException;

    /** The kernel's channel for a destination that is the kernel's; else null. */
    abstract DatagramChannel kernelFor(InetSocketAddress to) throws IOException;

    /** What the wildcard means as a destination: ourselves. */
    abstract InetAddress ownAddress();

    /** Checks an address, as the JDK's channels do. */
    abstract InetSocketAddress checked(SocketAddress address);

    // ---- sending

    @Override
    public int send(final ByteBuffer source, final SocketAddress target) throws IOException
    {
        return send(source, target, isBlocking());
    }

    int send(final ByteBuffer source, final SocketAddress target, final boolean isBlocking) throws IOException
    {
        Objects.requireNonNull(source);
        final InetSocketAddress to = checked(target);
        writeLock.lock();
        try
        {
            ensureOpen();
            final InetSocketAddress peer = remote;
            if (peer != null && !peer.equals(to))
            {
                throw new AlreadyConnectedException();
            }
            if (to.getPort() == 0)
            {
                throw new SocketException("Can't send to port 0");
            }
            writeOne[0] = source;
            return (int)transmit(writeOne, 0, 1, peer != null ? null : to, isBlocking);
        }
        finally
        {
            writeOne[0] = null;
            writeLock.unlock();
        }
    }

    @Override
    public int write(final ByteBuffer source) throws IOException
    {
        Objects.requireNonNull(source);
        writeLock.lock();
        try
        {
            ensureConnected();
            writeOne[0] = source;
            return (int)transmit(writeOne, 0, 1, null, isBlocking());
        }
        finally
        {
            writeOne[0] = null;
            writeLock.unlock();
        }
    }

    @Override
    public long write(final ByteBuffer[] sources, final int offset, final int length) throws IOException
    {
        Objects.checkFromIndexSize(offset, length, sources.length);
        writeLock.lock();
        try
        {
            ensureConnected();
            return transmit(sources, offset, length, null, isBlocking());
        }
        finally
        {
            writeLock.unlock();
        }
    }

    /** Sends one datagram; to null: to the peer. */
    private long transmit(
        final ByteBuffer[] sources,
        final int offset,
        final int length,
        final InetSocketAddress to,
        final boolean isBlocking) throws IOException
    {
        long sent = -1;
        beginIf(isBlocking);
        try
        {
            ensureOpen();
            sent = trySend(sources, offset, length, to);
            while (sent < 0 && isBlocking && isOpen())
            {
                writable.await(driver.clock().nanoTime() + FULL_NS, isInterruptible());
                hearInterrupt();
                sent = isOpen() ? trySend(sources, offset, length, to) : sent;
            }
        }
        finally
        {
            endIf(isBlocking, sent >= 0);
        }
        return Math.max(0, sent);
    }

    /** The bytes that were sent, or -1: no room. */
    private long trySend(
        final ByteBuffer[] sources, final int offset, final int length, final InetSocketAddress to) throws IOException
    {
        final DatagramChannel theirs = to != null ? kernelFor(to) : kernelPeer;
        if (theirs != null)
        {
            final boolean isEmpty = isEmpty(sources, offset, length);
            final long sent = to != null ? theirs.send(sources[offset], to) : theirs.write(sources, offset, length);
            return sent == 0 && !isEmpty ? -1 : sent;
        }
        final InetSocketAddress target = to == null || !to.getAddress().isAnyLocalAddress() ?
            to : new InetSocketAddress(ownAddress(), to.getPort());
        final int sent = ensureBound().send(sources, offset, length, target);
        return sent == UdpEndpoint.BACK_PRESSURED ? -1 : sent;
    }

    private static boolean isEmpty(final ByteBuffer[] buffers, final int offset, final int length)
    {
        for (int i = offset; i < offset + length; i++)
        {
            if (buffers[i].hasRemaining())
            {
                return false;
            }
        }
        return true;
    }

    // ---- receiving

    @Override
    public SocketAddress receive(final ByteBuffer target) throws IOException
    {
        return receive(target, Long.MAX_VALUE, isBlocking());
    }

    /**
     * As {@link #receive(ByteBuffer)}, with a time limit; for sockets.
     *
     * @param deadlineNs by the stack's clock.
     */
    SocketAddress receive(final ByteBuffer target, final long deadlineNs, final boolean isBlocking) throws IOException
    {
        if (target.isReadOnly())
        {
            throw new IllegalArgumentException("Read-only buffer");
        }
        readLock.lock();
        try
        {
            ensureOpen();
            if (local == null)
            {
                ensureBound();
            }
            readOne[0] = target;
            SocketAddress from = null;
            beginIf(isBlocking);
            try
            {
                ensureOpen();
                from = tryReceive(target);
                while (isBlocking && from == null && isOpen())
                {
                    await(deadlineNs);
                    from = isOpen() ? tryReceive(target) : null;
                }
            }
            finally
            {
                endIf(isBlocking, from != null);
            }
            return from;
        }
        finally
        {
            readOne[0] = null;
            unlockRead();
        }
    }

    private SocketAddress tryReceive(final ByteBuffer target) throws IOException
    {
        final DatagramChannel peer = kernelPeer;
        if (peer != null)
        {
            return peer.receive(target);
        }
        // Neither side is to starve the other.
        isKernelsTurn = !isKernelsTurn;
        SocketAddress from = isKernelsTurn && remote == null ? kernel.receive(target) : null;
        final UdpPort ours = port;
        if (from == null && ours != null && ours.receive(readOne, 0, 1) >= 0)
        {
            from = ours.from();
        }
        return from == null && !isKernelsTurn && remote == null ? kernel.receive(target) : from;
    }

    @Override
    public int read(final ByteBuffer target) throws IOException
    {
        if (target.isReadOnly())
        {
            throw new IllegalArgumentException("Read-only buffer");
        }
        readLock.lock();
        try
        {
            readOne[0] = target;
            return (int)read(readOne, 0, 1, isBlocking());
        }
        finally
        {
            readOne[0] = null;
            unlockRead();
        }
    }

    @Override
    public long read(final ByteBuffer[] targets, final int offset, final int length) throws IOException
    {
        Objects.checkFromIndexSize(offset, length, targets.length);
        for (int i = offset; i < offset + length; i++)
        {
            if (targets[i].isReadOnly())
            {
                throw new IllegalArgumentException("Read-only buffer");
            }
        }
        readLock.lock();
        try
        {
            return read(targets, offset, length, isBlocking());
        }
        finally
        {
            unlockRead();
        }
    }

    private long read(
        final ByteBuffer[] targets, final int offset, final int length, final boolean isBlocking) throws IOException
    {
        ensureConnected();
        long count = -1;
        beginIf(isBlocking);
        try
        {
            ensureOpen();
            count = tryRead(targets, offset, length);
            while (isBlocking && count < 0 && isOpen())
            {
                await(Long.MAX_VALUE);
                count = isOpen() ? tryRead(targets, offset, length) : count;
            }
        }
        finally
        {
            endIf(isBlocking, count >= 0);
        }
        return Math.max(0, count);
    }

    /** Bytes, or -1: there is nothing. */
    private long tryRead(final ByteBuffer[] targets, final int offset, final int length) throws IOException
    {
        final DatagramChannel peer = kernelPeer;
        if (peer == null)
        {
            return port.receive(targets, offset, length);
        }
        // An empty datagram and none look alike to read, not to receive.
        if (length == 1)
        {
            final int before = targets[offset].position();
            return peer.receive(targets[offset]) == null ? -1 : targets[offset].position() - before;
        }
        final long count = peer.read(targets, offset, length);
        return count == 0 && !isEmpty(targets, offset, length) ? -1 : count;
    }

    private void await(final long deadlineNs) throws IOException
    {
        DescriptorWatch watch = null;
        if (kernelPeer != null || remote == null)
        {
            if (kernelPeer != null)
            {
                kernel.discardAllBut(kernelPeer);
            }
            if (!kernel.prepareWait(readable::signal))
            {
                return;
            }
            watch = kernel.watch();
        }
        if (!readable.await(deadlineNs, isInterruptible(), watch))
        {
            if (driver.clock().nanoTime() >= deadlineNs)
            {
                throw new SocketTimeoutException("Receive timed out");
            }
            if (!driver.isOpen())
            {
                throw new SocketException("receive failed: the stack was closed");
            }
            hearInterrupt();
        }
    }

    /** One that came just as the operation began, and found nothing to close. */
    private void hearInterrupt()
    {
        if (Thread.currentThread().isInterrupted() && isInterruptible() && isOpen())
        {
            begin();
        }
    }

    private boolean isReadable()
    {
        final UdpPort ours = port;
        return kernelPeer == null && ours != null && ours.isReadable() || kernel.isReady() || !isOpen();
    }

    private boolean isFull()
    {
        final UdpPort ours = port;
        return ours != null && ours.isFull();
    }

    private void unlockRead() throws IOException
    {
        readLock.unlock();
        if (!isOpen())
        {
            closeReadiness();
        }
    }

    private void ensureConnected() throws ClosedChannelException
    {
        ensureOpen();
        if (remote == null)
        {
            throw new NotYetConnectedException();
        }
    }

    /** An interrupted virtual thread closes sockets as well, as with the JDK's. */
    private boolean isInterruptible()
    {
        return isInterruptible || VirtualThreads.isVirtual(Thread.currentThread());
    }

    private void beginIf(final boolean isBlocking)
    {
        if (isBlocking && isInterruptible())
        {
            begin();
        }
    }

    private void endIf(final boolean isBlocking, final boolean isCompleted) throws IOException
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

    /** Gives back what waiting took, if nobody waits: whoever does does so when done. */
    final void closeReadiness() throws IOException
    {
        if (readLock.tryLock())
        {
            try
            {
                kernel.closeReadiness();
            }
            finally
            {
                readLock.unlock();
            }
        }
    }

    // ---- for selectors and adaptors

    @Override
    public int readyOps()
    {
        if (isKernels || kernelPeer != null)
        {
            return 0;
        }
        final UdpPort ours = port;
        // Not bound yet, it can be written to: that binds it.
        return (ours != null && ours.isReadable() ? SelectionKey.OP_READ : 0) |
            (ours != null && ours.isFull() ? 0 : SelectionKey.OP_WRITE);
    }

    @Override
    public KeyRing keys()
    {
        return keys;
    }

    StackDriver driver()
    {
        return driver;
    }

    final void ensureOpen() throws ClosedChannelException
    {
        if (!isOpen())
        {
            throw new ClosedChannelException();
        }
    }
}
