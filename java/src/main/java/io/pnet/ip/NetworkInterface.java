package io.pnet.ip;

import io.pnet.link.Link;
import io.pnet.link.LinkCapabilities;
import io.pnet.wire.EthernetHeader;

import java.util.Arrays;

/**
 * A link with our addresses on it. Owned by the stack's owner.
 */
public final class NetworkInterface
{
    /** ff02::1, which every node listens to; also 224.0.0.1. */
    private static final long ALL_NODES_MAC = EthernetHeader.multicastV6(1);
    private static final long ALL_HOSTS_MAC = EthernetHeader.multicastV4(0xE000_0001);

    private final Link link;
    private final LinkCapabilities capabilities;
    final boolean isLoopback;
    final long macAddress;
    final int mtu;
    final FrameInput input;
    /** Stands for "this very link": what is sent to it needs no resolution. Used on a loopback interface. */
    final Neighbour self;
    private final Neighbour broadcast;
    private Neighbour[] groupNeighbours = new Neighbour[0];
    private long[] groupMacs = {ALL_NODES_MAC, ALL_HOSTS_MAC};

    NetworkInterface(final Link link, final boolean isLoopback, final Ip ip)
    {
        this.link = link;
        this.capabilities = link.capabilities();
        this.isLoopback = isLoopback;
        this.macAddress = capabilities.macAddress();
        this.mtu = capabilities.mtu();
        this.self = Neighbour.permanent(this, 0, 0, macAddress);
        this.broadcast =
            Neighbour.permanent(this, 0, IpAddress.BROADCAST_V4.lo(), EthernetHeader.BROADCAST);
        this.input = new FrameInput(ip, this);
    }

    /** The link underneath. */
    public Link link()
    {
        return link;
    }

    /** What the link can do. */
    public LinkCapabilities capabilities()
    {
        return capabilities;
    }

    /** The broadcast address as something to send to. */
    Neighbour broadcast()
    {
        return broadcast;
    }

    /** A multicast group as something to send to. */
    Neighbour group(final long hi, final long lo)
    {
        for (final Neighbour neighbour : groupNeighbours)
        {
            if (neighbour.lo == lo && neighbour.hi == hi)
            {
                return neighbour;
            }
        }
        final Neighbour made = Neighbour.permanent(this, hi, lo, groupMac(hi, lo));
        // A handful of groups is kept; whoever sends to more pays with an object each time its destination is renewed.
        if (groupNeighbours.length < 64)
        {
            groupNeighbours = Arrays.copyOf(groupNeighbours, groupNeighbours.length + 1);
            groupNeighbours[groupNeighbours.length - 1] = made;
        }
        return made;
    }

    /** Whether frames to this group address are for us. */
    boolean listensTo(final long mac)
    {
        for (final long groupMac : groupMacs)
        {
            if (groupMac == mac)
            {
                return true;
            }
        }
        return false;
    }

    void listen(final long hi, final long lo)
    {
        groupMacs = Arrays.copyOf(groupMacs, groupMacs.length + 1);
        groupMacs[groupMacs.length - 1] = groupMac(hi, lo);
    }

    /** Undoes one {@link #listen}; groups that share a MAC address count one each. */
    void unlisten(final long hi, final long lo)
    {
        final long mac = groupMac(hi, lo);
        for (int i = groupMacs.length - 1; i >= 0; i--)
        {
            if (groupMacs[i] == mac)
            {
                groupMacs[i] = groupMacs[groupMacs.length - 1];
                groupMacs = Arrays.copyOf(groupMacs, groupMacs.length - 1);
                return;
            }
        }
    }

    static long groupMac(final long hi, final long lo)
    {
        return IpAddress.isV4(hi, lo) ? EthernetHeader.multicastV4((int)lo) : EthernetHeader.multicastV6(lo);
    }
}
