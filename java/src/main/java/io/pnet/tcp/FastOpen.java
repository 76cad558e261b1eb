package io.pnet.tcp;

import io.pnet.ip.IpAddress;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * TCP Fast Open (RFC 7413): data in the SYN, for a peer that has shown with a cookie that it receives at its address.
 *
 * <p>As a server it makes and checks cookies: a keyed hash of the two addresses, whose key changes every hour; the one
 * before is still good. As a client it keeps, for a bounded number of servers, the cookie and segment size they gave,
 * and for how long to leave one alone whose way does not let such SYNs through (section 4.1.3).
 *
 * <p>One per transport; owned by the stack's owner.
 */
final class FastOpen
{
    /** Bytes of our cookies. */
    static final int COOKIE_LENGTH = 8;
    /** The longest cookie that fits the options of a SYN beside all others. */
    static final int MAX_COOKIE_LENGTH = 12;

    private static final long KEY_LIFETIME_NS = 3_600_000_000_000L;
    /** After one failure; doubles with each further one in a row. */
    private static final long DISABLED_NS = 3_600_000_000_000L;
    private static final int MAX_DOUBLINGS = 5;
    private static final int MAX_SERVERS = 1_024;
    private static final long PURPOSE = 5L << 60;

    /** What a server has given us. */
    static final class Server
    {
        long cookieHi;
        long cookieLo;
        int cookieLength;
        int mss;
        private long disabledUntilNs = Long.MIN_VALUE;
        private int failures;
    }

    private final RandomGenerator random;
    private final Map<IpAddress, Server> servers = new LinkedHashMap<>(16, 0.75f, true)
    {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(final Map.Entry<IpAddress, Server> eldest)
        {
            return size() > MAX_SERVERS;
        }
    };
    private SipHash key;
    private SipHash previousKey;
    private long keySinceNs;

    FastOpen(final RandomGenerator random)
    {
        this.random = random;
    }

    // ---- server

    /** The cookie for a client. */
    long cookie(final HalfOpen h, final long nowNs)
    {
        rotate(nowNs);
        return cookie(key, h);
    }

    /** Whether a SYN brings a cookie of ours. */
    boolean isValid(final HalfOpen h, final long cookie, final int length, final long nowNs)
    {
        rotate(nowNs);
        return length == COOKIE_LENGTH && (cookie == cookie(key, h) || cookie == cookie(previousKey, h));
    }

    private static long cookie(final SipHash key, final HalfOpen h)
    {
        return key.hash(h.localHi, h.localLo, h.remoteHi, h.remoteLo, PURPOSE);
    }

    private void rotate(final long nowNs)
    {
        if (key == null || nowNs - keySinceNs >= KEY_LIFETIME_NS)
        {
            final boolean isOld = key == null || nowNs - keySinceNs >= 2 * KEY_LIFETIME_NS;
            previousKey = isOld ? new SipHash(random) : key;
            key = new SipHash(random);
            keySinceNs = nowNs;
        }
    }

    // ---- client

    /** What is known of a server; null when it is to be asked for a cookie. */
    Server find(final Connection c)
    {
        return servers.get(new IpAddress(c.remoteHi, c.remoteLo));
    }

    static boolean isDisabled(final Server server, final long nowNs)
    {
        return server != null && nowNs < server.disabledUntilNs;
    }

    /** A SYN,ACK has brought a cookie. */
    void learn(final Connection c, final long cookieHi, final long cookieLo, final int length)
    {
        final Server server = server(c);
        server.cookieHi = cookieHi;
        server.cookieLo = cookieLo;
        server.cookieLength = length;
        server.mss = c.peerMss;
    }

    /** Data in a SYN has arrived: the way lets it through. */
    void succeeded(final Connection c)
    {
        server(c).failures = 0;
    }

    /** A SYN with our option was not answered: for some time SYNs go without, and the cookie is forgotten. */
    void failed(final Connection c, final long nowNs)
    {
        final Server server = server(c);
        server.disabledUntilNs = nowNs + (DISABLED_NS << Math.min(server.failures, MAX_DOUBLINGS));
        server.failures++;
        server.cookieLength = 0;
    }

    private Server server(final Connection c)
    {
        return servers.computeIfAbsent(new IpAddress(c.remoteHi, c.remoteLo), address -> new Server());
    }
}
