package io.pnet.nio;

import io.pnet.ip.IpAddress;
import io.pnet.ip.SourceFilter;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The groups that one channel is in. Everything under the channel's state lock, which keys take themselves. */
final class DatagramGroups
{
    private final PnetDatagramChannel channel;
    private final List<PnetMembershipKey> keys = new ArrayList<>();

    DatagramGroups(final PnetDatagramChannel channel)
    {
        this.channel = channel;
    }

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

    private static void checkSource(final InetAddress group, final InetAddress source)
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
    private PnetMembershipKey find(
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

    /** The key for a group, a new one if there is none yet. */
    PnetMembershipKey join(
        final InetAddress group, final NetworkInterface networkInterface, final InetAddress source) throws IOException
    {
        final PnetMembershipKey present = find(group, networkInterface, source);
        if (present != null)
        {
            return present;
        }
        final PnetMembershipKey key;
        if (channel.isKernels(networkInterface))
        {
            key = joinAtKernel(group, networkInterface, source);
        }
        else
        {
            key = new PnetMembershipKey(this, channel, group, networkInterface, source, null, null);
            if (channel.port != null)
            {
                key.attach(channel.port);
            }
        }
        keys.add(key);
        return key;
    }

    private PnetMembershipKey joinAtKernel(
        final InetAddress group, final NetworkInterface networkInterface, final InetAddress source) throws IOException
    {
        if (channel.local == null)
        {
            throw new SocketException(
                "join " + group.getHostAddress() + " on " + networkInterface.getName() + ": bind the channel first");
        }
        final boolean isAlone = channel.isKernels;
        final DatagramChannel theirs =
            isAlone ? channel.kernel.first() : channel.kernel.openForGroup(group, channel.local.getPort());
        final MembershipKey theirKey = source == null ?
            theirs.join(group, networkInterface) : theirs.join(group, networkInterface, source);
        if (!isAlone)
        {
            channel.kernelChanged();
        }
        return new PnetMembershipKey(
            this, channel, group, networkInterface, source, isAlone ? null : theirs, theirKey);
    }

    void drop(final PnetMembershipKey key)
    {
        channel.stateLock.lock();
        try
        {
            if (!key.isValid())
            {
                return;
            }
            key.invalidate();
            keys.remove(key);
            if (key.kernelKey() != null)
            {
                key.kernelKey().drop();
            }
            if (key.kernelChannel() != null)
            {
                channel.kernel.close(key.kernelChannel());
                channel.kernelChanged();
            }
            key.filter(SourceFilter.NONE);
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException(ex);
        }
        finally
        {
            channel.stateLock.unlock();
        }
    }

    void block(final PnetMembershipKey key, final InetAddress source) throws IOException
    {
        channel.stateLock.lock();
        try
        {
            ensureValid(key);
            checkSource(key.group(), source);
            if (key.kernelKey() != null)
            {
                key.kernelKey().block(source);
                return;
            }
            final SourceFilter blocked;
            try
            {
                blocked = key.filter().block(IpAddress.of(source));
            }
            catch (final IllegalStateException ex)
            {
                throw new IOException(ex.getMessage(), ex);
            }
            key.filter(blocked);
        }
        finally
        {
            channel.stateLock.unlock();
        }
    }

    void unblock(final PnetMembershipKey key, final InetAddress source)
    {
        channel.stateLock.lock();
        try
        {
            ensureValid(key);
            if (key.kernelKey() != null)
            {
                key.kernelKey().unblock(source);
                return;
            }
            final IpAddress address = IpAddress.of(source);
            if (key.filter().accepts(address.hi(), address.lo()))
            {
                throw new IllegalStateException("not blocked");
            }
            key.filter(key.filter().allow(address));
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException(ex);
        }
        finally
        {
            channel.stateLock.unlock();
        }
    }

    private static void ensureValid(final PnetMembershipKey key)
    {
        if (!key.isValid())
        {
            throw new IllegalStateException("key is no longer valid");
        }
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
