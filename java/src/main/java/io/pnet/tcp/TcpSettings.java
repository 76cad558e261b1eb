package io.pnet.tcp;

import io.pnet.tcp.congestion.CongestionControl;
import io.pnet.tcp.congestion.Cubic;

import java.util.function.Supplier;

/**
 * What can be set about TCP. Plain values: the transport's are the defaults, each connection and listener takes a copy
 * that may differ. Times in ns, sizes in bytes.
 */
public final class TcpSettings
{
    private static final long MS = 1_000_000L;
    private static final long S = 1_000 * MS;

    /**
     * What may wait in the send buffer, acknowledged or not; 0: as much as keeps the connection busy, which grows with
     * the congestion window, to what the path can use.
     */
    public int sendBufferBytes;
    /** The receive buffer, and so the largest window; 0: one that grows with what the application takes. */
    public int receiveBufferBytes;
    /** What a send buffer grows to at most: twice what 1 Gbit/s has in flight at 100 ms, and more. */
    public int maxSendBufferBytes = 32 << 20;
    /** What a receive buffer grows to at most; decides the window scale. */
    public int maxReceiveBufferBytes = 32 << 20;
    /** Nagle's algorithm off (RFC 9293 section 3.7.4). */
    public boolean noDelay;
    /** Whether SACK is offered and accepted (RFC 2018). */
    public boolean sack = true;
    /** Whether time stamps are offered and accepted (RFC 7323). */
    public boolean timestamps = true;
    /** Whether window scaling is offered and accepted (RFC 7323). */
    public boolean windowScaling = true;
    /** Explicit congestion notification (RFC 3168). */
    public EcnMode ecn = EcnMode.ACCEPT;
    /** Initial congestion window in segments (RFC 6928). */
    public int initialWindowSegments = 10;
    /** One new instance per connection. */
    public Supplier<? extends CongestionControl> congestionControl = Cubic::new;
    /**
     * Payload is sent no faster than so many bytes a second, spread over time, as with Linux's SO_MAX_PACING_RATE; 0
     * for no limit.
     */
    public long maxPacingRate;
    /** RTO before the first measurement (RFC 6298 section 2.1). */
    public long initialRtoNs = S;
    /** What the RTO is beyond the round-trip time at least; Linux's value, the RFC's SHOULD is 1 s for the whole. */
    public long minRtoNs = 200 * MS;
    /** Upper bound of the RTO. */
    public long maxRtoNs = 120 * S;
    /** How long an ACK may wait for company (RFC 9293 section 3.8.6.3 allows 500 ms). */
    public long delayedAckNs = 40 * MS;
    /** How long a SYN is retried (R2 for SYN, RFC 9293 section 3.8.3: at least 3 minutes). */
    public long synTimeoutNs = 190 * S;
    /**
     * How long a listener's half-open connection waits for the last part of the handshake, about 5 retries as on
     * Linux.
     */
    public long synReceivedTimeoutNs = 60 * S;
    /** Half-open connections that one listener keeps at most; each costs about 200 bytes. */
    public int maxHalfOpen = 1_024;
    /** Half-open connections that all listeners of a stack keep at most. The transport's settings count. */
    public int maxHalfOpenOfStack = 16_384;
    /**
     * TCP Fast Open (RFC 7413), off unless asked for. As a client: what is written before the first duty cycle after
     * {@code connect} may travel in the SYN, and arrive twice. As a listener: data in a SYN with a valid cookie is
     * delivered at once, possibly twice.
     */
    public boolean fastOpen;
    /** Connections of one listener that data in a SYN has opened and whose handshake is not complete, at most. */
    public int maxFastOpen = 256;
    /** Whether a listener sends SYN cookies (RFC 4987). */
    public SynCookieUse synCookies = SynCookieUse.WHEN_FULL;
    /**
     * What becomes of a handshake that completes while the listener's backlog is full: dropped and left to the peer's
     * and our retransmissions, or reset.
     */
    public boolean resetOnOverflow;
    /**
     * In SYN_RECEIVED and TIME_WAIT segments that are not acceptable and carry no data are answered once in so long, so
     * that no two ends loop. A connection in any other state answers ten of them a second.
     */
    public long invalidAckIntervalNs = 500 * MS;
    /** How long unacknowledged data, or a window probe, is retried before the peer is given up (R2). */
    public long retransmitTimeoutNs = 900 * S;
    /**
     * The user timeout (RFC 9293 section 3.9.1.2, RFC 5482), as Linux's TCP_USER_TIMEOUT: how long data may stay
     * unacknowledged, or unsent because the peer's window is shut, be its probes answered or not. It also ends a peer
     * that does not answer keepalives. 0: none, {@link #retransmitTimeoutNs} counts and a shut window may stay shut.
     */
    public long userTimeoutNs;
    /**
     * How long a connection that its user has closed may take to say its last, with a peer that does not acknowledge or
     * keeps its window shut, but at least 8 attempts; then it is reset.
     */
    public long orphanTimeoutNs = 100 * S;
    /**
     * Connections that their users have closed and that have not said their last, of a stack at most; what is closed
     * beyond is reset. The transport's settings count.
     */
    public int maxOrphans = 8_192;
    /** TIME_WAIT lasts twice this (MSL of 30 s, as on Linux; RFC 9293 suggests 2 minutes). */
    public long maxSegmentLifetimeNs = 30 * S;
    /**
     * Connections of a stack in TIME_WAIT at most, each of about 200 bytes; beyond, the oldest makes room. The
     * transport's settings count.
     */
    public int maxTimeWaits = 65_536;
    /**
     * Whether a connect may use the ports of a connection in TIME_WAIT (RFC 6191): one second after it was closed, if
     * both use time stamps. Without, each local address gets at most 470 connections a second to one remote port.
     */
    public boolean reuseTimeWait = true;
    /** How long FIN_WAIT_2 waits for a peer whose connection nobody here reads any more. */
    public long finWait2TimeoutNs = 60 * S;
    /** Keepalive (RFC 9293 section 3.8.4); off unless asked for. */
    public boolean keepAlive;
    /** Idle time before the first probe: at least two hours by default. */
    public long keepAliveIdleNs = 7_200 * S;
    /** Between probes. */
    public long keepAliveIntervalNs = 75 * S;
    /** Unanswered probes before the connection is given up. */
    public int keepAliveProbes = 9;
    /**
     * Payload up to here is copied next to its headers and takes the link's plain lane; more is gathered from the chunk
     * it lies in.
     */
    public int copyLimit = 1_024;
    /** TOS or traffic class; its two low bits are ECN's and not looked at. */
    public int trafficClass;
    /** TTL or hop limit of what is sent, or 0 for the stack's. */
    public int hopLimit;
    /** Whether segments become smaller where large ones seem to vanish, nobody telling (RFC 4821, RFC 8899). */
    public boolean blackHoleDetection = true;
    /** Largest segment to offer and send, or 0 for what the path allows. */
    public int maxSegmentSize;
    /** Where other stacks do otherwise. */
    public TcpCompatibility compatibility = new TcpCompatibility();

