package io.pnet.nio;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** Reading, writing and waiting for both allocates nothing, once it has run for a while. */
final class ChannelAllocationTest
{
    private static final int ROUNDS = 20_000;
    private static final int MESSAGE_BYTES = 128;
    /** What the JVM's own doings come to; a single object a round would be ten times that. */
    private static final long MAX_BYTES_PER_ROUND = 1;

    @Test
    @Timeout(60)
    void pingAndPongAllocateNothing() throws Exception
    {
        try (TwoProcesses processes = new TwoProcesses();
            ServerSocketChannel server = processes.serverProvider().openServerSocketChannel();
            SocketChannel client = processes.clientProvider().openSocketChannel())
        {
            server.bind(new InetSocketAddress(TwoProcesses.SERVER, 80));
            client.connect(server.getLocalAddress());
            final SocketChannel accepted = server.accept();
            final Thread echo = new Thread(() -> echo(accepted));
            echo.start();
            final com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean)ManagementFactory.getThreadMXBean();
            final long id = Thread.currentThread().getId();
            final ByteBuffer out = ByteBuffer.allocateDirect(MESSAGE_BYTES);
            final ByteBuffer in = ByteBuffer.allocate(MESSAGE_BYTES);
            ping(client, out, in);
            final long before = threads.getThreadAllocatedBytes(id);
            ping(client, out, in);
            final long bytes = threads.getThreadAllocatedBytes(id) - before;
            assertTrue(bytes <= ROUNDS * MAX_BYTES_PER_ROUND, () -> bytes + " bytes in " + ROUNDS + " rounds");
            client.shutdownOutput();
            echo.join();
        }
    }

    private static void ping(final SocketChannel client, final ByteBuffer out, final ByteBuffer in) throws Exception
    {
        for (int i = 0; i < ROUNDS; i++)
        {
            client.write(out.clear());
            in.clear();
            while (in.hasRemaining())
            {
                client.read(in);
            }
        }
    }

    private static void echo(final SocketChannel channel)
    {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        try (channel)
        {
            while (channel.read(buffer.clear()) >= 0)
            {
                channel.write(buffer.flip());
            }
        }
        catch (final Exception ex)
        {
            throw new IllegalStateException(ex);
        }
    }
}
