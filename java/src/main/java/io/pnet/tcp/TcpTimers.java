package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.transport.TimerWheel;

/**
 * A connection's timers. Each is a deadline in the connection; the earliest of them is in the wheel, re-armed lazily:
 * a deadline that moves back leaves the wheel alone and is looked at again when it fires early.
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class TcpTimers
{
    private static final long MAX_PERSIST_NS = 60_000_000_000L;
    /** A timer that fires later than this found a machine that was asleep, or a process that stood still. */
    private static final long LATE_NS = 1_000_000_000L;

    /** RFC 9293 section 3.8.3: so many time-outs in a row, and the Internet layer should look at its way again. */
    private static final int R1 = 3;

    /** How long, and how often, a timer of loss recovery waits for frames that were not looked at yet. */
    private static final long POSTPONE_NS = 1_000_000L;
    private static final int MAX_POSTPONED = 10;

    /** As Linux: that many before a connection that its user has closed is given up. */
    private static final int ORPHAN_ATTEMPTS = 8;

    private final TimerWheel wheel;
    private final Counters counters;
    private final TcpTransport tcp;

    TcpTimers(final TimerWheel wheel, final Counters counters, final TcpTransport tcp)
    {
        this.wheel = wheel;
        this.counters = counters;
        this.tcp = tcp;
    }

    /** Sees to it that the wheel fires no later than the earliest deadline. */
    void arm(final Connection c)
    {
        long deadlineNs = Math.min(Math.min(c.retransmitAtNs, c.probeAtNs), Math.min(c.reorderAtNs, c.persistAtNs));
        deadlineNs = Math.min(deadlineNs, Math.min(c.delayedAckAtNs, Math.min(c.keepAliveAtNs, c.closeAtNs)));
        deadlineNs = Math.min(deadlineNs, c.paceAtNs);
        if (deadlineNs < c.deadlineNs())
        {
            wheel.schedule(c, deadlineNs);
        }
    }

    void cancelAll(final Connection c)
    {
        c.retransmitAtNs = Connection.NEVER;
        c.probeAtNs = Connection.NEVER;
        c.reorderAtNs = Connection.NEVER;
        c.persistAtNs = Connection.NEVER;
        c.paceAtNs = Connection.NEVER;
        c.delayedAckAtNs = Connection.NEVER;
        c.keepAliveAtNs = Connection.NEVER;
        c.closeAtNs = Connection.NEVER;
        wheel.cancel(c);
    }

    void onTimer(final Connection c, final long nowNs)
    {
        if (c.state == TcpState.CLOSED)
        {
            return;
        }
        if (c.closeAtNs <= nowNs)
        {
            // FIN_WAIT_2 has waited for a peer that nobody reads.
            tcp.closed(c, CloseReason.CLOSED);
            return;
        }
        if (c.delayedAckAtNs <= nowNs)
        {
            c.delayedAckAtNs = Connection.NEVER;
            c.ackNow = true;
            QuickAcks.onDelayedInVain(c);
            counters.increment(Counter.TCP_DELAYED_ACKS);
        }
        postponeLossTimers(c, nowNs);
        if (c.reorderAtNs <= nowNs)
        {
            c.reorderAtNs = Connection.NEVER;
            tcp.recovery.onReorderTimeout(c, nowNs);
        }
        // Where both are due, as after a pause of ours, a probe asks first whether anything is lost at all.
        final boolean hasProbed = c.probeAtNs <= nowNs && tcp.probe.onTimeout(c, nowNs);
        if (!hasProbed && c.retransmitAtNs <= nowNs)
        {
            onRetransmit(c, nowNs);
        }
        if (c.paceAtNs <= nowNs)
        {
            // Output runs below.
            c.paceAtNs = Connection.NEVER;
        }
        if (c.persistAtNs <= nowNs)
        {
            onPersist(c, nowNs);
        }
        if (c.keepAliveAtNs <= nowNs)
        {
            onKeepAlive(c, nowNs);
        }
        if (c.state != TcpState.CLOSED)
        {
            c.receiveQueue.trim();
            tcp.activate(c);
            arm(c);
        }
    }

    /**
     * After a pause of ours, what a timer waits for may be among the frames that nobody has looked at yet: it waits for
     * them, though not for ever where there are always some.
     */
    private void postponeLossTimers(final Connection c, final long nowNs)
    {
        if (!tcp.isBehind() || c.lossTimersPostponed >= MAX_POSTPONED)
        {
            c.lossTimersPostponed = 0;
            return;
        }
        if (c.reorderAtNs <= nowNs || c.probeAtNs <= nowNs || c.retransmitAtNs <= nowNs)
        {
            c.lossTimersPostponed++;
            c.reorderAtNs = postponed(c.reorderAtNs, nowNs);
            c.probeAtNs = postponed(c.probeAtNs, nowNs);
            c.retransmitAtNs = postponed(c.retransmitAtNs, nowNs);
        }
    }

    private static long postponed(final long deadlineNs, final long nowNs)
    {
        return deadlineNs <= nowNs ? nowNs + POSTPONE_NS : deadlineNs;
    }

    // ---- retransmission (RFC 6298 section 5)

    private void onRetransmit(final Connection c, final long nowNs)
    {
        forgiveLateness(c, c.retransmitAtNs, nowNs);
        c.retransmitAtNs = Connection.NEVER;
        if (c.sent.isEmpty())
        {
            return;
        }
        if (++c.unansweredTimeouts == R1)
        {
            tcp.suspectUnreachable(c);
        }
        final boolean isHandshake = !c.state.isSynchronized();
        final long patienceNs = isHandshake ? handshakeNs(c) : patienceNs(c);
        if (nowNs - c.progressNs >= patienceNs)
        {
            giveUp(c);
            return;
        }
        if (isHopelessOrphan(c, c.unansweredTimeouts, c.progressNs, nowNs))
        {
            giveUpOrphan(c, nowNs);
            return;
        }
        if (!isHandshake)
        {
            if (c.path.onTimeout(c, nowNs))
            {
                counters.increment(Counter.TCP_BLACK_HOLES);
            }
            tcp.recovery.onRetransmissionTimeout(c, nowNs);
            return;
        }
        if (c.synRetransmits == 0 && c.hasTriedFastOpen)
        {
            // Somebody on the way may not like what was in it (RFC 7413 section 4.1.3): from here on without.
            counters.increment(Counter.TCP_FAST_OPENS_FAILED);
            tcp.fastOpen.failed(c, nowNs);
        }
        c.synRetransmits++;
        c.isSynRepeated = false;
        c.rtt.backOff();
        c.sent.markLost(0);
        c.retransmitAtNs = synDeadlineNs(c, nowNs);
    }

    /** When a SYN is sent again, or given up: that happens when its time is over, not when the next one were due. */
    static long synDeadlineNs(final Connection c, final long nowNs)
    {
        return Math.min(nowNs + c.rtt.rtoNs(), c.progressNs + handshakeNs(c));
    }

    /** What data in a SYN has opened waits for its acknowledgement no longer than any half-open connection. */
    private static long handshakeNs(final Connection c)
    {
        return c.isFastOpen ? c.settings.synReceivedTimeoutNs : c.settings.synTimeoutNs;
    }

    /** Time in which nobody ran here is no time in which the peer was asked and did not answer. */
    private static void forgiveLateness(final Connection c, final long dueNs, final long nowNs)
    {
        if (nowNs - dueNs > LATE_NS)
        {
            c.progressNs += nowNs - dueNs;
        }
    }

    /** R2, or the user timeout. */
    private static long patienceNs(final Connection c)
    {
        return c.settings.userTimeoutNs > 0 ? c.settings.userTimeoutNs : c.settings.retransmitTimeoutNs;
    }

    private void giveUp(final Connection c)
    {
        counters.increment(Counter.TCP_TIMEOUTS);
        tcp.closed(c, CloseReason.TIMED_OUT);
    }

    /** Nobody here waits for it any more: then its peer gets a limited time, as with Linux's tcp_orphan_retries. */
    private static boolean isHopelessOrphan(
        final Connection c, final int attempts, final long sinceNs, final long nowNs)
    {
        return c.isClosedByUser && attempts > ORPHAN_ATTEMPTS && nowNs - sinceNs >= c.settings.orphanTimeoutNs;
    }

    private void giveUpOrphan(final Connection c, final long nowNs)
    {
        counters.increment(Counter.TCP_ORPHANS_RESET);
        tcp.output.sendReset(c, nowNs);
        giveUp(c);
    }

    // ---- zero window probing (RFC 9293 section 3.8.6.1)

    /** There is something to send, nothing in flight, and the peer's window does not allow it. */
    void startPersist(final Connection c, final long nowNs)
    {
        if (c.persistAtNs == Connection.NEVER)
        {
            if (c.persistBackoff == 0)
            {
                c.progressNs = nowNs;
                c.persistSinceNs = nowNs;
            }
            c.persistAtNs = nowNs + Math.min(MAX_PERSIST_NS, c.rtt.rtoNs() << Math.min(c.persistBackoff, 10));
        }
    }

    /** The window lets something through: what was sent as a probe is retransmitted like anything else from now on. */
    void endPersist(final Connection c, final long nowNs)
    {
        c.persistAtNs = Connection.NEVER;
        if (!c.sent.isEmpty() && c.retransmitAtNs == Connection.NEVER)
        {
            c.retransmitAtNs = nowNs + c.rtt.rtoNs();
        }
    }

    private void onPersist(final Connection c, final long nowNs)
    {
        forgiveLateness(c, c.persistAtNs, nowNs);
        c.persistAtNs = Connection.NEVER;
        if (c.sent.isEmpty() && !c.hasUnsent())
        {
            // The probe was taken after all, and it was the last there was.
            c.persistBackoff = 0;
            return;
        }
        if (c.sndWnd >= c.sndMss && c.sndUna + c.sndWnd - c.sndNxt >= c.sndMss)
        {
            endPersist(c, nowNs);
            return;
        }
        final boolean isOverdue =
            c.settings.userTimeoutNs > 0 && nowNs - c.persistSinceNs >= c.settings.userTimeoutNs;
        if (isOverdue || nowNs - c.progressNs >= c.settings.retransmitTimeoutNs)
        {
            // A window may stay shut for ever (MUST-37) if the user does not mind, but a peer that does not answer is
            // gone.
            giveUp(c);
            return;
        }
        if (isHopelessOrphan(c, c.persistBackoff, c.persistSinceNs, nowNs))
        {
            giveUpOrphan(c, nowNs);
            return;
        }
        counters.increment(Counter.TCP_ZERO_WINDOW_PROBES);
        c.persistBackoff++;
        tcp.output.probeWindow(c, nowNs);
        c.persistAtNs = nowNs + Math.min(MAX_PERSIST_NS, c.rtt.rtoNs() << Math.min(c.persistBackoff, 10));
    }

    // ---- keepalive (RFC 9293 section 3.8.4)

    void onReceived(final Connection c, final long nowNs)
    {
        c.lastReceivedNs = nowNs;
        c.keepAliveProbesSent = 0;
        if (c.settings.keepAlive && c.keepAliveAtNs == Connection.NEVER)
        {
            c.keepAliveAtNs = nowNs + c.settings.keepAliveIdleNs;
        }
    }

    /** Keepalive was turned on or off, or its times were changed, on a running connection. */
    void keepAliveChanged(final Connection c, final long nowNs)
    {
        c.keepAliveProbesSent = 0;
        final boolean isRunning = c.state != TcpState.SYN_SENT && c.state != TcpState.SYN_RECEIVED &&
            c.state != TcpState.TIME_WAIT;
        final boolean isWanted = c.settings.keepAlive && isRunning;
        c.keepAliveAtNs = isWanted ? Math.max(nowNs, c.lastReceivedNs + c.settings.keepAliveIdleNs) : Connection.NEVER;
        arm(c);
    }

    private void onKeepAlive(final Connection c, final long nowNs)
    {
        final long idleUntilNs = c.lastReceivedNs + c.settings.keepAliveIdleNs;
        if (c.keepAliveProbesSent == 0 && nowNs < idleUntilNs)
        {
            c.keepAliveAtNs = idleUntilNs;
            return;
        }
        if (!c.sent.isEmpty())
        {
            // Retransmission finds out by itself whether the peer is there (MUST-26).
            c.keepAliveAtNs = nowNs + c.settings.keepAliveIntervalNs;
            return;
        }
        final boolean isOverdue = c.settings.userTimeoutNs > 0 && c.keepAliveProbesSent > 0 &&
            nowNs - c.lastReceivedNs >= c.settings.userTimeoutNs;
        if (isOverdue || c.keepAliveProbesSent >= c.settings.keepAliveProbes)
        {
            counters.increment(Counter.TCP_TIMEOUTS);
            tcp.output.sendReset(c, nowNs);
            tcp.closed(c, CloseReason.TIMED_OUT);
            return;
        }
        c.keepAliveProbesSent++;
        tcp.output.sendKeepAlive(c, nowNs);
        c.keepAliveAtNs = nowNs + c.settings.keepAliveIntervalNs;
    }

    // ---- the end

    void startFinWait2(final Connection c, final long nowNs)
    {
        if (c.isClosedByUser)
        {
            c.closeAtNs = nowNs + c.settings.finWait2TimeoutNs;
        }
    }
}
