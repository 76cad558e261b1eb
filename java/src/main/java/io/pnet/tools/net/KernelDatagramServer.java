package io.pnet.tools.net;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;

/** Hands the waiting socket over to each new peer and opens the next one at the same port. */
final class KernelDatagramServer implements DatagramServer
{
    private final InetSocketAddress address;
    private volatile DatagramChannel channel;

    KernelDatagramServer(final InetSocketAddress address) throws IOException
    {
        this.channel = KernelDatagrams.bound(address);
        // Only now, so that a port in use is noticed: from here on our own next sockets may join.
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        this.address = (InetSocketAddress)channel.getLocalAddress();
    }

    @Override
    public Datagrams accept(final ByteBuffer first, final Duration timeout) throws IOException
    {
        final DatagramChannel waiting = channel;
        final DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
        waiting.socket().setSoTimeout((int)Math.max(1, timeout.toMillis()));
        waiting.socket().receive(packet);
        waiting.socket().setSoTimeout(0);
        first.put(packet.getData(), 0, Math.min(packet.getLength(), first.remaining()));

        final Datagrams peer = KernelDatagrams.adopt(waiting, (InetSocketAddress)packet.getSocketAddress());
        try
        {
            channel = next();
        }
        catch (final IOException ex)
        {
            peer.close();
            throw ex;
        }
        return peer;
    }

    private DatagramChannel next() throws IOException
    {
        final DatagramChannel next = DatagramChannel.open();
        try
        {
            next.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            next.bind(address);
            return next;
        }
        catch (final IOException ex)
        {
            next.close();
            throw ex;
        }
    }

    @Override
    public InetSocketAddress receive(final ByteBuffer into) throws IOException
    {
        return (InetSocketAddress)channel.receive(into);
    }

    @Override
    public void send(final ByteBuffer from, final InetSocketAddress to) throws IOException
    {
        channel.send(from, to);
    }

    @Override
    public InetSocketAddress localAddress()
    {
        return address;
    }

    @Override
    public void close()
    {
        KernelNetwork.closeQuietly(channel);
    }
}
