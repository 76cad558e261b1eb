package io.pnet.sim;

import io.pnet.ip.IpAddress;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.congestion.Bbr;
import io.pnet.tcp.congestion.CongestionControl;
import io.pnet.tcp.congestion.Cubic;
import io.pnet.tcp.congestion.NewReno;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Goodput over loss, round-trip time, the buffer in front of a rate and the congestion control, against a stored table:
 * what decays does so here, not silently. Runs on the virtual clock, so the figures are the same on every machine, and
 * any difference is one that a change has made.
 *
 * <p>{@code -Dpnet.sim.goodput=FILE} writes the table as it is now to a file, to be looked at and stored in place of
 * {@code goodput.txt} when the change was meant; {@code -Dpnet.sim.goodput.tolerance=0.5} lets single cells become
 * worse by half.
 */
final class GoodputTest
{
    private static final String TABLE = "goodput.txt";
    /** A change of an algorithm moves single cells about by this much without being worse. */
    private static final double CELL_TOLERANCE =
        Double.parseDouble(System.getProperty("pnet.sim.goodput.tolerance", "0.3"));
    /** But not all cells of a congestion control. */
    private static final double MEAN_TOLERANCE = 0.05;
    private static final int SEEDS = 5;
    private static final long BYTES = 2 << 20;
    private static final String[] LOSSES = { "0", "0.1", "1", "5", "10" };
    private static final int[] RTTS_MS = { 2, 10, 100 };
    private static final int[] BUFFERS_KB = { 16, 64, 256 };
    /** From this many percent of loss on the window is too small for any buffer. */
    private static final double ANY_BUFFER_PERCENT = 5;
    private static final int ANY_BUFFER_KB = 64;
    private static final int RATE_MBIT = 50;

    private enum Kind
    {
        NEWRENO(true, NewReno::new),
        CUBIC(true, Cubic::new),
        BBR(true, Bbr::new),
        CUBIC_NO_SACK(false, Cubic::new);

        private final boolean sack;
        private final Supplier<CongestionControl> control;

        Kind(final boolean sack, final Supplier<CongestionControl> control)
        {
            this.sack = sack;
            this.control = control;
        }

        private TcpSettings settings()
        {
            final TcpSettings settings = new TcpSettings();
            settings.sack = sack;
            settings.congestionControl = control;
            return settings;
        }

        @Override
        public String toString()
        {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private record Cell(Kind kind, String loss, int rttMs, int bufferKb, double mbit)
    {
        @Override
        public String toString()
        {
            return String.format(
                Locale.ROOT, "%-13s loss %4s %%  rtt %3d ms  buffer %3d kB  %6.2f Mbit/s",
                kind, loss, rttMs, bufferKb, mbit);
        }
    }

    @Test
    void goodputIsWhatItWas() throws IOException
    {
        final List<Cell> now = table();
        final String target = System.getProperty("pnet.sim.goodput");
        if (target != null)
        {
            Files.write(Path.of(target), now.stream().map(Cell::toString).toList());
        }
        compare(now);
    }

    private static List<Cell> table() throws IOException
    {
        final List<Cell> cells = new ArrayList<>();
        for (final Kind kind : Kind.values())
        {
            for (final String loss : LOSSES)
            {
                for (final int rttMs : RTTS_MS)
                {
                    for (final int bufferKb : BUFFERS_KB)
                    {
                        if (Double.parseDouble(loss) < ANY_BUFFER_PERCENT || bufferKb == ANY_BUFFER_KB)
                        {
                            cells.add(new Cell(kind, loss, rttMs, bufferKb, median(kind, loss, rttMs, bufferKb)));
                        }
                    }
                }
            }
        }
        return cells;
    }

    private static void compare(final List<Cell> now) throws IOException
    {
        final List<String> stored;
        try (InputStream in = GoodputTest.class.getResourceAsStream(TABLE))
        {
            assertNotNull(in, TABLE + " is not there; write it with -Dpnet.sim.goodput=FILE");
            stored = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
        assertEquals(stored.size(), now.size(), "rows of the table");
        final List<String> worse = new ArrayList<>();
        final double[] logSums = new double[Kind.values().length];
        final int[] counts = new int[Kind.values().length];
        for (int i = 0; i < now.size(); i++)
        {
            final Cell cell = now.get(i);
            final String[] words = stored.get(i).trim().split(" +");
            assertEquals(prefix(stored.get(i)), prefix(cell.toString()), "row " + (i + 1) + " of the table");
            final double before = Double.parseDouble(words[words.length - 2]);
            final double ratio = cell.mbit() / before;
            logSums[cell.kind().ordinal()] += Math.log(ratio);
            counts[cell.kind().ordinal()]++;
            if (ratio < 1 - CELL_TOLERANCE)
            {
                worse.add(cell + ", was " + before);
            }
        }
        for (final Kind kind : Kind.values())
        {
            final double mean = Math.exp(logSums[kind.ordinal()] / counts[kind.ordinal()]);
            if (!(mean > 1 - MEAN_TOLERANCE))
            {
                worse.add(String.format(Locale.ROOT, "%s: all together %.2f of what it was", kind, mean));
            }
        }
        assertTrue(worse.isEmpty(), () -> "goodput has decayed:\n" + String.join("\n", worse));
    }

    /** What a row is about. */
    private static String prefix(final String row)
    {
        return row.substring(0, row.indexOf(" kB"));
    }

    private static double median(final Kind kind, final String loss, final int rttMs, final int bufferKb)
        throws IOException
    {
        // Without loss there is no chance.
        final int seeds = "0".equals(loss) ? 1 : SEEDS;
        final double[] all = new double[seeds];
        for (int seed = 0; seed < seeds; seed++)
        {
            all[seed] = run(seed, kind.settings(), loss, rttMs, bufferKb);
        }
        Arrays.sort(all);
        return all[seeds / 2];
    }

    /** Mbit/s of one direction of a transfer both ways. */
    private static double run(
        final long seed, final TcpSettings settings, final String loss, final int rttMs, final int bufferKb)
        throws IOException
    {
        final String path = "out.delay=" + rttMs * 500 + "us,out.rate=" + RATE_MBIT + "mbit,out.queue=" + bufferKb +
            "kB" + ("0".equals(loss) ? "" : ",out.loss=" + loss + "%");
        final MemoryLinkOptions options = new MemoryLinkOptions().txOffload(true).rxGso(true);
        try (Network network = new Network(seed))
        {
            final Network.Node a = network.node(
                "10.0.0.1/24", options, settings, ImpairmentSpec.parse(path), link -> link);
            final Network.Node b = network.node(
                "10.0.0.2/24", options, settings, ImpairmentSpec.parse(path), link -> link);
            final long startNs = network.nowNs();
            final Transfer transfer = new Transfer(
                network, a, b, IpAddress.parse("10.0.0.2"), 80, BYTES, settings);
            assertTrue(network.runUntil(transfer::isDone, 3_600_000_000_000L), transfer::toString);
            return BYTES * 8_000.0 / (network.nowNs() - startNs);
        }
    }
}
