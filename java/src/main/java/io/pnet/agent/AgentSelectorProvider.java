package io.pnet.agent;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.function.Supplier;

/**
 * The JVM's default provider under the agent: the JDK makes it by name from the system class path, and it hands
 * everything to the runtime's provider. Channels and selectors say that they are that one's.
 */
public final class AgentSelectorProvider extends SelectorProvider
{
    private static volatile Supplier<SelectorProvider> source;

    /** For the JDK. */
    public AgentSelectorProvider()
    {
    }

    /** Says whom to ask; the runtime does so before the JDK makes an instance. */
    public static void install(final Supplier<SelectorProvider> provider)
    {
        source = provider;
    }

    private static SelectorProvider runtime()
    {
        return source.get();
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException
    {
        return runtime().openDatagramChannel();
    }

    @Override
    public DatagramChannel openDatagramChannel(final ProtocolFamily family) throws IOException
    {
        return runtime().openDatagramChannel(family);
    }

    @Override
    public Pipe openPipe() throws IOException
    {
        return runtime().openPipe();
    }

    @Override
    public AbstractSelector openSelector() throws IOException
    {
        return runtime().openSelector();
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException
    {
        return runtime().openServerSocketChannel();
    }

    @Override
    public ServerSocketChannel openServerSocketChannel(final ProtocolFamily family) throws IOException
    {
        return runtime().openServerSocketChannel(family);
    }

    @Override
    public SocketChannel openSocketChannel() throws IOException
    {
        return runtime().openSocketChannel();
    }

    @Override
    public SocketChannel openSocketChannel(final ProtocolFamily family) throws IOException
    {
        return runtime().openSocketChannel(family);
    }

    @Override
    public Channel inheritedChannel() throws IOException
    {
        return runtime().inheritedChannel();
    }
}
