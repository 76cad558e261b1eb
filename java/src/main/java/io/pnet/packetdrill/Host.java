package io.pnet.packetdrill;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IpAddress;
import io.pnet.ip.IpSettings;
import io.pnet.ip.NetworkInterface;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.stack.Stack;
import io.pnet.tcp.TcpSettings;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;

/** The stack under test, its virtual clock, and its link to the script. */
final class Host implements AutoCloseable
{
    private static final long START_NS = 1_000_000_000_000L;
    private static final int MAX_ROUNDS = 10_000;

    /** An IP packet that the stack has sent. */
    record Sent(long atNs, byte[] packet)
    {
    }

    final IpAddress local;
    final IpAddress remote;
    final TcpSettings settings;
    private final Stack stack;
    private final ScriptLink link;
    private final Deque<Sent> sent = new ArrayDeque<>();
    private final Counters counters = new Counters();
    private Throwable failure;
    private long nowNs = START_NS;

    Host(final IpAddress local, final IpAddress remote, final int mtu, final TcpSettings settings, final long seed)
    {
        this.local = local;
        this.remote = remote;
        this.settings = settings;
        link = new ScriptLink(mtu);
        final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 64L << 20), counters);
        final IpSettings ipSettings = new IpSettings();
        ipSettings.addressDetection = false;
        stack = new Stack(
            context,
            new ChunkPool(ChunkPool.SMALL, 32L << 20),
            ipSettings,
            settings,
            new SplittableRandom(seed),
            ex -> failure = failure == null ? ex : failure,
            () ->
            {
            },
            nowNs);
        stack.add(link);
        final NetworkInterface networkInterface = stack.ip().addInterface(link);
        stack.ip().addAddress(networkInterface, local, local.isV4() ? 16 : 48);
        final IpAddress gateway = IpAddress.parse(local.isV4() ? "192.168.255.254" : "fe80::fffe");
        stack.ip().addRoute(
            local.isV4() ? IpAddress.ANY_V4 : IpAddress.ANY, 0, gateway, networkInterface);
        settle();
    }

    Stack stack()
    {
        return stack;
    }

    /** The clock as the stack knows it. */
    long nowNs()
    {
        return nowNs;
    }

    /** The clock as the script knows it: since it began. */
    long elapsedNs()
    {
        return nowNs - START_NS;
    }

    void inject(final byte[] packet)
    {
        link.inject(packet);
        settle();
    }

    /** The oldest packet that was sent and not yet looked at, or null. */
    Sent peek()
    {
        return sent.peek();
    }

    Sent poll()
    {
        return sent.poll();
    }

    /** When something next happens by itself, as the script knows time. */
    long nextEventNs()
    {
        final long deadlineNs = stack.nextDeadlineNs();
        return deadlineNs == Long.MAX_VALUE ? Long.MAX_VALUE : Math.max(deadlineNs, nowNs + 1) - START_NS;
    }

    /** Moves the clock on to a moment, or not at all when it has passed, and lets the stack work. */
    void advanceTo(final long elapsedNs)
    {
        nowNs = Math.max(nowNs, START_NS + elapsedNs);
        settle();
    }

    /** Lets the stack work until it has nothing more to do at this moment. */
    void settle()
    {
        for (int round = 0; round < MAX_ROUNDS; round++)
        {
            final int work = stack.doWork(nowNs);
            boolean isQuiet = work == 0;
            for (byte[] packet = link.next(); packet != null; packet = link.next())
            {
                sent.add(new Sent(elapsedNs(), packet));
                isQuiet = false;
            }
            if (failure != null || counters.get(Counter.STACK_INTERNAL_ERRORS) > 0)
            {
                throw new IllegalStateException("the stack failed: " + failure, failure);
            }
            if (isQuiet)
            {
                return;
            }
        }
        throw new IllegalStateException("the stack works without end");
    }

    @Override
    public void close()
    {
        stack.close(nowNs);
    }
}
