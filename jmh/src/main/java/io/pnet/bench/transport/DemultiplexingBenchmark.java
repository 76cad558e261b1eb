package io.pnet.bench.transport;

import io.pnet.bench.FarEnd;
import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.tcp.TcpSettings;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.net.BindException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * A bare acknowledgement to one of so many connections, drawn at random, through the whole stack, in ns a segment: what
 * finding the connection costs, and meeting one that no cache holds. Good is less than 150 ns for one connection. Of
 * 100,000 none is in a cache, and less than ten times that is good.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class DemultiplexingBenchmark
{
    private static final int BATCH = 16;
    private static final int REMOTE = 0x0A01_0000;
    private static final int SEQ = 1_001;
    private static final int PORTS = 50_000;

    /** Established connections. */
    @Param({"1", "1000", "10000", "100000"})
    public int connections;

    private final SplittableRandom random = new SplittableRandom(1);
    private FarEnd farEnd;
    private int[] acks;
    private long before;
    private long sent;

    /** All connections. */
    @Setup
    public void open() throws BindException
    {
        farEnd = new FarEnd(false, new TcpSettings());
        farEnd.stack().tcp().listen(
            IpAddress.ANY_V4, 80, 16, null, connection -> (c, buffer, offset, length) -> length);
        acks = new int[connections];
        for (int i = 0; i < connections; i++)
        {
            acks[i] = farEnd.open(REMOTE + i / PORTS, 10_000 + i % PORTS, 80, SEQ - 1);
        }
        farEnd.segment(REMOTE, 10_000, 80, 0, 0);
        before = farEnd.stack().counters().get(Counter.TCP_RX_SEGMENTS);
    }

    /** Every segment has found its connection. */
    @TearDown(Level.Iteration)
    public void check()
    {
        farEnd.check(Counter.TCP_RX_SEGMENTS, before, sent);
    }

    /** A duty cycle's worth. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int acknowledgement()
    {
        for (int i = 0; i < BATCH; i++)
        {
            final int index = random.nextInt(connections);
            farEnd.send(SEQ, acks[index], REMOTE + index / PORTS, 10_000 + index % PORTS);
        }
        sent += BATCH;
        return farEnd.run();
    }
}
