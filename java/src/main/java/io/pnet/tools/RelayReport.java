package io.pnet.tools;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.ImpairmentCounts;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.Relay;

import java.util.List;
import java.util.Locale;

/** What a relay did, for people and, field by field, for JSON. */
final class RelayReport
{
    private static final List<Counter> OWN_DROPS = List.of(
        Counter.LINK_RX_KERNEL_DROPS,
        Counter.LINK_RX_DROP_TRUNCATED,
        Counter.LINK_RX_DROP_NO_CHUNK,
        Counter.LINK_RX_DROP_BAD_OFFLOAD,
        Counter.LINK_TX_DROPPED,
        Counter.LINK_TX_DROP_REFUSED,
        Counter.LINK_TX_DROP_DOWN);

    final String impairment;
    final double seconds;
    final List<Direction> directions;
    /** ARP and NDP, which passed unharmed. */
    final long neighbours;
    /** Frames that were lost although nobody asked for it. */
    final long ownDrops;

    /** One direction; in frames of MTU size. */
    static final class Direction
    {
        final String from;
        final String to;
        final long frames;
        final long passed;
        final long lost;
        final long burstLost;
        final long blackedOut;
        final long tooLarge;
        final long answered;
        final long queueDrops;
        final long duplicated;
        final long reordered;
        final long corrupted;
        final long waiting;
        final long late;
        final double maxLateMs;

        Direction(final String from, final String to, final ImpairmentCounts counts)
        {
            this.from = from;
            this.to = to;
            frames = counts.frames();
            passed = counts.passed();
            lost = counts.lost();
            burstLost = counts.burstLost();
            blackedOut = counts.blackedOut();
            tooLarge = counts.tooLarge();
            answered = counts.answered();
            queueDrops = counts.queueDrops();
            duplicated = counts.duplicated();
            reordered = counts.reordered();
            corrupted = counts.corrupted();
            waiting = counts.waiting();
            late = counts.late();
            maxLateMs = counts.maxLateNs() / 1e6;
        }

        String text()
        {
            final StringBuilder text = new StringBuilder(from + " -> " + to + ": " + frames + " frames, " + passed +
                " passed");
            say(text, lost, "lost");
            say(text, burstLost, "lost in bursts");
            say(text, blackedOut, "blacked out");
            say(text, tooLarge, "too large");
            say(text, answered, "answered");
            say(text, queueDrops, "dropped by the full queue");
            say(text, duplicated, "doubled");
            say(text, reordered, "reordered");
            say(text, corrupted, "corrupted");
            say(text, waiting, "still under way");
            if (late > 0)
            {
                text.append(String.format(Locale.ROOT, ", %d more than 1 ms late (at most %.1f ms)", late, maxLateMs));
            }
            return text.toString();
        }

        private static void say(final StringBuilder text, final long count, final String what)
        {
            if (count > 0)
            {
                text.append(", ").append(count).append(' ').append(what);
            }
        }
    }

    /**
     * Takes down what was done.
     *
     * @param links    what the two links were opened from.
     * @param counters the two links'.
     */
    RelayReport(
        final List<String> links,
        final ImpairmentSpec impairment,
        final Relay relay,
        final List<Counters> counters,
        final double seconds)
    {
        this.impairment = impairment.toString();
        this.seconds = seconds;
        directions = List.of(
            new Direction(links.get(0), links.get(1), relay.forward()),
            new Direction(links.get(1), links.get(0), relay.backward()));
        neighbours = relay.spared();
        long drops = relay.sparedLost();
        for (final ImpairmentCounts counts : List.of(relay.forward(), relay.backward()))
        {
            drops += counts.noMemory() + counts.malformed();
        }
        for (final Counters each : counters)
        {
            drops += OWN_DROPS.stream().mapToLong(each::get).sum();
        }
        ownDrops = drops;
    }

    String text()
    {
        final StringBuilder text = new StringBuilder();
        directions.forEach(direction -> text.append(direction.text()).append('\n'));
        return text.append(neighbours).append(" of neighbours (ARP, NDP), ").append(ownDrops)
            .append(" lost by the relay itself, ").append(String.format(Locale.ROOT, "%.1f s", seconds)).toString();
    }
}
