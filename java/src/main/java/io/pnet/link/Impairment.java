package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * A link that is as bad as an {@link ImpairmentSpec} says: it loses, duplicates, reorders, delays, corrupts and slows
 * down frames, the same ones for the same seed and traffic.
 *
 * <p>GSO frames are cut and checksums completed before anything happens to them, so that 1 % loss is 1 % of MTU-sized
 * frames and a flipped bit can be seen by a checksum. A direction for which nothing is specified is handed through as
 * it is. What happened is to be read from {@link #in()} and {@link #out()}.
 *
 * <p>Owned by the link's owner.
 */
public final class Impairment implements Link
{
    private static final long SMALL_CHUNK_BYTES = 64L << 20;

    private final Link link;
    private final ImpairmentSpec spec;
    private final LinkCapabilities capabilities;
    private final SoftwareOffload offload = new SoftwareOffload();
    private final FrameHandler ingress = this::onFrame;
    private final RxFrame rxFrame = new RxFrame();
    private final TxFrame txFrame = new TxFrame();
    private final UnsafeBuffer head;
    private final ImpairedPath in;
    private final ImpairedPath out;
    private final StagedFrames staged = new StagedFrames();
    private Chunk blocked;
    private int blockedLength;
    private long nowNs;
    private boolean isClosed;

    /**
     * Puts an impairment in front of a link, to be used in its place.
     *
     * @param random  where the decisions come from when the specification has no seed of its own.
     * @param context chunks for frames that have to wait.
     */
    public Impairment(
        final Link link, final ImpairmentSpec spec, final SplittableRandom random, final LinkContext context)
    {
        this(link, spec, random, context, new ChunkPool(ChunkPool.SMALL, SMALL_CHUNK_BYTES));
    }

    /**
     * As the other constructor, with a pool for frames of up to {@link ChunkPool#SMALL} bytes that others may share.
     *
     * @param smallChunks where they wait; when it is empty, the context's large chunks are taken.
     */
    public Impairment(
        final Link link,
        final ImpairmentSpec spec,
        final SplittableRandom random,
        final LinkContext context,
        final ChunkPool smallChunks)
    {
        this.link = link;
        this.spec = spec;
        final LinkCapabilities inner = link.capabilities();
        final SplittableRandom seeded =
            spec.seed().isPresent() ? new SplittableRandom(spec.seed().getAsLong()) : random;
        in = new ImpairedPath(spec.in(), seeded.split(), smallChunks, context.largeChunks());
        out = new ImpairedPath(spec.out(), seeded.split(), smallChunks, context.largeChunks());
        ImpairedPath.join(in, out);
        final boolean isOutActive = out.isActive();
        capabilities = new LinkCapabilities(
            inner.macAddress(),
            inner.mtu(),
            inner.maxFrame(),
            isOutActive ? Math.max(inner.maxHead(), 256) : inner.maxHead(),
            isOutActive || inner.txChecksum(),
            isOutActive ? 65_535 : inner.txGsoMaxBytes(),
            isOutActive || inner.txGsoUdp(),
            inner.rxGso() && !in.isActive(),
            inner.rxTimestamps() && !in.isActive());
        head = new UnsafeBuffer(
            ByteBuffer.allocateDirect(Math.max(capabilities.maxFrame(), capabilities.maxHead())));
    }

    /** What happened to received frames. */
    public ImpairmentCounts in()
    {
        return in.counts();
    }

    /** What happened to sent frames. */
    public ImpairmentCounts out()
    {
        return out.counts();
    }

    /** What this link does. */
    public ImpairmentSpec spec()
    {
        return spec;
    }

    /** The wrapped link's, except that an impaired direction takes every offload out and brings none in. */
    @Override
    public LinkCapabilities capabilities()
    {
        return capabilities;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        this.nowNs = nowNs;
        if (blocked != null || out.nextDueNs() <= nowNs)
        {
            send();
            link.flush(nowNs);
        }
        if (!in.isActive())
        {
            return link.poll(handler, limit, nowNs);
        }
        final int arrived = link.poll(ingress, limit, nowNs);
        int shown = 0;
        while (shown < limit && !isClosed)
        {
            final Chunk chunk = in.release(nowNs);
            if (chunk == null)
            {
                break;
            }
            shown++;
            rxFrame.wrap(chunk.buffer(), 0, in.releasedLength()).vlanTci(in.releasedVlanTci()).chunk(chunk);
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
        return Math.max(arrived, shown);
    }

    @Override
    public TxFrame claim(final int headLength, final boolean gathered)
    {
        if (!out.isActive())
        {
            return link.claim(headLength, gathered);
        }
        final int limit = gathered ? capabilities.maxHead() : capabilities.maxFrame();
        if (headLength > limit)
        {
            throw new IllegalArgumentException("head of " + headLength + " bytes, the link takes " + limit);
        }
        return txFrame.wrap(head, 0, headLength);
    }

    @Override
    public void commit(final TxFrame frame)
    {
        if (!out.isActive())
        {
            link.commit(frame);
            return;
        }
        if (isClosed || !offload.begin(frame))
        {
            out.countMalformed(1);
            return;
        }
        while (offload.nextLength() > 0)
        {
            final int length = offload.nextLength();
            if (length > capabilities.maxFrame())
            {
                out.countMalformed(offload.skip());
                return;
            }
            final Chunk chunk = out.acquire(length);
            if (chunk == null)
            {
                out.countNoMemory(offload.skip());
                return;
            }
            offload.next(chunk.buffer(), 0);
            // Its time is the flush's, which is when it would have reached the wire.
            staged.add(chunk, length);
        }
    }

    @Override
    public int flush(final long nowNs)
    {
        this.nowNs = nowNs;
        if (out.isActive())
        {
            for (int i = 0; i < staged.size(); i++)
            {
                out.offer(staged.chunk(i), staged.length(i), -1, nowNs);
            }
            staged.clear();
            send();
        }
        return link.flush(nowNs);
    }

    @Override
    public boolean isCongested()
    {
        return blocked != null || link.isCongested();
    }

    @Override
    public int fd()
    {
        return link.fd();
    }

    @Override
    public long nextDeadlineNs()
    {
        final long dueNs = Math.min(in.nextDueNs(), blocked != null ? NO_DEADLINE : out.nextDueNs());
        return Math.min(dueNs, link.nextDeadlineNs());
    }

    @Override
    public void close()
    {
        if (!isClosed)
        {
            isClosed = true;
            for (int i = 0; i < staged.size(); i++)
            {
                staged.chunk(i).release();
            }
            staged.clear();
            if (blocked != null)
            {
                blocked.release();
                blocked = null;
            }
            in.close();
            out.close();
            link.close();
        }
    }

    private void onFrame(final RxFrame frame)
    {
        if (!offload.begin(frame))
        {
            in.countMalformed(1);
            return;
        }
        while (offload.nextLength() > 0)
        {
            final int length = offload.nextLength();
            final Chunk chunk = in.acquire(length);
            if (chunk == null)
            {
                in.countNoMemory(offload.skip());
                return;
            }
            offload.next(chunk.buffer(), 0);
            in.offer(chunk, length, frame.vlanTci(), nowNs);
        }
    }

    /** Hands on what is due, until the wrapped link is full. */
    private void send()
    {
        Chunk chunk = blocked != null ? blocked : out.release(nowNs);
        int length = blocked != null ? blockedLength : out.releasedLength();
        blocked = null;
        while (chunk != null)
        {
            final TxFrame frame = link.claim(length, false);
            if (frame == null)
            {
                link.flush(nowNs);
                blocked = chunk;
                blockedLength = length;
                return;
            }
            frame.buffer().putBytes(frame.offset(), chunk.buffer(), 0, length);
            link.commit(frame);
            chunk.release();
            chunk = out.release(nowNs);
            length = out.releasedLength();
        }
    }
}
