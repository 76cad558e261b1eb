package io.pnet.bench.stack;

import io.pnet.ip.IpAddress;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.sim.Network;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import org.agrona.concurrent.UnsafeBuffer;
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
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * Two stacks joined by a pipe, run by one thread: written, sent, received and consumed, with all acknowledgements, in
 * ns a MiB. 100,000 ns are 84 Gbit/s. Good is below 150,000 with GSO, and below a million with frames that fit the MTU.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class PipeTransferBenchmark
{
    private static final long CYCLE_NS = 50_000;

    /** Whether frames of 64 KiB pass. */
    @Param({"true", "false"})
    public boolean gso;

    private Network network;
    private Network.Node left;
    private Network.Node right;
    private long nowNs;
    private long received;

    /** Writes whenever there is room. */
    private static final class Sender implements TcpHandler
    {
        private final UnsafeBuffer block = new UnsafeBuffer(ByteBuffer.allocateDirect(64 << 10));

        @Override
        public void onConnected(final Connection connection)
        {
            onWritable(connection);
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            return length;
        }

        @Override
        public void onWritable(final Connection connection)
        {
            while (connection.write(block, 0, block.capacity()) == block.capacity())
            {
                continue;
            }
        }
    }

    /** A connection. */
    @Setup
    public void open() throws IOException
    {
        final MemoryLinkOptions options = new MemoryLinkOptions().txOffload(gso).rxGso(gso).queueFrames(8_192);
        final TcpSettings settings = new TcpSettings();
        settings.sendBufferBytes = 512 << 10;
        settings.receiveBufferBytes = 512 << 10;
        network = new Network(1);
        left = network.node("10.0.0.1/24", options, settings, null, link -> link);
        right = network.node("10.0.0.2/24", options, settings, null, link -> link);
        right.stack().tcp().listen(IpAddress.ANY_V4, 80, 16, null, connection -> (c, buffer, offset, length) ->
        {
            received += length;
            return length;
        });
        nowNs = network.nowNs();
        left.stack().tcp().connect(IpAddress.ANY, 0, right.address(), 80, null, new Sender(), nowNs);
    }

    /** Both stacks. */
    @TearDown
    public void close()
    {
        network.close();
    }

    /** A MiB, or a little more. */
    @Benchmark
    public long mebibyte()
    {
        final long end = received + (1 << 20);
        while (received < end)
        {
            left.stack().doWork(nowNs);
            right.stack().doWork(nowNs);
            nowNs += CYCLE_NS;
        }
        return received;
    }
}
