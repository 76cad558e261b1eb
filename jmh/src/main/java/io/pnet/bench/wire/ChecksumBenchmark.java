package io.pnet.bench.wire;

import io.pnet.wire.Checksum;
import org.agrona.BufferUtil;
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

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** The Internet checksum over a header, a frame that fits the MTU, and a GSO frame. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class ChecksumBenchmark
{
    /** Bytes. */
    @Param({"20", "1460", "65483"})
    public int length;

    private UnsafeBuffer buffer;

    /** Random bytes, off the heap as frames are. */
    @Setup
    public void fill()
    {
        buffer = new UnsafeBuffer(BufferUtil.allocateDirectAligned(65_536 + 64, 64));
        final SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < buffer.capacity(); i++)
        {
            buffer.putByte(i, (byte)random.nextInt());
        }
    }

    /** Where an IP header stands in a ring slot. */
    @Benchmark
    public int aligned()
    {
        return Checksum.of(buffer, 0, length);
    }

    /** Behind an Ethernet header: two modulo four. */
    @Benchmark
    public int behindEthernetHeader()
    {
        return Checksum.of(buffer, 14, length);
    }
}
