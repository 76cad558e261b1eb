package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
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
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.HashSet;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** How a {@link SocketChannel} is bound and comes to be connected, or not. */
class ConnectCases extends Permutation
{
    ConnectCases(final Pair pair)
    {
        super(pair);
    }

    private static final class Strange extends SocketAddress
    {
        private static final long serialVersionUID = 1;
    }

    @Test
    void opensNeitherBoundNorConnected() throws Exception
    {
        final SocketChannel channel = clientChannel();
        assertTrue(channel.isOpen());
        assertTrue(channel.isBlocking());
        assertFalse(channel.isConnected());
        assertFalse(channel.isConnectionPending());
        assertFalse(channel.isRegistered());
        assertNull(channel.getLocalAddress());
        assertNull(channel.getRemoteAddress());
        assertSame(pair.client().provider(), channel.provider());
        assertEquals(SelectionKey.OP_READ | SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT, channel.validOps());
    }

    @Test
    void connects() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        assertTrue(client.connect(listener.getLocalAddress()));
        assertTrue(client.isConnected());
        assertFalse(client.isConnectionPending());
        assertEquals(listener.getLocalAddress(), client.getRemoteAddress());
        final InetSocketAddress local = (InetSocketAddress)client.getLocalAddress();
        assertEquals(pair.client().address(), local.getAddress());
        assertNotEquals(0, local.getPort());
    }

    @Test
    void bothEndsAgreeOnAddresses() throws Exception
    {
        final Joined joined = joined();
        assertEquals(joined.client().getLocalAddress(), joined.server().getRemoteAddress());
        assertEquals(joined.client().getRemoteAddress(), joined.server().getLocalAddress());
    }

    @Test
    void connectsByIpv6() throws Exception
    {
        assumeTrue(
            pair.client().address6() != null && pair.server().address6() != null, "no IPv6 here");
        final ServerSocketChannel listener =
            serverChannel().bind(new InetSocketAddress(pair.server().address6(), 0));
        final Joined joined = joined(listener);
        assertEquals(listener.getLocalAddress(), joined.client().getRemoteAddress());
        assertEquals(joined.client().getLocalAddress(), joined.server().getRemoteAddress());
        write(joined.client(), "six");
        assertEquals("six", readText(joined.server(), 3));
    }

    @Test
    void connectsWithoutBlocking() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        client.configureBlocking(false);
        if (!client.connect(listener.getLocalAddress()))
        {
            await("finishConnect", client::finishConnect);
        }
        assertTrue(client.isConnected());
        assertFalse(client.isConnectionPending());
        assertNotNull(own(listener.accept()));
    }

    @Test
    void isPendingUntilItIsConnected() throws Exception
    {
        final SocketAddress silent = silent();
        final SocketChannel client = clientChannel();
        client.configureBlocking(false);
        assertFalse(client.connect(silent));
        assertTrue(client.isConnectionPending());
        assertFalse(client.isConnected());
        assertFalse(client.finishConnect());
        assertEquals(silent, client.getRemoteAddress());
    }

    @Test
    void finishConnectMayBlock() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        client.configureBlocking(false);
        client.connect(listener.getLocalAddress());
        client.configureBlocking(true);
        assertTrue(client.finishConnect());
        assertTrue(client.isConnected());
    }

    @Test
    void finishConnectOfAConnectedOneSaysSo() throws Exception
    {
        assertTrue(joined().client().finishConnect());
    }

    @Test
    void finishConnectWantsAConnect() throws Exception
    {
        final SocketChannel client = clientChannel();
        assertThrowsExactly(NoConnectionPendingException.class, client::finishConnect);
    }

    @Test
    void connectsOnce() throws Exception
    {
        final Joined joined = joined();
        final SocketAddress remote = joined.client().getRemoteAddress();
        assertThrowsExactly(AlreadyConnectedException.class, () -> joined.client().connect(remote));
        assertTrue(joined.client().isConnected());
    }

    @Test
    void anAcceptedOneIsConnected() throws Exception
    {
        final Joined joined = joined();
        assertTrue(joined.server().isConnected());
        assertTrue(joined.server().finishConnect());
        final SocketAddress remote = joined.server().getRemoteAddress();
        assertThrowsExactly(AlreadyConnectedException.class, () -> joined.server().connect(remote));
    }

    @Test
    void doesNotConnectWhilePending() throws Exception
    {
        final SocketAddress silent = silent();
        final SocketChannel client = clientChannel();
        client.configureBlocking(false);
        client.connect(silent);
        assertThrowsExactly(ConnectionPendingException.class, () -> client.connect(silent));
        assertThrowsExactly(ConnectionPendingException.class, () -> client.bind(clientAny()));
        assertTrue(client.isConnectionPending());
    }

    @Test
    void isRefusedWhereNobodyListens() throws Exception
    {
        final SocketAddress refusing = refusing();
        final SocketChannel client = clientChannel();
        final ConnectException refused = assertThrowsExactly(ConnectException.class, () -> client.connect(refusing));
        assertTrue(refused.getMessage().contains("Connection refused"), refused::getMessage);
        assertFalse(client.isOpen());
    }

    @Test
    void isRefusedWithoutBlocking() throws Exception
    {
        final SocketAddress refusing = refusing();
        final SocketChannel client = clientChannel();
        client.configureBlocking(false);
        final IOException refused = assertThrowsExactly(ConnectException.class, () ->
        {
            client.connect(refusing);
            await("an answer", client::finishConnect);
        });
        assertTrue(refused.getMessage().contains("Connection refused"), refused::getMessage);
        assertFalse(client.isOpen());
    }

    @Test
    void isRefusedOnPort0() throws Exception
    {
        final SocketChannel client = clientChannel();
        assertThrowsExactly(
            ConnectException.class, () -> client.connect(new InetSocketAddress(pair.server().address(), 0)));
    }

    @Test
    void refusalShowsAsReadyToConnect() throws Exception
    {
        final SocketChannel client = clientChannel();
        final Selector selector = clientSelector();
        final SelectionKey key = register(client, selector, SelectionKey.OP_CONNECT);
        final SocketAddress refusing = refusing();
        try
        {
            client.connect(refusing);
        }
        catch (final ConnectException ex)
        {
            return;
        }
        awaitReady(selector, key, SelectionKey.OP_CONNECT);
        assertTrue(key.isConnectable());
        assertThrowsExactly(ConnectException.class, client::finishConnect);
        assertFalse(client.isOpen());
        assertFalse(key.isValid());
    }

    @Test
    void findsNobodyAtAnAbsentAddress() throws Exception
    {
        final SocketAddress absent = absent();
        final SocketChannel client = clientChannel();
        assertThrowsExactly(NoRouteToHostException.class, () -> client.connect(absent));
        assertFalse(client.isOpen());
    }

    @Test
    void findsNobodyAtAnAbsentAddressWithoutBlocking() throws Exception
    {
        final SocketAddress absent = absent();
        final SocketChannel client = clientChannel();
        final Selector selector = clientSelector();
        final SelectionKey key = register(client, selector, SelectionKey.OP_CONNECT);
        assertFalse(client.connect(absent));
        awaitReady(selector, key, SelectionKey.OP_CONNECT);
        assertThrowsExactly(NoRouteToHostException.class, client::finishConnect);
    }

    @Test
    void refusesAddressesOfNoUse() throws Exception
    {
        final SocketChannel client = clientChannel();
        assertThrowsExactly(
            UnresolvedAddressException.class, () -> client.connect(InetSocketAddress.createUnresolved("x.invalid", 1)));
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> client.connect(new Strange()));
        assertThrowsExactly(
            UnresolvedAddressException.class, () -> client.bind(InetSocketAddress.createUnresolved("x.invalid", 1)));
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> client.bind(new Strange()));
        assertTrue(client.isOpen());
    }

    @Test
    void bindsBeforeItConnects() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        assertSame(client, client.bind(clientAny()));
        final InetSocketAddress local = (InetSocketAddress)client.getLocalAddress();
        assertNotEquals(0, local.getPort());
        assertEquals(pair.client().address(), local.getAddress());
        assertTrue(client.connect(listener.getLocalAddress()));
        assertEquals(local, client.getLocalAddress());
        assertEquals(local, own(listener.accept()).getRemoteAddress());
    }

    @Test
    void bindsToAPortOfItsChoice() throws Exception
    {
        final SocketChannel first = clientChannel().bind(clientAny());
        final InetSocketAddress local = (InetSocketAddress)first.getLocalAddress();
        first.close();
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel().bind(local);
        client.connect(listener.getLocalAddress());
        assertEquals(local, client.getLocalAddress());
    }

    @Test
    void bindsToNothingInParticular() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel().bind(null);
        final InetSocketAddress local = (InetSocketAddress)client.getLocalAddress();
        assertTrue(local.getAddress().isAnyLocalAddress());
        assertNotEquals(0, local.getPort());
        client.connect(listener.getLocalAddress());
        assertEquals(new InetSocketAddress(pair.client().address(), local.getPort()), client.getLocalAddress());
    }

    @Test
    void bindsOnce() throws Exception
    {
        final SocketChannel client = clientChannel().bind(clientAny());
        assertThrowsExactly(AlreadyBoundException.class, () -> client.bind(clientAny()));
    }

    @Test
    void doesNotBindOnceConnected() throws Exception
    {
        final Joined joined = joined();
        assertThrowsExactly(AlreadyBoundException.class, () -> joined.client().bind(clientAny()));
    }

    @Test
    void doesNotBindToAPortInUse() throws Exception
    {
        final ServerSocketChannel listener = own(pair.client().provider().openServerSocketChannel()).bind(clientAny());
        final SocketChannel client = clientChannel();
        assertThrowsExactly(BindException.class, () -> client.bind(listener.getLocalAddress()));
    }

    @Test
    void doesNotBindToAPortAnotherIsBoundTo() throws Exception
    {
        final SocketChannel first = clientChannel().bind(clientAny());
        final SocketChannel second = clientChannel();
        assertThrowsExactly(BindException.class, () -> second.bind(first.getLocalAddress()));
        first.close();
    }

    @Test
    void doesNotBindToAStrangersAddress() throws Exception
    {
        final SocketChannel client = clientChannel();
        assertThrowsExactly(BindException.class, () -> client.bind(new InetSocketAddress("203.0.113.1", 0)));
    }

    @Test
    void ephemeralPortsDiffer() throws Exception
    {
        final Set<SocketAddress> seen = new HashSet<>();
        for (int i = 0; i < 50; i++)
        {
            assertTrue(seen.add(clientChannel().bind(clientAny()).getLocalAddress()));
        }
    }

    @Test
    void manyConnectionsHavePortsOfTheirOwn() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Set<SocketAddress> seen = new HashSet<>();
        for (int i = 0; i < 100; i++)
        {
            final Joined joined = joined(listener);
            assertTrue(seen.add(joined.server().getRemoteAddress()));
        }
    }

    @Test
    void closeEndsAPendingConnect() throws Exception
    {
        final SocketChannel client = clientChannel();
        client.configureBlocking(false);
        client.connect(silent());
        client.close();
        assertFalse(client.isConnectionPending());
        assertThrowsExactly(ClosedChannelException.class, client::finishConnect);
    }

    @Test
    void interruptEndsABlockedConnect() throws Exception
    {
        final SocketAddress silent = silent();
        final SocketChannel client = clientChannel();
        final Task<Boolean> task = start(() -> client.connect(silent)).awaitBlocked();
        task.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, task.failure());
        assertTrue(task.wasInterrupted());
        assertFalse(client.isOpen());
    }

    @Test
    void closeEndsABlockedConnect() throws Exception
    {
        final SocketAddress silent = silent();
        final SocketChannel client = clientChannel();
        final Task<Boolean> task = start(() -> client.connect(silent)).awaitBlocked();
        client.close();
        assertEquals(AsynchronousCloseException.class, task.failure().getClass());
    }

    @Test
    void closeEndsABlockedFinishConnect() throws Exception
    {
        final SocketChannel client = clientChannel();
        client.configureBlocking(false);
        client.connect(silent());
        client.configureBlocking(true);
        final Task<Boolean> task = start(client::finishConnect).awaitBlocked();
        client.close();
        assertEquals(AsynchronousCloseException.class, task.failure().getClass());
    }

    @Test
    void anInterruptedThreadDoesNotConnect() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        Thread.currentThread().interrupt();
        assertThrowsExactly(
            ClosedByInterruptException.class, () -> client.connect(new InetSocketAddress(
                pair.server().address(), listener.socket().getLocalPort())));
        assertTrue(Thread.interrupted());
        assertFalse(client.isOpen());
    }

    @Test
    void dataWantsAConnection() throws Exception
    {
        final SocketChannel client = clientChannel();
        final ByteBuffer one = ByteBuffer.allocate(1);
        assertThrowsExactly(NotYetConnectedException.class, () -> client.read(one));
        assertThrowsExactly(NotYetConnectedException.class, () -> client.write(one));
        assertThrowsExactly(NotYetConnectedException.class, () -> client.read(new ByteBuffer[]{one}));
        assertThrowsExactly(NotYetConnectedException.class, () -> client.write(new ByteBuffer[]{one}));
        assertThrowsExactly(NotYetConnectedException.class, client::shutdownInput);
        assertThrowsExactly(NotYetConnectedException.class, client::shutdownOutput);
        assertTrue(client.isOpen());
    }

    @Test
    void dataWantsMoreThanAPendingConnection() throws Exception
    {
        final SocketChannel client = clientChannel();
        client.configureBlocking(false);
        client.connect(silent());
        final ByteBuffer one = ByteBuffer.allocate(1);
        assertThrowsExactly(NotYetConnectedException.class, () -> client.read(one));
        assertThrowsExactly(NotYetConnectedException.class, () -> client.write(one));
    }

    @Test
    void opensByFamily() throws Exception
    {
        final SocketChannel client = own(pair.client().provider().openSocketChannel(StandardProtocolFamily.INET));
        final ServerSocketChannel listener =
            own(pair.server().provider().openServerSocketChannel(StandardProtocolFamily.INET)).bind(serverAny());
        assertTrue(client.connect(listener.getLocalAddress()));
        assertSame(pair.client().provider(), client.provider());
        assertThrowsExactly(NullPointerException.class, () -> pair.client().provider().openSocketChannel(null));
    }

    @Test
    void anIpv4ChannelTakesNoIpv6Address() throws Exception
    {
        final SocketChannel client = own(pair.client().provider().openSocketChannel(StandardProtocolFamily.INET));
        assertThrowsExactly(
            UnsupportedAddressTypeException.class, () -> client.connect(new InetSocketAddress("2001:db8::1", 7)));
        assertThrowsExactly(
            UnsupportedAddressTypeException.class, () -> client.bind(new InetSocketAddress("2001:db8::1", 0)));
    }

    @Test
    void describesItself() throws Exception
    {
        final Joined joined = joined();
        assertTrue(joined.client().toString().contains("connected"), joined.client()::toString);
        final int port = joined.client().socket().getPort();
        assertTrue(joined.client().toString().contains(Integer.toString(port)), joined.client()::toString);
        joined.client().close();
        assertTrue(joined.client().toString().contains("closed"), joined.client()::toString);
        assertTrue(clientChannel().toString().contains("unconnected"));
    }
}
