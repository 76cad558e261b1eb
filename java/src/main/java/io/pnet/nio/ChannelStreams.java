package io.pnet.nio;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.IllegalBlockingModeException;
import java.util.Objects;
import java.util.function.IntSupplier;

/** A channel that is ours as blocking streams, with time-outs; closing one closes the channel. */
final class ChannelStreams
{
    private static final long MS = 1_000_000L;

    private ChannelStreams()
    {
    }

    /** What the peer sends; {@code timeoutMs} 0 for ever. */
    static InputStream input(final PnetSocketChannel channel, final IntSupplier timeoutMs)
    {
        return new InputStream()
        {
            @Override
            public int read() throws IOException
            {
                final byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(final byte[] bytes, final int offset, final int length) throws IOException
            {
                Objects.checkFromIndexSize(offset, length, bytes.length);
                requireBlocking(channel);
                if (length == 0)
                {
                    return 0;
                }
                final long deadlineNs = Waiter.deadlineNs(channel.driver(), timeoutMs.getAsInt() * MS);
                return channel.read(ByteBuffer.wrap(bytes, offset, length), deadlineNs, true);
            }

            @Override
            public int available() throws IOException
            {
                return channel.available();
            }

            @Override
            public void close() throws IOException
            {
                channel.close();
            }
        };
    }

    /** What is sent to the peer. */
    static OutputStream output(final PnetSocketChannel channel)
    {
        return new OutputStream()
        {
            @Override
            public void write(final int b) throws IOException
            {
                write(new byte[]{(byte)b}, 0, 1);
            }

            @Override
            public void write(final byte[] bytes, final int offset, final int length) throws IOException
            {
                Objects.checkFromIndexSize(offset, length, bytes.length);
                requireBlocking(channel);
                if (length > 0)
                {
                    channel.write(ByteBuffer.wrap(bytes, offset, length), true);
                }
            }

            @Override
            public void close() throws IOException
            {
                channel.close();
            }
        };
    }

    private static void requireBlocking(final PnetSocketChannel channel)
    {
        if (!channel.isBlocking())
        {
            throw new IllegalBlockingModeException();
        }
    }
}
