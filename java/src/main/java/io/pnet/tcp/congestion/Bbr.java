package io.pnet.tcp.congestion;

/**
 * BBR, version 1 (draft-cardwell-iccrg-bbr-congestion-control-00): a model of the path, the largest delivery rate of
 * ten round trips and the smallest round-trip time of ten seconds, says how fast to send and how much may be in flight;
 * loss does not. Startup doubles until the rate no longer rises, drain takes the queue away that this has built; then
 * the rate is probed by cycles of eight round trips around it, and the round-trip time by a fifth of a second of almost
 * nothing in flight whenever no smaller one was seen for ten seconds.
 *
 * <p>In recovery what is sent is what arrives, for the first round trip (packet conservation).
 */
public final class Bbr implements CongestionControl
{
    private enum State
    {
        STARTUP, DRAIN, PROBE_BW, PROBE_RTT
    }

    /** 2 / ln 2: the least that lets the rate double every round trip. */
    private static final double HIGH_GAIN = 2.885;
    private static final double CWND_GAIN = 2;
    private static final double[] CYCLE = {1.25, 0.75, 1, 1, 1, 1, 1, 1};
    /** One percent below the model, so that queues drain. */
    private static final double PACING_MARGIN = 0.99;
    private static final int BANDWIDTH_ROUNDS = 10;
    private static final long MIN_RTT_WINDOW_NS = 10_000_000_000L;
    private static final long PROBE_RTT_NS = 200_000_000L;
    private static final int MIN_SEGMENTS = 4;
    private static final double FULL_GROWTH = 1.25;
    private static final int FULL_ROUNDS = 3;
    private static final long DEFAULT_RTT_NS = 1_000_000L;
    private static final int MAX_QUANTUM = 64 << 10;

    private final WindowedMax maxBandwidth = new WindowedMax(BANDWIDTH_ROUNDS);
    private final PolicedRate policed = new PolicedRate();
    private State state = State.STARTUP;
    private double pacingGain = HIGH_GAIN;
    private double cwndGain = HIGH_GAIN;
    private int initialCwnd;
    private boolean hasSeenRtt;

    // ---- rounds
    private long round;
    private long nextRoundDelivered;
    private boolean isRoundStart;

    // ---- the end of startup
    private boolean isFull;
    private long fullBandwidth;
    private int fullRounds;

    // ---- probing for bandwidth
    private int phase;
    private long phaseStartNs;
    private boolean isRestarting;

    // ---- probing for the round-trip time
    private long minRttNs = Long.MAX_VALUE;
    private long minRttAtNs;
    private long probeRttDoneNs;
    private boolean hasProbeRttRound;

    // ---- recovery
    private boolean wasRecovering;
    private boolean isConserving;
    private boolean hasTimedOut;
    private int priorCwnd;

    @Override
    public String name()
    {
        return "bbr";
    }

    @Override
    public boolean ownsWindow()
    {
        return true;
    }

    @Override
    public void onEstablished(final CongestionWindow window, final long nowNs)
    {
        initialCwnd = window.cwnd;
        priorCwnd = window.cwnd;
        minRttAtNs = nowNs;
        initialRate(window);
    }

    @Override
    public void onAck(final CongestionWindow window, final int ackedBytes, final long nowNs)
    {
        // All is done by onSample.
    }

    @Override
    public void onSample(final CongestionWindow window, final RateSample sample, final long nowNs)
    {
        countRounds(window, sample);
        if (policed.onSample(window, sample, isRoundStart, state == State.PROBE_BW, nowNs))
        {
            enterProbeBandwidth(nowNs);
        }
        if (sample.rate > 0 &&
            (sample.rate >= maxBandwidth.get() || !sample.isAppLimited && state != State.PROBE_RTT))
        {
            maxBandwidth.update(round, sample.rate);
        }
        nextPhase(window, sample, nowNs);
        checkFull(sample);
        checkDrained(window, nowNs);
        measureRtt(window, sample, nowNs);
        setGains();
        setPacingRate(window);
        setCwnd(window, sample);
    }

    private void countRounds(final CongestionWindow window, final RateSample sample)
    {
        isRoundStart = sample.priorDelivered >= nextRoundDelivered;
        if (isRoundStart)
        {
            nextRoundDelivered = window.delivered;
            round++;
            isConserving = false;
        }
    }

    private long bandwidth()
    {
        final long held = policed.rate();
        return held > 0 ? held : maxBandwidth.get();
    }

