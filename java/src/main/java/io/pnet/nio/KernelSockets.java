package io.pnet.nio;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketImpl;
import java.nio.channels.spi.SelectorProvider;

/**
 * Sockets of the kernel's in a JVM whose factories make Pnet's. The JDK's own implementation where {@code java.net} is
 * open to us, as {@code pnet run} sees to; else the adaptor of a channel, which differs in that an interrupt closes it.
 */
final class KernelSockets
{
    private static final MethodHandle PLATFORM = platform();

    /** The constructor that takes an implementation is protected. */
    private static final class Platform extends Socket
    {
        Platform(final SocketImpl impl) throws SocketException
        {
            super(impl);
        }
    }

    private KernelSockets()
    {
    }

    private static MethodHandle platform()
    {
        try
        {
            return MethodHandles.privateLookupIn(SocketImpl.class, MethodHandles.lookup()).findStatic(
                SocketImpl.class, "createPlatformSocketImpl", MethodType.methodType(SocketImpl.class, boolean.class));
        }
        catch (final ReflectiveOperationException ex)
        {
            return null;
        }
    }

    /** One that is not connected. */
    static Socket open(final SelectorProvider kernel) throws IOException
    {
        if (PLATFORM == null)
        {
            return kernel.openSocketChannel().socket();
        }
        try
        {
            return new Platform((SocketImpl)PLATFORM.invokeExact(false));
        }
        catch (final IOException | RuntimeException | Error ex)
        {
            throw ex;
        }
        catch (final Throwable ex)
        {
            throw new IOException(ex);
        }
    }
}
