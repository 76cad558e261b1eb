package io.pnet.socket;

import io.pnet.ip.Destination;
import io.pnet.ip.EchoHandler;
import io.pnet.ip.IcmpError;
import io.pnet.ip.Ip;
import io.pnet.ip.IpAddress;
import io.pnet.stack.IpProcess;
import io.pnet.stack.StackDriver;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** Sends ICMP echo requests and waits for their replies, one at a time. One thread. */
public final class PingSocket implements Closeable
{
    private final IpProcess process;
    private final StackDriver driver;
    private final Waiting answered;
    private final int identifier;
    private UnsafeBuffer payload = new UnsafeBuffer(ByteBuffer.allocateDirect(2_048));
    private volatile int awaited = -1;
    private volatile boolean isAnswered;
    private volatile long receivedNs;
    private volatile int replyHopLimit;
    private volatile IcmpError.Kind error;

    private PingSocket(final IpProcess process)
    {
        this.process = process;
        this.driver = process.driver();
        answered = new Waiting(driver, () -> isAnswered);
        identifier = process.exclusively(() -> process.stack().ip().echo().open(new Replies()));
    }

    /** Opens one, with an identifier of its own. */
    public static PingSocket open(final IpProcess process)
    {
        return new PingSocket(process);
    }

    /**
     * One echo.
     *
     * @param sequence 16 bits.
     * @param size     payload bytes.
     * @return round-trip time in ns.
     * @throws java.net.SocketTimeoutException when no reply came in time.
     * @throws NoRouteToHostException          when there is no way there, or somebody said so.
     */
    public long ping(final InetAddress host, final int sequence, final int size, final Duration timeout)
        throws IOException
    {
        final IpAddress remote = IpAddress.of(host);
        if (payload.capacity() < size)
        {
            payload = new UnsafeBuffer(ByteBuffer.allocateDirect(size));
        }
        for (int i = 0; i < size; i++)
        {
            payload.putByte(i, (byte)i);
        }
        awaited = sequence & 0xFFFF;
        isAnswered = false;
        error = null;
        final long sentNs = driver.clock().nanoTime();
        final boolean isSent = process.exclusively(() ->
        {
            final Ip ip = process.stack().ip();
            final Destination destination = ip.route(0, 0, remote.hi(), remote.lo());
            return destination != null && ip.echo().send(destination, identifier, awaited, payload, 0, size);
        });
        if (!isSent)
        {
            throw new NoRouteToHostException("no route to " + remote + ": add a gateway or an address on its network");
        }
        answered.await("ping " + remote, Waiting.deadlineNs(driver, timeout));
        if (error != null)
        {
            throw new NoRouteToHostException(
                "ping " + remote + ": " + error.name().toLowerCase().replace('_', ' '));
        }
        return Math.max(1, receivedNs - sentNs);
    }

    /** TTL or hop limit of the last reply. */
    public int replyHopLimit()
    {
        return replyHopLimit;
    }

    @Override
    public void close()
    {
        process.exclusively(() ->
        {
            process.stack().ip().echo().close(identifier);
            return null;
        });
    }

    private final class Replies implements EchoHandler
    {
        @Override
        public void onReply(
            final int id,
            final int sequence,
            final long sourceHi,
            final long sourceLo,
            final UnsafeBuffer buffer,
            final int offset,
            final int length,
            final int hopLimit,
            final long atNs)
        {
            if (sequence == awaited && !isAnswered)
            {
                replyHopLimit = hopLimit;
                receivedNs = atNs;
                isAnswered = true;
                answered.signal();
            }
        }

        @Override
        public void onError(final int id, final int sequence, final IcmpError icmpError)
        {
            if (sequence == awaited && !isAnswered)
            {
                error = icmpError.kind();
                isAnswered = true;
                answered.signal();
            }
        }
    }
}
