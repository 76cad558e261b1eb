package io.pnet.nio;

import java.io.IOException;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.IllegalChannelGroupException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/**
 * Asynchronous channels over the selectable ones of any provider, {@link PnetSelectorProvider} above all: what they are
 * to whom, that one decides. Any thread.
 *
 * <p>Each group waits on one thread of its own and runs handlers on its executor. That is one hand-over more than a
 * selector has, and fine for what uses these channels; who wants it faster uses selectors or {@code TcpHandler}.
 *
 * <p>For the whole JVM it is named by the system property
 * {@code java.nio.channels.spi.AsynchronousChannelProvider}, and then works over the default
 * {@link SelectorProvider}.
 */
public final class PnetAsynchronousProvider extends AsynchronousChannelProvider
{
    private final SelectorProvider channels;
    private AsyncGroup defaultGroup;

    /** Over the JVM's default channels. */
    public PnetAsynchronousProvider()
    {
        this(SelectorProvider.provider());
    }

    /** Over the channels of a provider. */
    public PnetAsynchronousProvider(final SelectorProvider channels)
    {
        this.channels = channels;
    }

    @Override
    public AsynchronousChannelGroup openAsynchronousChannelGroup(final int nThreads, final ThreadFactory threadFactory)
        throws IOException
    {
        return new AsyncGroup(this, channels, Executors.newFixedThreadPool(nThreads, threadFactory));
    }

    @Override
    public AsynchronousChannelGroup openAsynchronousChannelGroup(
        final ExecutorService executor, final int initialSize) throws IOException
    {
        return new AsyncGroup(this, channels, executor);
    }

    @Override
    public AsynchronousServerSocketChannel openAsynchronousServerSocketChannel(final AsynchronousChannelGroup group)
        throws IOException
    {
        final AsyncGroup ours = checked(group);
        final ServerSocketChannel channel = channels.openServerSocketChannel();
        try
        {
            return new AsyncServerSocketChannel(ours, channel);
        }
        catch (final IOException | ShutdownChannelGroupException ex)
        {
            channel.close();
            throw ex;
        }
    }

    @Override
    public AsynchronousSocketChannel openAsynchronousSocketChannel(final AsynchronousChannelGroup group)
        throws IOException
    {
        final AsyncGroup ours = checked(group);
        final SocketChannel channel = channels.openSocketChannel();
        try
        {
            return new AsyncSocketChannel(ours, channel);
        }
        catch (final IOException | ShutdownChannelGroupException ex)
        {
            channel.close();
            throw ex;
        }
    }

    private AsyncGroup checked(final AsynchronousChannelGroup group) throws IOException
    {
        if (group == null)
        {
            return defaultGroup();
        }
        if (!(group instanceof AsyncGroup ours) || group.provider() != this)
        {
            throw new IllegalChannelGroupException();
        }
        return ours;
    }

    private synchronized AsyncGroup defaultGroup() throws IOException
    {
        if (defaultGroup == null)
        {
            defaultGroup = new AsyncGroup(this, channels, Executors.newCachedThreadPool(task ->
            {
                final Thread thread = new Thread(task, "pnet-async-handler");
                thread.setDaemon(true);
                return thread;
            }));
        }
        return defaultGroup;
    }
}
