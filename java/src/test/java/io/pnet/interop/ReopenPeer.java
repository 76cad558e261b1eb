package io.pnet.interop;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.socket.TcpSocket;
import io.pnet.stack.IpProcess;
import io.pnet.tcp.TcpSettings;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A client over Pnet that always connects from the same port: it vanishes without a word to its peer, or has one byte
 * echoed and says what that took. Or the server over the kernel that echoes.
 *
 * <p>Arguments: {@code serve}; or {@code vanish} or {@code echo}, link, server, addresses with prefix lengths.
 */
final class ReopenPeer
{
    private static final int PORT = 7_000;
    private static final int CLIENT_PORT = 40_123;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private ReopenPeer()
    {
    }

    public static void main(final String[] args) throws IOException
    {
        if (args[0].equals("serve"))
        {
            serve();
        }
        else
        {
            connect(args);
        }
    }

    private static void serve() throws IOException
    {
        try (ServerSocket server = new ServerSocket(PORT))
        {
            System.out.println("listening");
            while (true)
            {
                final Socket socket = server.accept();
                final Thread thread = new Thread(() -> echo(socket));
                thread.setDaemon(true);
                thread.start();
            }
        }
    }

    private static void echo(final Socket socket)
    {
        try (socket)
        {
            System.out.println("accepted");
            socket.getInputStream().transferTo(socket.getOutputStream());
        }
        catch (final IOException ex)
        {
            System.out.println("lost: " + ex.getMessage());
        }
    }

    private static void connect(final String[] args) throws IOException
    {
        final var builder = IpProcess.builder().link(args[1]);
        for (int i = 3; i < args.length; i++)
        {
            builder.address(args[i]);
        }
        final IpProcess process = builder.start();
        final TcpSettings settings = new TcpSettings();
        // A SYN that waits for its time-out comes too late.
        settings.initialRtoNs = 3 * LIMIT.toNanos();
        final TcpSocket socket = TcpSocket.connect(
            process, new InetSocketAddress(CLIENT_PORT), new InetSocketAddress(args[2], PORT), settings, LIMIT);
        if (args[0].equals("vanish"))
        {
            // No hook and no FIN: the peer still has its end.
            Runtime.getRuntime().halt(0);
        }
        final ByteBuffer bytes = ByteBuffer.allocate(1);
        socket.readTimeout(LIMIT);
        socket.write(bytes);
        final int n = socket.read(bytes.clear());
        final Counters counters = process.counters();
        System.out.println("echoed " + n +
            " rejected " + counters.get(Counter.TCP_RX_DROP_BAD_ACK) +
            " resets " + counters.get(Counter.TCP_TX_RESETS) +
            " repeated " + counters.get(Counter.TCP_RETRANSMITTED_SEGMENTS));
        process.close();
    }
}
