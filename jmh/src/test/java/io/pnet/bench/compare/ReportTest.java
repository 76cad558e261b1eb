package io.pnet.bench.compare;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import javax.imageio.ImageIO;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ReportTest
{
    private static final String REASON = "receiver ended with 1: no such interface <veth9>";

    @BeforeAll
    static void headless()
    {
        System.setProperty("java.awt.headless", "true");
    }

    @Test
    void ratioIsToTheFasterKernelProgramOnTheSameWire()
    {
        final Results results = new Results();
        bulk(results, Setup.of("1g", "on"), Role.KERNEL_TO_KERNEL, "iperf3", 900e6, 940e6, 941e6);
        bulk(results, Setup.of("1g", "on"), Role.KERNEL_TO_KERNEL, "Java NIO", 800e6);
        bulk(results, Setup.of("1g", "on"), Role.PNET_TO_KERNEL, "iperf3", 470e6);
        bulk(results, Setup.of("1g", "on").with(4, "tap"), Role.PNET_TO_KERNEL, "iperf3", 235e6);
        bulk(results, Setup.of("1g", "on").with(6, "ring"), Role.PNET_TO_KERNEL, "iperf3", 235e6);
        results.compare();

        assertEquals(1.0, results.bulk.get(0).ratio, 1e-9);
        assertEquals(0.5, results.bulk.get(2).ratio, 1e-9);
        assertEquals(0.25, results.bulk.get(3).ratio, 1e-9);
        assertEquals(0, results.bulk.get(4).ratio, "nothing to compare with on IPv6");
    }

    @Test
    void failedCellsAreShownWithTheirReason() throws IOException
    {
        final Results results = canned();
        assertEquals(1, results.failed());
        assertTrue(TextTable.of(results).contains("FAILED: " + REASON));
        final String html = Report.html(results, Plots.of(results));
        assertTrue(html.contains("FAILED: receiver ended with 1: no such interface &lt;veth9&gt;"));
        assertTrue(html.contains("1 cells failed"));
    }

    @Test
    void pageNeedsNothingFromElsewhere() throws IOException
    {
        final Results results = canned();
        final String html = Report.html(results, Plots.of(results));
        assertFalse(html.contains("http:") || html.contains("https:") || html.contains("<script") ||
            html.contains("<link"));
        assertEquals(4, html.split("src=\"data:image/png;base64,", -1).length - 1);
    }

    @Test
    void plotsArePicturesWithSomethingOnThem() throws IOException
    {
        for (final Plots.Plot plot : Plots.of(canned()))
        {
            final BufferedImage image = ImageIO.read(new ByteArrayInputStream(plot.png()));
            assertTrue(image.getWidth() > 1000 && image.getHeight() > 500, plot.file());
            int coloured = 0;
            for (int x = 0; x < image.getWidth(); x += 4)
            {
                for (int y = 0; y < image.getHeight(); y += 4)
                {
                    final int rgb = image.getRGB(x, y);
                    if (Math.abs((rgb >> 16 & 0xff) - (rgb & 0xff)) > 40)
                    {
                        coloured++;
                    }
                }
            }
            assertTrue(coloured > 500, plot.file() + " has only " + coloured + " coloured points");
        }
    }

    @Test
    void jsonKeepsEverything() throws IOException, InterruptedException
    {
        final Results results = canned();
        assertEquals(results.json(), Results.ofJson(results.json()).json());
        // For a look at the whole: -Dpnet.report=FOLDER
        final String folder = System.getProperty("pnet.report");
        if (folder != null)
        {
            Files.writeString(Path.of(folder, "canned.json"), results.json());
            Compare.main(new String[] {"--report-only", folder + "/canned.json", folder});
        }
    }

    private static Results canned()
    {
        final SplittableRandom random = new SplittableRandom(1);
        final Results results = new Results();
        results.made = "2026-01-01 12:00:00 UTC";
        results.mode = "quick";
        results.warmUpSeconds = 0.5;
        results.measuredSeconds = 1;
        results.machine = new Machine("Some CPU", 2, "Linux 6.1", "OpenJDK 17", "iperf 3.12", 2048, "0.1.0", 0.2);
        final double[] tops = {94.1e6, 94.0e6, 941e6, 940e6, 31e9, 8.2e9};
        int wire = 0;
        for (final String rate : List.of("100m", "1g", "none"))
        {
            for (final String offloads : List.of("on", "mtu"))
            {
                final Setup setup = Setup.of(rate, offloads);
                final double top = tops[wire++];
                for (final Role role : Role.values())
                {
                    bulk(results, setup, role, "iperf3", top * (1 - random.nextDouble() * 0.3), top * 0.9, top);
                }
            }
        }
        final Results.Bulk failed = results.bulk.get(results.bulk.size() - 1);
        failed.runs.clear();
        failed.failures.add(REASON);
        for (final boolean loaded : new boolean[] {false, true})
        {
            for (final String rate : List.of("100m", "1g", "none"))
            {
                for (final Role role : Role.values())
                {
                    final Results.Latency cell = new Results.Latency();
                    cell.setup = Setup.of(rate, "on");
                    cell.role = role;
                    cell.loaded = loaded;
                    final double base = (loaded ? 900_000 : 20_000) * (1 + random.nextDouble());
                    final List<double[]> points = new ArrayList<>();
                    for (double rarity = 1; rarity < 20_000; rarity *= 1.3)
                    {
                        points.add(new double[] {100 * (1 - 1 / rarity), base * (1 + Math.pow(Math.log10(rarity), 2))});
                    }
                    cell.runs.add(new LatencyRun(
                        50_000, base * 1.1, base * 5, base * 10, base * 20, loaded ? 9e8 : 0, 0.5, 0, points));
                    results.latency.add(cell);
                }
            }
        }
        results.compare();
        results.notes.addAll(Notes.about(results));
        return results;
    }

    private static void bulk(
        final Results results, final Setup setup, final Role role, final String program, final double... goodputs)
    {
        final Results.Bulk cell = new Results.Bulk();
        cell.setup = setup;
        cell.role = role;
        cell.program = program;
        for (final double goodput : goodputs)
        {
            cell.runs.add(new BulkRun(goodput, 3, new Cpu(0.2, 0.3, 0.1, 0.25, 0.3, 0.05)));
        }
        results.bulk.add(cell);
    }
}
