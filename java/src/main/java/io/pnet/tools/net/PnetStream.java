package io.pnet.tools.net;

import io.pnet.socket.TcpSocket;
import io.pnet.stack.Home;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpInfo;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;

/** A blocking socket of an IP process. */
public final class PnetStream implements Stream
{
    private final TcpSocket socket;

    PnetStream(final TcpSocket socket)
    {
        this.socket = socket;
    }

    /** Which stack the connection is on. */
    public Home home()
    {
        return socket.home();
    }

    /** The connection underneath, for those who take its events over: from then on nothing blocks here any more. */
    public Connection connection()
    {
        return socket.connection();
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
    }

    @Override
    public void close()
    {
        socket.close();
    }
}