    /** A copy that can be changed on its own. */
    public TcpSettings copy()
    {
        final TcpSettings copy = new TcpSettings();
        copy.sendBufferBytes = sendBufferBytes;
        copy.receiveBufferBytes = receiveBufferBytes;
        copy.maxSendBufferBytes = maxSendBufferBytes;
        copy.maxReceiveBufferBytes = maxReceiveBufferBytes;
        copy.noDelay = noDelay;
        copy.sack = sack;
        copy.timestamps = timestamps;
        copy.windowScaling = windowScaling;
        copy.ecn = ecn;
        copy.initialWindowSegments = initialWindowSegments;
        copy.congestionControl = congestionControl;
        copy.maxPacingRate = maxPacingRate;
        copy.initialRtoNs = initialRtoNs;
        copy.minRtoNs = minRtoNs;
        copy.maxRtoNs = maxRtoNs;
        copy.delayedAckNs = delayedAckNs;
        copy.synTimeoutNs = synTimeoutNs;
        copy.synReceivedTimeoutNs = synReceivedTimeoutNs;
        copy.maxHalfOpen = maxHalfOpen;
        copy.maxHalfOpenOfStack = maxHalfOpenOfStack;
        copy.fastOpen = fastOpen;
        copy.maxFastOpen = maxFastOpen;
        copy.synCookies = synCookies;
        copy.resetOnOverflow = resetOnOverflow;
        copy.invalidAckIntervalNs = invalidAckIntervalNs;
        copy.retransmitTimeoutNs = retransmitTimeoutNs;
        copy.userTimeoutNs = userTimeoutNs;
        copy.orphanTimeoutNs = orphanTimeoutNs;
        copy.maxOrphans = maxOrphans;
        copy.maxSegmentLifetimeNs = maxSegmentLifetimeNs;
        copy.maxTimeWaits = maxTimeWaits;
        copy.reuseTimeWait = reuseTimeWait;
        copy.finWait2TimeoutNs = finWait2TimeoutNs;
        copy.keepAlive = keepAlive;
        copy.keepAliveIdleNs = keepAliveIdleNs;
        copy.keepAliveIntervalNs = keepAliveIntervalNs;
        copy.keepAliveProbes = keepAliveProbes;
        copy.copyLimit = copyLimit;
        copy.trafficClass = trafficClass;
        copy.hopLimit = hopLimit;
        copy.blackHoleDetection = blackHoleDetection;
        copy.maxSegmentSize = maxSegmentSize;
        copy.compatibility = compatibility.copy();
        return copy;
    }

