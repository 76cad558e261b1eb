package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * What tshark says of the fastest there is: one connection on a wire without a limit, each way, seen from the kernel's
 * end. Not how fast, and not whether a machine that is busy elsewhere loses a frame; but nothing malformed, nothing
 * acknowledged that was never sent, and nothing beyond a window.
 */
@Tag("interop")
class FastestRunsInteropTest
{
    @ParameterizedTest
    @CsvSource({"on, sockets, 512M", "on, handlers, 512M", "mtu, sockets, 48M", "mtu, handlers, 48M"})
    void theirCapturesAreClean(final String offloads, final String api, final String bytes) throws Exception
    {
        try (InteropWire wire = new InteropWire("ring", "--offloads", offloads))
        {
            final Path capture = wire.folder().resolve("fast.pcap");
            final InteropWire.Running server =
                api.equals("handlers") ? wire.pnet("iperf3", "-s", "--handlers") : wire.pnet("iperf3", "-s");
            server.awaitWord("listening");
            // Long enough for windows and buffers to have grown; short enough for the disk.
            final InteropWire.Running tcpdump = wire.start("right", List.of(
                "tcpdump", "-i", "veth0", "-s", "128", "-B", "262144", "-w", capture.toString(), "tcp"))
                .awaitWord("listening on");
            wire.kernel("iperf3", "-n", bytes, "-c", InteropWire.PNET_V4).ok();
            wire.kernel("iperf3", "-n", bytes, "-R", "-c", InteropWire.PNET_V4).ok();
            tcpdump.interrupt();
            final InteropWire.Outcome captured = tcpdump.awaitEnd().ok();
            final boolean isWhole = captured.err().contains("\n0 packets dropped by kernel");
            assertTrue(filtered(wire, capture, "tcp.len > 0").lines().count() > 10_000, captured::toString);
            // A capture with holes shows acknowledgements of what it has missed.
            final String unseen = isWhole ? " || tcp.analysis.ack_lost_segment" : "";
            assertEquals("", filtered(wire, capture,
                "_ws.malformed || _ws.expert.severity == \"Error\" || ip.checksum.status == \"Bad\"" + unseen));
            if (isWhole)
            {
                staysInsideWindows(wire, capture);
            }
        }
    }

    private static String filtered(final InteropWire wire, final Path capture, final String filter) throws Exception
    {
        // iperf3's bytes are nobody's protocol, whatever they look like.
        return wire.kernel("tshark", "-d", "tcp.port==5201,data", "-o", "ip.check_checksum:TRUE",
            "-r", capture.toString(), "-Y", filter).ok().out();
    }

    /** Nobody sends behind the right edge its peer has shown, but for a probe's byte (RFC 9293 section 3.8.6.1). */
    private static void staysInsideWindows(final InteropWire wire, final Path capture) throws Exception
    {
        final String segments = wire.kernel("tshark", "-r", capture.toString(), "-T", "fields",
            "-e", "tcp.stream", "-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "tcp.seq", "-e", "tcp.len",
            "-e", "tcp.ack", "-e", "tcp.window_size", "-e", "frame.number").ok().out();
        final Map<String, Long> edges = new HashMap<>();
        for (final String line : segments.split("\n"))
        {
            final String[] fields = line.split("\t");
            final String sender = fields[0] + "/" + fields[1];
            final String receiver = fields[0] + "/" + fields[2];
            final long end = Long.parseLong(fields[3]) + Long.parseLong(fields[4]);
            final Long edge = edges.get(receiver);
            if (edge != null && fields[4].length() > 0)
            {
                assertTrue(end <= edge + 1, () -> "beyond the window in frame " + fields[7] + ": " + line);
            }
            if (!fields[5].isEmpty())
            {
                edges.merge(sender, Long.parseLong(fields[5]) + Long.parseLong(fields[6]), Math::max);
            }
        }
    }
}
