package io.pnet.tcp;

import io.pnet.tcp.congestion.CongestionWindow;
import io.pnet.tcp.congestion.RateSample;

/**
 * Tells a connection's congestion control what happens, with a window that is up to date, and does what is TCP's unless
 * the algorithm owns its window. One per transport; owned by the stack's owner.
 */
final class CongestionEvents
{
    private final RateSample sample = new RateSample();

    /** At the start (RFC 6928 section 2); one segment when the SYN had to be retransmitted (RFC 5681 section 3.1). */
    static int initialWindow(final Connection c)
    {
        if (c.synRetransmits > 0)
        {
            return c.sndMss;
        }
        final int segments = c.settings.initialWindowSegments;
        return Math.min(segments * c.sndMss, Math.max(2 * c.sndMss, segments * 1_460));
    }

    /** Brings the measures up to date. */
    static void measure(final Connection c)
    {
        final CongestionWindow window = c.window;
        window.inFlight = c.inFlight();
        window.isRecovering = c.recovery.phase != RecoveryState.Phase.OPEN;
        window.isLimited = c.windowUse.isLimited(c);
        window.acknowledged = Math.max(0, c.sndUnaOffset);
        window.sent = Math.max(0, c.offsetOf(c.sndNxt));
        window.lost = c.everLostBytes();
    }

    /**
     * An acknowledgement is processed.
     *
     * @param growth bytes that the window may grow by, if it is used; 0: it may not.
     */
    void onAck(final Connection c, final Delivery d, final int priorInFlight, final int growth, final long nowNs)
    {
        if (d.delivered <= 0 && growth <= 0)
        {
            return;
        }
        measure(c);
        if (d.delivered > 0)
        {
            c.rate.finish(c, d, priorInFlight, sample);
            c.congestion.onSample(c.window, sample, nowNs);
        }
        if (growth > 0 && c.window.isLimited)
        {
            c.congestion.onAck(c.window, growth, nowNs);
        }
    }

    /** Loss: the reduction. What is in flight is all that is not acknowledged, as in RFC 5681. */
    static void onLoss(final Connection c, final long nowNs)
    {
        measure(c);
        c.window.inFlight = c.sndNxt - c.sndUna;
        c.congestion.onLoss(c.window, nowNs);
    }

    /** A tail loss probe has repaired what was lost: the reduction without a recovery (RFC 8985 section 7.4.2). */
    static void onProbeRepair(final Connection c, final long nowNs)
    {
        measure(c);
        c.window.inFlight = c.window.cwnd;
        c.congestion.onLoss(c.window, nowNs);
        if (!c.congestion.ownsWindow())
        {
            c.window.cwnd(c.window.ssthresh);
        }
    }

    static void onTimeout(final Connection c, final long nowNs)
    {
        measure(c);
        c.window.inFlight = c.sndNxt - c.sndUna;
        c.congestion.onTimeout(c.window, nowNs);
    }

    static void onEcnEcho(final Connection c, final long nowNs)
    {
        measure(c);
        c.window.inFlight = c.sndNxt - c.sndUna;
        c.congestion.onEcnEcho(c.window, nowNs);
    }

    /** What was lost is repaired: the window is where the reduction has left it. */
    static void onRecovered(final Connection c, final long nowNs)
    {
        measure(c);
        c.congestion.onRecovered(c.window, nowNs);
    }

    /**
     * Something is to be sent and nothing is in flight. After a time-out's length the window is what it was at the
     * start (RFC 5681 section 4.1), with three quarters of what was in use as the threshold (RFC 7661 section 4.3): the
     * path's capacity may have changed, but is still the best guess.
     */
    static void onIdle(final Connection c, final long nowNs)
    {
        final CongestionWindow window = c.window;
        final long idleNs = nowNs - c.lastSendNs;
        if (idleNs > c.rtt.rtoNs() && !c.congestion.ownsWindow())
        {
            final int restart = Math.min(window.cwnd, initialWindow(c));
            if (restart < window.cwnd)
            {
                window.ssthresh = Math.max(window.ssthresh, window.cwnd - window.cwnd / 4);
                window.cwnd(restart);
            }
            c.lastSendNs = nowNs;
        }
        measure(c);
        c.congestion.onIdle(window, idleNs, nowNs);
    }
}
