package io.pnet.sim;

import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.link.Disguise;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.Link;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.RxFrame;
import io.pnet.link.Unsteady;
import io.pnet.tcp.Connection;
import io.pnet.tcp.Invariants;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.TcpState;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * What a connection meets that lives for days: numbers that wrap, hours of silence, windows that stay shut, clocks that
 * leap, processes that stand still, links that come and go, and neighbours with another network card. In virtual time.
 */
final class LongLivedTest
{
    private static final long MS = 1_000_000L;
    private static final long SECOND_NS = 1_000 * MS;
    private static final long HOUR_NS = 3_600 * SECOND_NS;
    private static final long DAY_NS = 24 * HOUR_NS;
    private static final int PORT = 80;
    private static final int CLIENT_PORT = 5_000;
    private static final long ISN_TICK_NS = 4_000;

    private final Network network = new Network(1);
    private final Invariants.Watch clientWatch = new Invariants.Watch();
    private final Invariants.Watch serverWatch = new Invariants.Watch();
    private Network.Node left;
    private Network.Node right;
    private End client;
    private End server;
    private boolean isDown;

    /** One side: sends what it is told to, and checks what it gets by its offset. */
    private static final class End implements TcpHandler
    {
        private static final int BLOCK = 64 << 10;

        private final UnsafeBuffer block = new UnsafeBuffer(ByteBuffer.allocateDirect(BLOCK));
        private Connection connection;
        private long toSend;
        private long sent;
        private long received;
        private boolean isReading = true;

        void send(final long bytes)
        {
            toSend += bytes;
            pump();
        }

        void read()
        {
            isReading = true;
            onReadable(connection);
        }

        @Override
        public void onConnected(final Connection connection)
        {
            this.connection = connection;
            pump();
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            if (!isReading)
            {
                return 0;
            }
            check(buffer, offset, length);
            return length;
        }

        @Override
        public void onReadable(final Connection connection)
        {
            final UnsafeBuffer target = new UnsafeBuffer(new byte[BLOCK]);
            int n = isReading ? connection.read(target, 0, BLOCK) : 0;
            while (n > 0)
            {
                check(target, 0, n);
                n = connection.read(target, 0, BLOCK);
            }
        }

        @Override
        public void onWritable(final Connection connection)
        {
            pump();
        }

        private void pump()
        {
            while (connection != null && sent < toSend)
            {
                final int skip = (int)(sent & 7);
                final int n = (int)Math.min(BLOCK - skip, toSend - sent);
                for (int i = 0; i < skip + n; i += 8)
                {
                    block.putLong(i, word(sent - skip + i), ByteOrder.LITTLE_ENDIAN);
                }
                final int taken = connection.write(block, skip, n);
                sent += taken;
                if (taken < n)
                {
                    return;
                }
            }
        }

        private void check(final UnsafeBuffer buffer, final int offset, final int length)
        {
            int i = 0;
            while (i < length)
            {
                final long at = received + i;
                if ((at & 7) == 0 && length - i >= 8)
                {
                    assertEquals(word(at), buffer.getLong(offset + i, ByteOrder.LITTLE_ENDIAN), "bytes");
                    i += 8;
                }
                else
                {
                    assertEquals((byte)(word(at & ~7L) >>> 8 * (at & 7)), buffer.getByte(offset + i), "byte");
                    i++;
                }
            }
            received += length;
        }

        private static long word(final long at)
        {
            final long x = at * 0x9E37_79B9_7F4A_7C15L;
            return x ^ x >>> 29;
        }
    }

    @AfterEach
    void close()
    {
        network.close();
    }

    private static TcpSettings settings()
    {
        final TcpSettings settings = new TcpSettings();
        // Nobody here waits for company.
        settings.noDelay = true;
        return settings;
    }

    private void open(final String path, final TcpSettings settings) throws IOException
    {
        open(path, settings, link -> new Unsteady(link, () -> isDown, () -> RxFrame.NO_TIMESTAMP));
    }

    private void open(final String path, final TcpSettings settings, final UnaryOperator<Link> wrapper)
        throws IOException
    {
        final MemoryLinkOptions options = new MemoryLinkOptions().txOffload(true).rxGso(true);
        final ImpairmentSpec spec =
            path.isEmpty() ? null : ImpairmentSpec.parse("out." + path.replace(",", ",out."));
        left = network.node(
            "10.0.0.1/24", options, settings, spec,
            link -> new Unsteady(link, () -> isDown, () -> RxFrame.NO_TIMESTAMP));
        right = network.node("10.0.0.2/24", options, settings, spec, wrapper);
        right.stack().tcp().listen(IpAddress.ANY, PORT, 16, null, connection ->
        {
            server.connection = connection;
            return server;
        });
        connect();
    }

