package io.pnet.tools;

import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.socket.TcpServerSocket;
import io.pnet.socket.TcpSocket;
import io.pnet.stack.IpProcess;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Two IP processes on a wire in memory, and seeded data from one to the other, checked by its digest. */
final class MemoryRun
{
    private static final int MIB = 1 << 20;
    private static final int TOTAL_MIB = 64;
    private static final int PORT = 5_001;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private MemoryRun()
    {
    }

    /**
     * Runs it.
     *
     * @return what happened, in one line.
     * @throws IOException when the data did not arrive as it was sent.
     */
    static String run() throws IOException, NoSuchAlgorithmException
    {
        final LinkContext left = LinkContext.standalone();
        final LinkContext right = LinkContext.standalone();
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions(), left, right);
        try (IpProcess sender = IpProcess.builder().link(pipe.left(), left).address("10.0.0.1/24").start();
            IpProcess receiver = IpProcess.builder().link(pipe.right(), right).address("10.0.0.2/24").start())
        {
            // A wire in memory has no descriptor to sleep on: whoever sends wakes the other end.
            pipe.left().onFrames(sender.driver()::wakeup);
            pipe.right().onFrames(receiver.driver()::wakeup);
            return transfer(sender, receiver);
        }
    }

    private static String transfer(final IpProcess sender, final IpProcess receiver)
        throws IOException, NoSuchAlgorithmException
    {
        final InetSocketAddress address = new InetSocketAddress("10.0.0.2", PORT);
        final MessageDigest sent = MessageDigest.getInstance("SHA-256");
        try (TcpServerSocket server = TcpServerSocket.bind(receiver, address, 1, null))
        {
            server.acceptTimeout(PATIENCE);
            final CompletableFuture<byte[]> received = CompletableFuture.supplyAsync(() -> receive(server));
            final long startNs = System.nanoTime();
            try (TcpSocket socket = TcpSocket.connect(sender, address, PATIENCE))
            {
                final byte[] block = new byte[MIB];
                final Random random = new Random(1);
                for (int i = 0; i < TOTAL_MIB; i++)
                {
                    random.nextBytes(block);
                    sent.update(block);
                    socket.write(ByteBuffer.wrap(block));
                }
                socket.shutdownOutput();
                final byte[] digest = received.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                if (!Arrays.equals(digest, sent.digest()))
                {
                    throw new IOException("what arrived is not what was sent: please report this");
                }
            }
            return String.format(Locale.ROOT, "in-memory run: %d MiB between two stacks in %d ms, digest correct",
                TOTAL_MIB, (System.nanoTime() - startNs) / 1_000_000);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", ex);
        }
        catch (final java.util.concurrent.TimeoutException ex)
        {
            throw new IOException("no end within " + PATIENCE.toSeconds() + " s: please report this", ex);
        }
        catch (final java.util.concurrent.ExecutionException ex)
        {
            throw new IOException("receiving failed: " + ex.getCause().getMessage(), ex);
        }
    }

    private static byte[] receive(final TcpServerSocket server)
    {
        try (TcpSocket socket = server.accept())
        {
            socket.readTimeout(PATIENCE);
            final MessageDigest digest = MessageDigest.getInstance("SHA-256");
            final ByteBuffer buffer = ByteBuffer.allocate(MIB);
            while (socket.read(buffer) >= 0)
            {
                digest.update(buffer.flip());
                buffer.clear();
            }
            return digest.digest();
        }
        catch (final IOException | NoSuchAlgorithmException ex)
        {
            throw new IllegalStateException(ex.getMessage(), ex);
        }
    }
}
