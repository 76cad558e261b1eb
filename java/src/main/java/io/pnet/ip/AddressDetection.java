package io.pnet.ip;

/**
 * Takes our addresses from "wanted" to "ours": conflict probes, announcements, and what to do when somebody else turns
 * up with one (RFC 5227 for IPv4; RFC 4862 section 5.4 and RFC 4861 section 7.2.6 for IPv6).
 */
final class AddressDetection
{
    static final int ANNOUNCEMENTS = 2;
    static final long ANNOUNCE_INTERVAL_NS = 2_000_000_000L;
    /** A second conflict within this time after a defence means that the other will not give way. */
    static final long DEFEND_INTERVAL_NS = 10_000_000_000L;

    private final Ip ip;
    private AddressListener listener;
    private long nextDeadlineNs = Long.MAX_VALUE;

    AddressDetection(final Ip ip)
    {
        this.ip = ip;
    }

    void listener(final AddressListener addressListener)
    {
        this.listener = addressListener;
    }

    /** Starts with a new address: the first probe, or the first announcement, leaves with the next timers. */
    void start(final LocalAddress address)
    {
        if (!ip.isLeader())
        {
            // The group's first stack does all that, and says how it went.
            return;
        }
        schedule(address, ip.nowNs);
        if (ip.settings.addressDetection)
        {
            // RFC 4862 asks once; RFC 5227 several times. The time until it is over is the same.
            address.probesLeft = address.isV4 ? ip.settings.probeCount : 1;
        }
        else
        {
            ready(address);
        }
    }

    /**
     * Somebody with another link-layer address claims one of our addresses.
     *
     * @param macAddress who.
     */
    void onConflict(final LocalAddress address, final long macAddress)
    {
        final long nowNs = ip.nowNs;
        final boolean isLost = !address.isReady() ||
            // RFC 5227 section 2.4 (b): defend once; RFC 4862 does not give up what was verified.
            address.isV4 && address.hadConflict && nowNs - address.lastConflictNs < DEFEND_INTERVAL_NS;
        if (isLost)
        {
            ip.removeAddress(address);
            if (ip.siblings != null)
            {
                ip.siblings.shareAddress(address, false);
            }
        }
        else if (!address.hadConflict || nowNs - address.lastConflictNs >= DEFEND_INTERVAL_NS)
        {
            address.hadConflict = true;
            address.lastConflictNs = nowNs;
            announce(address);
        }
        if (listener != null)
        {
            listener.onConflict(address.address, macAddress, isLost);
        }
    }

    long nextDeadlineNs()
    {
        return nextDeadlineNs;
    }

    int onTimers(final long nowNs)
    {
        if (nowNs < nextDeadlineNs)
        {
            return 0;
        }
        int fired = 0;
        nextDeadlineNs = Long.MAX_VALUE;
        // By index: the listener may add addresses.
        for (int i = 0; i < ip.addresses.all().size(); i++)
        {
            final LocalAddress address = ip.addresses.all().get(i);
            if (address.deadlineNs <= nowNs)
            {
                address.deadlineNs = LocalAddress.NO_DEADLINE;
                step(address, nowNs);
                fired++;
            }
            nextDeadlineNs = Math.min(nextDeadlineNs, address.deadlineNs);
        }
        return fired;
    }

    private void step(final LocalAddress address, final long nowNs)
    {
        if (address.isReady())
        {
            announce(address);
            if (--address.announcementsLeft > 0)
            {
                schedule(address, nowNs + ANNOUNCE_INTERVAL_NS);
            }
            return;
        }
        if (address.probesLeft > 0)
        {
            address.probesLeft--;
            if (address.isV4)
            {
                ip.arp.probe(address);
                schedule(address, nowNs + ip.settings.probeIntervalNs);
            }
            else
            {
                ip.ndp.probe(address);
                schedule(address, nowNs + ip.settings.probeIntervalNs * Math.max(1, ip.settings.probeCount));
            }
            return;
        }
        schedule(address, nowNs);
        ready(address);
        step(address, nowNs);
    }

    /** In a group: the first stack says that an address is ours. */
    void onLeaderReady(final LocalAddress address)
    {
        if (address != null)
        {
            address.state = LocalAddress.State.READY;
            ip.generation++;
            if (listener != null)
            {
                listener.onReady(address.address);
            }
        }
    }

    /** In a group: the first stack has given an address up. */
    void onLeaderLost(final LocalAddress address)
    {
        if (address != null)
        {
            ip.removeAddress(address);
        }
    }

    private void ready(final LocalAddress address)
    {
        address.state = LocalAddress.State.READY;
        address.announcementsLeft = ANNOUNCEMENTS;
        ip.generation++;
        if (ip.siblings != null)
        {
            ip.siblings.shareAddress(address, true);
        }
        if (listener != null)
        {
            listener.onReady(address.address);
        }
    }

    private void announce(final LocalAddress address)
    {
        if (address.isV4)
        {
            ip.arp.announce(address);
        }
        else
        {
            ip.ndp.announce(address);
        }
    }

    private void schedule(final LocalAddress address, final long deadlineNs)
    {
        address.deadlineNs = deadlineNs;
        nextDeadlineNs = Math.min(nextDeadlineNs, deadlineNs);
    }
}
