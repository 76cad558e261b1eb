package io.pnet.ip;

import java.util.Arrays;

/** Multicast groups that we are in, by interface, and what is to be said about them. Few: searched one by one. */
final class Groups
{
    /** ff01::1 and ff02::1: every node is in them, and nobody reports it (RFC 3810 section 6). */
    private static final long INTERFACE_LOCAL = 0xFF01L << 48;
    private static final long LINK_LOCAL = 0xFF02L << 48;

    static final long SOLICITED_NODE_HI = LINK_LOCAL;

    /** One group on one interface: the interface state of RFC 3376 section 3.2 and the reports that are due. */
    static final class Group
    {
        final NetworkInterface networkInterface;
        final long hi;
        final long lo;
        final boolean isV4;
        GroupMembership[] members = new GroupMembership[0];
        /** What all members together want. */
        SourceFilter filter = SourceFilter.NONE;

        // Of changes that are reported, again after a while (RFC 3376 section 5.1).
        long changeDeadlineNs = Long.MAX_VALUE;
        int modeReportsLeft;
        /** Sources that were allowed or blocked; how often each is still to be reported. */
        SourceFilter changedSources = SourceFilter.NONE;
        int sourceReportsLeft;

        // Of a query that is to be answered (section 5.2).
        long answerDeadlineNs = Long.MAX_VALUE;
        /** The sources that were asked for; none: the group as a whole. */
        SourceFilter queriedSources = SourceFilter.NONE;

        Group(final NetworkInterface networkInterface, final long hi, final long lo)
        {
            this.networkInterface = networkInterface;
            this.hi = hi;
            this.lo = lo;
            this.isV4 = IpAddress.isV4(hi, lo);
        }
    }

    private final Ip ip;
    /** Those that were left are here until that was reported. */
    Group[] all = new Group[0];

    Groups(final Ip ip)
    {
        this.ip = ip;
    }

    /** Whether packets to this group that come in over the interface are for us. */
    boolean isJoined(final NetworkInterface over, final long hi, final long lo)
    {
        if (lo == 1 && (hi == LINK_LOCAL || hi == INTERFACE_LOCAL))
        {
            return true;
        }
        for (final Group group : all)
        {
            if (group.lo == lo && group.hi == hi && (group.networkInterface == over || over.isLoopback) &&
                !group.filter.isNone())
            {
                return true;
            }
        }
        return false;
    }

    /** A member wants something else than before: the group's state follows, and whoever must know is told. */
    void change(final GroupMembership member, final SourceFilter before)
    {
        Group group = find(member.networkInterface(), member.group().hi(), member.group().lo());
        if (group == null)
        {
            if (member.filter().isNone())
            {
                return;
            }
            group = new Group(member.networkInterface(), member.group().hi(), member.group().lo());
            all = Arrays.copyOf(all, all.length + 1);
            all[all.length - 1] = group;
        }
        final GroupMembership[] members = members(group, member, before);
        SourceFilter merged = SourceFilter.NONE;
        for (final GroupMembership other : members)
        {
            merged = merged.or(other.filter());
        }
        group.members = members;
        final SourceFilter old = group.filter;
        group.filter = merged;
        if (old.isNone() != merged.isNone())
        {
            if (old.isNone())
            {
                group.networkInterface.listen(group.hi, group.lo);
            }
            else
            {
                group.networkInterface.unlisten(group.hi, group.lo);
            }
        }
        (group.isV4 ? ip.igmp : ip.mld).onChange(group, old);
    }

    /** Nothing is left to be said about a group that nobody is in. */
    void forget(final Group group)
    {
        all = Arrays.stream(all).filter((other) -> other != group).toArray(Group[]::new);
    }

    private static GroupMembership[] members(
        final Group group, final GroupMembership member, final SourceFilter before)
    {
        if (before.isNone() && !member.filter().isNone())
        {
            final GroupMembership[] more = Arrays.copyOf(group.members, group.members.length + 1);
            more[group.members.length] = member;
            return more;
        }
        return !member.filter().isNone() ? group.members :
            Arrays.stream(group.members).filter((other) -> other != member).toArray(GroupMembership[]::new);
    }

    private Group find(final NetworkInterface over, final long hi, final long lo)
    {
        for (final Group group : all)
        {
            if (group.lo == lo && group.hi == hi && group.networkInterface == over)
            {
                return group;
            }
        }
        return null;
    }

    /** The solicited-node group of an address (RFC 4291 section 2.7.1): its low 24 bits behind ff02::1:ff00:0/104. */
    static long solicitedNodeLo(final long lo)
    {
        return 0x1_FF00_0000L | (lo & 0xFF_FFFF);
    }
}
