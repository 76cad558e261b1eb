package io.pnet.nio;

import io.pnet.stack.Home;
import io.pnet.stack.StackDriver;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpListenerHandler;

import java.nio.channels.SelectionKey;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Connections that the listeners on Pnet, one of each stack, have got and nobody has accepted yet. */
final class TcpBacklog
{
    private final StackDriver driver;
    private final KeyRing keys;
    private final Runnable onArrival;
    private final ConcurrentLinkedQueue<TcpStream> streams = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean isClosed;

    /**
     * An empty one.
     *
     * @param driver    of those who wait for it.
     * @param onArrival wakes a thread that waits in accept; on a stack's owner.
     */
    TcpBacklog(final StackDriver driver, final KeyRing keys, final Runnable onArrival)
    {
        this.driver = driver;
        this.keys = keys;
        this.onArrival = onArrival;
    }

    /** What fills it from one of the stacks. */
    TcpListenerHandler from(final Home home)
    {
        return new TcpListenerHandler()
        {
            @Override
            public TcpHandler onAccept(final Connection connection)
            {
                return add(home, connection);
            }

            @Override
            public int waiting()
            {
                return waiting.get();
            }
        };
    }

    private TcpStream add(final Home home, final Connection connection)
    {
        final TcpStream stream = new TcpStream(home, new KeyRing());
        stream.accepted(connection);
        if (isClosed)
        {
            connection.abort();
        }
        else
        {
            waiting.incrementAndGet();
            streams.add(stream);
            onArrival.run();
            keys.signal(SelectionKey.OP_ACCEPT);
        }
        return stream;
    }

    boolean isEmpty()
    {
        return streams.isEmpty();
    }

    /** The next one, or null. Any thread. */
    TcpStream poll()
    {
        final TcpStream stream = streams.poll();
        if (stream != null)
        {
            waiting.decrementAndGet();
        }
        return stream;
    }

    /** Nobody will accept any more: resets those that wait. After the listener is closed. */
    void close()
    {
        isClosed = true;
        for (TcpStream stream = poll(); stream != null; stream = poll())
        {
            stream.connection().abort();
        }
        driver.kick();
    }
}
