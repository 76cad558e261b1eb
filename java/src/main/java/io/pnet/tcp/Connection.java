package io.pnet.tcp;

import io.pnet.ip.Destination;
import io.pnet.ip.IpAddress;
import io.pnet.wire.TcpOptions;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * A TCP connection: its transmission control block, and the user's calls (RFC 9293 section 3.9.1).
 *
 * <p><b>Threads.</b> The state belongs to the stack's owner. Of the user's calls, {@code write}, {@code claim} and
 * {@code commit} may be made by one thread at a time, {@code read} by one thread at a time, and
 * {@link #shutdownOutput}, {@link #close} and {@link #abort} by any, the owner's handlers included: they leave work for
 * the owner, which runs when the stack next does.
 */
public final class Connection extends ControlBlock
{
    private static final int SHUTDOWN_OUTPUT = 1;
    private static final int CLOSE = 2;
    private static final int ABORT = 4;

    private static final VarHandle REQUESTS;
    private static final VarHandle DIRTY;
    private static final VarHandle UPDATE_WINDOW_AT;
    private static final VarHandle WANTED_SETTINGS;

    static
    {
        try
        {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            REQUESTS = lookup.findVarHandle(Connection.class, "requests", int.class);
            DIRTY = lookup.findVarHandle(Connection.class, "dirty", int.class);
            UPDATE_WINDOW_AT = lookup.findVarHandle(Connection.class, "updateWindowAt", long.class);
            WANTED_SETTINGS = lookup.findVarHandle(Connection.class, "wantedSettings", Consumer.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    @SuppressWarnings("unused")
    private int requests;
    private volatile long maxPacingRate;
    @SuppressWarnings("unused")
    private int dirty;
    @SuppressWarnings("unused")
    private long updateWindowAt = Long.MAX_VALUE;
    /** Changes that were asked for and the owner has not made yet; null for none. */
    private volatile Consumer<TcpSettings> wantedSettings;

    Connection(
        final TcpTransport tcp,
        final TcpSettings settings,
        final Destination destination,
        final int localPort,
        final int remotePort,
        final Listener listener,
        final TcpHandler handler)
    {
        super(tcp, settings, destination, localPort, remotePort, listener, handler);
        this.maxPacingRate = settings.maxPacingRate;
    }

    // ---- the user's calls

    /**
     * Copies bytes into the send buffer. They leave with the stack's next duty cycle, a closed window notwithstanding.
     *
     * @return how many were taken: fewer than {@code length} when the buffer is full, then
     *     {@link TcpHandler#onWritable} is called when there is room again.
     * @throws IllegalStateException after {@link #shutdownOutput} or {@link #close}.
     */
    public int write(final DirectBuffer source, final int offset, final int length)
    {
        requireOpenForOutput();
        final int taken = sendBuffer.write(source, offset, length);
        if (taken > 0 || sendBuffer.isStarved())
        {
            signal();
        }
        return taken;
    }

    /** As {@link #write(DirectBuffer, int, int)}; moves the source's position by what was taken. */
    public int write(final ByteBuffer source)
    {
        requireOpenForOutput();
        final int taken = sendBuffer.write(source);
        if (taken > 0 || sendBuffer.isStarved())
        {
            signal();
        }
        return taken;
    }

    /**
     * As {@link #write(ByteBuffer)}, but does not tell the owner: {@link #flush} does, once the caller has offered all
     * it has.
     */
    public int offer(final ByteBuffer source)
    {
        requireOpenForOutput();
        return sendBuffer.write(source);
    }

    /** Has the owner look at what was offered. */
    public void flush()
    {
        signal();
    }

    /**
     * Claims contiguous room in the send buffer, to be encoded in place from the returned offset of
     * {@link #claimBuffer()} on, without the copy that {@code write} makes. Every claim that succeeds is followed by
     * {@link #commit} before any other call on this connection.
     *
     * @param length at most 64 KiB.
     * @return the offset, or -1 when there is no room now.
     */
    public int claim(final int length)
    {
        requireOpenForOutput();
        final int offset = sendBuffer.claim(length);
        if (offset < 0 && sendBuffer.isStarved())
        {
            signal();
        }
        return offset;
    }

    /** The memory of the claim. */
    public UnsafeBuffer claimBuffer()
    {
        return sendBuffer.claimBuffer();
    }

    /** Sends the first {@code length} bytes of the claim. */
    public void commit(final int length)
    {
        sendBuffer.commit(length);
        signal();
    }

    /** Bytes that {@link #write} would take now. */
    public int writable()
    {
        return sendBuffer.room();
    }

    /**
     * Whether the last write found room and no memory: other connections have it all for the moment.
     * {@link TcpHandler#onWritable} is called once there is some. Any thread.
     */
    public boolean isStarved()
    {
        return sendBuffer.isStarved();
    }

    /** Bytes that the send buffer holds at most, now: it grows with the congestion window unless it was set. */
    public int sendBufferBytes()
    {
        return sendBuffer.limit();
    }

    /** Bytes written and not yet acknowledged by the peer. */
    public int unacknowledged()
    {
        return sendBuffer.pending();
    }

    /** Copies out received bytes that are queued; 0 when there are none now. */
    public int read(final ByteBuffer target)
    {
        return afterRead(receiveQueue.read(target));
    }

    /** Copies out received bytes that are queued; 0 when there are none now. */
    public int read(final MutableDirectBuffer target, final int offset, final int length)
    {
        return afterRead(receiveQueue.read(target, offset, length));
    }

    /** Bytes that {@link #read} would give now. */
    public int readable()
    {
        return receiveQueue.unread();
    }

    /** Whether the peer has finished sending and everything it sent has been read. */
    public boolean isEndOfStream()
    {
        return peerFinished && receiveQueue.unread() == 0;
    }

    /** Whether the peer has finished sending; some of it may still be unread. Any thread. */
    public boolean peerHasFinished()
    {
        return peerFinished;
    }

    /**
     * Declares everything written so far urgent (RFC 9293 section 3.8.5): the peer is told at once, also through a
     * closed window's probes. For old protocols; RFC 6093 advises against it in new ones.
     */
    public void markUrgent()
    {
        requireOpenForOutput();
        urgentSentEnd = sendBuffer.written();
        signal();
    }

    /**
     * How many of the next bytes to be read the peer has declared urgent, some of which may still be on their way; 0
     * when there are none. Exact on the stack's owner, approximate from other threads.
     */
    public long urgentAhead()
    {
        return Math.max(0, urgentReceivedEnd - (bytesReceived - receiveQueue.unread()));
    }

    /** Half close: what was written is sent, then a FIN. Receiving goes on. */
    public void shutdownOutput()
    {
        request(SHUTDOWN_OUTPUT);
    }

    /**
     * Closes both ways: what was written is sent, then a FIN. Nobody reads here any more: bytes that are unread now, or
     * arrive later, make it a reset, as on Linux.
     */
    public void close()
    {
        request(SHUTDOWN_OUTPUT | CLOSE);
    }

    /** Ends at once: RST to the peer, unsent bytes are dropped. */
    public void abort()
    {
        request(ABORT);
    }

    /**
     * Sends payload no faster than so many bytes a second from now on, whatever the congestion control says; 0 for no
     * limit. Any thread.
     */
    public void maxPacingRate(final long bytesPerSecond)
    {
        maxPacingRate = Math.max(0, bytesPerSecond);
        signal();
    }

    /** The limit that {@link #maxPacingRate(long)} or the settings have set; 0: there is none. */
    public long maxPacingRate()
    {
        return maxPacingRate;
    }

    /** The state now; any thread. */
    public TcpState state()
    {
        return state;
    }

    /** Why it is over; null while it is not. Any thread. */
    public CloseReason closeReason()
    {
        return closeReason;
    }

    /**
     * What is set for this connection, to be read only: connections that have the same share it.
     * {@link #changeSettings} changes them. Stack's owner.
     */
    public TcpSettings settings()
    {
        return settings;
    }

    /**
     * Changes what is set for this connection alone, and does not concern the handshake: buffer sizes, keepalive and
     * its times, what Nagle's algorithm holds back. Stack's owner.
     *
     * @param change is given a copy to change, which is not to be kept.
     */
    public void changeSettings(final Consumer<TcpSettings> change)
    {
        change(change);
        if (state != TcpState.CLOSED)
        {
            signal();
        }
    }

    /**
     * Has the owner do as {@link #changeSettings} does, in its next duty cycle and before it sends what is written from
     * now on. Any thread; it waits for nobody, since servers set options on everything they accept while the stack is
     * busy with what they have accepted before.
     *
     * @param change runs on the stack's owner.
     */
    public void wantSettings(final Consumer<TcpSettings> change)
    {
        Consumer<TcpSettings> before;
        do
        {
            before = wantedSettings;
        }
        while (!WANTED_SETTINGS.compareAndSet(this, before, before == null ? change : before.andThen(change)));
        signal();
    }

    private void change(final Consumer<TcpSettings> change)
    {
        final TcpSettings changed = settings.copy();
        change.accept(changed);
        settings = tcp.sharedSettings.of(changed);
        if (state != TcpState.CLOSED)
        {
            sendBuffer.resize(settings);
            tcp.timers.keepAliveChanged(this, tcp.nowNs());
        }
    }

    /**
     * As Linux's TCP_QUICKACK: on, what is not acknowledged yet is, and the next segments are at once; off, ACKs may be
     * delayed from now on. The connection goes back to choosing by itself. Stack's owner.
     */
    public void quickAck(final boolean isOn)
    {
        quickAcks = isOn ? settings.compatibility.quickAcks : 0;
        if (isOn && segmentsToAck > 0 && state.canReceive())
        {
            ackNow = true;
            signal();
        }
    }

    /** Bytes that may wait to be read at most, now: it grows with what is read unless it was set. Stack's owner. */
    public int receiveBufferBytes()
    {
        if (!settings.compatibility.receivesIntoBuffer || state == TcpState.SYN_SENT ||
            state == TcpState.SYN_RECEIVED && listener != null)
        {
            return receiveWindow.buffer(this);
        }
        final int mss = Math.max(1, sndMss + (timestamps ? TcpOptions.TIMESTAMPS_LENGTH : 0));
        return (receiveWindow.buffer(this) + mss - 1) / mss * mss;
    }

    /** How far beyond RCV.NXT a segment is looked at: the window, unless all of the buffer counts. */
    int acceptableWindow()
    {
        final boolean isRequest = state == TcpState.SYN_RECEIVED && listener != null;
        return settings.compatibility.receivesIntoBuffer && !isRequest ?
            Math.max(rcvWnd(), receiveBufferBytes() - receiveQueue.unread()) : rcvWnd();
    }

    /** Whether both sides put time stamps on their segments (RFC 7323). */
    public boolean usesTimestamps()
    {
        return timestamps;
    }

    /** Whether both sides know selective acknowledgements (RFC 2018). */
    public boolean usesSack()
    {
        return sackPermitted;
    }

    /** Whether both sides scale their windows (RFC 7323). */
    public boolean usesWindowScaling()
    {
        return windowScaling;
    }

    /** Who is told of events from now on. Stack's owner. */
    public void handler(final TcpHandler handler)
    {
        this.handler = handler;
    }

    public InetSocketAddress localAddress()
    {
        return new InetSocketAddress(IpAddress.toInetAddress(localHi, localLo), localPort);
    }

    public InetSocketAddress remoteAddress()
    {
        return new InetSocketAddress(IpAddress.toInetAddress(remoteHi, remoteLo), remotePort);
    }

    /** A snapshot of what the connection knows. Exact on the stack's owner, approximate from other threads. */
    public TcpInfo info()
    {
        return TcpInfo.of(this);
    }

    @Override
    public String toString()
    {
        return "tcp " + localAddress() + " -> " + remoteAddress() + " " + state;
    }

    private void requireOpenForOutput()
    {
        if (((int)REQUESTS.getAcquire(this) & (SHUTDOWN_OUTPUT | ABORT)) != 0)
        {
            throw new IllegalStateException("output of this connection is shut down");
        }
    }

    private int afterRead(final int length)
    {
        if (length > 0)
        {
            // Pairs with updateWindowAt: of the two, the later sees what the other has written.
            VarHandle.fullFence();
            if (receiveQueue.consumed() >= (long)UPDATE_WINDOW_AT.getAcquire(this))
            {
                signal();
            }
        }
        return length;
    }

    private void request(final int bits)
    {
        REQUESTS.getAndBitwiseOr(this, bits);
        signal();
    }

    /** Leaves this connection for the owner to look at. */
    private void signal()
    {
        if (DIRTY.compareAndSet(this, 0, 1))
        {
            tcp.requests.push(this);
        }
    }

    // ---- the owner's side of the above

    void clearDirty()
    {
        DIRTY.setVolatile(this, 0);
    }

    /** Makes the changes of {@link #wantSettings}. */
    @SuppressWarnings("unchecked")
    void makeWantedChanges()
    {
        if (wantedSettings != null)
        {
            change((Consumer<TcpSettings>)WANTED_SETTINGS.getAndSet(this, null));
        }
    }

    boolean isAbortRequested()
    {
        return ((int)REQUESTS.getAcquire(this) & ABORT) != 0;
    }

    boolean isCloseRequested()
    {
        return ((int)REQUESTS.getAcquire(this) & CLOSE) != 0;
    }

    boolean isShutdownRequested()
    {
        return ((int)REQUESTS.getAcquire(this) & SHUTDOWN_OUTPUT) != 0;
    }

    /** The reader wakes the owner once it has consumed up to here. */
    void updateWindowAt(final long consumed)
    {
        if (consumed == Long.MAX_VALUE)
        {
            UPDATE_WINDOW_AT.setRelease(this, consumed);
            return;
        }
        UPDATE_WINDOW_AT.setVolatile(this, consumed);
        if (receiveQueue.consumed() >= consumed)
        {
            // The reader got there while the window was computed, and looked before it could know.
            signal();
        }
    }

    @Override
    protected void onTimer(final long nowNs)
    {
        try
        {
            tcp.timers.onTimer(this, nowNs);
        }
        catch (final Throwable ex)
        {
            tcp.onDefect(this, ex);
        }
    }

    // ---- the handler, guarded: an exception of the user's never ends the stack

    void fireConnected()
    {
        try
        {
            handler.onConnected(this);
        }
        catch (final Throwable ex)
        {
            onHandlerError(ex);
        }
    }

    int fireReceive(final UnsafeBuffer buffer, final int offset, final int length)
    {
        try
        {
            return Math.max(0, Math.min(length, handler.onReceive(this, buffer, offset, length)));
        }
        catch (final Throwable ex)
        {
            onHandlerError(ex);
            return length;
        }
    }

    void fireReadable()
    {
        try
        {
            handler.onReadable(this);
        }
        catch (final Throwable ex)
        {
            onHandlerError(ex);
        }
    }

    void fireSoftError(final SoftError error)
    {
        if (handler == null)
        {
            // Half-open: nobody has it yet.
            return;
        }
        try
        {
            handler.onSoftError(this, error);
        }
        catch (final Throwable ex)
        {
            onHandlerError(ex);
        }
    }

    void fireUrgent()
    {
        try
        {
            handler.onUrgent(this);
        }
        catch (final Throwable ex)
        {
            onHandlerError(ex);
        }
    }

    void fireWritable()
    {
        try
        {
            handler.onWritable(this);
        }
        catch (final Throwable ex)
        {
            onHandlerError(ex);
        }
    }

    void firePeerClosed()
    {
        peerFinished = true;
        try
        {
            handler.onPeerClosed(this);
        }
        catch (final Throwable ex)
        {
            onHandlerError(ex);
        }
    }

    void fireClosed(final CloseReason reason)
    {
        try
        {
            handler.onClosed(this, reason);
        }
        catch (final Throwable ex)
        {
            tcp.onHandlerError(ex);
        }
    }

    private void onHandlerError(final Throwable ex)
    {
        tcp.onHandlerError(ex);
        sendBuffer.abandonClaim();
        abort();
    }
}
