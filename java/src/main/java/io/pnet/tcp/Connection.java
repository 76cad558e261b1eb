package io.pnet.tcp;

import io.pnet.ip.Destination;
import io.pnet.ip.IpAddress;
import io.pnet.tcp.congestion.CongestionControl;
import io.pnet.tcp.congestion.CongestionWindow;
import io.pnet.transport.Timer;
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
 * A TCP connection: the transmission control block of RFC 9293 section 3.3.1, named as there, and the user's calls.
 *
 * <p><b>Threads.</b> The state belongs to the stack's owner. Of the user's calls, {@code write}, {@code claim} and
 * {@code commit} may be made by one thread at a time, {@code read} by one thread at a time, and
 * {@link #shutdownOutput}, {@link #close} and {@link #abort} by any, the owner's handlers included: they leave work for
 * the owner, which runs when the stack next does.
 *
 * <p>The stream offset of a sequence number is {@code sndUnaOffset + (seq - sndUna)}; the SYN has offset -1, the first
 * byte 0, the FIN the offset behind the last byte.
 */
public final class Connection extends Flow
{
    static final long NEVER = Timer.IDLE;

    private static final int SHUTDOWN_OUTPUT = 1;
    private static final int CLOSE = 2;
    private static final int ABORT = 4;

    private static final VarHandle REQUESTS;
    private static final VarHandle DIRTY;
    private static final VarHandle UPDATE_WINDOW_AT;

    static
    {
        try
        {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            REQUESTS = lookup.findVarHandle(Connection.class, "requests", int.class);
            DIRTY = lookup.findVarHandle(Connection.class, "dirty", int.class);
            UPDATE_WINDOW_AT = lookup.findVarHandle(Connection.class, "updateWindowAt", long.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    final TcpTransport tcp;
    /** Shared with all connections that have the same; see {@link #changeSettings}. */
    TcpSettings settings;
    final Destination destination;
    /** The listener that made it, or null for an active open. */
    final Listener listener;
    TcpHandler handler;
    volatile TcpState state = TcpState.CLOSED;
    volatile CloseReason closeReason;

    // ---- send sequence space (RFC 9293 section 3.3.1)
    int iss;
    int sndUna;
    int sndNxt;
    int sndWnd;
    int sndWl1;
    int sndWl2;
    int maxSndWnd;
    long sndUnaOffset = -1;
    /** Stream offset of the FIN once the user has closed, else {@link Long#MAX_VALUE}. */
    long finOffset = Long.MAX_VALUE;
    boolean finSent;

    // ---- receive sequence space
    int irs;
    int rcvNxt;
    /** The right edge of the window that was advertised last: RCV.NXT + RCV.WND. */
    int rcvAdv;
    boolean finReceived;
    int finSeq;
    boolean finPending;

    // ---- what the handshake agreed on
    int sndMss = 536;
    int peerMss = 536;
    int rcvMss;
    int sndWndShift;
    int rcvWndShift;
    boolean windowScaling;
    boolean sackPermitted;
    boolean timestamps;
    int tsOffset;
    int tsRecent;
    long tsRecentNs;
    int lastAckSent;

    // ---- acknowledgements we owe
    boolean ackNow;
    int segmentsToAck;
    int quickAcks;
    /** The last acknowledgement that was delayed waited in vain for an answer to travel with; see {@link QuickAcks}. */
    boolean isUnanswered;
    /** When the stream has last moved on, 0 before it has. */
    long lastInOrderNs;
    long challengeWindowNs;
    int challenges;

    // ---- loss recovery and congestion control
    /** {@link SentSegments#NOTHING} while nothing is on its way; see {@link #sending}. */
    SentSegments sent = SentSegments.NOTHING;
    private long lostBefore;
    final Rtt rtt;
    final CongestionControl congestion;
    final CongestionWindow window = new CongestionWindow();
    final RecoveryState recovery = new RecoveryState();
    final RateSampler rate = new RateSampler();
    final WindowUse windowUse = new WindowUse();
    /** Before this nothing is sent; see {@link Pacer}. */
    long releaseNs = Long.MIN_VALUE;
    final Ecn ecn = new Ecn();
    long lastSendNs;
    long progressNs;
    int synRetransmits;
    /** Whether the SYN went again behind a RST of ours, since the last time-out. */
    boolean isSynRepeated;
    /** Time-outs since anything was acknowledged. */
    int unansweredTimeouts;
    int persistBackoff;
    /** When the peer's window was found shut first. */
    long persistSinceNs;
    /** Closed by its user, and not yet over. */
    boolean isOrphan;
    /** Opened by data in the peer's SYN, and the handshake is not complete. */
    boolean isFastOpen;
    /** Our first SYN asked for a cookie, or carried one. */
    boolean hasTriedFastOpen;
    /** Bytes in our SYN. */
    int synBytes;
    int keepAliveProbesSent;
    long lastReceivedNs;

    // ---- deadlines, all in the one timer that this object is
    long retransmitAtNs = NEVER;
    int lossTimersPostponed;
    long probeAtNs = NEVER;
    long reorderAtNs = NEVER;
    long persistAtNs = NEVER;
    long paceAtNs = NEVER;
    long delayedAckAtNs = NEVER;
    long keepAliveAtNs = NEVER;
    long closeAtNs = NEVER;

    // ---- buffers, shared with the user's threads as their classes say
    final SendBuffer sendBuffer;
    final PathMtu path = new PathMtu();
    final ReceiveWindow receiveWindow;
    final ReceiveQueue receiveQueue;
    /** {@link Reassembly#NOTHING} while all is in order; see {@link #reassembling}. */
    Reassembly reassembly = Reassembly.NOTHING;
    boolean isClosedByUser;
    volatile boolean peerFinished;

    // ---- urgent data, stream offsets of the first byte behind it
    volatile long urgentSentEnd;
    volatile long urgentReceivedEnd;

    // ---- statistics for TcpInfo
    final SendTime sendTime = new SendTime();
    long bytesSent;
    long bytesReceived;
    long retransmittedSegments;
    long retransmittedBytes;
    long rtoTimeouts;

    // ---- lists of the transport
    Connection nextActive;
    boolean isActive;
    boolean isWritableDue;
    Connection nextStarved;
    boolean isStarved;
    Connection nextDirty;

    @SuppressWarnings("unused")
    private int requests;
    private volatile long maxPacingRate;
    @SuppressWarnings("unused")
    private int dirty;
    @SuppressWarnings("unused")
    private long updateWindowAt = Long.MAX_VALUE;

    Connection(
        final TcpTransport tcp,
        final TcpSettings settings,
        final Destination destination,
        final int localPort,
        final int remotePort,
        final Listener listener,
        final TcpHandler handler)
    {
        super(
            destination.sourceHi(),
            destination.sourceLo(),
            destination.remoteHi(),
            destination.remoteLo(),
            localPort,
            remotePort);
        this.tcp = tcp;
        this.settings = settings;
        this.destination = destination;
        this.listener = listener;
        this.handler = handler;
        this.rtt = new Rtt(settings.initialRtoNs, settings.minRtoNs, settings.maxRtoNs);
        this.rtt.slopNs(settings.compatibility.rtoSlopNs);
        this.quickAcks = settings.compatibility.quickAcks;
        this.congestion = settings.congestionControl.get();
        this.maxPacingRate = settings.maxPacingRate;
        this.sendBuffer = new SendBuffer(tcp.sendChunks, tcp.smallChunks, tcp.released, settings, tcp.sendBudget);
        this.receiveWindow = new ReceiveWindow(tcp.receiveBudget, settings);
        this.receiveQueue = new ReceiveQueue(tcp.largeChunks, tcp.smallChunks);
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
        final TcpSettings changed = settings.copy();
        change.accept(changed);
        settings = tcp.sharedSettings.of(changed);
        if (state != TcpState.CLOSED)
        {
            sendBuffer.resize(settings);
            tcp.timers.keepAliveChanged(this, tcp.nowNs());
            signal();
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

    // ---- what it has only while it needs it

    /** Where what is sent now is noted. */
    SentSegments sending()
    {
        if (sent == SentSegments.NOTHING)
        {
            sent = tcp.spares.takeSent();
        }
        return sent;
    }

    /** Where what arrives out of order is kept, or was here already is noted. */
    Reassembly reassembling()
    {
        if (reassembly == Reassembly.NOTHING)
        {
            reassembly = tcp.spares.takeReassembly(tcp);
        }
        return reassembly;
    }

    /** After each piece of work: gives back what it does not need for the moment. */
    void rest()
    {
        if (sent.isEmpty() && sent != SentSegments.NOTHING)
        {
            lostBefore += sent.everLostBytes();
            tcp.spares.give(sent);
            sent = SentSegments.NOTHING;
        }
        if (reassembly != Reassembly.NOTHING && reassembly.isIdle())
        {
            tcp.spares.give(reassembly);
            reassembly = Reassembly.NOTHING;
        }
    }

    /** Bytes deemed lost since the start, as often as they were. */
    long everLostBytes()
    {
        return lostBefore + sent.everLostBytes();
    }

    long offsetOf(final int seq)
    {
        return sndUnaOffset + (seq - sndUna);
    }

    /** Bytes in flight: sent, and neither acknowledged nor deemed lost (RFC 6675's pipe, RFC 8985's accounting). */
    int inFlight()
    {
        return sndNxt - sndUna - sent.sackedBytes() - sent.lostBytes() + sent.retransmittedBytes() -
            recovery.dupAckBytes;
    }

    /** Whether there are bytes, or a FIN, that were never sent. */
    boolean hasUnsent()
    {
        return Math.min(sendBuffer.written(), finOffset) > offsetOf(sndNxt) - (finSent ? 1 : 0) ||
            finOffset != Long.MAX_VALUE && !finSent;
    }

    /** The receive window that the peer may still use. */
    int rcvWnd()
    {
        return rcvAdv - rcvNxt;
    }

    int timestamp(final long nowNs)
    {
        return clock(nowNs) + tsOffset;
    }

    /** The clock of time stamps, without a connection's offset: it ticks every millisecond (RFC 7323 section 5.4). */
    static int clock(final long nowNs)
    {
        return (int)(nowNs / 1_000_000L);
    }

    @Override
    protected void onTimer(final long nowNs)
    {
        try
        {
            tcp.timers.onTimer(this, nowNs);
        }
        catch (final RuntimeException ex)
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
