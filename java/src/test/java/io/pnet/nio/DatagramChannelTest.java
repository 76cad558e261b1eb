package io.pnet.nio;

import io.pnet.nio.permutation.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Datagram channels between two processes' stacks, and beside the kernel's loopback. */
@Timeout(60)
@SuppressWarnings("try")
final class DatagramChannelTest
{
    private static final int PORT = 25_353;
    private static final InetSocketAddress SERVER = new InetSocketAddress(TwoProcesses.SERVER, PORT);

    private TwoProcesses processes;
    private DatagramChannel server;
    private DatagramChannel client;

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses();
        server = processes.serverProvider().openDatagramChannel();
        client = processes.clientProvider().openDatagramChannel();
    }

    @AfterEach
    void stop() throws IOException
    {
        server.close();
        client.close();
        processes.close();
    }

    private static ByteBuffer bytes(final String text)
    {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String text(final ByteBuffer buffer)
    {
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
    }

    private static String receive(final DatagramChannel channel) throws IOException
    {
        final ByteBuffer target = ByteBuffer.allocate(100);
        return channel.receive(target) == null ? null : text(target);
    }

    /** What comes within a second; null: nothing. The channel is not blocking afterwards. */
    private static String receiveSoon(final DatagramChannel channel) throws Exception
    {
        channel.configureBlocking(false);
        for (int i = 0; i < 100; i++)
        {
            final String received = receive(channel);
            if (received != null)
            {
                return received;
            }
            Thread.sleep(10);
        }
        return null;
    }

    private static <T> Task<T> start(final Callable<T> body)
    {
        return new Task<>(body, false);
    }

    private static InetAddress address(final String literal) throws IOException
    {
        return InetAddress.getByName(literal);
    }

    @Test
    void carriesDatagramsBothWaysAndTellsTheSender() throws Exception
    {
        server.bind(SERVER);
        assertNull(client.getLocalAddress());
        assertEquals(5, client.send(bytes("hello"), SERVER));
        final int port = ((InetSocketAddress)client.getLocalAddress()).getPort();
        final ByteBuffer target = ByteBuffer.allocate(100);
        final InetSocketAddress from = (InetSocketAddress)server.receive(target);
        assertEquals(new InetSocketAddress(TwoProcesses.CLIENT, port), from);
        assertEquals("hello", text(target));
        server.send(bytes("back"), from);
        assertEquals("back", receive(client));
    }

    @Test
    void cutsOffWhatDoesNotFitAndTellsEmptyFromNone() throws Exception
    {
        server.bind(SERVER);
        client.send(bytes("too long"), SERVER);
        client.send(bytes(""), SERVER);
        client.send(bytes("last"), SERVER);
        final ByteBuffer small = ByteBuffer.allocate(3);
        assertNotNull(server.receive(small));
        assertEquals("too", text(small));
        final ByteBuffer target = ByteBuffer.allocate(10);
        assertNotNull(server.receive(target));
        assertEquals(0, target.position());
        assertNotNull(server.receive(ByteBuffer.allocate(0)));
        server.configureBlocking(false);
        assertNull(server.receive(target));
        assertThrows(IllegalArgumentException.class, () -> server.receive(target.asReadOnlyBuffer()));
    }

    @Test
    void readsAndWritesScatteredWhenConnected() throws Exception
    {
        server.bind(SERVER);
        assertThrows(NotYetConnectedException.class, () -> client.write(bytes("x")));
        assertThrows(NotYetConnectedException.class, () -> client.read(ByteBuffer.allocate(1)));
        client.connect(SERVER);
        assertTrue(client.isConnected());
        assertEquals(SERVER, client.getRemoteAddress());
        assertEquals(address(TwoProcesses.CLIENT), ((InetSocketAddress)client.getLocalAddress()).getAddress());
        server.connect(client.getLocalAddress());
        assertEquals(6, client.write(new ByteBuffer[]{bytes("none"), bytes("ab"), bytes(""), bytes("cdef")}, 1, 3));
        final ByteBuffer[] parts = {ByteBuffer.allocate(1), ByteBuffer.allocate(2), ByteBuffer.allocate(1)};
        assertEquals(4, server.read(parts));
        assertEquals("a", text(parts[0]));
        assertEquals("bc", text(parts[1]));
        assertEquals("d", text(parts[2]));
        assertEquals(0, client.write(bytes("")));
        assertEquals(0, server.read(ByteBuffer.allocate(5)));
        assertThrows(AlreadyConnectedException.class, () -> client.connect(SERVER));
        assertThrows(AlreadyConnectedException.class, () -> client.send(bytes("x"), client.getLocalAddress()));
    }

    @Test
    void connectedItHearsItsPeerAloneUntilItIsDisconnected() throws Exception
    {
        server.bind(SERVER);
        client.bind(null);
        final InetSocketAddress bound = (InetSocketAddress)client.getLocalAddress();
        final InetSocketAddress reached = new InetSocketAddress(TwoProcesses.CLIENT, bound.getPort());
        server.send(bytes("early"), reached);
        Thread.sleep(100);
        client.connect(new InetSocketAddress(TwoProcesses.SERVER, PORT + 1));
        server.send(bytes("stranger"), reached);
        assertNull(receiveSoon(client));
        client.disconnect();
        assertFalse(client.isConnected());
        assertEquals(bound, client.getLocalAddress());
        server.send(bytes("anybody"), reached);
        assertEquals("anybody", receiveSoon(client));
    }

    @Test
    void aPeerWithoutASocketIsAPortUnreachable() throws Exception
    {
        client.connect(SERVER);
        client.write(bytes("x"));
        assertThrows(PortUnreachableException.class, () -> client.read(ByteBuffer.allocate(1)));
        client.write(bytes("x"));
        client.configureBlocking(false);
        for (int i = 0; i < 500 && ((Selectable)client).readyOps() != 5; i++)
        {
            Thread.sleep(10);
        }
        assertThrows(PortUnreachableException.class, () -> client.write(bytes("x")));
    }

    @Test
    void refusesWhatTheJdkRefuses() throws Exception
    {
        client.bind(null);
        assertThrows(AlreadyBoundException.class, () -> client.bind(null));
        assertThrows(UnresolvedAddressException.class, () -> client.send(
            bytes("x"), InetSocketAddress.createUnresolved("nowhere.invalid", 7)));
        assertThrows(NullPointerException.class, () -> client.send(bytes("x"), null));
        assertThrows(SocketException.class, () -> client.send(bytes("x"), new InetSocketAddress("10.0.0.2", 0)));
        assertThrows(SocketException.class, () -> client.connect(new InetSocketAddress("10.0.0.2", 0)));
        assertEquals("Message too long", assertThrows(
            SocketException.class, () -> client.send(ByteBuffer.allocate(65_508), SERVER)).getMessage());
        assertThrows(BindException.class, () -> client.send(
            bytes("x"), new InetSocketAddress("255.255.255.255", PORT)));
        assertThrows(BindException.class, () -> server.bind(new InetSocketAddress("10.9.9.9", PORT)));
        final DatagramChannel v4 = processes.clientProvider().openDatagramChannel(StandardProtocolFamily.INET);
        assertThrows(UnsupportedAddressTypeException.class, () -> v4.send(
            bytes("x"), new InetSocketAddress("fd00::1", 7)));
        assertThrows(UnsupportedOperationException.class, () ->
            processes.clientProvider().openDatagramChannel(StandardProtocolFamily.UNIX));
        client.close();
        assertThrows(ClosedChannelException.class, () -> client.send(bytes("x"), SERVER));
        assertThrows(ClosedChannelException.class, () -> client.getLocalAddress());
        v4.close();
    }

    @Test
    void optionsAreKeptAndUnknownOnesRefused() throws Exception
    {
        assertEquals(212_992, client.getOption(StandardSocketOptions.SO_RCVBUF));
        client.setOption(StandardSocketOptions.SO_RCVBUF, 100_000);
        assertEquals(100_000, client.getOption(StandardSocketOptions.SO_RCVBUF));
        assertEquals(1, client.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
        assertThrows(IllegalArgumentException.class, () ->
            client.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 256));
        assertTrue(client.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
        assertNull(client.getOption(StandardSocketOptions.IP_MULTICAST_IF));
        assertThrows(UnsupportedOperationException.class, () ->
            client.setOption(StandardSocketOptions.TCP_NODELAY, true));
        for (final java.net.SocketOption<?> option : client.supportedOptions())
        {
            client.getOption(option);
        }
        assertEquals(
            Runtime.version().feature() >= 19,
            client.supportedOptions().stream().anyMatch((option) -> option.name().equals("IP_DONTFRAGMENT")));
    }

    @Test
    void closeAndInterruptEndABlockedReceive() throws Exception
    {
        server.bind(SERVER);
        final Task<String> closed = start(() -> receive(server)).awaitBlocked();
        server.close();
        assertInstanceOf(AsynchronousCloseException.class, closed.failure());

        client.connect(SERVER);
        final Task<Integer> interrupted = start(() -> client.read(ByteBuffer.allocate(1))).awaitBlocked();
        interrupted.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, interrupted.failure());
        assertFalse(client.isOpen());
    }

    @Test
    void onTheWildcardItHearsBothPnetAndTheKernelsLoopback() throws Exception
    {
        server.bind(new InetSocketAddress(0));
        final int port = ((InetSocketAddress)server.getLocalAddress()).getPort();
        try (DatagramSocket kernel = new DatagramSocket())
        {
            final Task<String> blocked = start(() -> receive(server)).awaitBlocked();
            kernel.send(new DatagramPacket(new byte[]{'k'}, 1, InetAddress.getLoopbackAddress(), port));
            assertEquals("k", blocked.get());
            client.send(bytes("p"), new InetSocketAddress(TwoProcesses.SERVER, port));
            assertEquals("p", receive(server));

            // What goes to the loopback goes out by the kernel, from the same port.
            server.send(bytes("answer"), new InetSocketAddress("127.0.0.1", kernel.getLocalPort()));
            final DatagramPacket packet = new DatagramPacket(new byte[10], 10);
            kernel.setSoTimeout(5_000);
            kernel.receive(packet);
            assertEquals(new InetSocketAddress("127.0.0.1", port), packet.getSocketAddress());
            // The port is taken on the kernel's side as well.
            assertThrows(BindException.class, () -> new DatagramSocket(port, address("127.0.0.1")).close());
        }
    }

    @Test
    void aBlockedReceiveHearsTheAnswerToWhatWasSentToTheKernelMeanwhile() throws Exception
    {
        client.send(bytes("x"), SERVER);
        final Task<String> blocked = start(() -> receive(client)).awaitBlocked();
        try (DatagramSocket kernel = new DatagramSocket(0, InetAddress.getLoopbackAddress()))
        {
            client.send(bytes("?"), kernel.getLocalSocketAddress());
            final DatagramPacket packet = new DatagramPacket(new byte[10], 10);
            kernel.receive(packet);
            kernel.send(new DatagramPacket(new byte[]{'!'}, 1, packet.getSocketAddress()));
            assertEquals("!", blocked.get());
        }
    }

    @Test
    void boundToTheLoopbackItIsTheKernels() throws Exception
    {
        server.bind(new InetSocketAddress("127.0.0.1", 0));
        client.connect(server.getLocalAddress());
        assertEquals("/127.0.0.1", ((InetSocketAddress)client.getLocalAddress()).getAddress().toString());
        client.write(bytes("inside"));
        final ByteBuffer target = ByteBuffer.allocate(10);
        server.send(bytes("back"), server.receive(target));
        assertEquals("inside", text(target));
        target.clear();
        assertEquals(4, client.read(target));
        assertEquals(0, ((Selectable)client).readyOps());
        assertEquals(1, ((Selectable)client).kernelChannels().size());
        final DatagramChannel ours = processes.clientProvider().openDatagramChannel();
        ours.bind(new InetSocketAddress(TwoProcesses.CLIENT, 0));
        assertThrows(SocketException.class, () -> ours.send(bytes("x"), server.getLocalAddress()));
        ours.close();
    }

    @Test
    void groupsAreHeardByAllWhoHaveJoinedAndLeftWhenDropped() throws Exception
    {
        final InetAddress group = address("239.1.2.3");
        final NetworkInterface any = nonLoopback();
        final DatagramChannel other = processes.serverProvider().openDatagramChannel(StandardProtocolFamily.INET);
        for (final DatagramChannel each : new DatagramChannel[]{server, other})
        {
            each.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            each.bind(new InetSocketAddress(PORT));
        }
        final MembershipKey key = server.join(group, any);
        assertSame(key, server.join(group, any));
        assertThrows(IllegalStateException.class, () -> server.join(group, any, address(TwoProcesses.CLIENT)));
        final MembershipKey some = other.join(group, any, address(TwoProcesses.CLIENT));
        assertThrows(IllegalStateException.class, () -> some.block(address("10.0.0.9")));
        final InetSocketAddress to = new InetSocketAddress(group, PORT);
        client.send(bytes("one"), to);
        assertEquals("one", receiveSoon(server));
        assertEquals("one", receiveSoon(other));
        key.block(address(TwoProcesses.CLIENT));
        client.send(bytes("two"), to);
        assertEquals("two", receiveSoon(other));
        assertNull(receive(server));
        key.unblock(address(TwoProcesses.CLIENT));
        assertThrows(IllegalStateException.class, () -> key.unblock(address(TwoProcesses.CLIENT)));
        some.drop();
        assertFalse(some.isValid());
        client.send(bytes("three"), to);
        assertEquals("three", receiveSoon(server));
        assertNull(receive(other));
        other.close();
        server.close();
        assertFalse(key.isValid());
        assertThrows(IllegalArgumentException.class, () -> client.join(address("10.0.0.2"), any));
    }

    @Test
    void aGroupMayBeJoinedBeforeTheChannelIsBoundAndIsHeardByItsSender() throws Exception
    {
        final InetAddress group = address("239.1.2.4");
        client.join(group, nonLoopback());
        client.bind(new InetSocketAddress(PORT));
        client.send(bytes("own"), new InetSocketAddress(group, PORT));
        assertEquals("own", receiveSoon(client));
        client.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false);
        client.send(bytes("own"), new InetSocketAddress(group, PORT));
        assertNull(receiveSoon(client));
    }

    @Test
    void groupsOfTheLoopbackInterfaceAreTheKernels() throws Exception
    {
        final NetworkInterface loopback = NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress());
        final InetAddress group = address("239.1.2.5");
        server.bind(new InetSocketAddress(0));
        final int port = ((InetSocketAddress)server.getLocalAddress()).getPort();
        final MembershipKey key = server.join(group, loopback);
        final DatagramChannel sender = processes.clientProvider().openDatagramChannel(StandardProtocolFamily.INET);
        sender.setOption(StandardSocketOptions.IP_MULTICAST_IF, loopback);
        sender.send(bytes("by lo"), new InetSocketAddress(group, port));
        assertEquals("by lo", receiveSoon(server));
        key.drop();
        sender.send(bytes("by lo"), new InetSocketAddress(group, port));
        assertNull(receiveSoon(server));
        sender.close();
    }

    @Test
    void tellsSelectorsWhatIsReady() throws Exception
    {
        final Selectable selectable = (Selectable)server;
        server.bind(SERVER);
        assertEquals(SelectionKey.OP_WRITE, selectable.readyOps());
        client.send(bytes("x"), SERVER);
        for (int i = 0; i < 500 && selectable.readyOps() == SelectionKey.OP_WRITE; i++)
        {
            Thread.sleep(10);
        }
        assertEquals(SelectionKey.OP_READ | SelectionKey.OP_WRITE, selectable.readyOps());
        receive(server);
        assertEquals(SelectionKey.OP_WRITE, selectable.readyOps());
    }

    @Test
    void theAdaptorOverridesEveryPublicMethod()
    {
        for (final Method method : DatagramSocket.class.getMethods())
        {
            if (method.getDeclaringClass() == DatagramSocket.class && !Modifier.isStatic(method.getModifiers()))
            {
                final Method ours;
                try
                {
                    ours = PnetDatagramSocketAdaptor.class.getMethod(method.getName(), method.getParameterTypes());
                }
                catch (final NoSuchMethodException ex)
                {
                    throw new AssertionError(ex);
                }
                assertEquals(PnetDatagramSocketAdaptor.class, ours.getDeclaringClass(), method::toString);
            }
        }
    }

    @Test
    void theAdaptorSendsReceivesAndTimesOut() throws Exception
    {
        final DatagramSocket socket = server.socket();
        assertSame(server, socket.getChannel());
        socket.bind(SERVER);
        socket.setSoTimeout(100);
        final DatagramPacket packet = new DatagramPacket(new byte[100], 10, 20);
        assertThrows(SocketTimeoutException.class, () -> socket.receive(packet));
        socket.setSoTimeout(0);
        for (final String text : new String[]{"a", "a longer one than twenty bytes", "and one"})
        {
            client.send(bytes(text), SERVER);
            socket.receive(packet);
            assertEquals(Math.min(20, text.length()), packet.getLength());
            assertEquals(
                text.substring(0, packet.getLength()), new String(packet.getData(), 10, packet.getLength()));
        }
        assertEquals(TwoProcesses.CLIENT, packet.getAddress().getHostAddress());
        socket.send(packet);
        assertEquals("and one", receive(client));
        assertEquals(PORT, socket.getLocalPort());
        assertEquals(-1, socket.getPort());
        socket.connect(packet.getSocketAddress());
        assertEquals(packet.getSocketAddress(), socket.getRemoteSocketAddress());
        assertThrows(IllegalArgumentException.class, () -> socket.send(
            new DatagramPacket(new byte[1], 1, address("10.0.0.1"), 9)));
        socket.disconnect();
        assertNull(socket.getRemoteSocketAddress());
        final Task<Object> blocked = start(() ->
        {
            socket.receive(packet);
            return null;
        }).awaitBlocked();
        socket.close();
        assertEquals("Socket closed", blocked.failure().getMessage());
        assertTrue(socket.isClosed());
        assertEquals(-1, socket.getLocalPort());
    }

    /** Some interface of the kernel's that is not its loopback; where there is none, whichever. */
    private static NetworkInterface nonLoopback() throws IOException
    {
        return NetworkInterface.networkInterfaces().filter((each) ->
        {
            try
            {
                return !each.isLoopback();
            }
            catch (final SocketException ex)
            {
                return false;
            }
        }).findFirst().orElseThrow();
    }
}
