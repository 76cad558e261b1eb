package io.pnet.interop;

import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The programs that {@link RunInteropTest} starts by {@code pnet run}: plain Java that knows nothing of Pnet. The first
 * argument says which.
 */
public final class RunProgram
{
    static final int LENGTH = 10 << 20;
    /** More than a small receive buffer takes and less than a send buffer. */
    private static final int STUCK_LENGTH = 60_000;

    private RunProgram()
    {
    }

    public static void main(final String[] arguments) throws Exception
    {
        final List<String> rest = Arrays.asList(arguments).subList(1, arguments.length);
        switch (arguments[0])
        {
            case "hello" -> System.out.println("hello " + String.join(" ", rest));
            case "serve" -> serve();
            case "send" -> send(rest.get(0), Integer.parseInt(rest.get(1)), rest.get(2));
            case "idle" -> idle(rest.get(0).equals("daemon"));
            case "parent" -> parent(rest);
            case "whose" -> whose();
            case "loopback" -> loopback();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    // ---- servers of three kinds

    private static void serve() throws IOException
    {
        final HttpServer http = HttpServer.create(new InetSocketAddress(8080), 0);
        http.createContext("/", exchange ->
        {
            final byte[] body = ("http " + exchange.getLocalAddress().getAddress().getHostAddress() + "\n")
                .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        http.start();
        new Thread(RunProgram::shout).start();
        final Selector selector = Selector.open();
        final ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(8082));
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        System.out.println("serving");
        while (true)
        {
            selector.select(RunProgram::echo);
        }
    }

    /** In capitals, what a line says. */
    private static void shout()
    {
        try (ServerSocket server = new ServerSocket(8081))
        {
            while (true)
            {
                try (Socket socket = server.accept())
                {
                    final byte[] bytes = new byte[100];
                    final int length = socket.getInputStream().read(bytes);
                    socket.getOutputStream().write(new String(bytes, 0, length, StandardCharsets.UTF_8)
                        .toUpperCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
                }
            }
        }
        catch (final IOException ex)
        {
            ex.printStackTrace();
            System.exit(3);
        }
    }

    private static void echo(final SelectionKey key)
    {
        try
        {
            if (key.isAcceptable())
            {
                final SocketChannel accepted = ((ServerSocketChannel)key.channel()).accept();
                accepted.configureBlocking(false);
                accepted.register(key.selector(), SelectionKey.OP_READ);
                return;
            }
            final SocketChannel channel = (SocketChannel)key.channel();
            final ByteBuffer buffer = ByteBuffer.allocate(4096);
            if (channel.read(buffer) < 0)
            {
                channel.close();
            }
            channel.write(buffer.flip());
        }
        catch (final IOException ex)
        {
            key.cancel();
        }
    }

    // ---- ends

    /** Writes and ends at once, in one of several ways. */
    private static void send(final String host, final int port, final String end) throws Exception
    {
        final byte[] data = data(end.equals("stuck") ? STUCK_LENGTH : LENGTH);
        if (end.startsWith("hook"))
        {
            final Socket early = new Socket(host, port);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> write(early, data)));
            System.out.println("ready");
            if (end.equals("hook-term"))
            {
                Thread.sleep(60_000);
            }
            return;
        }
        if (end.equals("channel"))
        {
            final SocketChannel channel = SocketChannel.open(new InetSocketAddress(host, port));
            final ByteBuffer buffer = ByteBuffer.wrap(data);
            while (buffer.hasRemaining())
            {
                channel.write(buffer);
            }
            System.exit(0);
        }
        write(new Socket(host, port), data);
        if (!end.equals("main"))
        {
            System.exit(7);
        }
    }

    /** What is sent. */
    static byte[] data(final int length)
    {
        final byte[] data = new byte[length];
        for (int i = 0; i < length; i++)
        {
            data[i] = (byte)(i * 31 >>> 8 ^ i);
        }
        return data;
    }

    private static void write(final Socket socket, final byte[] data)
    {
        try
        {
            final OutputStream out = socket.getOutputStream();
            out.write(data);
        }
        catch (final IOException ex)
        {
            ex.printStackTrace();
        }
    }

    /** Main ends while a thread is waiting for somebody to come. */
    private static void idle(final boolean isDaemon) throws IOException
    {
        final ServerSocket server = new ServerSocket(8081);
        final Thread thread = new Thread(() ->
        {
            try
            {
                server.accept().getOutputStream().write("at last\n".getBytes(StandardCharsets.UTF_8));
            }
            catch (final IOException ex)
            {
                ex.printStackTrace();
            }
        });
        thread.setDaemon(isDaemon);
        thread.start();
    }

    // ---- families

    /** Uses the network, then starts a child that inherits everything, as build tools and the like do. */
    private static void parent(final List<String> child) throws Exception
    {
        try (ServerSocket server = new ServerSocket(8081))
        {
            System.out.println("parent on " + server.getLocalPort());
            System.out.println("child ended with " + new ProcessBuilder(child).inheritIO().start().waitFor());
        }
    }

    private static void loopback() throws IOException
    {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            Socket socket = new Socket(server.getInetAddress(), server.getLocalPort()))
        {
            System.out.println("over loopback: " + socket.isConnected());
        }
    }

    /** Which classes does the application see under names that Pnet's runtime has too? */
    private static void whose() throws Exception
    {
        try (ServerSocket server = new ServerSocket(8081))
        {
            System.out.println("on " + server.getLocalPort());
            for (final String name : List.of("org.agrona.DirectBuffer", "org.bytedeco.javacpp.Loader"))
            {
                System.out.println(Class.forName(name).getMethod("whose").invoke(null));
            }
            System.out.println(System.getProperty("org.bytedeco.javacpp.cachedir"));
            try
            {
                System.out.println(Class.forName("io.pnet.stack.IpProcess"));
            }
            catch (final ClassNotFoundException ex)
            {
                System.out.println("no runtime on the class path");
            }
        }
    }
}
