package io.pnet.bench.connect;

/** Who closes a connection once its byte has come back. */
enum Ending
{
    /** The server, right behind the byte; it keeps TIME_WAIT, so that the client does not run out of ports. */
    SERVER_CLOSES,
    /** The client, with a reset (SO_LINGER of 0): nobody keeps anything. */
    CLIENT_RESETS
}
