package io.pnet.nio;

import io.pnet.ip.IpAddress;
import io.pnet.stack.Home;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Channels of processes that have two stacks each: what is at home at one is as good as what is at the other. */
@Timeout(60)
@SuppressWarnings("try")
final class GroupChannelTest
{
    private static final int STACKS = 2;
    /** So many that all of them at one stack would be a chance of one in two billion. */
    private static final int MANY = 32;
    private static final int FIRST_PORT = 4_000;
    private static final IpAddress CLIENT = IpAddress.of(new InetSocketAddress(TwoProcesses.CLIENT, 0).getAddress());

    private TwoProcesses processes;
    private ServerSocketChannel server;
    private final List<SocketChannel> clients = new ArrayList<>();
    private final List<SocketChannel> accepted = new ArrayList<>();

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses(STACKS);
        server = processes.serverProvider().openServerSocketChannel();
        server.bind(new InetSocketAddress(TwoProcesses.SERVER, 80), MANY);
    }

    @AfterEach
    void stop() throws IOException
    {
        for (final SocketChannel each : clients)
        {
            each.close();
        }
        for (final SocketChannel each : accepted)
        {
            each.close();
        }
        server.close();
        processes.close();
    }

    private SocketChannel connect(final InetSocketAddress from) throws IOException
    {
        final SocketChannel channel = processes.clientProvider().openSocketChannel();
        clients.add(channel);
        assertTrue(channel.bind(from).connect(server.getLocalAddress()));
        return channel;
    }

    private SocketChannel connect() throws IOException
    {
        final SocketChannel channel = processes.clientProvider().openSocketChannel();
        clients.add(channel);
        assertTrue(channel.connect(server.getLocalAddress()));
        return channel;
    }

    private static int home(final SocketChannel channel)
    {
        return ((PnetSocketChannel)channel).stream.home().index();
    }

    private static long at(final List<SocketChannel> channels, final int home)
    {
        return channels.stream().filter(each -> home(each) == home).count();
    }

    private static void read(final SocketChannel channel, final int expected) throws IOException
    {
        final ByteBuffer got = ByteBuffer.allocate(1);
        assertEquals(1, channel.read(got));
        assertEquals(expected, got.get(0));
    }

    /** One for each home of the server's, and the clients that they are connected to. */
    private void acceptAtEach() throws IOException
    {
        while (at(accepted, 0) == 0 || at(accepted, 1) == 0)
        {
            connect();
            accepted.add(server.accept());
        }
    }

    @Test
    void aPortThatOneStackRefusesIsTakenAtNone() throws IOException
    {
        final Home other = processes.clientProvider().process().homes().get(1);
        final InetSocketAddress wanted = new InetSocketAddress(TwoProcesses.CLIENT, FIRST_PORT);
        assertEquals(FIRST_PORT, other.<Integer>exclusively(() -> bind(other)));
        assertThrows(BindException.class, () -> connect(wanted));
        other.exclusively(() ->
        {
            other.stack().tcp().unbind(CLIENT, FIRST_PORT);
            return null;
        });
        assertEquals(wanted, connect(wanted).getLocalAddress());
    }

    private static int bind(final Home home)
    {
        try
        {
            return home.stack().tcp().bind(CLIENT, FIRST_PORT);
        }
        catch (final BindException ex)
        {
            throw new AssertionError(ex);
        }
    }

    @Test
    void acceptTakesConnectionsOfEveryStackFromOneBacklog() throws IOException
    {
        for (int i = 0; i < MANY; i++)
        {
            connect();
        }
        for (int i = 0; i < MANY; i++)
        {
            accepted.add(server.accept());
        }
        for (int home = 0; home < STACKS; home++)
        {
            assertTrue(at(accepted, home) > 0, "none accepted at stack " + home);
            assertEquals(MANY / STACKS, at(clients, home), "connects take turns");
        }
    }

    @Test
    void aThreadInAcceptIsWokenByEitherStack() throws Exception
    {
        while (at(accepted, 0) == 0 || at(accepted, 1) == 0)
        {
            final FutureTask<SocketChannel> waiting = new FutureTask<>(server::accept);
            final Thread thread = new Thread(waiting);
            thread.start();
            while (thread.getState() == Thread.State.RUNNABLE || thread.getState() == Thread.State.NEW)
            {
                Thread.sleep(1);
            }
            connect();
            accepted.add(waiting.get(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void aReaderIsWokenByItsStack() throws Exception
    {
        acceptAtEach();
        for (final SocketChannel channel : accepted)
        {
            final FutureTask<Integer> reading = new FutureTask<>(() -> channel.read(ByteBuffer.allocate(1)));
            final Thread thread = new Thread(reading);
            thread.start();
            Thread.sleep(20);
            assertFalse(reading.isDone());
            clients.get(accepted.indexOf(channel)).write(ByteBuffer.wrap(new byte[1]));
            assertEquals(1, reading.get(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void aSelectorIsWokenByEitherStackAndShowsTheChannelsOfBoth() throws Exception
    {
        acceptAtEach();
        try (Selector selector = processes.serverProvider().openSelector())
        {
            for (final SocketChannel channel : accepted)
            {
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ);
            }
            for (int round = 0; round < 3; round++)
            {
                for (final SocketChannel channel : accepted)
                {
                    final CountDownLatch started = new CountDownLatch(1);
                    final FutureTask<Integer> selecting = new FutureTask<>(() ->
                    {
                        started.countDown();
                        return selector.select(20_000);
                    });
                    new Thread(selecting).start();
                    started.await();
                    Thread.sleep(5);
                    clients.get(accepted.indexOf(channel)).write(ByteBuffer.wrap(new byte[]{(byte)round}));
                    assertEquals(1, selecting.get(30, TimeUnit.SECONDS));
                    assertTrue(selector.selectedKeys().remove(channel.keyFor(selector)));
                    read(channel, round);
                }
            }
            // And all of them at once.
            for (final SocketChannel client : clients)
            {
                client.write(ByteBuffer.wrap(new byte[]{7}));
            }
            int left = accepted.size();
            while (left > 0)
            {
                assertTrue(selector.select(20_000) > 0);
                for (final SelectionKey key : selector.selectedKeys())
                {
                    read((SocketChannel)key.channel(), 7);
                    left--;
                }
                selector.selectedKeys().clear();
            }
        }
    }

    @Test
    void aPortThatWasBoundLeadsToTheHomeThatThePeerDecides() throws IOException
    {
        for (int i = 0; i < MANY; i++)
        {
            final SocketChannel channel = connect(new InetSocketAddress(FIRST_PORT + i));
            accepted.add(server.accept());
            assertEquals(new InetSocketAddress(TwoProcesses.CLIENT, FIRST_PORT + i), channel.getLocalAddress());
            channel.write(ByteBuffer.wrap(new byte[]{(byte)i}));
            read(accepted.get(i), i);
        }
        assertTrue(at(clients, 0) > 0 && at(clients, 1) > 0, "all at one stack");
    }

    @Test
    void aPortIsTakenAtEveryStackAndGivenBackAtEvery() throws IOException
    {
        for (int i = 0; i < 3; i++)
        {
            try (SocketChannel channel = processes.clientProvider().openSocketChannel();
                ServerSocketChannel other = processes.clientProvider().openServerSocketChannel())
            {
                channel.bind(new InetSocketAddress(TwoProcesses.CLIENT, FIRST_PORT));
                assertThrows(BindException.class, () -> other.bind(new InetSocketAddress(FIRST_PORT)));
            }
            try (ServerSocketChannel other = processes.clientProvider().openServerSocketChannel();
                SocketChannel channel = processes.clientProvider().openSocketChannel())
            {
                other.bind(new InetSocketAddress(FIRST_PORT));
                assertThrows(BindException.class, () -> channel.bind(new InetSocketAddress(FIRST_PORT)));
            }
        }
    }

    @Test
    void anOptionOfAServerThatListensIsThatOfEveryStack() throws IOException
    {
        final int wanted = 50_000;
        server.setOption(StandardSocketOptions.SO_RCVBUF, wanted);
        acceptAtEach();
        for (final SocketChannel channel : accepted)
        {
            assertEquals(wanted, channel.getOption(StandardSocketOptions.SO_RCVBUF));
        }
    }

    @Test
    void aSelectorHearsOfDatagramsAtEitherStack() throws IOException
    {
        try (Selector selector = processes.serverProvider().openSelector();
            DatagramChannel client = processes.clientProvider().openDatagramChannel())
        {
            final List<DatagramChannel> ports = new ArrayList<>();
            for (int i = 0; i < MANY; i++)
            {
                final DatagramChannel port = processes.serverProvider().openDatagramChannel();
                ports.add(port.bind(new InetSocketAddress(FIRST_PORT + i)));
                port.configureBlocking(false);
                port.register(selector, SelectionKey.OP_READ);
            }
            int atFirst = 0;
            for (final DatagramChannel port : ports)
            {
                final int number = ((InetSocketAddress)port.getLocalAddress()).getPort();
                atFirst += processes.server.homeOfUdp(number).index() == 0 ? 1 : 0;
                client.send(ByteBuffer.wrap(new byte[3]), new InetSocketAddress(TwoProcesses.SERVER, number));
                assertEquals(1, selector.select(20_000));
                assertTrue(selector.selectedKeys().remove(port.keyFor(selector)));
                // And back, to the client's home.
                final ByteBuffer got = ByteBuffer.allocate(10);
                final SocketAddress from = port.receive(got);
                port.send(got.flip(), from);
                assertEquals(3, received(client));
            }
            assertTrue(atFirst > 0 && atFirst < MANY, "all at one stack");
            for (final DatagramChannel port : ports)
            {
                port.close();
            }
        }
    }

    private static int received(final DatagramChannel channel) throws IOException
    {
        final ByteBuffer got = ByteBuffer.allocate(10);
        channel.receive(got);
        return got.position();
    }

    @Test
    void theEndOfTheProcessEndsEveryWait() throws Exception
    {
        acceptAtEach();
        final List<FutureTask<?>> tasks = new ArrayList<>();
        for (final SocketChannel channel : accepted)
        {
            tasks.add(new FutureTask<>(() -> channel.read(ByteBuffer.allocate(1))));
        }
        tasks.add(new FutureTask<>(server::accept));
        for (final FutureTask<?> task : tasks)
        {
            new Thread(task).start();
        }
        Thread.sleep(50);
        processes.server.close();
        for (final FutureTask<?> task : tasks)
        {
            assertThrows(ExecutionException.class, () -> task.get(20, TimeUnit.SECONDS));
        }
    }
}
