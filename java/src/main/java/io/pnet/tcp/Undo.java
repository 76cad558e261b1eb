package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.wire.SeqNumber;

/**
 * Finds out that a reduction of the window was a mistake, and takes it back. Three witnesses, one way back:
 * <ul>
 * <li>Eifel (RFC 3522): what closed the gap echoes a time before the first retransmission, so it was the original;
 * <li>D-SACK (RFC 2883, RFC 3708): all that was sent again has been reported to have arrived twice;
 * <li>F-RTO (RFC 5682): after a time-out something arrives that was sent only once, before it.
 * </ul>
 *
 * <p>What is remembered of an episode outlives it, since reports of duplicates come a round trip after its end. One per
 * transport; owned by the stack's owner.
 */
final class Undo
{
    private final Counters counters;

    Undo(final Counters counters)
    {
        this.counters = counters;
    }

    /** The window is about to be reduced. */
    static void remember(final Connection c)
    {
        final RecoveryState r = c.recovery;
        r.canUndo = true;
        r.undoSeq = c.sndUna;
        r.undoEnd = c.sndNxt;
        // What is still on its way for the second time, a tail loss probe above all, may be reported as well.
        r.undoBytes = c.sent.retransmittedBytes() + (r.tlpOutstanding ? r.tlpBytes : 0);
        r.hasRetransmitted = r.undoBytes > 0;
        r.hasFirstRetransmission = false;
        r.undoCwnd = c.window.cwnd;
        r.undoSsthresh = c.window.ssthresh;
    }

    /** Payload bytes up to {@code end} were sent again. */
    static void onRetransmitted(final Connection c, final int bytes, final int end, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        if (!r.canUndo)
        {
            return;
        }
        if (!r.hasFirstRetransmission && r.phase != RecoveryState.Phase.OPEN)
        {
            r.hasFirstRetransmission = true;
            r.firstRetransmitTs = c.timestamp(nowNs);
        }
        r.hasRetransmitted = true;
        r.undoBytes += bytes;
        r.undoEnd = SeqNumber.max(r.undoEnd, end);
    }

    /** The time-out of a connection that sends in order, or another one of the same segment: F-RTO's step 1. */
    static void onTimeout(final RecoveryState r, final boolean isDoubtful)
    {
        r.frto = isDoubtful ? RecoveryState.Frto.RETRANSMITTED : RecoveryState.Frto.OFF;
    }

    /** Looks at what an acknowledgement says, before the phase does. */
    void onAck(final Connection c, final Delivery d, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        if (d.hasDsack && r.canUndo)
        {
            // What the network has doubled elsewhere says nothing.
            final int reported = SeqNumber.min(d.dsackRight, r.undoEnd) - SeqNumber.max(d.dsackLeft, r.undoSeq);
            r.undoBytes -= Math.max(0, Math.min(reported, r.undoBytes));
        }
        final boolean isForNothing = r.canUndo && r.hasRetransmitted && r.undoBytes == 0;
        switch (r.phase)
        {
            case OPEN:
                if (isForNothing)
                {
                    takeBack(c, nowNs);
                }
                break;

            case RECOVERY:
                // Where something else is still being repaired it may be needed; the original that came first is
                // reason to wait for more, not to stop.
                if (isForNothing || isOriginal(c, d) &&
                    (SeqNumber.geq(c.sndUna, r.recoveryPoint) || c.sent.retransmittedBytes() == 0))
                {
                    r.reorderingSeen = true;
                    takeBack(c, nowNs);
                }
                break;

            default:
                if (isForNothing || isOriginal(c, d) || isLateOriginal(c, d))
                {
                    counters.increment(Counter.TCP_SPURIOUS_TIMEOUTS);
                    takeBack(c, nowNs);
                }
                break;
        }
    }

    /** Eifel: the echo is older than the first retransmission, or there was none yet. */
    private static boolean isOriginal(final Connection c, final Delivery d)
    {
        final RecoveryState r = c.recovery;
        return r.canUndo && d.advanced &&
            (!r.hasRetransmitted ||
            r.hasFirstRetransmission && d.hasEcho && SeqNumber.lt(d.echo, r.firstRetransmitTs));
    }

    /** F-RTO (RFC 5682 sections 2.1 and 3.1), steps 2 and 3. */
    private static boolean isLateOriginal(final Connection c, final Delivery d)
    {
        final RecoveryState r = c.recovery;
        if (r.frto == RecoveryState.Frto.OFF)
        {
            return false;
        }
        if (r.canUndo && d.hasOriginal && !d.hasRetransmitted)
        {
            // Sent once and before the time-out: not everything was lost, so that the timer was too fast.
            return true;
        }
        if (r.frto == RecoveryState.Frto.PROBING)
        {
            if (d.hasNewlySacked || d.isDuplicate)
            {
                // What was sent after the time-out has arrived, and what was sent before it has not.
                r.frto = RecoveryState.Frto.OFF;
            }
        }
        else if (d.advanced)
        {
            // The retransmission was needed, or its original has come late: what is new will tell, if there is any.
            r.frto = SeqNumber.lt(c.sndUna, r.recoveryPoint) ?
                RecoveryState.Frto.PROBING : RecoveryState.Frto.OFF;
        }
        else if (d.isDuplicate)
        {
            r.frto = RecoveryState.Frto.OFF;
        }
        return false;
    }

    private void takeBack(final Connection c, final long nowNs)
    {
        final RecoveryState r = c.recovery;
        final SentSegments sent = c.sent;
        for (int i = sent.count() - 1; r.phase != RecoveryState.Phase.OPEN && i >= 0 && sent.lostBytes() > 0; i--)
        {
            sent.unmarkLost(i);
        }
        c.window.cwnd(Math.max(c.window.cwnd, r.undoCwnd));
        c.window.ssthresh = Math.max(c.window.ssthresh, r.undoSsthresh);
        c.congestion.onSpuriousLoss(c.window, nowNs);
        c.ecn.onUndone();
        r.canUndo = false;
        r.resetPhase();
        counters.increment(Counter.TCP_SPURIOUS_RECOVERIES);
    }
}
