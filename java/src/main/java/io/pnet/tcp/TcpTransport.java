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
import io.pnet.wire.ProtocolNumber;

import java.io.IOException;
import java.net.BindException;
import java.net.NoRouteToHostException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * TCP (RFC 9293): the connections and listeners of one stack, and the way of segments to and from them. What happens
 * inside a connection is cut by concern: {@link Input}, {@link Output}, {@link Recovery}, {@link TcpTimers}; how it
 * begins is {@link ActiveOpen}'s, {@link Listeners}' and {@link PassiveOpen}'s; what its user wants of it comes by
 * {@link UserRequests}, the only way in for other threads than the stack's owner, who owns the rest.
 */
public final class TcpTransport implements Transport
{
    private static final long RETRY_NS = 1_000_000;
    /** The same where a descriptor is to tell sooner. */
    private static final long FULL_RETRY_NS = 20_000_000;
    /** With less than one chunk in so many left for what arrives, windows stop to open. */
    private static final int TIGHT_FRACTION = 8;

    private final TcpSettings settings;
    private final Segment segment = new Segment();
    private final FlowTable flows = new FlowTable();

    final ReleaseQueue released = new ReleaseQueue();
    final Spares spares = new Spares();
    final SharedSettings sharedSettings = new SharedSettings();
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
    UserRequests requests;
    private StarvedWriters starved;
    private ActiveOpen active;
    private Listeners listeners;
    private IcmpInput icmp;
    private Input input;
    private Ip ip;
    Counters counters;
    private IsnGenerator isn;
    private Consumer<Throwable> errorHandler;

    private Connection activeHead;
    private Connection activeTail;
    private long nowNs;
    private int closing;
    private boolean isMemoryTight;
    /** Whether a link kept something of the last cycle: its descriptor tells when there is room. */
    private boolean isLinkFull;
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
        final RandomGenerator random = context.random();
        largeChunks = context.largeChunks();
        sendChunks = context.sendChunks();
        smallChunks = context.smallChunks();
        receiveBudget = new MemoryBudget(bytes(largeChunks) * 3 / 4);
        sendBudget = new MemoryBudget(bytes(sendChunks));
        errorHandler = context.errorHandler();
        final SipHash hash = new SipHash(random);
        isn = new IsnGenerator(hash);
        timers = new TcpTimers(context.timers(), counters, this);
        final OutgoingSegments segments = new OutgoingSegments(ip, counters);
        final Retransmission retransmission = new Retransmission(counters, segments);
        final NewData newData = new NewData(counters, timers, segments);
        output = new Output(ip, counters, timers, segments, retransmission, newData);
        probe = new TailLossProbe(counters, newData, retransmission);
        recovery = new Recovery(counters, probe);
        input = new Input(this, ip, counters, output, recovery, timers);
        final PortSpace ports = new PortSpace(random);
        listeners = new Listeners(ip, ports);
        fastOpen = new FastOpen(random);
        timeWaits = new TimeWaits(this, ip, counters, context.timers(), output);
        active = new ActiveOpen(this, ip, counters, ports, isn, timeWaits);
        starved = new StarvedWriters(this, sendChunks);
        requests = new UserRequests(this, counters, timeWaits, starved, context.wakeup());
        icmp = new IcmpInput(this, ip, counters);
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
        return active.connect(
            local, localPort, remote, remotePort, settings == null ? this.settings : settings, handler, nowNs);
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
        return listeners.listen(
            this, local, port, backlog, settings == null ? this.settings : settings.copy(), handler);
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
        return listeners.bind(local, port);
    }

    /** Gives back what {@link #bind} has taken; connections that use it stay. */
    public void unbind(final IpAddress local, final int port)
    {
        listeners.unbind(local, port);
    }

    void unlisten(final Listener listener)
    {
        listeners.remove(listener);
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
        listeners.forEach(consumer);
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
            listeners.find(s.header.destinationPort(), packet.destinationHi(), packet.destinationLo());
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
        final Listener listener = listeners.find(
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
        icmp.onError(error);
    }

    // ---- duty cycle

    @Override
    public int doWork(final long nowNs)
    {
        this.nowNs = nowNs;
        isMemoryTight = largeChunks.available() < largeChunks.capacity() / TIGHT_FRACTION;
        passive.doWork(nowNs);
        int work = requests.doWork(nowNs);
        Connection c = activeHead;
        Connection served = null;
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
                else if (served == null && c.lastSendNs == nowNs)
                {
                    // What room the link had, it has taken: behind those who have had none.
                    served = c;
                }
                else
                {
                    // The link is full: again with the next duty cycle, which the link's descriptor brings about.
                    activate(c);
                }
                c.receiveQueue.trim();
                c.rest();
            }
            catch (final Throwable ex)
            {
                onDefect(c, ex);
            }
            c = next;
        }
        if (served != null)
        {
            activate(served);
        }
        return work;
    }

    @Override
    public long nextDeadlineNs()
    {
        // What found the link full, or its way gone, is tried again even if no descriptor ever says so.
        return activeHead == null && !passive.isWaiting() ? Long.MAX_VALUE :
            nowNs + (isLinkFull ? FULL_RETRY_NS : RETRY_NS);
    }

    @Override
    public void onFlushed(final boolean isComplete)
    {
        isLinkFull = !isComplete;
        if (isComplete)
        {
            released.releaseAll();
        }
        starved.feed();
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
        c.sendBuffer.grow(c.window.cwnd, c.sndWnd, c.rtt.minNs());
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
            requests.orphanEnded();
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

    /** A defect of ours, or an error of the machine's, ends the connection it shows in, and no other. */
    void onDefect(final Connection c, final Throwable ex)
    {
        counters.increment(Counter.STACK_INTERNAL_ERRORS);
        errorHandler.accept(ex);
        try
        {
            closed(c, CloseReason.ABORTED);
        }
        catch (final Throwable second)
        {
            // Its state is what is wrong: it is out of the tables, and others are served.
            errorHandler.accept(second);
        }
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
        final TcpSettings own = sharedSettings.of(settings == null ? this.settings : settings);
        final Connection c = new Connection(this, own, destination, localPort, remotePort, listener, handler);
        c.iss = iss;
        c.tsOffset = isn.timestampOffset(c.localHi, c.localLo, c.remoteHi, c.remoteLo);
        c.sndUna = c.iss;
        c.sndNxt = c.iss;
        c.recovery.fack = c.iss;
        c.recovery.recoveryPoint = c.iss;
        c.progressNs = nowNs;
        c.rcvWndShift = ReceiveWindow.shift(own);
        MaxSegmentSize.update(c);
        addFlow(hashOf(c), c);
        return c;
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

    Flow flowOf(final Connection c)
    {
        return flows.find(c.tableHash, c.localHi, c.localLo, c.remoteHi, c.remoteLo, c.ports());
    }

    /** Whether what is left of a connection is in TIME_WAIT. */
    boolean isInTimeWait(final Connection c)
    {
        return flowOf(c) instanceof TimeWait;
    }

    Flow find(final Destination d, final int localPort, final int remotePort)
    {
        return find(d.sourceHi(), d.sourceLo(), d.remoteHi(), d.remoteLo(), localPort << 16 | remotePort);
    }

    /** @param ports the local port in the high half, the remote in the low. */
    Flow find(
        final long localHi, final long localLo, final long remoteHi, final long remoteLo, final int ports)
    {
        final int hash = isn.tableHash(localHi, localLo, remoteHi, remoteLo, ports);
        return flows.find(hash, localHi, localLo, remoteHi, remoteLo, ports);
    }
}
