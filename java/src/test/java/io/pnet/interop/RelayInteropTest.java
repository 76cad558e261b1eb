package io.pnet.interop;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * {@code pnet relay} in a namespace between two others: first between two kernels, which measure it, then between Pnet
 * and the kernel, whose files must come through unharmed whatever it does.
 */
@Tag("interop")
class RelayInteropTest
{
    private static final int ECHOES = 1_000;
    private static final int LENGTH = 2 << 20;

    /** What the relay says that it lost is what the kernel misses, and what the specification allows. */
    @Test
    void theKernelMissesWhatTheRelaySaysThatItLost() throws Exception
    {
        try (InteropWire wire = new InteropWire("kernel", "--middle"))
        {
            final InteropWire.Running relay = relay(wire, "in.loss=10%,delay=5ms,seed=1");
            final String said = wire.start("left", List.of(
                "ping", "-q", "-n", "-c", Integer.toString(ECHOES), "-i", "0.002", "-W", "1", InteropWire.KERNEL_V4))
                .awaitEnd().ok().out();
            final int received = (int)number("(\\d+) received", said);
            final double leastMs = number("= ([\\d.]+)/", said);
            final JsonObject counts = counts(relay);
            final long lost = there(counts).get("lost").getAsLong();
            assertEquals(ECHOES - received, lost, 1, said + counts);
            // 10 % of 1,000, give or take four standard deviations.
            assertTrue(Math.abs(lost - 100) < 38, said + counts);
            // The least: what a busy machine adds is not the relay's.
            assertTrue(leastMs >= 10 && leastMs < 12, said);
            assertEquals(0, counts.get("ownDrops").getAsLong(), counts::toString);
        }
    }

    /** Each side sends a file over one connection, and both files are whole. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "10.77.0.1 | loss=1%,delay=5ms,seed=1                                | lost",
        "fd77::1   | loss=1%,burst=0.1%:3..20,delay=5ms,seed=2               | burstLost",
        "10.77.0.1 | reorder=5%:3..50,dup=5%,delay=5ms,jitter=2ms,seed=3     | reordered",
        "10.77.0.1 | corrupt=1%,delay=5ms,seed=4                             | corrupted",
        "fd77::1   | corrupt=1%,delay=5ms,seed=5                             | corrupted",
        "10.77.0.1 | mtu=1400:icmp,delay=5ms,rate=100mbit,queue=10ms,seed=6  | answered",
        "fd77::1   | mtu=1400:icmp,delay=5ms,rate=100mbit,queue=10ms,seed=7  | answered",
        "10.77.0.1 | blackout=100ms..400ms/1s,rate=10mbit,queue=20ms,seed=8  | blackedOut"})
    void filesComeThroughWholeInBothDirections(final String address, final String impairment, final String fault)
        throws Exception
    {
        try (InteropWire wire = new InteropWire("ring", "--middle"))
        {
            final InteropWire.Running relay = relay(wire, impairment);
            final Path ours = file(wire, "ours", 1);
            final Path theirs = file(wire, "theirs", 2);
            final InteropWire.Running listener = wire.start("left", List.of("bash", "-c",
                InteropWire.PNET + " nc --link " + wire.link + " --ip 10.77.0.1/24 --ip fd77::1/64 -l " +
                    address + " 7000 <" + ours + " >" + wire.folder().resolve("got-by-us")));
            // nc says nothing when it listens: the kernel's end tries until it is let in.
            wire.kernel("bash", "-c", "for try in $(seq 50); do nc -N -w 30 " + address + " 7000 <" + theirs + " >" +
                wire.folder().resolve("got-by-them") + " && exit 0; sleep 0.2; done; exit 1").ok();
            listener.awaitEnd().ok();
            assertEquals(-1, Files.mismatch(ours, wire.folder().resolve("got-by-them")));
            assertEquals(-1, Files.mismatch(theirs, wire.folder().resolve("got-by-us")));
            final JsonObject counts = counts(relay);
            final long times = there(counts).get(fault).getAsLong() + back(counts).get(fault).getAsLong();
            assertTrue(times > 0, counts::toString);
            assertEquals(0, counts.get("ownDrops").getAsLong(), counts::toString);
        }
    }

    private static InteropWire.Running relay(final InteropWire wire, final String impairment) throws Exception
    {
        return wire.start("middle", List.of(InteropWire.PNET, "relay", "--link", "packet:left0", "--link",
            "packet:right0", "--impair", impairment, "--json")).awaitWord("relaying");
    }

    private static JsonObject counts(final InteropWire.Running relay) throws Exception
    {
        relay.interrupt();
        return JsonParser.parseString(relay.awaitEnd().out()).getAsJsonObject();
    }

    private static JsonObject there(final JsonObject counts)
    {
        return counts.getAsJsonArray("directions").get(0).getAsJsonObject();
    }

    private static JsonObject back(final JsonObject counts)
    {
        return counts.getAsJsonArray("directions").get(1).getAsJsonObject();
    }

    private static double number(final String pattern, final String text)
    {
        final Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertTrue(matcher.find(), text);
        return Double.parseDouble(matcher.group(1));
    }

    private static Path file(final InteropWire wire, final String name, final long seed) throws Exception
    {
        final ByteBuffer bytes = ByteBuffer.allocate(LENGTH);
        new SeededData(seed).fill(bytes, 0);
        return Files.write(wire.folder().resolve(name), bytes.array());
    }
}
