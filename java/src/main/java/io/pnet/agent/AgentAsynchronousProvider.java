package io.pnet.agent;

import java.io.IOException;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;

/**
 * The JVM's default provider of asynchronous channels under the agent: the JDK makes it by name from the system class
 * path, and it hands everything to the runtime's. Groups and channels say that they are that one's.
 */
public final class AgentAsynchronousProvider extends AsynchronousChannelProvider
{
    private static volatile Supplier<AsynchronousChannelProvider> source;

    /** For the JDK. */
    public AgentAsynchronousProvider()
    {
    }

    /** Says whom to ask; the runtime does so before the JDK makes an instance. */
    public static void install(final Supplier<AsynchronousChannelProvider> provider)
    {
        source = provider;
    }

    private static AsynchronousChannelProvider runtime()
    {
        return source.get();
    }

    @Override
    public AsynchronousChannelGroup openAsynchronousChannelGroup(final int nThreads, final ThreadFactory threadFactory)
        throws IOException
    {
        return runtime().openAsynchronousChannelGroup(nThreads, threadFactory);
    }

    @Override
    public AsynchronousChannelGroup openAsynchronousChannelGroup(
        final ExecutorService executor, final int initialSize) throws IOException
    {
        return runtime().openAsynchronousChannelGroup(executor, initialSize);
    }

    @Override
    public AsynchronousServerSocketChannel openAsynchronousServerSocketChannel(final AsynchronousChannelGroup group)
        throws IOException
    {
        return runtime().openAsynchronousServerSocketChannel(group);
    }

    @Override
    public AsynchronousSocketChannel openAsynchronousSocketChannel(final AsynchronousChannelGroup group)
        throws IOException
    {
        return runtime().openAsynchronousSocketChannel(group);
    }
}
