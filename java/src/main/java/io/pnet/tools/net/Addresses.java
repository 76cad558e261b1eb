package io.pnet.tools.net;

import io.pnet.ip.IpAddress;

import java.net.Inet6Address;
import java.net.InetAddress;

/** Addresses as people write them. */
public final class Addresses
{
    private Addresses()
    {
    }

    /** The address in the form of RFC 5952, behind it the zone when it has one (RFC 4007 section 11). */
    public static String text(final InetAddress address)
    {
        final String text = IpAddress.of(address).toString();
        final String javas = address.getHostAddress();
        final int zone = address instanceof Inet6Address ? javas.indexOf('%') : -1;
        return zone < 0 ? text : text + javas.substring(zone);
    }
}
