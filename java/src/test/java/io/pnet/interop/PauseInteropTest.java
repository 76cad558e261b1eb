package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A process that stands still, as in a collector's pause, while 1 Gbit/s comes in: what the peer's window lets it send
 * meanwhile waits in the ring and in the socket's queue, and the kernel drops none of it.
 */
@Tag("interop")
class PauseInteropTest
{
    private static final int[] PAUSES_MS = {10, 20, 50, 100, 200, 200};
    private static final long BETWEEN_MS = 300;

    @ParameterizedTest
    @ValueSource(strings = {"on", "mtu"})
    void losesNothing(final String offloads) throws Exception
    {
        try (InteropWire wire = new InteropWire("ring", "--rate", "1g", "--offloads", offloads))
        {
            final InteropWire.Running server = wire.pnet("iperf3", "-s", "-1", "--counters").awaitWord("listening");
            final InteropWire.Running client =
                wire.start("right", List.of("iperf3", "-c", InteropWire.PNET_V4, "-n", "600M"));
            // Until the window has grown.
            Thread.sleep(1_000);
            for (final int ms : PAUSES_MS)
            {
                server.pause(ms);
                Thread.sleep(BETWEEN_MS);
            }
            client.awaitEnd().ok();
            final String counters = server.awaitEnd().ok().err();
            // At its end iperf3 leaves unread what is still on its way.
            assertTrue(count(counters, "tcp.rx.bytes") >= 500L << 20, counters);
            assertEquals(0, count(counters, "link.rx.kernel.drops"), counters);
            assertEquals(0, count(counters, "link.rx.drop.truncated"), counters);
            assertEquals(0, count(counters, "link.rx.drop.no.chunk"), counters);
        }
    }

    /** What was counted; nothing that is 0 is told. */
    private static long count(final String counters, final String label)
    {
        return counters.lines().filter(line -> line.startsWith(label + " "))
            .mapToLong(line -> Long.parseLong(line.substring(label.length() + 1))).sum();
    }
}
