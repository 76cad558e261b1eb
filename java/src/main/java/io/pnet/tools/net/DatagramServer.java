package io.pnet.tools.net;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;

/** Waits at a UDP port and turns who writes into peers with sockets of their own. One thread. */
public interface DatagramServer extends Closeable
{
    /**
     * Waits for the first datagram of the next peer. When this returns, the next peer may write already.
     *
     * @param first   takes that datagram.
     * @param timeout how long to wait, more than zero.
     * @return a socket at the same port that hears this peer only.
     * @throws java.net.SocketTimeoutException when nobody wrote.
     */
    Datagrams accept(ByteBuffer first, Duration timeout) throws IOException;

    /**
     * Waits for a datagram of anybody.
     *
     * @return the sender.
     */
    InetSocketAddress receive(ByteBuffer into) throws IOException;

    /** Sends a datagram to anybody. */
    void send(ByteBuffer from, InetSocketAddress to) throws IOException;

    /** Where it waits. */
    InetSocketAddress localAddress();

    /** Never throws. */
    @Override
    void close();
}
