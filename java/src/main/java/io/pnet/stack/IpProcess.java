package io.pnet.stack;

import io.pnet.counters.Counters;
import io.pnet.ip.AddressListener;
import io.pnet.ip.Destination;
import io.pnet.ip.FlowHash;
import io.pnet.ip.IpAddress;
import io.pnet.link.Link;
import io.pnet.link.LinkCapabilities;
import io.pnet.tcp.Connection;
import io.pnet.tcp.Listener;
import io.pnet.tcp.TcpState;
import io.pnet.tcp.TcpTransport;

import java.io.IOException;
import java.net.BindException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A process with IP addresses of its own: a group of one or more stacks behind them, see the package's documentation.
 *
 * <pre>{@code
 * try (IpProcess process = IpProcess.builder()
 *     .link("packet:veth1").address("10.1.0.2/24").gateway("10.1.0.1").start();
 *     TcpSocket socket = TcpSocket.connect(process, new InetSocketAddress("10.1.0.1", 80)))
 * {
 *     ...
 * }
 * }</pre>
 *
 * <p>Every method may be called by any thread.
 */
public final class IpProcess implements AutoCloseable
{
    private static final long LINGER_CHECK_NS = 2_000_000L;
    /** What {@link #end} leaves peers to answer our FIN with theirs: enough for a program that waits for it. */
    private static final long FAREWELL_NS = 250_000_000L;

    private final List<Home> homes;
    private final FlowHash hash;
    private final AtomicInteger turn = new AtomicInteger();
    private final Link link;
    private final String linkName;
    private final long lingerNs;
    private final AddressClaims claims;
    private final Consumer<String> warnings;
    private final List<IpAddress> addresses = new ArrayList<>();
    private final List<Integer> prefixLengths = new ArrayList<>();
    private final AddressWatch watch = new AddressWatch();

    IpProcess(
        final List<Home> homes,
        final FlowHash hash,
        final Link link,
        final String linkName,
        final long lingerNs,
        final AddressClaims claims,
        final Consumer<String> warnings)
    {
        this.lingerNs = lingerNs;
        this.claims = claims;
        this.warnings = warnings;
        this.homes = List.copyOf(homes);
        this.hash = hash;
        this.link = link;
        this.linkName = linkName;
        homes.forEach(home -> home.stack().ip().addressListener(watch));
        // All stacks are on one interface.
        stack().onLinkDown(() -> warnings.accept(linkName + " is down: nothing comes or goes until its interface is " +
            "up again; for one that was deleted, start anew"));
    }

    /** Describes a process to be started. */
    public static IpProcessBuilder builder()
    {
        return new IpProcessBuilder();
    }

    /** Our addresses, in the order they were given. */
    public List<IpAddress> addresses()
    {
        return List.copyOf(addresses);
    }

    /** Bits of the on-link prefix of one of our addresses; 0 of any other. */
    public int prefixLength(final IpAddress address)
    {
        final int index = addresses.indexOf(address);
        return index < 0 ? 0 : prefixLengths.get(index);
    }

    /** What the link can do. */
    public LinkCapabilities link()
    {
        return link.capabilities();
    }

    /** The link as it was named. */
    public String linkName()
    {
        return linkName;
    }

    /** What was counted; with several stacks the sums of all, as of now. */
    public Counters counters()
    {
        return homes.size() == 1 ? stack().counters() :
            Counters.sum(homes.stream().map(home -> home.stack().counters()).toList());
    }

    /** The stacks, the one that answers for the addresses first. */
    public List<Home> homes()
    {
        return homes;
    }

    /** Another home each time, for what may be at any. */
    public Home nextHome()
    {
        return homes.size() == 1 ? homes.get(0) : homes.get((turn.getAndIncrement() & 0x7FFF_FFFF) % homes.size());
    }

    /** Where an endpoint with this port is at home; with 0, for an ephemeral one, wherever it is its turn. */
    public Home homeOfUdp(final int port)
    {
        return port == 0 ? nextHome() : homes.get(hash.udp(port));
    }

    /**
     * Where a connection is at home.
     *
     * @param local     unspecified to have one chosen.
     * @param localPort 0 for an ephemeral one: then it may be anywhere, and a port is found that leads there.
     */
    public Home homeOfTcp(
        final IpAddress local, final int localPort, final IpAddress remote, final int remotePort)
    {
        if (localPort == 0 || homes.size() == 1)
        {
            return nextHome();
        }
        final Destination way =
            exclusively(() -> stack().ip().route(local.hi(), local.lo(), remote.hi(), remote.lo()));
        return way == null ? homes.get(0) : homes.get(hash.tcp(
            way.sourceHi(), way.sourceLo(), remote.hi(), remote.lo(), localPort, remotePort));
    }

