package io.pnet.tools.net;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;

/** A blocking, connected datagram channel. */
final class KernelDatagrams implements Datagrams
{
    private final DatagramChannel channel;
    private final InetSocketAddress local;
    private final InetSocketAddress remote;
    private DatagramPacket packet;

    private KernelDatagrams(final DatagramChannel channel) throws IOException
    {
        this.channel = channel;
        this.local = (InetSocketAddress)channel.getLocalAddress();
        this.remote = (InetSocketAddress)channel.getRemoteAddress();
    }

    /** A socket that comes from {@code local} (null for any) and has its peer. */
    static KernelDatagrams connected(final InetSocketAddress local, final InetSocketAddress remote) throws IOException
    {
        return adopt(bound(local), remote);
    }

    /** Makes an open channel the peer's. */
    static KernelDatagrams adopt(final DatagramChannel channel, final InetSocketAddress remote) throws IOException
    {
        try
        {
            channel.connect(remote);
            return new KernelDatagrams(channel);
        }
        catch (final IOException ex)
        {
            channel.close();
            throw ex;
        }
    }

    /** A socket that is alone at its address and port. */
    static DatagramChannel bound(final InetSocketAddress local) throws IOException
    {
        final DatagramChannel channel = DatagramChannel.open();
        try
        {
            channel.bind(local);
            return channel;
        }
        catch (final IOException ex)
        {
            channel.close();
            throw ex;
        }
    }

    @Override
    public void send(final ByteBuffer from) throws IOException
    {
        channel.write(from);
    }

    @Override
    public int receive(final ByteBuffer into) throws IOException
    {
        if (packet == null)
        {
            return channel.read(into);
        }
        packet.setLength(packet.getData().length);
        channel.socket().receive(packet);
        final int length = Math.min(packet.getLength(), into.remaining());
        into.put(packet.getData(), 0, length);
        return length;
    }

    @Override
    public void receiveTimeout(final Duration timeout) throws IOException
    {
        channel.socket().setSoTimeout((int)timeout.toMillis());
        packet = timeout.isZero() ? null : new DatagramPacket(new byte[65_536], 65_536);
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
    public void close()
    {
        KernelNetwork.closeQuietly(channel);
    }
}
