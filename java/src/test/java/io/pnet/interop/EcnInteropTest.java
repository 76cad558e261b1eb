package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Explicit congestion notification with the kernel: agreed on from either side, marks answered in both directions. */
@Tag("interop")
class EcnInteropTest
{
    private static final long BYTES = 64L << 20;

    @ParameterizedTest
    @CsvSource({"ring, on, v4", "ring, mtu, v6", "tap, on, v6"})
    void marksAreAnsweredInBothDirections(final String attach, final String offloads, final String version)
        throws Exception
    {
        try (InteropWire wire = new InteropWire(attach, "--offloads", offloads))
        {
            wire.kernel("sysctl", "-q", "-w", "net.ipv4.tcp_ecn=1").ok();
            final InteropWire.Running server = wire.java(
                MarkedPeer.class, wire.link, "0.01", InteropWire.PNET_V4 + "/24", InteropWire.PNET_V6 + "/64")
                .awaitWord("listening");
            HttpInteropTest.roundTrip(
                wire, server, version.equals("v6") ? InteropWire.PNET_V6 : InteropWire.PNET_V4, BYTES);
            final long delivered = counter(wire, "TcpExtTCPDeliveredCE");
            final long arrived = counter(wire, version.equals("v6") ? "Ip6InCEPkts" : "IpExtInCEPkts");
            server.interrupt();
            final String said = server.awaitWord(" end").awaitEnd().out();
            assertEquals(2, number(said, "connections"), said);
            // Ours that were marked arrived, and were reported; we have slowed down for them, and only for them.
            assertTrue(arrived > 0, said);
            final long reductions = number(said, "reductions");
            assertTrue(reductions > 0 && reductions <= number(said, "marked"), said);
            // The kernel's that were marked were reported to it until it said so.
            assertTrue(number(said, "arrived") > 0, said);
            assertTrue(delivered > 0, said);
        }
    }

    @Test
    void theKernelAgreesWhenAsked() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            wire.start("right", List.of("iperf3", "-s", "--forceflush")).awaitWord("listening");
            wire.pnet("iperf3", "-c", InteropWire.KERNEL_V4, "-t", "1").awaitEnd().ok();
            assertEquals(0, counter(wire, "IpExtInECT0Pkts"));
            // Data is ECN-capable only where the kernel has agreed.
            wire.pnet("iperf3", "-c", InteropWire.KERNEL_V4, "-t", "1", "--ecn").awaitEnd().ok();
            assertTrue(counter(wire, "IpExtInECT0Pkts") > 0);
        }
    }

    @Test
    void aKernelWithoutEcnIsReachedAllTheSame() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            wire.kernel("sysctl", "-q", "-w", "net.ipv4.tcp_ecn=0").ok();
            wire.start("right", List.of("iperf3", "-s", "--forceflush")).awaitWord("listening");
            wire.pnet("iperf3", "-c", InteropWire.KERNEL_V6, "-t", "1", "--ecn").awaitEnd().ok();
            assertEquals(0, counter(wire, "Ip6InECT0Pkts"));
        }
    }

    /** One of the kernel's counters, from the start of its namespace. */
    private static long counter(final InteropWire wire, final String name) throws Exception
    {
        return number(wire.kernel("nstat", "-a", "-z", "-s").ok().out(), name);
    }

    private static long number(final String text, final String name)
    {
        final Matcher matcher = Pattern.compile("\\b" + name + "\\s+(\\d+)").matcher(text);
        assertTrue(matcher.find(), () -> "no " + name + " in " + text);
        return Long.parseLong(matcher.group(1));
    }
}
