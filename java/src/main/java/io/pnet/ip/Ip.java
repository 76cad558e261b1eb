package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.Link;
import io.pnet.link.RxFrame;
import io.pnet.link.TxFrame;
import io.pnet.wire.Ipv6Extension;
import io.pnet.wire.ProtocolNumber;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * The Internet layer of one stack: its interfaces, addresses, routes and neighbours; input to the registered protocols
 * and output for them. Everything here is called by the stack's owner only.
 */
public final class Ip
{
    private static final int PROTOCOLS = 256;

    final IpSettings settings;
    final Counters counters;
    final RandomGenerator random;
    final IpProtocol[] protocols = new IpProtocol[PROTOCOLS];
    final AddressTable addresses = new AddressTable();
    final RouteTable routes = new RouteTable();
    final PathMtuCache pathMtus = new PathMtuCache();
    final Groups groups = new Groups(this);
    final IpPacket packet = new IpPacket();
    final NeighbourCache neighbours;
    final IpOutput output;
    final Ipv4Input ipv4Input;
    final Ipv6Input ipv6Input;
    final Reassembler reassembler;
    final AddressDetection detection;
    final Arp arp;
    final Ndp ndp;
    final Mld mld;
    final Igmp igmp;
    final Icmp icmp;
    final IcmpErrors icmpErrors;
    final IcmpEcho echo;
    /** The other stacks of a group; null when this one is alone. */
    Siblings siblings;
    NetworkInterface[] interfaces = new NetworkInterface[0];
    /** Now, as of the last call that said so. */
    long nowNs;
    /** Changes with everything that a {@link Destination} remembers; those that are older are renewed when used. */
    int generation;
    private NetworkInterface loopback;
    private long previousPollNs;
    private boolean hasPolled;
    private boolean isDrained;
    private long realtimeOffsetNs;

    /**
     * A layer with no interfaces.
     *
     * @param settings read now and later; not to be changed any more.
     * @param counters the stack's.
     * @param random   where fragment identifications, echo identifiers and jitter come from.
     */
    public Ip(final IpSettings settings, final Counters counters, final RandomGenerator random)
    {
        this.settings = settings;
        this.counters = counters;
        this.random = random;
        this.neighbours = new NeighbourCache(this);
        this.output = new IpOutput(this);
        this.ipv4Input = new Ipv4Input(this);
        this.ipv6Input = new Ipv6Input(this);
        this.reassembler = new Reassembler(this);
        this.detection = new AddressDetection(this);
        this.arp = new Arp(this);
        this.ndp = new Ndp(this);
        this.mld = new Mld(this);
        this.igmp = new Igmp(this);
        this.icmp = new Icmp(this);
        this.icmpErrors = new IcmpErrors(this);
        this.echo = new IcmpEcho(this);
    }

    /**
     * Makes this layer one of a group's; before addresses are added.
     *
     * @param place  this stack's place.
     * @param wakeup called by the group's other stacks when they have left something for this one; any thread.
     */
    public void join(final Siblings place, final Runnable wakeup)
    {
        siblings = place;
        place.join(this, wakeup);
    }

    /** Whether a connection with these ports would have its home here, see {@link FlowHash#tcp}. */
    public boolean isHomeOfTcp(final Destination destination, final int localPort, final int remotePort)
    {
        return siblings == null || siblings.isHomeOfTcp(destination, localPort, remotePort);
    }

    /** Whether an endpoint with this port has its home here, see {@link FlowHash#udp}. */
    public boolean isHomeOfUdp(final int localPort)
    {
        return siblings == null || siblings.isHomeOfUdp(localPort);
    }

    /** Whether this stack answers for the addresses: it is alone, or the group's first. */
    boolean isLeader()
    {
        return siblings == null || siblings.isLeader();
    }

    /** Adds an interface over a link; the link is polled, flushed and (by the stack) closed from now on. */
    public NetworkInterface addInterface(final Link link)
    {
        return add(new NetworkInterface(link, false, this));
    }

