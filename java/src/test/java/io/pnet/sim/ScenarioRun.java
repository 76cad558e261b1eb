package io.pnet.sim;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IpAddress;
import io.pnet.link.Impairment;
import io.pnet.link.ImpairmentCounts;
import io.pnet.link.Link;
import io.pnet.link.Marking;
import io.pnet.link.RxFrame;
import io.pnet.link.Unsteady;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.Invariants;
import io.pnet.tcp.TcpHandler;

import java.io.IOException;
import java.util.SplittableRandom;

/**
 * Runs a {@link Scenario}: both sides send a mebibyte or more and check what they get by offset; at every instant the
 * connections hold their {@link Invariants}, every segment sent passes its {@link WireCheck}, and in the end no
 * connection, no chunk and no uncounted frame is left.
 */
final class ScenarioRun
{
    private static final long MS = Scenario.MS;
    private static final long SECOND_NS = Scenario.SECOND_NS;
    private static final long HOUR_NS = 3_600 * SECOND_NS;
    private static final long MIN_BYTES = 1 << 20;
    private static final int PORT = 80;
    private static final int CLIENT_PORT = 5_000;
    /** A tick of the clock that initial sequence numbers follow (RFC 9293 section 3.4.1). */
    private static final long ISN_TICK_NS = 4_000;

    private final Scenario scenario;
    private final SplittableRandom random;
    private final Network network;
    private final Network.Node[] nodes = new Network.Node[2];
    private final Impairment[] impairments = new Impairment[2];
    private final WireCheck[] wires = new WireCheck[2];
    private final Invariants.Watch[] watches = { new Invariants.Watch(), new Invariants.Watch() };
    private final Connection[] watched = new Connection[2];
    private long wallOffsetNs;
    private long[] pausedUntilNs = new long[2];
    private long nextPauseNs;
    private long nextLeapNs;
    private int pauses;
    private int leaps;
    private Transfer transfer;
    private long progress = -1;
    private long progressNs;

    ScenarioRun(final Scenario scenario, final Network network)
    {
        this.scenario = scenario;
        this.random = scenario.random;
        this.network = network;
        final boolean isScaling = scenario.settings[0].windowScaling && scenario.settings[1].windowScaling;
        for (int i = 0; i < 2; i++)
        {
            final int side = i;
            nodes[i] = network.node(
                scenario.addresses[i], scenario.links[i], scenario.settings[i], scenario.impairment(),
                link -> wrap(side, link, isScaling));
        }
        network.observer(this::check);
    }

    private Link wrap(final int side, final Link link, final boolean isScaling)
    {
        impairments[side] = link instanceof Impairment impairment ? impairment : null;
        Link outer = link;
        if (scenario.hasStamps)
        {
            outer = new Unsteady(outer, () -> false, this::stampNs);
        }
        if (scenario.marks > 0)
        {
            outer = new Marking(outer, random.split(), 0, scenario.marks);
        }
        wires[side] = new WireCheck(outer, isScaling);
        return wires[side];
    }

    /** The wall clock: mostly a little before now, at times set forward or back by hours. */
    private long stampNs()
    {
        if (random.nextInt(1_000) == 0)
        {
            wallOffsetNs = random.nextLong(-HOUR_NS, HOUR_NS);
        }
        return random.nextInt(50) == 0 ?
            RxFrame.NO_TIMESTAMP : network.nowNs() + wallOffsetNs - random.nextInt(100_000);
    }

    void run() throws IOException
    {
        final int clientPort = scenario.wrapsAfter > 0 ? awaitWrap() : 0;
        transfer = new Transfer(
            network, nodes[0], nodes[1], IpAddress.parse(scenario.target), PORT, clientPort, MIN_BYTES,
            scenario.settings[0], scenario.settings[1], scenario.reading[0], scenario.reading[1],
            () -> !scenario.hasLoss || losses() >= Scenario.MIN_LOSSES);
        final boolean isSlow = scenario.reading[0] == Transfer.Reading.SLOW ||
            scenario.reading[1] == Transfer.Reading.SLOW;
        progressNs = network.nowNs();
        nextPauseNs = network.nowNs() + random.nextLong(SECOND_NS);
        nextLeapNs = network.nowNs() + random.nextLong(SECOND_NS);
        while (!transfer.isDone())
        {
            // A slow reader's clock, and how often progress is looked at.
            long stepNs = isSlow ? 5 * MS : SECOND_NS;
            if (scenario.hasPauses)
            {
                stepNs = Math.min(stepNs, pause());
            }
            network.runUntil(transfer::isDone, stepNs);
            drain(transfer.client, transfer.isDone());
            drain(transfer.server, transfer.isDone());
            follow();
            if (scenario.hasLeaps && leaps < 5 && network.nowNs() >= nextLeapNs)
            {
                leaps++;
                network.leap(random.nextLong(600 * SECOND_NS));
                progressNs = network.nowNs();
                nextLeapNs = network.nowNs() + random.nextLong(5 * SECOND_NS);
            }
        }
        wake();
        end();
    }

    /**
     * Waits until the client's next initial sequence number lies so far before the wrap, or the change of sign, that it
     * is passed in mid-transfer. Which one a connection will have is known from another between the same ports.
     */
    private int awaitWrap() throws IOException
    {
        final Connection probe = nodes[0].stack().tcp().connect(
            IpAddress.ANY, CLIENT_PORT, IpAddress.parse(scenario.target), PORT, scenario.settings[0],
            new TcpHandler()
            {
                @Override
                public int onReceive(
                    final Connection connection,
                    final org.agrona.concurrent.UnsafeBuffer buffer,
                    final int offset,
                    final int length)
                {
                    return length;
                }
            },
            network.nowNs());
        probe.abort();
        final int target = (random.nextBoolean() ? 0 : Integer.MIN_VALUE) - scenario.wrapsAfter;
        final int now = Invariants.initialSequenceNumber(probe);
        final long waitNs = (target - now & 0xFFFF_FFFFL) * ISN_TICK_NS;
        network.run(waitNs);
        return CLIENT_PORT;
    }

