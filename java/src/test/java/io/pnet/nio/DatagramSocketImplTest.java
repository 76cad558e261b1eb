package io.pnet.nio;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.DatagramSocketImpl;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@code java.net.DatagramSocket} over our implementation, as it is with the factory set. */
@Timeout(60)
final class DatagramSocketImplTest
{
    private TwoProcesses processes;

    /** What the JDK does with what the factory makes. */
    private static final class Made extends DatagramSocket
    {
        Made(final DatagramSocketImpl impl)
        {
            super(impl);
        }
    }

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses();
    }

    @AfterEach
    void stop()
    {
        processes.close();
    }

    private static DatagramSocket socket(final SelectorProvider provider)
    {
        return new Made(new PnetDatagramSocketImpl(provider));
    }

    private static DatagramPacket packet(final String text, final String host, final int port) throws IOException
    {
        return new DatagramPacket(text.getBytes(), text.length(), InetAddress.getByName(host), port);
    }

    private static String receive(final DatagramSocket socket) throws IOException
    {
        final DatagramPacket packet = new DatagramPacket(new byte[100], 100);
        socket.receive(packet);
        return new String(packet.getData(), 0, packet.getLength());
    }

    @Test
    void sendsAndReceivesOnPnetAndOnTheKernelsLoopback() throws Exception
    {
        try (DatagramSocket server = socket(processes.serverProvider());
            DatagramSocket client = socket(processes.clientProvider()))
        {
            server.bind(new InetSocketAddress(0));
            server.setSoTimeout(10_000);
            final int port = server.getLocalPort();
            client.send(packet("over the link", TwoProcesses.SERVER, port));
            assertEquals("over the link", receive(server));
            client.connect(InetAddress.getByName("127.0.0.1"), port);
            client.send(packet("inside", "127.0.0.1", port));
            assertEquals("inside", receive(server));
            assertThrows(IllegalArgumentException.class, () -> client.send(packet("x", "127.0.0.1", port + 1)));
            server.setSoTimeout(50);
            assertEquals(50, server.getSoTimeout());
            assertThrows(SocketTimeoutException.class, () -> receive(server));
        }
    }

    @Test
    void joinsGroupsAndKeepsOptions() throws Exception
    {
        try (DatagramSocket server = socket(processes.serverProvider());
            DatagramSocket client = socket(processes.clientProvider()))
        {
            server.setReuseAddress(true);
            server.bind(new InetSocketAddress(0));
            final int port = server.getLocalPort();
            final InetSocketAddress group = new InetSocketAddress("239.9.9.9", port);
            server.setSoTimeout(10_000);
            server.joinGroup(group, null);
            assertThrows(SocketException.class, () -> server.joinGroup(group, null));
            client.setBroadcast(true);
            assertTrue(client.getBroadcast());
            client.setTrafficClass(0xB8);
            assertEquals(0xB8, client.getTrafficClass());
            client.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 7);
            assertEquals(7, client.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
            client.setReceiveBufferSize(50_000);
            assertEquals(50_000, client.getReceiveBufferSize());
            client.send(packet("group", "239.9.9.9", port));
            assertEquals("group", receive(server));
            client.send(packet("all", "255.255.255.255", port));
            assertEquals("all", receive(server));
            server.leaveGroup(group, null);
            assertThrows(SocketException.class, () -> server.leaveGroup(group, null));
        }
    }

    @Test
    void closingEndsAReceiveAndAnInterruptDoesNot() throws Exception
    {
        final DatagramSocket server = socket(processes.serverProvider());
        server.bind(new InetSocketAddress(TwoProcesses.SERVER, 0));
        final AtomicBoolean isInterrupted = new AtomicBoolean();
        final FutureTask<String> received = new FutureTask<>(() ->
        {
            try
            {
                return receive(server);
            }
            finally
            {
                isInterrupted.set(Thread.currentThread().isInterrupted());
            }
        });
        final Thread thread = new Thread(received);
        thread.start();
        Thread.sleep(100);
        thread.interrupt();
        Thread.sleep(100);
        assertFalse(received.isDone());
        server.close();
        assertInstanceOf(
            SocketException.class, assertThrows(ExecutionException.class, received::get).getCause());
        assertTrue(isInterrupted.get(), "it is kept for later");
        assertTrue(server.isClosed());
    }

    @Test
    void withTheKernelsProviderItIsASocketOfTheKernels() throws Exception
    {
        try (DatagramSocket one = socket(SelectorProvider.provider());
            DatagramSocket other = socket(SelectorProvider.provider()))
        {
            one.bind(new InetSocketAddress("127.0.0.1", 0));
            one.setSoTimeout(10_000);
            other.send(packet("kernel", "127.0.0.1", one.getLocalPort()));
            assertEquals("kernel", receive(one));
        }
    }
}
