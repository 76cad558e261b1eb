package io.pnet.bench.servers;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A client that sends a file to an echo server, takes it back at the same time, and prints its digest. */
public final class EchoTransfer
{
    private static final int CHUNK = 1 << 18;

    private EchoTransfer()
    {
    }

    /**
     * Sends a file and takes it back.
     *
     * @param args address, port and file.
     * @throws IOException              if the connection fails.
     * @throws InterruptedException     if asked to stop.
     * @throws NoSuchAlgorithmException never.
     */
    public static void main(final String[] args) throws IOException, InterruptedException, NoSuchAlgorithmException
    {
        final Path file = Path.of(args[2]);
        final MessageDigest digest = MessageDigest.getInstance("SHA-256");
        final long beganNs = System.nanoTime();
        try (Socket socket = new Socket(args[0], Integer.parseInt(args[1])))
        {
            final Thread sender = new Thread(() -> send(file, socket), "sender");
            sender.start();
            final DataInputStream in = new DataInputStream(socket.getInputStream());
            final byte[] bytes = new byte[CHUNK];
            for (long left = Files.size(file); left > 0;)
            {
                final int length = in.read(bytes, 0, (int)Math.min(left, bytes.length));
                if (length < 0)
                {
                    throw new IOException("the connection ended " + left + " bytes early");
                }
                digest.update(bytes, 0, length);
                left -= length;
            }
            sender.join();
        }
        System.out.printf("%s seconds %.3f%n",
            HexFormat.of().formatHex(digest.digest()), (System.nanoTime() - beganNs) / 1e9);
    }

    private static void send(final Path file, final Socket socket)
    {
        try (InputStream from = Files.newInputStream(file))
        {
            final OutputStream out = socket.getOutputStream();
            final byte[] bytes = new byte[CHUNK];
            for (int length = from.read(bytes); length >= 0; length = from.read(bytes))
            {
                out.write(bytes, 0, length);
            }
        }
        catch (final IOException e)
        {
            System.err.println("sending failed: " + e.getMessage());
            System.exit(1);
        }
    }
}