    private void connect() throws IOException
    {
        client = new End();
        server = new End();
        left.stack().tcp().connect(
            IpAddress.ANY, CLIENT_PORT, IpAddress.parse("10.0.0.2"), PORT, null, client, network.nowNs());
        assertTrue(network.runUntil(() -> client.connection != null && server.connection != null, SECOND_NS));
    }

    private void watch()
    {
        network.observer(() ->
        {
            clientWatch.check(client.connection);
            serverWatch.check(server.connection);
        });
    }

    /** Sends both ways; everything arrives within so long. */
    private void exchange(final long bytes, final long limitNs)
    {
        client.send(bytes);
        server.send(bytes);
        assertTrue(network.runUntil(this::isQuiet, limitNs), this::toString);
    }

    private boolean isQuiet()
    {
        return client.received == server.toSend && server.received == client.toSend &&
            client.connection.unacknowledged() == 0 && server.connection.unacknowledged() == 0;
    }

    private static boolean isOver(final Connection connection)
    {
        return connection.state() == TcpState.TIME_WAIT || connection.state() == TcpState.CLOSED;
    }

    private long retransmittedSegments()
    {
        return client.connection.info().retransmittedSegments() + server.connection.info().retransmittedSegments();
    }

    @Override
    public String toString()
    {
        return "client sent " + client.sent + " received " + client.received + " " + client.connection.info() +
            ", server sent " + server.sent + " received " + server.received + " " + server.connection.info();
    }

    // ---- numbers that wrap

    @ParameterizedTest
    @CsvSource({"false, 0", "false, 0x80000000", "true, 0", "true, 0x80000000"})
    void sequenceNumbersWrap(final boolean isServers, final String edge) throws IOException
    {
        open("delay=1ms", settings());
        // The next connection between the same ports has the numbers of this one, moved on by the clock.
        final int isn = Invariants.initialSequenceNumber(isServers ? server.connection : client.connection);
        final long connectedNs = network.nowNs();
        client.connection.abort();
        network.run(SECOND_NS);
        final int target = Long.decode(edge).intValue() - (100 << 10);
        final long ticks = target - isn - (int)((network.nowNs() - connectedNs) / ISN_TICK_NS) & 0xFFFF_FFFFL;
        network.run(ticks * ISN_TICK_NS);
        connect();
        watch();
        final int start = Invariants.initialSequenceNumber(isServers ? server.connection : client.connection);
        assertTrue(Math.abs(target - start) < 50 << 10, () -> Integer.toHexString(start));
        exchange(1 << 20, 30 * SECOND_NS);
        client.connection.close();
        server.connection.close();
        network.run(2 * SECOND_NS);
        assertTrue(isOver(client.connection) && isOver(server.connection), this::toString);
    }

