package io.pnet.bench.micro;

import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RatioCompareTest
{
    @Test
    void aMachineTwiceAsFastChangesNothing()
    {
        final Ratios slow = Ratios.ofJmh(run(result("tcp.In.a", 200, 2, 0), reference(8_000)));
        final Ratios fast = Ratios.ofJmh(run(result("tcp.In.a", 100, 1, 0), reference(4_000)));
        final RatioCompare.Line line = line(RatioCompare.compare(fast, slow), "tcp.In.a");
        assertEquals(1, line.change(), 1e-9);
        assertFalse(line.isSlower() || line.allocates());
    }

    @Test
    void slowerBeyondBoundAndNoiseIsAFinding()
    {
        final Ratios before = Ratios.ofJmh(run(result("tcp.In.a", 100, 1, 0), reference(4_000)));
        final Ratios after = Ratios.ofJmh(run(result("tcp.In.a", 170, 1, 0), reference(4_000)));
        assertTrue(line(RatioCompare.compare(after, before), "tcp.In.a").isSlower());
        final Ratios noisy = Ratios.ofJmh(run(result("tcp.In.a", 170, 60, 0), reference(4_000)));
        assertFalse(line(RatioCompare.compare(noisy, before), "tcp.In.a").isSlower());
        final Ratios unknown = Ratios.ofJmh(run(result("tcp.In.a", 170, Double.NaN, 0), reference(4_000)));
        assertFalse(line(RatioCompare.compare(unknown, before), "tcp.In.a").isSlower());
    }

    @Test
    void whatIsSlowerOnlyOnceIsNoFinding()
    {
        final Ratios before = Ratios.ofJmh(
            run(result("tcp.In.a", 100, 1, 0), result("tcp.In.b", 100, 1, 0), reference(4_000)));
        final Ratios after = Ratios.ofJmh(
            run(result("tcp.In.a", 200, 1, 0), result("tcp.In.b", 200, 1, 0), reference(4_000)));
        assertEquals("tcp\\.In\\.a$|tcp\\.In\\.b$", RatioCompare.slower(RatioCompare.compare(after, before)));

        after.again(Ratios.ofJmh(
            run(result("tcp.In.a", 210, 1, 0), result("tcp.In.b", 110, 1, 0), reference(4_000))));
        final List<RatioCompare.Line> lines = RatioCompare.compare(after, before);
        assertTrue(line(lines, "tcp.In.a").isSlower());
        assertFalse(line(lines, "tcp.In.b").isSlower());
        assertEquals(2, line(lines, "tcp.In.a").change(), 1e-9);
    }

    @Test
    void theBestIterationCounts()
    {
        final Ratios ratios = Ratios.ofJmh("[{\"benchmark\": \"io.pnet.bench.a\", \"primaryMetric\": " +
            "{\"rawData\": [[90, 60], [40, 50]]}}, " + reference(4_000) + "]");
        assertEquals(0.01, ratios.entries.get("a").ratio(), 1e-9);
        assertEquals(0.5, ratios.entries.get("a").error(), 1e-9);
    }

    @Test
    void whatDidNotAllocateAndDoesIsAFinding()
    {
        final Ratios before = Ratios.ofJmh(run(result("a", 100, 1, 0.001), result("b", 9, 1, 64), reference(4_000)));
        final Ratios after = Ratios.ofJmh(run(result("a", 100, 1, 24), result("b", 9, 1, 65), reference(4_000)));
        final List<RatioCompare.Line> lines = RatioCompare.compare(after, before);
        assertTrue(line(lines, "a").allocates());
        assertFalse(line(lines, "b").allocates());
        assertTrue(RatioCompare.table(lines).contains("ALLOCATES"));
    }

    @Test
    void whatIsNewIsShownAndNotJudged()
    {
        final Ratios before = Ratios.ofJmh(run(reference(4_000)));
        final Ratios after = Ratios.ofJmh(run(result("a", 100, 1, 24), reference(4_000)));
        final RatioCompare.Line line = line(RatioCompare.compare(after, before), "a");
        assertFalse(line.isSlower() || line.allocates());
        assertTrue(RatioCompare.table(List.of(line)).contains("new"));
    }

    @Test
    void baselineKeepsEverything()
    {
        final Ratios ratios = Ratios.ofJmh(run(result("a", 100, 1, 24), reference(4_000)));
        assertEquals(ratios.entries, Ratios.ofJson(ratios.json()).entries);
        assertEquals(0.025, ratios.entries.get("a").ratio(), 1e-9);
        assertEquals(24, ratios.entries.get("a").allocated(), 1e-9);
    }

    @Test
    void withoutItsReferenceARunSaysNothing()
    {
        assertThrows(IllegalArgumentException.class, () -> Ratios.ofJmh(run(result("a", 100, 1, 0))));
    }

    private static RatioCompare.Line line(final List<RatioCompare.Line> lines, final String name)
    {
        return lines.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
    }

    private static String run(final String... results)
    {
        return "[" + String.join(",", results) + "]";
    }

    private static String reference(final double score)
    {
        return result("wire.ChecksumBenchmark.aligned", score, 0, 0)
            .replaceFirst("\\{", "{\"params\": {\"length\": \"65483\"}, ");
    }

    private static String result(final String name, final double score, final double error, final double allocated)
    {
        final String others = Double.isNaN(error) ? "" : ", " + (score + error) + ", " + (score + 10 * error);
        return "{\"benchmark\": \"io.pnet.bench." + name + "\", \"primaryMetric\": {\"rawData\": [[" + score + others +
            "]]}, \"secondaryMetrics\": {\"\u00b7gc.alloc.rate.norm\": {\"score\": " + allocated + "}}}";
    }
}
