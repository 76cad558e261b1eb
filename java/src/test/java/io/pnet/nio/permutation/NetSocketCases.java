package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@link Socket} and {@link ServerSocket} as {@code new} makes them: over what the JVM's factories make. */
class NetSocketCases extends Permutation
{
    NetSocketCases(final Pair pair)
    {
        super(pair);
    }

    /** Both ends of a connection. */
    private record Sockets(Socket client, Socket server)
    {
    }

    private ServerSocket listenOn() throws IOException
    {
        return own(new ServerSocket(0, 50, pair.server().address()));
    }

    private Sockets sockets() throws IOException
    {
        try (ServerSocket listener = listenOn())
        {
            final Socket client = own(new Socket(pair.server().address(), listener.getLocalPort()));
            return new Sockets(client, own(listener.accept()));
        }
    }

    @Test
    void connectsByConstructor() throws Exception
    {
        final Sockets sockets = sockets();
        assertTrue(sockets.client.isConnected());
        assertTrue(sockets.client.isBound());
        assertFalse(sockets.client.isClosed());
        assertEquals(pair.server().address(), sockets.client.getInetAddress());
        assertEquals(pair.client().address(), sockets.client.getLocalAddress());
        assertEquals(sockets.client.getLocalPort(), sockets.server.getPort());
        assertEquals(sockets.client.getPort(), sockets.server.getLocalPort());
        assertEquals(sockets.client.getRemoteSocketAddress(), sockets.server.getLocalSocketAddress());
        assertEquals(sockets.client.getLocalSocketAddress(), sockets.server.getRemoteSocketAddress());
    }

    @Test
    void connectsByName() throws Exception
    {
        final ServerSocket listener = listenOn();
        final String name = pair.server().address().getHostAddress();
        final Socket client = own(new Socket(name, listener.getLocalPort()));
        assertEquals(client.getLocalPort(), own(listener.accept()).getPort());
    }

    @Test
    void connectsFromAnAddressOfItsChoice() throws Exception
    {
        final ServerSocket listener = listenOn();
        final Socket client =
            own(new Socket(pair.server().address(), listener.getLocalPort(), pair.client().address(), 0));
        assertEquals(pair.client().address(), client.getLocalAddress());
        assertEquals(client.getLocalPort(), own(listener.accept()).getPort());
    }

    @Test
    void connectsWithoutAProxy() throws Exception
    {
        final ServerSocket listener = listenOn();
        final Socket client = own(new Socket(Proxy.NO_PROXY));
        client.connect(listener.getLocalSocketAddress(), 10_000);
        assertEquals(client.getLocalPort(), own(listener.accept()).getPort());
    }

    @Test
    void startsUnconnected() throws Exception
    {
        final Socket socket = own(new Socket());
        assertFalse(socket.isBound());
        assertFalse(socket.isConnected());
        assertFalse(socket.isClosed());
        assertNull(socket.getInetAddress());
        assertEquals(0, socket.getPort());
        assertEquals(-1, socket.getLocalPort());
        assertNull(socket.getRemoteSocketAddress());
        assertNull(socket.getLocalSocketAddress());
        assertNull(socket.getChannel());
        assertThrows(SocketException.class, socket::getInputStream);
        assertThrows(SocketException.class, socket::getOutputStream);
        assertThrows(SocketException.class, socket::shutdownInput);
    }

    @Test
    void givesUpConnectingWhenTimeIsUp() throws Exception
    {
        final var silent = silent();
        final Socket socket = own(new Socket());
        final long startNs = System.nanoTime();
        assertThrowsExactly(SocketTimeoutException.class, () -> socket.connect(silent, 200));
        final long ms = msSince(startNs);
        assertTrue(ms >= 199 && ms < 5_000, () -> ms + " ms");
    }

    @Test
    void connectIsRefused() throws Exception
    {
        final InetSocketAddress refusing = refusing();
        final ConnectException refused = assertThrowsExactly(
            ConnectException.class, () -> new Socket(refusing.getAddress(), refusing.getPort()));
        assertTrue(refused.getMessage().contains("Connection refused"), refused::getMessage);
        assertThrowsExactly(ConnectException.class, () -> own(new Socket()).connect(refusing, 5_000));
    }

