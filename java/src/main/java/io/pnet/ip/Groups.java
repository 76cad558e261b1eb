package io.pnet.ip;

/** Multicast groups that we are in. Few: searched one by one. */
final class Groups
{
    /** ff01::1 and ff02::1: every node is in them, and nobody reports it (RFC 3810 section 6). */
    private static final long INTERFACE_LOCAL = 0xFF01L << 48;
    private static final long LINK_LOCAL = 0xFF02L << 48;

    static final class Membership
    {
        final NetworkInterface networkInterface;
        final long hi;
        final long lo;
        int uses;

        Membership(final NetworkInterface networkInterface, final long hi, final long lo)
        {
            this.networkInterface = networkInterface;
            this.hi = hi;
            this.lo = lo;
        }
    }

    Membership[] all = new Membership[0];

    /** Whether packets to this group that come in over the interface are for us. */
    boolean isJoined(final NetworkInterface over, final long hi, final long lo)
    {
        if (lo == 1 && (hi == LINK_LOCAL || hi == INTERFACE_LOCAL))
        {
            return true;
        }
        return find(over, hi, lo) != null;
    }

    /** Joins, or counts one more use; returns whether it is new. */
    boolean join(final NetworkInterface over, final long hi, final long lo)
    {
        Membership membership = find(over, hi, lo);
        if (membership != null)
        {
            membership.uses++;
            return false;
        }
        membership = new Membership(over, hi, lo);
        membership.uses = 1;
        all = java.util.Arrays.copyOf(all, all.length + 1);
        all[all.length - 1] = membership;
        over.listen(hi, lo);
        return true;
    }

    /** Undoes one {@link #join}; returns whether it was the last. */
    boolean leave(final NetworkInterface over, final long hi, final long lo)
    {
        final Membership membership = find(over, hi, lo);
        if (membership == null || --membership.uses > 0)
        {
            return false;
        }
        final Membership[] rest = new Membership[all.length - 1];
        int count = 0;
        for (final Membership other : all)
        {
            if (other != membership)
            {
                rest[count++] = other;
            }
        }
        all = rest;
        over.unlisten(hi, lo);
        return true;
    }

    private Membership find(final NetworkInterface over, final long hi, final long lo)
    {
        for (final Membership membership : all)
        {
            if (membership.lo == lo && membership.hi == hi && membership.networkInterface == over)
            {
                return membership;
            }
        }
        return null;
    }

    /** The solicited-node group of an address (RFC 4291 section 2.7.1): its low 24 bits behind ff02::1:ff00:0/104. */
    static long solicitedNodeLo(final long lo)
    {
        return 0x1_FF00_0000L | (lo & 0xFF_FFFF);
    }

    static final long SOLICITED_NODE_HI = LINK_LOCAL;
}
