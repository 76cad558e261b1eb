package io.pnet.dns;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Predicate;

/** A way to name servers: through Pnet or through the kernel. Blocks; any thread. */
interface Exchange
{
    /**
     * Sends datagrams from one fresh port to a server, and takes what comes back from it there.
     *
     * @param timeoutNs how long to wait at most for all of it.
     * @param answers   is given each datagram; says true when no more are wanted.
     * @return whether it said so; false when time was up.
     * @throws IOException when the server cannot be reached.
     */
    boolean datagrams(InetSocketAddress server, List<byte[]> queries, long timeoutNs, Predicate<byte[]> answers)
        throws IOException;

    /**
     * Asks over TCP (RFC 7766): each message behind its length.
     *
     * @return the first message that comes back.
     */
    byte[] stream(InetSocketAddress server, byte[] query, long timeoutNs) throws IOException;
}
