package io.pnet.tcp.congestion;

/**
 * Decides how much may be in flight, and how fast it is sent. One instance per connection, called on the stack's owner.
 * An algorithm of one's own implements {@link #name}, {@link #onAck} and {@link #onLoss} and is given to connections as
 * {@code TcpSettings.congestionControl}.
 *
 * <p>Loss recovery is TCP's: what to send again, and, unless the algorithm says that it {@link #ownsWindow}, the window
 * meanwhile. The algorithm then says only what the window is before and after.
 *
 * <p>All it sees is the {@link CongestionWindow}, whose {@code cwnd}, {@code ssthresh} and {@code pacingRate} it sets,
 * and the {@link RateSample}s; all numbers are bytes and ns. It must not block, and should not allocate.
 */
public interface CongestionControl
{
    /** Its name, as tools show it. */
    String name();

    /** The connection is established; {@code window} holds the initial window (RFC 6928). */
    default void onEstablished(final CongestionWindow window, final long nowNs)
    {
    }

    /**
     * Something was sent and has arrived: every acknowledgement that says so, in every phase, before {@link #onAck}.
     * The place to measure, and for those that {@link #ownsWindow} to steer.
     *
     * @param sample about this acknowledgement; valid during the call.
     */
    default void onSample(final CongestionWindow window, final RateSample sample, final long nowNs)
    {
    }

    /**
     * The window may grow: new data was acknowledged outside recovery, and the window was what limited us (as on Linux,
     * where one that is not used does not grow).
     *
     * @param ackedBytes bytes newly acknowledged.
     */
    void onAck(CongestionWindow window, int ackedBytes, long nowNs);

    /**
     * Loss was detected; called once per round trip at most. Sets {@code window.ssthresh}, which is where the window
     * will be after recovery; {@code window.cwnd} is still what it was, and {@code window.inFlight} counts everything
     * that is not acknowledged (RFC 5681's FlightSize).
     */
    void onLoss(CongestionWindow window, long nowNs);

    /** What was lost is repaired, or time-outs are over: {@code window.cwnd} is {@code window.ssthresh} or below. */
    default void onRecovered(final CongestionWindow window, final long nowNs)
    {
    }

    /**
     * The peer reports that the network has marked what we sent (ECN, RFC 3168 section 6.1.2); called once per round
     * trip at most, and not while loss is being repaired. Sets {@code window.ssthresh} and {@code window.cwnd}: as
     * after a loss, unless the algorithm has its own idea.
     */
    default void onEcnEcho(final CongestionWindow window, final long nowNs)
    {
        onLoss(window, nowNs);
        window.cwnd(Math.min(window.cwnd, window.ssthresh));
    }

    /** The retransmission timer expired. Sets {@code window.ssthresh}; TCP sets the window to one segment itself. */
    default void onTimeout(final CongestionWindow window, final long nowNs)
    {
        onLoss(window, nowNs);
    }

    /**
     * The last reduction was a mistake: take it back. TCP has given {@code cwnd} and {@code ssthresh} their values of
     * before already.
     */
    default void onSpuriousLoss(final CongestionWindow window, final long nowNs)
    {
    }

    /**
     * Sending starts again with nothing in flight. When that was longer than a time-out the window has been restarted
     * (RFC 5681 section 4.1).
     *
     * @param idleNs since something was sent last.
     */
    default void onIdle(final CongestionWindow window, final long idleNs, final long nowNs)
    {
    }

    /**
     * Whether the algorithm alone sets the window: TCP then neither spreads its reduction over a recovery (PRR), nor
     * makes it {@code ssthresh} afterwards, nor restarts it after idling; a time-out still makes it one segment more
     * than is in flight. For algorithms with a model of the path, which work in {@link #onSample}.
     */
    default boolean ownsWindow()
    {
        return false;
    }
}
