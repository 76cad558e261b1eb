package io.pnet.tcp;

/** The states of a connection (RFC 9293 section 3.3.2). LISTEN is a {@link Listener}'s, not a connection's. */
public enum TcpState
{
    SYN_SENT,
    SYN_RECEIVED,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    CLOSE_WAIT,
    CLOSING,
    LAST_ACK,
    TIME_WAIT,
    CLOSED;

    /** Whether both sides know each other's sequence numbers. */
    public boolean isSynchronized()
    {
        return this != SYN_SENT && this != SYN_RECEIVED && this != CLOSED;
    }

    /** Whether the peer may still send data. */
    boolean canReceive()
    {
        return this == ESTABLISHED || this == FIN_WAIT_1 || this == FIN_WAIT_2;
    }
}
