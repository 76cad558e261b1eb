package io.pnet.tcp;

import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;

/**
 * A passive open whose handshake is not complete: the SYN_RECEIVED state of RFC 9293 before there is a
 * {@link Connection} (a SYN cache, RFC 4987 section 3.3). It keeps what the SYN said and nothing more, without buffers,
 * route or congestion control, in under 160 bytes; {@link PassiveOpen} bounds how many there are. The flow's timer is
 * that of the SYN,ACK. Owned by the stack's owner.
 */
final class HalfOpen extends Flow
{
    final Listener listener;
    final int irs;
    int iss;
    int tsRecent;
    /** The window of the SYN, which is never scaled. */
    final int window;
    /** What the peer's MSS option said; 0 when there was none. */
    int mss;
    /** The peer's shift; -1 when windows are not scaled. */
    int windowScale;
    boolean sackPermitted;
    boolean timestamps;
    /** The SYN,ACK is to bring a Fast Open cookie. */
    boolean wantsFastOpenCookie;
    /** ECN is agreed on. */
    boolean ecn;
    /** The link had no room for the first SYN,ACK yet. */
    boolean isUnsent;
    /** The SYN,ACK was sent more than once, by us or because the peer asked again. */
    boolean isRepeated;
    /** How often its timer has run out. */
    int retransmits;
    final long createdNs;
    /** When the SYN,ACK was last sent. */
    long sentNs;
    /** No answer to what is not acceptable before this time. */
    long nextAckNs;

    /**
     * What a SYN offers, as far as the listener's settings accept it.
     *
     * @param irs the peer's initial sequence number, which need not be this segment's.
     */
    HalfOpen(final Listener listener, final Segment s, final int irs, final long nowNs)
    {
        super(
            s.packet.destinationHi(),
            s.packet.destinationLo(),
            s.packet.sourceHi(),
            s.packet.sourceLo(),
            s.header.destinationPort(),
            s.header.sourcePort());
        final TcpOptions options = s.synOptions();
        final TcpSettings settings = listener.settings;
        this.listener = listener;
        this.irs = irs;
        this.window = s.window;
        this.ecn = Ecn.isAskedFor(settings, s);
        this.createdNs = nowNs;
        this.nextAckNs = nowNs;
        this.mss = options.mss();
        final boolean isTaken = !settings.compatibility.noOptions;
        this.timestamps = isTaken && settings.timestamps && options.hasTimestamps();
        this.tsRecent = timestamps ? options.tsVal() : 0;
        this.sackPermitted = isTaken && settings.sack && options.sackPermitted();
        this.windowScale = isTaken && settings.windowScaling ? options.windowScale() : -1;
    }

    int rcvNxt()
    {
        return irs + 1;
    }

    /** The shift that we announce, if the peer scales too. */
    int rcvWndShift()
    {
        return windowScale < 0 ? 0 : ReceiveWindow.shift(listener.settings);
    }

    /** Makes a segment of it again, for the connection to negotiate with. */
    void replay(final Segment syn)
    {
        syn.flags = ecn ? TcpHeader.SYN | Ecn.SETUP : TcpHeader.SYN;
        syn.seq = irs;
        syn.window = window;
        syn.payloadLength = 0;
        syn.hasOptions = true;
        syn.hasTimestamps = timestamps;
        syn.options.set(mss, windowScale, sackPermitted, timestamps, tsRecent);
    }

    @Override
    protected void onTimer(final long nowNs)
    {
        listener.tcp.passive.onTimer(this, nowNs);
    }
}
