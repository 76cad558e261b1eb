package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.function.Consumer;

/**
 * Writes frames in the pcap format with nanosecond time stamps and link type Ethernet, in large pieces from an off-heap
 * buffer. One owner.
 * <pre>
 *  file:   magic a1b23c4d | major 2, minor 4 | 0 | 0 | snap length | link type 1
 *  record: seconds | nanoseconds | bytes kept | bytes of the frame | frame ...
 * </pre>
 *
 * <p>A failed write ends the capture, not its owner: one line goes to {@code onError}, the file is cut back to whole
 * records where the channel can seek, and from then on frames are only counted.
 */
final class PcapWriter
{
    private static final int MAGIC_NANOSECONDS = 0xA1B2_3C4D;
    private static final int LINKTYPE_ETHERNET = 1;
    private static final int FILE_HEADER_LENGTH = 24;
    private static final int RECORD_HEADER_LENGTH = 16;
    private static final int BUFFER_LENGTH = 1 << 20;
    private static final int WRITE_THRESHOLD = 256 << 10;
    private static final long NS_PER_S = 1_000_000_000L;

    private final WritableByteChannel channel;
    private final int snapLength;
    private final Consumer<String> onError;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(BUFFER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private final long startPosition;
    private int position;
    private long written;
    private long frames;
    private long missed;
    private boolean isStopped;

    PcapWriter(final WritableByteChannel channel, final int snapLength, final Consumer<String> onError)
    {
        if (snapLength < 1)
        {
            throw new IllegalArgumentException("snap length " + snapLength + " keeps nothing: choose at least 1");
        }
        this.channel = channel;
        this.snapLength = snapLength;
        this.onError = onError;
        startPosition = positionOf(channel);

        buffer.putInt(0, MAGIC_NANOSECONDS, ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(4, (short)2, ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(6, (short)4, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(8, 0, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(16, snapLength, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(20, LINKTYPE_ETHERNET, ByteOrder.LITTLE_ENDIAN);
        position = FILE_HEADER_LENGTH;
    }

    /** Whether frames still go to the file. */
    boolean isActive()
    {
        return !isStopped;
    }

    /** Frames that went into the file or wait for the next write. */
    long frames()
    {
        return frames;
    }

    /** Frames that came after the capture had stopped. */
    long missed()
    {
        return missed;
    }

    /** Where the whole frame is to be put, for {@link #record}; -1 when the capture has stopped. */
    int room(final int frameLength)
    {
        if (position >= WRITE_THRESHOLD || position + RECORD_HEADER_LENGTH + frameLength > BUFFER_LENGTH)
        {
            write();
        }
        if (isStopped || RECORD_HEADER_LENGTH + frameLength > BUFFER_LENGTH)
        {
            missed++;
            return -1;
        }
        return position + RECORD_HEADER_LENGTH;
    }

    UnsafeBuffer buffer()
    {
        return buffer;
    }

    /** Records the frame that was put where {@link #room} said. */
    void record(final long epochNs, final int frameLength)
    {
        final int kept = Math.min(frameLength, snapLength);
        buffer.putInt(position, (int)Math.floorDiv(epochNs, NS_PER_S), ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(position + 4, (int)Math.floorMod(epochNs, NS_PER_S), ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(position + 8, kept, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(position + 12, frameLength, ByteOrder.LITTLE_ENDIAN);
        position += RECORD_HEADER_LENGTH + kept;
        frames++;
    }

    /** Writes what has gathered. */
    void write()
    {
        if (isStopped || position == 0)
        {
            return;
        }
        bytes.limit(position).position(0);
        try
        {
            while (bytes.hasRemaining())
            {
                if (channel.write(bytes) == 0)
                {
                    throw new IOException("the channel takes no more bytes");
                }
            }
            written += position;
            position = 0;
        }
        catch (final IOException | RuntimeException ex)
        {
            stop(ex);
        }
        finally
        {
            bytes.clear();
        }
    }

    /** Writes what has gathered and closes the channel. */
    void close()
    {
        write();
        isStopped = true;
        try
        {
            channel.close();
        }
        catch (final IOException ex)
        {
            onError.accept("closing the capture failed: " + reason(ex) + "; its last frames may be missing");
        }
    }

    private void stop(final Exception cause)
    {
        isStopped = true;
        final int lost = cutToWholeRecords(bytes.position());
        frames -= lost;
        missed += lost;
        onError.accept("capture stopped after " + frames + " frames: " + reason(cause) +
            "; what was written stays readable, traffic goes on uncaptured");
    }

    /** Returns how many of the buffered frames did not get into the file whole. */
    private int cutToWholeRecords(final int taken)
    {
        int at = written == 0 ? FILE_HEADER_LENGTH : 0;
        int whole = taken < at ? 0 : at;
        int lost = 0;
        while (at < position)
        {
            at += RECORD_HEADER_LENGTH + buffer.getInt(at + 8, ByteOrder.LITTLE_ENDIAN);
            if (at <= taken)
            {
                whole = at;
            }
            else
            {
                lost++;
            }
        }
        if (whole < taken && channel instanceof SeekableByteChannel)
        {
            try
            {
                final SeekableByteChannel file = (SeekableByteChannel)channel;
                file.truncate(startPosition + written + whole);
                file.position(startPosition + written + whole);
            }
            catch (final IOException | RuntimeException ignored)
            {
                // Then the file ends in a torn record, which readers report and cope with; the first error is told.
                return lost;
            }
        }
        return lost;
    }

    private static long positionOf(final WritableByteChannel channel)
    {
        if (channel instanceof SeekableByteChannel)
        {
            try
            {
                return ((SeekableByteChannel)channel).position();
            }
            catch (final IOException ex)
            {
                throw new IllegalArgumentException("the capture's channel is not usable: " + reason(ex), ex);
            }
        }
        return 0;
    }

    private static String reason(final Exception ex)
    {
        return ex.getMessage() != null ? ex.getMessage() : ex.getClass().getSimpleName();
    }
}
