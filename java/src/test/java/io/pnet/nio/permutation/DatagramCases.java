package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** {@link DatagramChannel}s, connected and not. Between the two of a pair nothing is lost that has room. */
class DatagramCases extends Permutation
{
    private static final int LARGEST = 65_507;

    DatagramCases(final Pair pair)
    {
        super(pair);
    }

    private DatagramChannel boundClient() throws IOException
    {
        return clientDatagrams().bind(clientAny());
    }

    private DatagramChannel boundServer() throws IOException
    {
        return serverDatagrams().bind(serverAny());
    }

    /** What the next datagram says, whoever sent it. */
    private static String receive(final DatagramChannel channel) throws IOException
    {
        final ByteBuffer target = ByteBuffer.allocate(100);
        channel.receive(target);
        return new String(target.array(), 0, target.position(), StandardCharsets.US_ASCII);
    }

    @Test
    void opensNeitherBoundNorConnected() throws Exception
    {
        final DatagramChannel channel = clientDatagrams();
        assertTrue(channel.isOpen());
        assertTrue(channel.isBlocking());
        assertFalse(channel.isConnected());
        assertNull(channel.getLocalAddress());
        assertNull(channel.getRemoteAddress());
        assertSame(pair.client().provider(), channel.provider());
        assertEquals(SelectionKey.OP_READ | SelectionKey.OP_WRITE, channel.validOps());
    }

    @Test
    void binds() throws Exception
    {
        final DatagramChannel channel = clientDatagrams();
        assertSame(channel, channel.bind(clientAny()));
        final InetSocketAddress local = (InetSocketAddress)channel.getLocalAddress();
        assertEquals(pair.client().address(), local.getAddress());
        assertNotEquals(0, local.getPort());
        assertThrowsExactly(AlreadyBoundException.class, () -> channel.bind(clientAny()));
        final InetSocketAddress wild = (InetSocketAddress)clientDatagrams().bind(null).getLocalAddress();
        assertTrue(wild.getAddress().isAnyLocalAddress());
        assertNotEquals(0, wild.getPort());
    }

    @Test
    void doesNotBindWhereItCannot() throws Exception
    {
        final DatagramChannel first = boundClient();
        final DatagramChannel second = clientDatagrams();
        assertThrowsExactly(BindException.class, () -> second.bind(first.getLocalAddress()));
        assertThrowsExactly(BindException.class, () -> second.bind(new InetSocketAddress("203.0.113.1", 0)));
        second.bind(clientAny());
    }

