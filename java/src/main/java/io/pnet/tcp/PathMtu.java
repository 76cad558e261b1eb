package io.pnet.tcp;

import io.pnet.ip.Destination;
import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;

/**
 * How large a segment the path of a connection takes, beyond what the IP layer knows of it.
 *
 * <p><b>Told.</b> A router's Packet Too Big (RFC 1191, RFC 8201) counts when it quotes something in flight that is
 * larger than it says would fit, and is not smaller than any path there is: that is all a forger has to guess (RFC 5927
 * section 7.2). Then what was too large is sent again at once, without a congestion reaction.
 *
 * <p><b>Not told.</b> Where nobody tells, large segments vanish and small ones do not (RFC 4821, RFC 8899 section 4.3).
 * A large segment that times out {@value #TIMEOUTS} times in a row is such a black hole: the segments become as small
 * as the base, and where that does not help {@value #MORE_TIMEOUTS} times in a row, as the smallest. From there the
 * size is searched upwards: single segments larger than the others are sent among them; one that is acknowledged is the
 * new size, one that is lost {@value #TRIES} times says what is too large, and is no sign of congestion. First tried is
 * what was there before, since a path that was down for a moment looks the same; then Ethernet's; then the middle of
 * what is left. After ten minutes all that was too large is tried again.
 *
 * <p>One per connection; owned by the stack's owner.
 */
final class PathMtu
{
    /** No path is narrower: what every host can receive over IPv4, rounded down as others do; IPv6's own minimum. */
    static final int FLOOR_V4 = 552;
    static final int FLOOR_V6 = 1_280;
    /** RFC 8899 section 5.1.2: paths that let less through are few. */
    static final int BASE_V4 = 1_200;

    private static final int TIMEOUTS = 2;
    /** A path that is down is likelier than one so narrow. */
    private static final int MORE_TIMEOUTS = 3;
    private static final int TRIES = 2;
    private static final int ETHERNET = 1_500;
    /** A range this small is not worth a probe. */
    private static final int NEAR_ENOUGH = 16;
    private static final long PROBE_INTERVAL_NS = 1_000_000_000L;
    /** RFC 4821 section 7.5, RFC 8899's PMTU_RAISE_TIMER. */
    private static final long RAISE_NS = 600_000_000_000L;

    /** IP packets up to here arrive, since larger ones did not. */
    private int limit = Integer.MAX_VALUE;
    /** From here on they do not. */
    private int tooLarge = Integer.MAX_VALUE;
    private int pathMtu;
    private int timeouts;
    private int timeoutSeq;

    private boolean isSearching;
    private long searchAtNs;
    private int tries;
    private boolean isProbing;
    private int probeMtu;
    private int probeStart;
    private int probeEnd;

    /** What the connection's packets may be now. */
    int mtu(final Destination destination)
    {
        pathMtu = destination.pathMtu();
        return Math.min(pathMtu, limit);
    }

    /** Looks at what has changed: the IP layer's knowledge, which ages, and what has become of a probe. */
    void update(final Connection c, final long nowNs)
    {
        if (isProbing && SeqNumber.geq(c.sndUna, probeEnd))
        {
            isProbing = false;
            tries = 0;
            limit = probeMtu;
            searchAtNs = nowNs;
            resize(c);
        }
        else if (c.destination.pathMtu() != pathMtu)
        {
            resize(c);
        }
    }

    private static void resize(final Connection c)
    {
        MaxSegmentSize.update(c);
        c.window.smss = c.sndMss;
        // Not below a segment, which may be larger now.
        c.window.cwnd(c.window.cwnd);
    }

    // ---- told

    /**
     * Whether a Packet Too Big about {@code seq}, which is in flight, may be true.
     *
     * @param claimed the MTU in it; 0 for none (RFC 1191 section 4).
     */
    static boolean isPlausible(final Connection c, final int seq, final int claimed)
    {
        if (claimed == 0)
        {
            return true;
        }
        final int index = c.sent.find(seq);
        final int size = Math.min(c.sent.length(index), c.sent.segmentSize(index));
        return claimed >= (c.destination.isV4() ? FLOOR_V4 : FLOOR_V6) && claimed < size + headers(c);
    }

