package io.pnet.bench.tcp;

import io.pnet.bench.FarEnd;
import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
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
import java.util.concurrent.TimeUnit;

/**
 * New segments out of a stack, a duty cycle's worth at a time, and what acknowledges them: the user's call, TCP, IP and
 * the Ethernet header, up to the link's seam, the checksum left to the link. In ns a segment, or GSO frame. Good is 150
 * ns and less for claimed buffers, whatever the payload; {@code written} has the user's copy besides.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class OutputBenchmark
{
    private static final int BATCH = 16;
    private static final int REMOTE = 0x0A01_0001;
    private static final int MSS = 1_448;
    private static final int SEQ = 1_001;

    /** Bytes of payload. */
    @Param({"1448", "65160"})
    public int payload;

    private final UnsafeBuffer block = new UnsafeBuffer(BufferUtil.allocateDirectAligned(64 << 10, 64));
    private FarEnd farEnd;
    private Connection connection;
    private long segmentsBefore;
    private long sent;

    private final TcpHandler handler = (c, buffer, offset, length) -> length;

    /** A connection whose congestion window holds a batch. */
    @Setup
    public void open() throws BindException
    {
        final TcpSettings settings = new TcpSettings();
        settings.sendBufferBytes = 4 << 20;
        settings.noDelay = true;
        farEnd = new FarEnd(payload > MSS, settings);
        farEnd.stack().tcp().listen(IpAddress.ANY_V4, 80, 16, null, opened ->
        {
            connection = opened;
            return handler;
        });
        farEnd.open(REMOTE, 5_000, 80, SEQ - 1);
        farEnd.segment(REMOTE, 5_000, 80, 0, 0);
        for (int i = 0; i < 64; i++)
        {
            written();
        }
        sent = 0;
        segmentsBefore = farEnd.stack().counters().get(Counter.TCP_TX_SEGMENTS);
    }

    /** Everything went, a segment or GSO frame each. */
    @TearDown(Level.Iteration)
    public void check()
    {
        farEnd.check(Counter.TCP_TX_SEGMENTS, segmentsBefore, sent);
    }

    /** Encoded in the send buffer: no byte is copied. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int claimed()
    {
        for (int i = 0; i < BATCH; i++)
        {
            final int offset = connection.claim(payload);
            connection.claimBuffer().putInt(offset, i);
            connection.commit(payload);
        }
        return sendAll();
    }

    /** Copied into the send buffer. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int written()
    {
        for (int i = 0; i < BATCH; i++)
        {
            connection.write(block, 0, payload);
        }
        return sendAll();
    }

    /** As claimed, each acknowledged by itself: what it takes longer are acknowledgements. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int acknowledgedEach()
    {
        final int start = farEnd.sentEnd();
        for (int i = 0; i < BATCH; i++)
        {
            connection.claim(payload);
            connection.commit(payload);
        }
        farEnd.run();
        for (int i = 1; i < BATCH; i++)
        {
            farEnd.send(SEQ, start + i * payload);
        }
        return sendAll();
    }

    private int sendAll()
    {
        sent += BATCH;
        farEnd.run();
        while (connection.unacknowledged() > 0)
        {
            farEnd.send(SEQ, farEnd.sentEnd());
            farEnd.run();
        }
        return farEnd.sentEnd();
    }
}
