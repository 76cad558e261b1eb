package io.pnet.sim;

import com.sun.management.ThreadMXBean;
import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.congestion.CongestionControls;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A bulk transfer both ways that has warmed up allocates nothing per frame, segment or timer. */
final class AllocationTest
{
    private static final long MS = 1_000_000L;
    /** What the measurement itself, and the machine's own bookkeeping, may cost. */
    private static final long TOLERANCE_BYTES = 16 << 10;

    /** Sends without end and takes everything. */
    private static final class Endless implements TcpHandler
    {
        private final UnsafeBuffer block = new UnsafeBuffer(ByteBuffer.allocateDirect(64 << 10));
        private final boolean isQueued;
        private long received;
        private CloseReason reason;

        private Endless(final boolean isQueued)
        {
            this.isQueued = isQueued;
        }

        @Override
        public void onConnected(final Connection connection)
        {
            onWritable(connection);
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            if (isQueued)
            {
                return 0;
            }
            received += length;
            return length;
        }

        @Override
        public void onReadable(final Connection connection)
        {
            for (int n = connection.read(block, 0, block.capacity()); n > 0;
                n = connection.read(block, 0, block.capacity()))
            {
                received += n;
            }
        }

        @Override
        public void onWritable(final Connection connection)
        {
            while (connection.write(block, 0, block.capacity()) == block.capacity())
            {
                continue;
            }
        }

        @Override
        public void onClosed(final Connection connection, final CloseReason reason)
        {
            this.reason = reason;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "true, true, false, 10.0.0.2, cubic", "false, false, false, 10.0.0.2, newreno",
        "true, false, true, 10.0.0.2, cubic", "false, false, true, fd00::2, bbr"
    })
    void allocatesNothingPerSegment(
        final boolean gsoOut, final boolean gsoIn, final boolean isQueued, final String address, final String control)
        throws IOException
    {
        final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
        final MemoryLinkOptions options = new MemoryLinkOptions().txOffload(gsoOut).rxGso(gsoIn).queueFrames(8_192);
        final TcpSettings settings = new TcpSettings();
        // Windows that keep both directions busy without ever overflowing a queue: steps of time move it on.
        settings.sendBufferBytes = 256 << 10;
        settings.receiveBufferBytes = 256 << 10;
        settings.congestionControl = CongestionControls.named(control);
        try (Network network = new Network(7))
        {
            final Network.Node a = network.node("10.0.0.1/24 fd00::1/64", options, settings, null, link -> link);
            final Network.Node b = network.node("10.0.0.2/24 fd00::2/64", options, settings, null, link -> link);
            final Endless client = new Endless(isQueued);
            final Endless server = new Endless(isQueued);
            b.stack().tcp().listen(IpAddress.ANY, 80, 16, null, connection -> server);
            a.stack().tcp().connect(IpAddress.ANY, 0, IpAddress.parse(address), 80, null, client, network.nowNs());
            long nowNs = network.nowNs();
            // The JIT compiler, the classes, and whatever grows once.
            nowNs = cycles(a, b, nowNs, 30_000);
            assertTrue(server.received > 1 << 20, () -> "received " + server.received);

            final long segments = segments(a, b);
            final long received = client.received + server.received;
            final long before = threads.getCurrentThreadAllocatedBytes();
            nowNs = cycles(a, b, nowNs, 10_000);
            final long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            final long sent = segments(a, b) - segments;
            assertTrue(sent > 10_000, () -> "only " + sent + " segments");
            assertTrue(client.received + server.received - received > 10 << 20);
            assertEquals(null, client.reason);
            assertTrue(allocated <= TOLERANCE_BYTES,
                () -> allocated + " bytes allocated over " + sent + " segments");
        }
    }

    private static long segments(final Network.Node a, final Network.Node b)
    {
        return a.stack().counters().get(Counter.TCP_TX_SEGMENTS) + b.stack().counters().get(Counter.TCP_TX_SEGMENTS);
    }

    private static long cycles(final Network.Node a, final Network.Node b, final long fromNs, final int count)
    {
        long nowNs = fromNs;
        for (int i = 0; i < count; i++)
        {
            a.stack().doWork(nowNs);
            b.stack().doWork(nowNs);
            a.stack().nextDeadlineNs();
            b.stack().nextDeadlineNs();
            // A lossless path of a fraction of a millisecond; timers come due as well.
            nowNs += MS / 20;
        }
        return nowNs;
    }
}
