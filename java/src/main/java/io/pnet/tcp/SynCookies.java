package io.pnet.tcp;

/**
 * SYN cookies (RFC 4987 section 3.6): an initial sequence number that is itself the memory of the handshake, so that a
 * SYN costs nothing to keep. It is
 * <pre>
 *   H(addresses, ports) + SEG.SEQ * p + (t &lt;&lt; 24) + ((H(addresses, ports, t) + i) mod 2^24)
 * </pre>
 * with t counting spans of 64 s and i an index into a table of segment sizes; the factor p keeps a segment a few bytes
 * further on from being taken for the first. The acknowledgement that returns it is believed for two spans; of guesses,
 * one in 2^28 is. Where the peer sends time stamps, the low bits of ours carry what else the SYN said (window scale,
 * SACK, ECN), for it comes back in the echo; without them the connection goes without.
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class SynCookies
{
    /** How long a listener that has sent cookies looks for them in acknowledgements. */
    static final long VALID_NS = 2 * 64_000_000_000L;
    /** Bits of a time stamp that carry options. */
    static final int TIMESTAMP_BITS = 6;

    private static final long SPAN_NS = 64_000_000_000L;
    private static final int MAX_AGE = 2;
    private static final int FACTOR = 0x9E37_79B1;
    private static final int NO_SCALE = 0xF;
    private static final int SACK_BIT = 0x10;
    private static final int ECN_BIT = 0x20;
    private static final long PURPOSE_ADDRESSES = 2L << 60;
    private static final long PURPOSE_COUNTER = 3L << 60;
    /** From the smallest we take over the defaults of IPv6 and IPv4 to Ethernet's and jumbo frames'. */
    private static final int[] SEGMENT_SIZES = { 64, 536, 1_220, 1_300, 1_440, 1_452, 1_460, 8_940 };

    private final SipHash hash;

    SynCookies(final SipHash hash)
    {
        this.hash = hash;
    }

    /** Makes the initial sequence number of a handshake that is not kept; drops from that what a cookie cannot say. */
    int encode(final HalfOpen h, final long nowNs)
    {
        if (!h.timestamps)
        {
            h.sackPermitted = false;
            h.windowScale = -1;
            h.ecn = false;
        }
        final int mss = h.mss > 0 ? h.mss : MaxSegmentSize.byDefault(h.remoteHi, h.remoteLo);
        int index = SEGMENT_SIZES.length - 1;
        while (index > 0 && SEGMENT_SIZES[index] > mss)
        {
            index--;
        }
        final int t = (int)(nowNs / SPAN_NS);
        return (int)ofAddresses(h) + h.irs * FACTOR + (t << 24) + ((int)ofCounter(h, t) + index & 0xFF_FFFF);
    }

    /**
     * The time stamp that goes with a cookie: not after now, and no more than 64 ms before.
     *
     * @param clock the time stamp clock, without the connection's offset.
     */
    static int timestamp(final HalfOpen h, final int clock)
    {
        final int bits = (h.windowScale < 0 ? NO_SCALE : h.windowScale) |
            (h.sackPermitted ? SACK_BIT : 0) | (h.ecn ? ECN_BIT : 0);
        final int stamp = (clock >>> TIMESTAMP_BITS << TIMESTAMP_BITS) + bits;
        return stamp - clock > 0 ? stamp - (1 << TIMESTAMP_BITS) : stamp;
    }

    /**
     * Looks whether an acknowledgement returns a cookie of ours, and fills in what it says.
     *
     * @param h     made of the acknowledging segment; its initial sequence number is the one before.
     * @param clock the echoed time stamp without the connection's offset, when there is one.
     * @return false when it is none, or too old.
     */
    boolean decode(final HalfOpen h, final int cookie, final int clock, final long nowNs)
    {
        final int t = (int)(nowNs / SPAN_NS);
        final int value = cookie - (int)ofAddresses(h) - h.irs * FACTOR;
        final int age = t - (value >>> 24) & 0xFF;
        if (age >= MAX_AGE)
        {
            return false;
        }
        final int index = value - (int)ofCounter(h, t - age) & 0xFF_FFFF;
        if (index >= SEGMENT_SIZES.length)
        {
            return false;
        }
        h.iss = cookie;
        h.mss = SEGMENT_SIZES[index];
        h.ecn = false;
        h.windowScale = -1;
        h.sackPermitted = false;
        if (h.timestamps)
        {
            final TcpSettings settings = h.listener.settings;
            final int scale = clock & NO_SCALE;
            h.windowScale = scale == NO_SCALE || !settings.windowScaling ? -1 : scale;
            h.sackPermitted = settings.sack && (clock & SACK_BIT) != 0;
            h.ecn = settings.ecn != EcnMode.OFF && (clock & ECN_BIT) != 0;
        }
        return true;
    }

    private long ofAddresses(final HalfOpen h)
    {
        return hash.hash(h.localHi, h.localLo, h.remoteHi, h.remoteLo, PURPOSE_ADDRESSES | h.ports() & 0xFFFF_FFFFL);
    }

    private long ofCounter(final HalfOpen h, final int t)
    {
        return hash.hash(
            h.localHi,
            h.localLo,
            h.remoteHi,
            h.remoteLo,
            PURPOSE_COUNTER | (t & 0xFF_FFFFL) << 32 | h.ports() & 0xFFFF_FFFFL);
    }
}
