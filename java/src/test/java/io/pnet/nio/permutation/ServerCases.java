package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Binding, the backlog and accepting. */
class ServerCases extends Permutation
{
    ServerCases(final Pair pair)
    {
        super(pair);
    }

    @Test
    void opensUnbound() throws Exception
    {
        final ServerSocketChannel listener = serverChannel();
        assertTrue(listener.isOpen());
        assertTrue(listener.isBlocking());
        assertNull(listener.getLocalAddress());
        assertSame(pair.server().provider(), listener.provider());
        assertEquals(SelectionKey.OP_ACCEPT, listener.validOps());
        assertThrowsExactly(NotYetBoundException.class, listener::accept);
        listener.configureBlocking(false);
        assertThrowsExactly(NotYetBoundException.class, listener::accept);
    }

    @Test
    void bindsToAPortOfTheSystem() throws Exception
    {
        final ServerSocketChannel listener = serverChannel();
        assertSame(listener, listener.bind(serverAny()));
        final InetSocketAddress local = (InetSocketAddress)listener.getLocalAddress();
        assertEquals(pair.server().address(), local.getAddress());
        assertNotEquals(0, local.getPort());
    }

    @Test
    void bindsToEverything() throws Exception
    {
        final ServerSocketChannel listener = serverChannel().bind(null);
        final InetSocketAddress local = (InetSocketAddress)listener.getLocalAddress();
        assertTrue(local.getAddress().isAnyLocalAddress());
        final SocketAddress remote = new InetSocketAddress(pair.server().address(), local.getPort());
        final SocketChannel client = clientChannel();
        client.connect(remote);
        assertEquals(remote, own(listener.accept()).getLocalAddress());
    }

    @Test
    void acceptsBothVersionsOnTheWildcard() throws Exception
    {
        assumeTrue(pair.client().address6() != null, "no IPv6 here");
        final ServerSocketChannel listener = serverChannel().bind(new InetSocketAddress(0));
        final int port = ((InetSocketAddress)listener.getLocalAddress()).getPort();
        final SocketChannel six = clientChannel();
        six.connect(new InetSocketAddress(pair.server().address6(), port));
        assertEquals(six.getLocalAddress(), own(listener.accept()).getRemoteAddress());
        final SocketChannel four = clientChannel();
        four.connect(new InetSocketAddress(pair.server().address(), port));
        assertEquals(four.getLocalAddress(), own(listener.accept()).getRemoteAddress());
    }

    @Test
    void bindsOnce() throws Exception
    {
        final ServerSocketChannel listener = listen();
        assertThrowsExactly(AlreadyBoundException.class, () -> listener.bind(serverAny()));
        assertThrowsExactly(AlreadyBoundException.class, () -> listener.bind(null));
    }

    @Test
    void oneListensOnAPort() throws Exception
    {
        final SocketAddress taken = listen().getLocalAddress();
        final ServerSocketChannel second = serverChannel();
        final BindException refused = assertThrowsExactly(BindException.class, () -> second.bind(taken));
        assertTrue(refused.getMessage().contains("Address already in use"), refused::getMessage);
        assertTrue(second.isOpen());
        assertNull(second.getLocalAddress());
        second.bind(serverAny());
    }

    @Test
    void theWildcardTakesThePortOfEveryAddress() throws Exception
    {
        final ServerSocketChannel wildcard = serverChannel().bind(new InetSocketAddress(0));
        final int port = ((InetSocketAddress)wildcard.getLocalAddress()).getPort();
        final ServerSocketChannel second = serverChannel();
        assertThrowsExactly(
            BindException.class, () -> second.bind(new InetSocketAddress(pair.server().address(), port)));
        final ServerSocketChannel third = serverChannel();
        assertThrowsExactly(BindException.class, () -> third.bind(new InetSocketAddress(port)));
    }

    @Test
    void anAddressTakesItsPortFromTheWildcard() throws Exception
    {
        final int port = ((InetSocketAddress)listen().getLocalAddress()).getPort();
        final ServerSocketChannel wildcard = serverChannel();
        assertThrowsExactly(BindException.class, () -> wildcard.bind(new InetSocketAddress(port)));
    }

