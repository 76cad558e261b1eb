package io.pnet.nio;

import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpSettings;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Socket options: remembered, applied, changed on running connections, or refused. */
@Timeout(60)
@SuppressWarnings("try")
final class TcpOptionTest
{
    private static final long S = 1_000_000_000L;
    private static final Map<SocketOption<?>, Object> VALUES = new LinkedHashMap<>();

    static
    {
        VALUES.put(StandardSocketOptions.SO_SNDBUF, 70_000);
        VALUES.put(StandardSocketOptions.SO_RCVBUF, 60_000);
        VALUES.put(StandardSocketOptions.SO_KEEPALIVE, true);
        VALUES.put(StandardSocketOptions.SO_REUSEADDR, true);
        VALUES.put(StandardSocketOptions.SO_LINGER, 7);
        VALUES.put(StandardSocketOptions.TCP_NODELAY, true);
        VALUES.put(StandardSocketOptions.IP_TOS, 0x28);
        VALUES.put(ExtendedSocketOptions.TCP_KEEPIDLE, 11);
        VALUES.put(ExtendedSocketOptions.TCP_KEEPINTERVAL, 12);
        VALUES.put(ExtendedSocketOptions.TCP_KEEPCOUNT, 13);
        VALUES.put(ExtendedSocketOptions.TCP_QUICKACK, false);
    }

