package io.pnet.tools.net;

import io.pnet.socket.TcpSocket;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpInfo;
import io.pnet.tcp.TcpState;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** A blocking socket of an IP process. */
final class PnetStream implements Stream
{
    private static final long POLL_NS = 1_000_000;
    private static final long NO_PROGRESS_NS = 5_000_000_000L;
    private static final long PEER_CLOSE_NS = 500_000_000L;

    private final TcpSocket socket;
    private final Consumer<PnetStream> onAbort;
    private volatile boolean isClosed;

    /**
     * @param onAbort told when nothing is left to wait for.
     */
    PnetStream(final TcpSocket socket, final Consumer<PnetStream> onAbort)
    {
        this.socket = socket;
        this.onAbort = onAbort;
    }

    @Override
    public int read(final ByteBuffer into) throws IOException
    {
        return socket.read(into);
    }

    @Override
    public void write(final ByteBuffer from) throws IOException
    {
        socket.write(from);
    }

    @Override
    public void readTimeout(final Duration timeout)
    {
        socket.readTimeout(timeout);
    }

    @Override
    public void noDelay()
    {
        // The listener's settings say so for all its connections.
    }

    @Override
    public void shutdownOutput()
    {
        socket.shutdownOutput();
    }

    @Override
    public InetSocketAddress localAddress()
    {
        return socket.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress()
    {
        return socket.remoteAddress();
    }

    @Override
    public StreamInfo info()
    {
        final TcpInfo info = socket.info();
        return new StreamInfo(
            info.retransmittedSegments(),
            info.rttNs() / 1_000,
            info.rttvarNs() / 1_000,
            info.cwnd(),
            info.sndWnd(),
            info.pathMtu());
    }

    @Override
    public void abort()
    {
        socket.abort();
        onAbort.accept(this);
    }

    @Override
    public void close()
    {
        isClosed = true;
        socket.close();
    }

    /** After {@link #close()}: waits until everything has arrived, as long as there is progress. */
    void linger()
    {
        if (!isClosed)
        {
            return;
        }
        final Connection connection = socket.connection();
        int left = connection.unacknowledged();
        long progressNs = System.nanoTime();
        while (connection.closeReason() == null)
        {
            final TcpState state = connection.state();
            final long idleNs = System.nanoTime() - progressNs;
            if (state == TcpState.TIME_WAIT || state == TcpState.CLOSED ||
                state == TcpState.FIN_WAIT_2 && idleNs > PEER_CLOSE_NS || idleNs > NO_PROGRESS_NS)
            {
                return;
            }
            LockSupport.parkNanos(POLL_NS);
            final int now = connection.unacknowledged();
            if (now != left)
            {
                left = now;
                progressNs = System.nanoTime();
            }
        }
    }
}
