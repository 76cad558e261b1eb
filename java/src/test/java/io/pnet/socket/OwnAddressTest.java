package io.pnet.socket;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.stack.IpProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Connections of a process to itself: their segments are as large as the first window, and must not wait for it. */
@Timeout(60)
final class OwnAddressTest
{
    private static final int LENGTH = 16 << 20;

    @Test
    void theWindowGrowsPastItsLargeSegments() throws Exception
    {
        final Counters counters = new Counters();
        final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 128L << 20), counters);
        final Pipe link = Pipe.pair(new MemoryLinkOptions(), context,
            new LinkContext(new ChunkPool(ChunkPool.LARGE, 8L << 20), new Counters())).left();
        final IpSettings settings = new IpSettings();
        settings.addressDetection = false;
        final InetSocketAddress address = new InetSocketAddress("10.0.0.1", 80);
        try (IpProcess process = IpProcess.builder()
            .link(link, context).address("10.0.0.1/24").ip(settings).linger(Duration.ZERO).start();
            TcpServerSocket server = TcpServerSocket.bind(process, address, 1, null);
            TcpSocket client = TcpSocket.connect(process, address, Duration.ofSeconds(5));
            TcpSocket accepted = server.accept())
        {
            final Thread writer = new Thread(() ->
            {
                try
                {
                    client.write(ByteBuffer.allocate(LENGTH));
                    client.shutdownOutput();
                }
                catch (final IOException ex)
                {
                    throw new UncheckedIOException(ex);
                }
            });
            writer.start();
            final ByteBuffer target = ByteBuffer.allocate(1 << 16);
            int received = 0;
            for (int n = accepted.read(target.clear()); n >= 0; n = accepted.read(target.clear()))
            {
                received += n;
            }
            writer.join();
            assertEquals(LENGTH, received);
            // Every segment that waited for the acknowledgement's timer would be one; there are 256.
            final long delayed = counters.get(Counter.TCP_DELAYED_ACKS);
            assertTrue(delayed < 20, () -> delayed + " delayed acknowledgements");
        }
    }
}
