package io.pnet.link;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** A link that is down at times: what is sent then is gone. Received frames carry stamps that may be anything. */
public final class Unsteady extends Delegate
{
    private final BooleanSupplier isDown;
    private final LongSupplier stampNs;
    private long lost;

    /**
     * @param isDown  asked for each frame that is sent.
     * @param stampNs the wall clock, for each frame that is received.
     */
    public Unsteady(final Link link, final BooleanSupplier isDown, final LongSupplier stampNs)
    {
        super(link);
        this.isDown = isDown;
        this.stampNs = stampNs;
    }

    /** Frames that were sent while it was down; a large one counts once. */
    public long lost()
    {
        return lost;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        return super.poll(frame -> handler.onFrame(frame.timestampNs(stampNs.getAsLong())), limit, nowNs);
    }

    @Override
    public void commit(final TxFrame frame)
    {
        if (isDown.getAsBoolean())
        {
            lost++;
            return;
        }
        super.commit(frame);
    }
}
