package io.pnet.nio;

import io.pnet.ip.IpAddress;
import io.pnet.stack.IpProcess;

import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;

/** A port on Pnet that a channel has taken by {@code bind} and has not connected from yet. */
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
        final Object result = process.exclusively(() ->
        {
            try
            {
                return process.stack().tcp().bind(address, local.getPort());
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
        return new BoundPort(address, (Integer)result);
    }

    /** Gives it back; a connection that uses it stays. */
    void release(final IpProcess process)
    {
        process.exclusively(() ->
        {
            process.stack().tcp().unbind(address, port);
            return null;
        });
    }
}
