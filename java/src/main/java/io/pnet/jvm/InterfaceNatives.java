package io.pnet.jvm;

import java.lang.reflect.InvocationHandler;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;

/**
 * What {@link NetworkInterface} calls instead of its native methods of the same names. Never loaded as it is here: a
 * copy by another name is defined beside NetworkInterface, in java.net, and so may know nothing but the JDK.
 */
final class InterfaceNatives
{
    /** Is given a method's name and its arguments. */
    static volatile InvocationHandler handler;

    private InterfaceNatives()
    {
    }

    static NetworkInterface[] getAll() throws SocketException
    {
        return (NetworkInterface[])call("getAll");
    }

    static NetworkInterface getByName0(final String name) throws SocketException
    {
        return (NetworkInterface)call("getByName0", name);
    }

    static NetworkInterface getByIndex0(final int index) throws SocketException
    {
        return (NetworkInterface)call("getByIndex0", index);
    }

    static NetworkInterface getByInetAddress0(final InetAddress address) throws SocketException
    {
        return (NetworkInterface)call("getByInetAddress0", address);
    }

    static boolean boundInetAddress0(final InetAddress address) throws SocketException
    {
        return (boolean)call("boundInetAddress0", address);
    }

    static boolean isUp0(final String name, final int index) throws SocketException
    {
        return (boolean)call("isUp0", name, index);
    }

    static boolean isLoopback0(final String name, final int index) throws SocketException
    {
        return (boolean)call("isLoopback0", name, index);
    }

    static boolean supportsMulticast0(final String name, final int index) throws SocketException
    {
        return (boolean)call("supportsMulticast0", name, index);
    }

    static boolean isP2P0(final String name, final int index) throws SocketException
    {
        return (boolean)call("isP2P0", name, index);
    }

    static byte[] getMacAddr0(final byte[] address, final String name, final int index) throws SocketException
    {
        return (byte[])call("getMacAddr0", address, name, index);
    }

    static int getMTU0(final String name, final int index) throws SocketException
    {
        return (int)call("getMTU0", name, index);
    }

    private static Object call(final String method, final Object... arguments) throws SocketException
    {
        try
        {
            return handler.invoke(method, null, arguments);
        }
        catch (final SocketException | RuntimeException | Error ex)
        {
            throw ex;
        }
        catch (final Throwable ex)
        {
            throw (SocketException)new SocketException(method + ": " + ex.getMessage()).initCause(ex);
        }
    }
}
