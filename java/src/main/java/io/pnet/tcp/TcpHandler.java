package io.pnet.tcp;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a connection tells its user. Called on the stack's owner, inside the duty cycle; must not block. Everything on
 * {@link Connection} may be called from here. An exception goes to the stack's error handler and aborts the connection.
 */
public interface TcpHandler
{
    /** The handshake is complete: data may flow both ways. */
    default void onConnected(final Connection connection)
    {
    }

    /**
     * In-order bytes, in place.
     *
     * @param buffer valid until this method returns.
     * @return how many of the bytes are consumed. What is not is kept for {@link Connection#read}, the receive window
     *     shrinks by it, and later bytes queue behind it without a call until {@code read} has emptied the queue; each
     *     arrival is then announced by {@link #onReadable}.
     */
    int onReceive(Connection connection, UnsafeBuffer buffer, int offset, int length);

    /** Bytes were queued for {@link Connection#read}. */
    default void onReadable(final Connection connection)
    {
    }

    /**
     * The peer has declared bytes urgent, or more of them than before: {@link Connection#urgentAhead} says how many of
     * the next ones. They come through {@link #onReceive} like all others, and may not have arrived yet.
     */
    default void onUrgent(final Connection connection)
    {
    }

    /** Something is wrong on the way that does not end the connection. */
    default void onSoftError(final Connection connection, final SoftError error)
    {
    }

    /** Earlier bytes were acknowledged: there is room in the send buffer again. Called at most once per duty cycle. */
    default void onWritable(final Connection connection)
    {
    }

    /** The peer has finished sending; all its bytes were delivered or queued before. We may still send. */
    default void onPeerClosed(final Connection connection)
    {
    }

    /** The connection is over; the last call. Bytes that are queued can still be read. */
    default void onClosed(final Connection connection, final CloseReason reason)
    {
    }
}
