package io.pnet.bench.connect;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Accepts connections, sends each its byte back, and sees its end; one thread, one selector.
 *
 * <pre>ConnectServer ADDRESS PORT SERVER_CLOSES|CLIENT_RESETS</pre>
 */
public final class ConnectServer
{
    private static final int BACKLOG = 4_096;

    private final Ending ending;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64);

    private ConnectServer(final Ending ending)
    {
        this.ending = ending;
    }

    /** Serves until it is killed. */
    public static void main(final String[] arguments) throws IOException
    {
        if (arguments.length != 3)
        {
            System.err.println("usage: ConnectServer ADDRESS PORT SERVER_CLOSES|CLIENT_RESETS");
            System.exit(2);
        }
        new ConnectServer(Ending.valueOf(arguments[2]))
            .serve(new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])));
    }

    private void serve(final InetSocketAddress address) throws IOException
    {
        try (Selector selector = Selector.open(); ServerSocketChannel server = ServerSocketChannel.open())
        {
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.bind(address, BACKLOG);
            server.configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT);
            System.out.println("listening");
            while (true)
            {
                selector.select(this::onReady);
            }
        }
    }

    private void onReady(final SelectionKey key)
    {
        try
        {
            if (key.isAcceptable())
            {
                accept(key);
            }
            else
            {
                echo((SocketChannel)key.channel());
            }
        }
        catch (final IOException ex)
        {
            // A reset is how the client ends it.
            close(key);
        }
    }

    private void accept(final SelectionKey key) throws IOException
    {
        final ServerSocketChannel server = (ServerSocketChannel)key.channel();
        for (SocketChannel channel = server.accept(); channel != null; channel = server.accept())
        {
            channel.configureBlocking(false);
            channel.register(key.selector(), SelectionKey.OP_READ);
        }
    }

    private void echo(final SocketChannel channel) throws IOException
    {
        final int n = channel.read(buffer.clear());
        if (n > 0)
        {
            channel.write(buffer.flip());
        }
        if (n < 0 || n > 0 && ending == Ending.SERVER_CLOSES)
        {
            channel.close();
        }
    }

    private static void close(final SelectionKey key)
    {
        try
        {
            key.channel().close();
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException("a channel does not close", ex);
        }
    }
}
