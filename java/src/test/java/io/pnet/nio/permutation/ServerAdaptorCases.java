package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A server channel seen as a {@link ServerSocket}. */
class ServerAdaptorCases extends Permutation
{
    ServerAdaptorCases(final Pair pair)
    {
        super(pair);
    }

    @Test
    void isTheSameOneEachTime() throws Exception
    {
        final ServerSocketChannel listener = serverChannel();
        assertSame(listener.socket(), listener.socket());
        assertSame(listener, listener.socket().getChannel());
    }

    @Test
    void startsUnbound() throws Exception
    {
        final ServerSocket socket = serverChannel().socket();
        assertFalse(socket.isBound());
        assertFalse(socket.isClosed());
        assertNull(socket.getInetAddress());
        assertEquals(-1, socket.getLocalPort());
        assertNull(socket.getLocalSocketAddress());
    }

    @Test
    void binds() throws Exception
    {
        final ServerSocketChannel listener = serverChannel();
        final ServerSocket socket = listener.socket();
        socket.bind(serverAny(), 10);
        assertTrue(socket.isBound());
        assertEquals(pair.server().address(), socket.getInetAddress());
        assertEquals(listener.getLocalAddress(), socket.getLocalSocketAddress());
        assertEquals(((InetSocketAddress)listener.getLocalAddress()).getPort(), socket.getLocalPort());
        assertThrows(SocketException.class, () -> socket.bind(serverAny()));
    }

    @Test
    void bindsToEverything() throws Exception
    {
        final ServerSocket socket = serverChannel().socket();
        socket.bind(null);
        assertTrue(socket.getInetAddress().isAnyLocalAddress());
        assertTrue(socket.getLocalPort() > 0);
    }

    @Test
    void doesNotBindToAPortInUse() throws Exception
    {
        final ServerSocket socket = serverChannel().socket();
        final var taken = listen().getLocalAddress();
        assertThrowsExactly(BindException.class, () -> socket.bind(taken));
        assertThrows(
            SocketException.class, () -> socket.bind(InetSocketAddress.createUnresolved("x.invalid", 1)));
    }

    @Test
    void acceptsSocketsWithChannels() throws Exception
    {
        final ServerSocket socket = listen().socket();
        final SocketChannel client = clientChannel();
        client.connect(socket.getLocalSocketAddress());
        final Socket accepted = own(socket.accept());
        assertNotNull(accepted.getChannel());
        own(accepted.getChannel());
        assertSame(accepted, accepted.getChannel().socket());
        accepted.getOutputStream().write('x');
        assertEquals("x", readText(client, 1));
    }

    @Test
    void acceptGivesUpWhenTimeIsUp() throws Exception
    {
        final ServerSocket socket = listen().socket();
        socket.setSoTimeout(120);
        final long startNs = System.nanoTime();
        assertThrowsExactly(SocketTimeoutException.class, socket::accept);
        final long ms = msSince(startNs);
        assertTrue(ms >= 119 && ms < 5_000, () -> ms + " ms");
        final SocketChannel client = clientChannel();
        client.connect(socket.getLocalSocketAddress());
        assertNotNull(own(socket.accept()));
    }

    @Test
    void timeoutHasAValue() throws Exception
    {
        final ServerSocket socket = serverChannel().socket();
        assertEquals(0, socket.getSoTimeout());
        socket.setSoTimeout(77);
        assertEquals(77, socket.getSoTimeout());
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.setSoTimeout(-1));
    }

    @Test
    void acceptWantsABlockingChannelThatIsBound() throws Exception
    {
        final ServerSocketChannel listener = serverChannel();
        assertThrows(SocketException.class, () -> listener.socket().accept());
        listener.bind(serverAny());
        listener.configureBlocking(false);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> listener.socket().accept());
    }

    @Test
    void acceptsWithoutBlockingWhatIsThere() throws Exception
    {
        final ServerSocketChannel listener = listen();
        listener.configureBlocking(false);
        final SocketChannel client = clientChannel();
        client.connect(listener.getLocalAddress());
        await("a connection", () ->
        {
            try
            {
                return own(listener.socket().accept()).isConnected();
            }
            catch (final IllegalBlockingModeException ex)
            {
                return false;
            }
        });
    }

    @Test
    void closeEndsAnAccept() throws Exception
    {
        for (final int timeout : new int[]{0, 20_000})
        {
            final ServerSocket socket = listen().socket();
            socket.setSoTimeout(timeout);
            final Task<Socket> acceptor = start(socket::accept).awaitBlocked();
            socket.close();
            assertTrue(acceptor.failure() instanceof IOException);
            assertTrue(socket.isClosed());
            assertFalse(socket.getChannel().isOpen());
        }
    }

    @Test
    void interruptEndsAnAccept() throws Exception
    {
        final ServerSocket socket = listen().socket();
        final Task<Socket> acceptor = start(socket::accept).awaitBlocked();
        acceptor.interrupt();
        assertTrue(acceptor.failure() instanceof IOException);
        assertTrue(acceptor.wasInterrupted());
        assertTrue(socket.isClosed());
    }

    @Test
    void hasTheOptionsOfAServerSocket() throws Exception
    {
        final ServerSocketChannel listener = serverChannel();
        final ServerSocket socket = listener.socket();
        assertTrue(socket.getReuseAddress());
        socket.setReuseAddress(true);
        socket.setReceiveBufferSize(90_000);
        assertTrue(socket.getReceiveBufferSize() >= 90_000);
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.setReceiveBufferSize(0));
        socket.setPerformancePreferences(1, 2, 3);
        assertEquals(listener.supportedOptions(), socket.supportedOptions());
        assertEquals(true, socket.getOption(StandardSocketOptions.SO_REUSEADDR));
        assertSame(socket, socket.setOption(StandardSocketOptions.SO_REUSEADDR, true));
    }

    @Test
    void remembersWhatItWasOnceClosed() throws Exception
    {
        final ServerSocket socket = listen().socket();
        final int port = socket.getLocalPort();
        socket.close();
        socket.close();
        assertTrue(socket.isClosed());
        assertTrue(socket.isBound());
        assertEquals(port, socket.getLocalPort());
        assertThrows(IOException.class, () -> socket.bind(null));
        assertThrows(IOException.class, socket::accept);
        assertThrows(IOException.class, socket::getReceiveBufferSize);
    }

    @Test
    void describesItself() throws Exception
    {
        final ServerSocket socket = serverChannel().socket();
        assertTrue(socket.toString().contains("unbound"), socket::toString);
        socket.bind(serverAny());
        assertTrue(socket.toString().contains("localport=" + socket.getLocalPort()), socket::toString);
    }
}
