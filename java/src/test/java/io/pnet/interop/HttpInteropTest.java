package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Files through curl and a server over Pnet, checked by offset and by digest; and the kernel's ping beside them. */
@Tag("interop")
class HttpInteropTest
{
    private static final long GIB = 1L << 30;
    private static final long SMALL = 48L << 20;

    @Test
    void curlMovesAGibibyteBothWays() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            final InteropWire.Running server = serve(wire, "-");
            roundTrip(wire, server, InteropWire.PNET_V4, GIB);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ring, on, 1500, v6", "ring, mtu, 1500, v4", "ring, off, 1500, v4", "ring, off, 1280, v6", "ring, on, 9000, v4",
        "ring, off, 9000, v6", "tap, on, 1500, v4", "tap, off, 1500, v6", "tap, on, 1280, v6", "tap, on, 9000, v4"})
    void curlMovesFilesOverEveryKindOfWire(
        final String attach, final String offloads, final String mtu, final String version) throws Exception
    {
        try (InteropWire wire = new InteropWire(attach, "--offloads", offloads, "--mtu", mtu))
        {
            final InteropWire.Running server = serve(wire, "-");
            final boolean isV6 = version.equals("v6");
            roundTrip(wire, server, isV6 ? InteropWire.PNET_V6 : InteropWire.PNET_V4, SMALL);
            pingAll(wire, Integer.parseInt(mtu));
        }
    }

    @ParameterizedTest
    @CsvSource({"v4, 1500", "v6, 1280"})
    void capturesOfBothEndsHoldNoMalformedFrameAndNoBadChecksum(final String version, final String mtu)
        throws Exception
    {
        // With every offload off, what is on the wire must be whole: the kernel's end sees just what Pnet sent.
        try (InteropWire wire = new InteropWire("ring", "--offloads", "off", "--mtu", mtu))
        {
            final Path ours = wire.folder().resolve("ours.pcap");
            final Path theirs = wire.folder().resolve("theirs.pcap");
            final InteropWire.Running tcpdump = wire.start(
                "right", List.of("tcpdump", "-i", "veth0", "-U", "-B", "65536", "-w", theirs.toString()));
            tcpdump.awaitWord("listening on");
            final InteropWire.Running server = serve(wire, ours.toString());
            roundTrip(
                wire, server, version.equals("v6") ? InteropWire.PNET_V6 : InteropWire.PNET_V4, 4L << 20);
            pingAll(wire, Integer.parseInt(mtu));
            // Ended politely, so that the captures are whole.
            server.interrupt();
            server.awaitEnd();
            Thread.sleep(200);
            tcpdump.interrupt();
            tcpdump.awaitEnd().ok();
            sound(wire, theirs, 2_000);
            sound(wire, ours, 50);
        }
    }

    /**
     * What tshark finds wrong in a capture, with every checksum checked; it must be nothing. Where Linux fills in by
     * software what is left to an offload, it writes the checksum 0 as 0xFFFF, in TCP as well, and one frame in 65,536
     * has that: it is the kernel's own, which is not asked about.
     */
    private static void sound(final InteropWire wire, final Path capture, final int least) throws Exception
    {
        final String frames = wire.kernel("tshark", "-r", capture.toString(), "-T", "fields", "-e", "frame.number")
            .ok().out();
        assertTrue(frames.lines().count() >= least, capture + " holds only " + frames.lines().count() + " frames");
        final String filter = "!(tcp.checksum == 0xffff && (ip.src == " + InteropWire.KERNEL_V4 + " || ipv6.src == " +
            InteropWire.KERNEL_V6 + ")) && (_ws.malformed || _ws.expert.severity == \"Error\" || " +
            "ip.checksum.status == \"Bad\" || tcp.checksum.status == \"Bad\" || icmp.checksum.status == \"Bad\" || " +
            "icmpv6.checksum.status == \"Bad\" || udp.checksum.status == \"Bad\")";
        final String wrong = wire.kernel(
            "tshark", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
            "-r", capture.toString(), "-Y", filter).ok().out();
        assertEquals("", wrong, capture.toString());
    }

    private static InteropWire.Running serve(final InteropWire wire, final String capture) throws Exception
    {
        return wire.java(
            HttpPeer.class, wire.link, capture, InteropWire.PNET_V4 + "/24", InteropWire.PNET_V6 + "/64")
            .awaitWord("listening");
    }

    /** A file from the server and back to it, by the kernel's curl. */
    static void roundTrip(
        final InteropWire wire, final InteropWire.Running server, final String address, final long bytes)
        throws Exception
    {
        final String host = address.contains(":") ? "[" + address + "]" : address;
        final String url = "http://" + host + ":" + HttpPeer.PORT + "/";
        final Path file = wire.folder().resolve("file");
        wire.kernel("curl", "-sS", "--max-time", "50", "-o", file.toString(), url + bytes).ok();
        assertEquals(bytes, Files.size(file));
        final String digest = wire.kernel("sha256sum", file.toString()).ok().out().split(" ")[0];
        server.awaitWord("sent " + bytes + " " + digest);
        assertEquals(-1, firstWrong(file), "offset of the first wrong byte");

        final String answer = wire.kernel(
            "curl", "-sS", "--max-time", "50", "-H", "Expect:", "-T", file.toString(), url).ok().out();
        assertEquals("length " + bytes + " wrong -1 sha256 " + digest + "\n", answer);
        Files.delete(file);
    }

    private static long firstWrong(final Path file) throws Exception
    {
        final SeededData data = new SeededData(42);
        final ByteBuffer block = ByteBuffer.allocateDirect(1 << 20);
        try (FileChannel channel = FileChannel.open(file))
        {
            long offset = 0;
            while (channel.read(block.clear()) > 0)
            {
                final long wrong = data.firstWrong(block.flip(), offset);
                if (wrong >= 0)
                {
                    return wrong;
                }
                offset += block.limit();
            }
        }
        return -1;
    }

    /** Ordinary, as large as fits without fragments, and in fragments; both versions. */
    private static void pingAll(final InteropWire wire, final int mtu) throws Exception
    {
        ping(wire, InteropWire.PNET_V4, "-s", "56");
        ping(wire, InteropWire.PNET_V4, "-M", "do", "-s", Integer.toString(mtu - 28));
        ping(wire, InteropWire.PNET_V4, "-s", "8000");
        ping(wire, InteropWire.PNET_V6, "-s", "56");
        ping(wire, InteropWire.PNET_V6, "-M", "do", "-s", Integer.toString(mtu - 48));
        ping(wire, InteropWire.PNET_V6, "-s", "8000");
    }

    private static void ping(final InteropWire wire, final String address, final String... options) throws Exception
    {
        final List<String> command = new ArrayList<>(List.of(
            "ping", "-n", "-q", "-c", "4", "-i", "0.05", "-W", "2"));
        command.addAll(List.of(options));
        command.add(address);
        final InteropWire.Outcome outcome = wire.kernel(command.toArray(new String[0])).ok();
        assertTrue(outcome.out().contains("4 received, 0% packet loss"), outcome::toString);
    }
}
