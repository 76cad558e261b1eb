package io.pnet.nio;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * What an idle channel keeps: its connection of at most 2 KiB (see io.pnet.sim.ConnectionMemoryTest), and locks,
 * waiters, options, addresses and a key of a selector, which together come to no more than {@value #CHANNEL_BYTES}
 * bytes.
 */
@Timeout(120)
final class ChannelMemoryTest
{
    private static final int PAIRS = 4_000;
    private static final long CONNECTION_BYTES = 2_048;
    private static final long CHANNEL_BYTES = 2_560;

    @Test
    void anIdleChannelKeepsItsConnectionAndLittleMore() throws Exception
    {
        try (TwoProcesses processes = new TwoProcesses();
            ServerSocketChannel server = processes.serverProvider().openServerSocketChannel();
            Selector clients = processes.clientProvider().openSelector();
            Selector servers = processes.serverProvider().openSelector())
        {
            server.bind(new InetSocketAddress(TwoProcesses.SERVER, 80), 1_024);
            final ByteBuffer one = ByteBuffer.allocateDirect(1);
            final List<SocketChannel> all = new ArrayList<>(2 * PAIRS);
            pair(processes, server, clients, servers, one).forEach(all::add);
            final long before = usedHeap();
            for (int i = 0; i < PAIRS; i++)
            {
                pair(processes, server, clients, servers, one).forEach(all::add);
            }
            final long each = (usedHeap() - before) / (2 * PAIRS);
            assertTrue(each <= CONNECTION_BYTES + CHANNEL_BYTES, () -> "an idle channel keeps " + each + " bytes");
            for (final SocketChannel channel : all)
            {
                channel.close();
            }
        }
    }

    /** Two channels that are connected, have exchanged a byte, and are registered. */
    private static List<SocketChannel> pair(
        final TwoProcesses processes,
        final ServerSocketChannel server,
        final Selector clients,
        final Selector servers,
        final ByteBuffer one) throws Exception
    {
        final SocketChannel left = processes.clientProvider().openSocketChannel();
        left.connect(server.getLocalAddress());
        final SocketChannel right = server.accept();
        left.write(one.clear());
        assertEquals(1, right.read(one.clear()));
        right.write(one.flip());
        assertEquals(1, left.read(one.clear()));
        left.configureBlocking(false).register(clients, SelectionKey.OP_READ);
        right.configureBlocking(false).register(servers, SelectionKey.OP_READ);
        return List.of(left, right);
    }

    private static long usedHeap()
    {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++)
        {
            System.gc();
            least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }
}
