package io.pnet.tools.iperf3;

import io.pnet.tools.net.StreamInfo;

import java.io.Closeable;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One stream of a test. Whoever sends or receives, a thread of the stream's own or the stack's, writes the totals; the
 * reporting thread reads them.
 */
abstract class TestStream implements Closeable
{
    /** Both ends give the streams the same ids: 1, 3, 4, 5, ... (iperf3 has never had a 2). */
    final int id;
    /** What the output calls the stream; in iperf3 a file descriptor. */
    final int number;
    final boolean isSender;
    final Settings settings;

    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong blocks = new AtomicLong();
    private volatile long bytesAtStart;
    private volatile long blocksAtStart;

    TestStream(final int index, final boolean isSender, final Settings settings)
    {
        this.id = index == 0 ? 1 : index + 2;
        this.number = 5 + 2 * index;
        this.isSender = isSender;
        this.settings = settings;
    }

    /** Starts to send until the limit or the end, or to receive until the end, and tells the run. Does not block. */
    abstract void start(TestRun run);

    abstract InetSocketAddress localAddress();

    abstract InetSocketAddress remoteAddress();

    /** Null when unknown. */
    StreamInfo info()
    {
        return null;
    }

    /** Null unless this receives UDP. */
    UdpArrivals arrivals()
    {
        return null;
    }

    /** Whoever sends or receives: a block went or came. */
    final void count(final int length)
    {
        bytes.lazySet(bytes.getPlain() + length);
        blocks.lazySet(blocks.getPlain() + 1);
    }

    /** Bytes since the test began, without what was omitted. */
    final long bytes()
    {
        return bytes.get() - bytesAtStart;
    }

    /** Blocks since the test began, without what was omitted. */
    final long blocks()
    {
        return blocks.get() - blocksAtStart;
    }

    /** What came before was warming up. */
    void omitSoFar()
    {
        bytesAtStart = bytes.get();
        blocksAtStart = blocks.get();
    }

    /** A direct buffer full of noise, so that nothing on the way compresses it. */
    static ByteBuffer noise(final int length)
    {
        final byte[] bytes = new byte[length];
        new Random().nextBytes(bytes);
        return ByteBuffer.allocateDirect(length).put(bytes).clear();
    }

    /** At once and without an exception, from any thread; ends what {@link #start} began. */
    @Override
    public abstract void close();
}
