package io.pnet.nio;

import io.pnet.ip.IpAddress;
import io.pnet.stack.Home;
import io.pnet.stack.IpProcess;
import io.pnet.stack.StackDriver;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpState;
import io.pnet.tcp.TcpTransport;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A connection as a channel uses it: reads and writes that do not block, waits for them, readiness, and errors in the
 * JDK's words. One thread reads and one writes at a time, which the channel's locks see to.
 */
final class TcpStream implements TcpHandler
{
    /** A blocked writer is woken when this much fits, or all it has: a block at a time, not a segment. */
    private static final int WRITE_BLOCK = 128 << 10;
    private static final long LINGER_STEP_NS = 5_000_000;
    private static final int DRAIN_BYTES = 16 << 10;

    final ReentrantLock readLock = new ReentrantLock();
    final ReentrantLock writeLock = new ReentrantLock();
    final KeyRing keys;
    private final Waiter connectable;
    private final Waiter readable;
    private final Waiter writable;
    /** Whose the connection is; before there is one, anybody's. */
    private volatile Home home;
    private volatile Connection connection;
    private volatile boolean isConnected;
    /** The channel knows that it is connected, or was accepted so. */
    private volatile boolean isAdopted;
    private volatile boolean isInputShut;
    private volatile boolean isOutputShut;
    private boolean isHardClose;
    private volatile boolean isClosed;
    /** An error is reported once as what it is; what follows finds a broken pipe. */
    private volatile boolean isErrorTaken;
    private boolean isReset;
    private volatile int wantedRoom;

    TcpStream(final Home home, final KeyRing keys)
    {
        this.home = home;
        this.keys = keys;
        final StackDriver driver = home.driver();
        connectable = new Waiter(driver, this::isConnectDone);
        readable = new Waiter(driver, this::isReadable);
        writable = new Waiter(driver, this::isWritable);
    }

    /** It is a connection that was accepted; on the stack's owner, before anything is heard of it. */
    void accepted(final Connection connection)
    {
        this.connection = connection;
        isConnected = true;
        isAdopted = true;
    }

    Connection connection()
    {
        return connection;
    }

    /** The connection's. */
    Home home()
    {
        return home;
    }

    private StackDriver driver()
    {
        return home.driver();
    }

    // ---- connecting

    /**
     * Sends a SYN, from the stack whose the connection is then.
     *
     * @param from null for an ephemeral port.
     */
    void connect(
        final IpProcess process, final BoundPort from, final InetSocketAddress remote, final TcpOptionTable options)
        throws IOException
    {
        Failures.requireRunning(process);
        final IpAddress local = from == null ? IpAddress.ANY : from.address();
        final int localPort = from == null ? 0 : from.port();
        final IpAddress peer = IpAddress.of(remote.getAddress());
        moveTo(process.homeOfTcp(local, localPort, peer, remote.getPort()));
        final IOException failure = home.exclusively(() ->
        {
            try
            {
                final TcpTransport tcp = home.stack().tcp();
                connection = tcp.connect(
                    local,
                    localPort,
                    peer,
                    remote.getPort(),
                    options.settings(tcp.settings()),
                    this,
                    driver().clock().nanoTime());
                return null;
            }
            catch (final IOException ex)
            {
                return ex;
            }
        });
        if (failure != null)
        {
            throw failure;
        }
    }

    private void moveTo(final Home chosen)
    {
        home = chosen;
        connectable.moveTo(chosen.driver());
        readable.moveTo(chosen.driver());
        writable.moveTo(chosen.driver());
    }

    /** Whether the handshake is over, well or badly. */
    boolean isConnectDone()
    {
        return isConnected || isClosed || connection.closeReason() != null;
    }

    /**
     * After {@link #isConnectDone}: the channel is connected from now on.
     *
     * @throws IOException why it is not.
     */
    void adopt() throws IOException
    {
        if (!isConnected)
        {
            final CloseReason reason = connection.closeReason();
            throw reason == null ? new AsynchronousCloseException() : Failures.ofConnect(reason);
        }
        isAdopted = true;
    }

    boolean awaitConnected(final long deadlineNs, final boolean isInterruptible)
    {
        return connectable.await(deadlineNs, isInterruptible);
    }

    // ---- reading; by the holder of the read lock

    /**
     * Copies out what is there.
     *
     * @return 0 when there is nothing now, or no room for it; -1 at the end.
     */
    int read(final ByteBuffer target) throws IOException
    {
        requireReadable();
        if (isInputShut)
        {
            return -1;
        }
        if (!target.hasRemaining())
        {
            return 0;
        }
        final int n = connection.read(target);
        if (n > 0)
        {
            driver().kick();
            return n;
        }
        return endOrNothing();
    }

