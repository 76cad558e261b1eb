package io.pnet.tcp;

/** Takes the connections that a {@link Listener} gets. Called on the stack's owner. */
@FunctionalInterface
public interface TcpListenerHandler
{
    /**
     * A connection is established; its {@link TcpHandler#onConnected} follows.
     *
     * @return who handles it from now on.
     */
    TcpHandler onAccept(Connection connection);

    /**
     * Connections that were handed over and that the user has not yet taken up. While there are as many as the
     * listener's backlog, handshakes are not completed and new SYNs are dropped.
     */
    default int waiting()
    {
        return 0;
    }
}
