package io.pnet.dns;

import io.pnet.ip.IcmpError;
import io.pnet.ip.IpAddress;
import io.pnet.socket.TcpSocket;
import io.pnet.stack.IpProcess;
import io.pnet.stack.StackDriver;
import io.pnet.udp.UdpEndpoint;
import io.pnet.udp.UdpHandler;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;

/** To name servers through our own stack. */
final class PnetExchange implements Exchange
{
    private static final long RETRY_NS = 1_000_000L;
    /** Answers that may wait to be looked at; a flood of false ones is dropped beyond that. */
    private static final int MAX_WAITING = 64;

    private final IpProcess process;
    private final StackDriver driver;

    PnetExchange(final IpProcess process)
    {
        this.process = process;
        this.driver = process.driver();
    }

    @Override
    public boolean datagrams(
        final InetSocketAddress server,
        final List<byte[]> queries,
        final long timeoutNs,
        final Predicate<byte[]> answers)
        throws IOException
    {
        final long deadlineNs = driver.clock().nanoTime() + timeoutNs;
        final Inbox inbox = new Inbox();
        final UdpEndpoint endpoint = open(server, inbox);
        try
        {
            for (final byte[] query : queries)
            {
                if (!send(endpoint, query, deadlineNs))
                {
                    return false;
                }
            }
            while (inbox.await(deadlineNs))
            {
                for (byte[] answer = inbox.poll(); answer != null; answer = inbox.poll())
                {
                    if (answers.test(answer))
                    {
                        return true;
                    }
                }
                inbox.throwError();
            }
            return false;
        }
        finally
        {
            process.exclusively(() ->
            {
                endpoint.close();
                return null;
            });
        }
    }

    private UdpEndpoint open(final InetSocketAddress server, final Inbox inbox) throws IOException
    {
        final IpAddress address = IpAddress.of(server.getAddress());
        final Object opened = process.exclusively(() ->
        {
            UdpEndpoint endpoint = null;
            try
            {
                endpoint = process.stack().udp().bind(address.isV4() ? IpAddress.ANY_V4 : IpAddress.ANY, 0, inbox);
                return endpoint.connect(address, server.getPort());
            }
            catch (final IOException ex)
            {
                if (endpoint != null)
                {
                    endpoint.close();
                }
                return ex;
            }
        });
        if (opened instanceof IOException failure)
        {
            throw failure;
        }
        return (UdpEndpoint)opened;
    }

    /** Sends one; waits while the link, or the next hop's queue, is full. Returns false when time is up. */
    private boolean send(final UdpEndpoint endpoint, final byte[] query, final long deadlineNs) throws IOException
    {
        final UnsafeBuffer source = new UnsafeBuffer(query);
        while (true)
        {
            final int result = process.exclusively(() -> endpoint.send(source, 0, query.length));
            if (result >= 0)
            {
                return true;
            }
            if (result != UdpEndpoint.BACK_PRESSURED)
            {
                throw result == UdpEndpoint.CLOSED ?
                    new IOException("the stack is closed") : new NoRouteToHostException("no route");
            }
            final long nowNs = driver.clock().nanoTime();
            if (nowNs >= deadlineNs)
            {
                return false;
            }
            driver.await(() -> false, Math.min(deadlineNs, nowNs + RETRY_NS));
            throwIfInterrupted();
        }
    }

    @Override
    public byte[] stream(final InetSocketAddress server, final byte[] query, final long timeoutNs) throws IOException
    {
        final long deadlineNs = driver.clock().nanoTime() + timeoutNs;
        try (TcpSocket socket = TcpSocket.connect(process, server, Duration.ofNanos(timeoutNs)))
        {
            final ByteBuffer request = ByteBuffer.allocate(2 + query.length);
            socket.write(request.putShort((short)query.length).put(query).flip());
            final ByteBuffer length = read(socket, ByteBuffer.allocate(2), deadlineNs);
            return read(socket, ByteBuffer.allocate(length.getShort(0) & 0xFFFF), deadlineNs).array();
        }
    }

    private ByteBuffer read(final TcpSocket socket, final ByteBuffer target, final long deadlineNs) throws IOException
    {
        while (target.hasRemaining())
        {
            final long leftNs = deadlineNs - driver.clock().nanoTime();
            if (leftNs <= 0)
            {
                throw new SocketTimeoutException("timed out");
            }
            socket.readTimeout(Duration.ofNanos(leftNs));
            if (socket.read(target) < 0)
            {
                throw new IOException("the connection ended early");
            }
        }
        return target;
    }

    private static void throwIfInterrupted() throws InterruptedIOException
    {
        if (Thread.currentThread().isInterrupted())
        {
            throw new InterruptedIOException("interrupted");
        }
    }

    /** What has come and is not looked at yet. Filled by the stack's owner, emptied by the thread that asks. */
    private final class Inbox implements UdpHandler
    {
        private final Thread thread = Thread.currentThread();
        private final ConcurrentLinkedQueue<byte[]> waiting = new ConcurrentLinkedQueue<>();
        private volatile IcmpError.Kind error;

        @Override
        public void onDatagram(
            final UdpEndpoint endpoint,
            final UnsafeBuffer buffer,
            final int offset,
            final int length,
            final long sourceHi,
            final long sourceLo,
            final int sourcePort)
        {
            if (waiting.size() < MAX_WAITING)
            {
                final byte[] bytes = new byte[length];
                buffer.getBytes(offset, bytes);
                waiting.add(bytes);
                driver.unpark(thread);
            }
        }

        @Override
        public void onError(final UdpEndpoint endpoint, final IcmpError.Kind kind)
        {
            error = kind;
            driver.unpark(thread);
        }

        /** Waits until there is something; false when time is up. */
        boolean await(final long deadlineNs) throws IOException
        {
            final boolean isThere = driver.await(() -> !waiting.isEmpty() || error != null, deadlineNs);
            if (!isThere)
            {
                throwIfInterrupted();
                if (!driver.isOpen())
                {
                    throw new IOException("the stack was closed");
                }
            }
            return isThere;
        }

        byte[] poll()
        {
            return waiting.poll();
        }

        void throwError() throws IOException
        {
            final IcmpError.Kind kind = error;
            error = null;
            if (kind == IcmpError.Kind.PORT_UNREACHABLE || kind == IcmpError.Kind.PROTOCOL_UNREACHABLE)
            {
                throw new PortUnreachableException("nobody listens there");
            }
            if (kind == IcmpError.Kind.HOST_UNREACHABLE || kind == IcmpError.Kind.NETWORK_UNREACHABLE)
            {
                throw new NoRouteToHostException("unreachable");
            }
        }
    }
}
