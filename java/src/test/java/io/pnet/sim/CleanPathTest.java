package io.pnet.sim;

import io.pnet.ip.IpAddress;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.TcpSettings;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;

import static org.junit.jupiter.api.Assertions.assertTrue;

final class CleanPathTest
{
    private static final long SECOND_NS = 1_000_000_000L;

    @ParameterizedTest
    @CsvSource({
        "false, 1500, 10.0.0.2", "true, 1500, 10.0.0.2", "false, 1280, fd00::2", "true, 9000, fd00::2"
    })
    void deliversBothStreamsOnACleanPath(final boolean offload, final int mtu, final String address) throws IOException
    {
        final MemoryLinkOptions options = new MemoryLinkOptions().mtu(mtu).txOffload(offload).rxGso(offload);
        try (Network network = new Network(1))
        {
            final Network.Node a = network.node(
                "10.0.0.1/24 fd00::1/64", options, new TcpSettings(), ImpairmentSpec.parse("delay=1ms"), link -> link);
            final Network.Node b = network.node(
                "10.0.0.2/24 fd00::2/64", options, new TcpSettings(), null, link -> link);
            final Transfer transfer = new Transfer(network, a, b, IpAddress.parse(address), 80, 3 << 20, null);
            assertTrue(network.runUntil(transfer::isDone, 30 * SECOND_NS), transfer::toString);
        }
    }
}
