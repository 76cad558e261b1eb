package io.pnet.sim;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IpAddress;
import io.pnet.link.Impairment;
import io.pnet.link.ImpairmentCounts;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Invariants;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.congestion.Cubic;
import io.pnet.tcp.congestion.NewReno;

import java.io.IOException;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * One transfer over one bad path, everything about it drawn from a seed: the same seed is the same run, frame by frame.
 */
final class Scenario
{
    private static final long MS = 1_000_000L;
    private static final long SECOND_NS = 1_000 * MS;
    private static final long MIN_BYTES = 1 << 20;
    /** Where there is loss there are at least so many losses. */
    private static final int MIN_EVENTS = 20;
    /**
     * A connection that moves nothing for so long is stuck. Where a fifth of everything is lost, or several frames in a
     * row that may be one and the same retransmission, time-outs back off far; and ARP has no checksum, so that a wrong
     * MAC address may be believed until the neighbour is probed.
     */
    private static final long STUCK_NS = 120 * SECOND_NS;
    private static final long PATIENT_STUCK_NS = 600 * SECOND_NS;
    private static final double HEAVY_LOSS = 0.15;
    private static final String[] LOSSES = { "", "loss=1%", "loss=5%", "loss=10%", "loss=20%", "burst=1%:2..6" };

    private final long seed;
    private final SplittableRandom random;
    private final String path;
    private final String[] addresses = { "10.0.0.1/24 fd00::1/64", "10.0.0.2/24 fd00::2/64" };
    private final String target;
    private final MemoryLinkOptions[] links = new MemoryLinkOptions[2];
    private final TcpSettings[] settings = new TcpSettings[2];
    private final Transfer.Reading[] reading = new Transfer.Reading[2];
    private final StringBuilder text = new StringBuilder();
    private final boolean hasLoss;
    private final boolean hasFaults;
    private final boolean isPatient;

    Scenario(final long seed)
    {
        this.seed = seed;
        random = new SplittableRandom(seed);
        final int lossKind = (int)Math.floorMod(seed, (long)LOSSES.length);
        final StringBuilder impairment = new StringBuilder(LOSSES[lossKind]);
        hasLoss = lossKind != 0;
        final boolean isHeavy = lossKind >= 3;
        if (random.nextInt(3) == 0)
        {
            add(impairment, "reorder=" + (1 + random.nextInt(10)) + "%:3.." + (3 + random.nextInt(48)));
        }
        if (random.nextInt(3) == 0)
        {
            add(impairment, "dup=" + (1 + random.nextInt(5)) + "%");
        }
        if (random.nextInt(3) == 0)
        {
            add(impairment, "corrupt=" + (isHeavy ? 1 : 1 + random.nextInt(5)) + "%");
        }
        if (random.nextInt(4) != 0)
        {
            final int delayUs = 50 << random.nextInt(12);
            add(impairment, "delay=" + delayUs + "us");
            if (random.nextBoolean())
            {
                add(impairment, "jitter=" + Math.max(1, delayUs / (1 + random.nextInt(8))) + "us");
            }
        }
        if (random.nextInt(4) == 0)
        {
            add(impairment, "rate=" + (2 << random.nextInt(9)) + "mbit,queue=" + (32 << random.nextInt(4)) + "kB");
        }
        path = impairment.toString();
        hasFaults = !path.isEmpty();
        final ImpairmentSpec.Direction direction = ImpairmentSpec.parse(path).out();
        isPatient = direction.loss() > HEAVY_LOSS || direction.burst() > 0 || direction.corrupt() > 0;

        target = random.nextBoolean() ? "10.0.0.2" : "fd00::2";
        final int[] mtus = { 1_280, 1_500, 9_000 };
        final int mtu = mtus[random.nextInt(3)];
        for (int i = 0; i < 2; i++)
        {
            final boolean isGsoOut = random.nextBoolean();
            final boolean isGsoIn = random.nextBoolean();
            links[i] = new MemoryLinkOptions()
                .mtu(random.nextInt(8) == 0 ? mtus[random.nextInt(3)] : mtu)
                .queueFrames(random.nextInt(4) == 0 ? 64 : 1_024)
                .txOffload(isGsoOut)
                .rxGso(isGsoIn);
            settings[i] = drawSettings();
            reading[i] = Transfer.Reading.values()[random.nextInt(3)];
            text.append(i == 0 ? "client" : ", server").append(isGsoOut ? " gso-out" : "")
                .append(isGsoIn ? " gso-in" : "").append(describe(settings[i])).append(' ')
                .append(reading[i].name().toLowerCase(Locale.ROOT));
        }
        text.append(", mtu ").append(mtu).append(", to ").append(target);
    }

