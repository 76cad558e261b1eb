package io.pnet.nio;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Channels that are with a selector before it is decided whose they are. */
@Timeout(30)
@SuppressWarnings("try")
final class SelectedChannelsTest
{
    private TwoProcesses processes;
    private ServerSocketChannel server;
    private Selector clients;
    private Selector servers;

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses();
        clients = processes.clientProvider().openSelector();
        servers = processes.serverProvider().openSelector();
        server = processes.serverProvider().openServerSocketChannel();
        server.configureBlocking(false);
        server.register(servers, SelectionKey.OP_ACCEPT);
        server.bind(new InetSocketAddress(0));
    }

    @AfterEach
    void stop() throws IOException
    {
        clients.close();
        server.close();
        servers.close();
        processes.close();
    }

    private InetSocketAddress address(final String host) throws IOException
    {
        return new InetSocketAddress(host, ((InetSocketAddress)server.getLocalAddress()).getPort());
    }

    private static void select(final Selector selector, final SelectionKey key, final int ops) throws IOException
    {
        assertEquals(1, selector.select(20_000));
        assertTrue(selector.selectedKeys().remove(key));
        assertEquals(ops, key.readyOps());
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", TwoProcesses.SERVER})
    void areFollowedThroughConnectAcceptReadAndWrite(final String host) throws IOException
    {
        try (SocketChannel client = processes.clientProvider().openSocketChannel())
        {
            client.configureBlocking(false);
            final SelectionKey key = client.register(clients, SelectionKey.OP_CONNECT);
            assertEquals(0, clients.selectNow());
            if (!client.connect(address(host)))
            {
                select(clients, key, SelectionKey.OP_CONNECT);
                assertTrue(client.finishConnect());
            }
            select(servers, server.keyFor(servers), SelectionKey.OP_ACCEPT);
            try (SocketChannel accepted = server.accept())
            {
                assertNotNull(accepted);
                accepted.configureBlocking(false);
                final SelectionKey peer = accepted.register(servers, SelectionKey.OP_READ);
                assertEquals(0, servers.selectNow());
                key.interestOps(SelectionKey.OP_WRITE | SelectionKey.OP_READ);
                select(clients, key, SelectionKey.OP_WRITE);
                assertEquals(9, client.write(ByteBuffer.allocate(9)));
                select(servers, peer, SelectionKey.OP_READ);
                assertEquals(9, accepted.read(ByteBuffer.allocate(20)));
                assertEquals(0, servers.selectNow());
                client.shutdownOutput();
                select(servers, peer, SelectionKey.OP_READ);
                assertEquals(-1, accepted.read(ByteBuffer.allocate(20)));
                accepted.close();
                assertFalse(peer.isValid());
                assertEquals(0, servers.selectNow());
                key.interestOps(SelectionKey.OP_READ);
                select(clients, key, SelectionKey.OP_READ);
                assertEquals(-1, client.read(ByteBuffer.allocate(20)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", TwoProcesses.SERVER})
    void learnThatNobodyListens(final String host) throws IOException
    {
        final InetSocketAddress nobody = address(host);
        server.close();
        servers.selectNow();
        try (SocketChannel client = processes.clientProvider().openSocketChannel())
        {
            client.configureBlocking(false);
            final SelectionKey key = client.register(clients, SelectionKey.OP_CONNECT);
            assertThrows(ConnectException.class, () ->
            {
                client.connect(nobody);
                select(clients, key, SelectionKey.OP_CONNECT);
                client.finishConnect();
            });
            assertFalse(client.isOpen());
            assertFalse(key.isValid());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", TwoProcesses.SERVER})
    void blockAgainOnceTheirKeyIsCancelled(final String host) throws IOException
    {
        try (SocketChannel client = processes.clientProvider().openSocketChannel())
        {
            client.connect(address(host));
            client.configureBlocking(false);
            final SelectionKey key = client.register(clients, SelectionKey.OP_READ);
            assertEquals(0, clients.selectNow());
            key.cancel();
            client.configureBlocking(true);
            select(servers, server.keyFor(servers), SelectionKey.OP_ACCEPT);
            try (SocketChannel accepted = server.accept())
            {
                accepted.write(ByteBuffer.allocate(2));
                assertEquals(2, client.read(ByteBuffer.allocate(9)));
            }
        }
    }
}
