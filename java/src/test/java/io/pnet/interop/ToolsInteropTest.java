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

            final InteropWire.Running udp = wire.start("right", shell("exec timeout 4 nc -u -l 7002"));
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
