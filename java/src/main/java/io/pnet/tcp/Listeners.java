package io.pnet.tcp;

import io.pnet.ip.Ip;
import io.pnet.ip.IpAddress;
import io.pnet.transport.PortSpace;
import org.agrona.collections.Int2ObjectHashMap;

import java.net.BindException;
import java.util.function.Consumer;

/**
 * The listeners of a transport by port and address, and the ports that they and their users have taken. Owned by the
 * stack's owner.
 */
final class Listeners
{
    private final Ip ip;
    private final PortSpace ports;
    /** By port, those of one port linked. */
    private final Int2ObjectHashMap<Listener> byPort = new Int2ObjectHashMap<>();

    Listeners(final Ip ip, final PortSpace ports)
    {
        this.ip = ip;
        this.ports = ports;
    }

    /** As {@link TcpTransport#listen}, with the settings given. */
    Listener listen(
        final TcpTransport tcp,
        final IpAddress local,
        final int port,
        final int backlog,
        final TcpSettings settings,
        final TcpListenerHandler handler)
        throws BindException
    {
        final int chosen = bind(local, port);
        final Listener listener = new Listener(tcp, local, chosen, backlog, settings, handler);
        listener.next = byPort.get(chosen);
        byPort.put(chosen, listener);
        return listener;
    }

    /** As {@link TcpTransport#bind}. */
    int bind(final IpAddress local, final int port) throws BindException
    {
        if (!local.isUnspecified() && !ip.isLocal(local.hi(), local.lo()))
        {
            throw new BindException("Cannot assign requested address: " + local + " is not one of this stack");
        }
        final int chosen = port != 0 ? port : ports.bindEphemeral(local.hi(), local.lo());
        if (chosen == PortSpace.NONE)
        {
            throw new BindException("Address already in use: all ephemeral TCP ports are taken");
        }
        if (port != 0 && !ports.bind(local.hi(), local.lo(), port))
        {
            throw new BindException("Address already in use: TCP port " + port + " on " + local + ", choose another");
        }
        return chosen;
    }

    void unbind(final IpAddress local, final int port)
    {
        ports.release(local.hi(), local.lo(), port);
    }

    /** Takes a listener out, and gives back its port. */
    void remove(final Listener listener)
    {
        Listener kept = null;
        for (Listener each = byPort.remove(listener.port); each != null;)
        {
            final Listener next = each.next;
            if (each != listener)
            {
                each.next = kept;
                kept = each;
            }
            else
            {
                ports.release(each.localHi, each.localLo, each.port);
            }
            each = next;
        }
        if (kept != null)
        {
            byPort.put(listener.port, kept);
        }
    }

    /** Who listens for this address; one of just this address goes before one of all. Null when nobody does. */
    Listener find(final int port, final long hi, final long lo)
    {
        Listener wildcard = null;
        for (Listener each = byPort.get(port); each != null; each = each.next)
        {
            if (each.matches(hi, lo))
            {
                if (!each.isWildcard())
                {
                    return each;
                }
                wildcard = each;
            }
        }
        return wildcard;
    }

    void forEach(final Consumer<Listener> consumer)
    {
        for (final Listener first : byPort.values())
        {
            for (Listener each = first; each != null; each = each.next)
            {
                consumer.accept(each);
            }
        }
    }

    void clear()
    {
        byPort.clear();
    }
}
