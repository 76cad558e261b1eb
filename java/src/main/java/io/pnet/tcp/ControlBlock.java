package io.pnet.tcp;

import io.pnet.ip.Destination;
import io.pnet.tcp.congestion.CongestionControl;
import io.pnet.tcp.congestion.CongestionWindow;
import io.pnet.transport.Timer;

/**
 * The transmission control block of a {@link Connection} (RFC 9293 section 3.3.1), named as there, and what follows
 * from it.
 *
 * <p>The stream offset of a sequence number is {@code sndUnaOffset + (seq - sndUna)}; the SYN has offset -1, the first
 * byte 0, the FIN the offset behind the last byte.
 *
 * <p>Owned by the stack's owner. Users' threads see what is volatile, and share the buffers as their classes say.
 */
abstract class ControlBlock extends Flow
{
    static final long NEVER = Timer.IDLE;

    final TcpTransport tcp;
    /** Shared with all connections that have the same; see {@link Connection#changeSettings}. */
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

    ControlBlock(
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
        this.sendBuffer = new SendBuffer(tcp.sendChunks, tcp.smallChunks, tcp.released, settings, tcp.sendBudget);
        this.receiveWindow = new ReceiveWindow(tcp.receiveBudget, settings);
        this.receiveQueue = new ReceiveQueue(tcp.largeChunks, tcp.smallChunks);
    }

    // ---- what it has only while it needs it

    /** Where what is sent now is noted. */
    final SentSegments sending()
    {
        if (sent == SentSegments.NOTHING)
        {
            sent = tcp.spares.takeSent();
        }
        return sent;
    }

    /** Where what arrives out of order is kept, or was here already is noted. */
    final Reassembly reassembling()
    {
        if (reassembly == Reassembly.NOTHING)
        {
            reassembly = tcp.spares.takeReassembly(tcp);
        }
        return reassembly;
    }

    /** After each piece of work: gives back what it does not need for the moment. */
    final void rest()
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

    // ---- what follows from the above

    final long offsetOf(final int seq)
    {
        return sndUnaOffset + (seq - sndUna);
    }

    /** Bytes in flight: sent, and neither acknowledged nor deemed lost (RFC 6675's pipe, RFC 8985's accounting). */
    final int inFlight()
    {
        return sndNxt - sndUna - sent.sackedBytes() - sent.lostBytes() + sent.retransmittedBytes() -
            recovery.dupAckBytes;
    }

    /** Whether there are bytes, or a FIN, that were never sent. */
    final boolean hasUnsent()
    {
        return Math.min(sendBuffer.written(), finOffset) > offsetOf(sndNxt) - (finSent ? 1 : 0) ||
            finOffset != Long.MAX_VALUE && !finSent;
    }

    /** Bytes deemed lost since the start, as often as they were. */
    final long everLostBytes()
    {
        return lostBefore + sent.everLostBytes();
    }

    /** The receive window that the peer may still use. */
    final int rcvWnd()
    {
        return rcvAdv - rcvNxt;
    }

    final int timestamp(final long nowNs)
    {
        return clock(nowNs) + tsOffset;
    }

    /** The clock of time stamps, without a connection's offset: it ticks every millisecond (RFC 7323 section 5.4). */
    static int clock(final long nowNs)
    {
        return (int)(nowNs / 1_000_000L);
    }
}