    /**
     * Adds one of our addresses, with its on-link prefix. Unless {@link IpSettings#addressDetection} is off it is
     * tentative first: probed for conflicts (RFC 5227, RFC 4862 section 5.4), then announced. The first IPv6 address of
     * an interface brings a link-local one with it, made from the MAC address; the {@link AddressListener} is told of
     * that one too.
     */
    public void addAddress(final NetworkInterface networkInterface, final IpAddress address, final int prefixLength)
    {
        final int bits = address.isV4() ? 32 : 128;
        if (prefixLength < 0 || prefixLength > bits)
        {
            throw new IllegalArgumentException(
                "bad prefix length " + prefixLength + " for " + address + ": it is 0 to " + bits);
        }
        if (address.isUnspecified() || address.isMulticast() || address.equals(IpAddress.BROADCAST_V4) ||
            address.isLoopback() && !networkInterface.isLoopback)
        {
            throw new IllegalArgumentException("cannot use " + address + " as our address: it is not a unicast one");
        }
        if (addresses.find(address.hi(), address.lo()) != null)
        {
            throw new IllegalArgumentException("address " + address + " was added twice; leave one out");
        }
        if (!address.isV4() && !address.isLinkLocal() && !networkInterface.isLoopback &&
            !hasLinkLocal(networkInterface))
        {
            final IpAddress linkLocal = linkLocal(networkInterface.macAddress);
            if (addresses.find(linkLocal.hi(), linkLocal.lo()) == null)
            {
                add(new LocalAddress(networkInterface, linkLocal, 64));
            }
        }
        add(new LocalAddress(networkInterface, address, prefixLength));
    }

    /** Adds a route; the longest prefix wins, the later of equal ones. */
    public void addRoute(
        final IpAddress prefix,
        final int prefixLength,
        final IpAddress gateway,
        final NetworkInterface networkInterface)
    {
        if (gateway != null && gateway.isV4() != prefix.isV4())
        {
            throw new IllegalArgumentException(
                "gateway " + gateway + " is of another IP version than the route to " + prefix);
        }
        routes.add(new RouteTable.Route(prefix, prefixLength, gateway, networkInterface));
        generation++;
    }

    /** Registers a protocol by its number; one each. ICMP is the layer's own. */
    public void register(final IpProtocol protocol)
    {
        final int number = protocol.protocol();
        if (number == ProtocolNumber.ICMP || number == ProtocolNumber.ICMPV6 ||
            number == ProtocolNumber.IGMP || number == ProtocolNumber.NO_NEXT_HEADER ||
            Ipv6Extension.isExtension(number))
        {
            throw new IllegalArgumentException("protocol number " + number + " belongs to the Internet layer itself");
        }
        if (protocols[number] != null)
        {
            throw new IllegalArgumentException("protocol number " + number + " is already registered");
        }
        protocols[number] = protocol;
    }

    /** Who is told of address states. */
    public void addressListener(final AddressListener listener)
    {
        detection.listener(listener);
    }

    /** Whether the address is one of ours and usable. */
    public boolean isLocal(final long hi, final long lo)
    {
        return addresses.isReady(hi, lo);
    }

    /**
     * Finds the way to a remote address.
     *
     * @param localHi the source address to use, or any (unspecified) to have one chosen (RFC 6724).
     * @return null when there is no route, or no source address for it.
     */
    public Destination route(final long localHi, final long localLo, final long remoteHi, final long remoteLo)
    {
        long sourceHi = localHi;
        long sourceLo = localLo;
        if (IpAddress.isUnspecified(localHi, localLo))
        {
            final NetworkInterface over = interfaceTo(null, remoteHi, remoteLo);
            final LocalAddress source = over == null ? null :
                over.isLoopback ? addresses.find(remoteHi, remoteLo) : addresses.select(over, remoteHi, remoteLo);
            if (source == null)
            {
                return null;
            }
            sourceHi = source.hi;
            sourceLo = source.lo;
        }
        if (IpAddress.isV4(sourceHi, sourceLo) != IpAddress.isV4(remoteHi, remoteLo) ||
            IpAddress.isUnspecified(remoteHi, remoteLo))
        {
            return null;
        }
        final Destination destination = new Destination(this, sourceHi, sourceLo, remoteHi, remoteLo);
        return refresh(destination) ? destination : null;
    }

