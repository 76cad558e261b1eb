package io.pnet.tools.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Somewhere to open sockets: the kernel, or an IP process of our own. Any thread. */
public interface Network extends AutoCloseable
{
    /**
     * Connects a TCP stream.
     *
     * @param local   address and port to come from; null for any.
     * @param remote  who to connect to.
     * @param options what it does.
     * @param timeout how long to wait for the peer, more than zero.
     * @throws IOException with one line for the user when there is no connection.
     */
    Stream connect(InetSocketAddress local, InetSocketAddress remote, StreamOptions options, Duration timeout)
        throws IOException;

    /**
     * Listens for TCP connections.
     *
     * @param address address (or the wildcard) and port.
     * @param backlog connections that may wait to be accepted.
     * @throws IOException when the port is in use.
     */
    StreamServer listen(InetSocketAddress address, int backlog) throws IOException;

    /**
     * Opens a UDP socket that sends to and hears one peer only.
     *
     * @param local  address and port to come from; null for any.
     * @param remote the peer.
     */
    Datagrams connectDatagrams(InetSocketAddress local, InetSocketAddress remote) throws IOException;

    /**
     * Waits for UDP peers at a port.
     *
     * @param address address (or the wildcard) and port.
     * @throws IOException when the port is in use.
     */
    DatagramServer listenDatagrams(InetSocketAddress address) throws IOException;

    /**
     * Whether TCP streams of this network can be asked for a congestion control by name.
     *
     * @param congestion the name, for example {@code cubic}.
     */
    boolean canChooseCongestion(String congestion);

    /** The name of the default congestion control; null when unknown. */
    String defaultCongestion();

    /**
     * The largest UDP payload that travels to the stream's peer in one frame, in bytes.
     *
     * @param stream a connected stream.
     */
    int datagramSizeTowards(Stream stream);

    /** Closes everything that was opened here. Never throws. */
    @Override
    void close();
}
