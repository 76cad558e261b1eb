package io.pnet.interop;

import io.pnet.counters.Counter;
import io.pnet.socket.TcpServerSocket;
import io.pnet.socket.TcpSocket;
import io.pnet.socket.UdpSocket;
import io.pnet.stack.Home;
import io.pnet.stack.IpProcess;

import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A process of two stacks, or its peer on the kernel, which does the same: connects, echoes, sends datagrams. */
final class GroupProgram
{
    static final int CONNECTIONS = 64;
    private static final int ECHO_PORT = 8_000;
    private static final int END_PORT = 8_999;
    private static final int CLOSED_PORT = 9;
    static final int UDP_PORTS = 8;
    private static final int FIRST_UDP_PORT = 8_100;
    private static final int MESSAGE = 20_000;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private GroupProgram()
    {
    }

    public static void main(final String[] args) throws Exception
    {
        if (args[0].equals("peer"))
        {
            peer();
        }
        else if (args[0].equals("talk"))
        {
            talk();
        }
        else
        {
            pnet(args[0]);
        }
    }

    // ---- Pnet's end

    private static void pnet(final String link) throws Exception
    {
        try (IpProcess process = IpProcess.builder().link(link).stacks(2)
            .address(InteropWire.PNET_V4 + "/24").address(InteropWire.PNET_V6 + "/64").start();
            TcpServerSocket echo = TcpServerSocket.bind(process, new InetSocketAddress(ECHO_PORT), 500, null);
            TcpServerSocket end = TcpServerSocket.bind(process, new InetSocketAddress(END_PORT), 5, null))
        {
            daemon(() -> serve(echo));
            for (int i = 0; i < UDP_PORTS; i++)
            {
                final UdpSocket socket = UdpSocket.open(process, new InetSocketAddress(FIRST_UDP_PORT + i));
                daemon(() -> serve(socket));
            }
            for (final String address : List.of(InteropWire.KERNEL_V4, InteropWire.KERNEL_V6))
            {
                connectOut(process, address);
                meetClosedPort(process, address);
            }
            System.out.println("ready");
            end.accept().close();
            for (final Home home : process.homes())
            {
                System.out.println(home.exclusively(() -> report(home)));
            }
        }
    }

    private static String report(final Home home)
    {
        final StringBuilder text = new StringBuilder("stack " + home.index());
        for (final Counter counter : List.of(
            Counter.TCP_ACCEPTS, Counter.TCP_CONNECTS, Counter.TCP_RX_DROP_NO_CONNECTION, Counter.UDP_RX_DATAGRAMS,
            Counter.GROUP_TX_FRAMES, Counter.GROUP_TX_DROP_FULL, Counter.ICMP_RX_ECHO_REQUESTS,
            Counter.STACK_INTERNAL_ERRORS))
        {
            text.append(' ').append(counter.label()).append('=').append(home.stack().counters().get(counter));
        }
        return text.append(" unaccounted=").append(home.stack().counters().unaccounted()).toString();
    }