    /**
     * The way back to ourselves for what is sent to a group or broadcast, from a source address of ours.
     *
     * @return null when there is no loopback interface.
     */
    public Destination routeBack(final long sourceHi, final long sourceLo, final long groupHi, final long groupLo)
    {
        final Destination destination = new Destination(this, sourceHi, sourceLo, groupHi, groupLo);
        destination.isLooped = true;
        return refresh(destination) ? destination : null;
    }

    /**
     * Room for one packet: link and IP headers are the layer's, the caller writes {@code transportLength} bytes at
     * {@link #transportOffset}. If the next hop's address is not yet known the packet waits, in a bounded queue (a GSO
     * packet does not: it is dropped and counted). What is larger than the path MTU is fragmented at {@link #commit},
     * unless it is TCP or gathered. One claim at a time: the next one of anybody, and what a received packet makes this
     * layer send, voids it.
     *
     * @param trafficClass TOS or traffic class, with ECN bits.
     * @param gathered     whether payload will be appended to the frame by reference.
     * @return null when the link is full, or nothing may be sent there now (counted).
     */
    public TxFrame claim(
        final Destination destination,
        final int protocol,
        final int trafficClass,
        final int transportLength,
        final boolean gathered)
    {
        return output.claim(destination, protocol, trafficClass, transportLength, gathered);
    }

    /** Where the transport header of the frame that was claimed last goes, in {@code frame.buffer()}. */
    public int transportOffset()
    {
        return output.transportOffset();
    }

    /**
     * Completes and queues the packet claimed last: IP length and header checksum, and the transport checksum, which is
     * left to the link when it can.
     *
     * @param checksumOffset where the transport's checksum field is, from the transport header; -1: it has none, or has
     *                       filled it in.
     * @param gsoSize        payload bytes a segment when the packet is to be cut by the link, else 0.
     * @param headerLength   bytes of transport header, for GSO.
     */
    public void commit(final TxFrame frame, final int checksumOffset, final int gsoSize, final int headerLength)
    {
        output.commit(frame, checksumOffset, gsoSize, headerLength);
    }

    /**
     * The smaller of the path MTUs known and this one is used from now on; the caller has validated the message.
     *
     * @param mtu bytes; 0 when the router did not say: then the next of RFC 1191's plateaus is tried.
     */
    public void updatePathMtu(final Destination destination, final int mtu)
    {
        if (!destination.isV4 && mtu > 0 && mtu < PathMtuCache.FLOOR_V6)
        {
            // RFC 8201 section 4: it must be discarded. No IPv6 link is narrower.
            return;
        }
        final int known = destination.pathMtu();
        final int tried = mtu > 0 ? mtu : PathMtuCache.plateauBelow(known);
        if (tried < known && pathMtus.update(destination.remoteHi, destination.remoteLo, tried, nowNs))
        {
            counters.increment(Counter.PATH_MTU_UPDATES);
            generation++;
            refresh(destination);
            if (siblings != null)
            {
                siblings.sharePathMtu(destination.remoteHi, destination.remoteLo, tried);
            }
        }
    }

    /** Another stack of the group has found a path to be narrower. */
    void learnPathMtu(final long hi, final long lo, final int mtu)
    {
        if (pathMtus.update(hi, lo, mtu, nowNs))
        {
            counters.increment(Counter.PATH_MTU_UPDATES);
            generation++;
        }
    }