    /** Whether every value is the same. */
    boolean isSameAs(final TcpSettings other)
    {
        return sendBufferBytes == other.sendBufferBytes && receiveBufferBytes == other.receiveBufferBytes &&
            maxSendBufferBytes == other.maxSendBufferBytes &&
            maxReceiveBufferBytes == other.maxReceiveBufferBytes && noDelay == other.noDelay &&
            sack == other.sack && timestamps == other.timestamps && windowScaling == other.windowScaling &&
            ecn == other.ecn && initialWindowSegments == other.initialWindowSegments &&
            congestionControl == other.congestionControl && maxPacingRate == other.maxPacingRate &&
            initialRtoNs == other.initialRtoNs && minRtoNs == other.minRtoNs && maxRtoNs == other.maxRtoNs &&
            delayedAckNs == other.delayedAckNs && synTimeoutNs == other.synTimeoutNs &&
            synReceivedTimeoutNs == other.synReceivedTimeoutNs && maxHalfOpen == other.maxHalfOpen &&
            maxHalfOpenOfStack == other.maxHalfOpenOfStack && fastOpen == other.fastOpen &&
            maxFastOpen == other.maxFastOpen && synCookies == other.synCookies &&
            resetOnOverflow == other.resetOnOverflow && invalidAckIntervalNs == other.invalidAckIntervalNs &&
            retransmitTimeoutNs == other.retransmitTimeoutNs && userTimeoutNs == other.userTimeoutNs &&
            orphanTimeoutNs == other.orphanTimeoutNs && maxOrphans == other.maxOrphans &&
            maxSegmentLifetimeNs == other.maxSegmentLifetimeNs && maxTimeWaits == other.maxTimeWaits &&
            reuseTimeWait == other.reuseTimeWait && finWait2TimeoutNs == other.finWait2TimeoutNs &&
            keepAlive == other.keepAlive && keepAliveIdleNs == other.keepAliveIdleNs &&
            keepAliveIntervalNs == other.keepAliveIntervalNs && keepAliveProbes == other.keepAliveProbes &&
            copyLimit == other.copyLimit && trafficClass == other.trafficClass && hopLimit == other.hopLimit &&
            blackHoleDetection == other.blackHoleDetection && maxSegmentSize == other.maxSegmentSize &&
            compatibility.isSameAs(other.compatibility);
    }
}
