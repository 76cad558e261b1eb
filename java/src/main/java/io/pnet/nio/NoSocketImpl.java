package io.pnet.nio;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.SocketImpl;

/** What the constructors of {@link java.net.Socket} and {@link java.net.ServerSocket} want, and adaptors never use. */
final class NoSocketImpl extends SocketImpl
{
    private static UnsupportedOperationException unused()
    {
        return new UnsupportedOperationException("an adaptor has a channel, not a SocketImpl");
    }

    @Override
    protected void create(final boolean isStream)
    {
        throw unused();
    }

    @Override
    protected void connect(final String host, final int port)
    {
        throw unused();
    }

    @Override
    protected void connect(final InetAddress address, final int port)
    {
        throw unused();
    }

    @Override
    protected void connect(final SocketAddress address, final int timeout)
    {
        throw unused();
    }

    @Override
    protected void bind(final InetAddress host, final int port)
    {
        throw unused();
    }

    @Override
    protected void listen(final int backlog)
    {
        throw unused();
    }

    @Override
    protected void accept(final SocketImpl accepted)
    {
        throw unused();
    }

    @Override
    protected InputStream getInputStream()
    {
        throw unused();
    }

    @Override
    protected OutputStream getOutputStream()
    {
        throw unused();
    }

    @Override
    protected int available()
    {
        throw unused();
    }

    @Override
    protected void close()
    {
        throw unused();
    }

    @Override
    protected void sendUrgentData(final int data)
    {
        throw unused();
    }

    @Override
    public void setOption(final int id, final Object value)
    {
        throw unused();
    }

    @Override
    public Object getOption(final int id)
    {
        throw unused();
    }
}
