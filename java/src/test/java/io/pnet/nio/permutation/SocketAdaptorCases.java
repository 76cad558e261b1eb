package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A channel seen as a {@link Socket}. */
class SocketAdaptorCases extends Permutation
{
    SocketAdaptorCases(final Pair pair)
    {
        super(pair);
    }

    @Test
    void isTheSameOneEachTime() throws Exception
    {
        final SocketChannel client = clientChannel();
        assertSame(client.socket(), client.socket());
        assertSame(client, client.socket().getChannel());
    }

    @Test
    void startsUnconnected() throws Exception
    {
        final Socket socket = clientChannel().socket();
        assertFalse(socket.isBound());
        assertFalse(socket.isConnected());
        assertFalse(socket.isClosed());
        assertFalse(socket.isInputShutdown());
        assertFalse(socket.isOutputShutdown());
        assertNull(socket.getInetAddress());
        assertEquals(0, socket.getPort());
        assertEquals(-1, socket.getLocalPort());
        assertTrue(socket.getLocalAddress().isAnyLocalAddress());
        assertNull(socket.getRemoteSocketAddress());
        assertNull(socket.getLocalSocketAddress());
    }

    @Test
    void knowsBothAddressesOnceConnected() throws Exception
    {
        final Joined joined = joined();
        final Socket socket = joined.client().socket();
        assertTrue(socket.isBound());
        assertTrue(socket.isConnected());
        assertEquals(pair.server().address(), socket.getInetAddress());
        assertEquals(pair.client().address(), socket.getLocalAddress());
        assertEquals(joined.server().socket().getLocalPort(), socket.getPort());
        assertEquals(joined.server().socket().getPort(), socket.getLocalPort());
        assertEquals(joined.client().getRemoteAddress(), socket.getRemoteSocketAddress());
        assertEquals(joined.client().getLocalAddress(), socket.getLocalSocketAddress());
    }

    @Test
    void remembersWhatItWasOnceClosed() throws Exception
    {
        final Joined joined = joined();
        final Socket socket = joined.client().socket();
        final int port = socket.getPort();
        socket.close();
        assertTrue(socket.isClosed());
        assertFalse(joined.client().isOpen());
        assertEquals(port, socket.getPort());
        assertEquals(pair.server().address(), socket.getInetAddress());
        assertTrue(socket.getLocalAddress().isAnyLocalAddress());
        assertNotEquals(0, socket.getLocalPort());
        socket.close();
    }

    @Test
    void connects() throws Exception
    {
        final var listener = listen();
        final Socket socket = clientChannel().socket();
        socket.connect(listener.getLocalAddress());
        assertTrue(socket.isConnected());
        assertTrue(socket.getChannel().isConnected());
        final Exception again = assertThrows(Exception.class, () -> socket.connect(listener.getLocalAddress()));
        // The JDK's adaptor says either, depending on its version.
        assertTrue(again instanceof SocketException || again instanceof AlreadyConnectedException, again::toString);
    }

    @Test
    void connectsWithinATime() throws Exception
    {
        final var listener = listen();
        final Socket socket = clientChannel().socket();
        socket.connect(listener.getLocalAddress(), 10_000);
        assertTrue(socket.isConnected());
        assertTrue(socket.getChannel().isBlocking());
    }

    @Test
    void givesUpConnectingWhenTimeIsUp() throws Exception
    {
        final var silent = silent();
        final Socket socket = clientChannel().socket();
        final long startNs = System.nanoTime();
        assertThrowsExactly(SocketTimeoutException.class, () -> socket.connect(silent, 200));
        final long ms = msSince(startNs);
        assertTrue(ms >= 199 && ms < 5_000, () -> ms + " ms");
        assertTrue(socket.isClosed());
    }

    @Test
    void connectIsRefused() throws Exception
    {
        final var refusing = refusing();
        assertThrowsExactly(ConnectException.class, () -> clientChannel().socket().connect(refusing));
        assertThrowsExactly(ConnectException.class, () -> clientChannel().socket().connect(refusing, 5_000));
    }

