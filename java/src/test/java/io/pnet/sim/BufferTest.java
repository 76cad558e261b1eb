package io.pnet.sim;

import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.Connection;
import io.pnet.tcp.Invariants;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.ByteBuffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Buffers that find their size: large enough for a fast reader far away, and no larger for a slow one. */
final class BufferTest
{
    private static final long MS = 1_000_000L;
    private static final long SECOND_NS = 1_000 * MS;

    /** How the receiver takes what arrives. */
    enum Reading
    {
        /** Where it lies, in the handler. */
        IN_PLACE,
        /** Copied out of the queue by somebody who looks once a millisecond, as a thread would. */
        EVERY_MS
    }

    /** Sends without end. */
    private static final class Source implements TcpHandler
    {
        private final UnsafeBuffer block = new UnsafeBuffer(ByteBuffer.allocateDirect(64 << 10));
        private int largestBuffer;
        private int mostPending;

        @Override
        public void onConnected(final Connection connection)
        {
            onWritable(connection);
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            return length;
        }

        @Override
        public void onWritable(final Connection connection)
        {
            while (connection.write(block, 0, block.capacity()) == block.capacity())
            {
                continue;
            }
            largestBuffer = connection.sendBufferBytes();
            mostPending = Math.max(mostPending, connection.unacknowledged());
        }
    }

    /** Takes what arrives, as told. */
    private static final class Sink implements TcpHandler
    {
        private final UnsafeBuffer block = new UnsafeBuffer(ByteBuffer.allocateDirect(64 << 10));
        private final Reading reading;
        private Connection connection;
        private long received;

        private Sink(final Reading reading)
        {
            this.reading = reading;
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            final int taken = reading == Reading.IN_PLACE ? length : 0;
            received += taken;
            return taken;
        }

        @Override
        public void onReadable(final Connection connection)
        {
            if (reading == Reading.IN_PLACE)
            {
                // What was out of order.
                read(Integer.MAX_VALUE);
            }
        }

        private void read(final int limit)
        {
            int left = limit;
            while (left > 0)
            {
                final int n = connection.read(block, 0, Math.min(left, block.capacity()));
                if (n == 0)
                {
                    break;
                }
                left -= n;
                received += n;
            }
        }
    }

    /** A bulk transfer over a path with a rate and a round-trip time. */
    private static final class Bulk implements AutoCloseable
    {
        private final Network network = new Network(1);
        private final Network.Node sender;
        private final Network.Node receiver;
        private final Source source = new Source();
        private final Sink sink;

        private Bulk(final String path, final boolean isGso, final Reading reading) throws IOException
        {
            final MemoryLinkOptions options = new MemoryLinkOptions().txOffload(isGso).rxGso(isGso).queueFrames(32_768);
            final TcpSettings settings = new TcpSettings();
            sender = network.node(
                "10.0.0.1/24", options, settings, ImpairmentSpec.parse(path), link -> link);
            receiver = network.node("10.0.0.2/24", options, settings, null, link -> link);
            sink = new Sink(reading);
            receiver.stack().tcp().listen(IpAddress.ANY, 80, 1, null, connection ->
            {
                sink.connection = connection;
                return sink;
            });
            sender.stack().tcp().connect(
                IpAddress.ANY, 0, IpAddress.parse("10.0.0.2"), 80, null, source, network.nowNs());
        }

        /** Lets time pass, with a reader of so many bytes a millisecond if it is one that looks by itself. */
        private void run(final long durationNs, final int bytesPerMs)
        {
            final long endNs = network.nowNs() + durationNs;
            while (network.nowNs() < endNs)
            {
                network.run(MS);
                if (sink.reading == Reading.EVERY_MS && sink.connection != null)
                {
                    sink.read(bytesPerMs);
                }
                receiver.stack().tcp().forEachConnection(Invariants::check);
                sender.stack().tcp().forEachConnection(Invariants::check);
            }
        }

        @Override
        public void close()
        {
            network.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Reading.class)
    void fillsAGigabitOverAHundredMilliseconds(final Reading reading) throws IOException
    {
        try (Bulk bulk = new Bulk(
            "out.delay=50ms,out.rate=1gbit,out.queue=16MB,in.delay=50ms", true, reading))
        {
            bulk.run(2 * SECOND_NS, Integer.MAX_VALUE);
            final long before = bulk.sink.received;
            bulk.run(2 * SECOND_NS, Integer.MAX_VALUE);
            final double share = (bulk.sink.received - before) * 8 / 2e9;
            assertTrue(share >= 0.9, () -> "only " + share + " of the rate");
            assertTrue(bulk.source.largestBuffer <= bulk.sender.stack().tcp().settings().maxSendBufferBytes);
            assertTrue(bulk.source.mostPending <= bulk.source.largestBuffer);
        }
    }

    @Test
    void aSlowReaderGetsNoLargerBuffer() throws IOException
    {
        try (Bulk bulk = new Bulk(
            "out.delay=5ms,out.rate=1gbit,out.queue=4MB,in.delay=5ms", false, Reading.EVERY_MS))
        {
            // Slow start fills a window before the reader has shown that it is slow.
            bulk.run(5 * SECOND_NS, 2_000);
            final Connection connection = bulk.sink.connection;
            final int limit = connection.receiveBufferBytes();
            assertTrue(limit <= 128 << 10, () -> "grew to " + limit);
            assertTrue(bulk.source.largestBuffer <= 640 << 10, () -> "grew to " + bulk.source.largestBuffer);
            assertTrue(bulk.sink.received > 9_900_000, () -> "received " + bulk.sink.received);
            // The reader stops: the window closes, and not a byte comes that it did not allow.
            bulk.run(SECOND_NS, 0);
            assertEquals(0, connection.info().rcvWnd());
            assertEquals(limit, connection.receiveBufferBytes());
            assertTrue(connection.readable() <= limit + limit / 32, () -> "unread " + connection.readable());
            // It goes on, and so does the sender.
            final long before = bulk.sink.received;
            bulk.run(SECOND_NS, 2_000);
            assertTrue(bulk.sink.received - before > 1_900_000, () -> "received " + (bulk.sink.received - before));
            assertEquals(0, bulk.receiver.stack().counters().get(Counter.TCP_RX_OUT_OF_ORDER_DISCARDED));
        }
    }
}
