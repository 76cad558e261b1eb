package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.ip.Neighbour.State;
import io.pnet.link.Chunk;

/**
 * Who is on our links and how they are reached: the states and timing of RFC 4861 section 7.3 for IPv6 and, with ARP
 * requests as solicitations, for IPv4. Packets wait here, bounded, while an address is resolved.
 */
final class NeighbourCache
{
    static final long RETRANSMIT_NS = 1_000_000_000L;
    static final long DELAY_FIRST_PROBE_NS = 5_000_000_000L;
    static final int MAX_SOLICITATIONS = 3;
    /** Packets that wait for one neighbour. */
    static final int MAX_WAITING = 16;
    /** Packets that wait altogether. */
    static final int MAX_WAITING_TOTAL = 256;
    static final int CAPACITY = 1024;

    private static final long BASE_REACHABLE_NS = 30_000_000_000L;
    private static final int BUCKETS = 1024;
    private static final long NEVER_USED = Long.MIN_VALUE;

    private final Ip ip;
    private final long reachableNs;
    private final Neighbour[] buckets = new Neighbour[BUCKETS];
    private int size;
    private int waitingTotal;
    private WaitingPacket freeWaiting;
    private boolean isDrainPending;
    private long nextDeadlineNs = Long.MAX_VALUE;

    NeighbourCache(final Ip ip)
    {
        this.ip = ip;
        // RFC 4861 section 6.3.2: uniformly between 0.5 and 1.5 of the base, so that nodes do not probe in step.
        this.reachableNs = (long)(BASE_REACHABLE_NS * (0.5 + ip.random.nextDouble()));
    }

    Neighbour find(final NetworkInterface over, final long hi, final long lo)
    {
        for (Neighbour at = buckets[bucket(hi, lo)]; at != null; at = at.nextInBucket)
        {
            if (at.lo == lo && at.hi == hi && at.networkInterface == over)
            {
                return at;
            }
        }
        return null;
    }

    /** The neighbour that somebody has something to send to. */
    Neighbour findOrCreate(final NetworkInterface over, final long hi, final long lo)
    {
        return findOrCreate(over, hi, lo, ip.nowNs);
    }

    /**
     * The neighbour that has asked for us. Until we have something for it, it is the first to give way: whoever asks
     * under thousands of names must not displace those whom we talk to.
     */
    Neighbour findOrMeet(final NetworkInterface over, final long hi, final long lo)
    {
        return findOrCreate(over, hi, lo, NEVER_USED);
    }

    private Neighbour findOrCreate(final NetworkInterface over, final long hi, final long lo, final long lastUsedNs)
    {
        final Neighbour found = find(over, hi, lo);
        if (found != null)
        {
            found.lastUsedNs = Math.max(found.lastUsedNs, lastUsedNs);
            return found;
        }
        if (size >= CAPACITY)
        {
            evict();
        }
        final Neighbour created = new Neighbour(over, hi, lo);
        created.lastUsedNs = lastUsedNs;
        final int bucket = bucket(hi, lo);
        created.nextInBucket = buckets[bucket];
        buckets[bucket] = created;
        size++;
        return created;
    }

    /**
     * A packet is about to go to a neighbour whose entry has to be looked at first: starts resolution, or the delay
     * before the first probe. May send, so it comes before the packet's claim.
     */
    void onUse(final Neighbour neighbour, final Destination destination)
    {
        neighbour.lastUsedNs = ip.nowNs;
        neighbour.sourceHi = destination.sourceHi;
        neighbour.sourceLo = destination.sourceLo;
        switch (neighbour.state)
        {
            case NONE:
                neighbour.state = State.INCOMPLETE;
                neighbour.solicitations = 0;
                solicit(neighbour);
                break;

            case REACHABLE:
            case STALE:
                neighbour.state = State.DELAY;
                // Until the first probe there is nothing to look at.
                neighbour.usableUntilNs = ip.nowNs + DELAY_FIRST_PROBE_NS;
                schedule(neighbour, ip.nowNs + DELAY_FIRST_PROBE_NS);
                break;

            default:
                break;
        }
    }

    /** The neighbour answered us, or a transport makes progress through it. */
    void onReachable(final Neighbour neighbour, final long nowNs)
    {
        if (neighbour.isResolved && neighbour.state != State.PERMANENT)
        {
            neighbour.state = State.REACHABLE;
            neighbour.usableUntilNs = nowNs + reachableNs;
            neighbour.deadlineNs = Long.MAX_VALUE;
        }
    }

