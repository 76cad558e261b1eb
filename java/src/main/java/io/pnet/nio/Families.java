package io.pnet.nio;

import io.pnet.ip.IpAddress;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Objects;

/**
 * Which addresses a channel takes, by the protocol family that it was opened for; null is any.
 */
final class Families
{
    private Families()
    {
    }

    /** All addresses of the family. */
    static InetAddress anyAddress(final ProtocolFamily family)
    {
        return family == StandardProtocolFamily.INET ?
            IpAddress.ANY_V4.toInetAddress() : new InetSocketAddress(0).getAddress();
    }

    /**
     * Checks an address as the JDK's channels do.
     *
     * @throws UnsupportedAddressTypeException when it is no IP address, or one of IPv6 on a channel for IPv4.
     * @throws UnresolvedAddressException      when it is only a name.
     */
    static InetSocketAddress checked(final SocketAddress address, final ProtocolFamily family)
    {
        Objects.requireNonNull(address);
        if (!(address instanceof InetSocketAddress inet))
        {
            throw new UnsupportedAddressTypeException();
        }
        if (inet.isUnresolved())
        {
            throw new UnresolvedAddressException();
        }
        if (family == StandardProtocolFamily.INET && !(inet.getAddress() instanceof Inet4Address))
        {
            throw new UnsupportedAddressTypeException();
        }
        return inet;
    }
}
