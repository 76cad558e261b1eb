package io.pnet.tools.net;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;

/** A UDP socket with one peer. One thread may receive while another sends; any thread may close. */
public interface Datagrams extends Closeable
{
    /** Sends one datagram. */
    void send(ByteBuffer from) throws IOException;

    /**
     * Waits for a datagram.
     *
     * @param into takes it; what does not fit is lost.
     * @return its bytes.
     * @throws java.net.SocketTimeoutException when nothing came within the receive timeout.
     */
    int receive(ByteBuffer into) throws IOException;

    /**
     * How long a receive waits.
     *
     * @param timeout zero for ever.
     */
    void receiveTimeout(Duration timeout) throws IOException;

    /** Our address and port. */
    InetSocketAddress localAddress();

    /** The peer's address and port. */
    InetSocketAddress remoteAddress();

    /** Never throws. */
    @Override
    void close();
}
