package io.pnet.nio;

import io.pnet.nio.permutation.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Arrays;
import java.util.concurrent.Callable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Channels between two processes' stacks. */
@Timeout(60)
@SuppressWarnings("try")
final class SocketChannelTest
{
    private static final int PORT = 80;

    private TwoProcesses processes;
    private ServerSocketChannel server;

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses();
        server = processes.serverProvider().openServerSocketChannel();
        server.bind(new InetSocketAddress(TwoProcesses.SERVER, PORT));
    }

    @AfterEach
    void stop() throws IOException
    {
        server.close();
        processes.close();
    }

    private SocketChannel connect() throws IOException
    {
        final SocketChannel channel = processes.clientProvider().openSocketChannel();
        assertTrue(channel.connect(server.getLocalAddress()));
        return channel;
    }

    private static <T> Task<T> start(final Callable<T> body)
    {
        return new Task<>(body, false);
    }

    @Test
    void carriesBytesBothWaysAndTheEnd() throws IOException
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            assertEquals(client.getLocalAddress(), accepted.getRemoteAddress());
            assertEquals(5, client.write(ByteBuffer.wrap("hello".getBytes())));
            final ByteBuffer buffer = ByteBuffer.allocateDirect(16);
            assertEquals(5, accepted.read(buffer));
            buffer.flip();
            assertEquals(5, accepted.write(buffer));
            accepted.shutdownOutput();
            final ByteBuffer back = ByteBuffer.allocate(16);
            assertEquals(5, client.read(back));
            assertEquals(-1, client.read(back));
            assertThrows(ClosedChannelException.class, () -> accepted.write(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void connectIsRefusedWhereNobodyListens() throws IOException
    {
        final SocketChannel channel = processes.clientProvider().openSocketChannel();
        final ConnectException ex = assertThrows(ConnectException.class, () ->
            channel.connect(new InetSocketAddress(TwoProcesses.SERVER, PORT + 1)));
        assertEquals("Connection refused", ex.getMessage());
        assertFalse(channel.isOpen());
    }

    @Test
    void closeEndsABlockedRead() throws Exception
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            final Task<Integer> reader = start(() -> client.read(ByteBuffer.allocate(1))).awaitBlocked();
            client.close();
            assertInstanceOf(AsynchronousCloseException.class, reader.failure());
            assertEquals(-1, accepted.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void interruptClosesTheChannelUnderABlockedRead() throws Exception
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            final Task<Integer> reader = start(() -> client.read(ByteBuffer.allocate(1))).awaitBlocked();
            reader.interrupt();
            assertInstanceOf(ClosedByInterruptException.class, reader.failure());
            assertFalse(client.isOpen());
            assertEquals(-1, accepted.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void interruptBeforehandClosesTheChannelOnARead() throws IOException
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            Thread.currentThread().interrupt();
            assertThrows(ClosedByInterruptException.class, () -> client.read(ByteBuffer.allocate(1)));
            assertTrue(Thread.interrupted());
            assertFalse(client.isOpen());
            assertThrows(ClosedChannelException.class, () -> client.read(ByteBuffer.allocate(1)));
            assertEquals(-1, accepted.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void closeEndsABlockedWriteAndWhatWasTakenArrives() throws Exception
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            final ByteBuffer much = ByteBuffer.allocate(64 << 20);
            final Task<Integer> writer = start(() -> client.write(much)).awaitBlocked();
            client.close();
            // Some of it was taken: the write completes with that, and the next one finds the channel closed.
            assertTrue(writer.get() > 0);
            long sum = 0;
            final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
            for (int n = accepted.read(buffer); n >= 0; n = accepted.read(buffer.clear()))
            {
                sum += n;
            }
            assertEquals(writer.get().longValue(), sum);
        }
    }

    @Test
    void closeEndsABlockedConnectAndAnInterruptDoes() throws Exception
    {
        // Nobody has this address: the SYN waits for ARP.
        final InetSocketAddress nowhere = new InetSocketAddress("10.0.0.77", PORT);
        final SocketChannel first = processes.clientProvider().openSocketChannel();
        final Task<Boolean> connecting = start(() -> first.connect(nowhere)).awaitBlocked();
        assertTrue(first.isConnectionPending());
        first.close();
        assertInstanceOf(AsynchronousCloseException.class, connecting.failure());
        final SocketChannel second = processes.clientProvider().openSocketChannel();
        final Task<Boolean> again = start(() -> second.connect(nowhere)).awaitBlocked();
        again.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, again.failure());
    }

    @Test
    void aHostThatDoesNotAnswerIsNoRoute() throws IOException
    {
        final SocketChannel channel = processes.clientProvider().openSocketChannel();
        assertThrows(NoRouteToHostException.class, () ->
            channel.connect(new InetSocketAddress("10.0.0.77", PORT)));
        assertFalse(channel.isOpen());
    }

    @Test
    void connectsInSteps() throws Exception
    {
        final SocketChannel channel = processes.clientProvider().openSocketChannel();
        channel.configureBlocking(false);
        assertThrows(NoConnectionPendingException.class, channel::finishConnect);
        assertThrows(NotYetConnectedException.class, () -> channel.read(ByteBuffer.allocate(1)));
        boolean isDone = channel.connect(server.getLocalAddress());
        if (!isDone)
        {
            assertTrue(channel.isConnectionPending());
            assertThrows(ConnectionPendingException.class, () -> channel.connect(server.getLocalAddress()));
            assertThrows(NotYetConnectedException.class, () -> channel.write(ByteBuffer.allocate(1)));
        }
        while (!isDone)
        {
            isDone = channel.finishConnect();
            Thread.onSpinWait();
        }
        assertTrue(channel.finishConnect());
        assertThrows(AlreadyConnectedException.class, () -> channel.connect(server.getLocalAddress()));
        assertEquals(0, channel.read(ByteBuffer.allocate(1)));
        channel.close();
        assertThrows(ClosedChannelException.class, channel::finishConnect);
    }

    @Test
    void finishConnectSaysWhyNotAndCloses() throws Exception
    {
        final SocketChannel channel = processes.clientProvider().openSocketChannel();
        channel.configureBlocking(false);
        final ConnectException ex = assertThrows(ConnectException.class, () ->
        {
            // The answer may be there at once.
            channel.connect(new InetSocketAddress(TwoProcesses.SERVER, PORT + 1));
            while (!channel.finishConnect())
            {
                Thread.onSpinWait();
            }
        });
        assertEquals("Connection refused", ex.getMessage());
        assertFalse(channel.isOpen());
    }

    @Test
    void writesNothingWhenFullAndIsWritableAgainOnceAThirdIsFree() throws Exception
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            client.configureBlocking(false);
            final ByteBuffer block = ByteBuffer.allocateDirect(64 << 10);
            long written = 0;
            // Until the peer's window and the send buffer are full.
            for (int quiet = 0; quiet < 50;)
            {
                final int n = client.write(block.clear());
                written += n;
                if (n == 0)
                {
                    quiet++;
                    Thread.sleep(2);
                }
                else
                {
                    quiet = 0;
                }
            }
            assertEquals(0, client.write(block.clear()));
            assertEquals(0, ((Selectable)client).readyOps() & SelectionKey.OP_WRITE);
            long read = 0;
            while ((((Selectable)client).readyOps() & SelectionKey.OP_WRITE) == 0)
            {
                read += accepted.read(block.clear());
            }
            assertTrue(client.write(block.clear()) > 0);
            assertTrue(read < written);
        }
    }

    @Test
    void scattersAndGathers() throws IOException
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            final int count = 3_000;
            final ByteBuffer[] sources = new ByteBuffer[count];
            for (int i = 0; i < count; i++)
            {
                sources[i] = i % 3 == 0 ? ByteBuffer.allocateDirect(i % 7) : ByteBuffer.allocate(i % 7);
                while (sources[i].hasRemaining())
                {
                    sources[i].put((byte)i);
                }
                sources[i].flip();
                sources[i] = i % 2 == 0 ? sources[i].asReadOnlyBuffer() : sources[i];
            }
            long sum = 0;
            for (final ByteBuffer source : sources)
            {
                sum += source.remaining();
            }
            assertEquals(sum, client.write(sources));
            final ByteBuffer[] targets = new ByteBuffer[count];
            for (int i = 0; i < count; i++)
            {
                targets[i] = i % 2 == 0 ? ByteBuffer.allocateDirect(i % 7) : ByteBuffer.allocate(i % 7);
            }
            long got = 0;
            while (got < sum)
            {
                got += accepted.read(targets);
            }
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < i % 7; j++)
                {
                    assertEquals((byte)i, targets[i].get(j));
                }
            }
            assertThrows(IllegalArgumentException.class, () ->
                accepted.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
            assertEquals(0, accepted.read(ByteBuffer.allocate(0)));
            assertEquals(0, client.write(ByteBuffer.allocate(0)));
            client.close();
            assertEquals(-1, accepted.read(targets[6].clear()));
            assertEquals(0, accepted.read(ByteBuffer.allocate(0)));
        }
    }

    @Test
    void aBlockingGatherIsComplete() throws Exception
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            final ByteBuffer[] sources = new ByteBuffer[2_000];
            Arrays.setAll(sources, i -> ByteBuffer.allocate(10_000));
            final Task<Long> writer = start(() -> client.write(sources));
            final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
            long sum = 0;
            while (sum < 20_000_000)
            {
                sum += accepted.read(buffer.clear());
            }
            assertEquals(20_000_000L, writer.get());
        }
    }

    @Test
    void aResetIsReportedInTheJdksWords() throws Exception
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            accepted.setOption(StandardSocketOptions.SO_LINGER, 0);
            accepted.close();
            final SocketException ex = assertThrows(SocketException.class, () -> client.read(ByteBuffer.allocate(1)));
            assertEquals("Connection reset", ex.getMessage());
            assertEquals(
                "Connection reset",
                assertThrows(SocketException.class, () -> client.read(ByteBuffer.allocate(1))).getMessage());
            assertEquals(
                "Broken pipe",
                assertThrows(IOException.class, () -> client.write(ByteBuffer.allocate(1))).getMessage());
            assertTrue(client.isOpen());
        }
    }

    @Test
    void aWriterIsToldOfTheResetOnceAndOfABrokenPipeThen() throws Exception
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            client.configureBlocking(false);
            accepted.setOption(StandardSocketOptions.SO_LINGER, 0);
            accepted.close();
            while ((((Selectable)client).readyOps() & SelectionKey.OP_READ) == 0)
            {
                Thread.sleep(1);
            }
            assertEquals(
                "Connection reset by peer",
                assertThrows(IOException.class, () -> client.write(ByteBuffer.allocate(1))).getMessage());
            assertEquals(
                "Broken pipe",
                assertThrows(IOException.class, () -> client.write(ByteBuffer.allocate(1))).getMessage());
        }
    }

    @Test
    void afterShutdownInputTheEndIsReadAndThePeerIsNotStalled() throws Exception
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            final Task<Integer> reader = start(() -> client.read(ByteBuffer.allocate(1))).awaitBlocked();
            client.shutdownInput();
            assertEquals(-1, reader.get());
            assertEquals(-1, client.read(ByteBuffer.allocate(1)));
            assertEquals(64 << 20, accepted.write(ByteBuffer.allocate(64 << 20)));
            client.write(ByteBuffer.allocate(3));
            assertEquals(3, accepted.read(ByteBuffer.allocate(8)));
        }
    }

    @Test
    void bindTakesAPortAtOnceAndConnectUsesIt() throws IOException
    {
        final SocketChannel channel = processes.clientProvider().openSocketChannel();
        channel.bind(null);
        final int port = ((InetSocketAddress)channel.getLocalAddress()).getPort();
        assertTrue(port > 0);
        assertThrows(AlreadyBoundException.class, () -> channel.bind(null));
        final SocketChannel other = processes.clientProvider().openSocketChannel();
        assertThrows(BindException.class, () -> other.bind(new InetSocketAddress(TwoProcesses.CLIENT, port)));
        assertThrows(BindException.class, () -> other.bind(new InetSocketAddress("10.9.9.9", 0)));
        assertTrue(channel.connect(server.getLocalAddress()));
        assertEquals(new InetSocketAddress(TwoProcesses.CLIENT, port), channel.getLocalAddress());
        try (SocketChannel accepted = server.accept())
        {
            assertEquals(new InetSocketAddress(TwoProcesses.CLIENT, port), accepted.getRemoteAddress());
        }
        channel.close();
        other.bind(new InetSocketAddress(TwoProcesses.CLIENT, port));
        other.close();
    }

    @Test
    void refusesAddressesAsTheJdkDoes() throws IOException
    {
        try (SocketChannel channel = processes.clientProvider().openSocketChannel())
        {
            assertThrows(NullPointerException.class, () -> channel.connect(null));
            assertThrows(UnresolvedAddressException.class, () ->
                channel.connect(InetSocketAddress.createUnresolved("nowhere", 1)));
            assertThrows(UnsupportedAddressTypeException.class, () ->
                channel.connect(UnixDomainSocketAddress.of("/tmp/x")));
            assertTrue(channel.isOpen());
        }
    }

    @Test
    void aChannelToTheLoopbackIsTheKernels() throws Exception
    {
        try (ServerSocketChannel kernel = ServerSocketChannel.open();
            SocketChannel channel = processes.clientProvider().openSocketChannel())
        {
            kernel.bind(new InetSocketAddress("127.0.0.1", 0));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            // One that the kernel has free, too.
            final int port;
            try (ServerSocketChannel free = ServerSocketChannel.open())
            {
                port = ((InetSocketAddress)free.bind(null).getLocalAddress()).getPort();
            }
            channel.bind(new InetSocketAddress(port));
            assertTrue(channel.connect(kernel.getLocalAddress()));
            assertEquals(1, ((Selectable)channel).kernelChannels().size());
            assertEquals(port, ((InetSocketAddress)channel.getLocalAddress()).getPort());
            assertTrue(channel.getOption(StandardSocketOptions.TCP_NODELAY));
            try (SocketChannel accepted = kernel.accept())
            {
                accepted.write(ByteBuffer.allocate(3));
                assertEquals(3, channel.read(ByteBuffer.allocate(8)));
                final Task<Integer> reader = start(() -> channel.read(ByteBuffer.allocate(1))).awaitBlocked();
                reader.interrupt();
                assertInstanceOf(ClosedByInterruptException.class, reader.failure());
                assertFalse(channel.isOpen());
            }
        }
    }

    @Test
    void connectionsToOnesOwnAddressStayInside() throws IOException
    {
        try (SocketChannel client = processes.serverProvider().openSocketChannel())
        {
            assertTrue(client.connect(server.getLocalAddress()));
            try (SocketChannel accepted = server.accept())
            {
                client.write(ByteBuffer.allocate(3));
                assertEquals(3, accepted.read(ByteBuffer.allocate(8)));
            }
        }
    }

    @Test
    void theEndOfTheStackEndsWhatBlocksAndWhatComesAfter() throws Exception
    {
        final SocketChannel client = connect();
        final SocketChannel bound = processes.clientProvider().openSocketChannel();
        final ServerSocketChannel other = processes.clientProvider().openServerSocketChannel();
        other.bind(new InetSocketAddress(TwoProcesses.CLIENT, 9));
        final Task<Integer> reader = start(() -> client.read(ByteBuffer.allocate(1))).awaitBlocked();
        final Task<SocketChannel> acceptor = start(other::accept).awaitBlocked();
        processes.client.close();
        assertInstanceOf(IOException.class, reader.failure());
        assertInstanceOf(SocketException.class, acceptor.failure());
        assertThrows(IOException.class, () -> client.write(ByteBuffer.allocate(1)));
        assertThrows(SocketException.class, () -> bound.bind(null));
        assertThrows(SocketException.class, () -> bound.connect(server.getLocalAddress()));
        final ServerSocketChannel late = processes.clientProvider().openServerSocketChannel();
        assertThrows(SocketException.class, () -> late.bind(null));
        client.close();
        other.close();
        late.close();
    }
}
