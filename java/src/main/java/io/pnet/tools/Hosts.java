package io.pnet.tools;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Finds the address that a user means: a literal, or a name by the JDK's resolver. */
final class Hosts
{
    /** Which IP version the user asked for. */
    enum Version
    {
        /** Whatever there is. */
        ANY,
        /** -4. */
        V4,
        /** -6. */
        V6
    }

    private Hosts()
    {
    }

    static InetAddress resolve(final String host, final Version version)
    {
        try
        {
            for (final InetAddress address : InetAddress.getAllByName(host))
            {
                if (version == Version.ANY || version == Version.V4 == address instanceof Inet4Address ||
                    version == Version.V6 && address instanceof Inet6Address)
                {
                    return address;
                }
            }
            throw new CommandException(host + " has no " + (version == Version.V4 ? "IPv4" : "IPv6") + " address");
        }
        catch (final UnknownHostException ex)
        {
            throw new CommandException(host + ": name or address not known", ex);
        }
    }

    static InetAddress wildcard(final Version version)
    {
        try
        {
            return InetAddress.getByAddress(new byte[version == Version.V4 ? 4 : 16]);
        }
        catch (final UnknownHostException ex)
        {
            throw new IllegalStateException(ex);
        }
    }
}