    @Test
    void connectsOnce() throws Exception
    {
        final Socket client = sockets().client;
        assertThrows(SocketException.class, () -> client.connect(refusing()));
        assertTrue(client.isConnected());
        assertThrows(SocketException.class, () -> client.bind(clientAny()));
    }

    @Test
    void refusesAddressesOfNoUse() throws Exception
    {
        final Socket socket = own(new Socket());
        assertThrowsExactly(
            UnknownHostException.class, () -> socket.connect(InetSocketAddress.createUnresolved("x.invalid", 1)));
        assertThrowsExactly(IllegalArgumentException.class, () -> own(new Socket()).connect(null));
        assertThrowsExactly(IllegalArgumentException.class, () -> own(new Socket()).connect(serverAny(), -1));
    }

    @Test
    void aClosedOneSaysSo() throws Exception
    {
        final Socket socket = own(new Socket());
        socket.close();
        socket.close();
        assertTrue(socket.isClosed());
        assertThrows(SocketException.class, () -> socket.connect(serverAny()));
        assertThrows(SocketException.class, () -> socket.bind(null));
        assertThrows(SocketException.class, () -> socket.setTcpNoDelay(true));
        assertThrows(SocketException.class, socket::getSoTimeout);
        assertThrows(SocketException.class, socket::getInputStream);
    }

    @Test
    void remembersWhatItWasOnceClosed() throws Exception
    {
        final Socket client = sockets().client;
        final int port = client.getPort();
        final int localPort = client.getLocalPort();
        client.close();
        assertTrue(client.isConnected());
        assertTrue(client.isBound());
        assertEquals(port, client.getPort());
        assertEquals(localPort, client.getLocalPort());
        assertEquals(pair.server().address(), client.getInetAddress());
    }

    @Test
    void binds() throws Exception
    {
        final ServerSocket listener = listenOn();
        final Socket socket = own(new Socket());
        socket.bind(clientAny());
        assertTrue(socket.isBound());
        final int port = socket.getLocalPort();
        assertTrue(port > 0);
        socket.connect(listener.getLocalSocketAddress());
        assertEquals(port, socket.getLocalPort());
        assertEquals(port, own(listener.accept()).getPort());
        assertThrows(BindException.class, () -> own(new Socket()).bind(listener.getLocalSocketAddress()));
    }

    @Test
    void carriesMegabytesBothWays() throws Exception
    {
        final Sockets sockets = sockets();
        final byte[] there = bytes(3 << 20, 1);
        final byte[] back = bytes(3 << 20, 2);
        final Task<Object> client = start(() -> send(sockets.client, there));
        final Task<Object> server = start(() -> send(sockets.server, back));
        final Task<byte[]> received = start(() -> sockets.client.getInputStream().readAllBytes());
        assertArrayEquals(there, sockets.server.getInputStream().readAllBytes());
        assertArrayEquals(back, received.get());
        client.get();
        server.get();
    }

    private static Object send(final Socket socket, final byte[] content) throws IOException
    {
        socket.getOutputStream().write(content);
        socket.shutdownOutput();
        return null;
    }

    @Test
    void saysWhatIsAvailable() throws Exception
    {
        final Sockets sockets = sockets();
        final InputStream in = sockets.client.getInputStream();
        assertEquals(0, in.available());
        sockets.server.getOutputStream().write(new byte[]{1, 2, 3, 4, 5});
        await("five bytes", () -> in.available() == 5);
        assertEquals(1, in.read());
        assertEquals(2, in.skip(2));
        assertArrayEquals(new byte[]{4, 5}, in.readNBytes(2));
        assertEquals(0, in.read(new byte[0]));
        assertThrows(IndexOutOfBoundsException.class, () -> in.read(new byte[3], 2, 2));
    }

