package io.pnet.bench.relay;

import java.util.ArrayList;
import java.util.List;

/**
 * What to run.
 *
 * @param mode   {@code quick}, {@code default} or {@code full}.
 * @param seeds  how many, 1 and up.
 * @param ends   who talks to whom.
 * @param points over which paths.
 */
record RelayPlan(String mode, int seeds, List<Ends> ends, List<Point> points)
{
    private static final List<Ends> BESIDE_THE_KERNEL =
        List.of(Ends.LINUX_TO_LINUX, Ends.PNET_TO_LINUX, Ends.LINUX_TO_PNET);

    /** Under three minutes. */
    static RelayPlan quick()
    {
        return new RelayPlan("quick", 2, BESIDE_THE_KERNEL, List.of(
            Point.loss("1%", 10, 8),
            Point.loss("5%", 10, 8),
            Point.loss("1%", 100, 12),
            reordering("10%", 10, 6),
            blackHole(6)));
    }

    /** Under 25 minutes. */
    static RelayPlan usual()
    {
        return new RelayPlan("default", 5, BESIDE_THE_KERNEL, points(10, 18));
    }

    /** Longer transfers, more seeds, more kinds of paths, and Pnet to Pnet: about two hours. */
    static RelayPlan full()
    {
        final List<Point> points = new ArrayList<>(points(15, 30));
        points.add(new Point("bursts 0.2 % of 3..20", 10, "burst=0.2%:3..20", 15));
        points.add(new Point("bursts 0.2 % of 3..20", 100, "burst=0.2%:3..20", 30));
        points.add(reordering("3%", 100, 30));
        points.add(new Point("jitter \u00b13 ms, loss 0.1 %", 10, "jitter=3ms,loss=0.1%", 15));
        points.add(new Point("corruption 1 %", 10, "corrupt=1%", 15));
        points.add(new Point("black-out of 2 s", 10, "blackout=5s..7s", 15));
        return new RelayPlan("full", 9, List.of(Ends.values()), points);
    }

    RelayPlan with(final int otherSeeds, final String only)
    {
        return new RelayPlan(mode, otherSeeds > 0 ? otherSeeds : seeds, ends,
            points.stream().filter(point -> point.name().contains(only)).toList());
    }

    private static List<Point> points(final int shortS, final int longS)
    {
        final List<Point> points = new ArrayList<>();
        points.add(new Point("clean", 10, "", shortS));
        for (final int rttMs : new int[] {10, 100})
        {
            for (final String share : List.of("0.1%", "1%", "5%", "10%"))
            {
                points.add(Point.loss(share, rttMs, rttMs == 10 ? shortS : longS));
            }
        }
        points.add(reordering("1%", 10, shortS));
        points.add(reordering("10%", 10, shortS));
        points.add(new Point("duplicates 5 %", 10, "dup=5%", shortS));
        points.add(blackHole(shortS));
        points.add(new Point("MTU 1400, told by ICMP", 10, "mtu=1400:icmp", shortS));
        return points;
    }

    private static Point reordering(final String share, final int rttMs, final int seconds)
    {
        return new Point("reordering " + share.replace("%", " %") + " by 3..50", rttMs,
            "reorder=" + share + ":3..50", seconds);
    }

    private static Point blackHole(final int seconds)
    {
        return new Point("MTU 1400, black hole", 10, "mtu=1400", seconds);
    }
}