    /** A transport has forward progress with this destination (RFC 4861 section 7.3.1): its neighbour is reachable. */
    public void confirmReachable(final Destination destination, final long nowNs)
    {
        if (destination.neighbour != null)
        {
            neighbours.onReachable(destination.neighbour, nowNs);
        }
    }

    /**
     * A transport has sent something again and again without an answer (R1 of RFC 9293 section 3.8.3, MUST-20): the
     * neighbour is asked whether it is still there. Packets go on to where they went; if nobody answers, the way is
     * looked up anew.
     */
    public void suspectUnreachable(final Destination destination)
    {
        if (destination.neighbour != null)
        {
            neighbours.onSuspicion(destination.neighbour);
        }
    }

    /** Answers a packet with destination unreachable, port unreachable (RFC 1122 section 4.1.3.1), rate limited. */
    public void sendPortUnreachable(final IpPacket packet, final long nowNs)
    {
        icmpErrors.sendPortUnreachable(packet);
    }

    /**
     * Receives: shows up to {@code limit} frames of every link to the protocols.
     *
     * @param realtimeOffsetNs what to add to CLOCK_REALTIME to get {@code nowNs}'s clock.
     * @return frames taken.
     */
    public int poll(final int limit, final long nowNs, final long realtimeOffsetNs)
    {
        this.nowNs = nowNs;
        this.realtimeOffsetNs = realtimeOffsetNs;
        if (!hasPolled)
        {
            hasPolled = true;
            previousPollNs = nowNs;
        }
        int taken = siblings == null ? 0 : siblings.receive(limit);
        boolean isDrained = taken < limit;
        for (final NetworkInterface networkInterface : interfaces)
        {
            final int frames = networkInterface.link().poll(networkInterface.input, limit, nowNs);
            taken += frames;
            isDrained &= frames < limit;
        }
        this.isDrained = isDrained;
        if (isDrained)
        {
            // What is left behind may be as old as what was taken: after a pause of ours its stamps still count.
            previousPollNs = nowNs;
        }
        return taken;
    }

    /** Whether the last poll has left nothing behind on any link. */
    public boolean isDrained()
    {
        return isDrained;
    }

    /** Runs timers that are due: ARP, NDP, reassembly, path MTU ageing. */
    public int onTimers(final long nowNs)
    {
        this.nowNs = nowNs;
        int fired = detection.onTimers(nowNs) + neighbours.onTimers(nowNs) + reassembler.onTimers(nowNs) +
            mld.onTimers(nowNs) + igmp.onTimers(nowNs);
        final int aged = pathMtus.onTimers(nowNs);
        if (aged > 0)
        {
            generation++;
            fired += aged;
        }
        return fired;
    }

    /** When {@link #onTimers} or a link next has something to do. */
    public long nextDeadlineNs()
    {
        if (siblings != null && siblings.hasWork())
        {
            return nowNs;
        }
        long deadlineNs = Math.min(detection.nextDeadlineNs(), neighbours.nextDeadlineNs());
        deadlineNs = Math.min(deadlineNs, reassembler.nextDeadlineNs());
        deadlineNs = Math.min(deadlineNs, igmp.nextDeadlineNs());
        deadlineNs = Math.min(deadlineNs, Math.min(mld.nextDeadlineNs(), pathMtus.nextDeadlineNs()));
        for (final NetworkInterface networkInterface : interfaces)
        {
            deadlineNs = Math.min(deadlineNs, networkInterface.link().nextDeadlineNs());
        }
        return deadlineNs;
    }

    /** Hands everything committed to the links. */
    public int flush(final long nowNs)
    {
        this.nowNs = nowNs;
        if (neighbours.isDrainPending())
        {
            neighbours.drainAll();
        }
        int sent = 0;
        for (final NetworkInterface networkInterface : interfaces)
        {
            sent += networkInterface.link().flush(nowNs);
        }
        return sent;
    }

