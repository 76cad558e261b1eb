package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.FrameHandler;
import io.pnet.link.ImmediateLink;
import io.pnet.link.LinkCapabilities;
import io.pnet.link.RxFrame;
import io.pnet.link.TxFrame;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** A link whose far end is the test: frames go in one by one and come out one by one, as bytes. */
final class TestLink extends ImmediateLink
{
    static final long MAC = 0x0250_4E00_0001L;

    /** What a test may say of a frame that it puts in. */
    static final class Inbound
    {
        final byte[] bytes;
        Consumer<RxFrame> state = (frame) -> {};

        Inbound(final byte[] bytes)
        {
            this.bytes = bytes;
        }
    }

    final Deque<Inbound> inbound = new ArrayDeque<>();
    final List<byte[]> outbound = new ArrayList<>();
    int room = Integer.MAX_VALUE;
    private final Counters counters;
    private final UnsafeBuffer head = new UnsafeBuffer(new byte[70_000]);
    private final TxFrame txFrame = new TxFrame();
    private final RxFrame rxFrame = new RxFrame();
    private TestLink peer;

    TestLink(final LinkCapabilities capabilities, final Counters counters)
    {
        super(capabilities);
        this.counters = counters;
    }

    static TestLink plain(final Counters counters)
    {
        return new TestLink(LinkCapabilities.plain(MAC, 1500), counters);
    }

    /** What one sends the other receives. */
    static void connect(final TestLink left, final TestLink right)
    {
        left.peer = right;
        right.peer = left;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        int taken = 0;
        while (taken < limit && !inbound.isEmpty())
        {
            final Inbound next = inbound.poll();
            counters.increment(Counter.LINK_RX_FRAMES);
            // Behind other bytes, so that absolute offsets show, and with nothing after, so that no read goes too far.
            final byte[] memory = new byte[2 + next.bytes.length];
            System.arraycopy(next.bytes, 0, memory, 2, next.bytes.length);
            rxFrame.wrap(new UnsafeBuffer(memory), 2, next.bytes.length);
            next.state.accept(rxFrame);
            handler.onFrame(rxFrame);
            taken++;
        }
        return taken;
    }

    @Override
    public TxFrame claim(final int headLength, final boolean gathered)
    {
        return room > 0 ? txFrame.wrap(head, 2, headLength) : null;
    }

    @Override
    public void commit(final TxFrame frame)
    {
        room--;
        final byte[] bytes = new byte[frame.length()];
        frame.copyTo(new UnsafeBuffer(bytes), 0);
        if (peer != null)
        {
            final Inbound in = new Inbound(bytes);
            if (frame.isChecksumPartial())
            {
                final int start = frame.csumStart();
                final int offset = frame.csumOffset();
                in.state = (rx) -> rx.checksumPartial(start, offset);
            }
            peer.inbound.add(in);
        }
        else
        {
            outbound.add(bytes);
        }
    }

    @Override
    public long nextDeadlineNs()
    {
        return inbound.isEmpty() ? NO_DEADLINE : 0;
    }

    @Override
    public void close()
    {
        inbound.clear();
    }
}
