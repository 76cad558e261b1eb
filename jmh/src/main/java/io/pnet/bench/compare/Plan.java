package io.pnet.bench.compare;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What to run, in which order, how long and how often.
 *
 * @param mode     {@code quick} or {@code default}.
 * @param rounds   how often each bulk cell runs, at most; the cells of a round run one after the other, kernel and Pnet
 *                 in turn.
 * @param limitS   seconds after which no new round begins.
 */
record Plan(
    String mode, int rounds, int latencyRounds, double warmUpS, double measureS, double latencyS, double limitS)
{
    private static final List<String> RATES = List.of("100m", "1g", "none");
    private static final List<String> OFFLOADS = List.of("on", "mtu");

    static Plan quick()
    {
        return new Plan("quick", 1, 1, 0.5, 1.0, 0.8, 110);
    }

    static Plan usual()
    {
        return new Plan("default", 3, 1, 1.0, 1.9, 2.0, 560);
    }

    /** The cells of every round. */
    List<Results.Bulk> bulk()
    {
        final List<Results.Bulk> cells = new ArrayList<>();
        for (final String rate : RATES)
        {
            for (final String offloads : OFFLOADS)
            {
                if (mode.equals("quick") && rate.equals("100m") && offloads.equals("mtu"))
                {
                    continue;
                }
                final Setup setup = Setup.of(rate, offloads);
                cells.add(cell(setup, Role.KERNEL_TO_KERNEL, "iperf3"));
                cells.add(cell(setup, Role.PNET_TO_KERNEL, "iperf3"));
                if (!mode.equals("quick") || rate.equals("none"))
                {
                    // A shaped link is the limit of either program: the quick run spares itself the second one.
                    cells.add(cell(setup, Role.KERNEL_TO_KERNEL, "Java NIO"));
                }
                cells.add(cell(setup, Role.KERNEL_TO_PNET, "iperf3"));
                cells.add(cell(setup, Role.PNET_TO_PNET, "-"));
            }
        }
        return cells;
    }

    /** The cells that the first round alone has: IPv6 and the TAP on the shaped links. */
    List<Results.Bulk> once()
    {
        final List<Results.Bulk> cells = new ArrayList<>();
        for (final String rate : mode.equals("quick") ? List.of("1g") : List.of("100m", "1g"))
        {
            final Setup setup = Setup.of(rate, "on");
            cells.add(cell(setup.with(6, "ring"), Role.KERNEL_TO_KERNEL, "iperf3"));
            for (final Setup other : List.of(setup.with(6, "ring"), setup.with(4, "tap"), setup.with(6, "tap")))
            {
                final boolean isTap = other.attach().equals("tap");
                if (isTap && (!mayOpenTaps() || mode.equals("quick") && other.equals(setup.with(6, "tap"))))
                {
                    continue;
                }
                cells.add(cell(other, Role.PNET_TO_KERNEL, "iperf3"));
                cells.add(cell(other, Role.KERNEL_TO_PNET, "iperf3"));
            }
        }
        return cells;
    }

    /** The cells of round trips. */
    List<Results.Latency> latency()
    {
        final List<Results.Latency> cells = new ArrayList<>();
        for (final String rate : mode.equals("quick") ? List.of("1g") : RATES)
        {
            for (final boolean loaded : new boolean[] {false, true})
            {
                for (final Role role : Role.values())
                {
                    final Results.Latency cell = new Results.Latency();
                    cell.setup = Setup.of(rate, "on");
                    cell.role = role;
                    cell.loaded = loaded;
                    cell.client = end(role.pnetSends);
                    cell.peer = end(role.pnetReceives);
                    cells.add(cell);
                }
            }
        }
        return cells;
    }

    /** Whether this user may open TAPs; where not, their cells are left out, and the notes say so. */
    static boolean mayOpenTaps()
    {
        return Files.isWritable(Path.of("/dev/net/tun"));
    }

    private static String end(final boolean pnet)
    {
        return pnet ? io.pnet.bench.RoundTrip.PNET_WAITS : io.pnet.bench.RoundTrip.KERNEL_WAITS;
    }

    private static Results.Bulk cell(final Setup setup, final Role role, final String program)
    {
        final Results.Bulk cell = new Results.Bulk();
        cell.setup = setup;
        cell.role = role;
        cell.program = program;
        return cell;
    }
}