    @Test
    void oneConnectionCarriesMoreThanEightGibibytes() throws IOException
    {
        // All of it in one instant, in which no buffer can find its size.
        final TcpSettings settings = settings();
        settings.receiveBufferBytes = 6 << 20;
        settings.sendBufferBytes = 4 << 20;
        open("", settings);
        client.send((8L << 30) + 12_345);
        assertTrue(network.runUntil(this::isQuiet, HOUR_NS), this::toString);
        assertEquals((8L << 30) + 12_345, server.received);
        assertEquals(server.received, server.connection.info().bytesReceived());
        assertEquals(server.received, client.connection.info().bytesSent());
        exchange(1_000, SECOND_NS);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Integer.MIN_VALUE})
    void timeStampsWrap(final int edge) throws IOException
    {
        open("delay=5ms,rate=20mbit,queue=4MB", settings());
        exchange(1_000, SECOND_NS);
        final long ticks = edge - 100 - Invariants.timestamp(client.connection, network.nowNs()) & 0xFFFF_FFFFL;
        network.run(ticks * MS);
        watch();
        exchange(2 << 20, 10 * SECOND_NS);
        assertTrue(Invariants.timestamp(client.connection, network.nowNs()) - edge > 0);
        assertEquals(0, retransmittedSegments());
    }

    // ---- silence

    @ParameterizedTest
    @ValueSource(ints = {1, 23, 25, 40, 50})
    void daysOfSilenceDoNotMakeTimeStampsOld(final int days) throws IOException
    {
        // RFC 7323 section 5.5: after 24 days a time stamp looks older than the one before.
        open("delay=5ms", settings());
        exchange(1_000, SECOND_NS);
        network.run(days * DAY_NS);
        exchange(100_000, 3 * SECOND_NS);
        network.run(days * DAY_NS);
        server.send(1_000);
        assertTrue(network.runUntil(this::isQuiet, 3 * SECOND_NS), this::toString);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWindowThatIsShutForAnHourOpensAgain(final boolean isUpdateLost) throws IOException
    {
        final TcpSettings settings = settings();
        settings.receiveBufferBytes = 256 << 10;
        open("delay=5ms", settings);
        watch();
        server.isReading = false;
        client.send(1 << 20);
        network.run(HOUR_NS);
        final long stuckAt = client.connection.info().bytesSent();
        assertEquals(0, client.connection.info().sndWnd());
        assertTrue(stuckAt < 300 << 10, this::toString);
        final long probes = left.stack().counters().get(Counter.TCP_ZERO_WINDOW_PROBES);
        // At least one a minute.
        assertTrue(probes >= 60 && probes < 100, () -> probes + " probes");
        isDown = isUpdateLost;
        server.read();
        network.run(20 * MS);
        isDown = false;
        final long openedNs = network.nowNs();
        assertTrue(
            network.runUntil(() -> server.received > stuckAt, (isUpdateLost ? 61 : 1) * SECOND_NS), this::toString);
        assertTrue(network.runUntil(this::isQuiet, 5 * SECOND_NS), this::toString);
        assertTrue(isUpdateLost == network.nowNs() - openedNs > 2 * SECOND_NS || !isUpdateLost);
    }

    // ---- time that is not there

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClockThatLeapsByHoursEndsNothing(final boolean isSending) throws IOException
    {
        open("delay=10ms,rate=50mbit,queue=4MB", settings());
        watch();
        for (int i = 1; i <= 5; i++)
        {
            if (isSending)
            {
                client.send(1 << 20);
                server.send(1 << 20);
                network.run(100 * MS);
            }
            network.leap(i * HOUR_NS);
            exchange(100_000, 10 * SECOND_NS);
        }
        // What was under way found its acknowledgements in the queue, or was lost to nobody.
        assertTrue(retransmittedSegments() <= 5 * 8, this::toString);
    }

    @Test
    void standingStillForTwoSecondsIsNoReasonToSendEverythingAgain() throws IOException
    {
        open("delay=5ms,rate=20mbit,queue=256kB", settings());
        watch();
        client.send(Long.MAX_VALUE / 2);
        server.send(Long.MAX_VALUE / 2);
        network.run(2 * SECOND_NS);
        final long before = retransmittedSegments();
        final SplittableRandom random = new SplittableRandom(7);
        final int pauses = 30;
        for (int i = 0; i < pauses; i++)
        {
            final Network.Node node = i % 2 == 0 ? left : right;
            node.stopped(true);
            network.run(random.nextLong(64 * MS, 2 * SECOND_NS));
            node.stopped(false);
            network.run(SECOND_NS);
        }
        final long again = retransmittedSegments() - before;
        final long sent = client.connection.info().bytesSent() + server.connection.info().bytesSent();
        assertTrue(again < 20L * pauses, () -> again + " segments again, of " + sent + " bytes: " + this);
        assertTrue(sent > 100_000_000L, () -> "only " + sent + " bytes: " + this);
    }

    // ---- links and neighbours

    @Test
    void aThousandLinkFlapsEndNothingAndCostNoMoreThanATimeout() throws IOException
    {
        open("delay=2ms,rate=2mbit,queue=20kB", settings());
        watch();
        client.send(Long.MAX_VALUE / 2);
        server.send(Long.MAX_VALUE / 2);
        final SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 1_000; i++)
        {
            network.run(random.nextLong(SECOND_NS));
            isDown = true;
            network.run(100 * MS + random.nextLong(9_900 * MS));
            isDown = false;
            resumes(i, client, server);
            resumes(i, server, client);
        }
        assertEquals(TcpState.ESTABLISHED, client.connection.state());
    }

    private void resumes(final int flap, final End sender, final End receiver)
    {
        final long before = receiver.received;
        final long limitNs = sender.connection.info().rtoNs() + SECOND_NS;
        assertTrue(
            network.runUntil(() -> receiver.received > before, limitNs),
            () -> "flap " + flap + ": nothing within " + limitNs + " ns: " + this);
    }

    @Test
    void aNeighbourWithAnotherMacAddressIsFoundAgain() throws IOException
    {
        final Disguise[] disguise = new Disguise[1];
        open("delay=2ms,rate=10mbit", settings(), link -> disguise[0] = new Disguise(link));
        client.send(Long.MAX_VALUE / 2);
        network.run(5 * SECOND_NS);
        for (int i = 1; i <= 3; i++)
        {
            disguise[0].macAddress(0x0250_4E02_0000L + i);
            final long before = server.received;
            network.run(SECOND_NS);
            // Three time-outs, then the neighbour is asked where it is (RFC 1122 section 2.3.2.1); then the next one.
            assertTrue(
                network.runUntil(() -> server.received > before + 100_000, 30 * SECOND_NS),
                () -> "change is not followed: " + this);
            network.run(5 * SECOND_NS);
        }
    }
}