    /** As {@link #read(ByteBuffer)}, into one after the other. */
    long read(final ByteBuffer[] targets, final int offset, final int length) throws IOException
    {
        requireReadable();
        if (isInputShut)
        {
            return -1;
        }
        long sum = 0;
        boolean hasRoom = false;
        for (int i = offset; i < offset + length; i++)
        {
            while (targets[i].hasRemaining())
            {
                hasRoom = true;
                final int n = connection.read(targets[i]);
                if (n == 0)
                {
                    i = offset + length - 1;
                    break;
                }
                sum += n;
            }
        }
        if (sum > 0)
        {
            driver().kick();
            return sum;
        }
        return hasRoom ? endOrNothing() : 0;
    }

    private void requireReadable() throws IOException
    {
        if (isClosed)
        {
            throw new ClosedChannelException();
        }
        if (isReset)
        {
            throw new SocketException("Connection reset");
        }
    }

    private int endOrNothing() throws IOException
    {
        final CloseReason reason = connection.closeReason();
        if (connection.isEndOfStream())
        {
            return -1;
        }
        if (reason == null || connection.readable() > 0)
        {
            return 0;
        }
        if (isErrorTaken && reason != CloseReason.RESET)
        {
            return -1;
        }
        isErrorTaken = true;
        isReset = reason == CloseReason.RESET;
        throw Failures.ofRead(reason);
    }

    /**
     * Waits until {@link #read} finds something: bytes, the end, or an error.
     *
     * @throws SocketTimeoutException when time is up.
     */
    void awaitReadable(final long deadlineNs, final boolean isInterruptible) throws IOException
    {
        if (!readable.await(deadlineNs, isInterruptible) && driver().clock().nanoTime() >= deadlineNs)
        {
            throw new SocketTimeoutException("Read timed out");
        }
    }

    int available()
    {
        return isInputShut ? 0 : connection.readable();
    }

    /** From now on there is nothing to read; what the peer still sends is taken and dropped, as Linux does. */
    void shutdownInput()
    {
        isInputShut = true;
        readable.signal();
        drain();
        keys.signal(SelectionKey.OP_READ);
    }

    boolean isInputShut()
    {
        return isInputShut;
    }

    /** What has come since the input was shut; by whoever has just given the read lock back. */
    void drainIfShut()
    {
        if (isInputShut && !isClosed && connection.readable() > 0)
        {
            drain();
        }
    }

    /** Any thread. One that finds the lock taken leaves it to its holder, who looks again after that. */
    private void drain()
    {
        do
        {
            if (!readLock.tryLock())
            {
                return;
            }
            try
            {
                final ByteBuffer scratch = ByteBuffer.allocate(DRAIN_BYTES);
                while (!isClosed && connection.read(scratch) > 0)
                {
                    scratch.clear();
                }
            }
            finally
            {
                readLock.unlock();
            }
        }
        while (connection.readable() > 0 && !isClosed);
        finishClose();
        driver().kick();
    }

    // ---- writing; by the holder of the write lock

    /** Copies in what fits, and has it sent. */
    int write(final ByteBuffer source) throws IOException
    {
        requireWritable();
        return (int)sent(offer(source));
    }

    /** As {@link #write(ByteBuffer)}, of one after the other, sent together. */
    long write(final ByteBuffer[] sources, final int offset, final int length) throws IOException
    {
        requireWritable();
        long sum = 0;
        boolean isFull = false;
        for (int i = offset; i < offset + length && !isFull; i++)
        {
            sum += offer(sources[i]);
            isFull = sources[i].hasRemaining();
        }
        return sent(sum);
    }

    /** One byte, declared urgent with all before it; false when it does not fit. */
    boolean writeUrgent(final byte data) throws IOException
    {
        requireWritable();
        final boolean isTaken = offer(ByteBuffer.wrap(new byte[]{data})) == 1;
        if (isTaken)
        {
            connection.markUrgent();
        }
        sent(isTaken ? 1 : 0);
        return isTaken;
    }

    private int offer(final ByteBuffer source) throws ClosedChannelException
    {
        try
        {
            return source.hasRemaining() ? connection.offer(source) : 0;
        }
        catch (final IllegalStateException ex)
        {
            // Closed by another thread since we looked.
            throw new ClosedChannelException();
        }
    }

    private long sent(final long taken)
    {
        if (taken > 0)
        {
            driver().flush(connection);
        }
        else if (connection.isStarved())
        {
            // Room, but no memory: the owner tells when there is some.
            connection.flush();
            driver().kick();
        }
        return taken;
    }

    private void requireWritable() throws IOException
    {
        if (isClosed || isOutputShut)
        {
            throw new ClosedChannelException();
        }
        final CloseReason reason = connection.closeReason();
        if (reason != null)
        {
            final boolean isFirst = !isErrorTaken && !connection.peerHasFinished();
            isErrorTaken = true;
            throw Failures.ofWrite(reason, isFirst);
        }
    }

