package io.pnet.run;

import io.pnet.nio.PnetDatagramSocketImpl;
import io.pnet.nio.PnetSelectorProvider;
import io.pnet.nio.PnetSocketImpl;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketImpl;
import java.nio.channels.spi.SelectorProvider;
import java.util.function.Supplier;

/**
 * Makes {@link Socket}, {@link ServerSocket} and {@link DatagramSocket} go where the JVM's channels go. Their factories
 * can be set once in a JVM; all of them are, since a server socket of our kind makes clients of our kind.
 */
final class SocketFactories
{
    private final Supplier<SelectorProvider> provider;
    private final Method platform;

    private SocketFactories(final Supplier<SelectorProvider> provider) throws ReflectiveOperationException
    {
        this.provider = provider;
        platform = SocketImpl.class.getDeclaredMethod("createPlatformSocketImpl", boolean.class);
        platform.setAccessible(true);
    }

    /**
     * Sets them.
     *
     * @param provider who opens the JVM's channels; asked for each socket.
     * @throws IllegalStateException one line, when somebody else has set one before.
     */
    @SuppressWarnings("deprecation")
    static void install(final Supplier<SelectorProvider> provider) throws ReflectiveOperationException
    {
        final SocketFactories factories = new SocketFactories(provider);
        try
        {
            Socket.setSocketImplFactory(() -> factories.create(false));
            ServerSocket.setSocketFactory(() -> factories.create(true));
            DatagramSocket.setDatagramSocketImplFactory(() -> new PnetDatagramSocketImpl(provider.get()));
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException(
                "another agent makes the JVM's sockets, and only one can: start without it (" + ex.getMessage() + ")",
                ex);
        }
    }

    private SocketImpl create(final boolean isServer)
    {
        if (provider.get() instanceof PnetSelectorProvider ours)
        {
            return new PnetSocketImpl(ours, isServer);
        }
        try
        {
            return (SocketImpl)platform.invoke(null, isServer);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new IllegalStateException("the JDK makes no socket of its own: " + ex.getMessage(), ex);
        }
    }
}
