package io.pnet.tools.iperf3;

import io.pnet.stack.Home;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tools.net.PnetStream;
import io.pnet.tools.net.StreamInfo;
import io.pnet.transport.Timer;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import java.net.InetSocketAddress;
import java.net.SocketException;

/**
 * A TCP connection full of blocks in one direction, without a thread: it lives in the connection's events. What comes
 * is consumed where it lies; what goes is encoded in the send buffer itself, as often as there is room.
 *
 * <p>Belongs to the stack's owner once {@link #start} has handed the connection over. Other threads read the totals
 * and may {@link #close}.
 */
final class HandlerTestStream extends TestStream implements TcpHandler
{
    /** What {@link Connection#claim} gives at a time at most. */
    private static final int MAX_CLAIM = 64 << 10;
    /** When there is no memory for a claim and no acknowledgement to come that would announce some. */
    private static final long RETRY_NS = 1_000_000L;
    /** 2^64 divided by the golden ratio: its multiples look like noise to whatever may compress on the way. */
    private static final long GOLDEN_STEP = 0x9E37_79B9_7F4A_7C15L;
    private static final int NOISE_BYTES = 4 << 10;
    private static final UnsafeBuffer NOISE = new UnsafeBuffer(BufferUtil.allocateDirectAligned(NOISE_BYTES, 64));

    static
    {
        for (int i = 0; i < NOISE_BYTES; i += BitUtil.SIZE_OF_LONG)
        {
            NOISE.putLong(i, i * GOLDEN_STEP);
        }
    }

    private final PnetStream stream;
    private final Home home;
    private final Connection connection;
    /** For what the stack has queued; a receiver's. */
    private final UnsafeBuffer queued;
    private final Due due = new Due();
    private volatile boolean isClosed;

    private TestRun run;
    private Pacer pacer;
    private long sent;
    private int leftOfBlock;
    private boolean isDone;

    HandlerTestStream(final int index, final boolean isSender, final Settings settings, final PnetStream stream)
    {
        super(index, isSender, settings);
        this.stream = stream;
        this.home = stream.home();
        this.connection = stream.connection();
        this.queued = isSender ? null : new UnsafeBuffer(BufferUtil.allocateDirectAligned(MAX_CLAIM, 64));
    }

    /** The next block of a stream with a rate, or the next try for memory. */
    private final class Due extends Timer
    {
        @Override
        protected void onTimer(final long nowNs)
        {
            send();
        }
    }

    @Override
    void start(final TestRun of)
    {
        home.exclusively(() ->
        {
            begin(of);
            return null;
        });
    }

    private void begin(final TestRun of)
    {
        run = of;
        pacer = of.pacer(settings);
        connection.handler(this);
        if (connection.closeReason() != null)
        {
            onClosed(connection, connection.closeReason());
        }
        else if (isSender)
        {
            send();
        }
        else
        {
            // The peer may have begun before us. As long as something is queued, all that follows is queued too.
            drain();
        }
    }

    // ---- sending

    @Override
    public void onConnected(final Connection of)
    {
        send();
    }

    @Override
    public void onWritable(final Connection of)
    {
        send();
    }

    /** Fills the room there is. A block that was begun is ended also behind the test's end: its reader waits for it. */
    private void send()
    {
        if (!isSender || isDone || isClosed)
        {
            return;
        }
        while (leftOfBlock > 0 || beginBlock())
        {
            final int length = Math.min(leftOfBlock, MAX_CLAIM);
            final int offset = connection.claim(length);
            if (offset < 0)
            {
                if (connection.unacknowledged() == 0)
                {
                    schedule(RETRY_NS);
                }
                return;
            }
            encode(connection.claimBuffer(), offset, length);
            connection.commit(length);
            leftOfBlock -= length;
            if (leftOfBlock == 0)
            {
                sent += settings.blockSize;
                count(settings.blockSize);
            }
        }
    }

    private boolean beginBlock()
    {
        if (!run.isRunning())
        {
            isDone = true;
            return false;
        }
        final long waitNs = pacer.waitNs(sent, System.nanoTime());
        if (waitNs > 0)
        {
            schedule(waitNs);
            return false;
        }
        if (!run.mayStillSend(settings.blockSize))
        {
            isDone = true;
            run.onSent();
            return false;
        }
        leftOfBlock = settings.blockSize;
        return true;
    }

    private void schedule(final long waitNs)
    {
        if (!due.isScheduled())
        {
            home.stack().timers().schedule(due, home.driver().clock().nanoTime() + waitNs);
        }
    }

    /** As fast as an encoder whose sources are in the first-level cache. */
    private static void encode(final UnsafeBuffer buffer, final int offset, final int length)
    {
        for (int done = 0; done < length; done += NOISE_BYTES)
        {
            buffer.putBytes(offset + done, NOISE, 0, Math.min(NOISE_BYTES, length - done));
        }
    }

    // ---- receiving

    @Override
    public int onReceive(final Connection of, final UnsafeBuffer buffer, final int offset, final int length)
    {
        received(length);
        return length;
    }

    @Override
    public void onReadable(final Connection of)
    {
        drain();
    }

    private void drain()
    {
        if (isSender || isClosed)
        {
            return;
        }
        int length = connection.read(queued, 0, MAX_CLAIM);
        while (length > 0)
        {
            received(length);
            length = connection.read(queued, 0, MAX_CLAIM);
        }
    }

    /** Behind the test's end bytes are taken but do not count: the peer has to get rid of the block it is in. */
    private void received(final int length)
    {
        if (!isSender && run.isRunning())
        {
            count(length);
            run.onReceived(length);
        }
    }

    // ---- the end

    @Override
    public void onClosed(final Connection of, final CloseReason reason)
    {
        end();
        // A receiver whose peer has finished is content, as one that reads to the end is.
        if (run.isRunning() && (isSender || !connection.peerHasFinished()))
        {
            run.onFailed(new SocketException((isSender ? "write" : "read") + " failed: " + reason.text()));
        }
    }

    private void end()
    {
        isDone = true;
        if (due.isScheduled())
        {
            home.stack().timers().cancel(due);
        }
    }

    @Override
    public void close()
    {
        if (isClosed)
        {
            return;
        }
        home.exclusively(() ->
        {
            isClosed = true;
            end();
            stream.close();
            return null;
        });
    }

    // ---- what is known

    @Override
    InetSocketAddress localAddress()
    {
        return stream.localAddress();
    }

    @Override
    InetSocketAddress remoteAddress()
    {
        return stream.remoteAddress();
    }

    @Override
    StreamInfo info()
    {
        return stream.info();
    }
}
