package io.pnet.tools.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** A blocking socket channel. */
final class KernelStream implements Stream
{
    private final SocketChannel channel;
    private final InetSocketAddress local;
    private final InetSocketAddress remote;
    private byte[] copy;

    KernelStream(final SocketChannel channel) throws IOException
    {
        this.channel = channel;
        this.local = (InetSocketAddress)channel.getLocalAddress();
        this.remote = (InetSocketAddress)channel.getRemoteAddress();
    }

    @Override
    public int read(final ByteBuffer into) throws IOException
    {
        if (copy == null)
        {
            return channel.read(into);
        }
        // Channels know no timeout; the socket over the channel does, for byte arrays.
        final int length = channel.socket().getInputStream().read(copy, 0, Math.min(copy.length, into.remaining()));
        if (length > 0)
        {
            into.put(copy, 0, length);
        }
        return length;
    }

    @Override
    public void write(final ByteBuffer from) throws IOException
    {
        while (from.hasRemaining())
        {
            channel.write(from);
        }
    }

    @Override
    public void readTimeout(final Duration timeout) throws IOException
    {
        channel.socket().setSoTimeout((int)timeout.toMillis());
        copy = timeout.isZero() ? null : new byte[8_192];
    }

    @Override
    public void noDelay() throws IOException
    {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    @Override
    public void shutdownOutput() throws IOException
    {
        channel.shutdownOutput();
    }

    @Override
    public InetSocketAddress localAddress()
    {
        return local;
    }

    @Override
    public InetSocketAddress remoteAddress()
    {
        return remote;
    }

    @Override
    public StreamInfo info()
    {
        return null;
    }

    @Override
    public void abort()
    {
        try
        {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        catch (final IOException ex)
        {
            System.getLogger(KernelStream.class.getName()).log(System.Logger.Level.DEBUG, "linger", ex);
        }
        close();
    }

    @Override
    public void close()
    {
        KernelNetwork.closeQuietly(channel);
    }
}
