package io.pnet.stack;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.Ip;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.Link;
import io.pnet.link.LinkContext;
import io.pnet.link.Loopback;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.TcpTransport;
import io.pnet.transport.TimerWheel;
import io.pnet.transport.Transport;
import io.pnet.transport.TransportContext;
import io.pnet.udp.UdpTransport;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * One stack: interfaces, routes, neighbours and transports with one owner at a time, and no locks inside. Whoever owns
 * it calls {@link #doWork}; time and randomness come from outside, so that it runs the same on a virtual clock.
 *
 * <p>{@link StackDriver} gives it an owner among threads; a simulation or an application's own loop owns it for good.
 */
public final class Stack
{
    /** Frames taken from each link in one duty cycle, before acknowledgements go out. */
    public static final int POLL_LIMIT = 32;

    private final Counters counters;
    private final ChunkPool largeChunks;
    private final ChunkPool sendChunks;
    private final ChunkPool smallChunks;
    private final TimerWheel timers = new TimerWheel();
    private final Ip ip;
    private final TcpTransport tcp;
    private final UdpTransport udp = new UdpTransport();
    private final List<Transport> transports = new ArrayList<>();
    private final List<Link> links = new ArrayList<>();
    private final Consumer<Throwable> errorHandler;
    private final TransportContext context;
    private Transport[] running = new Transport[0];
    private long realtimeOffsetNs;
    private boolean isClosed;
    private Runnable onLinkDown = () ->
    {
    };
    private long linkDowns;

    /**
     * Puts a stack together; nothing runs yet.
     *
     * @param linkContext  chunks for large frames, and the counters; send buffers get as many chunks of their own.
     * @param smallChunks  chunks for small segments.
     * @param random       the only source of randomness.
     * @param errorHandler gets what handlers throw, and what should never happen.
     * @param wakeup       called by other threads (and handlers) when they have left work for the owner.
     * @param nowNs        the monotonic clock now.
     */
    public Stack(
        final LinkContext linkContext,
        final ChunkPool smallChunks,
        final IpSettings ipSettings,
        final TcpSettings tcpSettings,
        final RandomGenerator random,
        final Consumer<Throwable> errorHandler,
        final Runnable wakeup,
        final long nowNs)
    {
        this.counters = linkContext.counters();
        this.largeChunks = linkContext.largeChunks();
        this.sendChunks = new ChunkPool(
            largeChunks.chunkCapacity(), (long)largeChunks.capacity() * largeChunks.chunkCapacity(),
            largeChunks.hugePages());
        this.smallChunks = smallChunks;
        this.errorHandler = ex -> tell(errorHandler, ex);
        timers.start(nowNs);
        ip = new Ip(ipSettings, counters, random);
        this.context = new TransportContext(
            ip, timers, counters, random, largeChunks, sendChunks, smallChunks, this.errorHandler, wakeup);
        final Link loopback = new Loopback(linkContext);
        links.add(loopback);
        ip.addLoopback(loopback);
        tcp = new TcpTransport(tcpSettings);
        add(tcp);
        add(udp);
    }

    /** Adds a transport of the user's own; before the first {@link #doWork}, or on the owner. */
    public void add(final Transport transport)
    {
        transport.start(context);
        ip.register(transport);
        transports.add(transport);
        running = transports.toArray(new Transport[0]);
    }

    /** Adds a link, which the stack polls, flushes and closes from now on. */
    public void add(final Link link)
    {
        links.add(link);
    }

    public Ip ip()
    {
        return ip;
    }

    public TcpTransport tcp()
    {
        return tcp;
    }

    public UdpTransport udp()
    {
        return udp;
    }

    public Counters counters()
    {
        return counters;
    }

    public TimerWheel timers()
    {
        return timers;
    }

    public ChunkPool largeChunks()
    {
        return largeChunks;
    }

    public ChunkPool sendChunks()
    {
        return sendChunks;
    }

    public ChunkPool smallChunks()
    {
        return smallChunks;
    }

    /** The only source of randomness; the owner's. */
    public RandomGenerator random()
    {
        return context.random();
    }

    /** What to add to CLOCK_REALTIME, in ns, to get the clock of {@code nowNs}: for links that stamp frames. */
    public void realtimeOffsetNs(final long offsetNs)
    {
        realtimeOffsetNs = offsetNs;
    }

    /**
     * One duty cycle: receive, run timers, send. Never blocks.
     *
     * @return an amount of work done; 0 when there was nothing to do.
     */
    public int doWork(final long nowNs)
    {
        int work = 0;
        try
        {
            work += ip.poll(POLL_LIMIT, nowNs, realtimeOffsetNs);
            work += timers.advance(nowNs);
            work += ip.onTimers(nowNs);
            for (final Transport transport : running)
            {
                work += transport.doWork(nowNs);
            }
            ip.flush(nowNs);
            final boolean isComplete = !isCongested();
            for (final Transport transport : running)
            {
                transport.onFlushed(isComplete);
            }
            tellLinkDown();
        }
        catch (final Throwable ex)
        {
            // Nothing from the wire may end the stack; that it came this far is a defect, counted and told. Nor may
            // what the machine throws: whoever runs this owns the stack, and others wait until it is given up.
            onDefect(ex);
            work++;
        }
        counters.increment(Counter.STACK_CYCLES);
        return work;
    }

    /** Who hears that a link went down; called by the owner. Before the first {@link #doWork}. */
    void onLinkDown(final Runnable listener)
    {
        onLinkDown = listener;
    }

    private void tellLinkDown()
    {
        final long downs = counters.get(Counter.LINK_DOWN);
        if (downs != linkDowns)
        {
            linkDowns = downs;
            onLinkDown.run();
        }
    }

    /** Counts and tells what should never happen; stack's owner. */
    void onDefect(final Throwable ex)
    {
        counters.increment(Counter.STACK_INTERNAL_ERRORS);
        errorHandler.accept(ex);
    }

    /** An error handler that fails itself ends nothing. */
    private void tell(final Consumer<Throwable> handler, final Throwable ex)
    {
        try
        {
            handler.accept(ex);
        }
        catch (final Throwable second)
        {
            counters.increment(Counter.STACK_HANDLER_ERRORS);
        }
    }

    /** Whether some link could not send all it was given: look again when its descriptor is writable. */
    public boolean isCongested()
    {
        for (int i = 0; i < links.size(); i++)
        {
            if (links.get(i).isCongested())
            {
                return true;
            }
        }
        return false;
    }

    /** When {@link #doWork} next has something to do by itself; {@link Long#MAX_VALUE} when only frames bring work. */
    public long nextDeadlineNs()
    {
        long deadlineNs = Math.min(timers.nextDeadlineNs(), ip.nextDeadlineNs());
        for (final Transport transport : running)
        {
            deadlineNs = Math.min(deadlineNs, transport.nextDeadlineNs());
        }
        return deadlineNs;
    }

    /** Resets every connection, closes the links. Later calls do nothing. */
    public void close(final long nowNs)
    {
        if (isClosed)
        {
            return;
        }
        isClosed = true;
        for (final Transport transport : running)
        {
            try
            {
                transport.close(nowNs);
            }
            catch (final Throwable ex)
            {
                // The others and the links are closed all the same.
                onDefect(ex);
            }
        }
        ip.flush(nowNs);
        links.forEach(Link::close);
        for (final Transport transport : running)
        {
            transport.onFlushed(true);
        }
        counters.set(Counter.CHUNKS_IN_USE, largeChunks.inUse() + sendChunks.inUse() + (long)smallChunks.inUse());
    }
}
