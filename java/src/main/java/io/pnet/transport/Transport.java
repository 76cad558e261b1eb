package io.pnet.transport;

import io.pnet.ip.IpProtocol;

/**
 * A transport: anything above IP with a protocol number. All methods are called on the stack's owner, none may block.
 *
 * <p>A duty cycle is: {@code onPacket} and {@code onIcmpError} for everything that arrived, timers of the
 * {@link TransportContext#timers() wheel} that are due, then {@link #doWork}, then one flush of the links.
 */
public interface Transport extends IpProtocol
{
    /** Called once, before anything else. */
    void start(TransportContext context);

    /**
     * Sends what the packets and timers of this duty cycle, and the commands since the last, have made due.
     *
     * @return an amount of work done; 0 when there was none.
     */
    int doWork(long nowNs);

    /**
     * When {@link #doWork} has something to do by itself, apart from timers on the wheel; {@link Long#MAX_VALUE}:
     * never.
     */
    long nextDeadlineNs();

    /**
     * The links were flushed at the end of a duty cycle.
     *
     * @param isComplete whether everything committed has left, so that no frame refers to appended payload any more.
     */
    default void onFlushed(final boolean isComplete)
    {
    }

    /** The stack ends: tell the peers, release everything. Last call. */
    void close(long nowNs);
}
