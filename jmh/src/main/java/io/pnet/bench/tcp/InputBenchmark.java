package io.pnet.bench.tcp;

import io.pnet.bench.FarEnd;
import io.pnet.ip.IpAddress;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
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
 * In-order segments through a stack, a duty cycle's worth at a time: Ethernet, IP, TCP, the handler that consumes in
 * place, and the acknowledgement of each batch. In ns a segment, or GSO frame; the link vouches for the checksum, as a
 * packet ring does. Good is 150 ns and less, whatever the payload.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class InputBenchmark
{
    private static final int BATCH = 16;
    private static final int REMOTE = 0x0A01_0001;
    private static final int MSS = 1_448;
    private static final int SEQ = 1_001;

    /** Bytes of payload. */
    @Param({"1448", "65160"})
    public int payload;

    private FarEnd farEnd;
    private int seq;
    private int ack;
    private long received;

    private final TcpHandler handler = new TcpHandler()
    {
        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            received += length;
            return length;
        }
    };

    /** A connection, its window wide open. */
    @Setup
    public void open() throws BindException
    {
        final TcpSettings settings = new TcpSettings();
        settings.receiveBufferBytes = 8 << 20;
        farEnd = new FarEnd(payload > MSS, settings);
        farEnd.stack().tcp().listen(IpAddress.ANY_V4, 80, 16, null, connection -> handler);
        ack = farEnd.open(REMOTE, 5_000, 80, SEQ - 1);
        seq = SEQ;
        for (int i = 0; i < 64; i++)
        {
            farEnd.segment(REMOTE, 5_000, 80, MSS, MSS);
            farEnd.send(seq, ack);
            farEnd.run();
            seq += MSS;
        }
        farEnd.segment(REMOTE, 5_000, 80, payload, MSS);
    }

    /** Everything has arrived. */
    @TearDown(Level.Iteration)
    public void check()
    {
        if ((int)received != seq - SEQ)
        {
            throw new IllegalStateException(received + " bytes were received, " + (seq - SEQ) + " sent");
        }
    }

    /** A duty cycle with segments in order. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long inOrder()
    {
        for (int i = 0; i < BATCH; i++)
        {
            farEnd.send(seq, ack);
            seq += payload;
        }
        farEnd.run();
        return received;
    }
}
