package io.pnet.nio;

import io.pnet.nio.permutation.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Servers on Pnet and on the kernel's loopback. */
@Timeout(60)
@SuppressWarnings("try")
final class ServerSocketChannelTest
{
    private TwoProcesses processes;

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses();
    }

    @AfterEach
    void stop()
    {
        processes.close();
    }

    private ServerSocketChannel open() throws IOException
    {
        return processes.serverProvider().openServerSocketChannel();
    }

    private SocketChannel connect(final int port) throws IOException
    {
        final SocketChannel channel = processes.clientProvider().openSocketChannel();
        channel.connect(new InetSocketAddress(TwoProcesses.SERVER, port));
        return channel;
    }

    private static int port(final ServerSocketChannel server) throws IOException
    {
        return ((InetSocketAddress)server.getLocalAddress()).getPort();
    }

    private static Task<SocketChannel> accept(final ServerSocketChannel server)
    {
        return new Task<>(server::accept, false);
    }

    @Test
    void aWildcardServerHasOnePortOnPnetAndOnTheLoopback() throws Exception
    {
        try (ServerSocketChannel server = open())
        {
            server.bind(null);
            final int port = port(server);
            for (int i = 0; i < 3; i++)
            {
                final Task<SocketChannel> first = accept(server);
                try (SocketChannel remote = connect(port); SocketChannel accepted = first.get())
                {
                    assertEquals(remote.getLocalAddress(), accepted.getRemoteAddress());
                }
                final Task<SocketChannel> second = accept(server);
                Thread.sleep(20);
                try (SocketChannel local = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
                    SocketChannel accepted = second.get())
                {
                    assertEquals(local.getLocalAddress(), accepted.getRemoteAddress());
                    local.write(ByteBuffer.allocate(3));
                    assertEquals(3, accepted.read(ByteBuffer.allocate(8)));
                }
            }
        }
    }

    @Test
    void aLoopbackPortThatIsTakenFailsTheBind() throws IOException
    {
        try (ServerSocketChannel kernel = ServerSocketChannel.open(); ServerSocketChannel server = open())
        {
            kernel.bind(new InetSocketAddress("127.0.0.1", 0));
            final InetSocketAddress wanted = new InetSocketAddress(port(kernel));
            assertThrows(BindException.class, () -> server.bind(wanted));
            assertNull(server.getLocalAddress());
            kernel.close();
            server.bind(wanted);
            assertEquals(wanted.getPort(), port(server));
        }
    }

    @Test
    void theLoopbackIsLeftAloneWhereItIsSwitchedOff() throws IOException
    {
        final PnetSelectorProvider provider =
            new PnetSelectorProvider(processes.server, Routing.parse("loopback=off"), SelectorProvider.provider());
        try (ServerSocketChannel server = provider.openServerSocketChannel();
            ServerSocketChannel kernel = ServerSocketChannel.open())
        {
            server.bind(null);
            assertTrue(((Selectable)server).kernelChannels().isEmpty());
            kernel.bind(new InetSocketAddress("127.0.0.1", port(server)));
        }
    }

    @Test
    void aServerOnTheLoopbackIsTheKernelsAlone() throws Exception
    {
        try (ServerSocketChannel server = open())
        {
            server.bind(new InetSocketAddress("127.0.0.1", 0));
            final Task<SocketChannel> task = accept(server);
            try (SocketChannel local = SocketChannel.open(server.getLocalAddress());
                SocketChannel accepted = task.get())
            {
                assertEquals(local.getLocalAddress(), accepted.getRemoteAddress());
            }
            assertThrows(IOException.class, () -> connect(port(server)));
        }
    }

    @Test
    void closeAndInterruptEndABlockedAccept() throws Exception
    {
        final ServerSocketChannel first = open();
        first.bind(null);
        final Task<SocketChannel> accepting = accept(first).awaitBlocked();
        first.close();
        assertInstanceOf(AsynchronousCloseException.class, accepting.failure());
        final ServerSocketChannel second = open();
        second.bind(null);
        final Task<SocketChannel> again = accept(second).awaitBlocked();
        again.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, again.failure());
        assertFalse(second.isOpen());
        assertThrows(ClosedChannelException.class, second::accept);
    }

    @Test
    void acceptsWithoutBlocking() throws Exception
    {
        try (ServerSocketChannel server = open())
        {
            assertThrows(NotYetBoundException.class, server::accept);
            server.bind(null);
            assertThrows(AlreadyBoundException.class, () -> server.bind(null));
            server.configureBlocking(false);
            assertNull(server.accept());
            try (SocketChannel remote = connect(port(server)))
            {
                while (((Selectable)server).readyOps() == 0)
                {
                    Thread.sleep(1);
                }
                assertEquals(SelectionKey.OP_ACCEPT, ((Selectable)server).readyOps());
                try (SocketChannel accepted = server.accept())
                {
                    assertNotNull(accepted);
                    assertTrue(accepted.isBlocking());
                }
                assertNull(server.accept());
            }
        }
    }

    @Test
    void aPortCanBeBoundAgainAtOnceWhileConnectionsOfItsLinger() throws Exception
    {
        final ServerSocketChannel first = open();
        first.bind(null);
        final int port = port(first);
        final SocketChannel running = connect(port);
        final SocketChannel runningToo = first.accept();
        final SocketChannel ended = connect(port);
        final SocketChannel accepted = first.accept();
        // The server closes first: TIME_WAIT is here.
        accepted.close();
        assertEquals(-1, ended.read(ByteBuffer.allocate(1)));
        ended.close();
        first.close();
        try (ServerSocketChannel second = open())
        {
            second.bind(new InetSocketAddress(port));
            try (SocketChannel client = connect(port); SocketChannel again = second.accept())
            {
                assertEquals(client.getLocalAddress(), again.getRemoteAddress());
            }
            runningToo.write(ByteBuffer.allocate(2));
            assertEquals(2, running.read(ByteBuffer.allocate(8)));
        }
        running.close();
        runningToo.close();
    }

    @Test
    void twoServersCannotHaveAPort() throws IOException
    {
        try (ServerSocketChannel first = open(); ServerSocketChannel second = open())
        {
            first.bind(new InetSocketAddress(TwoProcesses.SERVER, 0));
            assertThrows(BindException.class, () -> second.bind(first.getLocalAddress()));
            assertThrows(BindException.class, () -> second.bind(new InetSocketAddress("10.9.9.9", 0)));
            second.bind(null);
        }
    }

    @Test
    void whoeverWaitsInTheBacklogIsResetWhenTheServerCloses() throws Exception
    {
        final ServerSocketChannel server = open();
        server.bind(null);
        try (SocketChannel waiting = connect(port(server)))
        {
            while (((Selectable)server).readyOps() == 0)
            {
                Thread.sleep(1);
            }
            server.close();
            final IOException ex = assertThrows(IOException.class, () -> waiting.read(ByteBuffer.allocate(1)));
            assertEquals("Connection reset", ex.getMessage());
        }
    }

    @Test
    void aBacklogOfFiftyTakesTheWaveOfClientsThatAServerForManyHasBehindOneThatHasGone() throws IOException
    {
        final List<SocketChannel> clients = new ArrayList<>();
        try (ServerSocketChannel server = open())
        {
            server.bind(null, 50);
            for (int i = 0; i < 1_000; i++)
            {
                connect(port(server)).close();
            }
            for (int i = 0; i < 1_000; i++)
            {
                clients.add(connect(port(server)));
            }
            for (int i = 0; i < 2_000; i++)
            {
                server.accept().close();
            }
        }
        finally
        {
            for (final SocketChannel client : clients)
            {
                client.close();
            }
        }
    }

    @Test
    void aFamilyOfFourTakesNoAddressOfSix() throws IOException
    {
        try (ServerSocketChannel server =
            processes.serverProvider().openServerSocketChannel(StandardProtocolFamily.INET))
        {
            assertThrows(RuntimeException.class, () -> server.bind(new InetSocketAddress("fd00::1", 0)));
            server.bind(new InetSocketAddress(0));
            assertEquals(1, ((Selectable)server).kernelChannels().size());
        }
    }

    @Test
    void adaptorsAcceptWithATimeOut() throws Exception
    {
        try (ServerSocketChannel channel = open())
        {
            final ServerSocket server = channel.socket();
            assertFalse(server.isBound());
            server.bind(new InetSocketAddress(0), 10);
            assertTrue(server.isBound());
            server.setSoTimeout(50);
            assertThrows(SocketTimeoutException.class, server::accept);
            try (SocketChannel client = connect(server.getLocalPort()); Socket accepted = server.accept())
            {
                assertEquals(client.getLocalAddress(), accepted.getRemoteSocketAddress());
                assertNotNull(accepted.getChannel());
            }
        }
    }
}