    @Test
    void connectRefusesWhatIsOfNoUse() throws Exception
    {
        final Socket socket = clientChannel().socket();
        assertThrowsExactly(
            UnknownHostException.class, () -> socket.connect(InetSocketAddress.createUnresolved("x.invalid", 1)));
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.connect(clientAny(), -1));
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.connect(null));
    }

    @Test
    void connectWantsABlockingChannel() throws Exception
    {
        final var listener = listen();
        final SocketChannel client = clientChannel();
        client.configureBlocking(false);
        assertThrowsExactly(
            IllegalBlockingModeException.class, () -> client.socket().connect(listener.getLocalAddress()));
    }

    @Test
    void binds() throws Exception
    {
        final Socket socket = clientChannel().socket();
        socket.bind(clientAny());
        assertTrue(socket.isBound());
        assertTrue(socket.getLocalPort() > 0);
        assertEquals(pair.client().address(), socket.getLocalAddress());
        assertThrows(SocketException.class, () -> socket.bind(clientAny()));
        final Socket wild = clientChannel().socket();
        wild.bind(null);
        assertTrue(wild.getLocalPort() > 0);
    }

    @Test
    void streamsCarryBytes() throws Exception
    {
        final Joined joined = joined();
        final byte[] content = bytes(300_000, 1);
        final Task<Object> writer = start(() ->
        {
            final OutputStream out = joined.client().socket().getOutputStream();
            out.write(content[0]);
            out.write(content, 1, content.length - 1);
            out.flush();
            joined.client().socket().shutdownOutput();
            return null;
        });
        final InputStream in = joined.server().socket().getInputStream();
        assertEquals(content[0], (byte)in.read());
        final byte[] rest = in.readAllBytes();
        writer.get();
        assertArrayEquals(Arrays.copyOfRange(content, 1, content.length), rest);
        assertEquals(-1, in.read());
        assertEquals(-1, in.read(new byte[3]));
    }

    @Test
    void streamsCheckTheirArguments() throws Exception
    {
        final Joined joined = joined();
        final InputStream in = joined.client().socket().getInputStream();
        final OutputStream out = joined.client().socket().getOutputStream();
        assertEquals(0, in.read(new byte[0]));
        assertEquals(0, in.read(new byte[3], 1, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> in.read(new byte[3], 2, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> out.write(new byte[3], 2, 2));
        assertThrowsExactly(NullPointerException.class, () -> in.read(null));
        assertThrowsExactly(NullPointerException.class, () -> out.write(null));
    }

    @Test
    void saysWhatIsAvailable() throws Exception
    {
        final Joined joined = joined();
        final InputStream in = joined.client().socket().getInputStream();
        assertEquals(0, in.available());
        write(joined.server(), "12345");
        await("five bytes", () -> in.available() == 5);
        assertEquals('1', in.read());
        assertEquals(4, in.available());
        assertEquals(2, in.skip(2));
        assertArrayEquals(new byte[]{'4', '5'}, in.readNBytes(2));
    }

    @Test
    void streamsWantAConnection() throws Exception
    {
        final Socket socket = clientChannel().socket();
        assertThrows(SocketException.class, socket::getInputStream);
        assertThrows(SocketException.class, socket::getOutputStream);
        final Joined joined = joined();
        joined.client().shutdownInput().shutdownOutput();
        assertThrows(SocketException.class, () -> joined.client().socket().getInputStream());
        assertThrows(SocketException.class, () -> joined.client().socket().getOutputStream());
        joined.client().close();
        assertThrows(SocketException.class, () -> joined.client().socket().getInputStream());
    }

    @Test
    void streamsWantABlockingChannel() throws Exception
    {
        final Joined joined = joined();
        final InputStream in = joined.client().socket().getInputStream();
        final OutputStream out = joined.client().socket().getOutputStream();
        joined.client().configureBlocking(false);
        assertThrowsExactly(IllegalBlockingModeException.class, in::read);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> out.write(1));
    }

    @Test
    void closeOfAStreamClosesAll() throws Exception
    {
        final Joined joined = joined();
        joined.client().socket().getInputStream().close();
        assertFalse(joined.client().isOpen());
        assertEnd(joined.server());
        joined.server().socket().getOutputStream().close();
        assertFalse(joined.server().isOpen());
    }

    @Test
    void readsGiveUpWhenTimeIsUp() throws Exception
    {
        final Joined joined = joined();
        final Socket socket = joined.client().socket();
        socket.setSoTimeout(120);
        final InputStream in = socket.getInputStream();
        for (int i = 0; i < 2; i++)
        {
            final long startNs = System.nanoTime();
            assertThrowsExactly(SocketTimeoutException.class, in::read);
            final long ms = msSince(startNs);
            assertTrue(ms >= 119 && ms < 5_000, () -> ms + " ms");
        }
        write(joined.server(), "late");
        assertArrayEquals(text("late").array(), in.readNBytes(4));
        assertTrue(joined.client().isOpen());
    }

    @Test
    void timeoutDoesNotCountForTheChannel() throws Exception
    {
        final Joined joined = joined();
        joined.client().socket().setSoTimeout(20);
        final Task<Integer> reader = start(() -> joined.client().read(ByteBuffer.allocate(1))).awaitBlocked();
        Thread.sleep(QUIET_MS);
        assertFalse(reader.isDone());
        write(joined.server(), "x");
        assertEquals(1, reader.get());
    }

    @Test
    void timeoutHasAValue() throws Exception
    {
        final Socket socket = clientChannel().socket();
        assertEquals(0, socket.getSoTimeout());
        socket.setSoTimeout(1_234);
        assertEquals(1_234, socket.getSoTimeout());
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.setSoTimeout(-1));
        socket.close();
        assertThrows(SocketException.class, () -> socket.setSoTimeout(1));
        assertThrows(SocketException.class, socket::getSoTimeout);
    }

    @Test
    void writesOfAStreamTakeEverything() throws Exception
    {
        final Joined joined = narrow();
        final Task<Long> reader = start(() -> drain(joined.server()));
        joined.client().socket().getOutputStream().write(new byte[2 << 20]);
        joined.client().close();
        assertEquals(2 << 20, reader.get());
    }

    @Test
    void closeEndsAReadOfAStream() throws Exception
    {
        for (final int timeout : new int[]{0, 20_000})
        {
            final Joined joined = joined();
            joined.client().socket().setSoTimeout(timeout);
            final InputStream in = joined.client().socket().getInputStream();
            final Task<Integer> reader = start(() -> in.read()).awaitBlocked();
            joined.client().socket().close();
            assertTrue(reader.failure() instanceof IOException);
        }
    }

    @Test
    void interruptEndsAReadOfAStream() throws Exception
    {
        final Joined joined = joined();
        final InputStream in = joined.client().socket().getInputStream();
        final Task<Integer> reader = start(() -> in.read()).awaitBlocked();
        reader.interrupt();
        assertTrue(reader.failure() instanceof IOException);
        assertTrue(reader.wasInterrupted());
        assertFalse(joined.client().isOpen());
    }

    @Test
    void shutsDownHalves() throws Exception
    {
        final Joined joined = joined();
        final Socket socket = joined.client().socket();
        socket.shutdownOutput();
        assertTrue(socket.isOutputShutdown());
        assertFalse(socket.isInputShutdown());
        assertEnd(joined.server());
        socket.shutdownInput();
        assertTrue(socket.isInputShutdown());
        assertThrows(SocketException.class, () -> clientChannel().socket().shutdownOutput());
    }

    @Test
    void hasTheOptionsOfASocket() throws Exception
    {
        final Joined joined = joined();
        final Socket socket = joined.client().socket();
        socket.setTcpNoDelay(true);
        assertTrue(socket.getTcpNoDelay());
        assertEquals(true, joined.client().getOption(StandardSocketOptions.TCP_NODELAY));
        socket.setKeepAlive(true);
        assertTrue(socket.getKeepAlive());
        socket.setReuseAddress(true);
        assertTrue(socket.getReuseAddress());
        socket.setTrafficClass(0x10);
        assertEquals(0x10, socket.getTrafficClass());
        socket.setPerformancePreferences(1, 2, 3);
    }

    @Test
    void hasTheLingerOfASocket() throws Exception
    {
        final Socket socket = joined().client().socket();
        assertEquals(-1, socket.getSoLinger());
        socket.setSoLinger(true, 3);
        assertEquals(3, socket.getSoLinger());
        socket.setSoLinger(false, 3);
        assertEquals(-1, socket.getSoLinger());
        socket.setSoLinger(true, 0);
    }

    @Test
    void hasTheBufferSizesOfASocket() throws Exception
    {
        final Socket socket = joined().client().socket();
        socket.setSendBufferSize(70_000);
        assertTrue(socket.getSendBufferSize() >= 70_000);
        socket.setReceiveBufferSize(70_000);
        assertTrue(socket.getReceiveBufferSize() >= 70_000);
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.setSendBufferSize(0));
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.setReceiveBufferSize(-1));
    }

    @Test
    void passesOptionsOn() throws Exception
    {
        final SocketChannel client = clientChannel();
        final Socket socket = client.socket();
        assertSame(socket, socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true));
        assertEquals(true, socket.getOption(StandardSocketOptions.SO_KEEPALIVE));
        assertEquals(client.supportedOptions(), socket.supportedOptions());
        assertThrowsExactly(
            UnsupportedOperationException.class, () -> socket.getOption(StandardSocketOptions.SO_BROADCAST));
    }

    @Test
    void aClosedOneRefusesOptions() throws Exception
    {
        final Socket socket = clientChannel().socket();
        socket.close();
        assertThrows(IOException.class, socket::getTcpNoDelay);
        assertThrows(IOException.class, () -> socket.setKeepAlive(true));
        assertThrows(IOException.class, () -> socket.bind(null));
        assertThrows(IOException.class, () -> socket.connect(new InetSocketAddress(pair.server().address(), 9)));
        assertThrows(IOException.class, socket::getOutputStream);
    }

    @Test
    void urgentDataIsNotInTheStreamOfTheKernels() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "a");
        joined.client().socket().sendUrgentData('!');
        write(joined.client(), "b");
        if (pair.server().isKernel())
        {
            assertEquals("ab", readText(joined.server(), 2));
        }
        else
        {
            assertEquals("a!b", readText(joined.server(), 3), Difference.SO_OOBINLINE.ours);
        }
    }

    @Test
    void urgentDataIsInTheStreamWhereAskedFor() throws Exception
    {
        final Joined joined = joined();
        joined.server().socket().setOOBInline(true);
        write(joined.client(), "a");
        joined.client().socket().sendUrgentData('!');
        write(joined.client(), "b");
        assertEquals("a!b", readText(joined.server(), 3));
    }

    @Test
    void resetEndsAStream() throws Exception
    {
        final Joined joined = joined();
        final InputStream in = joined.client().socket().getInputStream();
        joined.server().socket().setSoLinger(true, 0);
        joined.server().socket().close();
        final IOException ended = assertThrows(IOException.class, in::read);
        assertTrue(ended.getMessage().contains("Connection reset"), ended::getMessage);
    }

    @Test
    void describesItself() throws Exception
    {
        final Socket socket = joined().client().socket();
        assertTrue(socket.toString().contains("port=" + socket.getPort()), socket::toString);
        assertTrue(clientChannel().socket().toString().contains("unconnected"));
    }
}
