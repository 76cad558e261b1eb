package io.pnet.tcp.congestion;

/**
 * Decides how much may be in flight. One instance per connection, called on the stack's owner. Loss recovery itself
 * (what to retransmit, and the window while recovering) is TCP's; the algorithm says what the window is before and
 * after.
 */
public interface CongestionControl
{
    /** Its name, as tools show it. */
    String name();

    /** The connection is established; {@code window} holds the initial window. */
    default void onEstablished(final CongestionWindow window, final long nowNs)
    {
    }

    /**
     * New data was acknowledged outside recovery, while the window was what limited us. Grows {@code window.cwnd}.
     *
     * @param ackedBytes bytes newly acknowledged, cumulatively or selectively.
     */
    void onAck(CongestionWindow window, int ackedBytes, long nowNs);

    /**
     * Loss was detected; called once per round trip at most. Sets {@code window.ssthresh}, which is where the window
     * will be after recovery; {@code window.cwnd} is still what it was.
     */
    void onLoss(CongestionWindow window, long nowNs);

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

    /** The last reduction was a mistake: take it back. */
    default void onSpuriousLoss(final CongestionWindow window, final long nowNs)
    {
    }

    /** Nothing was sent for longer than a time-out: the window was restarted (RFC 5681 section 4.1). */
    default void onIdle(final CongestionWindow window, final long nowNs)
    {
    }
}
