package io.pnet.bench.tcp;

import io.pnet.bench.FarEnd;
import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.congestion.CongestionControl;
import io.pnet.tcp.congestion.CongestionWindow;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.net.BindException;
import java.util.concurrent.TimeUnit;

/**
 * What a loss costs: sixteen segments of which the first is lost, the SACK that says so, its detection (RACK),
 * retransmission, and the end of the recovery. In ns a segment, to be compared with OutputBenchmark's: twice that is
 * good. The congestion window stays as it is.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class LossBenchmark
{
    private static final int BATCH = 16;
    private static final int REMOTE = 0x0A01_0001;
    private static final int MSS = 1_448;
    private static final int SEQ = 1_001;

    private FarEnd farEnd;
    private Connection connection;
    private long before;
    private long lost;

    /** No loss impresses it. */
    private static final class Constant implements CongestionControl
    {
        @Override
        public String name()
        {
            return "constant";
        }

        @Override
        public void onAck(final CongestionWindow window, final int ackedBytes, final long nowNs)
        {
            window.cwnd(64L * window.smss);
        }

        @Override
        public void onLoss(final CongestionWindow window, final long nowNs)
        {
            window.ssthresh = 64 * window.smss;
        }
    }

    /** A connection whose congestion window holds a batch. */
    @Setup
    public void open() throws BindException
    {
        final TcpSettings settings = new TcpSettings();
        settings.sendBufferBytes = 4 << 20;
        settings.noDelay = true;
        settings.initialWindowSegments = 64;
        settings.congestionControl = Constant::new;
        farEnd = new FarEnd(false, settings);
        farEnd.stack().tcp().listen(IpAddress.ANY_V4, 80, 16, null, opened ->
        {
            connection = opened;
            return (c, buffer, offset, length) -> length;
        });
        farEnd.open(REMOTE, 5_000, 80, SEQ - 1);
        farEnd.segment(REMOTE, 5_000, 80, 0, 0);
        for (int i = 0; i < BATCH; i++)
        {
            connection.claim(MSS);
            connection.commit(MSS);
            farEnd.run();
            farEnd.send(SEQ, farEnd.sentEnd());
            farEnd.run();
        }
        before = farEnd.stack().counters().get(Counter.TCP_RETRANSMITTED_SEGMENTS);
    }

    /** Every loss was repaired, and nothing else. */
    @TearDown(Level.Iteration)
    public void check()
    {
        farEnd.check(Counter.TCP_RETRANSMITTED_SEGMENTS, before, lost);
    }

    /** The first of sixteen is lost. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int firstLost()
    {
        final int start = farEnd.sentEnd();
        for (int i = 0; i < BATCH; i++)
        {
            connection.claim(MSS);
            connection.commit(MSS);
        }
        farEnd.run();
        final int end = farEnd.sentEnd();
        farEnd.acknowledgementWithSack(REMOTE, 5_000, 80);
        farEnd.sack(start + MSS, end);
        farEnd.send(SEQ, start);
        while (farEnd.sentEnd() == end)
        {
            farEnd.run();
        }
        lost++;
        farEnd.segment(REMOTE, 5_000, 80, 0, 0);
        farEnd.send(SEQ, end);
        farEnd.run();
        farEnd.sentEnd(end);
        if (connection.unacknowledged() > 0)
        {
            throw new IllegalStateException("not all was acknowledged");
        }
        return end;
    }
}
