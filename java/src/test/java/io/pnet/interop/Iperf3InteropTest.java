package io.pnet.interop;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@code pnet iperf3} against the real one, in both roles. What is asserted is that data flows, never how fast. */
@Tag("interop")
class Iperf3InteropTest
{
    /** Far below what any machine does, far above what a connection does that limps from timeout to timeout. */
    private static final double FLOWS_BITS_PER_SECOND = 20e6;

    @Test
    void realClientAgainstOurServer() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            wire.pnet("iperf3", "-s").awaitWord("listening");
            final String[] to = {"iperf3", "-J", "-t", "1", "-c", InteropWire.PNET_V4};
            flows(received(wire, to));
            flows(received(wire, with(to, "-R")));
            flows(received(wire, with(to, "-P", "4")));
            flows(received(wire, with(to, "-N", "-l", "1K")));
            final JsonObject both = end(wire, with(to, "--bidir"));
            flows(both.getAsJsonObject("sum_received").get("bits_per_second").getAsDouble());
            flows(both.getAsJsonObject("sum_received_bidir_reverse").get("bits_per_second").getAsDouble());
            flowsAt(100e6, end(wire, with(to, "-u", "-b", "100M")));
            flowsAt(100e6, end(wire, with(to, "-u", "-b", "100M", "-R")));
            flows(received(wire, "iperf3", "-J", "-t", "1", "-c", InteropWire.PNET_V6));
        }
    }

    @Test
    void ourClientAgainstTheRealServer() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            wire.start("right", List.of("iperf3", "-s", "--forceflush")).awaitWord("listening");
            final String[] to = {"-J", "-t", "1", "-c", InteropWire.KERNEL_V4};
            flows(ourReceived(wire, to));
            flows(ourReceived(wire, with(to, "-R")));
            flows(ourReceived(wire, with(to, "-P", "4")));
            final JsonObject both = ourEnd(wire, with(to, "--bidir"));
            flows(both.getAsJsonObject("sum_received").get("bits_per_second").getAsDouble());
            flows(both.getAsJsonObject("sum_received_bidir_reverse").get("bits_per_second").getAsDouble());
            flowsAt(100e6, ourEnd(wire, with(to, "-u", "-b", "100M")));
            flowsAt(100e6, ourEnd(wire, with(to, "-u", "-b", "100M", "-R")));
            flows(ourReceived(wire, "-J", "-t", "1", "-c", InteropWire.KERNEL_V6));
        }
    }

    @Test
    void handlersOfOurServerAgainstTheRealClient() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            final InteropWire.Running server = wire.pnet("iperf3", "-s", "--handlers").awaitWord("listening");
            final String[] to = {"iperf3", "-J", "-t", "1", "-c", InteropWire.PNET_V4};
            flows(received(wire, to));
            flows(received(wire, with(to, "-R")));
            flows(received(wire, with(to, "-P", "4", "-R")));
            flowsAt(100e6, received(wire, with(to, "-R", "-b", "100M")));
            final JsonObject both = end(wire, with(to, "--bidir", "-P", "2"));
            flows(both.getAsJsonObject("sum_received").get("bits_per_second").getAsDouble());
            flows(both.getAsJsonObject("sum_received_bidir_reverse").get("bits_per_second").getAsDouble());
            flows(received(wire, "iperf3", "-J", "-n", "64M", "-c", InteropWire.PNET_V6));
            exactly(64 << 20, end(wire, "iperf3", "-J", "-n", "64M", "-R", "-c", InteropWire.PNET_V6));
            assertTrue(wire.kernel("iperf3", "-u", "-t", "1", "-c", InteropWire.PNET_V4).exit() != 0);
            server.awaitWord("[handlers]").awaitWord("leave it out for this client").awaitWord("fd77::2 port");
        }
    }

    @Test
    void handlersOfOurClientAgainstTheRealServer() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            wire.start("right", List.of("iperf3", "-s", "--forceflush")).awaitWord("listening");
            final String[] to = {"--handlers", "-J", "-t", "1", "-c", InteropWire.KERNEL_V4};
            flows(ourReceived(wire, to));
            flows(ourReceived(wire, with(to, "-R")));
            flows(ourReceived(wire, with(to, "-P", "4")));
            flows(ourReceived(wire, with(to, "-N", "-l", "1001")));
            flowsAt(100e6, ourReceived(wire, with(to, "-b", "100M")));
            final JsonObject both = ourEnd(wire, with(to, "--bidir", "-P", "2"));
            flows(both.getAsJsonObject("sum_received").get("bits_per_second").getAsDouble());
            flows(both.getAsJsonObject("sum_received_bidir_reverse").get("bits_per_second").getAsDouble());
            exactly(64 << 20, ourEnd(wire, "--handlers", "-J", "-n", "64M", "-c", InteropWire.KERNEL_V6));
            exactly(50 * (100 << 10), ourEnd(
                wire, "--handlers", "-J", "-k", "50", "-l", "100K", "-c", InteropWire.KERNEL_V6));
            final InteropWire.Outcome words = wire.pnet(
                "iperf3", "--handlers", "-t", "1", "-c", InteropWire.KERNEL_V6).awaitEnd().ok();
            assertTrue(words.out().contains("[handlers]"), words::toString);
            assertTrue(words.out().contains("local fd77::1 port"), words::toString);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ring, on, 1500, 6", "ring, off, 1500, 4", "ring, mtu, 1280, 6", "ring, off, 9000, 4",
        "tap, on, 1500, 4", "tap, on, 1500, 6", "tap, off, 1280, 4", "tap, mtu, 9000, 6"})
    void bothDirectionsOverEveryKindOfWire(
        final String attach, final String offloads, final String mtu, final int version) throws Exception
    {
        try (InteropWire wire = new InteropWire(attach, "--offloads", offloads, "--mtu", mtu))
        {
            wire.pnet("iperf3", "-s").awaitWord("listening");
            final String address = version == 6 ? InteropWire.PNET_V6 : InteropWire.PNET_V4;
            flows(received(wire, "iperf3", "-J", "-t", "1", "-c", address));
            flows(received(wire, "iperf3", "-J", "-t", "1", "-R", "-c", address));
        }
    }

    private static String[] with(final String[] command, final String... more)
    {
        final List<String> all = new ArrayList<>(List.of(command));
        all.addAll(List.of(more));
        return all.toArray(new String[0]);
    }

    private static double received(final InteropWire wire, final String... command) throws Exception
    {
        return end(wire, command).getAsJsonObject("sum_received").get("bits_per_second").getAsDouble();
    }

    private static double ourReceived(final InteropWire wire, final String... arguments) throws Exception
    {
        return ourEnd(wire, arguments).getAsJsonObject("sum_received").get("bits_per_second").getAsDouble();
    }

    private static JsonObject end(final InteropWire wire, final String... command) throws Exception
    {
        return end(wire.kernel(command), String.join(" ", command));
    }

    private static JsonObject ourEnd(final InteropWire wire, final String... arguments) throws Exception
    {
        return end(wire.pnet("iperf3", arguments).awaitEnd(), "pnet iperf3 " + String.join(" ", arguments));
    }

    private static JsonObject end(final InteropWire.Outcome outcome, final String command)
    {
        outcome.ok();
        final JsonObject all = JsonParser.parseString(outcome.out()).getAsJsonObject();
        assertFalse(all.has("error"), () -> command + ": " + all.get("error"));
        return all.getAsJsonObject("end");
    }

    /** A sender that counts blocks sends no more than it was asked to, and all of it is there in the end. */
    private static void exactly(final long bytes, final JsonObject end)
    {
        assertEquals(bytes, end.getAsJsonObject("sum_sent").get("bytes").getAsLong());
        final long received = end.getAsJsonObject("sum_received").get("bytes").getAsLong();
        assertTrue(received > 0 && received <= bytes, () -> received + " of " + bytes);
    }

    private static void flowsAt(final double bitsPerSecond, final double received)
    {
        assertEquals(bitsPerSecond, received, bitsPerSecond / 5);
    }

    private static void flows(final double bitsPerSecond)
    {
        assertTrue(bitsPerSecond > FLOWS_BITS_PER_SECOND, () -> bitsPerSecond + " bit/s");
    }

    /** UDP keeps to its rate, and most of it arrives: another's work on this machine may cost some. */
    private static void flowsAt(final double bitsPerSecond, final JsonObject end)
    {
        final JsonObject sum = end.getAsJsonObject("sum");
        assertEquals(bitsPerSecond, sum.get("bits_per_second").getAsDouble(), bitsPerSecond / 2, end::toString);
        assertTrue(sum.get("lost_percent").getAsDouble() < 50, end::toString);
    }
}
