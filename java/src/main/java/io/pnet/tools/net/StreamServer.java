package io.pnet.tools.net;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Accepts TCP connections. One thread accepts; any thread may close, which ends the accept. */
public interface StreamServer extends Closeable
{
    /** Waits for the next connection. */
    Stream accept() throws IOException;

    /**
     * Congestion control of the connections that begin from now on.
     *
     * @param congestion a name that {@link Network#canChooseCongestion} knows; null for the default.
     */
    void congestion(String congestion);

    /** Where it listens. */
    InetSocketAddress localAddress();

    /** Never throws. */
    @Override
    void close();
}