    /**
     * Adds the interface over which packets to our own addresses come back in; once. It has 127.0.0.1 and ::1.
     *
     * @param link shows what was committed to it, for example {@link io.pnet.link.Loopback}.
     */
    public NetworkInterface addLoopback(final Link link)
    {
        if (loopback != null)
        {
            throw new IllegalStateException("there is a loopback interface already");
        }
        loopback = add(new NetworkInterface(link, true, this));
        addOwn(new LocalAddress(loopback, IpAddress.v4(0x7F00_0001), 8));
        addOwn(new LocalAddress(loopback, new IpAddress(0, 1), 128));
        generation++;
        return loopback;
    }

    /** Removes one of our addresses; what is bound to it is not told. Nothing happens if it is not ours. */
    public void removeAddress(final IpAddress address)
    {
        final LocalAddress local = addresses.find(address.hi(), address.lo());
        if (local != null)
        {
            removeAddress(local);
        }
    }

    /**
     * Joins a multicast group for one listener: the group's packets are delivered from now on, and routers and switches
     * are told (IGMPv3, MLDv2, and older versions where a querier speaks those). By
     * {@link GroupMembership#filter} the listener changes from whom it wants packets, and leaves.
     *
     * @throws IllegalStateException when all listeners together name more sources than can be reported.
     */
    public GroupMembership joinGroup(
        final NetworkInterface networkInterface, final IpAddress group, final SourceFilter filter)
    {
        if (!group.isMulticast())
        {
            throw new IllegalArgumentException("cannot join " + group + ": it is not a multicast address");
        }
        final GroupMembership membership = new GroupMembership(this, networkInterface, group);
        membership.filter(filter);
        return membership;
    }

    /** Whether anybody here listens to a group, on whichever interface. */
    public boolean isJoined(final long groupHi, final long groupLo)
    {
        return loopback != null && groups.isJoined(loopback, groupHi, groupLo);
    }

    /** The first interface that is not the loopback: where groups are joined if none is named; null: there is none. */
    public NetworkInterface firstInterface()
    {
        for (final NetworkInterface networkInterface : interfaces)
        {
            if (!networkInterface.isLoopback)
            {
                return networkInterface;
            }
        }
        return null;
    }

    /** Where a packet from another stack of the group has come in. */
    NetworkInterface interfaceOf(final boolean isLoopback)
    {
        return isLoopback ? loopback : firstInterface();
    }

    /** The asking side of ICMP echo; in a group for the first stack, which gets the answers. */
    public IcmpEcho echo()
    {
        return echo;
    }

    /** Hands a packet to its protocol, or answers that there is none. */
    void deliver(final IpPacket packet)
    {
        if (siblings != null && siblings.isElsewhere(packet))
        {
            return;
        }
        final IpProtocol protocol = protocols[packet.protocol];
        if (protocol == null)
        {
            counters.increment(Counter.IP_RX_DROP_UNKNOWN_PROTOCOL);
            icmpErrors.sendProtocolUnreachable(packet);
            return;
        }
        protocol.onPacket(packet, nowNs);
        counters.increment(Counter.IP_RX_DELIVERED);
    }

    /** A link's CLOCK_REALTIME stamp on the monotonic clock, never before the last poll and never after this one. */
    long receivedNs(final long timestampNs)
    {
        return timestampNs == RxFrame.NO_TIMESTAMP ?
            nowNs : Math.max(previousPollNs, Math.min(nowNs, timestampNs + realtimeOffsetNs));
    }

