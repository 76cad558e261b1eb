package io.pnet.bench.nio;

import io.pnet.ip.IpSettings;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.nio.PnetSelectorProvider;
import io.pnet.stack.IpProcess;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.TimeUnit;

/**
 * java.nio over a Pnet process that is connected to itself, and over the kernel's loopback, the same code run by one
 * thread. In ns an operation. The kernel's are there to be compared with: good is a tenth of them for an empty select,
 * and half for the others. Nagle's algorithm is off.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class SelectorBenchmark
{
    private static final int STREAM = 16 << 10;

    /** Whose channels. */
    @Param({"pnet", "kernel"})
    public String provider;

    private final ByteBuffer small = ByteBuffer.allocateDirect(64);
    private final ByteBuffer large = ByteBuffer.allocateDirect(STREAM);
    private IpProcess process;
    private ServerSocketChannel listener;
    private SocketChannel left;
    private SocketChannel right;
    private Selector leftSelector;
    private Selector rightSelector;

    /** A connection, either end in a selector of its own. */
    @Setup
    public void open() throws IOException
    {
        final boolean isPnet = "pnet".equals(provider);
        process = isPnet ? startProcess() : null;
        final SelectorProvider channels = isPnet ? new PnetSelectorProvider(process) : SelectorProvider.provider();
        listener = channels.openServerSocketChannel();
        listener.bind(new InetSocketAddress(isPnet ? "10.0.0.1" : "127.0.0.1", 0));
        left = channels.openSocketChannel();
        left.connect(listener.getLocalAddress());
        left.setOption(StandardSocketOptions.TCP_NODELAY, true);
        right = listener.accept();
        right.setOption(StandardSocketOptions.TCP_NODELAY, true);
        leftSelector = register(channels, left);
        rightSelector = register(channels, right);
    }

    private static IpProcess startProcess() throws IOException
    {
        final LinkContext context = LinkContext.standalone();
        final IpSettings settings = new IpSettings();
        settings.addressDetection = false;
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions(), context, LinkContext.standalone());
        return IpProcess.builder().link(pipe.left(), context)
            .address("10.0.0.1/24").ip(settings).start();
    }

    private static Selector register(final SelectorProvider provider, final SocketChannel channel) throws IOException
    {
        final Selector selector = provider.openSelector();
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
        return selector;
    }

    /** All of it. */
    @TearDown
    public void close() throws IOException
    {
        left.close();
        right.close();
        listener.close();
        leftSelector.close();
        rightSelector.close();
        if (process != null)
        {
            process.close();
        }
    }

    /** Nothing is ready. */
    @Benchmark
    public int selectNow() throws IOException
    {
        return rightSelector.selectNow();
    }

    /** 64 bytes there and back: write, select, read at either end. */
    @Benchmark
    public int roundTrip() throws IOException
    {
        pass(left, rightSelector, right, small);
        return pass(right, leftSelector, left, small);
    }

    /** 16 KiB one way: write, select, read. */
    @Benchmark
    public int stream() throws IOException
    {
        return pass(left, rightSelector, right, large);
    }

    private static int pass(
        final SocketChannel from, final Selector selector, final SocketChannel to, final ByteBuffer buffer)
        throws IOException
    {
        buffer.clear();
        while (buffer.hasRemaining())
        {
            from.write(buffer);
        }
        buffer.clear();
        while (buffer.hasRemaining())
        {
            selector.select();
            selector.selectedKeys().clear();
            if (to.read(buffer) < 0)
            {
                throw new IOException("the connection has ended");
            }
        }
        return buffer.position();
    }
}