    /** A transport makes no progress through the neighbour: probe it now rather than when its time has come. */
    void onSuspicion(final Neighbour neighbour)
    {
        if (neighbour.state == State.REACHABLE || neighbour.state == State.STALE || neighbour.state == State.DELAY)
        {
            probe(neighbour);
        }
    }

    /**
     * Somebody said which link-layer address the neighbour has.
     *
     * @param isAnswer  whether it was said in answer to our solicitation.
     * @param mayChange whether it overrides what is known.
     */
    void onAddress(
        final Neighbour neighbour, final long mac, final boolean isAnswer, final boolean mayChange, final long nowNs)
    {
        if (neighbour.state == State.NONE || neighbour.state == State.INCOMPLETE)
        {
            neighbour.macAddress = mac;
            neighbour.isResolved = true;
            stale(neighbour);
            if (isAnswer)
            {
                onReachable(neighbour, nowNs);
            }
            drain(neighbour);
            return;
        }
        final boolean differs = neighbour.macAddress != mac;
        if (differs && !mayChange)
        {
            // RFC 4861 section 7.2.5, I.: somebody disagrees; look again.
            if (neighbour.state == State.REACHABLE)
            {
                stale(neighbour);
            }
            return;
        }
        neighbour.macAddress = mac;
        if (isAnswer)
        {
            onReachable(neighbour, nowNs);
        }
        else if (differs)
        {
            stale(neighbour);
        }
    }

    /** Queues a complete packet at a neighbour that is being resolved; the chunk's owner is the cache now. */
    void enqueue(final Neighbour neighbour, final Chunk chunk, final int length, final int mtu)
    {
        if (neighbour.waiting >= MAX_WAITING)
        {
            // RFC 4861 section 7.2.2: a new arrival replaces the oldest.
            ip.counters.increment(Counter.NEIGHBOUR_TX_DROP_QUEUE_FULL);
            final WaitingPacket oldest = neighbour.firstWaiting;
            neighbour.firstWaiting = oldest.next;
            neighbour.waiting--;
            waitingTotal--;
            recycle(oldest);
        }
        if (waitingTotal >= MAX_WAITING_TOTAL)
        {
            ip.counters.increment(Counter.NEIGHBOUR_TX_DROP_QUEUE_FULL);
            chunk.release();
            return;
        }
        WaitingPacket packet = freeWaiting;
        if (packet == null)
        {
            packet = new WaitingPacket();
        }
        else
        {
            freeWaiting = packet.next;
        }
        packet.chunk = chunk;
        packet.length = length;
        packet.mtu = mtu;
        packet.next = null;
        if (neighbour.lastWaiting == null)
        {
            neighbour.firstWaiting = packet;
        }
        else
        {
            neighbour.lastWaiting.next = packet;
        }
        neighbour.lastWaiting = packet;
        neighbour.waiting++;
        waitingTotal++;
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
        for (int i = 0; i < BUCKETS; i++)
        {
            for (Neighbour at = buckets[i]; at != null; at = at.nextInBucket)
            {
                if (at.deadlineNs <= nowNs)
                {
                    at.deadlineNs = Long.MAX_VALUE;
                    onDeadline(at);
                    fired++;
                }
                nextDeadlineNs = Math.min(nextDeadlineNs, at.deadlineNs);
            }
        }
        return fired;
    }

    /** Whether resolved neighbours have packets that a full link did not take; {@link #drainAll} tries again. */
    boolean isDrainPending()
    {
        return isDrainPending;
    }

    void drainAll()
    {
        isDrainPending = false;
        for (int i = 0; i < BUCKETS; i++)
        {
            for (Neighbour at = buckets[i]; at != null; at = at.nextInBucket)
            {
                if (at.waiting > 0 && at.isResolved)
                {
                    drain(at);
                }
            }
        }
    }

    private void onDeadline(final Neighbour neighbour)
    {
        switch (neighbour.state)
        {
            case DELAY:
                probe(neighbour);
                break;

            case INCOMPLETE:
            case PROBE:
                if (neighbour.solicitations < MAX_SOLICITATIONS)
                {
                    solicit(neighbour);
                }
                else
                {
                    fail(neighbour);
                }
                break;

            default:
                break;
        }
    }

