package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@link DatagramSocket} as {@code new} makes it: over what the JVM's factory makes. */
class NetDatagramCases extends Permutation
{
    NetDatagramCases(final Pair pair)
    {
        super(pair);
    }

    private DatagramSocket bound() throws IOException
    {
        return own(new DatagramSocket(serverAny()));
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
    void sendsAndReceives() throws Exception
    {
        final DatagramSocket server = bound();
        final DatagramSocket client = own(new DatagramSocket());
        assertTrue(client.isBound());
        assertTrue(client.getLocalPort() > 0);
        assertTrue(client.getLocalAddress().isAnyLocalAddress());
        client.send(packet("ask", server));
        final DatagramPacket asked = receive(server);
        assertEquals("ask", textOf(asked));
        assertEquals(client.getLocalPort(), asked.getPort());
        assertEquals(pair.client().address(), asked.getAddress());
        asked.setData("answer".getBytes(StandardCharsets.US_ASCII));
        server.send(asked);
        assertEquals("answer", textOf(receive(client)));
    }

    @Test
    void bindsWhereItIsTold() throws Exception
    {
        final DatagramSocket first = own(new DatagramSocket(0, pair.server().address()));
        assertEquals(pair.server().address(), first.getLocalAddress());
        assertThrows(
            BindException.class, () -> new DatagramSocket(first.getLocalPort(), pair.server().address()));
        final DatagramSocket unbound = own(new DatagramSocket(null));
        assertFalse(unbound.isBound());
        unbound.bind(serverAny());
        assertTrue(unbound.isBound());
        assertThrows(SocketException.class, () -> unbound.bind(serverAny()));
    }

    @Test
    void cutsWhatDoesNotFit() throws Exception
    {
        final DatagramSocket server = bound();
        final DatagramSocket client = own(new DatagramSocket());
        client.send(packet("abcdef", server));
        final DatagramPacket small = new DatagramPacket(new byte[10], 2, 3);
        server.receive(small);
        assertEquals("abc", textOf(small));
        assertEquals(0, small.getData()[5]);
        client.send(packet("next", server));
        assertEquals("next", textOf(receive(server)));
    }

    @Test
    void receiveGivesUpWhenTimeIsUp() throws Exception
    {
        final DatagramSocket server = bound();
        server.setSoTimeout(120);
        final long startNs = System.nanoTime();
        assertThrowsExactly(SocketTimeoutException.class, () -> receive(server));
        final long ms = msSince(startNs);
        assertTrue(ms >= 119 && ms < 5_000, () -> ms + " ms");
        own(new DatagramSocket()).send(packet("late", server));
        assertEquals("late", textOf(receive(server)));
    }

    @Test
    void connectsAndDisconnects() throws Exception
    {
        final DatagramSocket server = bound();
        final DatagramSocket other = bound();
        final DatagramSocket client = own(new DatagramSocket(clientAny()));
        client.connect(server.getLocalSocketAddress());
        assertTrue(client.isConnected());
        assertEquals(server.getLocalPort(), client.getPort());
        other.send(packet("stranger", client));
        server.send(packet("peer", client));
        assertEquals("peer", textOf(receive(client)));
        assertThrowsExactly(IllegalArgumentException.class, () -> client.send(packet("x", other)));
        client.disconnect();
        assertFalse(client.isConnected());
        assertNull(client.getInetAddress());
        client.send(packet("y", other));
        assertEquals("y", textOf(receive(other)));
    }

    @Test
    void learnsThatNobodyListens() throws Exception
    {
        final DatagramSocket gone = bound();
        final InetSocketAddress nobody = (InetSocketAddress)gone.getLocalSocketAddress();
        gone.close();
        final DatagramSocket client = own(new DatagramSocket());
        client.setSoTimeout(20_000);
        client.connect(nobody);
        client.send(new DatagramPacket(new byte[1], 1));
        assertThrowsExactly(PortUnreachableException.class, () -> receive(client));
    }

    @Test
    void closeEndsABlockedReceive() throws Exception
    {
        for (final int timeout : new int[]{0, 20_000})
        {
            final DatagramSocket server = bound();
            server.setSoTimeout(timeout);
            final Task<DatagramPacket> receiver = start(() -> receive(server)).awaitBlocked();
            server.close();
            assertTrue(receiver.failure() instanceof SocketException);
            assertTrue(server.isClosed());
        }
    }

    @Test
    void interruptDoesNotEndAReceive() throws Exception
    {
        final DatagramSocket server = bound();
        final Task<DatagramPacket> receiver = start(() -> receive(server)).awaitBlocked();
        receiver.interrupt();
        Thread.sleep(QUIET_MS);
        assertFalse(receiver.isDone());
        own(new DatagramSocket()).send(packet("go on", server));
        assertEquals("go on", textOf(receiver.get()));
        assertFalse(server.isClosed());
    }

    @Test
    void hasOptions() throws Exception
    {
        final DatagramSocket socket = own(new DatagramSocket());
        assertTrue(socket.getBroadcast());
        socket.setBroadcast(false);
        assertFalse(socket.getBroadcast());
        socket.setReuseAddress(true);
        assertTrue(socket.getReuseAddress());
        socket.setSendBufferSize(40_000);
        assertTrue(socket.getSendBufferSize() >= 40_000);
        socket.setReceiveBufferSize(40_000);
        assertTrue(socket.getReceiveBufferSize() >= 40_000);
        socket.setTrafficClass(0x20);
        assertEquals(0x20, socket.getTrafficClass());
        socket.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 4);
        assertEquals(4, socket.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
        assertNull(socket.getChannel());
    }

    @Test
    void aClosedOneSaysSo() throws Exception
    {
        final DatagramSocket socket = own(new DatagramSocket());
        final DatagramSocket server = bound();
        socket.close();
        socket.close();
        assertTrue(socket.isClosed());
        assertEquals(-1, socket.getLocalPort());
        assertThrows(SocketException.class, () -> socket.send(packet("x", server)));
        assertThrows(SocketException.class, () -> receive(socket));
        assertThrows(SocketException.class, socket::getSoTimeout);
    }

    @Test
    void multicastSocketsHaveTheirOptions() throws Exception
    {
        final MulticastSocket socket = own(new MulticastSocket(0));
        assertTrue(socket.getReuseAddress());
        assertEquals(1, socket.getTimeToLive());
        socket.setTimeToLive(9);
        assertEquals(9, socket.getTimeToLive());
        socket.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false);
        assertEquals(false, socket.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
        final DatagramSocket server = bound();
        socket.send(packet("unicast", server));
        assertEquals("unicast", textOf(receive(server)));
    }
}
