package io.pnet.stack;

import io.pnet.counters.Counters;
import io.pnet.ip.AddressListener;
import io.pnet.ip.IpAddress;
import io.pnet.link.Link;
import io.pnet.link.LinkCapabilities;
import io.pnet.tcp.Connection;
import io.pnet.tcp.Listener;
import io.pnet.tcp.TcpState;

import java.io.IOException;
import java.net.BindException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A process with IP addresses and a stack of its own: a group of stacks behind one set of addresses, today of one.
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

    private final Stack stack;
    private final StackDriver driver;
    private final Link link;
    private final String linkName;
    private final long lingerNs;
    private final Consumer<String> warnings;
    private final List<IpAddress> addresses = new ArrayList<>();
    private final List<Integer> prefixLengths = new ArrayList<>();
    private final AddressWatch watch = new AddressWatch();

    IpProcess(
        final Stack stack,
        final StackDriver driver,
        final Link link,
        final String linkName,
        final long lingerNs,
        final Consumer<String> warnings)
    {
        this.lingerNs = lingerNs;
        this.warnings = warnings;
        this.stack = stack;
        this.driver = driver;
        this.link = link;
        this.linkName = linkName;
        stack.ip().addressListener(watch);
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

    /** What was counted. */
    public Counters counters()
    {
        return stack.counters();
    }

    /** The stack; use it as its owner only: from a handler, or inside {@link #exclusively}. */
    public Stack stack()
    {
        return stack;
    }

    /** Who runs the stack. */
    public StackDriver driver()
    {
        return driver;
    }

    /** Runs something as the stack's owner; see {@link StackDriver#exclusively}. */
    public <T> T exclusively(final Supplier<T> action)
    {
        return driver.exclusively(action);
    }

    /**
     * Ends the process's network: waits until the peers have what was written to connections that are closed (at most
     * as long as {@link IpProcessBuilder#linger} says), resets the others, and gives everything back.
     */
    @Override
    public void close()
    {
        awaitNone(stack.tcp()::closingCount, lingerNs);
        driver.close();
    }

    /**
     * Ends the process's network as the kernel does for a process that exits: nobody is let in any more, and every
     * connection is closed, so that the peers get what was written and a FIN, or a reset where something is unread.
     * Then as {@link #close}. For the end of the JVM: other threads that wait for the network never come back.
     */
    public void end()
    {
        if (!driver.isOpen())
        {
            return;
        }
        driver.holdOthers();
        driver.exclusively(() ->
        {
            final List<Listener> listeners = new ArrayList<>();
            stack.tcp().forEachListener(listeners::add);
            listeners.forEach(Listener::close);
            stack.tcp().forEachConnection(IpProcess::closeUnlessOver);
            return null;
        });
        awaitNone(stack.tcp()::closingCount, lingerNs);
        // Once we are gone nobody acknowledges the peer's FIN.
        awaitNone(
            () -> stack.tcp().connectionCount() - stack.tcp().timeWaitCount(), Math.min(lingerNs, FAREWELL_NS));
        driver.close();
    }

    private static void closeUnlessOver(final Connection connection)
    {
        if (connection.state() != TcpState.TIME_WAIT)
        {
            connection.close();
        }
    }

    /** Waits until there is nothing left of what is counted, an interrupt comes or the time is up. */
    private void awaitNone(final Supplier<Integer> count, final long limitNs)
    {
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

    /** Learns what becomes of the addresses; on the owner. */
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
            while (ready < addresses.size() && conflict == null)
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
