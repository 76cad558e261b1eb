package io.pnet.hostile;

import io.pnet.counters.Counter;
import io.pnet.link.Chunk;
import io.pnet.link.FrameHandler;
import io.pnet.link.ImmediateLink;
import io.pnet.link.LinkCapabilities;
import io.pnet.link.LinkContext;
import io.pnet.link.RxFrame;
import io.pnet.link.TxFrame;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;

/**
 * A link that shows whatever it is given, as it is, and hands what is sent to somebody at once; without allocation, so
 * that millions of frames go through it.
 */
public final class FrameLink extends ImmediateLink
{
    /** Largest frame. */
    public static final int SLOT = 2_048;
    private static final int SLOTS = 256;
    private static final int MTU = 1_500;

    /** Sees what is sent. */
    @FunctionalInterface
    public interface Sink
    {
        void onFrame(UnsafeBuffer buffer, int offset, int length);
    }

    private final LinkContext context;
    private final Sink sink;
    private final UnsafeBuffer slots = new UnsafeBuffer(ByteBuffer.allocateDirect(SLOTS * SLOT));
    private final int[] lengths = new int[SLOTS];
    private final boolean[] isTrusted = new boolean[SLOTS];
    private final boolean[] isInChunk = new boolean[SLOTS];
    private final UnsafeBuffer head = new UnsafeBuffer(ByteBuffer.allocateDirect(SLOT));
    private final UnsafeBuffer whole = new UnsafeBuffer(ByteBuffer.allocateDirect(SLOT));
    private final TxFrame txFrame = new TxFrame();
    private final RxFrame rxFrame = new RxFrame();
    private int first;
    private int count;

    public FrameLink(final long macAddress, final LinkContext context, final Sink sink)
    {
        super(LinkCapabilities.plain(macAddress, MTU));
        this.context = context;
        this.sink = sink;
    }

    /**
     * Puts a frame in.
     *
     * @param trusted whether the link vouches for its checksum, as a network card does.
     * @param inChunk whether it comes in a chunk that can be kept.
     * @return false when there is no room: it is lost.
     */
    public boolean offer(
        final UnsafeBuffer buffer, final int offset, final int length, final boolean trusted, final boolean inChunk)
    {
        if (count == SLOTS)
        {
            return false;
        }
        final int slot = first + count & SLOTS - 1;
        count++;
        slots.putBytes(slot * SLOT, buffer, offset, length);
        lengths[slot] = length;
        isTrusted[slot] = trusted;
        isInChunk[slot] = inChunk;
        return true;
    }

    public int queued()
    {
        return count;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        int taken = 0;
        while (taken < limit && count > 0)
        {
            final int slot = first;
            first = first + 1 & SLOTS - 1;
            count--;
            taken++;
            context.counters().increment(Counter.LINK_RX_FRAMES);
            final Chunk chunk = isInChunk[slot] ? context.largeChunks().acquire() : null;
            if (chunk == null)
            {
                rxFrame.wrap(slots, slot * SLOT, lengths[slot]);
            }
            else
            {
                chunk.buffer().putBytes(0, slots, slot * SLOT, lengths[slot]);
                rxFrame.wrap(chunk.buffer(), 0, lengths[slot]).chunk(chunk);
            }
            rxFrame.checksum(isTrusted[slot] ? RxFrame.CHECKSUM_VALID : RxFrame.CHECKSUM_UNKNOWN);
            try
            {
                handler.onFrame(rxFrame);
            }
            finally
            {
                final Chunk left = rxFrame.takeChunk();
                if (left != null)
                {
                    left.release();
                }
            }
        }
        return taken;
    }

    @Override
    public TxFrame claim(final int headLength, final boolean gathered)
    {
        return txFrame.wrap(head, 0, headLength);
    }

    @Override
    public void commit(final TxFrame frame)
    {
        sink.onFrame(whole, 0, frame.copyTo(whole, 0));
    }

    @Override
    public long nextDeadlineNs()
    {
        return count > 0 ? 0 : NO_DEADLINE;
    }

    @Override
    public void close()
    {
        count = 0;
    }
}
