package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

import java.nio.channels.WritableByteChannel;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;

/**
 * Records every frame that passes a link, in both directions, into a pcap file with nanosecond time stamps.
 *
 * <p>Partial checksums are completed in the copy, GSO frames are written whole with the lengths and checksums of one
 * large packet, so that a reader finds nothing malformed. What is sent is recorded when it is committed, with the time
 * of the last poll or flush; what is received carries the link's own time stamp if there is one, else the poll's time.
 *
 * <p>The file is written in large pieces, at least once a second while there is something to write. A failed write (a
 * full disk) stops the capture with one line to {@code onError}; the link goes on.
 *
 * <p>Owned by the link's owner.
 */
public final class Capture implements Link
{
    /** A snap length that keeps everything. */
    public static final int WHOLE_FRAMES = 262_144;

    private static final long MAX_AGE_NS = 1_000_000_000L;

    private final Link link;
    private final PcapWriter writer;
    private final LongUnaryOperator toEpochNs;
    private final SoftwareOffload offload = new SoftwareOffload();
    private final FrameHandler recorder = this::onFrame;
    private FrameHandler handler;
    private long nowNs;
    private long oldestNs;
    private boolean hasOldest = true;
    private boolean isClosed;

    /**
     * A capture of {@code link}, to be used in its place.
     *
     * @param channel    where the file goes; blocking; closed with this link.
     * @param snapLength bytes kept of each frame, for example {@link #WHOLE_FRAMES}.
     * @param nowNs      monotonic time now, for frames sent before the first poll.
     * @param toEpochNs  makes nanoseconds since 1970 of monotonic time.
     * @param onError    told one line when the capture fails; called on the owner's thread.
     */
    public Capture(
        final Link link,
        final WritableByteChannel channel,
        final int snapLength,
        final long nowNs,
        final LongUnaryOperator toEpochNs,
        final Consumer<String> onError)
    {
        this.link = link;
        this.nowNs = nowNs;
        this.oldestNs = nowNs;
        this.toEpochNs = toEpochNs;
        writer = new PcapWriter(channel, snapLength, onError);
    }

    /** Frames recorded. */
    public long frames()
    {
        return writer.frames();
    }

    /** Frames that passed after the capture had failed. */
    public long missed()
    {
        return writer.missed();
    }

    /** Whether frames are still being recorded. */
    public boolean isActive()
    {
        return writer.isActive();
    }

    @Override
    public LinkCapabilities capabilities()
    {
        return link.capabilities();
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        this.nowNs = nowNs;
        this.handler = handler;
        final int count = link.poll(recorder, limit, nowNs);
        writeIfOld();
        return count;
    }

    @Override
    public TxFrame claim(final int headLength, final boolean gathered)
    {
        return link.claim(headLength, gathered);
    }

    @Override
    public void commit(final TxFrame frame)
    {
        final int length = frame.length();
        final int at = writer.room(length);
        if (at >= 0)
        {
            final UnsafeBuffer buffer = writer.buffer();
            frame.copyTo(buffer, at);
            if (frame.gsoType() != RxFrame.GSO_NONE)
            {
                offload.completeWhole(buffer, at, length);
            }
            else if (frame.isChecksumPartial())
            {
                SoftwareOffload.completeChecksum(buffer, at, length, frame.csumStart(), frame.csumOffset());
            }
            record(toEpochNs.applyAsLong(nowNs), length);
        }
        link.commit(frame);
    }

    @Override
    public int flush(final long nowNs)
    {
        this.nowNs = nowNs;
        final int count = link.flush(nowNs);
        writeIfOld();
        return count;
    }

    @Override
    public boolean isCongested()
    {
        return link.isCongested();
    }

    @Override
    public int fd()
    {
        return link.fd();
    }

    @Override
    public long nextDeadlineNs()
    {
        final long deadlineNs = link.nextDeadlineNs();
        return hasOldest && writer.isActive() ? Math.min(deadlineNs, oldestNs + MAX_AGE_NS) : deadlineNs;
    }

    @Override
    public void close()
    {
        if (!isClosed)
        {
            isClosed = true;
            writer.close();
            link.close();
        }
    }

    private void onFrame(final RxFrame frame)
    {
        final int length = frame.length();
        final int at = writer.room(length);
        if (at >= 0)
        {
            final UnsafeBuffer buffer = writer.buffer();
            buffer.putBytes(at, frame.buffer(), frame.offset(), length);
            if (frame.checksum() == RxFrame.CHECKSUM_PARTIAL)
            {
                if (frame.gsoType() != RxFrame.GSO_NONE)
                {
                    offload.completeWhole(buffer, at, length);
                }
                else
                {
                    SoftwareOffload.completeChecksum(buffer, at, length, frame.csumStart(), frame.csumOffset());
                }
            }
            record(
                frame.timestampNs() != RxFrame.NO_TIMESTAMP ? frame.timestampNs() : toEpochNs.applyAsLong(nowNs),
                length);
        }
        handler.onFrame(frame);
    }

    private void record(final long epochNs, final int length)
    {
        if (!hasOldest)
        {
            hasOldest = true;
            oldestNs = nowNs;
        }
        writer.record(epochNs, length);
    }

    private void writeIfOld()
    {
        if (hasOldest && nowNs - oldestNs >= MAX_AGE_NS)
        {
            writer.write();
            hasOldest = false;
        }
    }
}
