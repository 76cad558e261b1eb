package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Destination;
import io.pnet.ip.IcmpError;
import io.pnet.ip.Ip;
import io.pnet.ip.IpAddress;
import io.pnet.ip.IpPacket;
import io.pnet.link.ChunkPool;
import io.pnet.transport.PortSpace;
import io.pnet.transport.Transport;
import io.pnet.transport.TransportContext;
import io.pnet.wire.BigEndian;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;
import org.agrona.collections.Int2ObjectHashMap;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.BindException;
import java.net.NoRouteToHostException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * TCP (RFC 9293): the connections and listeners of one stack, and the way of segments to and from them. What happens
 * inside a connection is cut by concern: {@link Input}, {@link Output}, {@link Recovery}, {@link TcpTimers}.
 *
 * <p>Owned by the stack's owner, but for {@code pushDirty}, by which other threads leave work.
 */
public final class TcpTransport implements Transport
{
    private static final long RETRY_NS = 1_000_000;
    /** With less than one chunk in so many left for what arrives, windows stop to open. */
    private static final int TIGHT_FRACTION = 8;
    private static final int SHARED_SETTINGS = 8;
    private static final VarHandle DIRTY_HEAD;

    static
    {
        try
        {
            DIRTY_HEAD = MethodHandles.lookup().findVarHandle(TcpTransport.class, "dirtyHead", Connection.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final TcpSettings settings;
    private final Segment segment = new Segment();
    private final FlowTable flows = new FlowTable();
    private final Int2ObjectHashMap<Listener> listeners = new Int2ObjectHashMap<>();

    final ReleaseQueue released = new ReleaseQueue();
    final Spares spares = new Spares();
    /** What connections have been opened with lately: those that have the same settings share one copy. */
    private final TcpSettings[] shared = new TcpSettings[SHARED_SETTINGS];
    private int nextShared;
    ChunkPool largeChunks;
    ChunkPool sendChunks;
    ChunkPool smallChunks;
    MemoryBudget receiveBudget;
    MemoryBudget sendBudget;
    TcpTimers timers;
    Output output;
    Recovery recovery;
    PassiveOpen passive;
    FastOpen fastOpen;
    TailLossProbe probe;
    private TimeWaits timeWaits;
    private PortSpace ports;
    private Input input;
    private Ip ip;
    Counters counters;
    private RandomGenerator random;
    private IsnGenerator isn;
    private Consumer<Throwable> errorHandler;
    private Runnable wakeup;

    private Connection activeHead;
    private Connection activeTail;
    @SuppressWarnings("unused")
    private Connection dirtyHead;
    private long nowNs;
    private int closing;
    private int orphans;
    private boolean isMemoryTight;
    private Connection starvedHead;
    private Connection starvedTail;
    private boolean isClosed;

    public TcpTransport(final TcpSettings settings)
    {
        this.settings = settings;
    }

    @Override
    public int protocol()
    {
        return ProtocolNumber.TCP;
    }

    @Override
    public void start(final TransportContext context)
    {
        ip = context.ip();
        counters = context.counters();
        random = context.random();
        largeChunks = context.largeChunks();
        sendChunks = context.sendChunks();
        smallChunks = context.smallChunks();
        receiveBudget = new MemoryBudget(bytes(largeChunks) * 3 / 4);
        sendBudget = new MemoryBudget(bytes(sendChunks));
        errorHandler = context.errorHandler();
        wakeup = context.wakeup();
        final SipHash hash = new SipHash(random);
        isn = new IsnGenerator(hash);
        timers = new TcpTimers(context.timers(), counters, this);
        output = new Output(ip, counters, timers);
        probe = new TailLossProbe(counters);
        recovery = new Recovery(counters, probe);
        input = new Input(this, ip, counters, output, recovery, timers);
        ports = new PortSpace(random);
        fastOpen = new FastOpen(random);
        timeWaits = new TimeWaits(this, ip, counters, context.timers(), output);
        passive = new PassiveOpen(
            this, isn, new SynCookies(hash), ip, counters, context.timers(), output, input);
    }

    /** When the last duty cycle began. */
    long nowNs()
    {
        return nowNs;
    }

    /** Whether frames have arrived that were not looked at yet. */
    boolean isBehind()
    {
        return !ip.isDrained();
    }

    private static long bytes(final ChunkPool pool)
    {
        return (long)pool.capacity() * pool.chunkCapacity();
    }

    /** The defaults for new connections and listeners. */
    public TcpSettings settings()
    {
        return settings;
    }

    // ---- user's calls, stack's owner

    /**
     * An active open: sends a SYN with the next duty cycle; {@link TcpHandler#onConnected} or
     * {@link TcpHandler#onClosed} follows.
     *
     * @param local     source address, or unspecified to have one chosen.
     * @param localPort 0 for an ephemeral one (RFC 6056).
     * @param settings  null for the transport's.
     * @throws NoRouteToHostException when there is no way there.
     * @throws BindException          when the local port is taken towards this peer.
     */
    public Connection connect(
        final IpAddress local,
        final int localPort,
        final IpAddress remote,
        final int remotePort,
        final TcpSettings settings,
        final TcpHandler handler,
        final long nowNs)
        throws IOException
    {
        final Destination destination = ip.route(local.hi(), local.lo(), remote.hi(), remote.lo());
        if (destination == null)
        {
            throw new NoRouteToHostException(
                "no route to " + remote + ": add a gateway or an address on its network");
        }
        if (remote.isMulticast() || remote.isUnspecified() || destination.isBroadcast())
        {
            throw new NoRouteToHostException("cannot connect to " + remote + ": not a unicast address");
        }
        final TcpSettings own = settings == null ? this.settings : settings;
        final int port = localPort != 0 ? localPort : ports.choose(candidate ->
            ports.isFree(0, 0, candidate) && isFree(destination, candidate, remotePort, own, nowNs) &&
            ip.isHomeOfTcp(destination, candidate, remotePort));
        if (port != PortSpace.NONE && !ip.isHomeOfTcp(destination, port, remotePort))
        {
            throw new BindException(
                "port " + port + " towards this peer is another stack's of this process; see IpProcess.homeOfTcp");
        }
        if (port == PortSpace.NONE || !isFree(destination, port, remotePort, own, nowNs))
        {
            throw new BindException(
                "no free local port towards " + remote + " port " + remotePort +
                (localPort != 0 ? ": port " + localPort + " is in use" : ": all ephemeral ports are in use"));
        }
        int iss = isn.initialSequenceNumber(
            destination.sourceHi(), destination.sourceLo(), port, remote.hi(), remote.lo(), remotePort, nowNs);
        if (find(destination, port, remotePort) instanceof TimeWait old)
        {
            iss = TimeWaits.successor(old, iss);
            counters.increment(Counter.TCP_TIME_WAIT_REUSED);
            timeWaits.end(old);
        }
        final Connection c = open(destination, port, remotePort, own, null, handler, iss, nowNs);
        c.state = TcpState.SYN_SENT;
        counters.increment(Counter.TCP_CONNECTS);
        activate(c);
        return c;
    }

    /**
     * A passive open.
     *
     * @param local    one of our addresses, {@code ::} for all or {@code 0.0.0.0} for those of IPv4.
     * @param port     0 for an ephemeral one.
     * @param settings null for the transport's.
     * @throws BindException when the port is taken, or the address is not ours.
     */
    public Listener listen(
        final IpAddress local,
        final int port,
        final int backlog,
        final TcpSettings settings,
        final TcpListenerHandler handler)
        throws BindException
    {
        final int chosen = bind(local, port);
        final Listener listener = new Listener(
            this, local, chosen, backlog, settings == null ? this.settings : settings.copy(), handler);
        listener.next = listeners.get(chosen);
        listeners.put(chosen, listener);
        return listener;
    }

    /**
     * Takes a port for a socket that will connect from it later, as {@code bind} does before {@code connect}.
     *
     * @param local one of our addresses, {@code ::} for all or {@code 0.0.0.0} for those of IPv4.
     * @param port  0 for an ephemeral one.
     * @return the port, to be given back by {@link #unbind}.
     * @throws BindException when the port is taken, or the address is not ours.
     */
    public int bind(final IpAddress local, final int port) throws BindException
    {
        if (!local.isUnspecified() && !ip.isLocal(local.hi(), local.lo()))
        {
            throw new BindException("Cannot assign requested address: " + local + " is not one of this stack");
        }
        final int chosen = port != 0 ? port : ports.bindEphemeral(local.hi(), local.lo());
        if (chosen == PortSpace.NONE)
        {
            throw new BindException("Address already in use: all ephemeral TCP ports are taken");
        }
        if (port != 0 && !ports.bind(local.hi(), local.lo(), port))
        {
            throw new BindException("Address already in use: TCP port " + port + " on " + local + ", choose another");
        }
        return chosen;
    }

    /** Gives back what {@link #bind} has taken; connections that use it stay. */
    public void unbind(final IpAddress local, final int port)
    {
        ports.release(local.hi(), local.lo(), port);
    }

    void unlisten(final Listener listener)
    {
        Listener kept = null;
        for (Listener each = listeners.remove(listener.port); each != null;)
        {
            final Listener next = each.next;
            if (each != listener)
            {
                each.next = kept;
                kept = each;
            }
            else
            {
                ports.release(each.localHi, each.localLo, each.port);
            }
            each = next;
        }
        if (kept != null)
        {
            listeners.put(listener.port, kept);
        }
        forEachHalfOpen(half ->
        {
            if (half.listener == listener)
            {
                passive.reset(half);
            }
        });
    }

    /** Connections in any state but CLOSED, half-open ones of listeners included. */
    public int connectionCount()
    {
        return flows.size();
    }

    /** Handshakes of all listeners that are not complete, and kept. Stack's owner. */
    public int halfOpenCount()
    {
        return passive.halfOpen();
    }

    /**
     * Connections that their users have closed and whose last bytes, or FIN, the peer has not yet acknowledged. Stack's
     * owner.
     */
    public int closingCount()
    {
        closing = 0;
        forEachConnection(c ->
        {
            final boolean isUnfinished = c.state == TcpState.ESTABLISHED || c.state == TcpState.CLOSE_WAIT ||
                c.state == TcpState.FIN_WAIT_1 || c.state == TcpState.CLOSING || c.state == TcpState.LAST_ACK;
            closing += c.isCloseRequested() && isUnfinished ? 1 : 0;
        });
        return closing;
    }

    /** Connections in TIME_WAIT. Stack's owner. */
    public int timeWaitCount()
    {
        return timeWaits.count();
    }

    /** Shows every connection, but for what is half open at a listener; stack's owner. */
    public void forEachConnection(final Consumer<Connection> consumer)
    {
        flows.forEach(flow ->
        {
            final Connection c = flow instanceof TimeWait old ? old.connection :
                flow instanceof Connection connection ? connection : null;
            if (c != null)
            {
                consumer.accept(c);
            }
        });
    }

    void forEachHalfOpen(final Consumer<HalfOpen> consumer)
    {
        flows.forEach(flow ->
        {
            if (flow instanceof HalfOpen half)
            {
                consumer.accept(half);
            }
        });
    }

    /** Shows every listener; stack's owner. */
    public void forEachListener(final Consumer<Listener> consumer)
    {
        for (final Listener first : listeners.values())
        {
            for (Listener each = first; each != null; each = each.next)
            {
                consumer.accept(each);
            }
        }
    }

    // ---- input

    @Override
    public void onPacket(final IpPacket packet, final long nowNs)
    {
        this.nowNs = nowNs;
        final Segment s = segment;
        if (!isSound(s, packet))
        {
            return;
        }
        final int ports = s.header.destinationPort() << 16 | s.header.sourcePort();
        final int hash = isn.tableHash(
            packet.destinationHi(), packet.destinationLo(), packet.sourceHi(), packet.sourceLo(), ports);
        final Flow flow = flows.find(
            hash, packet.destinationHi(), packet.destinationLo(), packet.sourceHi(), packet.sourceLo(), ports);
        final boolean accepted;
        if (flow instanceof Connection c)
        {
            accepted = input.segmentArrives(c, s, nowNs);
            c.rest();
            if (c.state == TcpState.TIME_WAIT)
            {
                timeWaits.add(c, nowNs);
            }
        }
        else if (flow instanceof HalfOpen half)
        {
            accepted = passive.arrives(half, s, nowNs);
        }
        else if (flow instanceof TimeWait old)
        {
            accepted = arrivesInTimeWait(old, s, packet, hash, nowNs);
        }
        else
        {
            accepted = arrivesWithoutFlow(s, packet, hash, nowNs);
        }
        if (accepted)
        {
            counters.increment(Counter.TCP_RX_SEGMENTS);
        }
    }

    /** Decodes a segment; what is wrong with it by itself is counted. */
    private boolean isSound(final Segment s, final IpPacket packet)
    {
        if (!s.parse(packet))
        {
            counters.increment(Counter.TCP_RX_DROP_MALFORMED);
            return false;
        }
        if (!packet.isUnicast() || IpAddress.isMulticast(packet.sourceHi(), packet.sourceLo()))
        {
            // RFC 9293 MUST-57 and MUST-63.
            counters.increment(Counter.TCP_RX_DROP_NOT_UNICAST);
            return false;
        }
        if (!packet.isChecksumValid())
        {
            counters.increment(Counter.TCP_RX_DROP_CHECKSUM);
            return false;
        }
        if (s.isSyn() && s.isFin() && settings.compatibility.synFin == TcpCompatibility.SynFin.DROP)
        {
            counters.increment(Counter.TCP_RX_DROP_MALFORMED);
            return false;
        }
        return true;
    }

    private boolean arrivesInTimeWait(
        final TimeWait old, final Segment s, final IpPacket packet, final int hash, final long nowNs)
    {
        final Listener listener = !timeWaits.isReopening(old, s) ? null :
            findListener(s.header.destinationPort(), packet.destinationHi(), packet.destinationLo());
        if (listener == null || !listener.hasRoom())
        {
            return timeWaits.arrives(old, s, nowNs);
        }
        counters.increment(Counter.TCP_TIME_WAIT_REUSED);
        timeWaits.end(old);
        return passive.arrivesInListen(listener, s, hash, old, nowNs);
    }

    /** CLOSED (RFC 9293 section 3.10.7.1), unless somebody listens. */
    private boolean arrivesWithoutFlow(final Segment s, final IpPacket packet, final int hash, final long nowNs)
    {
        final Listener listener = findListener(
            s.header.destinationPort(), packet.destinationHi(), packet.destinationLo());
        if (listener != null)
        {
            return passive.arrivesInListen(listener, s, hash, null, nowNs);
        }
        output.reject(s);
        counters.increment(Counter.TCP_RX_DROP_NO_CONNECTION);
        return false;
    }

    @Override
    public void onIcmpError(final IcmpError error, final long nowNs)
    {
        this.nowNs = nowNs;
        final int localPort = BigEndian.getUint16(error.buffer(), error.offset());
        final int remotePort = BigEndian.getUint16(error.buffer(), error.offset() + 2);
        final int seq = BigEndian.getInt32(error.buffer(), error.offset() + 4);
        final int ports = localPort << 16 | remotePort;
        final int hash = isn.tableHash(error.localHi(), error.localLo(), error.remoteHi(), error.remoteLo(), ports);
        final Flow flow = flows.find(
            hash, error.localHi(), error.localLo(), error.remoteHi(), error.remoteLo(), ports);
        if (flow instanceof HalfOpen half)
        {
            if (seq == half.iss && reasonToGiveUp(error.kind()) != null)
            {
                passive.remove(half);
            }
            return;
        }
        final Connection c = flow instanceof Connection connection ? connection : null;
        // RFC 5927 section 4: only what quotes something in flight is believed.
        if (c == null || SeqNumber.lt(seq, c.sndUna) || !SeqNumber.lt(seq, c.sndNxt))
        {
            counters.increment(Counter.TCP_ICMP_IGNORED);
            return;
        }
        if (error.kind() == IcmpError.Kind.PACKET_TOO_BIG)
        {
            onPacketTooBig(c, seq, error);
            return;
        }
        if (!c.state.isSynchronized())
        {
            final CloseReason reason = reasonToGiveUp(error.kind());
            if (reason != null)
            {
                closed(c, reason);
            }
        }
        else
        {
            // In synchronized states every one of them is a soft error (MUST-56, RFC 5927 section 5.2).
            c.fireSoftError(switch (error.kind())
            {
                case TIME_EXCEEDED -> SoftError.TIME_EXCEEDED;
                case PARAMETER_PROBLEM -> SoftError.PARAMETER_PROBLEM;
                default -> SoftError.UNREACHABLE;
            });
        }
    }

    /** What an ICMP error means to a handshake; null when nothing. */
    private CloseReason reasonToGiveUp(final IcmpError.Kind kind)
    {
        switch (kind)
        {
            case PROTOCOL_UNREACHABLE:
            case PORT_UNREACHABLE:
            case ADMINISTRATIVELY_PROHIBITED:
                return settings.compatibility.icmpMayReset ? CloseReason.REFUSED : null;
            case HOST_UNREACHABLE:
            case NETWORK_UNREACHABLE:
                return settings.compatibility.softErrorsInHandshake ? null : CloseReason.UNREACHABLE;
            default:
                return null;
        }
    }

    private void onPacketTooBig(final Connection c, final int seq, final IcmpError error)
    {
        final int before = c.sndMss;
        if (!PathMtu.isPlausible(c, seq, error.mtu()))
        {
            counters.increment(Counter.TCP_ICMP_IGNORED);
            return;
        }
        ip.updatePathMtu(c.destination, error.mtu());
        // The path may have shrunk for another connection before; what counts is what this one sends.
        updateMss(c);
        if (c.sndMss < before)
        {
            PathMtu.resend(c);
            activate(c);
        }
    }

    /**
     * The sender's and receiver's maximum segment sizes from path, link and peer (RFC 6691, RFC 9293 section 3.7.1).
     */
    void updateMss(final Connection c)
    {
        final int headers = c.destination.headerLength() + TcpHeader.MIN_LENGTH;
        final int limit = c.settings.maxSegmentSize > 0 ? c.settings.maxSegmentSize : Integer.MAX_VALUE;
        final int options = c.timestamps ? TcpOptions.TIMESTAMPS_LENGTH : 0;
        c.rcvMss = receiveMss(c.settings, c.destination);
        c.sndMss = Math.max(
            32, Math.min(limit, Math.min(c.peerMss, c.path.mtu(c.destination) - headers)) - options);
    }

    /** What our MSS option says (RFC 6691). */
    static int receiveMss(final TcpSettings settings, final Destination destination)
    {
        final int limit = settings.maxSegmentSize > 0 ? settings.maxSegmentSize : Integer.MAX_VALUE;
        final int headers = destination.headerLength() + TcpHeader.MIN_LENGTH;
        return Math.min(limit, Math.min(0xFFFF, destination.capabilities().mtu()) - headers);
    }

    /** What a SYN without an MSS option means (RFC 9293 section 3.7.1). */
    static int defaultMss(final long remoteHi, final long remoteLo)
    {
        return IpAddress.isV4(remoteHi, remoteLo) ? 536 : 1_220;
    }

    // ---- duty cycle

    @Override
    public int doWork(final long nowNs)
    {
        this.nowNs = nowNs;
        isMemoryTight = largeChunks.available() < largeChunks.capacity() / TIGHT_FRACTION;
        passive.doWork(nowNs);
        int work = drainDirty(nowNs);
        Connection c = activeHead;
        activeHead = null;
        activeTail = null;
        while (c != null)
        {
            final Connection next = c.nextActive;
            c.nextActive = null;
            c.isActive = false;
            if (c.isWritableDue)
            {
                c.isWritableDue = false;
                if (c.state != TcpState.CLOSED)
                {
                    c.fireWritable();
                }
            }
            try
            {
                if (output.run(c, nowNs))
                {
                    work++;
                }
                else
                {
                    // The link is full: again with the next duty cycle, which the link's descriptor brings about.
                    activate(c);
                }
                c.receiveQueue.trim();
                c.rest();
            }
            catch (final RuntimeException ex)
            {
                onDefect(c, ex);
            }
            c = next;
        }
        return work;
    }

    @Override
    public long nextDeadlineNs()
    {
        // What found the link full, or its way gone, is tried again even if no descriptor ever says so.
        return activeHead == null && !passive.isWaiting() ? Long.MAX_VALUE : nowNs + RETRY_NS;
    }

    @Override
    public void onFlushed(final boolean isComplete)
    {
        if (isComplete)
        {
            released.releaseAll();
        }
        if (starvedHead != null)
        {
            feedStarved();
        }
    }

    @Override
    public void close(final long nowNs)
    {
        this.nowNs = nowNs;
        isClosed = true;
        forEachHalfOpen(passive::reset);
        forEachConnection(c ->
        {
            final boolean isFinished = c.isClosedByUser && c.state == TcpState.FIN_WAIT_2;
            if (c.state != TcpState.TIME_WAIT && c.state != TcpState.SYN_SENT && !isFinished)
            {
                output.sendReset(c, nowNs);
            }
            closed(c, CloseReason.STACK_CLOSED);
        });
        timeWaits.endAll();
        listeners.clear();
    }

    /** Whether so little memory is left for what arrives that no window should open further. */
    boolean isMemoryTight()
    {
        return isMemoryTight;
    }

    /** Has a writer that found no chunk wait for one, behind those that wait already. */
    private void starve(final Connection c)
    {
        if (!c.isStarved)
        {
            c.isStarved = true;
            if (starvedTail == null)
            {
                starvedHead = c;
            }
            else
            {
                starvedTail.nextStarved = c;
            }
            starvedTail = c;
        }
    }

    /** Tells as many writers as there are chunks now. */
    private void feedStarved()
    {
        for (int left = sendChunks.available(); left > 0 && starvedHead != null; left--)
        {
            final Connection c = starvedHead;
            starvedHead = c.nextStarved;
            starvedTail = starvedHead == null ? null : starvedTail;
            c.nextStarved = null;
            c.isStarved = false;
            c.sendBuffer.clearStarved();
            writable(c);
        }
    }

    /** Has the connection's output run in this duty cycle, or the next. */
    void activate(final Connection c)
    {
        if (!c.isActive && c.state != TcpState.CLOSED)
        {
            c.isActive = true;
            if (activeTail == null)
            {
                activeHead = c;
            }
            else
            {
                activeTail.nextActive = c;
            }
            activeTail = c;
        }
    }

    /** Leaves a connection for the owner; any thread. */
    void pushDirty(final Connection c)
    {
        Connection head;
        do
        {
            head = (Connection)DIRTY_HEAD.getAcquire(this);
            c.nextDirty = head;
        }
        while (!DIRTY_HEAD.compareAndSet(this, head, c));
        wakeup.run();
    }

    private int drainDirty(final long nowNs)
    {
        if (DIRTY_HEAD.getAcquire(this) == null)
        {
            return 0;
        }
        Connection c = (Connection)DIRTY_HEAD.getAndSet(this, null);
        // Last in, first out: turned round, so that the first to ask is the first to be served.
        Connection first = null;
        while (c != null)
        {
            final Connection next = c.nextDirty;
            c.nextDirty = first;
            first = c;
            c = next;
        }
        int work = 0;
        while (first != null)
        {
            final Connection next = first.nextDirty;
            first.nextDirty = null;
            first.clearDirty();
            try
            {
                serve(first, nowNs);
            }
            catch (final RuntimeException ex)
            {
                onDefect(first, ex);
            }
            work++;
            first = next;
        }
        return work;
    }

    /** What the user's threads have asked for. */
    private void serve(final Connection c, final long nowNs)
    {
        if (c.state == TcpState.CLOSED)
        {
            releaseBuffers(c);
            return;
        }
        if (c.isAbortRequested())
        {
            if (c.state == TcpState.TIME_WAIT)
            {
                c.isClosedByUser = true;
                timeWaits.release(c, flowOf(c), CloseReason.ABORTED);
                return;
            }
            if (c.state != TcpState.SYN_SENT)
            {
                output.sendReset(c, nowNs);
            }
            c.isClosedByUser = true;
            closed(c, CloseReason.ABORTED);
            return;
        }
        if (c.isShutdownRequested() && c.finOffset == Long.MAX_VALUE)
        {
            c.finOffset = c.sendBuffer.written();
        }
        if (c.sendBuffer.isStarved())
        {
            starve(c);
        }
        if (c.isCloseRequested() && !c.isClosedByUser)
        {
            c.isClosedByUser = true;
            if (c.state == TcpState.SYN_SENT)
            {
                closed(c, CloseReason.ABORTED);
                return;
            }
            if (c.state == TcpState.TIME_WAIT)
            {
                // Everything is said: only our memory is left to give back.
                timeWaits.release(c, flowOf(c), CloseReason.CLOSED);
                return;
            }
            if (c.receiveQueue.unread() > 0)
            {
                // RFC 9293 section 3.6.1 and RFC 2525 section 2.17: the peer must learn that its bytes were not read.
                output.sendReset(c, nowNs);
                closed(c, CloseReason.ABORTED);
                return;
            }
            if (orphans >= this.settings.maxOrphans)
            {
                counters.increment(Counter.TCP_ORPHANS_RESET);
                output.sendReset(c, nowNs);
                closed(c, CloseReason.ABORTED);
                return;
            }
            c.isOrphan = true;
            orphans++;
            if (c.state == TcpState.FIN_WAIT_2)
            {
                timers.startFinWait2(c, nowNs);
            }
        }
        if (c.state.canReceive() && c.receiveWindow.isUpdateDue(c))
        {
            c.ackNow = true;
        }
        activate(c);
    }

    // ---- what input, timers and recovery report

    void accepted(final Connection c)
    {
        counters.increment(Counter.TCP_ACCEPTS);
        try
        {
            c.handler = c.listener.handler.onAccept(c);
        }
        catch (final Throwable ex)
        {
            onHandlerError(ex);
            c.handler = (connection, buffer, offset, length) -> length;
            c.abort();
        }
    }

    void suspectUnreachable(final Connection c)
    {
        ip.suspectUnreachable(c.destination);
        c.fireSoftError(SoftError.NO_ANSWER);
    }

    /** The handshake of what data in a SYN has opened is complete, or will never be. */
    void fastOpenDone(final Connection c)
    {
        if (c.isFastOpen)
        {
            c.isFastOpen = false;
            c.listener.fastOpens--;
            if (c.closeReason == CloseReason.REFUSED)
            {
                c.listener.fastOpenReset(nowNs);
            }
        }
    }

    void readable(final Connection c)
    {
        c.fireReadable();
    }

    void writable(final Connection c)
    {
        c.sendBuffer.grow(c.window.cwnd, c.sndWnd);
        c.isWritableDue = true;
        activate(c);
    }

    /** The end of a connection, for whatever reason. */
    void closed(final Connection c, final CloseReason reason)
    {
        if (c.state == TcpState.CLOSED)
        {
            return;
        }
        c.state = TcpState.CLOSED;
        c.closeReason = reason;
        if (c.isOrphan)
        {
            c.isOrphan = false;
            orphans--;
        }
        fastOpenDone(c);
        timers.cancelAll(c);
        removeFlow(c);
        c.sent.clear();
        c.sendBuffer.release();
        c.reassembly.release();
        c.rest();
        c.receiveWindow.close();
        if (c.handler != null)
        {
            c.fireClosed(reason);
        }
        if (c.isClosedByUser || c.handler == null || isClosed && c.receiveQueue.unread() == 0)
        {
            c.receiveQueue.release();
        }
        else
        {
            c.receiveQueue.trim();
        }
    }

    /** The user has closed a connection that was over already: what it had not read goes back. */
    private static void releaseBuffers(final Connection c)
    {
        if (c.isCloseRequested() || c.isAbortRequested())
        {
            c.receiveQueue.release();
        }
    }

    /** A defect of ours ends the connection it shows in, and no other. */
    void onDefect(final Connection c, final RuntimeException ex)
    {
        counters.increment(Counter.STACK_INTERNAL_ERRORS);
        errorHandler.accept(ex);
        closed(c, CloseReason.ABORTED);
    }

    void onHandlerError(final Throwable ex)
    {
        counters.increment(Counter.STACK_HANDLER_ERRORS);
        errorHandler.accept(ex);
    }

    // ---- tables

    Connection open(
        final Destination destination,
        final int localPort,
        final int remotePort,
        final TcpSettings settings,
        final Listener listener,
        final TcpHandler handler,
        final int iss,
        final long nowNs)
    {
        final TcpSettings own = settings == null ? this.settings : settings;
        final Connection c = new Connection(this, shared(own), destination, localPort, remotePort, listener, handler);
        c.iss = iss;
        c.tsOffset = isn.timestampOffset(c.localHi, c.localLo, c.remoteHi, c.remoteLo);
        c.sndUna = c.iss;
        c.sndNxt = c.iss;
        c.recovery.fack = c.iss;
        c.recovery.recoveryPoint = c.iss;
        c.progressNs = nowNs;
        c.rcvWndShift = ReceiveWindow.shift(own);
        updateMss(c);
        addFlow(hashOf(c), c);
        return c;
    }

    /** A copy of settings that nobody changes any more, the same one for as many connections as possible. */
    TcpSettings shared(final TcpSettings settings)
    {
        for (final TcpSettings each : shared)
        {
            if (each != null && each.isSameAs(settings))
            {
                return each;
            }
        }
        final TcpSettings copy = settings.copy();
        shared[nextShared] = copy;
        nextShared = (nextShared + 1) % SHARED_SETTINGS;
        return copy;
    }

    void addFlow(final int hash, final Flow flow)
    {
        flows.add(hash, flow);
        counters.set(Counter.TCP_CONNECTIONS, flows.size());
    }

    void removeFlow(final Flow flow)
    {
        flows.remove(flow);
        counters.set(Counter.TCP_CONNECTIONS, flows.size());
    }

    private int hashOf(final Connection c)
    {
        return isn.tableHash(c.localHi, c.localLo, c.remoteHi, c.remoteLo, c.localPort << 16 | c.remotePort);
    }

    private Flow flowOf(final Connection c)
    {
        return flows.find(c.tableHash, c.localHi, c.localLo, c.remoteHi, c.remoteLo, c.ports());
    }

    /** Whether what is left of a connection is in TIME_WAIT. */
    boolean isInTimeWait(final Connection c)
    {
        return flowOf(c) instanceof TimeWait;
    }

    private Flow find(final Destination d, final int localPort, final int remotePort)
    {
        final int ports = localPort << 16 | remotePort;
        final int hash = isn.tableHash(d.sourceHi(), d.sourceLo(), d.remoteHi(), d.remoteLo(), ports);
        return flows.find(hash, d.sourceHi(), d.sourceLo(), d.remoteHi(), d.remoteLo(), ports);
    }

    private Listener findListener(final int port, final long hi, final long lo)
    {
        Listener wildcard = null;
        for (Listener each = listeners.get(port); each != null; each = each.next)
        {
            if (each.matches(hi, lo))
            {
                if (!each.isWildcard())
                {
                    return each;
                }
                wildcard = each;
            }
        }
        return wildcard;
    }

    /** Whether a connect may have these ports: nobody has them, or something that is over and lets them go. */
    private boolean isFree(
        final Destination destination,
        final int localPort,
        final int remotePort,
        final TcpSettings settings,
        final long nowNs)
    {
        final Flow flow = find(destination, localPort, remotePort);
        return flow == null || timeWaits.isReusable(flow, settings, nowNs);
    }
}
