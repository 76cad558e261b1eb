package io.pnet.ip;

/**
 * That one listener is in a multicast group on one interface, and from whom it wants the group's packets. What all
 * listeners of a group want together is what routers are told. Stack's owner only.
 */
public final class GroupMembership
{
    private final Ip ip;
    private final NetworkInterface networkInterface;
    private final IpAddress group;
    private SourceFilter filter = SourceFilter.NONE;

    GroupMembership(final Ip ip, final NetworkInterface networkInterface, final IpAddress group)
    {
        this.ip = ip;
        this.networkInterface = networkInterface;
        this.group = group;
    }

    /** Where the group was joined. */
    public NetworkInterface networkInterface()
    {
        return networkInterface;
    }

    /** The group. */
    public IpAddress group()
    {
        return group;
    }

    /** From whom packets are wanted. */
    public SourceFilter filter()
    {
        return filter;
    }

    /** Changes from whom packets are wanted; {@link SourceFilter#NONE} leaves the group. */
    public void filter(final SourceFilter wanted)
    {
        final SourceFilter before = filter;
        filter = wanted;
        try
        {
            ip.groups.change(this, before);
        }
        catch (final IllegalStateException ex)
        {
            filter = before;
            throw ex;
        }
    }

    /** Whether a packet to this group, over this interface, from this sender is wanted. */
    public boolean accepts(
        final NetworkInterface over, final long groupHi, final long groupLo, final long sourceHi, final long sourceLo)
    {
        // What we send ourselves comes back over the loopback interface, whichever it went out on.
        return group.lo() == groupLo && group.hi() == groupHi &&
            (over == networkInterface || over.isLoopback) && filter.accepts(sourceHi, sourceLo);
    }
}
