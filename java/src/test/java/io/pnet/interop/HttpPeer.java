package io.pnet.interop;

import io.pnet.socket.TcpServerSocket;
import io.pnet.socket.TcpSocket;
import io.pnet.stack.IpProcess;
import io.pnet.stack.IpProcessBuilder;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * As much of an HTTP server over Pnet's blocking sockets as curl needs: {@code GET /N} gives N seeded bytes and their
 * SHA-256 in a header, {@code PUT /} takes such bytes, checks each at its offset, and answers with the digest.
 *
 * <p>Arguments: link, capture file or "-", addresses with prefix lengths.
 */
final class HttpPeer
{
    static final int PORT = 8080;
    private static final int BLOCK = 128 << 10;

    private final SeededData data = new SeededData(42);

    private HttpPeer()
    {
    }

    /** Serves until it is ended. */
    public static void main(final String[] args) throws IOException
    {
        final IpProcessBuilder builder = IpProcess.builder().link(args[0]);
        if (!args[1].equals("-"))
        {
            builder.capture(Path.of(args[1]));
        }
        for (int i = 2; i < args.length; i++)
        {
            builder.address(args[i]);
        }
        final IpProcess process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::close));
        serve(process);
    }

    /** Serves until the process is ended. */
    static void serve(final IpProcess process) throws IOException
    {
        final TcpServerSocket server = TcpServerSocket.bind(process, new InetSocketAddress(PORT), 16, null);
        System.out.println("listening");
        final HttpPeer peer = new HttpPeer();
        while (true)
        {
            final TcpSocket socket = server.accept();
            final Thread thread = new Thread(() -> peer.serve(socket));
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void serve(final TcpSocket socket)
    {
        try (socket)
        {
            final ByteBuffer buffer = ByteBuffer.allocateDirect(BLOCK);
            final String head = head(socket, buffer);
            final String[] request = head.substring(0, head.indexOf("\r\n")).split(" ");
            if (request[0].equals("GET"))
            {
                send(socket, Long.parseLong(request[1].substring(1)));
            }
            else
            {
                take(socket, buffer, contentLength(head));
            }
            socket.shutdownOutput();
            while (socket.read(buffer.clear()) >= 0)
            {
                // Until the client has closed its side as well.
            }
        }
        catch (final IOException | RuntimeException ex)
        {
            System.err.println("http: " + ex);
        }
    }

    /** Reads up to the empty line; what follows it stays in the buffer, ready to be taken out. */
    private static String head(final TcpSocket socket, final ByteBuffer buffer) throws IOException
    {
        buffer.clear();
        while (true)
        {
            if (socket.read(buffer) < 0)
            {
                throw new IOException("the client went away before its request was whole");
            }
            final byte[] bytes = new byte[buffer.position()];
            buffer.get(0, bytes);
            final String text = new String(bytes, StandardCharsets.ISO_8859_1);
            final int end = text.indexOf("\r\n\r\n");
            if (end >= 0)
            {
                buffer.flip().position(end + 4);
                return text.substring(0, end + 2);
            }
        }
    }

    private static long contentLength(final String head)
    {
        for (final String line : head.split("\r\n"))
        {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
            {
                return Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
            }
        }
        throw new IllegalArgumentException("no Content-Length");
    }

    private void send(final TcpSocket socket, final long length) throws IOException
    {
        socket.write(ascii("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + length + "\r\n\r\n"));
        final MessageDigest digest = sha256();
        final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
        for (long offset = 0; offset < length; offset += BLOCK)
        {
            data.fill(block, offset);
            block.limit((int)Math.min(BLOCK, length - offset));
            digest.update(block.duplicate());
            socket.write(block);
        }
        System.out.println("sent " + length + " " + HexFormat.of().formatHex(digest.digest()));
    }

    private void take(final TcpSocket socket, final ByteBuffer buffer, final long length) throws IOException
    {
        final MessageDigest digest = sha256();
        long offset = 0;
        long wrong = -1;
        while (true)
        {
            if (wrong < 0)
            {
                wrong = data.firstWrong(buffer, offset);
            }
            offset += buffer.remaining();
            digest.update(buffer);
            if (offset >= length)
            {
                break;
            }
            if (socket.read(buffer.clear()) < 0)
            {
                break;
            }
            buffer.flip();
        }
        final String answer = "length " + offset + " wrong " + wrong + " sha256 " +
            HexFormat.of().formatHex(digest.digest()) + "\n";
        socket.write(ascii("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + answer.length() +
            "\r\n\r\n" + answer));
    }

    private static ByteBuffer ascii(final String text)
    {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static MessageDigest sha256()
    {
        try
        {
            return MessageDigest.getInstance("SHA-256");
        }
        catch (final NoSuchAlgorithmException ex)
        {
            throw new IllegalStateException(ex);
        }
    }
}
