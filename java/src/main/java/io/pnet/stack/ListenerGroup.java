package io.pnet.stack;

import io.pnet.ip.IpAddress;
import io.pnet.tcp.Listener;
import io.pnet.tcp.TcpListenerHandler;
import io.pnet.tcp.TcpSettings;

import java.net.BindException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A passive open of a whole process: a {@link Listener} on each of its stacks, which accepts the connections whose home
 * is there. Any thread.
 *
 * <p>Ports are taken from stack 0 on and given back in the other direction, so that whoever gets one at stack 0 finds
 * it free everywhere.
 */
public final class ListenerGroup
{
    private final List<Home> homes = new ArrayList<>();
    private final List<Listener> listeners = new ArrayList<>();

    private ListenerGroup()
    {
    }

    /**
     * Listens.
     *
     * @param local    one of our addresses or a wildcard, see {@link io.pnet.tcp.TcpTransport#listen}.
     * @param port     0 for an ephemeral one.
     * @param backlog  of each stack; a handler's {@link TcpListenerHandler#waiting} may count for all.
     * @param settings null for the process's; else each stack has a copy.
     * @param handlers makes each stack's handler, which is called by the owner of that stack.
     * @throws BindException when the port is taken, or the address is not ours.
     */
    public static ListenerGroup listen(
        final IpProcess process,
        final IpAddress local,
        final int port,
        final int backlog,
        final TcpSettings settings,
        final Function<Home, TcpListenerHandler> handlers)
        throws BindException
    {
        final ListenerGroup group = new ListenerGroup();
        for (final Home home : process.homes())
        {
            final int chosen = group.listeners.isEmpty() ? port : group.port();
            final TcpListenerHandler handler = handlers.apply(home);
            final BindException failure = home.exclusively(() ->
            {
                try
                {
                    group.listeners.add(home.stack().tcp().listen(local, chosen, backlog, settings, handler));
                    group.homes.add(home);
                    return null;
                }
                catch (final BindException ex)
                {
                    return ex;
                }
            });
            if (failure != null)
            {
                group.close();
                throw failure;
            }
        }
        return group;
    }

    public int port()
    {
        return listeners.get(0).port();
    }

    /** Shows the settings of each stack's listener to something that changes them, as the owner of that stack. */
    public void forEachSettings(final Consumer<TcpSettings> action)
    {
        for (int i = 0; i < homes.size(); i++)
        {
            final Listener listener = listeners.get(i);
            homes.get(i).exclusively(() ->
            {
                action.accept(listener.settings());
                return null;
            });
        }
    }

    /** Stops listening; connections that are established stay. */
    public void close()
    {
        for (int i = homes.size() - 1; i >= 0; i--)
        {
            final Listener listener = listeners.get(i);
            homes.get(i).exclusively(() ->
            {
                listener.close();
                return null;
            });
        }
    }
}
