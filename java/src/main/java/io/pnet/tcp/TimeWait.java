package io.pnet.tcp;

/**
 * The memory of a connection that is over: TIME_WAIT (RFC 9293 section 3.6.1), for twice the segment lifetime, so that
 * the peer's repeated FIN is answered and nothing old gets into a new connection. It keeps what that takes in 160
 * bytes, the connection itself only while its user has not closed it. Of the sequence spaces nothing changes any more.
 * {@link TimeWaits} holds them. Owned by the stack's owner.
 */
final class TimeWait extends Flow
{
    final TimeWaits owner;
    /** The connection whose user can still read, or null. */
    Connection connection;
    final int sndNxt;
    final int rcvNxt;
    final int rcvWnd;
    /** The window field as last announced. */
    final char windowField;
    final byte trafficClass;
    /** The largest window of the peer's: nothing older than that is an acknowledgement (RFC 5961 section 5.2). */
    final int maxSndWnd;
    final boolean timestamps;
    final int tsOffset;
    int tsRecent;
    final long lifetimeNs;
    final long ackIntervalNs;
    /** When it began, or began anew: what is sent from then on has a newer time stamp a second later. */
    long sinceNs;
    /** No answer to what carries nothing before this time. */
    long nextAckNs;
    TimeWait older;
    TimeWait newer;

    TimeWait(final TimeWaits owner, final Connection c, final long nowNs)
    {
        super(c.localHi, c.localLo, c.remoteHi, c.remoteLo, c.localPort, c.remotePort);
        this.owner = owner;
        this.connection = c.isClosedByUser ? null : c;
        this.sndNxt = c.sndNxt;
        this.rcvNxt = c.rcvNxt;
        this.rcvWnd = Math.max(0, c.rcvWnd());
        this.windowField = (char)Math.min(0xFFFF, rcvWnd >>> c.rcvWndShift);
        this.trafficClass = (byte)(c.settings.trafficClass & ~Ecn.MASK);
        this.maxSndWnd = Math.max(1, c.maxSndWnd);
        this.timestamps = c.timestamps;
        this.tsOffset = c.tsOffset;
        this.tsRecent = c.tsRecent;
        this.lifetimeNs = 2 * c.settings.maxSegmentLifetimeNs;
        this.ackIntervalNs = c.settings.invalidAckIntervalNs;
        this.sinceNs = nowNs;
        this.nextAckNs = nowNs;
    }

    @Override
    protected void onTimer(final long nowNs)
    {
        owner.end(this);
    }
}
