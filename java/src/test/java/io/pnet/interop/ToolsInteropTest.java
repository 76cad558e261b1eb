package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@code pnet ping}, {@code nc} and {@code echo} against the kernel's programs. */
@Tag("interop")
class ToolsInteropTest
{
    private static final int LENGTH = 8 << 20;

    @ParameterizedTest
    @ValueSource(strings = {InteropWire.KERNEL_V4, InteropWire.KERNEL_V6})
    void ourPingReachesTheKernel(final String address) throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            for (final String size : List.of("56", "8000"))
            {
                final InteropWire.Outcome outcome =
                    wire.pnet("ping", "-c", "3", "-i", "0.1", "-s", size, address).awaitEnd().ok();
                assertTrue(outcome.out().contains("0% packet loss"), outcome::toString);
            }
        }
    }

    @Test
    void countersAreSaidAtTheEnd() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            final InteropWire.Outcome outcome =
                wire.pnet("ping", "-c", "3", "-i", "0.1", "--counters", InteropWire.KERNEL_V4).awaitEnd().ok();
            final List<String> lines = outcome.err().lines().toList();
            assertTrue(lines.contains("icmp.rx 3"), outcome::toString);
            assertTrue(lines.stream().anyMatch(line -> line.matches("link\\.rx\\.frames [1-9]\\d*")),
                outcome::toString);
        }
    }

    /** Each side sends a file, ends its half, and still gets the other's whole file. */
    @ParameterizedTest
    @ValueSource(strings = {InteropWire.PNET_V4, InteropWire.PNET_V6})
    void halfClosedConnectionsCarryTheOtherHalf(final String address) throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            final Path ours = file(wire, "ours", 1);
            final Path theirs = file(wire, "theirs", 2);
            final InteropWire.Running listener = wire.start("left", shell(
                InteropWire.PNET + " nc --link " + wire.link + " --ip 10.77.0.1/24 --ip fd77::1/64 -l " +
                    address + " 7000 <" + ours + " >" + wire.folder().resolve("got-by-us")));
            // nc says nothing when it listens: the kernel's end tries until it is let in.
            wire.kernel("bash", "-c", "for try in $(seq 50); do nc -N -w 20 " + address + " 7000 <" + theirs + " >" +
                wire.folder().resolve("got-by-them") + " && exit 0; sleep 0.2; done; exit 1").ok();
            listener.awaitEnd().ok();
            wire.kernel("cmp", ours.toString(), wire.folder().resolve("got-by-them").toString()).ok();
            wire.kernel("cmp", theirs.toString(), wire.folder().resolve("got-by-us").toString()).ok();
        }
    }

    @Test
    void ourNcSendsToTheKernelsOverTcpAndUdp() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            final Path ours = file(wire, "ours", 3);
            final Path got = wire.folder().resolve("got");
            final InteropWire.Running tcp = wire.start("right", shell("exec nc -l 7001 </dev/null >" + got));
            Thread.sleep(300);
            wire.start("left", shell(ncTo(wire, "") + " 7001 <" + ours)).awaitEnd().ok();
            tcp.awaitEnd().ok();
            wire.kernel("cmp", ours.toString(), got.toString()).ok();

            final InteropWire.Running udp = wire.start("right", shell("exec timeout 30 nc -u -l 7002"));
            Thread.sleep(300);
            wire.start("left", shell("echo a-datagram | " + ncTo(wire, "-u") + " 7002")).awaitEnd().ok();
            udp.awaitWord("a-datagram");
        }
    }

    @Test
    void ourEchoAnswersTheKernelsNc() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            final Path theirs = file(wire, "theirs", 4);
            wire.pnet("echo", "7003");
            final Path got = wire.folder().resolve("got");
            wire.kernel("bash", "-c", "for try in $(seq 50); do nc -N -w 20 " + InteropWire.PNET_V4 + " 7003 <" +
                theirs + " >" + got + " && exit 0; sleep 0.2; done; exit 1").ok();
            assertEquals("", wire.kernel("cmp", theirs.toString(), got.toString()).ok().out());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {InteropWire.PNET_V4, InteropWire.PNET_V6})
    void ourEchoAnswersDatagrams(final String address) throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            wire.pnet("echo", "--udp", "--mac", "02:00:00:00:be:ef", "7004");
            final String got = wire.kernel("bash", "-c", "for try in {1..50}; do got=$(echo a-datagram | nc -u -w 1 " +
                address + " 7004); [ -n \"$got\" ] && echo \"$got\" && exit 0; sleep 0.2; done; exit 1").ok().out();
            assertTrue(got.contains("a-datagram"), got);
            assertTrue(wire.kernel("ip", "neigh").out().contains("02:00:00:00:be:ef"));
        }
    }

    @Test
    void aGatewayLeadsBeyondTheWire() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            wire.kernel("ip", "addr", "add", "192.0.2.1/32", "dev", "lo").ok();
            wire.kernel("ip", "addr", "add", "2001:db8::1/128", "dev", "lo").ok();
            for (final String beyond : List.of("192.0.2.1", "2001:db8::1"))
            {
                wire.pnet("ping", "-c", "1", "--gateway", InteropWire.KERNEL_V4, "--gateway", InteropWire.KERNEL_V6,
                    "--mtu", "1280", "-s", "3000", beyond).awaitEnd().ok();
                assertEquals(1, wire.pnet("ping", "-c", "1", beyond).awaitEnd().exit());
            }
        }
    }

    /** Whoever starts Pnet opens the socket; Pnet itself then has neither root's rights nor a capability. */
    @ParameterizedTest
    @ValueSource(strings = {"fd:7", "fd:7,8"})
    void aSocketThatWasHandedOverNeedsNoRights(final String descriptors) throws Exception
    {
        final String open = """
            import os, socket, sys
            for number, protocol in ((7, 3), (8, 0)):
                link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
                link.bind(("veth0", protocol))
                os.dup2(link.fileno(), number, inheritable=True)
            os.execvp(sys.argv[1], sys.argv[1:])
            """;
        try (InteropWire wire = new InteropWire("ring"))
        {
            wire.start("right", List.of("iperf3", "-s", "--forceflush")).awaitWord("listening");
            for (final String lane : List.of("-R", "--handlers"))
            {
                final InteropWire.Outcome outcome = wire.start("left", List.of(
                    "python3", "-c", open, "setpriv", "--bounding-set=-all", "--inh-caps=-all",
                    InteropWire.PNET, "iperf3", "--link", descriptors, "--ip", "10.77.0.1/24",
                    "-n", "8M", lane, "-c", InteropWire.KERNEL_V4)).awaitEnd().ok();
                assertTrue(outcome.out().contains("receiver"), outcome::toString);
            }
        }
    }

    private static String ncTo(final InteropWire wire, final String options)
    {
        return InteropWire.PNET + " nc --link " + wire.link + " --ip 10.77.0.1/24 " + options + " " +
            InteropWire.KERNEL_V4;
    }

    private static List<String> shell(final String line)
    {
        return List.of("bash", "-c", line);
    }

    private static Path file(final InteropWire wire, final String name, final long seed) throws Exception
    {
        final Path file = wire.folder().resolve(name);
        final ByteBuffer bytes = ByteBuffer.allocate(LENGTH);
        new SeededData(seed).fill(bytes, 0);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE))
        {
            channel.write(bytes.clear());
        }
        return file;
    }
}