    @Test
    void sendsAndReceives() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        final ByteBuffer source = text("hello");
        assertEquals(5, client.send(source, server.getLocalAddress()));
        assertFalse(source.hasRemaining());
        final ByteBuffer target = ByteBuffer.allocate(100);
        assertEquals(client.getLocalAddress(), server.receive(target));
        assertEquals(text("hello"), target.flip());
        server.send(text("back"), client.getLocalAddress());
        assertEquals("back", receive(client));
    }

    @Test
    void bindsWhenItSends() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = clientDatagrams();
        client.send(text("x"), server.getLocalAddress());
        final InetSocketAddress local = (InetSocketAddress)client.getLocalAddress();
        assertTrue(local.getAddress().isAnyLocalAddress());
        final SocketAddress sender = server.receive(ByteBuffer.allocate(1));
        assertEquals(new InetSocketAddress(pair.client().address(), local.getPort()), sender);
    }

    @Test
    void bindsWhenItReceives() throws Exception
    {
        final DatagramChannel channel = clientDatagrams();
        channel.configureBlocking(false);
        assertNull(channel.receive(ByteBuffer.allocate(1)));
        assertNotNull(channel.getLocalAddress());
    }

    @Test
    void receivesNothingWhereNothingIs() throws Exception
    {
        final DatagramChannel server = boundServer();
        server.configureBlocking(false);
        final ByteBuffer target = ByteBuffer.allocate(10);
        assertNull(server.receive(target));
        assertEquals(0, target.position());
    }

    @Test
    void cutsWhatDoesNotFit() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        client.send(text("abcdef"), server.getLocalAddress());
        client.send(text("next"), server.getLocalAddress());
        final ByteBuffer target = ByteBuffer.allocate(3);
        assertEquals(client.getLocalAddress(), server.receive(target));
        assertEquals(text("abc"), target.flip());
        assertEquals("next", receive(server));
    }

    @Test
    void receivesIntoNoRoom() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        client.send(text("abc"), server.getLocalAddress());
        client.send(text("next"), server.getLocalAddress());
        assertEquals(client.getLocalAddress(), server.receive(ByteBuffer.allocate(0)));
        assertEquals("next", receive(server));
    }

    @Test
    void carriesEmptyDatagrams() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        assertEquals(0, client.send(ByteBuffer.allocate(0), server.getLocalAddress()));
        final ByteBuffer target = ByteBuffer.allocate(10);
        assertEquals(client.getLocalAddress(), server.receive(target));
        assertEquals(0, target.position());
    }

    @Test
    void carriesTheLargestOne() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        server.setOption(StandardSocketOptions.SO_RCVBUF, 200_000);
        client.setOption(StandardSocketOptions.SO_SNDBUF, 200_000);
        final byte[] content = bytes(LARGEST, 1);
        assertEquals(LARGEST, client.send(ByteBuffer.wrap(content), server.getLocalAddress()));
        final ByteBuffer target = ByteBuffer.allocateDirect(LARGEST + 1);
        server.receive(target);
        final byte[] seen = new byte[target.flip().remaining()];
        target.get(seen);
        assertArrayEquals(content, seen);
    }

    @Test
    void refusesWhatIsTooLarge() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        final ByteBuffer source = ByteBuffer.allocate(LARGEST + 1);
        assertThrows(IOException.class, () -> client.send(source, server.getLocalAddress()));
        assertEquals(0, source.position());
        client.connect(server.getLocalAddress());
        assertThrows(IOException.class, () -> client.write(source));
        assertTrue(client.isOpen());
    }

    @Test
    void takesAllKindsOfBuffers() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        final SocketAddress to = server.getLocalAddress();
        client.send(ByteBuffer.allocateDirect(6).put(text("direct")).flip(), to);
        client.send(text("xreadx").position(1).limit(5).slice().asReadOnlyBuffer(), to);
        final ByteBuffer direct = ByteBuffer.allocateDirect(100).position(5);
        server.receive(direct);
        assertEquals(text("direct"), direct.flip().position(5));
        final ByteBuffer slice = ByteBuffer.allocate(100).position(7).slice();
        server.receive(slice);
        assertEquals(text("read"), slice.flip());
        assertThrowsExactly(
            IllegalArgumentException.class, () -> server.receive(ByteBuffer.allocate(9).asReadOnlyBuffer()));
    }

    @Test
    void keepsOrderAndBoundaries() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        for (int i = 0; i < 50; i++)
        {
            client.send(text("number " + i), server.getLocalAddress());
        }
        for (int i = 0; i < 50; i++)
        {
            assertEquals("number " + i, receive(server));
        }
    }

    @Test
    void hearsManySenders() throws Exception
    {
        final DatagramChannel server = boundServer();
        final Set<SocketAddress> senders = new HashSet<>();
        for (int i = 0; i < 20; i++)
        {
            final DatagramChannel client = boundClient();
            client.send(text("x"), server.getLocalAddress());
            senders.add(client.getLocalAddress());
        }
        for (int i = 0; i < 20; i++)
        {
            assertTrue(senders.remove(server.receive(ByteBuffer.allocate(1))));
        }
    }

    @Test
    void aWildcardHearsTheAddress() throws Exception
    {
        final DatagramChannel server = serverDatagrams().bind(new InetSocketAddress(0));
        final int port = ((InetSocketAddress)server.getLocalAddress()).getPort();
        final DatagramChannel client = boundClient();
        client.connect(new InetSocketAddress(pair.server().address(), port));
        client.write(text("ask"));
        final SocketAddress sender = server.receive(ByteBuffer.allocate(10));
        assertEquals(client.getLocalAddress(), sender);
        server.send(text("answer"), sender);
        assertEquals("answer", receive(client));
    }

    @Test
    void connects() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = clientDatagrams();
        assertSame(client, client.connect(server.getLocalAddress()));
        assertTrue(client.isConnected());
        assertEquals(server.getLocalAddress(), client.getRemoteAddress());
        final InetSocketAddress local = (InetSocketAddress)client.getLocalAddress();
        assertEquals(pair.client().address(), local.getAddress());
        assertEquals(3, client.write(text("ask")));
        server.connect(server.receive(ByteBuffer.allocate(10)));
        assertEquals(6, server.write(text("answer")));
        final ByteBuffer target = ByteBuffer.allocate(10);
        assertEquals(6, client.read(target));
        assertEquals(text("answer"), target.flip());
    }

    @Test
    void connectsOnceUntilItDisconnects() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = clientDatagrams();
        client.connect(server.getLocalAddress());
        assertThrowsExactly(AlreadyConnectedException.class, () -> client.connect(server.getLocalAddress()));
        assertSame(client, client.disconnect());
        assertFalse(client.isConnected());
        assertNull(client.getRemoteAddress());
        client.disconnect();
        client.connect(server.getLocalAddress());
        client.write(text("x"));
        assertEquals("x", receive(server));
    }

    @Test
    void aConnectedOneHearsItsPeerOnly() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel other = boundServer();
        final DatagramChannel client = boundClient();
        client.connect(server.getLocalAddress());
        other.send(text("stranger"), client.getLocalAddress());
        server.send(text("peer"), client.getLocalAddress());
        final ByteBuffer target = ByteBuffer.allocate(100);
        assertEquals(server.getLocalAddress(), client.receive(target));
        assertEquals(text("peer"), target.flip());
        client.configureBlocking(false);
        assertNull(client.receive(ByteBuffer.allocate(10)));
    }

    @Test
    void aConnectedOneSendsToItsPeerOnly() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel other = boundServer();
        final DatagramChannel client = boundClient();
        client.connect(server.getLocalAddress());
        assertThrowsExactly(
            AlreadyConnectedException.class, () -> client.send(text("x"), other.getLocalAddress()));
        assertEquals(1, client.send(text("y"), server.getLocalAddress()));
        assertEquals("y", receive(server));
    }

    @Test
    void aDisconnectedOneHearsEverybody() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel other = boundServer();
        final DatagramChannel client = boundClient();
        final SocketAddress local = client.getLocalAddress();
        client.connect(server.getLocalAddress());
        client.disconnect();
        assertEquals(local, client.getLocalAddress());
        other.send(text("stranger"), local);
        assertEquals("stranger", receive(client));
    }

    @Test
    void readAndWriteWantAConnection() throws Exception
    {
        final DatagramChannel client = boundClient();
        final ByteBuffer one = ByteBuffer.allocate(1);
        assertThrowsExactly(NotYetConnectedException.class, () -> client.read(one));
        assertThrowsExactly(NotYetConnectedException.class, () -> client.write(one));
        assertThrowsExactly(NotYetConnectedException.class, () -> client.read(new ByteBuffer[]{one}));
        assertThrowsExactly(NotYetConnectedException.class, () -> client.write(new ByteBuffer[]{one}));
    }

    @Test
    void gathersAndScatters() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        client.connect(server.getLocalAddress());
        server.connect(client.getLocalAddress());
        assertEquals(9, client.write(new ByteBuffer[]{text("one"), text(""), text("twothr")}));
        final ByteBuffer[] targets = {ByteBuffer.allocateDirect(3), ByteBuffer.allocate(3), ByteBuffer.allocate(9)};
        assertEquals(9, server.read(targets));
        assertEquals(text("one"), targets[0].flip());
        assertEquals(text("two"), targets[1].flip());
        assertEquals(text("thr"), targets[2].flip());
        assertEquals(2, client.write(new ByteBuffer[]{text("no"), text("yes"), text("no")}, 0, 1));
        assertEquals("no", receive(server));
    }

    @Test
    void readsNothingWhereNothingIs() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        client.connect(server.getLocalAddress());
        client.configureBlocking(false);
        assertEquals(0, client.read(ByteBuffer.allocate(10)));
        assertEquals(0, client.read(new ByteBuffer[]{ByteBuffer.allocate(10)}));
        assertNull(client.receive(ByteBuffer.allocate(10)));
    }

    @Test
    void learnsThatNobodyListens() throws Exception
    {
        final SocketAddress nobody;
        try (DatagramChannel gone = boundServer())
        {
            nobody = gone.getLocalAddress();
        }
        final DatagramChannel client = boundClient();
        client.connect(nobody);
        client.write(text("x"));
        assertThrowsExactly(PortUnreachableException.class, () -> client.read(ByteBuffer.allocate(10)));
        assertTrue(client.isOpen());
    }

    @Test
    void anUnconnectedOneDoesNotLearnThatNobodyListens() throws Exception
    {
        final SocketAddress nobody;
        try (DatagramChannel gone = boundServer())
        {
            nobody = gone.getLocalAddress();
        }
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        client.send(text("x"), nobody);
        server.send(text("y"), client.getLocalAddress());
        assertEquals("y", receive(client));
    }

    @Test
    void refusesAddressesOfNoUse() throws Exception
    {
        final DatagramChannel client = clientDatagrams();
        final SocketAddress unresolved = InetSocketAddress.createUnresolved("x.invalid", 1);
        assertThrowsExactly(UnresolvedAddressException.class, () -> client.send(text("x"), unresolved));
        assertThrowsExactly(UnresolvedAddressException.class, () -> client.connect(unresolved));
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> client.bind(new SocketAddress()
        {
            private static final long serialVersionUID = 1;
        }));
        assertThrowsExactly(NullPointerException.class, () -> client.send(text("x"), null));
    }

    @Test
    void receiveWaits() throws Exception
    {
        final DatagramChannel server = boundServer();
        final Task<String> receiver = start(() -> receive(server)).awaitBlocked();
        boundClient().send(text("now"), server.getLocalAddress());
        assertEquals("now", receiver.get());
    }

    @Test
    void closeEndsABlockedReceive() throws Exception
    {
        final DatagramChannel server = boundServer();
        final Task<String> receiver = start(() -> receive(server)).awaitBlocked();
        server.close();
        assertEquals(AsynchronousCloseException.class, receiver.failure().getClass());
    }

    @Test
    void closeEndsABlockedRead() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        client.connect(server.getLocalAddress());
        final Task<Integer> reader = start(() -> client.read(ByteBuffer.allocate(1))).awaitBlocked();
        client.close();
        assertEquals(AsynchronousCloseException.class, reader.failure().getClass());
    }

    @Test
    void interruptEndsABlockedReceive() throws Exception
    {
        final DatagramChannel server = boundServer();
        final Task<String> receiver = start(() -> receive(server)).awaitBlocked();
        receiver.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, receiver.failure());
        assertTrue(receiver.wasInterrupted());
        assertFalse(server.isOpen());
    }

    @Test
    void anInterruptedThreadClosesWhatItReceivesFrom() throws Exception
    {
        final DatagramChannel server = boundServer();
        Thread.currentThread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, () -> receive(server));
        assertTrue(Thread.interrupted());
        assertFalse(server.isOpen());
    }

    @Test
    void aClosedChannelSaysSo() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        client.close();
        assertThrows(ClosedChannelException.class, () -> client.send(text("x"), server.getLocalAddress()));
        assertThrows(ClosedChannelException.class, () -> client.receive(ByteBuffer.allocate(1)));
        assertThrows(ClosedChannelException.class, () -> client.connect(server.getLocalAddress()));
        assertThrows(ClosedChannelException.class, () -> client.read(ByteBuffer.allocate(1)));
        assertThrows(ClosedChannelException.class, () -> client.write(ByteBuffer.allocate(1)));
        assertThrows(ClosedChannelException.class, () -> client.bind(null));
        assertThrows(ClosedChannelException.class, client::getLocalAddress);
        assertThrows(ClosedChannelException.class, client::getRemoteAddress);
        assertThrows(
            ClosedChannelException.class, () -> client.getOption(StandardSocketOptions.SO_BROADCAST));
    }

    @Test
    void freesItsPort() throws Exception
    {
        final DatagramChannel first = boundClient();
        final SocketAddress local = first.getLocalAddress();
        first.close();
        assertEquals(local, clientDatagrams().bind(local).getLocalAddress());
    }

    @Test
    void isReadyToReadAsLongAsThereIsOne() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client = boundClient();
        final Selector selector = serverSelector();
        final SelectionKey key = register(server, selector, SelectionKey.OP_READ);
        assertEquals(0, selector.selectNow());
        client.send(text("a"), server.getLocalAddress());
        client.send(text("b"), server.getLocalAddress());
        for (int i = 0; i < 2; i++)
        {
            awaitReady(selector, key, SelectionKey.OP_READ);
            assertNotNull(server.receive(ByteBuffer.allocate(10)));
        }
        selector.selectedKeys().clear();
        assertEquals(0, selector.selectNow());
        assertNull(server.receive(ByteBuffer.allocate(10)));
    }

    @Test
    void isReadyToWriteAtOnce() throws Exception
    {
        final DatagramChannel client = boundClient();
        final Selector selector = clientSelector();
        final SelectionKey key = register(client, selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        assertEquals(1, selector.select());
        assertTrue(key.isWritable());
        assertFalse(key.isReadable());
    }

    @Test
    void unreachableShowsAsReadyToRead() throws Exception
    {
        final SocketAddress nobody;
        try (DatagramChannel gone = boundServer())
        {
            nobody = gone.getLocalAddress();
        }
        final DatagramChannel client = boundClient();
        client.connect(nobody);
        final Selector selector = clientSelector();
        final SelectionKey key = register(client, selector, SelectionKey.OP_READ);
        client.write(text("x"));
        awaitReady(selector, key, SelectionKey.OP_READ);
        assertThrowsExactly(PortUnreachableException.class, () -> client.read(ByteBuffer.allocate(10)));
    }

    @Test
    void opensByFamily() throws Exception
    {
        final DatagramChannel server = boundServer();
        final DatagramChannel client =
            own(pair.client().provider().openDatagramChannel(StandardProtocolFamily.INET));
        client.send(text("x"), server.getLocalAddress());
        assertEquals("x", receive(server));
        assertThrowsExactly(
            UnsupportedAddressTypeException.class,
            () -> client.connect(new InetSocketAddress("2001:db8::1", 7)));
        assertThrowsExactly(NullPointerException.class, () -> pair.client().provider().openDatagramChannel(null));
        assertThrowsExactly(
            UnsupportedOperationException.class,
            () -> pair.client().provider().openDatagramChannel(StandardProtocolFamily.UNIX));
    }

    @Test
    void carriesByIpv6() throws Exception
    {
        assumeTrue(
            pair.client().address6() != null && pair.server().address6() != null, "no IPv6 here");
        final DatagramChannel server = serverDatagrams().bind(new InetSocketAddress(pair.server().address6(), 0));
        final DatagramChannel client = clientDatagrams().bind(new InetSocketAddress(pair.client().address6(), 0));
        client.send(text("six"), server.getLocalAddress());
        final ByteBuffer target = ByteBuffer.allocate(10);
        assertEquals(client.getLocalAddress(), server.receive(target));
        assertEquals(text("six"), target.flip());
    }

    @Test
    void hasOptions() throws Exception
    {
        final DatagramChannel client = clientDatagrams();
        assertEquals(false, client.getOption(StandardSocketOptions.SO_BROADCAST));
        client.setOption(StandardSocketOptions.SO_BROADCAST, true);
        assertEquals(true, client.getOption(StandardSocketOptions.SO_BROADCAST));
        assertEquals(1, client.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
        client.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 7);
        assertEquals(7, client.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
        assertEquals(true, client.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
        client.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false);
        assertEquals(false, client.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
        client.setOption(StandardSocketOptions.SO_RCVBUF, 50_000);
        assertTrue(client.getOption(StandardSocketOptions.SO_RCVBUF) >= 50_000);
        client.setOption(StandardSocketOptions.SO_SNDBUF, 50_000);
        assertTrue(client.getOption(StandardSocketOptions.SO_SNDBUF) >= 50_000);
        assertThrowsExactly(
            UnsupportedOperationException.class, () -> client.getOption(StandardSocketOptions.TCP_NODELAY));
        assertThrowsExactly(
            IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 256));
    }

    @Test
    void supportsWhatTheKernelsDo() throws Exception
    {
        try (DatagramChannel kernel = Pairs.KERNEL.openDatagramChannel())
        {
            final Set<SocketOption<?>> missing = new HashSet<>(kernel.supportedOptions());
            missing.removeAll(clientDatagrams().supportedOptions());
            if (!pair.client().isKernel())
            {
                missing.removeIf(option -> Difference.isUnsupported(option.name()));
            }
            assertTrue(missing.isEmpty(), () -> "not supported: " + missing);
        }
    }
}
