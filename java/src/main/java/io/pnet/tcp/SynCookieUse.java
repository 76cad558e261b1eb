package io.pnet.tcp;

/** When a listener answers SYNs with cookies (RFC 4987 section 3.6), keeping nothing of the handshake. */
public enum SynCookieUse
{
    /** A SYN that finds no room is dropped. */
    NEVER,
    /** When there is no room for another half-open connection. */
    WHEN_FULL,
    /** For every SYN. */
    ALWAYS
}
