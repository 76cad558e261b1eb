package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.charset.StandardCharsets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A datagram channel seen as a {@link DatagramSocket}. */
class DatagramAdaptorCases extends Permutation
{
    DatagramAdaptorCases(final Pair pair)
    {
        super(pair);
    }

    private DatagramSocket boundClient() throws IOException
    {
        return clientDatagrams().bind(clientAny()).socket();
    }

    private DatagramSocket boundServer() throws IOException
    {
        return serverDatagrams().bind(serverAny()).socket();
    }

    private static DatagramPacket packet(final String text, final DatagramSocket to)
    {
        final byte[] content = text.getBytes(StandardCharsets.US_ASCII);
        return new DatagramPacket(content, content.length, to.getLocalSocketAddress());
    }

    private static DatagramPacket receive(final DatagramSocket socket) throws IOException
    {
        final DatagramPacket packet = new DatagramPacket(new byte[100], 100);
        socket.receive(packet);
        return packet;
    }

    private static String textOf(final DatagramPacket packet)
    {
        return new String(packet.getData(), packet.getOffset(), packet.getLength(), StandardCharsets.US_ASCII);
    }

    @Test
    void isTheSameOneEachTime() throws Exception
    {
        final DatagramChannel client = clientDatagrams();
        assertSame(client.socket(), client.socket());
        assertSame(client, client.socket().getChannel());
    }

    @Test
    void startsUnbound() throws Exception
    {
        final DatagramSocket socket = clientDatagrams().socket();
        assertFalse(socket.isBound());
        assertFalse(socket.isConnected());
        assertFalse(socket.isClosed());
        assertEquals(0, socket.getLocalPort());
        assertEquals(-1, socket.getPort());
        assertNull(socket.getInetAddress());
        assertNull(socket.getRemoteSocketAddress());
        assertNull(socket.getLocalSocketAddress());
    }

    @Test
    void sendsAndReceives() throws Exception
    {
        final DatagramSocket server = boundServer();
        final DatagramSocket client = boundClient();
        client.send(packet("ask", server));
        final DatagramPacket asked = receive(server);
        assertEquals("ask", textOf(asked));
        assertEquals(client.getLocalSocketAddress(), asked.getSocketAddress());
        asked.setData("answer".getBytes(StandardCharsets.US_ASCII));
        server.send(asked);
        assertEquals("answer", textOf(receive(client)));
    }

    @Test
    void receivesAtAnOffset() throws Exception
    {
        final DatagramSocket server = boundServer();
        boundClient().send(packet("abcdef", server));
        final DatagramPacket target = new DatagramPacket(new byte[20], 5, 4);
        server.receive(target);
        assertEquals(4, target.getLength());
        assertEquals(5, target.getOffset());
        assertEquals("abcd", textOf(target));
        assertEquals(0, target.getData()[9]);
    }

    @Test
    void aPacketMayBeUsedAgain() throws Exception
    {
        final DatagramSocket server = boundServer();
        final DatagramSocket client = boundClient();
        final DatagramPacket target = new DatagramPacket(new byte[100], 100);
        client.send(packet("x", server));
        server.receive(target);
        assertEquals(1, target.getLength());
        client.send(packet("longer", server));
        server.receive(target);
        assertEquals("longer", textOf(target));
    }

    @Test
    void receiveGivesUpWhenTimeIsUp() throws Exception
    {
        final DatagramSocket server = boundServer();
        server.setSoTimeout(120);
        assertEquals(120, server.getSoTimeout());
        final long startNs = System.nanoTime();
        assertThrowsExactly(SocketTimeoutException.class, () -> receive(server));
        final long ms = msSince(startNs);
        assertTrue(ms >= 119 && ms < 5_000, () -> ms + " ms");
        boundClient().send(packet("late", server));
        assertEquals("late", textOf(receive(server)));
        assertThrowsExactly(IllegalArgumentException.class, () -> server.setSoTimeout(-1));
    }