    /** Bytes in flight at the model's rate over its round-trip time, times the gain; the initial window without one. */
    private double inFlight(final double gain)
    {
        return minRttNs == Long.MAX_VALUE ? gain * initialCwnd : gain * bandwidth() * minRttNs / 1e9;
    }

    /** With what is on its way in frames that are not full yet, at both ends. */
    private double target(final CongestionWindow window, final double gain)
    {
        final long quantum = Math.min(MAX_QUANTUM, Math.max(2L * window.smss, window.pacingRate / 1_000));
        double target = inFlight(gain) + 3.0 * quantum;
        if (state == State.PROBE_BW && phase == 0)
        {
            target += 2.0 * window.smss;
        }
        return target;
    }

    // ---- states

    private void nextPhase(final CongestionWindow window, final RateSample sample, final long nowNs)
    {
        if (state != State.PROBE_BW)
        {
            return;
        }
        final boolean isLong = nowNs - phaseStartNs > minRttNs;
        final boolean isOver;
        if (pacingGain > 1)
        {
            // Long enough to have built the queue it asks for, unless that is not to be had.
            isOver = isLong && (sample.lost > 0 || sample.priorInFlight >= target(window, pacingGain));
        }
        else if (pacingGain < 1)
        {
            isOver = isLong || sample.priorInFlight <= target(window, 1);
        }
        else
        {
            isOver = isLong;
        }
        if (isOver)
        {
            phase = (phase + 1) % CYCLE.length;
            phaseStartNs = nowNs;
        }
    }

    private void checkFull(final RateSample sample)
    {
        if (isFull || !isRoundStart || sample.isAppLimited)
        {
            return;
        }
        if (maxBandwidth.get() >= fullBandwidth * FULL_GROWTH)
        {
            fullBandwidth = maxBandwidth.get();
            fullRounds = 0;
        }
        else
        {
            isFull = ++fullRounds >= FULL_ROUNDS;
        }
    }

    private void checkDrained(final CongestionWindow window, final long nowNs)
    {
        if (state == State.STARTUP && isFull)
        {
            state = State.DRAIN;
        }
        if (state == State.DRAIN && window.inFlight <= target(window, 1))
        {
            enterProbeBandwidth(nowNs);
        }
    }

    private void enterProbeBandwidth(final long nowNs)
    {
        state = State.PROBE_BW;
        // Anywhere but where it drains, so that flows which start together do not probe together.
        final int pick = (int)Math.floorMod(nowNs * 0x9E3779B97F4A7C15L >>> 33, (long)CYCLE.length - 1);
        phase = pick == 0 ? 0 : pick + 1;
        phaseStartNs = nowNs;
    }

    private void measureRtt(final CongestionWindow window, final RateSample sample, final long nowNs)
    {
        final boolean isExpired = nowNs - minRttAtNs > MIN_RTT_WINDOW_NS;
        if (sample.rttNs > 0 && (sample.rttNs <= minRttNs || isExpired))
        {
            minRttNs = sample.rttNs;
            minRttAtNs = nowNs;
        }
        if (isExpired && !isRestarting && state != State.PROBE_RTT)
        {
            state = State.PROBE_RTT;
            saveCwnd(window);
            probeRttDoneNs = 0;
        }
        if (state == State.PROBE_RTT)
        {
            if (probeRttDoneNs == 0)
            {
                if (window.inFlight <= MIN_SEGMENTS * window.smss)
                {
                    probeRttDoneNs = nowNs + PROBE_RTT_NS;
                    hasProbeRttRound = false;
                    nextRoundDelivered = window.delivered;
                }
            }
            else
            {
                hasProbeRttRound |= isRoundStart;
                if (hasProbeRttRound)
                {
                    leaveProbeRtt(window, nowNs);
                }
            }
        }
        isRestarting = false;
    }

    private void leaveProbeRtt(final CongestionWindow window, final long nowNs)
    {
        if (probeRttDoneNs == 0 || nowNs < probeRttDoneNs)
        {
            return;
        }
        minRttAtNs = nowNs;
        window.cwnd(Math.max(window.cwnd, priorCwnd));
        if (isFull)
        {
            enterProbeBandwidth(nowNs);
        }
        else
        {
            state = State.STARTUP;
        }
    }

