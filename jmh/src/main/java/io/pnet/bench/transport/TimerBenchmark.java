package io.pnet.bench.transport;

import io.pnet.transport.Timer;
import io.pnet.transport.TimerWheel;
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

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * The timer wheel with so many timers in it, in ns a timer. Good is 30 ns and less, and the same for 100 timers and
 * 100,000 but for what the cache costs.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class TimerBenchmark
{
    private static final int BATCH = 64;
    private static final long MS = 1_000_000L;

    /** Timers that are scheduled meanwhile, seconds from now, as connections' are. */
    @Param({"100", "100000"})
    public int others;

    private static final class Counting extends Timer
    {
        private int fired;

        @Override
        protected void onTimer(final long nowNs)
        {
            fired++;
        }
    }

    private final SplittableRandom random = new SplittableRandom(1);
    private final Counting[] timers = new Counting[BATCH];
    private TimerWheel wheel;
    private long nowNs;

    /** A wheel with the others. */
    @Setup
    public void fill()
    {
        wheel = new TimerWheel();
        wheel.start(0);
        for (int i = 0; i < others; i++)
        {
            wheel.schedule(new Counting(), 3_600_000 * MS + random.nextLong(1_000_000 * MS));
        }
        for (int i = 0; i < BATCH; i++)
        {
            timers[i] = new Counting();
        }
    }

    /** Armed for a time-out, and cancelled. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void armAndCancel()
    {
        for (int i = 0; i < BATCH; i++)
        {
            wheel.schedule(timers[i], nowNs + (200 + i) * MS);
        }
        for (int i = 0; i < BATCH; i++)
        {
            wheel.cancel(timers[i]);
        }
    }

    /** Armed for some of the next milliseconds, and expired one after the other, the next deadline asked for. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int armAndExpire()
    {
        for (int i = 0; i < BATCH; i++)
        {
            wheel.schedule(timers[i], nowNs + (1 + (i & 15)) * MS);
        }
        int fired = 0;
        while (fired < BATCH)
        {
            nowNs = wheel.nextDeadlineNs();
            fired += wheel.advance(nowNs);
        }
        return fired;
    }
}
