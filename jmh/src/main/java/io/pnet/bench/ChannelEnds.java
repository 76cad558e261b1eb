package io.pnet.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;

/**
 * Non-blocking channels of any provider, the kernel's or Pnet's, whose reader waits in a selector or reads again and
 * again, and drives the stack itself where that is in the process. A connection has one thread.
 */
final class ChannelEnds extends Ends
{
    private static final int BACKLOG = 16;
    private static final int TIMEOUT_MS = 8000;

    private final SelectorProvider provider;
    private final Runnable poll;
    private final AutoCloseable owner;

    /**
     * Channels of a provider.
     *
     * @param poll  what a spinning reader does between reads; null for one that waits in a selector.
     * @param owner is closed with this.
     */
    ChannelEnds(final SelectorProvider provider, final Runnable poll, final AutoCloseable owner)
    {
        this.provider = provider;
        this.poll = poll;
        this.owner = owner;
    }

    @Override
    End connect(final InetSocketAddress remote) throws IOException
    {
        final SocketChannel channel = provider.openSocketChannel();
        channel.socket().connect(remote, TIMEOUT_MS);
        return end(channel);
    }

    @Override
    Door listen(final int port) throws IOException
    {
        final ServerSocketChannel channel = provider.openServerSocketChannel();
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        channel.bind(new InetSocketAddress(port), BACKLOG);
        return new Door()
        {
            @Override
            public End accept() throws IOException
            {
                return end(channel.accept());
            }

            @Override
            public void close() throws IOException
            {
                channel.close();
            }
        };
    }

    @Override
    public void close() throws IOException
    {
        try
        {
            owner.close();
        }
        catch (final IOException | RuntimeException e)
        {
            throw e;
        }
        catch (final Exception e)
        {
            throw new IOException(e);
        }
    }

    private End end(final SocketChannel channel) throws IOException
    {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        if (poll != null)
        {
            return new ChannelEnd(channel, null, poll);
        }
        final Selector selector = provider.openSelector();
        channel.register(selector, SelectionKey.OP_READ);
        return new ChannelEnd(channel, selector, null);
    }

    /** @param selector null to spin. */
    private record ChannelEnd(SocketChannel channel, Selector selector, Runnable poll) implements End
    {
        @Override
        public int read(final ByteBuffer into) throws IOException
        {
            // A server of channels selects first and reads then; a spinning one only reads.
            while (true)
            {
                if (selector == null)
                {
                    poll.run();
                }
                else if (selector.select() > 0)
                {
                    selector.selectedKeys().clear();
                }
                final int read = channel.read(into);
                if (read != 0)
                {
                    return read;
                }
            }
        }

        @Override
        public void write(final ByteBuffer from) throws IOException
        {
            while (from.hasRemaining())
            {
                channel.write(from);
            }
        }

        @Override
        public void close() throws IOException
        {
            if (selector != null)
            {
                selector.close();
            }
            channel.close();
        }
    }
}