    private static void connectOut(final IpProcess process, final String address) throws IOException
    {
        final List<TcpSocket> sockets = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++)
        {
            // With a port of its own choice every other time, wherever that leads.
            final InetSocketAddress local = i % 2 == 0 ? null : new InetSocketAddress(20_000 + i);
            sockets.add(TcpSocket.connect(process, local, new InetSocketAddress(address, ECHO_PORT), null, LIMIT));
        }
        for (int round = 0; round < 3; round++)
        {
            for (final TcpSocket socket : sockets)
            {
                socket.write(ByteBuffer.wrap(message(round)));
            }
            for (final TcpSocket socket : sockets)
            {
                final ByteBuffer got = ByteBuffer.allocate(MESSAGE);
                socket.readTimeout(LIMIT);
                while (got.hasRemaining() && socket.read(got) >= 0)
                {
                }
                check(Arrays.equals(message(round), got.array()), "echo from " + address);
            }
        }
        for (final TcpSocket socket : sockets)
        {
            socket.close();
        }
    }

    private static void meetClosedPort(final IpProcess process, final String address) throws IOException
    {
        // The kernel sends six such errors to one peer, and then one a second.
        for (int i = 0; i < 4; i++)
        {
            try (UdpSocket socket = UdpSocket.open(process, null))
            {
                socket.connect(new InetSocketAddress(address, CLOSED_PORT));
                socket.send(ByteBuffer.wrap(new byte[10]));
                socket.receiveTimeout(LIMIT);
                socket.receive(ByteBuffer.allocate(10));
                check(false, "somebody has answered at a closed port");
            }
            catch (final PortUnreachableException ex)
            {
                // As it should be: the error has found its socket.
            }
        }
    }

    private static void serve(final TcpServerSocket server) throws IOException
    {
        while (true)
        {
            final TcpSocket socket = server.accept();
            daemon(() ->
            {
                final ByteBuffer data = ByteBuffer.allocate(MESSAGE);
                while (socket.read(data) >= 0)
                {
                    socket.write(data.flip());
                    data.clear();
                }
                socket.close();
            });
        }
    }

    private static void serve(final UdpSocket socket) throws IOException
    {
        final ByteBuffer data = ByteBuffer.allocate(MESSAGE);
        while (true)
        {
            final InetSocketAddress from = socket.receive(data.clear());
            socket.send(data.flip(), from);
        }
    }

    // ---- the kernel's end

    private static void peer() throws Exception
    {
        final ServerSocket server = new ServerSocket(ECHO_PORT, 500);
        daemon(() ->
        {
            while (true)
            {
                final Socket socket = server.accept();
                daemon(() -> socket.getInputStream().transferTo(socket.getOutputStream()));
            }
        });
        System.out.println("listening");
        // Until the test ends us.
        Thread.sleep(Long.MAX_VALUE);
    }

    /** What the peer does once Pnet is ready. */
    private static void talk() throws Exception
    {
        talk(InteropWire.PNET_V4);
        talk(InteropWire.PNET_V6);
        new Socket(InteropWire.PNET_V4, END_PORT).close();
    }

    private static void talk(final String address) throws Exception
    {
        final List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++)
        {
            sockets.add(new Socket(address, ECHO_PORT));
        }
        for (int round = 0; round < 3; round++)
        {
            for (final Socket socket : sockets)
            {
                socket.getOutputStream().write(message(round));
            }
            for (final Socket socket : sockets)
            {
                final InputStream in = socket.getInputStream();
                check(Arrays.equals(message(round), in.readNBytes(MESSAGE)), "echo of " + address);
            }
        }
        for (final Socket socket : sockets)
        {
            socket.close();
        }
        for (int i = 0; i < UDP_PORTS; i++)
        {
            for (final int length : List.of(100, 9_000))
            {
                try (DatagramSocket socket = new DatagramSocket())
                {
                    socket.setSoTimeout((int)LIMIT.toMillis());
                    socket.connect(new InetSocketAddress(address, FIRST_UDP_PORT + i));
                    socket.send(new DatagramPacket(message(i), length));
                    final DatagramPacket got = new DatagramPacket(new byte[MESSAGE], MESSAGE);
                    socket.receive(got);
                    check(got.getLength() == length, "datagram of " + got.getLength());
                }
            }
        }
    }

    // ---- both

    private interface Work
    {
        void run() throws IOException;
    }

    private static void daemon(final Work work)
    {
        final Thread thread = new Thread(() ->
        {
            try
            {
                work.run();
            }
            catch (final IOException ex)
            {
                // The other end has gone, or the process ends.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static byte[] message(final int seed)
    {
        final byte[] message = new byte[MESSAGE];
        for (int i = 0; i < MESSAGE; i++)
        {
            message[i] = (byte)(i * 31 + (i >> 8) + seed);
        }
        return message;
    }

    private static void check(final boolean isTrue, final String what)
    {
        if (!isTrue)
        {
            throw new AssertionError(what);
        }
    }
}
