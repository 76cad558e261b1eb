package io.pnet.nio;

import io.pnet.nio.permutation.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.util.concurrent.FutureTask;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@code java.net}'s sockets with our implementation, which the factories of a JVM make; here without factories. */
@Timeout(60)
@SuppressWarnings("try")
final class SocketImplTest
{
    private TwoProcesses processes;
    private Server server;

    /** A socket that has its implementation from us. */
    private static final class Client extends Socket
    {
        Client(final SocketImpl impl) throws SocketException
        {
            super(impl);
        }
    }

    private static final class Server extends ServerSocket
    {
        private final PnetSelectorProvider provider;

        Server(final PnetSelectorProvider provider)
        {
            super(new PnetSocketImpl(provider, true));
            this.provider = provider;
        }

        @Override
        public Socket accept() throws IOException
        {
            // As the client factory does.
            final Socket socket = new Client(new PnetSocketImpl(provider, false));
            implAccept(socket);
            return socket;
        }
    }

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses();
        server = new Server(processes.serverProvider());
        server.bind(new InetSocketAddress(0));
    }

    @AfterEach
    void stop() throws IOException
    {
        server.close();
        processes.close();
    }

    private Socket open() throws IOException
    {
        return new Client(new PnetSocketImpl(processes.clientProvider(), false));
    }

    private InetSocketAddress address()
    {
        return new InetSocketAddress(TwoProcesses.SERVER, server.getLocalPort());
    }

    @Test
    void connectsAcceptsAndCarriesBytes() throws IOException
    {
        try (Socket client = open())
        {
            client.setTcpNoDelay(true);
            client.connect(address(), 5_000);
            try (Socket accepted = server.accept())
            {
                assertTrue(accepted.isConnected());
                assertEquals(client.getLocalPort(), accepted.getPort());
                assertEquals(client.getLocalAddress(), accepted.getInetAddress());
                assertEquals(TwoProcesses.CLIENT, client.getLocalAddress().getHostAddress());
                assertEquals(server.getLocalPort(), client.getPort());
                assertTrue(client.getTcpNoDelay());
                client.getOutputStream().write(new byte[1 << 16]);
                assertEquals(1 << 16, accepted.getInputStream().readNBytes(1 << 16).length);
                accepted.shutdownOutput();
                final InputStream in = client.getInputStream();
                assertEquals(-1, in.read());
                client.getOutputStream().write(4);
                assertEquals(4, accepted.getInputStream().read());
            }
        }
    }

    @Test
    void aServerOnTheWildcardIsOnTheLoopbackToo() throws IOException
    {
        try (Socket client = new Socket("127.0.0.1", server.getLocalPort()); Socket accepted = server.accept())
        {
            client.getOutputStream().write(6);
            assertEquals(6, accepted.getInputStream().read());
            assertEquals(client.getLocalPort(), accepted.getPort());
            accepted.setSoTimeout(50);
            assertThrows(SocketTimeoutException.class, () -> accepted.getInputStream().read());
            accepted.getOutputStream().write(new byte[]{1, 2});
            assertEquals(2, client.getInputStream().readNBytes(2).length);
            accepted.close();
            assertEquals(-1, client.getInputStream().read());
            assertThrows(SocketException.class, () -> accepted.getInputStream().read());
        }
    }

    @Test
    void aClientOfTheLoopbackIsTheKernels() throws IOException
    {
        try (ServerSocket kernel = new ServerSocket(0); Socket client = open())
        {
            client.setKeepAlive(true);
            client.setSoTimeout(50);
            client.bind(null);
            client.connect(new InetSocketAddress("127.0.0.1", kernel.getLocalPort()));
            try (Socket accepted = kernel.accept())
            {
                assertEquals(client.getLocalPort(), accepted.getPort());
                assertTrue(client.getKeepAlive());
                assertThrows(SocketTimeoutException.class, () -> client.getInputStream().read());
                accepted.getOutputStream().write(8);
                assertEquals(8, client.getInputStream().read());
            }
        }
    }

    @Test
    void failuresAreThoseOfSockets() throws IOException
    {
        final Socket refused = open();
        final InetSocketAddress nobody = new InetSocketAddress(TwoProcesses.SERVER, 9);
        assertEquals(
            "Connection refused", assertThrows(ConnectException.class, () -> refused.connect(nobody)).getMessage());
        final Socket late = open();
        assertEquals("Connect timed out", assertThrows(SocketTimeoutException.class, () ->
            late.connect(new InetSocketAddress("10.0.0.77", 80), 50)).getMessage());
        final Socket nameless = open();
        assertThrows(UnknownHostException.class, () ->
            nameless.connect(InetSocketAddress.createUnresolved("nowhere", 1)));
        try (Server second = new Server(processes.serverProvider()))
        {
            assertThrows(BindException.class, () -> second.bind(new InetSocketAddress(server.getLocalPort())));
        }
    }

    @Test
    void closeEndsABlockedReadAndAcceptAsSocketsDo() throws Exception
    {
        try (Socket client = open())
        {
            client.connect(address());
            try (Socket accepted = server.accept())
            {
                final Task<Integer> reader =
                    new Task<>(() -> client.getInputStream().read(), false).awaitBlocked();
                final Task<Socket> acceptor = new Task<>(server::accept, false).awaitBlocked();
                client.close();
                server.close();
                final Throwable read = reader.failure();
                assertInstanceOf(SocketException.class, read);
                assertEquals("Socket closed", read.getMessage());
                final Throwable accept = acceptor.failure();
                assertInstanceOf(SocketException.class, accept);
                assertEquals(-1, accepted.getInputStream().read());
            }
        }
    }

    @Test
    void anInterruptLeavesABlockedReadAlone() throws Exception
    {
        try (Socket client = open())
        {
            client.connect(address());
            try (Socket accepted = server.accept())
            {
                final boolean[] wasInterrupted = new boolean[1];
                final FutureTask<Integer> reader = new FutureTask<>(() ->
                {
                    final int n = client.getInputStream().read();
                    wasInterrupted[0] = Thread.currentThread().isInterrupted();
                    return n;
                });
                final Thread thread = new Thread(reader);
                thread.start();
                Thread.sleep(50);
                thread.interrupt();
                Thread.sleep(50);
                assertFalse(reader.isDone());
                accepted.getOutputStream().write(2);
                assertEquals(2, reader.get());
                assertTrue(wasInterrupted[0]);
            }
        }
    }

    @Test
    void anAcceptTimesOut() throws IOException
    {
        server.setSoTimeout(50);
        assertEquals("Accept timed out", assertThrows(SocketTimeoutException.class, server::accept).getMessage());
    }

    @Test
    void optionsWorkByNameAndByNumber() throws IOException
    {
        try (Socket client = open())
        {
            client.setSoLinger(true, 3);
            client.setSendBufferSize(100_000);
            client.setReceiveBufferSize(90_000);
            client.setTrafficClass(8);
            client.setReuseAddress(true);
            client.setOOBInline(true);
            client.connect(address());
            assertEquals(3, client.getSoLinger());
            client.setSoLinger(false, 0);
            assertEquals(-1, client.getSoLinger());
            assertEquals(100_000, client.getSendBufferSize());
            assertEquals(90_000, client.getReceiveBufferSize());
            assertEquals(8, client.getTrafficClass());
            assertTrue(client.getReuseAddress() && client.getOOBInline());
            assertTrue(client.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY));
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            assertTrue(client.getTcpNoDelay());
            assertTrue(server.getReuseAddress());
        }
    }
}
