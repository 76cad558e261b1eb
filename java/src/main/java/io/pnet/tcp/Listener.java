package io.pnet.tcp;

import io.pnet.ip.IpAddress;

/**
 * A passive open (RFC 9293 section 3.10.1): the LISTEN state on a port, of one address or of all. Owned by the stack's
 * owner.
 */
public final class Listener
{
    private static final long RESETS_COUNT_NS = 60_000_000_000L;

    final TcpTransport tcp;
    final long localHi;
    final long localLo;
    final int port;
    final int backlog;
    final TcpSettings settings;
    final TcpListenerHandler handler;
    /** Handshakes that are not complete. */
    int halfOpen;
    /** Connections opened by data in a SYN whose handshake is not complete. */
    int fastOpens;
    private int fastOpenResets;
    private long lastFastOpenResetNs;
    /** Until then acknowledgements may return cookies. */
    long cookiesUntilNs = Long.MIN_VALUE;
    boolean isClosed;
    Listener next;

    Listener(
        final TcpTransport tcp,
        final IpAddress local,
        final int port,
        final int backlog,
        final TcpSettings settings,
        final TcpListenerHandler handler)
    {
        this.tcp = tcp;
        this.localHi = local.hi();
        this.localLo = local.lo();
        this.port = port;
        this.backlog = Math.max(1, backlog);
        this.settings = settings;
        this.handler = handler;
    }

    public int port()
    {
        return port;
    }

    /** What its connections begin with; changes hold for those that come. Stack's owner. */
    public TcpSettings settings()
    {
        return settings;
    }

    /** Handshakes that are not complete, and kept; those answered with cookies are not. Stack's owner. */
    public int halfOpenCount()
    {
        return halfOpen;
    }

    /** Whether it listens on every address, or on every one of IPv4. */
    public boolean isWildcard()
    {
        return IpAddress.isUnspecified(localHi, localLo);
    }

    /** Stops listening; connections that are established stay. Stack's owner. */
    public void close()
    {
        isClosed = true;
        tcp.unlisten(this);
    }

    /**
     * The handshake of what data in a SYN had opened was reset. Who sends SYNs in others' names makes the owners of the
     * addresses do that for him, so each counts as if it were open still until there was none for a minute (RFC 7413
     * section 5.1).
     */
    void fastOpenReset(final long nowNs)
    {
        fastOpenResets++;
        lastFastOpenResetNs = nowNs;
    }

    boolean hasRoomForFastOpen(final long nowNs)
    {
        if (fastOpenResets > 0 && nowNs - lastFastOpenResetNs >= RESETS_COUNT_NS)
        {
            fastOpenResets = 0;
        }
        return fastOpens + fastOpenResets < settings.maxFastOpen;
    }

    boolean hasRoom()
    {
        return handler.waiting() < backlog;
    }

    boolean matches(final long hi, final long lo)
    {
        return isWildcard() ?
            localLo == 0 || IpAddress.isV4(hi, lo) : localHi == hi && localLo == lo;
    }
}
