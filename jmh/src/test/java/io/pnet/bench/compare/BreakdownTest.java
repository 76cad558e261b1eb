package io.pnet.bench.compare;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class BreakdownTest
{
    private static final Setup WIRE = Setup.of("none", "mtu");

    @Test
    void softirqIsNotCountedTwice()
    {
        // A million segments in a second; 0.5 s of the system time that the processes are charged with is softirq.
        final Sample begin = new Sample(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        final Sample end = new Sample(
            1_000_000_000L, 3.0e9, 1.5e9, 0.5e9, 0.4e9, 1.5e9, 0.1e9, 0.5e9, 0.3e9, 0.05e9, 1_000, 2_000, 5_000,
            500_000);
        final Packet packet = Packet.of(1e6 * Packet.PAYLOAD * 8, begin, end);

        assertEquals(1125, packet.senderSystem(), 1e-6);
        assertEquals(375, packet.receiverSystem(), 1e-6);
        assertEquals(100, packet.senderUser(), 1e-6);
        assertEquals(350, packet.compilers(), 1e-6);
        assertEquals(2500, packet.total(), 1e-6);
        assertEquals(500, packet.other(), 1e-6);
        assertEquals(2, packet.perFrame(), 1e-6);
        assertEquals(0.005, packet.machineSwitches(), 1e-9);
    }

    @Test
    void theGapIsTakenApartInWords()
    {
        final String text = String.join("\n", Findings.of(results()));
        assertTrue(
            text.contains("Pnet \u2192 kernel, in the thesis's arrangement: 0.250 of the kernel's goodput"), text);
        assertTrue(text.contains("The difference of 7,000 ns is made of: the extra trip through the host's IP stack " +
            "over a TAP 4,000 ns (57 %), netfilter with 100 rules and tracking 2,000 ns (29 %), Pnet itself 1,000 ns " +
            "(14 %)."), text);
        assertTrue(text.contains("at 2.00 of its CPU"), text);
        assertTrue(text.contains("kernel \u2192 Pnet: not measured, see the table."), text);
        assertTrue(text.contains("100:track +2,000"), text);
        assertTrue(text.contains("not measured with 1000:track: no conntrack here"), text);
    }

    @Test
    void whatSavesIsNoPartOfTheGap()
    {
        final BreakdownResults results = new BreakdownResults();
        run(results, WIRE, Role.KERNEL_TO_KERNEL, 1000, 8e9);
        run(results, WIRE, Role.PNET_TO_KERNEL, 3000, 4e9);
        run(results, WIRE.routed(null), Role.PNET_TO_KERNEL, 2000, 8e9);
        assertTrue(Findings.of(results).get(0).contains("Pnet itself 2,000 ns (100 %), the extra trip through the " +
            "host's IP stack over a TAP saves 1,000 ns."), Findings.of(results).get(0));
    }

    @Test
    void systemCallsAreReadFromEitherTable()
    {
        assertEquals(1234, Syscalls.parse("# started on today\n\n1234,,raw_syscalls:sys_enter,1000,100.00,,\n"));
        assertEquals(77, Syscalls.parse("% time seconds usecs/call calls errors syscall\n" +
            " 99.0 0.1 1 70 write\n100.00 0.1 1 77 3 total\n"));
        assertThrows(CellFailure.class, () -> Syscalls.parse("<not counted>,,raw_syscalls:sys_enter,0,100.00,,"));
        assertThrows(CellFailure.class, () -> Syscalls.parse(""));
    }

    @Test
    void aSampleBelongsToTheInnermostRoom()
    {
        assertEquals("TCP", Stages.stage(List.of(
            "sun.misc.Unsafe", "org.agrona.UnsafeBuffer", "io.pnet.wire.TcpView", "io.pnet.tcp.Input",
            "io.pnet.stack.Stack")));
        assertEquals("link", Stages.stage(List.of("io.pnet.link.PacketRing", "io.pnet.ip.Ip")));
        assertEquals("application", Stages.stage(List.of("io.pnet.tools.iperf3.TcpTestStream")));
        assertEquals("JDK", Stages.stage(List.of("java.lang.Thread")));
    }

    @Test
    void samplesOfTheKernelBelongToTheInnermostFunctionThatSaysWhatItIsFor()
    {
        final List<String> lines = List.of(
            "iperf 10/11 ",
            "\tffffffff81000001 rep_movs_alternative ([kernel.kallsyms])",
            "\tffffffff81000002 tcp_sendmsg_locked ([kernel.kallsyms])",
            "\t    7f00 write (/lib/libc.so.6)",
            "",
            "data 20/21 ",
            "\tffffffff81000003 kmem_cache_free ([kernel.kallsyms])",
            "\tffffffff81000004 packet_rcv ([kernel.kallsyms])",
            "",
            "C2 CompilerThre 20/22 ",
            "\t    7f01 [unknown] (/usr/lib/libjvm.so)",
            "",
            "data 20/21 ",
            "\t    7f02 Lio/pnet/tcp/Input;::on (/tmp/perf-20.map)",
            "",
            "data 20/21 ",
            "\t    7f03 __memmove_avx_unaligned_erms (/lib/libc.so.6)",
            "",
            "iperf 10/11 ",
            "\t    7f04 Nsend (/usr/lib/libiperf.so)",
            "",
            "swapper 0/0 ",
            "\tffffffff81000005 pv_native_safe_halt ([kernel.kallsyms])",
            "",
            "other 30/30 ",
            "\tffffffff81000006 tcp_ack ([kernel.kallsyms])");
        assertEquals(
            Map.of(CpuSamples.COPYING, 1, CpuSamples.RING, 1, CpuSamples.JVM, 1, CpuSamples.JAVA, 1,
                CpuSamples.COPYING_IN_JAVA, 1, CpuSamples.PROGRAM, 1),
            CpuSamples.parse(lines, 20, List.of(10L)));
    }

    @Test
    void javaIsSplitAsFlightRecorderSaysAndNothingIsLost()
    {
        final Map<String, Double> stages = StageSplit.of(
            Map.of(CpuSamples.JAVA, 400, CpuSamples.COPYING, 100), Map.of("TCP", 30, "link", 10, "IP", 0), 1000);
        final double perSample = 1e6 / CpuSamples.FREQUENCY;
        assertEquals(300 * perSample, stages.get("TCP"), 1e-6);
        assertEquals(500 * perSample, stages.values().stream().mapToDouble(Double::doubleValue).sum(), 1e-6);
        assertEquals(7 * perSample, StageSplit.of(Map.of(CpuSamples.JAVA, 7), Map.of(), 1000).get("duty cycle"), 1e-6);
    }

    @Test
    void copiesAreForAByteOnTheWire()
    {
        final Map<String, Double> copies = Breakdown.copies(
            "ip.tx.packets 3\nlink.tx.bytes 1000\nlink.rx.bytes 10\ntcp.tx.gathered.bytes 900\na line of words\n",
            true);
        assertEquals(0.9, copies.get("tcp.tx.gathered.bytes"), 1e-9);
        assertFalse(copies.containsKey("ip.tx.packets"));
    }

    @Test
    void theSectionHoldsABarForEachPathAndSurvivesJson()
    {
        final BreakdownResults results = results();
        results.made = "today";
        results.mode = "quick";
        results.machine = new Machine("CPU", 2, "Linux", "JDK", "iperf3", 1024, "0.1", 0);
        results.cells.get(1).profile = new BreakdownResults.Profile(0.5, Double.NaN,
            Map.of("TCP", 1500.0, "link", 500.0), 40, Map.of("tcp.tx.gathered.bytes", 0.97));
        final Report.Section section = BreakdownPage.section(BreakdownResults.ofJson(results.json()));
        final String html = Report.html(null, List.of(), List.of(section));

        assertTrue(html.contains("<svg viewBox=\"0 0 1260 160\""), "four bars");
        assertTrue(html.contains("<title>TCP: 1500</title>"), "a part of a bar of stages");
        assertTrue(html.contains("FAILED: no conntrack here"));
        assertTrue(html.contains("gathered in place 0.97"));
        assertTrue(html.contains("not counted"));
    }

    private static BreakdownResults results()
    {
        final BreakdownResults results = new BreakdownResults();
        run(results, WIRE, Role.KERNEL_TO_KERNEL, 1000, 8e9);
        run(results, WIRE, Role.PNET_TO_KERNEL, 2000, 4e9);
        run(results, WIRE.routed(null), Role.PNET_TO_KERNEL, 6000, 3e9);
        run(results, WIRE.routed("100:track"), Role.PNET_TO_KERNEL, 8000, 2e9);
        results.cell(WIRE.routed("1000:track"), Role.PNET_TO_KERNEL).failures.add("no conntrack here");
        return results;
    }

    private static void run(
        final BreakdownResults results, final Setup setup, final Role role, final double ns, final double goodput)
    {
        results.cell(setup, role).runs.add(new Packet(goodput, 1, ns, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    }
}
