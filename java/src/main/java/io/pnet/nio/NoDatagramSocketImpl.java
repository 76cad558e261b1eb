package io.pnet.nio;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocketImpl;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;

/** What the constructor of {@link java.net.DatagramSocket} wants, and the adaptor never uses. */
final class NoDatagramSocketImpl extends DatagramSocketImpl
{
    private static SocketException unused()
    {
        return new SocketException("the socket is a channel's, and this is not its implementation");
    }

    @Override
    protected void create()
    {
        // Nothing to make.
    }

    @Override
    protected void close()
    {
        // Nothing was made.
    }

    @Override
    protected void bind(final int port, final InetAddress address) throws SocketException
    {
        throw unused();
    }

    @Override
    protected void send(final DatagramPacket packet) throws IOException
    {
        throw unused();
    }

    @Override
    protected int peek(final InetAddress address) throws IOException
    {
        throw unused();
    }

    @Override
    protected int peekData(final DatagramPacket packet) throws IOException
    {
        throw unused();
    }

    @Override
    protected void receive(final DatagramPacket packet) throws IOException
    {
        throw unused();
    }

    @Override
    @Deprecated
    protected void setTTL(final byte ttl) throws IOException
    {
        throw unused();
    }

    @Override
    @Deprecated
    protected byte getTTL() throws IOException
    {
        throw unused();
    }

    @Override
    protected void setTimeToLive(final int ttl) throws IOException
    {
        throw unused();
    }

    @Override
    protected int getTimeToLive() throws IOException
    {
        throw unused();
    }

    @Override
    protected void join(final InetAddress group) throws IOException
    {
        throw unused();
    }

    @Override
    protected void leave(final InetAddress group) throws IOException
    {
        throw unused();
    }

    @Override
    protected void joinGroup(final SocketAddress group, final NetworkInterface networkInterface) throws IOException
    {
        throw unused();
    }

    @Override
    protected void leaveGroup(final SocketAddress group, final NetworkInterface networkInterface) throws IOException
    {
        throw unused();
    }

    @Override
    public void setOption(final int option, final Object value) throws SocketException
    {
        throw unused();
    }

    @Override
    public Object getOption(final int option) throws SocketException
    {
        throw unused();
    }
}
