package io.pnet.nio;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Channels between two processes' stacks. */
@Timeout(60)
@SuppressWarnings("try")
final class SocketChannelTest
{
    private static final int PORT = 80;

    private TwoProcesses processes;
    private ServerSocketChannel server;

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses();
        server = processes.serverProvider().openServerSocketChannel();
        server.bind(new InetSocketAddress(TwoProcesses.SERVER, PORT));
    }

    @AfterEach
    void stop() throws IOException
    {
        server.close();
        processes.close();
    }

    private SocketChannel connect() throws IOException
    {
        final SocketChannel channel = processes.clientProvider().openSocketChannel();
        assertTrue(channel.connect(server.getLocalAddress()));
        return channel;
    }

    private static <T> FutureTask<T> start(final Callable<T> body)
    {
        final FutureTask<T> task = new FutureTask<>(body);
        new Thread(task).start();
        return task;
    }

    private static Throwable failure(final FutureTask<?> task)
    {
        return assertThrows(ExecutionException.class, task::get).getCause();
    }

    private static void awaitBlocked(final Thread thread) throws InterruptedException
    {
        Thread.sleep(50);
        assertTrue(thread.isAlive());
    }

    @Test
    void carriesBytesBothWaysAndTheEnd() throws IOException
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            assertEquals(client.getLocalAddress(), accepted.getRemoteAddress());
            assertEquals(5, client.write(ByteBuffer.wrap("hello".getBytes())));
            final ByteBuffer buffer = ByteBuffer.allocateDirect(16);
            assertEquals(5, accepted.read(buffer));
            buffer.flip();
            assertEquals(5, accepted.write(buffer));
            accepted.shutdownOutput();
            final ByteBuffer back = ByteBuffer.allocate(16);
            assertEquals(5, client.read(back));
            assertEquals(-1, client.read(back));
            assertThrows(ClosedChannelException.class, () -> accepted.write(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void connectIsRefusedWhereNobodyListens() throws IOException
    {
        final SocketChannel channel = processes.clientProvider().openSocketChannel();
        final ConnectException ex = assertThrows(ConnectException.class, () ->
            channel.connect(new InetSocketAddress(TwoProcesses.SERVER, PORT + 1)));
        assertEquals("Connection refused", ex.getMessage());
        assertFalse(channel.isOpen());
    }

    @Test
    void closeEndsABlockedRead() throws Exception
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            final FutureTask<Integer> reader = start(() -> client.read(ByteBuffer.allocate(1)));
            Thread.sleep(50);
            client.close();
            assertInstanceOf(AsynchronousCloseException.class, failure(reader));
            assertEquals(-1, accepted.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void interruptClosesTheChannelUnderABlockedRead() throws Exception
    {
        try (SocketChannel client = connect(); SocketChannel accepted = server.accept())
        {
            final FutureTask<Integer> reader = new FutureTask<>(() -> client.read(ByteBuffer.allocate(1)));
            final Thread thread = new Thread(reader);
            thread.start();
            awaitBlocked(thread);
            thread.interrupt();
            assertInstanceOf(ClosedByInterruptException.class, failure(reader));
            assertFalse(client.isOpen());
            assertEquals(-1, accepted.read(ByteBuffer.allocate(1)));
        }
    }
}
