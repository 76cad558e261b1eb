package io.pnet.nio;

import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Blocking channels in virtual threads, with nobody else to drive: they park, and pin no carrier. */
@Timeout(60)
@SuppressWarnings("try")
final class VirtualThreadTest
{
    private static final int CLIENTS = 300;
    private static final int MESSAGES = 20;

    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();

    private interface Body
    {
        void run() throws Exception;
    }

    private void virtually(final Body body) throws ReflectiveOperationException
    {
        SelectorHybridTest.startVirtual(() ->
        {
            try
            {
                body.run();
            }
            catch (final Throwable ex)
            {
                failures.add(ex);
            }
        });
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void hundredsOfVirtualThreadsEchoWithoutPinning() throws Exception
    {
        final CountDownLatch done = new CountDownLatch(CLIENTS);
        try (Recording recording = new Recording();
            TwoProcesses processes = new TwoProcesses();
            ServerSocketChannel server = processes.serverProvider().openServerSocketChannel())
        {
            server.bind(new InetSocketAddress(TwoProcesses.SERVER, 7), CLIENTS);
            virtually(() -> accept(server));
            // Once alone: waiting for another thread to initialise a class pins.
            talk(processes, server);
            recording.enable("jdk.VirtualThreadPinned").withStackTrace();
            recording.start();
            for (int i = 0; i < CLIENTS; i++)
            {
                virtually(() ->
                {
                    talk(processes, server);
                    done.countDown();
                });
            }
            while (!done.await(10, TimeUnit.MILLISECONDS))
            {
                assertTrue(failures.isEmpty(), () -> "failures: " + failures);
            }
            recording.stop();
            assertNotPinned(recording);
        }
        assertTrue(failures.isEmpty(), () -> "failures: " + failures);
    }

    private static void assertNotPinned(final Recording recording) throws IOException
    {
        final Path file = Files.createTempFile("pnet", ".jfr");
        try
        {
            recording.dump(file);
            for (final RecordedEvent event : RecordingFile.readAllEvents(file))
            {
                assertFalse(String.valueOf(event.getStackTrace()).contains("io.pnet"), () -> "pinned: " + event);
            }
        }
        finally
        {
            Files.delete(file);
        }
    }

    private void accept(final ServerSocketChannel server) throws Exception
    {
        try
        {
            while (true)
            {
                final SocketChannel accepted = server.accept();
                virtually(() -> echo(accepted));
            }
        }
        catch (final AsynchronousCloseException ex)
        {
            assertTrue(!server.isOpen());
        }
    }

    private static void echo(final SocketChannel accepted) throws IOException
    {
        try (accepted)
        {
            final ByteBuffer buffer = ByteBuffer.allocate(256);
            while (accepted.read(buffer) >= 0)
            {
                buffer.flip();
                accepted.write(buffer);
                buffer.clear();
            }
        }
    }

    private static void talk(final TwoProcesses processes, final ServerSocketChannel server) throws IOException
    {
        try (SocketChannel channel = processes.clientProvider().openSocketChannel())
        {
            channel.connect(server.getLocalAddress());
            final ByteBuffer buffer = ByteBuffer.allocate(64);
            for (int i = 0; i < MESSAGES; i++)
            {
                buffer.clear().putInt(i).rewind();
                while (buffer.hasRemaining())
                {
                    channel.write(buffer);
                }
                buffer.clear();
                while (buffer.hasRemaining() && channel.read(buffer) >= 0)
                {
                    Thread.onSpinWait();
                }
                assertEquals(64, buffer.position());
                assertEquals(i, buffer.getInt(0));
            }
        }
    }
}