    /** Brings a destination up to date; false when there is no way to it (any more). */
    boolean refresh(final Destination destination)
    {
        final LocalAddress source = addresses.find(destination.sourceHi, destination.sourceLo);
        if (source == null || !source.isReady())
        {
            return false;
        }
        final long hi = destination.remoteHi;
        final long lo = destination.remoteLo;
        final NetworkInterface over = destination.isLooped ? loopback : interfaceTo(source, hi, lo);
        if (over == null)
        {
            return false;
        }
        if (over.isLoopback)
        {
            destination.neighbour = over.self;
        }
        else if (destination.isV4 && addresses.isBroadcast((int)lo))
        {
            destination.neighbour = over.broadcast();
        }
        else if (IpAddress.isMulticast(hi, lo))
        {
            destination.neighbour = over.group(hi, lo);
        }
        else
        {
            final RouteTable.Route route = routes.find(hi, lo, over);
            final IpAddress gateway = route == null ? null : route.gateway;
            destination.neighbour = gateway == null ?
                neighbours.findOrCreate(over, hi, lo) :
                neighbours.findOrCreate(over, gateway.hi(), gateway.lo());
        }
        destination.networkInterface = over;
        destination.pathMtu = Math.min(over.mtu, pathMtus.get(hi, lo));
        destination.generation = generation;
        return true;
    }

    void removeAddress(final LocalAddress address)
    {
        address.state = LocalAddress.State.LOST;
        address.deadlineNs = LocalAddress.NO_DEADLINE;
        addresses.remove(address);
        routes.remove(address.route);
        if (address.solicitedNode != null)
        {
            address.solicitedNode.filter(SourceFilter.NONE);
        }
        generation++;
    }

    /** Over which interface a remote address is reached; null: none. The source matters where routes do not say. */
    private NetworkInterface interfaceTo(final LocalAddress source, final long hi, final long lo)
    {
        if (addresses.isReady(hi, lo))
        {
            return loopback;
        }
        final boolean isGroup = IpAddress.isMulticast(hi, lo) ||
            IpAddress.isV4(hi, lo) && addresses.isBroadcast((int)lo);
        final NetworkInterface preferred = source == null || source.networkInterface.isLoopback ?
            null : source.networkInterface;
        if (isGroup && preferred != null)
        {
            return preferred;
        }
        RouteTable.Route route = routes.find(hi, lo, preferred);
        if (route == null && preferred != null)
        {
            route = routes.find(hi, lo, null);
        }
        if (route != null)
        {
            return route.networkInterface;
        }
        return isGroup ? firstInterface() : null;
    }

    private NetworkInterface add(final NetworkInterface networkInterface)
    {
        interfaces = Arrays.copyOf(interfaces, interfaces.length + 1);
        interfaces[interfaces.length - 1] = networkInterface;
        return networkInterface;
    }

    private void add(final LocalAddress address)
    {
        if (address.networkInterface.isLoopback)
        {
            addOwn(address);
            return;
        }
        addresses.add(address);
        address.route = new RouteTable.Route(
            address.address, address.isV4 ? address.prefixLength - 96 : address.prefixLength, null,
            address.networkInterface);
        routes.add(address.route);
        if (!address.isV4 && isLeader())
        {
            address.solicitedNode = joinGroup(
                address.networkInterface,
                new IpAddress(Groups.SOLICITED_NODE_HI, Groups.solicitedNodeLo(address.lo)), SourceFilter.ALL);
        }
        generation++;
        detection.start(address);
    }

    /** An address on the loopback interface: nobody could contest it. */
    private void addOwn(final LocalAddress address)
    {
        address.state = LocalAddress.State.READY;
        addresses.add(address);
        generation++;
    }

    private boolean hasLinkLocal(final NetworkInterface networkInterface)
    {
        for (final LocalAddress address : addresses.all())
        {
            if (address.networkInterface == networkInterface && !address.isV4 &&
                IpAddress.isLinkLocal(address.hi, address.lo))
            {
                return true;
            }
        }
        return false;
    }

    /** The link-local address that follows from a MAC address (RFC 4291 appendix A, modified EUI-64). */
    private static IpAddress linkLocal(final long mac)
    {
        final long identifier =
            (mac >>> 24 ^ 0x02_0000L) << 40 | 0xFFFEL << 24 | (mac & 0xFF_FFFFL);
        return new IpAddress(0xFE80L << 48, identifier);
    }
}
