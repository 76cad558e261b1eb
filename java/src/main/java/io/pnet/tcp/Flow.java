package io.pnet.tcp;

import io.pnet.transport.Timer;

/**
 * Two addresses and two ports, of which there is one at a time: a {@link Connection}, one that is {@link HalfOpen}, or
 * the memory of one that is over ({@link TimeWait}). All three live in one {@link FlowTable}, so that one look tells
 * what a segment belongs to, and each is its own timer. Owned by the stack's owner.
 */
abstract class Flow extends Timer
{
    final long localHi;
    final long localLo;
    final long remoteHi;
    final long remoteLo;
    final int localPort;
    final int remotePort;
    int tableHash;

    Flow(
        final long localHi,
        final long localLo,
        final long remoteHi,
        final long remoteLo,
        final int localPort,
        final int remotePort)
    {
        this.localHi = localHi;
        this.localLo = localLo;
        this.remoteHi = remoteHi;
        this.remoteLo = remoteLo;
        this.localPort = localPort;
        this.remotePort = remotePort;
    }

    /** The local port in the high half, the remote in the low. */
    final int ports()
    {
        return localPort << 16 | remotePort;
    }
}