    @Test
    void readsGiveUpWhenTimeIsUp() throws Exception
    {
        final Sockets sockets = sockets();
        sockets.client.setSoTimeout(120);
        assertEquals(120, sockets.client.getSoTimeout());
        final InputStream in = sockets.client.getInputStream();
        for (int i = 0; i < 2; i++)
        {
            final long startNs = System.nanoTime();
            assertThrowsExactly(SocketTimeoutException.class, in::read);
            final long ms = msSince(startNs);
            assertTrue(ms >= 119 && ms < 5_000, () -> ms + " ms");
        }
        sockets.server.getOutputStream().write(9);
        assertEquals(9, in.read());
        assertThrowsExactly(IllegalArgumentException.class, () -> sockets.client.setSoTimeout(-1));
    }

    @Test
    void closeEndsABlockedRead() throws Exception
    {
        for (final int timeout : new int[]{0, 20_000})
        {
            final Sockets sockets = sockets();
            sockets.client.setSoTimeout(timeout);
            final InputStream in = sockets.client.getInputStream();
            final Task<Integer> reader = start(() -> in.read()).awaitBlocked();
            sockets.client.close();
            assertEquals("Socket closed", reader.failure().getMessage());
            assertEquals(-1, sockets.server.getInputStream().read());
        }
    }

    @Test
    void closeEndsABlockedWrite() throws Exception
    {
        final Sockets sockets = sockets();
        final OutputStream out = sockets.client.getOutputStream();
        final Task<Object> writer = start(() ->
        {
            while (true)
            {
                out.write(new byte[1 << 20]);
            }
        });
        Thread.sleep(QUIET_MS);
        writer.awaitBlocked();
        sockets.client.close();
        assertTrue(writer.failure() instanceof SocketException);
    }

    @Test
    void interruptDoesNotEndARead() throws Exception
    {
        final Sockets sockets = sockets();
        final InputStream in = sockets.client.getInputStream();
        final Task<Integer> reader = start(() -> in.read()).awaitBlocked();
        reader.interrupt();
        Thread.sleep(QUIET_MS);
        assertFalse(reader.isDone());
        sockets.server.getOutputStream().write(7);
        assertEquals(7, reader.get());
        assertTrue(reader.wasInterrupted());
        assertFalse(sockets.client.isClosed());
    }

    @Test
    void interruptEndsAReadOfAVirtualThread() throws Exception
    {
        VirtualThreads.areNeeded();
        final Sockets sockets = sockets();
        final InputStream in = sockets.client.getInputStream();
        final Task<Integer> reader = startVirtual(() -> in.read()).awaitBlocked();
        reader.interrupt();
        assertTrue(reader.failure() instanceof SocketException);
        assertTrue(sockets.client.isClosed());
    }

    @Test
    void aVirtualThreadReads() throws Exception
    {
        VirtualThreads.areNeeded();
        final Sockets sockets = sockets();
        final Task<Integer> reader = startVirtual(() -> sockets.client.getInputStream().read());
        Thread.sleep(QUIET_MS);
        assertFalse(reader.isDone());
        sockets.server.getOutputStream().write(7);
        assertEquals(7, reader.get());
    }

    @Test
    void shutsDownHalves() throws Exception
    {
        final Sockets sockets = sockets();
        sockets.client.shutdownOutput();
        assertTrue(sockets.client.isOutputShutdown());
        assertEquals(-1, sockets.server.getInputStream().read());
        sockets.server.getOutputStream().write(3);
        assertEquals(3, sockets.client.getInputStream().read());
        final InputStream in = sockets.client.getInputStream();
        sockets.client.shutdownInput();
        assertTrue(sockets.client.isInputShutdown());
        assertEquals(-1, in.read());
        assertThrows(SocketException.class, () -> sockets.client.getOutputStream());
        assertThrows(SocketException.class, sockets.client::shutdownOutput);
    }

    @Test
    void writeAfterShutdownFails() throws Exception
    {
        final Sockets sockets = sockets();
        final OutputStream out = sockets.client.getOutputStream();
        sockets.client.shutdownOutput();
        assertThrows(IOException.class, () -> out.write(1));
    }