    /** Stops one of the stacks for a while, or lets it go on; returns after how long it wants to be asked again. */
    private long pause()
    {
        final long nowNs = network.nowNs();
        for (int i = 0; i < 2; i++)
        {
            nodes[i].stopped(nowNs < pausedUntilNs[i]);
        }
        if (nowNs >= nextPauseNs && pauses < 50)
        {
            pauses++;
            final int side = random.nextInt(2);
            pausedUntilNs[side] = nowNs + random.nextLong(MS, 2 * SECOND_NS);
            nodes[side].stopped(true);
            nextPauseNs = nowNs + random.nextLong(3 * SECOND_NS);
        }
        long nextNs = Long.MAX_VALUE;
        for (final long eventNs : new long[]{ pausedUntilNs[0], pausedUntilNs[1], nextPauseNs })
        {
            nextNs = eventNs > nowNs ? Math.min(nextNs, eventNs) : nextNs;
        }
        return nextNs - nowNs;
    }

    private void wake()
    {
        for (final Network.Node node : nodes)
        {
            node.stopped(false);
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

    /** Sees to it that something moves, and that nothing has ended that should not. */
    private void follow() throws IOException
    {
        final long now = transfer.progress() + nodes[0].stack().counters().get(Counter.TCP_RX_BYTES) +
            nodes[1].stack().counters().get(Counter.TCP_RX_BYTES);
        if (now != progress)
        {
            progress = now;
            progressNs = network.nowNs();
        }
        else if (network.nowNs() - progressNs > scenario.stuckNs())
        {
            throw new AssertionError("stuck: " + transfer);
        }
        final CloseReason reason = transfer.client.reason;
        if (reason != null && transfer.server.connection == null && scenario.hasFaults)
        {
            // Nobody has answered for its address, or the handshake took longer than the server's patience.
            transfer.connect();
        }
        else if (reason != null && reason != CloseReason.CLOSED ||
            transfer.server.reason != null && transfer.server.reason != CloseReason.CLOSED)
        {
            throw new AssertionError("ended early: " + transfer);
        }
    }

    private void end()
    {
        transfer.client.connection.close();
        transfer.server.connection.close();
        network.runUntil(
            () -> nodes[0].stack().tcp().connectionCount() + nodes[1].stack().tcp().connectionCount() == 0,
            1_000 * SECOND_NS);
        // What is still under way arrives, after its connection is gone.
        network.run(SECOND_NS);
        for (int i = 0; i < 2; i++)
        {
            final Network.Node node = nodes[i];
            if (node.stack().tcp().connectionCount() != 0)
            {
                throw new AssertionError(node + " still has a connection: " + transfer);
            }
            if (node.stack().largeChunks().inUse() != 0 || node.stack().sendChunks().inUse() != 0 ||
                node.stack().smallChunks().inUse() != 0)
            {
                throw new AssertionError(node + " keeps " + node.stack().largeChunks().inUse() + " large, " +
                    node.stack().sendChunks().inUse() + " large to send and " +
                    node.stack().smallChunks().inUse() + " small chunks: " + transfer);
            }
            checkCounters(node, impairments[i] == null ? 0 : impairments[i].out().answered());
        }
        // One side's last acknowledgements may have been lost until the other's TIME_WAIT was over.
        final boolean isFirstClosed = transfer.client.reason == CloseReason.CLOSED;
        final boolean isSecondClosed = transfer.server.reason == CloseReason.CLOSED;
        if (scenario.isPatient ? !isFirstClosed && !isSecondClosed : !isFirstClosed || !isSecondClosed)
        {
            throw new AssertionError("not closed in good order: " + transfer);
        }
        if (scenario.hasLoss && losses() < Scenario.MIN_LOSSES)
        {
            throw new AssertionError("only " + losses() + " losses");
        }
        if (wires[0].segments() == 0 || wires[1].segments() == 0)
        {
            throw new AssertionError("no segment was looked at");
        }
    }

    /** At every instant. */
    private void check()
    {
        if (transfer == null)
        {
            return;
        }
        check(0, transfer.client.connection);
        check(1, transfer.server.connection);
    }

    private void check(final int side, final Connection connection)
    {
        if (connection == null)
        {
            return;
        }
        if (watched[side] != connection)
        {
            watched[side] = connection;
            watches[side] = new Invariants.Watch();
        }
        watches[side].check(connection);
    }

    /** Every frame that arrived was either used by somebody or is counted under one reason. */
    private static void checkCounters(final Network.Node node, final long answers)
    {
        final Counters counters = node.stack().counters();
        long drops = 0;
        for (final Counter counter : Counter.values())
        {
            drops += counter.isDrop() ? counters.get(counter) : 0;
        }
        final long used = counters.get(Counter.TCP_RX_SEGMENTS) + counters.get(Counter.ARP_RX) +
            counters.get(Counter.NDP_RX) + counters.get(Counter.MLD_RX) + counters.get(Counter.ICMP_RX) +
            counters.get(Counter.IP_FRAGMENTS_WAITING);
        final long frames = counters.get(Counter.LINK_RX_FRAMES) + answers;
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

    private long losses()
    {
        long losses = 0;
        for (final Impairment impairment : impairments)
        {
            if (impairment != null)
            {
                final ImpairmentCounts out = impairment.out();
                losses += out.lost() + out.burstLost() + out.queueDrops() + out.blackedOut();
            }
        }
        return losses;
    }
}
