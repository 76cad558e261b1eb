package io.pnet.sim;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IpAddress;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.TcpSettings;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Paths that are narrower than their ends, whether somebody tells or nobody does. */
final class BlackHoleTest
{
    private static final long MS = 1_000_000L;
    private static final long BYTES = 2 << 20;

    /**
     * A transfer both ways, of which one direction is narrow.
     *
     * @param limitMs what it may take: with 20 ms of round trip and without a narrow place it is some 200 ms.
     * @param largest what goes through, and the smallest that has to be found.
     */
    @ParameterizedTest
    @CsvSource({
        "1280:icmp, false, 10.0.0.2, 600, 1280, 1280", "1280:icmp, true, 10.0.0.2, 600, 1280, 1280",
        "1280:icmp, true, fd00::2, 600, 1280, 1280", "1000:icmp, true, 10.0.0.2, 600, 1000, 1000",
        "1280, false, 10.0.0.2, 2000, 1280, 1200", "1280, true, 10.0.0.2, 2000, 1280, 1200",
        "1280, false, fd00::2, 2000, 1280, 1280", "1280, true, fd00::2, 2000, 1280, 1280",
        "600, true, 10.0.0.2, 9000, 600, 552"
    })
    void survivesANarrowPath(
        final String mtu,
        final boolean isGso,
        final String address,
        final long limitMs,
        final int largest,
        final int smallest) throws IOException
    {
        try (Network network = new Network(1))
        {
            final MemoryLinkOptions options = new MemoryLinkOptions().txOffload(isGso).rxGso(isGso);
            final Network.Node a = network.node(
                "10.0.0.1/24 fd00::1/64", options, new TcpSettings(),
                ImpairmentSpec.parse("delay=10ms,out.mtu=" + mtu), link -> link);
            final Network.Node b = network.node(
                "10.0.0.2/24 fd00::2/64", options, new TcpSettings(), null, link -> link);
            final Transfer transfer = new Transfer(network, a, b, IpAddress.parse(address), 80, BYTES, null);
            assertTrue(network.runUntil(transfer::isDone, limitMs * MS), transfer::toString);
            final Counters counters = a.stack().counters();
            final int headers = address.indexOf(':') < 0 ? 52 : 72;
            final int found = transfer.client.connection.info().mss() + headers;
            assertTrue(found <= largest && found >= smallest, () -> "found " + found + ": " + transfer);
            assertEquals(mtu.endsWith("icmp") ? 0 : largest < 1_200 ? 2 : 1, counters.get(Counter.TCP_BLACK_HOLES));
            assertEquals(mtu.endsWith("icmp") ? 1 : 0, counters.get(Counter.PATH_MTU_UPDATES));
        }
    }

    @ParameterizedTest
    @CsvSource({ "1400, false, 1400", "1400, true, 1400", "1500, true, 1500" })
    void findsTheLargestThatGoesThrough(final int mtu, final boolean isGso, final int largest) throws IOException
    {
        try (Network network = new Network(1))
        {
            final MemoryLinkOptions options = new MemoryLinkOptions().mtu(9_000).txOffload(isGso).rxGso(isGso);
            final Network.Node a = network.node(
                "10.0.0.1/24", options, new TcpSettings(),
                ImpairmentSpec.parse("delay=10ms,out.mtu=" + mtu + ",out.rate=10mbit,out.queue=100kB"), link -> link);
            final Network.Node b = network.node("10.0.0.2/24", options, new TcpSettings(), null, link -> link);
            final boolean[] mayEnd = new boolean[1];
            final Transfer transfer = new Transfer(
                network, a, b, IpAddress.parse("10.0.0.2"), 80, 0, BYTES, null, null, Transfer.Reading.IN_PLACE,
                Transfer.Reading.IN_PLACE, () -> mayEnd[0]);
            network.run(40_000 * MS);
            final int found = transfer.client.connection.info().mss() + 52;
            assertTrue(found <= largest && found >= largest - 16, () -> "found " + found + ": " + transfer);
            mayEnd[0] = true;
            assertTrue(network.runUntil(transfer::isDone, 10_000 * MS), transfer::toString);
            assertEquals(1, a.stack().counters().get(Counter.TCP_BLACK_HOLES));
        }
    }
}