    /** Stack 0; use it as its owner only: from a handler, or inside {@link #exclusively}. */
    public Stack stack()
    {
        return homes.get(0).stack();
    }

    /** Who runs stack 0. */
    public StackDriver driver()
    {
        return homes.get(0).driver();
    }

    /** Runs something as the owner of stack 0; see {@link StackDriver#exclusively}. */
    public <T> T exclusively(final Supplier<T> action)
    {
        return driver().exclusively(action);
    }

    /**
     * Ends the process's network: waits until the peers have what was written to connections that are closed (at most
     * as long as {@link IpProcessBuilder#linger} says), resets the others, and gives everything back.
     */
    @Override
    public void close()
    {
        for (final Home home : homes)
        {
            awaitNone(home, home.stack().tcp()::closingCount, lingerNs);
        }
        closeAll();
    }

    /**
     * Ends the process's network as the kernel does for a process that exits: nobody is let in any more, and every
     * connection is closed, so that the peers get what was written and a FIN, or a reset where something is unread.
     * Then as {@link #close}. For the end of the JVM: other threads that wait for the network never come back.
     */
    public void end()
    {
        if (!driver().isOpen())
        {
            return;
        }
        homes.forEach(home -> home.driver().holdOthers());
        for (final Home home : homes)
        {
            home.exclusively(() ->
            {
                final TcpTransport tcp = home.stack().tcp();
                final List<Listener> listeners = new ArrayList<>();
                tcp.forEachListener(listeners::add);
                listeners.forEach(Listener::close);
                tcp.forEachConnection(IpProcess::closeUnlessOver);
                return null;
            });
        }
        for (final Home home : homes)
        {
            final TcpTransport tcp = home.stack().tcp();
            awaitNone(home, tcp::closingCount, lingerNs);
            // Once we are gone nobody acknowledges the peer's FIN.
            awaitNone(home, () -> tcp.connectionCount() - tcp.timeWaitCount(), Math.min(lingerNs, FAREWELL_NS));
        }
        closeAll();
    }

    private void closeAll()
    {
        homes.forEach(home -> home.driver().close());
        claims.close();
    }

    private static void closeUnlessOver(final Connection connection)
    {
        if (connection.state() != TcpState.TIME_WAIT)
        {
            connection.close();
        }
    }

    /** Waits until there is nothing left of what is counted, an interrupt comes or the time is up. */
    private static void awaitNone(final Home home, final Supplier<Integer> count, final long limitNs)
    {
        final StackDriver driver = home.driver();
        final long deadlineNs = driver.clock().nanoTime() + limitNs;
        while (driver.clock().nanoTime() < deadlineNs && driver.isOpen() && driver.exclusively(count) > 0 &&
            !Thread.currentThread().isInterrupted())
        {
            driver.await(() -> false, driver.clock().nanoTime() + LINGER_CHECK_NS);
        }
    }

    void expect(final IpAddress address, final int prefixLength)
    {
        addresses.add(address);
        prefixLengths.add(prefixLength);
    }

    /** Waits until every address is probed and in use. */
    void awaitAddresses(final long timeoutNs) throws IOException
    {
        watch.await(timeoutNs);
    }

    /** Learns what becomes of the addresses, each at each stack; on their owners. */
    private final class AddressWatch implements AddressListener
    {
        private int ready;
        private String conflict;

        @Override
        public synchronized void onReady(final IpAddress address)
        {
            // The layer adds a link-local address of its own to the first IPv6 one.
            ready += addresses.contains(address) ? 1 : 0;
            notifyAll();
        }

        @Override
        public synchronized void onConflict(final IpAddress address, final long macAddress, final boolean isLost)
        {
            final String text = "address " + address + " is already in use on " + linkName + " by " +
                mac(macAddress) + "; choose another address";
            if (isLost)
            {
                conflict = text;
                notifyAll();
            }
            warnings.accept(text);
        }

        synchronized void await(final long timeoutNs) throws IOException
        {
            final long deadlineNs = System.nanoTime() + timeoutNs;
            while (ready < addresses.size() * homes.size() && conflict == null)
            {
                final long leftNs = deadlineNs - System.nanoTime();
                if (leftNs <= 0)
                {
                    throw new IOException("addresses on " + linkName + " did not become ready: is the interface up?");
                }
                try
                {
                    TimeUnit.NANOSECONDS.timedWait(this, leftNs);
                }
                catch (final InterruptedException ex)
                {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted while addresses were probed");
                }
            }
            if (conflict != null)
            {
                throw new BindException(conflict);
            }
        }
    }

    private static String mac(final long address)
    {
        final StringBuilder text = new StringBuilder();
        for (int shift = 40; shift >= 0; shift -= 8)
        {
            text.append(text.isEmpty() ? "" : ":").append(String.format("%02x", address >>> shift & 0xFF));
        }
        return text.toString();
    }
}
