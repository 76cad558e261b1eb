package io.pnet.link;

import io.pnet.counters.Counters;
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

import java.util.concurrent.TimeUnit;

/**
 * What the walk along an RX ring costs a frame, without a kernel that fills it: status, header and virtio header of
 * each slot, the first bytes of the frame, and the slot back. In the package of the ring, which is nobody else's
 * business.
 *
 * <p>Hot: 256 slots, which stay in the cache. Cold: the 8,192 slots of a link's ring, each 2 KiB behind the last, which
 * no second-level cache holds. The figure has one store a slot in it that is the kernel's: a batch is marked ahead, in
 * the cold ring half a ring ahead.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class RingWalkBenchmark
{
    private static final int SLOT_BYTES = 2_048;
    private static final int MAC_OFFSET = 82;
    private static final int LENGTH = 1_514;
    private static final int FRAMES = 256;

    /** Slots of the ring. */
    @Param({"256", "8192"})
    public int slots;

    /** Frames that are taken a poll. */
    @Param({"1", "8", "32", "256"})
    public int batch;

    private UnsafeBuffer memory;
    private RxRing ring;
    private int marked;
    private long seen;
    private final FrameHandler handler = frame -> seen += frame.buffer().getLong(frame.offset());

    /** A ring of frames of MTU size, as far as it is filled at the start. */
    @Setup
    public void open()
    {
        memory = new UnsafeBuffer(Messages.allocate(slots * SLOT_BYTES));
        final LinkCounts counts = new LinkCounts(new Counters());
        final ReceiveBatch none = new ReceiveBatch(
            (fd, messages, count) -> -Errno.EAGAIN, -1, VnetHeader.LENGTH, new ChunkPool(ChunkPool.LARGE, 1), counts);
        ring = new RxRing(memory, SLOT_BYTES, slots, none, counts);
        for (int i = 0; i < slots; i++)
        {
            final int slot = i * SLOT_BYTES;
            Tpacket2.length(memory, slot, LENGTH);
            memory.putInt(slot + Tpacket2.SNAP_LENGTH_OFFSET, LENGTH);
            Tpacket2.mac(memory, slot, MAC_OFFSET);
        }
        mark(slots == FRAMES ? 0 : slots / 2);
    }

    /** 256 frames in batches; the figure is of one frame. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long walk()
    {
        mark(FRAMES);
        for (int frames = 0; frames < FRAMES; frames += batch)
        {
            if (ring.poll(handler, batch) != batch)
            {
                throw new IllegalStateException("a slot was not ready");
            }
        }
        return seen;
    }

    private void mark(final int count)
    {
        for (int i = 0; i < count; i++)
        {
            Tpacket2.statusRelease(memory, marked * SLOT_BYTES, Tpacket2.STATUS_USER);
            marked = marked + 1 == slots ? 0 : marked + 1;
        }
    }
}