    private void probe(final Neighbour neighbour)
    {
        neighbour.state = State.PROBE;
        neighbour.solicitations = 0;
        neighbour.usableUntilNs = Long.MAX_VALUE;
        solicit(neighbour);
    }

    private void solicit(final Neighbour neighbour)
    {
        neighbour.solicitations++;
        schedule(neighbour, ip.nowNs + RETRANSMIT_NS);
        if (neighbour.isV4)
        {
            ip.arp.request(neighbour);
        }
        else
        {
            ip.ndp.solicit(neighbour);
        }
    }

    private void fail(final Neighbour neighbour)
    {
        ip.counters.increment(Counter.NEIGHBOUR_FAILED);
        forget(neighbour);
        dropWaiting(neighbour);
    }

    private void dropWaiting(final Neighbour neighbour)
    {
        WaitingPacket packet = neighbour.firstWaiting;
        neighbour.firstWaiting = null;
        neighbour.lastWaiting = null;
        waitingTotal -= neighbour.waiting;
        neighbour.waiting = 0;
        while (packet != null)
        {
            final WaitingPacket next = packet.next;
            ip.counters.increment(Counter.NEIGHBOUR_TX_DROP_UNREACHABLE);
            ip.icmpErrors.onUnreachable(packet.chunk.buffer(), WaitingPacket.OFFSET, packet.length);
            recycle(packet);
            packet = next;
        }
    }

    private void drain(final Neighbour neighbour)
    {
        while (neighbour.firstWaiting != null)
        {
            final WaitingPacket packet = neighbour.firstWaiting;
            if (!ip.output.transmit(
                neighbour, packet.chunk.buffer(), WaitingPacket.OFFSET, packet.length, packet.mtu))
            {
                isDrainPending = true;
                return;
            }
            neighbour.firstWaiting = packet.next;
            if (packet.next == null)
            {
                neighbour.lastWaiting = null;
            }
            neighbour.waiting--;
            waitingTotal--;
            recycle(packet);
        }
    }

    private void recycle(final WaitingPacket packet)
    {
        packet.chunk.release();
        packet.chunk = null;
        packet.next = freeWaiting;
        freeWaiting = packet;
    }

    private static void stale(final Neighbour neighbour)
    {
        neighbour.state = State.STALE;
        neighbour.usableUntilNs = Long.MIN_VALUE;
        neighbour.deadlineNs = Long.MAX_VALUE;
    }

    private static void forget(final Neighbour neighbour)
    {
        neighbour.state = State.NONE;
        neighbour.isResolved = false;
        neighbour.usableUntilNs = Long.MIN_VALUE;
        neighbour.deadlineNs = Long.MAX_VALUE;
    }

    private void schedule(final Neighbour neighbour, final long deadlineNs)
    {
        neighbour.deadlineNs = deadlineNs;
        nextDeadlineNs = Math.min(nextDeadlineNs, deadlineNs);
    }

    /** Forgets who was used longest ago; those that are being resolved go last. */
    private void evict()
    {
        Neighbour victim = null;
        for (int i = 0; i < BUCKETS; i++)
        {
            for (Neighbour at = buckets[i]; at != null; at = at.nextInBucket)
            {
                if (victim == null || isBetterVictim(at, victim))
                {
                    victim = at;
                }
            }
        }
        dropWaiting(victim);
        final int bucket = bucket(victim.hi, victim.lo);
        if (buckets[bucket] == victim)
        {
            buckets[bucket] = victim.nextInBucket;
        }
        else
        {
            Neighbour before = buckets[bucket];
            while (before.nextInBucket != victim)
            {
                before = before.nextInBucket;
            }
            before.nextInBucket = victim.nextInBucket;
        }
        size--;
        if (victim.lastUsedNs != NEVER_USED)
        {
            // Destinations may still hold it.
            ip.generation++;
        }
    }

    int size()
    {
        return size;
    }

    private static boolean isBetterVictim(final Neighbour candidate, final Neighbour victim)
    {
        final boolean isWaiting = candidate.waiting > 0;
        final boolean isVictimWaiting = victim.waiting > 0;
        return isWaiting == isVictimWaiting ? candidate.lastUsedNs < victim.lastUsedNs : isVictimWaiting;
    }

    private static int bucket(final long hi, final long lo)
    {
        return AddressTable.hash(hi, lo) & (BUCKETS - 1);
    }
}