    @Test
    void doesNotBindToAStrangersAddress() throws Exception
    {
        final ServerSocketChannel listener = serverChannel();
        assertThrowsExactly(BindException.class, () -> listener.bind(new InetSocketAddress("203.0.113.1", 0)));
        assertThrowsExactly(
            UnresolvedAddressException.class, () -> listener.bind(InetSocketAddress.createUnresolved("x.invalid", 1)));
    }

    @Test
    void bindsAgainAtOnce() throws Exception
    {
        final ServerSocketChannel first = listen();
        final SocketAddress local = first.getLocalAddress();
        final Joined joined = joined(first);
        // The server closes first, so that the connection stays in TIME_WAIT on its side.
        joined.server().close();
        assertEnd(joined.client());
        joined.client().close();
        first.close();
        final ServerSocketChannel second = serverChannel().bind(local);
        final SocketChannel client = clientChannel();
        assertTrue(client.connect(local));
        assertNotNull(own(second.accept()));
    }

    @Test
    void bindsAgainBesideALivingConnection() throws Exception
    {
        final ServerSocketChannel first = listen();
        final SocketAddress local = first.getLocalAddress();
        final Joined old = joined(first);
        first.close();
        final ServerSocketChannel second = serverChannel().bind(local);
        final Joined fresh = joined(second);
        write(old.client(), "old");
        write(fresh.client(), "new");
        assertEquals("old", readText(old.server(), 3));
        assertEquals("new", readText(fresh.server(), 3));
    }

    @Test
    void ephemeralPortsDiffer() throws Exception
    {
        final Set<SocketAddress> seen = new HashSet<>();
        for (int i = 0; i < 50; i++)
        {
            assertTrue(seen.add(listen().getLocalAddress()));
        }
    }

