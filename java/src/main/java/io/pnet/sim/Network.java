package io.pnet.sim;

import io.pnet.counters.Counters;
import io.pnet.ip.FlowHash;
import io.pnet.ip.IpAddress;
import io.pnet.ip.IpSettings;
import io.pnet.ip.NetworkInterface;
import io.pnet.ip.Siblings;
import io.pnet.link.ChunkPool;
import io.pnet.link.Impairment;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.Link;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Switch;
import io.pnet.stack.Stack;
import io.pnet.tcp.TcpSettings;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * Stacks on one switch, run by one thread on a virtual clock. The same seed and the same calls give the same run, frame
 * by frame.
 */
public final class Network implements AutoCloseable
{
    /** Duty cycles at one instant after which something must be wrong. */
    private static final int MAX_ROUNDS = 100_000;

    private final Switch wire = new Switch();
    private final List<Node> nodes = new ArrayList<>();
    private final SplittableRandom random;
    private final long seed;
    private long nowNs = 1_000_000_000L;
    private Runnable observer = () ->
    {
    };

    /** A network without nodes. */
    public Network(final long seed)
    {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    /** One stack of the network. */
    public static final class Node
    {
        private final String name;
        private final Stack stack;
        private final Link link;
        private NetworkInterface networkInterface;
        private final List<IpAddress> addresses = new ArrayList<>();
        private Throwable failure;
        private boolean isStopped;

        private Node(final String name, final Stack stack, final Link link)
        {
            this.name = name;
            this.stack = stack;
            this.link = link;
        }

        public Stack stack()
        {
            return stack;
        }

        /** The link as the stack sees it: the {@link Impairment} if there is one. */
        public Link link()
        {
            return link;
        }

        /** The link's interface, for routes over it. */
        public NetworkInterface networkInterface()
        {
            return networkInterface;
        }

        /** The first address. */
        public IpAddress address()
        {
            return addresses.get(0);
        }

        public List<IpAddress> addresses()
        {
            return addresses;
        }

        /** While stopped the stack does nothing, as in a long pause of its process; its queue fills up. */
        public void stopped(final boolean isStopped)
        {
            this.isStopped = isStopped;
        }

        @Override
        public String toString()
        {
            return name;
        }
    }

    /**
     * A node with plain settings; see {@link #node(String, MemoryLinkOptions, TcpSettings, ImpairmentSpec,
     * UnaryOperator)}.
     */
    public Node node(final String address)
    {
        return node(address, new MemoryLinkOptions(), new TcpSettings(), null, link -> link);
    }

    /**
     * Adds a node.
     *
     * @param addresses  with prefix lengths, separated by spaces: {@code 10.0.0.1/24 fd00::1/64}.
     * @param options    of its port.
     * @param impairment what happens to its frames, or null.
     * @param wrapper    a last wrapper around its link, for example a recorder.
     */
    public Node node(
        final String addresses,
        final MemoryLinkOptions options,
        final TcpSettings settings,
        final ImpairmentSpec impairment,
        final UnaryOperator<Link> wrapper)
    {
        final LinkContext context = context(1);
        Link link = wire.port(options, context);
        if (impairment != null)
        {
            link = new Impairment(link, impairment, random.split(), context);
        }
        final Node node = node(addresses, settings, context, wrapper.apply(link), null, 1);
        addAddresses(node, addresses);
        return node;
    }

    /**
     * Adds a group of stacks behind one set of addresses, on a port that steers frames as a packet ring's fanout does.
     *
     * @param addresses with prefix lengths, separated by spaces.
     * @param options   of each stack's share of the port.
     * @return the group's stacks, the one that answers for the addresses first.
     */
    public List<Node> group(
        final String addresses, final int stacks, final MemoryLinkOptions options, final TcpSettings settings)
    {
        final FlowHash hash = new FlowHash(random.nextInt(), stacks);
        final Siblings[] places = Siblings.group(hash);
        final List<LinkContext> contexts = new ArrayList<>();
        for (int i = 0; i < stacks; i++)
        {
            contexts.add(context(stacks));
        }
        final List<Switch.Port> ports = wire.group(options, contexts, hash::frame);
        final List<Node> group = new ArrayList<>();
        for (int i = 0; i < stacks; i++)
        {
            group.add(node(addresses, settings, contexts.get(i), ports.get(i), places[i], stacks));
        }
        group.forEach(node -> addAddresses(node, addresses));
        return group;
    }

    private static LinkContext context(final int share)
    {
        return new LinkContext(new ChunkPool(ChunkPool.LARGE, (256L << 20) / share), new Counters());
    }

    private Node node(
        final String addresses,
        final TcpSettings settings,
        final LinkContext context,
        final Link link,
        final Siblings place,
        final int share)
    {
        final IpSettings ipSettings = new IpSettings();
        ipSettings.addressDetection = false;
        final Node[] self = new Node[1];
        final Stack stack = new Stack(
            context,
            new ChunkPool(ChunkPool.SMALL, (64L << 20) / share),
            ipSettings,
            settings,
            random.split(),
            ex -> self[0].failure = self[0].failure == null ? ex : self[0].failure,
            () ->
            {
            },
            nowNs);
        final Node node = new Node("node " + (nodes.size() + 1) + " (" + addresses + ")", stack, link);
        self[0] = node;
        stack.add(link);
        if (place != null)
        {
            // Nobody sleeps here: every stack has a duty cycle at every instant.
            stack.ip().join(place, () ->
            {
            });
        }
        node.networkInterface = stack.ip().addInterface(link);
        nodes.add(node);
        return node;
    }

    private static void addAddresses(final Node node, final String addresses)
    {
        for (final String each : addresses.trim().split(" +"))
        {
            final int slash = each.indexOf('/');
            final IpAddress address = IpAddress.parse(each.substring(0, slash));
            node.addresses.add(address);
            node.stack.ip().addAddress(
                node.networkInterface, address, Integer.parseInt(each.substring(slash + 1)));
        }
    }

    /** The virtual monotonic clock. */
    public long nowNs()
    {
        return nowNs;
    }

    public List<Node> nodes()
    {
        return nodes;
    }

    /** What this run can be repeated with. */
    public long seed()
    {
        return seed;
    }

    /**
     * Runs until the condition holds.
     *
     * @return false when {@code limitNs} of virtual time passed first, or nothing was left to happen.
     * @throws AssertionError when a stack reported an exception, with the seed in the message.
     */
    public boolean runUntil(final BooleanSupplier condition, final long limitNs)
    {
        final long endNs = nowNs + limitNs;
        while (true)
        {
            settle(condition);
            if (condition.getAsBoolean())
            {
                return true;
            }
            long nextNs = Long.MAX_VALUE;
            for (final Node node : nodes)
            {
                if (!node.isStopped)
                {
                    nextNs = Math.min(nextNs, node.stack.nextDeadlineNs());
                }
            }
            if (nextNs > endNs)
            {
                nowNs = endNs;
                settle(condition);
                return condition.getAsBoolean();
            }
            // A deadline that has passed was looked at already; time moves on all the same.
            nowNs = Math.max(nowNs + 1, nextNs);
        }
    }

    /** Has something look at everything whenever each of the stacks has done a duty cycle. */
    public void observer(final Runnable observer)
    {
        this.observer = observer;
    }

    /** Time passes and nobody runs, as when a machine sleeps: whatever was due in between is found late. */
    public void leap(final long durationNs)
    {
        nowNs += durationNs;
    }

    /** Lets time pass. */
    public void run(final long durationNs)
    {
        runUntil(() -> false, durationNs);
    }

    /** Runs duty cycles at this instant until nobody has anything to do. */
    private void settle(final BooleanSupplier condition)
    {
        for (int round = 0; round < MAX_ROUNDS; round++)
        {
            int work = 0;
            for (final Node node : nodes)
            {
                if (!node.isStopped)
                {
                    work += node.stack.doWork(nowNs);
                }
                if (node.failure != null)
                {
                    throw new AssertionError("seed " + seed + ", " + node + ": " + node.failure, node.failure);
                }
            }
            observer.run();
            if (work == 0 || condition.getAsBoolean())
            {
                return;
            }
        }
        throw new AssertionError("seed " + seed + ": no rest at " + nowNs + " ns: some stack works without end");
    }

    @Override
    public void close()
    {
        nodes.forEach(node -> node.stack.close(nowNs));
    }
}