    @Test
    void lingerOfZeroResets() throws Exception
    {
        final Sockets sockets = sockets();
        sockets.server.setSoLinger(true, 0);
        sockets.server.close();
        final InputStream in = sockets.client.getInputStream();
        for (int i = 0; i < 2; i++)
        {
            final IOException ended = assertThrows(IOException.class, in::read);
            assertTrue(ended.getMessage().contains("Connection reset"), ended::getMessage);
        }
    }

    @Test
    void closeOfAStreamClosesAll() throws Exception
    {
        final Sockets sockets = sockets();
        sockets.client.getOutputStream().close();
        assertTrue(sockets.client.isClosed());
        assertEquals(-1, sockets.server.getInputStream().read());
        sockets.server.getInputStream().close();
        assertTrue(sockets.server.isClosed());
    }

    @Test
    void hasOptions() throws Exception
    {
        final Socket socket = sockets().client;
        socket.setTcpNoDelay(true);
        assertTrue(socket.getTcpNoDelay());
        socket.setKeepAlive(true);
        assertTrue(socket.getKeepAlive());
        socket.setReuseAddress(true);
        assertTrue(socket.getReuseAddress());
        socket.setSoLinger(true, 9);
        assertEquals(9, socket.getSoLinger());
        socket.setSoLinger(false, 0);
        assertEquals(-1, socket.getSoLinger());
        socket.setSendBufferSize(60_000);
        assertTrue(socket.getSendBufferSize() >= 60_000);
        socket.setReceiveBufferSize(60_000);
        assertTrue(socket.getReceiveBufferSize() >= 60_000);
        socket.setTrafficClass(0x10);
        assertEquals(0x10, socket.getTrafficClass());
        assertTrue(socket.supportedOptions().contains(StandardSocketOptions.SO_KEEPALIVE));
        assertEquals(true, socket.getOption(StandardSocketOptions.SO_KEEPALIVE));
        socket.setOption(StandardSocketOptions.TCP_NODELAY, false);
        assertFalse(socket.getTcpNoDelay());
        assertThrowsExactly(
            UnsupportedOperationException.class, () -> socket.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
    }

    @Test
    void urgentData() throws Exception
    {
        final Sockets sockets = sockets();
        sockets.server.setOOBInline(true);
        assertTrue(sockets.server.getOOBInline());
        sockets.client.getOutputStream().write('a');
        sockets.client.sendUrgentData('!');
        sockets.client.getOutputStream().write('b');
        assertArrayEquals(new byte[]{'a', '!', 'b'}, sockets.server.getInputStream().readNBytes(3));
    }

    // ---- servers

    @Test
    void acceptGivesUpWhenTimeIsUp() throws Exception
    {
        final ServerSocket listener = listenOn();
        listener.setSoTimeout(120);
        final long startNs = System.nanoTime();
        assertThrowsExactly(SocketTimeoutException.class, listener::accept);
        final long ms = msSince(startNs);
        assertTrue(ms >= 119 && ms < 5_000, () -> ms + " ms");
        final Socket client = own(new Socket(pair.server().address(), listener.getLocalPort()));
        assertEquals(client.getLocalPort(), own(listener.accept()).getPort());
    }

    @Test
    void closeEndsABlockedAccept() throws Exception
    {
        for (final int timeout : new int[]{0, 20_000})
        {
            final ServerSocket listener = listenOn();
            listener.setSoTimeout(timeout);
            final Task<Socket> acceptor = start(listener::accept).awaitBlocked();
            listener.close();
            assertEquals("Socket closed", acceptor.failure().getMessage());
        }
    }

    @Test
    void interruptDoesNotEndAnAccept() throws Exception
    {
        final ServerSocket listener = listenOn();
        final Task<Socket> acceptor = start(listener::accept).awaitBlocked();
        acceptor.interrupt();
        Thread.sleep(QUIET_MS);
        assertFalse(acceptor.isDone());
        own(new Socket(pair.server().address(), listener.getLocalPort()));
        own(acceptor.get());
        assertFalse(listener.isClosed());
    }

    @Test
    void oneListensOnAPort() throws Exception
    {
        final ServerSocket listener = listenOn();
        assertThrowsExactly(
            BindException.class, () -> new ServerSocket(listener.getLocalPort(), 5, pair.server().address()));
        assertThrowsExactly(BindException.class, () -> new ServerSocket(listener.getLocalPort()));
    }

    @Test
    void bindsAgainAtOnce() throws Exception
    {
        final ServerSocket first = listenOn();
        final Socket client = own(new Socket(pair.server().address(), first.getLocalPort()));
        final Socket accepted = own(first.accept());
        accepted.close();
        assertEquals(-1, client.getInputStream().read());
        client.close();
        first.close();
        final ServerSocket second = own(new ServerSocket(first.getLocalPort(), 5, pair.server().address()));
        own(new Socket(pair.server().address(), second.getLocalPort()));
        own(second.accept());
    }

    @Test
    void aServerKnowsItself() throws Exception
    {
        final ServerSocket unbound = own(new ServerSocket());
        assertFalse(unbound.isBound());
        assertEquals(-1, unbound.getLocalPort());
        assertNull(unbound.getLocalSocketAddress());
        assertThrows(SocketException.class, unbound::accept);
        final ServerSocket listener = listenOn();
        assertTrue(listener.isBound());
        assertEquals(pair.server().address(), listener.getInetAddress());
        listener.setReceiveBufferSize(70_000);
        assertTrue(listener.getReceiveBufferSize() >= 70_000);
        assertTrue(listener.getReuseAddress());
        assertNull(listener.getChannel());
        listener.close();
        assertTrue(listener.isClosed());
        assertTrue(listener.isBound());
        assertThrows(SocketException.class, listener::accept);
    }

    @Test
    void theWildcardHearsTheLoopbackToo() throws Exception
    {
        final ServerSocket listener = own(new ServerSocket(0));
        for (final String host : List.of("127.0.0.1", pair.server().address().getHostAddress()))
        {
            final Socket client = own(new Socket(host, listener.getLocalPort()));
            final Socket accepted = own(listener.accept());
            assertEquals(client.getLocalPort(), accepted.getPort());
            client.getOutputStream().write(5);
            assertEquals(5, accepted.getInputStream().read());
            accepted.setSoTimeout(30);
            assertThrowsExactly(SocketTimeoutException.class, () -> accepted.getInputStream().read());
        }
    }

    @Test
    void aClientOfTheKernelsLoopback() throws Exception
    {
        final ServerSocketChannel listener = own(Pairs.KERNEL.openServerSocketChannel())
            .bind(new InetSocketAddress("127.0.0.1", 0));
        final Socket client = own(new Socket());
        client.setTcpNoDelay(true);
        client.connect(listener.getLocalAddress(), 5_000);
        assertTrue(client.getTcpNoDelay());
        final SocketChannel accepted = own(listener.accept());
        write(accepted, "kernel");
        assertArrayEquals(text("kernel").array(), client.getInputStream().readNBytes(6));
        client.setSoTimeout(30);
        assertThrowsExactly(SocketTimeoutException.class, () -> client.getInputStream().read());
        final Task<Integer> reader = start(() ->
        {
            client.setSoTimeout(0);
            return client.getInputStream().read();
        }).awaitBlocked();
        client.close();
        assertEquals("Socket closed", reader.failure().getMessage());
        assertEnd(accepted);
    }

    @Test
    void manyClientsOfManyThreads() throws Exception
    {
        final ServerSocket listener = listenOn();
        final List<Task<Object>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++)
        {
            final byte[] content = bytes(20_000, i);
            all.add(start(() ->
            {
                try (Socket accepted = listener.accept())
                {
                    accepted.getOutputStream().write(accepted.getInputStream().readNBytes(20_000));
                }
                return null;
            }));
            all.add(start(() ->
            {
                try (Socket client = new Socket(pair.server().address(), listener.getLocalPort()))
                {
                    client.getOutputStream().write(content);
                    assertArrayEquals(content, client.getInputStream().readAllBytes());
                }
                return null;
            }));
        }
        for (final Task<Object> each : all)
        {
            each.get();
        }
    }
}
