package io.pnet.sim;

import io.pnet.ip.IpAddress;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.TcpSettings;
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

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Goodput over loss, round-trip time and the buffer in front of a rate, against a stored table: recovery that decays
 * does so here, not silently. Runs on the virtual clock, so the figures are the same on every machine.
 *
 * <p>{@code -Dpnet.sim.goodput=FILE} writes the table as it is now to a file, to be looked at and stored in place of
 * {@code goodput.txt}.
 */
final class GoodputTest
{
    private static final String TABLE = "goodput.txt";
    /** A change of an algorithm moves single cells about by this much without being worse. */
    private static final double CELL_TOLERANCE = 0.35;
    /** But not all of them. */
    private static final double MEAN_TOLERANCE = 0.10;
    private static final int SEEDS = 3;
    private static final long BYTES = 2 << 20;
    private static final String[] LOSSES = { "0", "0.1", "1", "5", "10" };
    private static final int[] RTTS_MS = { 2, 10, 100 };
    private static final int[] BUFFERS_KB = { 16, 64, 256 };
    private static final int RATE_MBIT = 50;

    @Test
    void goodputIsWhatItWas() throws IOException
    {
        final List<String> now = new ArrayList<>();
        final List<Double> values = new ArrayList<>();
        for (final boolean sack : new boolean[]{ true, false })
        {
            for (final String loss : LOSSES)
            {
                for (final int rttMs : RTTS_MS)
                {
                    for (final int bufferKb : BUFFERS_KB)
                    {
                        final double mbit = median(sack, loss, rttMs, bufferKb);
                        values.add(mbit);
                        now.add(String.format(
                            Locale.ROOT, "%-7s loss %4s %%  rtt %3d ms  buffer %3d kB  %6.2f Mbit/s",
                            sack ? "sack" : "newreno", loss, rttMs, bufferKb, mbit));
                    }
                }
            }
        }
        final String target = System.getProperty("pnet.sim.goodput");
        if (target != null)
        {
            Files.write(Path.of(target), now);
        }
        compare(now, values);
    }

    private static void compare(final List<String> now, final List<Double> values) throws IOException
    {
        final List<String> stored;
        try (InputStream in = GoodputTest.class.getResourceAsStream(TABLE))
        {
            assertNotNull(in, TABLE + " is not there; write it with -Dpnet.sim.goodput=FILE");
            stored = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
        assertTrue(stored.size() == now.size(), "the table has " + stored.size() + " rows, not " + now.size());
        final List<String> worse = new ArrayList<>();
        double logSum = 0;
        for (int i = 0; i < now.size(); i++)
        {
            final String[] words = stored.get(i).trim().split(" +");
            final double before = Double.parseDouble(words[words.length - 2]);
            final double ratio = values.get(i) / before;
            logSum += Math.log(ratio);
            if (ratio < 1 - CELL_TOLERANCE)
            {
                worse.add(now.get(i) + ", was " + before);
            }
        }
        final double mean = Math.exp(logSum / now.size());
        assertTrue(worse.isEmpty(), () -> "goodput has decayed:\n" + String.join("\n", worse));
        assertTrue(mean > 1 - MEAN_TOLERANCE, () -> "goodput is " + mean + " of what it was");
    }

    private static double median(final boolean sack, final String loss, final int rttMs, final int bufferKb)
        throws IOException
    {
        final double[] all = new double[SEEDS];
        for (int seed = 0; seed < SEEDS; seed++)
        {
            all[seed] = run(seed, sack, loss, rttMs, bufferKb);
        }
        Arrays.sort(all);
        return all[SEEDS / 2];
    }

    /** Mbit/s of one direction of a transfer both ways. */
    private static double run(
        final long seed, final boolean sack, final String loss, final int rttMs, final int bufferKb) throws IOException
    {
        final TcpSettings settings = new TcpSettings();
        settings.sack = sack;
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
