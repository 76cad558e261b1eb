package io.pnet.nio;

import io.pnet.ip.GroupMembership;
import io.pnet.ip.IpAddress;
import io.pnet.ip.SourceFilter;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;

/**
 * That a channel is in a group: on Pnet's link, from when the channel is bound on; or on one of the kernel's
 * interfaces, by a channel of the kernel's. Changed under the channel's state lock.
 */
final class PnetMembershipKey extends MembershipKey
{
    private final DatagramGroups groups;
    private final PnetDatagramChannel channel;
    private final InetAddress group;
    private final NetworkInterface networkInterface;
    private final InetAddress source;
    private SourceFilter filter;
    private UdpPort port;
    private GroupMembership membership;
    private final DatagramChannel kernelChannel;
    private final MembershipKey kernelKey;
    private volatile boolean isValid = true;

    PnetMembershipKey(
        final DatagramGroups groups,
        final PnetDatagramChannel channel,
        final InetAddress group,
        final NetworkInterface networkInterface,
        final InetAddress source,
        final DatagramChannel kernelChannel,
        final MembershipKey kernelKey)
    {
        this.groups = groups;
        this.channel = channel;
        this.group = group;
        this.networkInterface = networkInterface;
        this.source = source;
        this.kernelChannel = kernelChannel;
        this.kernelKey = kernelKey;
        this.filter = source == null ? SourceFilter.ALL : SourceFilter.only(IpAddress.of(source));
    }

    /** The channel is on Pnet now. */
    void attach(final UdpPort port) throws IOException
    {
        if (kernelKey == null && membership == null)
        {
            try
            {
                membership = port.join(IpAddress.of(group), filter);
                this.port = port;
            }
            catch (final IllegalStateException ex)
            {
                throw new IOException(ex.getMessage(), ex);
            }
        }
    }

    /** The kernel's channel that was opened for this; null: none. */
    DatagramChannel kernelChannel()
    {
        return kernelChannel;
    }

    void filter(final SourceFilter wanted) throws IOException
    {
        if (membership != null)
        {
            try
            {
                port.filter(membership, wanted);
            }
            catch (final IllegalStateException ex)
            {
                throw new IOException(ex.getMessage(), ex);
            }
        }
        filter = wanted;
    }

    SourceFilter filter()
    {
        return filter;
    }

    MembershipKey kernelKey()
    {
        return kernelKey;
    }

    void invalidate()
    {
        isValid = false;
    }

    @Override
    public boolean isValid()
    {
        return isValid;
    }

    @Override
    public void drop()
    {
        groups.drop(this);
    }

    @Override
    public MembershipKey block(final InetAddress blocked) throws IOException
    {
        if (source != null)
        {
            throw new IllegalStateException("key is source-specific");
        }
        groups.block(this, blocked);
        return this;
    }

    @Override
    public MembershipKey unblock(final InetAddress unblocked)
    {
        groups.unblock(this, unblocked);
        return this;
    }

    @Override
    public DatagramChannel channel()
    {
        return channel;
    }

    @Override
    public InetAddress group()
    {
        return group;
    }

    @Override
    public NetworkInterface networkInterface()
    {
        return networkInterface;
    }

    @Override
    public InetAddress sourceAddress()
    {
        return source;
    }

    @Override
    public String toString()
    {
        return "<" + group.getHostAddress() + "," + (networkInterface == null ? "any" : networkInterface.getName()) +
            (source == null ? "" : "," + source.getHostAddress()) + ">";
    }
}
