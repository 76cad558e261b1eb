package io.pnet.nio;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Channels as sockets. */
@Timeout(60)
@SuppressWarnings("try")
final class SocketAdaptorTest
{
    private TwoProcesses processes;
    private ServerSocketChannel server;

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses();
        server = processes.serverProvider().openServerSocketChannel();
        server.bind(new InetSocketAddress(TwoProcesses.SERVER, 80));
    }

    @AfterEach
    void stop() throws IOException
    {
        server.close();
        processes.close();
    }

    private Socket open() throws IOException
    {
        return processes.clientProvider().openSocketChannel().socket();
    }

    @Test
    void everyPublicMethodIsOverridden()
    {
        for (final Class<?> type : List.of(PnetSocketAdaptor.class, PnetServerSocketAdaptor.class))
        {
            final Set<String> own = Arrays.stream(type.getDeclaredMethods())
                .map(SocketAdaptorTest::signature).collect(Collectors.toSet());
            final List<String> missing = Arrays.stream(type.getSuperclass().getDeclaredMethods())
                .filter(each -> Modifier.isPublic(each.getModifiers()) && !Modifier.isStatic(each.getModifiers()))
                .map(SocketAdaptorTest::signature).filter(each -> !own.contains(each)).toList();
            assertEquals(List.of(), missing, type.getSimpleName());
        }
    }

    private static String signature(final Method method)
    {
        return method.getName() + Arrays.toString(method.getParameterTypes());
    }

    @Test
    void streamsCarryBytesAndTheEnd() throws IOException
    {
        try (Socket client = open())
        {
            assertFalse(client.isConnected());
            assertFalse(client.isBound());
            assertEquals("Socket[unconnected]", client.toString());
            assertEquals(0, client.getPort());
            assertEquals(-1, client.getLocalPort());
            assertThrows(SocketException.class, client::getInputStream);
            client.connect(server.getLocalAddress(), 5_000);
            assertTrue(client.isConnected() && client.isBound());
            try (SocketChannel channel = server.accept())
            {
                final Socket accepted = channel.socket();
                assertSame(accepted, channel.socket());
                assertSame(channel, accepted.getChannel());
                assertEquals(client.getLocalSocketAddress(), accepted.getRemoteSocketAddress());
                assertEquals(client.getLocalPort(), accepted.getPort());
                final OutputStream out = client.getOutputStream();
                out.write(7);
                out.write(new byte[]{1, 2, 3, 4}, 1, 2);
                final InputStream in = accepted.getInputStream();
                assertEquals(7, in.read());
                assertArrayEquals(new byte[]{2, 3}, in.readNBytes(2));
                assertEquals(0, in.available());
                client.shutdownOutput();
                assertTrue(client.isOutputShutdown());
                assertThrows(SocketException.class, client::getOutputStream);
                assertEquals(-1, in.read());
                accepted.getOutputStream().write(new byte[5]);
                assertEquals(5, client.getInputStream().read(new byte[9]));
                in.close();
                assertTrue(accepted.isClosed());
                assertFalse(channel.isOpen());
            }
        }
    }

    @Test
    void aReadTimesOutAndCanBeTriedAgain() throws IOException
    {
        try (Socket client = open())
        {
            client.connect(server.getLocalAddress());
            try (SocketChannel accepted = server.accept())
            {
                client.setSoTimeout(50);
                final InputStream in = client.getInputStream();
                final long startNs = System.nanoTime();
                assertEquals(
                    "Read timed out", assertThrows(SocketTimeoutException.class, in::read).getMessage());
                assertTrue(System.nanoTime() - startNs >= 50_000_000L);
                accepted.socket().getOutputStream().write(9);
                assertEquals(9, in.read());
            }
        }
    }

    @Test
    void aConnectTimesOutAndCloses() throws IOException
    {
        final Socket client = open();
        assertEquals("Connect timed out", assertThrows(SocketTimeoutException.class, () ->
            client.connect(new InetSocketAddress("10.0.0.77", 80), 50)).getMessage());
        assertTrue(client.isClosed());
        assertThrows(SocketException.class, client::getInputStream);
        final Socket other = open();
        assertThrows(UnknownHostException.class, () ->
            other.connect(InetSocketAddress.createUnresolved("nowhere", 1)));
        assertTrue(other.isClosed());
    }

    @Test
    void streamsWantBlockingMode() throws IOException
    {
        try (Socket client = open())
        {
            client.connect(server.getLocalAddress());
            final InputStream in = client.getInputStream();
            final OutputStream out = client.getOutputStream();
            client.getChannel().configureBlocking(false);
            assertThrows(IllegalBlockingModeException.class, in::read);
            assertThrows(IllegalBlockingModeException.class, () -> out.write(1));
        }
    }

    @Test
    void anAdaptorOfTheKernelsIsAsGood() throws IOException
    {
        try (ServerSocket kernel = new ServerSocket(0); Socket client = open())
        {
            client.setTcpNoDelay(true);
            client.setSoTimeout(50);
            client.connect(new InetSocketAddress("127.0.0.1", kernel.getLocalPort()), 5_000);
            try (Socket accepted = kernel.accept())
            {
                assertThrows(SocketTimeoutException.class, () -> client.getInputStream().read());
                accepted.getOutputStream().write(3);
                assertEquals(3, client.getInputStream().read());
                assertTrue(client.getTcpNoDelay());
                client.shutdownOutput();
                assertTrue(client.isOutputShutdown());
                assertEquals(-1, accepted.getInputStream().read());
                client.getInputStream().close();
                assertTrue(client.isClosed());
            }
        }
    }

    @Test
    void aClosedSocketSaysSo() throws IOException
    {
        final Socket client = open();
        client.connect(server.getLocalAddress());
        final OutputStream out = client.getOutputStream();
        client.close();
        assertThrows(ClosedChannelException.class, () -> out.write(1));
        assertEquals(
            "Socket is closed", assertThrows(SocketException.class, () -> client.setSoTimeout(1)).getMessage());
        assertEquals(
            "Socket is closed", assertThrows(SocketException.class, client::getTcpNoDelay).getMessage());
        assertThrows(IOException.class, client::shutdownInput);
        client.close();
    }

    @Test
    void aServersAdaptorSaysWhereItListens() throws IOException
    {
        final ServerSocket socket = server.socket();
        assertTrue(socket.isBound());
        assertEquals(80, socket.getLocalPort());
        assertEquals(server.getLocalAddress(), socket.getLocalSocketAddress());
        assertSame(server, socket.getChannel());
        assertThrows(IllegalArgumentException.class, () -> socket.setSoTimeout(-1));
        server.configureBlocking(false);
        assertThrows(IllegalBlockingModeException.class, socket::accept);
        try (ServerSocketChannel other = processes.serverProvider().openServerSocketChannel())
        {
            assertEquals(-1, other.socket().getLocalPort());
            assertNull(other.socket().getInetAddress());
            assertThrows(SocketException.class, other.socket()::accept);
        }
        socket.close();
        assertTrue(socket.isClosed());
    }

    @Test
    void urgentDataArrivesInLine() throws IOException
    {
        try (Socket client = open())
        {
            client.connect(server.getLocalAddress());
            try (SocketChannel accepted = server.accept())
            {
                client.sendUrgentData(5);
                assertEquals(5, accepted.socket().getInputStream().read());
            }
        }
    }
}