    @Test
    void connectsAndDisconnects() throws Exception
    {
        final DatagramSocket server = boundServer();
        final DatagramSocket client = boundClient();
        client.connect(server.getLocalSocketAddress());
        assertTrue(client.isConnected());
        assertEquals(server.getLocalSocketAddress(), client.getRemoteSocketAddress());
        assertEquals(server.getLocalPort(), client.getPort());
        assertEquals(pair.server().address(), client.getInetAddress());
        client.send(new DatagramPacket(new byte[]{'x'}, 1));
        assertEquals("x", textOf(receive(server)));
        final DatagramSocket other = boundServer();
        assertThrowsExactly(IllegalArgumentException.class, () -> client.send(packet("y", other)));
        client.disconnect();
        assertFalse(client.isConnected());
        client.send(packet("z", other));
        assertEquals("z", textOf(receive(other)));
    }

    @Test
    void learnsThatNobodyListens() throws Exception
    {
        final DatagramSocket gone = boundServer();
        final DatagramSocket client = boundClient();
        client.connect(gone.getLocalSocketAddress());
        gone.close();
        client.send(new DatagramPacket(new byte[1], 1));
        client.setSoTimeout(20_000);
        assertThrowsExactly(PortUnreachableException.class, () -> receive(client));
    }

    @Test
    void binds() throws Exception
    {
        final DatagramSocket socket = clientDatagrams().socket();
        socket.bind(clientAny());
        assertTrue(socket.isBound());
        assertTrue(socket.getLocalPort() > 0);
        assertEquals(pair.client().address(), socket.getLocalAddress());
        assertThrows(SocketException.class, () -> socket.bind(clientAny()));
        final DatagramSocket wild = clientDatagrams().socket();
        wild.bind(null);
        assertTrue(wild.getLocalAddress().isAnyLocalAddress());
    }

    @Test
    void wantsABlockingChannel() throws Exception
    {
        final DatagramSocket server = boundServer();
        server.getChannel().configureBlocking(false);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> receive(server));
    }

    @Test
    void closeEndsAReceive() throws Exception
    {
        for (final int timeout : new int[]{0, 20_000})
        {
            final DatagramSocket server = boundServer();
            server.setSoTimeout(timeout);
            final Task<DatagramPacket> receiver = start(() -> receive(server)).awaitBlocked();
            server.close();
            assertTrue(receiver.failure() instanceof SocketException);
            assertTrue(server.isClosed());
            assertFalse(server.getChannel().isOpen());
        }
    }

    @Test
    void hasTheOptionsOfASocket() throws Exception
    {
        final DatagramSocket socket = boundClient();
        assertTrue(clientDatagrams().socket().getBroadcast() || !socket.getBroadcast());
        socket.setBroadcast(true);
        assertTrue(socket.getBroadcast());
        socket.setReuseAddress(true);
        assertTrue(socket.getReuseAddress());
        socket.setReceiveBufferSize(40_000);
        assertTrue(socket.getReceiveBufferSize() >= 40_000);
        socket.setSendBufferSize(40_000);
        assertTrue(socket.getSendBufferSize() >= 40_000);
        socket.setTrafficClass(0x20);
        assertEquals(0x20, socket.getTrafficClass());
        socket.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 3);
        assertEquals(3, socket.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
        assertEquals(socket.getChannel().supportedOptions(), socket.supportedOptions());
    }

    @Test
    void aClosedOneSaysSo() throws Exception
    {
        final DatagramSocket server = boundServer();
        final DatagramSocket client = boundClient();
        client.close();
        assertEquals(-1, client.getLocalPort());
        assertNull(client.getLocalAddress());
        assertNull(client.getLocalSocketAddress());
        assertThrows(SocketException.class, () -> client.send(packet("x", server)));
        assertThrows(SocketException.class, () -> receive(client));
        assertThrows(SocketException.class, client::getSoTimeout);
    }
}