    private TwoProcesses processes;
    private ServerSocketChannel server;

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses();
        server = processes.serverProvider().openServerSocketChannel();
        server.bind(new InetSocketAddress(0));
    }

    @AfterEach
    void stop() throws IOException
    {
        server.close();
        processes.close();
    }

    private SocketChannel open() throws IOException
    {
        return processes.clientProvider().openSocketChannel();
    }

    private InetSocketAddress address() throws IOException
    {
        return new InetSocketAddress(
            TwoProcesses.SERVER, ((InetSocketAddress)server.getLocalAddress()).getPort());
    }

    private static Connection connection(final SocketChannel channel)
    {
        return ((StreamChannel)channel).stream.connection();
    }

    @SuppressWarnings("unchecked")
    private static void setAll(final NetworkChannel channel) throws IOException
    {
        for (final SocketOption<?> option : channel.supportedOptions())
        {
            channel.setOption((SocketOption<Object>)option, VALUES.get(option));
        }
    }

    private static void checkAll(final NetworkChannel channel) throws IOException
    {
        for (final SocketOption<?> option : channel.supportedOptions())
        {
            assertEquals(VALUES.get(option), channel.getOption(option), option.name());
        }
    }

    private static void check(final TcpSettings settings)
    {
        assertEquals(70_000, settings.sendBufferBytes);
        assertEquals(60_000, settings.receiveBufferBytes);
        assertTrue(settings.keepAlive);
        assertTrue(settings.noDelay);
        assertEquals(0x28, settings.trafficClass);
        assertEquals(11 * S, settings.keepAliveIdleNs);
        assertEquals(12 * S, settings.keepAliveIntervalNs);
        assertEquals(13, settings.keepAliveProbes);
    }

    @Test
    void whatIsSupportedIsWhatTheJdkHasButForTwo() throws IOException
    {
        try (SocketChannel kernel = SocketChannel.open();
            ServerSocketChannel kernelServer = ServerSocketChannel.open();
            SocketChannel ours = open())
        {
            final Set<SocketOption<?>> missing = new HashSet<>(kernel.supportedOptions());
            missing.removeAll(ours.supportedOptions());
            missing.removeIf(each -> Set.of("SO_REUSEPORT", "SO_INCOMING_NAPI_ID", "SO_OOBINLINE")
                .contains(each.name()));
            assertEquals(Set.of(), missing);
            missing.addAll(kernelServer.supportedOptions());
            missing.removeAll(server.supportedOptions());
            missing.removeIf(each -> Set.of("SO_REUSEPORT", "SO_INCOMING_NAPI_ID").contains(each.name()));
            assertEquals(Set.of(), missing);
            assertEquals(VALUES.keySet(), ours.supportedOptions());
        }
    }

    @Test
    void areRememberedUntilTheChannelConnects() throws IOException
    {
        try (SocketChannel client = open())
        {
            setAll(client);
            checkAll(client);
            client.connect(address());
            checkAll(client);
            check(connection(client).settings());
            assertEquals(70_000, connection(client).sendBufferBytes());
        }
    }

    @Test
    void areChangedOnARunningConnection() throws IOException
    {
        try (SocketChannel client = open())
        {
            client.connect(address());
            try (SocketChannel accepted = server.accept())
            {
                setAll(client);
                setAll(accepted);
                checkAll(client);
                checkAll(accepted);
                // What the stacks were told they do in their next duty cycle.
                processes.client.exclusively(() -> null);
                processes.server.exclusively(() -> null);
                check(connection(client).settings());
                check(connection(accepted).settings());
                assertEquals(70_000, connection(client).sendBufferBytes());
                client.write(ByteBuffer.allocate(100));
                assertEquals(100, accepted.read(ByteBuffer.allocate(200)));
                assertFalse(processes.client.stack().tcp().settings().noDelay);
            }
        }
    }

    @Test
    void waitForNobodyWhileAnotherThreadHasTheStack() throws Exception
    {
        try (SocketChannel client = open())
        {
            client.connect(address());
            try (SocketChannel accepted = server.accept())
            {
                final FutureTask<Boolean> setting = new FutureTask<>(() ->
                {
                    accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    accepted.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
                    return accepted.getOption(StandardSocketOptions.TCP_NODELAY);
                });
                final Connection connection = connection(accepted);
                final boolean isSet = processes.server.exclusively(() ->
                {
                    new Thread(setting).start();
                    assertFalse(connection.settings().noDelay);
                    try
                    {
                        // The stack is not given up before.
                        return setting.get(20, TimeUnit.SECONDS);
                    }
                    catch (final Exception ex)
                    {
                        throw new AssertionError(ex);
                    }
                });
                // Done by the duty cycle that followed.
                assertTrue(isSet && connection.settings().noDelay && connection.settings().keepAlive);
            }
        }
    }

    @Test
    void areInheritedFromTheServer() throws IOException
    {
        server.setOption(StandardSocketOptions.SO_RCVBUF, 50_000);
        server.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 21);
        try (SocketChannel client = open())
        {
            client.connect(address());
            try (SocketChannel accepted = server.accept())
            {
                assertEquals(50_000, connection(accepted).settings().receiveBufferBytes);
                assertEquals(21 * S, connection(accepted).settings().keepAliveIdleNs);
            }
        }
        assertEquals(0, processes.server.stack().tcp().settings().receiveBufferBytes);
    }

    @Test
    void areGivenToTheKernelWhenItGetsTheChannel() throws IOException
    {
        try (ServerSocketChannel kernel = ServerSocketChannel.open(); SocketChannel client = open())
        {
            kernel.bind(new InetSocketAddress("127.0.0.1", 0));
            setAll(client);
            client.connect(kernel.getLocalAddress());
            assertTrue(client.getOption(StandardSocketOptions.TCP_NODELAY));
            assertEquals(7, client.getOption(StandardSocketOptions.SO_LINGER));
            assertEquals(70_000, client.getOption(StandardSocketOptions.SO_SNDBUF));
            client.setOption(StandardSocketOptions.SO_LINGER, -1);
            assertEquals(-1, client.getOption(StandardSocketOptions.SO_LINGER));
        }
    }

    @Test
    void areWhatTheJdkStartsWith() throws IOException
    {
        try (SocketChannel kernel = SocketChannel.open();
            ServerSocketChannel kernelServer = ServerSocketChannel.open();
            SocketChannel ours = open())
        {
            for (final SocketOption<?> option : VALUES.keySet())
            {
                if (option != StandardSocketOptions.SO_SNDBUF && option != StandardSocketOptions.SO_RCVBUF)
                {
                    assertEquals(kernel.getOption(option), ours.getOption(option), option.name());
                }
                assertEquals(option.type(), ours.getOption(option).getClass());
            }
            assertEquals(
                kernelServer.getOption(StandardSocketOptions.SO_REUSEADDR),
                server.getOption(StandardSocketOptions.SO_REUSEADDR));
        }
    }

    @Test
    void areRefusedWhenTheyMakeNoSense() throws IOException
    {
        final SocketChannel client = open();
        assertThrows(NullPointerException.class, () -> client.setOption(null, 1));
        assertThrows(UnsupportedOperationException.class, () ->
            client.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1));
        assertThrows(UnsupportedOperationException.class, () ->
            server.setOption(StandardSocketOptions.TCP_NODELAY, true));
        assertThrows(UnsupportedOperationException.class, () ->
            client.getOption(StandardSocketOptions.SO_REUSEPORT));
        assertThrows(IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.SO_SNDBUF, -1));
        assertThrows(IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.SO_SNDBUF, null));
        assertThrows(IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.IP_TOS, 256));
        client.setOption(StandardSocketOptions.SO_LINGER, 1_000_000);
        assertEquals(65_535, client.getOption(StandardSocketOptions.SO_LINGER));
        client.setOption(StandardSocketOptions.SO_LINGER, -9);
        assertEquals(-1, client.getOption(StandardSocketOptions.SO_LINGER));
        client.close();
        assertThrows(ClosedChannelException.class, () -> client.setOption(StandardSocketOptions.TCP_NODELAY, true));
        assertThrows(ClosedChannelException.class, () -> client.getOption(StandardSocketOptions.TCP_NODELAY));
    }

    @Test
    void lingerWaitsForThePeerToHaveEverything() throws Exception
    {
        try (SocketChannel client = open())
        {
            client.connect(address());
            try (SocketChannel accepted = server.accept())
            {
                client.setOption(StandardSocketOptions.SO_LINGER, 20);
                client.setOption(StandardSocketOptions.SO_SNDBUF, 4 << 20);
                accepted.setOption(StandardSocketOptions.SO_RCVBUF, 64 << 10);
                assertEquals(4 << 20, client.write(ByteBuffer.allocate(4 << 20)));
                final FutureTask<Integer> closing = new FutureTask<>(() ->
                {
                    client.close();
                    return connection(client).unacknowledged();
                });
                new Thread(closing).start();
                Thread.sleep(100);
                assertFalse(closing.isDone());
                final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
                long sum = 0;
                for (int n = accepted.read(buffer); n >= 0; n = accepted.read(buffer.clear()))
                {
                    sum += n;
                }
                assertEquals(4 << 20, sum);
                assertEquals(0, closing.get());
            }
        }
    }
}
