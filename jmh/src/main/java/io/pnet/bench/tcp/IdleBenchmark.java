package io.pnet.bench.tcp;

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
import org.openjdk.jmh.annotations.OperationsPerInvocation;
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
 * What 100,000 idle connections of a stack cost the active ones: 64 connections answer each other a message of 1,000
 * bytes in turn, both ends on that stack.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "-Xmx1g"})
public class IdleBenchmark
{
    private static final int ACTIVE = 64;
    private static final int MESSAGES = 100 * ACTIVE;
    private static final int BURST = 500;
    private static final int PORTS = 4;
    private static final int MESSAGE_BYTES = 1_000;
    private static final long STEP_NS = 50_000;

    /** Connections beside the active ones. */
    @Param({"0", "100000"})
    public int idle;

    private final UnsafeBuffer message = new UnsafeBuffer(ByteBuffer.allocateDirect(MESSAGE_BYTES));
    private Network network;
    private Network.Node node;
    private long nowNs;
    private long messages;

    private final TcpHandler quiet = (connection, buffer, offset, length) -> length;

    private final TcpHandler echo = (connection, buffer, offset, length) ->
    {
        messages++;
        connection.write(buffer, offset, length);
        return length;
    };

    /** Opens all. */
    @Setup
    public void open() throws IOException
    {
        network = new Network(1);
        node = network.node("10.0.0.1/24", new MemoryLinkOptions(), new TcpSettings(), null, link -> link);
        for (int port = 1; port <= PORTS; port++)
        {
            node.stack().tcp().listen(IpAddress.ANY, port, BURST, null, connection -> quiet);
        }
        for (int i = 0; i < idle / 2; i += BURST)
        {
            for (int k = 0; k < BURST; k++)
            {
                connect(1 + (i + k) % PORTS, quiet);
            }
            network.run(STEP_NS * 100);
        }
        network.run(1_000_000_000L);
        if (node.stack().tcp().connectionCount() != idle)
        {
            throw new IllegalStateException("only " + node.stack().tcp().connectionCount() + " idle connections");
        }
        node.stack().tcp().listen(IpAddress.ANY, 80, BURST, null, connection -> echo);
        for (int i = 0; i < ACTIVE; i++)
        {
            connect(80, echo).write(message, 0, MESSAGE_BYTES);
        }
        nowNs = network.nowNs();
    }

    private Connection connect(final int port, final TcpHandler handler) throws IOException
    {
        return node.stack().tcp().connect(
            IpAddress.ANY, 0, node.address(), port, null, handler, network.nowNs());
    }

    /** Messages that arrive, at one after the other. */
    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public long message()
    {
        final long before = messages;
        while (messages - before < MESSAGES)
        {
            node.stack().doWork(nowNs);
            nowNs += STEP_NS;
        }
        return messages;
    }

    /** Closes all. */
    @TearDown
    public void close()
    {
        network.close();
    }
}
