package io.pnet.nio;

import io.pnet.stack.IpProcess;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;

/**
 * Opens channels and selectors over a process's own stack. What {@link Routing} leaves to the kernel, pipes, and
 * Unix-domain sockets are the kernel provider's.
 *
 * <p>Use one per instance (Netty, Jetty, Vert.x), or install it for the whole JVM by {@code pnet run}. Any thread.
 */
public final class PnetSelectorProvider extends SelectorProvider
{
    private final IpProcess process;
    private final Routing routing;
    private final SelectorProvider kernel;

    /** With {@link Routing#DEFAULT}. */
    public PnetSelectorProvider(final IpProcess process)
    {
        this(process, Routing.DEFAULT);
    }

    /** With routing of its own, beside the JVM's default provider. */
    public PnetSelectorProvider(final IpProcess process, final Routing routing)
    {
        this(process, routing, defaultKernel());
    }

    /** The JVM's default provider, or where that is one of ours, the one beside it. */
    private static SelectorProvider defaultKernel()
    {
        final SelectorProvider provider = SelectorProvider.provider();
        return provider instanceof PnetSelectorProvider ours ? ours.kernel() : provider;
    }

    /**
     * For the whole JVM.
     *
     * @param kernel what was the default provider: it opens what is the kernel's.
     */
    public PnetSelectorProvider(final IpProcess process, final Routing routing, final SelectorProvider kernel)
    {
        this.process = Objects.requireNonNull(process);
        this.routing = Objects.requireNonNull(routing);
        this.kernel = Objects.requireNonNull(kernel);
        if (kernel instanceof PnetSelectorProvider)
        {
            throw new IllegalArgumentException("the kernel's provider is wanted here, not another of Pnet's");
        }
    }

    /** The process whose stacks they are. */
    public IpProcess process()
    {
        return process;
    }

    /** Which addresses are the kernel's. */
    public Routing routing()
    {
        return routing;
    }

    /** The provider of what is the kernel's. */
    public SelectorProvider kernel()
    {
        return kernel;
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException
    {
        return new PnetDatagramChannel(this, null);
    }

    @Override
    public DatagramChannel openDatagramChannel(final ProtocolFamily family) throws IOException
    {
        return new PnetDatagramChannel(this, checked(Objects.requireNonNull(family, "'family' is null")));
    }

    @Override
    public Pipe openPipe() throws IOException
    {
        return kernel.openPipe();
    }

    @Override
    public AbstractSelector openSelector() throws IOException
    {
        return new PnetSelector(this, kernel, process.driver());
    }

    @Override
    public SocketChannel openSocketChannel() throws IOException
    {
        return PnetSocketChannel.open(this, null);
    }

    @Override
    public SocketChannel openSocketChannel(final ProtocolFamily family) throws IOException
    {
        return isUnix(family) ? kernel.openSocketChannel(family) : PnetSocketChannel.open(this, checked(family));
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException
    {
        return new PnetServerSocketChannel(this, null);
    }

    @Override
    public ServerSocketChannel openServerSocketChannel(final ProtocolFamily family) throws IOException
    {
        return isUnix(family) ?
            kernel.openServerSocketChannel(family) : new PnetServerSocketChannel(this, checked(family));
    }

    @Override
    public Channel inheritedChannel() throws IOException
    {
        return kernel.inheritedChannel();
    }

    private static boolean isUnix(final ProtocolFamily family)
    {
        return Objects.requireNonNull(family, "'family' is null") == StandardProtocolFamily.UNIX;
    }

    private static ProtocolFamily checked(final ProtocolFamily family)
    {
        if (family != StandardProtocolFamily.INET && family != StandardProtocolFamily.INET6)
        {
            throw new UnsupportedOperationException("Protocol family not supported");
        }
        return family;
    }
}
