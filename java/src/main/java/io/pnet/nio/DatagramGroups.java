package io.pnet.nio;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The groups that one channel is in. Under its state lock. */
final class DatagramGroups
{
    private final List<PnetMembershipKey> keys = new ArrayList<>();

    /** Refuses what the JDK refuses. */
    static void check(final InetAddress group, final InetAddress source, final ProtocolFamily family)
    {
        if (!group.isMulticastAddress())
        {
            throw new IllegalArgumentException("Group not a multicast address");
        }
        if (group instanceof Inet6Address && family == StandardProtocolFamily.INET)
        {
            throw new IllegalArgumentException("Only IPv6 sockets can join IPv6 multicast group");
        }
        if (source != null)
        {
            checkSource(group, source);
        }
    }

    static void checkSource(final InetAddress group, final InetAddress source)
    {
        if (source.isAnyLocalAddress())
        {
            throw new IllegalArgumentException("Source address is a wildcard address");
        }
        if (source.isMulticastAddress())
        {
            throw new IllegalArgumentException("Source address is multicast address");
        }
        if (source instanceof Inet4Address != group instanceof Inet4Address)
        {
            throw new IllegalArgumentException("Source address is different type to group");
        }
    }

    /**
     * The key that the channel has already; null: none.
     *
     * @throws IllegalStateException when it is for all sources and some are asked for, or the other way round.
     */
    PnetMembershipKey find(
        final InetAddress group, final NetworkInterface networkInterface, final InetAddress source)
    {
        for (final PnetMembershipKey key : keys)
        {
            if (key.group().equals(group) && Objects.equals(key.networkInterface(), networkInterface))
            {
                if (source == null != (key.sourceAddress() == null))
                {
                    throw new IllegalStateException(source == null ?
                        "Already a member to receive from specific sources" :
                        "Already a member to receive all packets");
                }
                if (source == null || source.equals(key.sourceAddress()))
                {
                    return key;
                }
            }
        }
        return null;
    }

    /** Any key for the group on the interface. */
    PnetMembershipKey findAny(final InetAddress group, final NetworkInterface networkInterface)
    {
        for (final PnetMembershipKey key : keys)
        {
            if (key.group().equals(group) && Objects.equals(key.networkInterface(), networkInterface))
            {
                return key;
            }
        }
        return null;
    }

    void add(final PnetMembershipKey key)
    {
        keys.add(key);
    }

    void remove(final PnetMembershipKey key)
    {
        keys.remove(key);
    }

    /** The channel is on Pnet now. */
    void attach(final UdpPort port) throws IOException
    {
        for (final PnetMembershipKey key : keys)
        {
            key.attach(port);
        }
    }

    /** The channel is closed. */
    void invalidate()
    {
        keys.forEach(PnetMembershipKey::invalidate);
        keys.clear();
    }
}
