package io.pnet.tcp;

/** Whether a connection uses explicit congestion notification (RFC 3168). */
public enum EcnMode
{
    /** Never. */
    OFF,
    /** Where the peer asks for it: what it opens with ECN has it, what we open has not. */
    ACCEPT,
    /** Connections we open ask for it too. */
    REQUEST
}