    @Test
    void acceptWaits() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Task<SocketChannel> acceptor = start(listener::accept).awaitBlocked();
        final SocketChannel client = clientChannel();
        client.connect(listener.getLocalAddress());
        assertEquals(client.getLocalAddress(), own(acceptor.get()).getRemoteAddress());
    }

    @Test
    void acceptWithoutBlockingFindsNobody() throws Exception
    {
        final ServerSocketChannel listener = listen();
        listener.configureBlocking(false);
        assertNull(listener.accept());
        final SocketChannel client = clientChannel();
        client.connect(listener.getLocalAddress());
        await("a connection", () ->
        {
            final SocketChannel accepted = listener.accept();
            return accepted != null && own(accepted).isConnected();
        });
        assertNull(listener.accept());
    }

    @Test
    void anAcceptedChannelBlocks() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Selector selector = serverSelector();
        final SelectionKey key = register(listener, selector, SelectionKey.OP_ACCEPT);
        final SocketChannel client = clientChannel();
        client.connect(listener.getLocalAddress());
        awaitReady(selector, key, SelectionKey.OP_ACCEPT);
        final SocketChannel accepted = own(listener.accept());
        assertTrue(accepted.isBlocking());
        assertFalse(accepted.isRegistered());
        assertSame(pair.server().provider(), accepted.provider());
        assertEquals(listener.getLocalAddress(), accepted.getLocalAddress());
    }

    @Test
    void dataMayArriveBeforeAccept() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        client.connect(listener.getLocalAddress());
        write(client, "early");
        client.shutdownOutput();
        final SocketChannel accepted = own(listener.accept());
        assertEquals("early", readText(accepted, 5));
        assertEnd(accepted);
    }

    @Test
    void aClientMayLeaveBeforeAccept() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        client.connect(listener.getLocalAddress());
        final SocketAddress local = client.getLocalAddress();
        write(client, "bye");
        client.close();
        final SocketChannel accepted = own(listener.accept());
        assertEquals(local, accepted.getRemoteAddress());
        assertEquals("bye", readText(accepted, 3));
        assertEnd(accepted);
    }

    @Test
    void aClientMayResetBeforeAccept() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        client.connect(listener.getLocalAddress());
        reset(client);
        final Joined next = joinedBehind(listener);
        write(next.client(), "next");
        assertEquals("next", readText(next.server(), 4));
    }

    /** Connects once more, and accepts up to that one: those who left may be seen or not. */
    private Joined joinedBehind(final ServerSocketChannel listener) throws IOException
    {
        final SocketChannel client = clientChannel();
        client.connect(listener.getLocalAddress());
        while (true)
        {
            final SocketChannel accepted = own(listener.accept());
            SocketAddress remote = null;
            try
            {
                remote = accepted.getRemoteAddress();
            }
            catch (final IOException ex)
            {
                assertTrue(accepted.isOpen());
            }
            if (client.getLocalAddress().equals(remote))
            {
                return new Joined(client, accepted);
            }
        }
    }

    @Test
    void theBacklogHoldsWhatIsNotAccepted() throws Exception
    {
        final ServerSocketChannel listener = serverChannel().bind(serverAny(), 20);
        final Set<SocketAddress> clients = new HashSet<>();
        for (int i = 0; i < 20; i++)
        {
            final SocketChannel client = clientChannel();
            assertTrue(client.connect(listener.getLocalAddress()));
            clients.add(client.getLocalAddress());
        }
        for (int i = 0; i < 20; i++)
        {
            assertTrue(clients.remove(own(listener.accept()).getRemoteAddress()));
        }
    }

    @Test
    void aBacklogOfNothingIsTheDefault() throws Exception
    {
        for (final int backlog : new int[]{0, -1})
        {
            final ServerSocketChannel listener = serverChannel().bind(serverAny(), backlog);
            for (int i = 0; i < 40; i++)
            {
                assertTrue(clientChannel().connect(listener.getLocalAddress()));
            }
        }
    }

    @Test
    void aFullBacklogHasRoomAgain() throws Exception
    {
        final ServerSocketChannel listener = serverChannel().bind(serverAny(), 1);
        final Task<Integer> clients = start(() ->
        {
            int done = 0;
            for (int i = 0; i < 5; i++)
            {
                done += clientChannel().connect(listener.getLocalAddress()) ? 1 : 0;
            }
            return done;
        });
        for (int i = 0; i < 5; i++)
        {
            assertNotNull(own(listener.accept()));
        }
        assertEquals(5, clients.get());
    }

    @Test
    void closeOfTheServerLeavesItsConnections() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "alive");
        assertEquals("alive", readText(joined.server(), 5));
    }

    @Test
    void closeOfTheServerEndsWhatWasNotAccepted() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        client.connect(listener.getLocalAddress());
        listener.close();
        try
        {
            assertEquals(-1, client.read(ByteBuffer.allocate(1)));
        }
        catch (final IOException ex)
        {
            assertTrue(ex.getMessage().contains("Connection reset"), ex::getMessage);
        }
    }

    @Test
    void nobodyConnectsToAClosedServer() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketAddress local = listener.getLocalAddress();
        joined(listener);
        listener.close();
        assertThrows(ConnectException.class, () -> clientChannel().connect(local));
    }

    @Test
    void acceptsMany() throws Exception
    {
        final ServerSocketChannel listener = serverChannel().bind(serverAny(), 256);
        final Task<Set<SocketAddress>> acceptor = start(() ->
        {
            final Set<SocketAddress> seen = new HashSet<>();
            for (int i = 0; i < 200; i++)
            {
                seen.add(own(listener.accept()).getRemoteAddress());
            }
            return seen;
        });
        final Set<SocketAddress> clients = new HashSet<>();
        for (int i = 0; i < 200; i++)
        {
            final SocketChannel client = clientChannel();
            client.connect(listener.getLocalAddress());
            clients.add(client.getLocalAddress());
        }
        assertEquals(clients, acceptor.get());
    }

    @Test
    void manyThreadsAccept() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final List<Task<SocketAddress>> acceptors = new ArrayList<>();
        for (int i = 0; i < 8; i++)
        {
            acceptors.add(start(() -> own(listener.accept()).getRemoteAddress()));
        }
        final Set<SocketAddress> clients = new HashSet<>();
        for (int i = 0; i < 8; i++)
        {
            final SocketChannel client = clientChannel();
            client.connect(listener.getLocalAddress());
            clients.add(client.getLocalAddress());
        }
        final Set<SocketAddress> accepted = new HashSet<>();
        for (final Task<SocketAddress> acceptor : acceptors)
        {
            accepted.add(acceptor.get());
        }
        assertEquals(clients, accepted);
    }

    @Test
    void modeMayChangeWhileListening() throws Exception
    {
        final ServerSocketChannel listener = listen();
        listener.configureBlocking(false);
        assertNull(listener.accept());
        listener.configureBlocking(true);
        final SocketChannel client = clientChannel();
        client.connect(listener.getLocalAddress());
        assertNotNull(own(listener.accept()));
    }
}