    private void setGains()
    {
        switch (state)
        {
            case STARTUP:
                pacingGain = HIGH_GAIN;
                cwndGain = HIGH_GAIN;
                break;
            case DRAIN:
                pacingGain = 1 / HIGH_GAIN;
                cwndGain = HIGH_GAIN;
                break;
            case PROBE_BW:
                pacingGain = policed.rate() > 0 ? 1 : CYCLE[phase];
                cwndGain = CWND_GAIN;
                break;
            default:
                pacingGain = 1;
                cwndGain = 1;
                break;
        }
    }

    // ---- what comes of it

    private void initialRate(final CongestionWindow window)
    {
        hasSeenRtt = window.srttNs > 0;
        final long rttNs = hasSeenRtt ? window.srttNs : DEFAULT_RTT_NS;
        window.pacingRate = (long)(HIGH_GAIN * window.cwnd * 1e9 / rttNs);
    }

    private void setPacingRate(final CongestionWindow window)
    {
        if (!hasSeenRtt && window.srttNs > 0)
        {
            initialRate(window);
        }
        final long rate = (long)(pacingGain * bandwidth() * PACING_MARGIN);
        if (rate > 0 && (isFull || rate > window.pacingRate))
        {
            window.pacingRate = Math.max(rate, leastRate(window));
        }
    }

    /**
     * One segment a round trip, which every congestion control may send (RFC 5681, section 3.1). A model that saw
     * nothing but time-outs for ten rounds would be slower, and stay so: its next samples are of what it paces.
     */
    private static long leastRate(final CongestionWindow window)
    {
        return window.srttNs > 0 ? (long)(window.smss * 1e9 / window.srttNs) : 0;
    }

    private void setCwnd(final CongestionWindow window, final RateSample sample)
    {
        long cwnd = window.cwnd;
        if (sample.delivered > 0)
        {
            cwnd = recover(window, sample);
            if (!isConserving)
            {
                final double target = target(window, cwndGain);
                if (isFull)
                {
                    cwnd = (long)Math.min((double)cwnd + sample.delivered, target);
                }
                else if (cwnd < target || window.delivered < initialCwnd)
                {
                    cwnd += sample.delivered;
                }
                cwnd = Math.max(cwnd, MIN_SEGMENTS * window.smss);
            }
        }
        if (state == State.PROBE_RTT)
        {
            cwnd = Math.min(cwnd, MIN_SEGMENTS * window.smss);
        }
        window.cwnd(cwnd);
    }

    /** What recovery makes of the window: what was lost leaves it, what arrives may be replaced. */
    private long recover(final CongestionWindow window, final RateSample sample)
    {
        long cwnd = window.cwnd;
        if (sample.lost > 0)
        {
            cwnd = Math.max(cwnd - sample.lost, window.smss);
        }
        if (window.isRecovering && !wasRecovering)
        {
            if (!hasTimedOut)
            {
                isConserving = true;
                nextRoundDelivered = window.delivered;
                cwnd = (long)window.inFlight + sample.delivered;
            }
        }
        else if (wasRecovering && !window.isRecovering)
        {
            cwnd = Math.max(cwnd, priorCwnd);
            isConserving = false;
            hasTimedOut = false;
        }
        wasRecovering = window.isRecovering;
        return isConserving ? Math.max(cwnd, (long)window.inFlight + sample.delivered) : cwnd;
    }

    private void saveCwnd(final CongestionWindow window)
    {
        priorCwnd = wasRecovering || state == State.PROBE_RTT ? Math.max(priorCwnd, window.cwnd) : window.cwnd;
    }

    @Override
    public void onLoss(final CongestionWindow window, final long nowNs)
    {
        saveCwnd(window);
    }

    @Override
    public void onTimeout(final CongestionWindow window, final long nowNs)
    {
        saveCwnd(window);
        hasTimedOut = true;
        isConserving = false;
        wasRecovering = false;
        // The path may be another one: let startup, if it still goes on, have another chance.
        fullBandwidth = 0;
        fullRounds = 0;
    }

    @Override
    public void onSpuriousLoss(final CongestionWindow window, final long nowNs)
    {
        fullBandwidth = 0;
        fullRounds = 0;
        isConserving = false;
        hasTimedOut = false;
        wasRecovering = false;
        policed.reset();
    }

    @Override
    public void onIdle(final CongestionWindow window, final long idleNs, final long nowNs)
    {
        isRestarting = true;
        if (state == State.PROBE_BW && bandwidth() > 0)
        {
            // No probing with a pipe that is empty.
            window.pacingRate = Math.max((long)(bandwidth() * PACING_MARGIN), leastRate(window));
        }
        else if (state == State.PROBE_RTT)
        {
            leaveProbeRtt(window, nowNs);
        }
    }
}
