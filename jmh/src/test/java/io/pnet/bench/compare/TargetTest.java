package io.pnet.bench.compare;

import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TargetTest
{
    @Test
    void theMedianIsJudgedAndTheSpreadShown()
    {
        final Target floor = Target.of("mtu", "in", true, 1.0, List.of(1.02, 0.7, 1.2), "8 Gbit/s", null);
        assertTrue(floor.isMet());
        assertEquals("1.02", floor.measured());
        assertEquals("0.700 to 1.20", floor.spread());
        assertEquals("met", floor.verdict());

        final Target ceiling = Target.of("rtt", "p50", false, 1.15, List.of(1.1, 1.2), "", null);
        assertTrue(ceiling.isMet(), "the median of two is the middle between them");
        assertEquals("<= 1.15", ceiling.target());
        assertEquals("MISSED", Target.of("rtt", "p50", false, 1.15, List.of(1.2), "", null).verdict());
    }

    @Test
    void whatHasNoFigureSaysWhy()
    {
        final Target failed = Target.of("mtu", "in", true, 1.0, List.of(), "NaN", "no traffic");
        assertFalse(failed.isMet());
        assertEquals("not measured: no traffic", failed.verdict());
        assertEquals("", failed.beside());
        assertEquals("stated", Target.of("nio", "CPU", false, Double.NaN, List.of(0.4), "", null).verdict());
    }

    @Test
    void aRatioIsOfOneRound()
    {
        final Rounds<Double> ours = new Rounds<>();
        final Rounds<Double> theirs = new Rounds<>();
        ours.runs.put(1, 4.0);
        ours.runs.put(3, 9.0);
        theirs.runs.put(1, 2.0);
        theirs.runs.put(2, 1.0);
        theirs.runs.put(3, 3.0);
        assertEquals(List.of(2.0, 3.0), ours.over(theirs, figure -> figure));
    }

    @Test
    void figuresOfServersAreRatiosOfTheirRounds()
    {
        final String json = "{'rows': [" +
            row("Netty, hello world", "wrk, 64 connections", "100, 110", "130, 121") + "," +
            row("Netty, hello world", "epoll: wrk, 64 connections", "130, 100", "") + "]}";
        final List<Target> rows = new ArrayList<>();
        OtherFigures.http(rows, JsonParser.parseString(json));

        assertEquals(List.of(1.3, 1.1), find(rows, "Netty, hello world, wrk, 64 connections: requests/s of the kernel")
            .rounds());
        assertEquals(List.of(1.0, 1.21), find(rows, "Netty, hello world, wrk, 64 connections: requests/s of Netty")
            .rounds());
        assertEquals("not measured: ci/servers gave no such figure; its failures say why",
            find(rows, "JDK's web server, wrk, 1000 connections: p99").verdict());
    }

    @Test
    void connectionsOfEachRoundAreReadFromTheTable()
    {
        final List<Target> rows = new ArrayList<>();
        OtherFigures.connects(rows, "end     how            stack     per-second   p50-us   p99-us  failed\n" +
            "client  SERVER_CLOSES  kernel       1000.0      900     2000       0\n" +
            "client  SERVER_CLOSES  pnet         1250.0      900     2000       0\n" +
            "client SERVER_CLOSES   kernel   1000  pnet   1250  ratio 1.25\n");
        assertEquals(List.of(1.25), rows.get(0).rounds());
        assertEquals("not measured: ci/connects gave no figure", rows.get(3).verdict());
    }

    @Test
    void nanosecondsAndAllocationComeFromJmh()
    {
        final String json = "[{'benchmark': 'io.pnet.bench.tcp.InputBenchmark.inOrder'," +
            "'params': {'payload': '1448'}," +
            "'primaryMetric': {'rawData': [[140.0, 160.0], [145.0]]}," +
            "'secondaryMetrics': {'gc.alloc.rate.norm': {'rawData': [[0.01, 0.02]], 'scoreUnit': 'B/op'}}}]";
        final List<Target> rows = new ArrayList<>();
        OtherFigures.bench(rows, JsonParser.parseString(json));

        assertEquals(145.0, find(rows, "segment in, 1448 bytes: ns").median());
        assertTrue(find(rows, "segment in, 1448 bytes: bytes allocated").isMet());
        assertTrue(Double.isNaN(find(rows, "segment in, 65160 bytes: ns").bar()), "the target is for a segment");
        assertEquals("not measured: ci/bench gave no such benchmark",
            find(rows, "segment out, claimed, 1448 bytes: ns").verdict());
    }

    @Test
    void activeConnectionsAreComparedWithThemselvesAlone()
    {
        final List<Target> rows = new ArrayList<>();
        OtherFigures.bench(rows, JsonParser.parseString("[" + idle("0", "100, 130, 90") + "," +
            idle("100000", "125, 120, 126") + "]"));
        final Target active = find(rows, "64 active connections");

        assertEquals(0.8, active.median());
        assertFalse(active.isMet());
        assertEquals("JMH, 125 ns a message, alone 100", active.beside());
    }

    @Test
    void whatAServerFailedOfIsTheRowsReason()
    {
        final String json = "{'rows': [{'subject': 'Netty, hello world', 'step': 'wrk, 64 connections'," +
            "'kernel': {'figures': [100]}, 'pnet': {'figures': [], 'failures': ['the server does not run']}}]}";
        final List<Target> rows = new ArrayList<>();
        OtherFigures.http(rows, JsonParser.parseString(json));

        assertEquals("not measured: the server does not run",
            find(rows, "Netty, hello world, wrk, 64 connections: requests/s of the kernel").verdict());
    }

    @Test
    void theTableSurvivesJsonAndStandsInThePage()
    {
        final TargetResults results = new TargetResults();
        results.made = "today";
        results.mode = "quick";
        results.machine = new Machine("CPU", 2, "Linux", "JDK", "iperf3", 1024, "0.1", 0);
        results.rows.add(Target.of("mtu", "in <1>", true, 1.0, List.of(0.9), "8 Gbit/s", null));
        results.rows.add(Target.of("nio", "CPU", false, Double.NaN, List.of(0.4), "", null));
        results.rows.add(Target.missing("http", "a|b", true, 1.2, "not here"));
        results.rows.add(Target.heldBy("bench", "bytes", 0, "SomeTest"));
        final TargetResults again = TargetResults.ofJson(results.json());

        assertEquals("0 of 2 targets met, 1 missed, 1 not measured; 1 more are held by tests.", again.summary());
        assertTrue(again.markdown().contains("| bytes | <= 0.000 | - | - | held by SomeTest |  |"));
        assertTrue(again.markdown().contains("| a\\|b | >= 1.20 | - | - | not measured: not here |  |"));
        final String html = Report.html(null, List.of(), List.of(Report.section(again)));
        assertTrue(html.contains("<td class=\"missed\">MISSED</td>"));
        assertTrue(html.contains("in &lt;1&gt;"));
    }

    private static Target find(final List<Target> rows, final String begin)
    {
        return rows.stream().filter(row -> row.what().startsWith(begin)).findFirst().orElseThrow();
    }

    private static String idle(final String connections, final String figures)
    {
        return "{'benchmark': 'io.pnet.bench.tcp.IdleBenchmark.message', 'params': {'idle': '" + connections +
            "'}, 'primaryMetric': {'rawData': [[" + figures + "]]}}";
    }

    private static String row(final String subject, final String step, final String kernel, final String pnet)
    {
        return "{'subject': \"" + subject + "\", 'step': '" + step + "', 'kernel': {'figures': [" + kernel +
            "]}, 'pnet': {'figures': [" + pnet + "]}}";
    }
}
