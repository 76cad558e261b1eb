package io.pnet.bench.link;

import io.pnet.link.FrameHandler;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.link.TxFrame;
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

import java.util.concurrent.TimeUnit;

/** What the link seam costs a frame, without a kernel below it: claim, commit, flush, and poll at the other end. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class PipeBenchmark
{
    private static final int BATCH = 16;

    /** Bytes of the frame, all written in place. */
    @Param({"64", "1514"})
    public int length;

    private Pipe.Pair pair;
    private long received;
    private final FrameHandler handler = frame -> received += frame.length();

    /** A pair of links, joined. */
    @Setup
    public void open()
    {
        pair = Pipe.pair(new MemoryLinkOptions(), LinkContext.standalone(), LinkContext.standalone());
    }

    /** Both ends. */
    @TearDown
    public void close()
    {
        pair.close();
    }

    /** A batch of frames from one end to the other; the figure is of one frame. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long there()
    {
        for (int i = 0; i < BATCH; i++)
        {
            final TxFrame frame = pair.left().claim(length, false);
            frame.buffer().putLong(frame.offset(), i);
            pair.left().commit(frame);
        }
        pair.left().flush(0);
        if (pair.right().poll(handler, BATCH, 0) != BATCH)
        {
            throw new IllegalStateException("a frame was lost");
        }
        return received;
    }
}
