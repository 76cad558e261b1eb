package io.pnet.nio;

import io.pnet.ip.IpAddress;
import io.pnet.stack.Home;
import io.pnet.stack.IpProcess;

import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.List;

/**
 * A port on Pnet that a channel has taken by {@code bind} and has not connected from yet: of every stack, since the
 * peer decides which of them has the connection. Taken and given back in the order of {@code ListenerGroup}, so that
 * whoever gets it at stack 0 finds it free everywhere.
 */
record BoundPort(IpAddress address, int port)
{
    /**
     * Takes a port.
     *
     * @param local an address of the process or the wildcard; port 0 for an ephemeral one.
     * @throws BindException one line, when the port is in use or the address is not ours.
     */
    static BoundPort bind(final IpProcess process, final InetSocketAddress local) throws SocketException
    {
        Failures.requireRunning(process);
        final IpAddress address =
            local.getAddress().isAnyLocalAddress() ? IpAddress.ANY : IpAddress.of(local.getAddress());
        final List<Home> homes = process.homes();
        int port = local.getPort();
        for (int i = 0; i < homes.size(); i++)
        {
            try
            {
                port = bind(homes.get(i), address, port);
            }
            catch (final BindException ex)
            {
                release(homes.subList(0, i), address, port);
                throw ex;
            }
        }
        return new BoundPort(address, port);
    }

    private static int bind(final Home home, final IpAddress address, final int port) throws BindException
    {
        final Object result = home.exclusively(() ->
        {
            try
            {
                return home.stack().tcp().bind(address, port);
            }
            catch (final BindException ex)
            {
                return ex;
            }
        });
        if (result instanceof BindException failure)
        {
            throw failure;
        }
        return (Integer)result;
    }

    /** Gives it back; a connection that uses it stays. */
    void release(final IpProcess process)
    {
        release(process.homes(), address, port);
    }

    private static void release(final List<Home> homes, final IpAddress address, final int port)
    {
        for (int i = homes.size() - 1; i >= 0; i--)
        {
            final Home home = homes.get(i);
            home.exclusively(() ->
            {
                home.stack().tcp().unbind(address, port);
                return null;
            });
        }
    }
}