    private static void add(final StringBuilder impairment, final String item)
    {
        impairment.append(impairment.length() == 0 ? "" : ",").append(item);
    }

    private TcpSettings drawSettings()
    {
        final TcpSettings drawn = new TcpSettings();
        drawn.sack = random.nextInt(4) != 0;
        drawn.timestamps = random.nextInt(4) != 0;
        drawn.windowScaling = random.nextInt(4) != 0;
        drawn.noDelay = random.nextBoolean();
        if (random.nextInt(3) == 0)
        {
            drawn.sendBufferBytes = (8 << 10) << random.nextInt(8);
        }
        if (random.nextInt(3) == 0)
        {
            drawn.receiveBufferBytes = (8 << 10) << random.nextInt(8);
        }
        drawn.congestionControl = random.nextInt(4) == 0 ? NewReno::new : Cubic::new;
        return drawn;
    }

    private static String describe(final TcpSettings settings)
    {
        return (settings.sack ? "" : " no-sack") + (settings.timestamps ? "" : " no-ts") +
            (settings.windowScaling ? "" : " no-ws") + (settings.noDelay ? " nodelay" : "") +
            " snd " + (settings.sendBufferBytes >> 10) + "k rcv " + (settings.receiveBufferBytes >> 10) + "k " +
            settings.congestionControl.get().name();
    }

    /** Runs it to its end; an {@link AssertionError} says what went wrong, and with which seed. */
    void run() throws IOException
    {
        try (Network network = new Network(seed))
        {
            final ImpairmentSpec spec = hasFaults ? outward(path) : null;
            final Network.Node[] nodes = new Network.Node[2];
            for (int i = 0; i < 2; i++)
            {
                nodes[i] = network.node(addresses[i], links[i], settings[i], spec, link -> link);
            }
            final Transfer transfer = new Transfer(
                network, nodes[0], nodes[1], IpAddress.parse(target), 80, MIN_BYTES, settings[0], settings[1],
                reading[0], reading[1], () -> !hasLoss || losses(nodes) >= MIN_EVENTS);
            transfer(network, nodes, transfer);
            end(network, nodes, transfer);
        }
        catch (final AssertionError | RuntimeException ex)
        {
            throw new AssertionError(this + ": " + ex.getMessage(), ex);
        }
    }

    private void transfer(final Network network, final Network.Node[] nodes, final Transfer transfer)
        throws IOException
    {
        final long stuckNs = isPatient ? PATIENT_STUCK_NS : STUCK_NS;
        final boolean isSlow = reading[0] == Transfer.Reading.SLOW || reading[1] == Transfer.Reading.SLOW;
        long progress = -1;
        long progressNs = network.nowNs();
        while (!transfer.isDone())
        {
            // A slow reader's clock, and how often everything is looked at.
            network.runUntil(transfer::isDone, isSlow ? 5 * MS : SECOND_NS);
            check(nodes);
            drain(transfer.client, transfer.isDone());
            drain(transfer.server, transfer.isDone());
            final long now = transfer.progress() + nodes[0].stack().counters().get(Counter.TCP_RX_BYTES) +
                nodes[1].stack().counters().get(Counter.TCP_RX_BYTES);
            if (now != progress)
            {
                progress = now;
                progressNs = network.nowNs();
            }
            else if (network.nowNs() - progressNs > stuckNs)
            {
                throw new AssertionError("stuck: " + transfer);
            }
            if (transfer.client.reason == CloseReason.UNREACHABLE && transfer.client.sent == 0 && hasFaults)
            {
                transfer.connect();
            }
            if (transfer.client.reason != null && transfer.client.reason != CloseReason.CLOSED ||
                transfer.server.reason != null && transfer.server.reason != CloseReason.CLOSED)
            {
                throw new AssertionError("ended early: " + transfer);
            }
        }
    }