    /** Waits until a good part of so many bytes fits, or an error does. */
    void awaitWritable(final long remaining, final boolean isInterruptible)
    {
        final int most = Math.min(WRITE_BLOCK, Math.max(1, connection.sendBufferBytes() / 2));
        wantedRoom = (int)Math.min(remaining, most);
        writable.await(Long.MAX_VALUE, isInterruptible);
    }

    /** A FIN behind what was written. */
    void shutdownOutput()
    {
        isOutputShut = true;
        connection.shutdownOutput();
        driver().kick();
        writable.signal();
        keys.signal(SelectionKey.OP_WRITE);
    }

    boolean isOutputShut()
    {
        return isOutputShut;
    }

    // ---- the end

    /**
     * Nothing is read or written from now on, and whoever waits returns; {@link #finishClose} follows.
     *
     * @param isHard with a reset; what was not sent is dropped.
     */
    void beginClose(final boolean isHard)
    {
        isHardClose = isHard;
        isClosed = true;
        connectable.signal();
        readable.signal();
        writable.signal();
    }

    /**
     * Closes the connection, unless a reader is at its memory: then that one does, when it leaves. Any thread, any
     * number of times.
     *
     * @return whether it is done.
     */
    boolean finishClose()
    {
        if (!isClosed || connection == null || !readLock.tryLock())
        {
            return false;
        }
        try
        {
            if (isHardClose)
            {
                connection.abort();
            }
            else
            {
                connection.close();
            }
        }
        finally
        {
            readLock.unlock();
        }
        driver().kick();
        return true;
    }

    /** After {@link #finishClose}: waits until the peer has everything of ours, or time is up. */
    void linger(final long patienceNs)
    {
        final long deadlineNs = Waiter.deadlineNs(driver(), patienceNs);
        for (long nowNs = driver().clock().nanoTime(); !isSaid() && nowNs < deadlineNs &&
            !Thread.currentThread().isInterrupted(); nowNs = driver().clock().nanoTime())
        {
            // Nobody is told when a FIN is acknowledged: looked at again and again.
            driver().await(this::isSaid, Math.min(deadlineNs, nowNs + LINGER_STEP_NS));
        }
    }

    private boolean isSaid()
    {
        final TcpState state = connection.state();
        return state == TcpState.CLOSED || state == TcpState.FIN_WAIT_2 || state == TcpState.TIME_WAIT;
    }

    boolean isClosed()
    {
        return isClosed;
    }

    // ---- readiness

    /** See {@link Selectable#readyOps}. */
    int readyOps()
    {
        final Connection c = connection;
        if (isClosed || c == null)
        {
            return 0;
        }
        final boolean isOver = c.closeReason() != null;
        if (!isAdopted)
        {
            return isConnected || isOver ? SelectionKey.OP_CONNECT : 0;
        }
        int ops = 0;
        if (isOver || isInputShut || c.readable() > 0 || c.peerHasFinished())
        {
            ops |= SelectionKey.OP_READ;
        }
        if (isOver || isOutputShut || hasRoom(c))
        {
            ops |= SelectionKey.OP_WRITE;
        }
        return ops;
    }

    /** A third of the buffer, as on Linux: else a writer that is slightly too fast comes back for every segment. */
    private static boolean hasRoom(final Connection c)
    {
        final int room = c.writable();
        return room > 0 && 3L * room >= c.sendBufferBytes() && !c.isStarved();
    }

    private boolean isReadable()
    {
        return isClosed || isInputShut || connection.readable() > 0 || connection.peerHasFinished() ||
            connection.closeReason() != null;
    }

    private boolean isWritable()
    {
        return isClosed || isOutputShut || connection.closeReason() != null ||
            connection.writable() >= wantedRoom && !connection.isStarved();
    }

    // ---- the handler, on the stack's owner

    @Override
    public void onConnected(final Connection connection)
    {
        isConnected = true;
        connectable.signal();
        keys.signal(SelectionKey.OP_CONNECT);
    }

    @Override
    public int onReceive(final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
    {
        // Kept in the connection's queue, to be read by the thread that wants it.
        return isInputShut ? length : 0;
    }

    @Override
    public void onReadable(final Connection connection)
    {
        if (isInputShut)
        {
            drain();
            return;
        }
        readable.signal();
        keys.signal(SelectionKey.OP_READ);
    }

    @Override
    public void onWritable(final Connection connection)
    {
        if (isWritable())
        {
            writable.signal();
        }
        if (hasRoom(connection))
        {
            keys.signal(SelectionKey.OP_WRITE);
        }
    }

    @Override
    public void onPeerClosed(final Connection connection)
    {
        readable.signal();
        keys.signal(SelectionKey.OP_READ);
    }

    @Override
    public void onClosed(final Connection connection, final CloseReason reason)
    {
        connectable.signal();
        readable.signal();
        writable.signal();
        keys.signal(SelectionKey.OP_CONNECT | SelectionKey.OP_READ | SelectionKey.OP_WRITE);
    }
}