    /** The path is narrower than what was sent: again, what is too large for it. */
    static void resend(final Connection c)
    {
        final SentSegments sent = c.sent;
        c.window.smss = c.sndMss;
        for (int i = 0; i < sent.count(); i++)
        {
            if (!sent.is(i, SentSegments.SACKED) && Math.min(sent.length(i), sent.segmentSize(i)) > c.sndMss)
            {
                sent.markLost(i);
            }
        }
    }

    // ---- not told

    /**
     * The retransmission timer has expired. Before anything is done about it: is it the size?
     *
     * @return whether segments are smaller now.
     */
    boolean onTimeout(final Connection c, final long nowNs)
    {
        if (isProbing)
        {
            onProbeLost(nowNs);
        }
        timeouts = timeoutSeq == c.sndUna ? timeouts + 1 : 1;
        timeoutSeq = c.sndUna;
        if (timeouts < TIMEOUTS || !c.settings.blackHoleDetection || !c.state.isSynchronized())
        {
            return false;
        }
        final int now = Math.min(c.sent.length(0), c.sent.segmentSize(0)) + headers(c);
        final int base = c.destination.isV4() ? BASE_V4 : FLOOR_V6;
        final int next = now > base ? base : c.destination.isV4() ? FLOOR_V4 : FLOOR_V6;
        if (now <= next || now <= base && timeouts < MORE_TIMEOUTS)
        {
            return false;
        }
        timeouts = 0;
        tooLarge = Integer.MAX_VALUE;
        limit = next;
        isSearching = true;
        tries = 0;
        searchAtNs = nowNs + PROBE_INTERVAL_NS;
        resize(c);
        return true;
    }

    /** What to send as one segment now to see whether it arrives, in bytes of payload; 0: nothing. */
    int probe(final Connection c, final long nowNs)
    {
        if (!isSearching || isProbing || nowNs - searchAtNs < 0 || c.recovery.phase != RecoveryState.Phase.OPEN)
        {
            return 0;
        }
        final int most = Math.min(pathMtu, c.peerMss + c.destination.headerLength() + TcpHeader.MIN_LENGTH);
        if (limit >= most)
        {
            isSearching = false;
            limit = Integer.MAX_VALUE;
            return 0;
        }
        if (tooLarge - limit <= NEAR_ENOUGH)
        {
            tooLarge = Integer.MAX_VALUE;
            searchAtNs = nowNs + RAISE_NS;
            return 0;
        }
        if (tooLarge > most)
        {
            probeMtu = most;
        }
        else
        {
            probeMtu = limit < ETHERNET && ETHERNET < tooLarge ? ETHERNET : (limit + tooLarge) / 2;
        }
        return probeMtu - headers(c);
    }

    void onProbeSent(final Connection c, final int start)
    {
        isProbing = true;
        probeStart = start;
        probeEnd = c.sndNxt;
    }

    /** Whether a loss is one of the probe: it says something of its size, and nothing of congestion. */
    boolean isProbe(final Connection c, final int index, final long nowNs)
    {
        if (!isProbing || c.sent.start(index) != probeStart || c.sent.end(index) != probeEnd)
        {
            return false;
        }
        onProbeLost(nowNs);
        return true;
    }

    /** In smaller segments, for whatever reason: an acknowledgement would say nothing now. */
    void onRetransmitted(final int start, final long nowNs)
    {
        if (isProbing && start == probeStart)
        {
            onProbeLost(nowNs);
        }
    }

    private void onProbeLost(final long nowNs)
    {
        isProbing = false;
        searchAtNs = nowNs + PROBE_INTERVAL_NS;
        if (++tries >= TRIES)
        {
            tries = 0;
            tooLarge = probeMtu;
        }
    }

    private static int headers(final Connection c)
    {
        return c.destination.headerLength() + TcpHeader.MIN_LENGTH +
            (c.timestamps ? TcpOptions.TIMESTAMPS_LENGTH : 0);
    }
}