    private void drain(final Transfer.Side side, final boolean all)
    {
        if (side.connection != null && (all || random.nextInt(3) == 0))
        {
            side.drain(all ? Integer.MAX_VALUE : random.nextInt(512 << 10));
        }
        if (side.connection != null && !side.isFinished && side.connection.state().isSynchronized())
        {
            side.fill();
        }
    }

    private void end(final Network network, final Network.Node[] nodes, final Transfer transfer)
    {
        transfer.client.connection.close();
        transfer.server.connection.close();
        network.runUntil(
            () -> nodes[0].stack().tcp().connectionCount() + nodes[1].stack().tcp().connectionCount() == 0,
            1_000 * SECOND_NS);
        // What is still under way arrives, after its connection is gone.
        network.run(SECOND_NS);
        for (final Network.Node node : nodes)
        {
            if (node.stack().tcp().connectionCount() != 0)
            {
                throw new AssertionError(node + " still has a connection: " + transfer);
            }
            if (node.stack().largeChunks().inUse() != 0 || node.stack().smallChunks().inUse() != 0)
            {
                throw new AssertionError(node + " keeps " + node.stack().largeChunks().inUse() + " large and " +
                    node.stack().smallChunks().inUse() + " small chunks: " + transfer);
            }
            checkCounters(node);
        }
        // One side's last acknowledgements may have been lost until the other's TIME_WAIT was over.
        final boolean isFirstClosed = transfer.client.reason == CloseReason.CLOSED;
        final boolean isSecondClosed = transfer.server.reason == CloseReason.CLOSED;
        if (isPatient ? !isFirstClosed && !isSecondClosed : !isFirstClosed || !isSecondClosed)
        {
            throw new AssertionError("not closed in good order: " + transfer);
        }
        if (hasLoss && losses(nodes) < MIN_EVENTS)
        {
            throw new AssertionError("only " + losses(nodes) + " losses");
        }
    }

    private static void check(final Network.Node[] nodes)
    {
        for (final Network.Node node : nodes)
        {
            node.stack().tcp().forEachConnection(Invariants::check);
        }
    }

    /** Every frame that arrived was either used by somebody or is counted under one reason. */
    private static void checkCounters(final Network.Node node)
    {
        final Counters counters = node.stack().counters();
        long drops = 0;
        for (final Counter counter : Counter.values())
        {
            drops += counter.isDrop() ? counters.get(counter) : 0;
        }
        final long used = counters.get(Counter.TCP_RX_SEGMENTS) + counters.get(Counter.ARP_RX) +
            counters.get(Counter.NDP_RX) + counters.get(Counter.MLD_RX) + counters.get(Counter.ICMP_RX);
        final long frames = counters.get(Counter.LINK_RX_FRAMES);
        if (frames != used + drops)
        {
            throw new AssertionError(node + ": " + frames + " frames arrived, " + used + " were used and " + drops +
                " dropped:" + describe(counters));
        }
        if (counters.get(Counter.STACK_INTERNAL_ERRORS) != 0 || counters.get(Counter.STACK_HANDLER_ERRORS) != 0)
        {
            throw new AssertionError(node + " had errors:" + describe(counters));
        }
    }

    private static String describe(final Counters counters)
    {
        final StringBuilder text = new StringBuilder();
        for (final Counter counter : Counter.values())
        {
            if (counters.get(counter) != 0)
            {
                text.append(' ').append(counter.label()).append('=').append(counters.get(counter));
            }
        }
        return text.toString();
    }

    private static long losses(final Network.Node[] nodes)
    {
        long losses = 0;
        for (final Network.Node node : nodes)
        {
            if (node.link() instanceof Impairment impairment)
            {
                final ImpairmentCounts out = impairment.out();
                losses += out.lost() + out.burstLost() + out.queueDrops();
            }
        }
        return losses;
    }

    /** The same thing for sent frames only, so that what a link delivers is what its stack sees. */
    private static ImpairmentSpec outward(final String path)
    {
        return ImpairmentSpec.parse("out." + path.replace(",", ",out."));
    }

    @Override
    public String toString()
    {
        return "seed " + seed + " (" + (path.isEmpty() ? "clean" : path) + "; " + text + ")";
    }
}
