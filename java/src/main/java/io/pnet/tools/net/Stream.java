package io.pnet.tools.net;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;

/** A TCP connection with blocking calls. One thread may read while another writes; any thread may close. */
public interface Stream extends Closeable
{
    /**
     * Reads what is there, waiting for at least one byte.
     *
     * @param into has room for at least one byte.
     * @return bytes read, or -1 when the peer has finished.
     * @throws java.net.SocketTimeoutException when nothing came within the read timeout.
     */
    int read(ByteBuffer into) throws IOException;

    /** Writes all of it, waiting for room. */
    void write(ByteBuffer from) throws IOException;

    /**
     * How long a read waits. To be set before the first read.
     *
     * @param timeout zero for ever.
     */
    void readTimeout(Duration timeout) throws IOException;

    /** Sends small writes at once (no Nagle); for streams that were accepted. */
    void noDelay() throws IOException;

    /** Says to the peer that nothing more comes; reading goes on. */
    void shutdownOutput() throws IOException;

    /** Our address and port. */
    InetSocketAddress localAddress();

    /** The peer's address and port. */
    InetSocketAddress remoteAddress();

    /**
     * What TCP knows about the connection now.
     *
     * @return null when this network does not tell.
     */
    StreamInfo info();

    /** Closes at once, throwing away what was not sent. Never throws. */
    void abort();

    /** Closes; what was written is still delivered. Never throws. */
    @Override
    void close();
}
